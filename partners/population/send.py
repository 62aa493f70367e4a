"""Sends a population's messages: each partner by a publisher of its own, in order within each topic."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import ExitStack

from partners.client import Publisher
from partners.population.planned import Planned


def send(bootstrap: str, events: Iterable[Planned], *, timeout_seconds: float = 60.0) -> int:
    """Send messages and wait until the broker has them all.

    Args:
        bootstrap: broker addresses, host:port, separated by commas.
        events: of any partners and families, as a phase of a population has them.
        timeout_seconds: of waiting for the broker.

    Returns:
        How many messages were acknowledged.

    Raises:
        PublishError: one was not; one line with the remedy.
    """
    topics: dict[tuple[str, str], list[Planned]] = defaultdict(list)
    for event in events:
        topics[event.partner, event.family].append(event)
    publishers: dict[str, Publisher] = {}
    with ExitStack() as opened:
        for (partner, family), planned in topics.items():
            if partner not in publishers:
                publisher = Publisher(bootstrap, partner, timeout_seconds=timeout_seconds)
                publishers[partner] = opened.enter_context(publisher)
            _send(publishers[partner], family, planned)
    return sum(len(publisher.report.acknowledged) for publisher in publishers.values())


def _send(publisher: Publisher, family: str, planned: Sequence[Planned]) -> None:
    """One topic's messages."""
    publisher.publish_many((event.row for event in planned if event.row is not None), family)
    for event in planned:
        if event.row is None:
            publisher.publish_raw(event.topic, event.key, event.raw, event.headers)
