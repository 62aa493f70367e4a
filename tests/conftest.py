"""One real Apache Kafka for a whole test run; each test has topics of its own by running on a fresh set of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.brokers import fresh_broker

from deploy.local_kafka import LocalKafka
from streams import settings


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real broker: THROUGHLINE_BOOTSTRAP where it is set, else one started here on a free port."""
    given = settings.load().bootstrap
    if given:
        yield given
        return
    with fresh_broker(tmp_path_factory.mktemp("kafka")) as address:
        yield address


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[LocalKafka]:
    """A broker for one test, which may kill it; always native: its process is the point."""
    with LocalKafka(tmp_path / "kafka") as kafka:
        yield kafka
