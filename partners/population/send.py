"""Sends a population's messages: each topic's in order, malformed ones last."""

from collections.abc import Sequence

from partners.client import BATCH, Publisher
from partners.events import framed
from partners.population.planned import Planned

WHO_AND_WHAT_THEY_PERMIT = frozenset({"identity", "consent"})
WHOSE_WORD_COUNTS = frozenset({"social_service"})


def turns(events: Sequence[Planned]) -> list[list[Planned]]:
    """Who people are and what they permit; whose word counts for them; and then the facts about them.

    Sent together, a fact may be read before the record that refuses, or the foster care by which a parent's grant
    counts for nothing, is known to be the same person's: it is then carried and taken back, where in another order of
    topics it had been withheld. The truth knows no order of topics.
    """
    before = (WHO_AND_WHAT_THEY_PERMIT, WHOSE_WORD_COUNTS)
    first = [[event for event in events if event.family in families] for families in before]
    return [*first, [event for event in events if not any(event.family in families for families in before)]]


def send(publisher: Publisher, events: Sequence[Planned]) -> set[str]:
    """Send events, each topic's in order; ids that the broker acknowledged."""
    before = len(publisher.report.acknowledged)
    for topic in sorted({event.topic for event in events}):
        part = [event for event in events if event.topic == topic]
        sound = [event for event in part if event.raw is None]
        for start in range(0, len(sound), BATCH):
            rows = [event.row for event in sound[start : start + BATCH] if event.row is not None]
            publisher.publish_framed(topic, rows, framed(sound[0].family, rows))
        for event in part:
            if event.raw is not None:
                publisher.publish_raw(topic, event.key, event.raw, event.headers)
    publisher.flush()
    return set(publisher.report.acknowledged[before:])
