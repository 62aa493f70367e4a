"""Signals as an outsider reads them, from their topics alone, and where they differ from the population's truth."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from deploy.topic_reader import Read, TopicReader
from partners.population import Truth
from processors.names import signals_topic

SETTLED_SECONDS = 20.0
"""No signal changes for so long: more will not come."""
POLL_SECONDS = 0.05
Told = tuple[str, str, str, str]
"""Recipient, person's label by the truth, rule, and what it is about."""


@dataclass
class Signals:
    """The newest state of every signal."""

    states: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    """Rows of the topic by signal_id."""

    def enter(self, read: Read) -> None:
        """Take one record in; a lower offset never replaces a higher one."""
        known = self.states.get(read.row["signal_id"])
        if known is None or known["source_offset"] <= read.row["source_offset"]:
            self.states[read.row["signal_id"]] = read.row

    @property
    def raised(self) -> list[dict[str, Any]]:
        """Those that hold."""
        return [row for row in self.states.values() if row["state"] == "raised"]


class LiveSignals:
    """Signals that follow the topics."""

    def __init__(self, bootstrap: str) -> None:
        """From the beginning of every recipient's signals."""
        self.book = Signals()
        self._reader = TopicReader(bootstrap, lambda topic: topic.startswith(signals_topic("")))

    def catch_up(self) -> Signals:
        """The signals up to now."""
        for read in self._reader.poll():
            self.book.enter(read)
        return self.book

    def close(self) -> None:
        """Let go of the topics."""
        self._reader.close()


def wait_for_signals(bootstrap: str, made: Truth, check: Callable[[], None]) -> Signals:
    """Wait until the signals are those of the truth, or change no more.

    Args:
        bootstrap: of the broker.
        made: the truth; of its phases the last counts.
        check: called again and again; raises where nothing is to be waited for any more.
    """
    live, moved_at, before = LiveSignals(bootstrap), time.monotonic(), -1
    try:
        while differences(made, live.catch_up()) and time.monotonic() - moved_at < SETTLED_SECONDS:
            check()
            if (now := sum(row["source_offset"] for row in live.book.states.values())) != before:
                before, moved_at = now, time.monotonic()
            time.sleep(POLL_SECONDS)
    finally:
        live.close()
    return live.book


def differences(made: Truth, signals: Signals, phase: str | None = None) -> list[str]:
    """Where signals differ from the truth at the end of a phase, the last one if none is named; a line each.

    A person is known by the events that a signal rests on: all of one person, and all in that recipient's view.
    """
    phase = phase or list(made.signals)[-1]
    sights = {(recipient, event_id): person for recipient, person, event_id in made.visible[phase]}
    wanted, found = Counter(made.signals[phase]), Counter(_told(row, sights) for row in signals.raised)
    return [*_lines(wanted - found, "not raised"), *_lines(found - wanted, "raised, and the truth has none such")]


def _told(row: dict[str, Any], sights: dict[tuple[str, str], str]) -> Told:
    """A signal in the truth's words; the label ``?`` where what it rests on is not one person's and seen."""
    persons = {sights.get((row["recipient"], event_id), "?") for event_id in row["evidence_event_ids"]}
    return row["recipient"], persons.pop() if len(persons) == 1 else "?", row["rule"], row["about"]


def _lines(signals: Iterable[Told], what: str) -> list[str]:
    return [f"signal {rule} {about} to {who} about {person}: {what}" for who, person, rule, about in sorted(signals)]
