"""Which Kafka tests run against: as ``throughline demo`` chooses, asked once a run. See docs/containers.md."""

import contextlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from deploy import brokers
from deploy.local_kafka import LocalKafka
from streams import settings
from support.container_kafka import container_kafka


@cache
def way() -> brokers.Way:
    """Container or native; an image that does not come is waited for once."""
    return brokers.choose(settings.load().broker)


@contextlib.contextmanager
def fresh_broker(folder: Path) -> Iterator[str]:
    """A broker without topics, for as long as the block runs; its address."""
    if way() == "container":
        with container_kafka() as address:
            yield address
    else:
        with LocalKafka(folder) as kafka:
            yield kafka.bootstrap
