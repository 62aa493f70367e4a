"""Sends a population's messages: each topic's in order, malformed ones last."""

from collections.abc import Sequence

from partners.client import BATCH, Publisher
from partners.events import framed
from partners.population.planned import Planned


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
