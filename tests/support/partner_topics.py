"""A partner of one test, with topics on a broker that others use too."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka.admin import AdminClient, NewTopic

from processors.names import partner_topic


@contextmanager
def partner_of_its_own(bootstrap: str, *families: str, partitions: int = 1) -> Iterator[str]:
    """Its name; topics for these families are there for as long as the block runs."""
    name = f"p{time.monotonic_ns()}"
    with topics(bootstrap, {partner_topic(name, family) for family in families}, partitions):
        yield name


@contextmanager
def topics(bootstrap: str, names: set[str], partitions: int = 1) -> Iterator[None]:
    """Topics for a while."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for made in admin.create_topics([NewTopic(name, partitions, 1) for name in names]).values():
        made.result()
    try:
        yield
    finally:
        for gone in admin.delete_topics(list(names)).values():
            gone.result()
