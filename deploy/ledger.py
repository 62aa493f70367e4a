"""The ledger: how every event ended, counted by an outsider from the topics alone."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from deploy.dead_letters import place_of
from deploy.topic_reader import GONE, Read, TopicReader
from processors import names
from processors.resolve.decide import move_id_of

CARRIED, WITHHELD, REJECTED = "carried", "withheld", "rejected"
APPLIED = "applied"
"""Kind of ``identity_changed.avsc`` by which no record changes persons."""


def counted(topic: str) -> bool:
    """Topics that say how events ended."""
    return topic in {names.AUDIT_DECISIONS, names.IDENTITY_CHANGES, names.IDENTITY_RECORDS} or topic.startswith(
        "deadletter."
    )


@dataclass
class Ledger:
    """Outcomes by event id, and the person of every record.

    A dead letter that was replayed is no end: its event is under way again, and ends a second time. The topics are
    read in no order, so what an event's end is follows from all that is known of it, and not from what came last.
    """

    outcomes: dict[str, str] = field(default_factory=dict)
    twice: set[str] = field(default_factory=set)
    """Events that were decided as well as rejected, by a dead letter that nobody replayed: there must be none."""
    persons: dict[str, str] = field(default_factory=dict)
    """By record key."""
    first_decisions: dict[str, int] = field(default_factory=dict)
    """By event id: how often it was decided as new; more than once is a duplicate."""
    _decided: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    """Of each event its outcomes, in the order of the log, and what caused each."""
    _moving: set[str] = field(default_factory=set)
    """Ids of moves, in slices or as one."""
    _moved: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By cause, events that were withheld anew by it."""
    _letters: dict[str, set[str]] = field(default_factory=dict)
    """Places of the dead letters of an event that were not replayed."""
    _replayed: set[str] = field(default_factory=set)
    """Places of dead letters."""

    def enter(self, read: Read) -> None:
        """Take one record of the counted topics in."""
        row = read.row
        if read.name == "identity_record":
            self.persons[row["record_key"]] = row["person_id"]
        elif read.name == GONE:
            self.persons.pop(row["key"], None)
        elif read.name == "dead_letter":
            self._reject(row)
        elif read.name == "letter_replayed":
            self._replay(row)
        elif read.name == "identity_changed" and row["kind"] == APPLIED:
            self._decide(row["event_id"], CARRIED, row["event_id"])
        elif read.name == "identity_changed":
            self._move(row)
        elif read.name == "decision_recorded":
            if row["caused_by"] == row["event_id"]:
                self.first_decisions[row["event_id"]] = self.first_decisions.get(row["event_id"], 0) + 1
            outcome = WITHHELD if row["outcome"] == WITHHELD else CARRIED
            self._decide(row["event_id"], outcome, row["caused_by"])

    def _move(self, row: dict[str, Any]) -> None:
        for move_id in (move_id_of(row["event_id"]), move_id_of(row["event_id"], f".{row['record_key']}")):
            self._moving.add(move_id)
            for event_id in self._moved.pop(move_id, ()):
                self._settle(event_id)

    def _decide(self, event_id: str, outcome: str, cause: str) -> None:
        told = self._decided[event_id]
        if told and outcome == WITHHELD and cause not in self._moving:
            self._moved[cause].add(event_id)
        told.append((outcome, cause))
        self._settle(event_id)

    def _end_of(self, event_id: str) -> str | None:
        """A withheld event may become carried by a later decision, and stays so.

        But not where it was taken back since records changed persons: then it ends as if they had been whose they are
        from the beginning.
        """
        end: str | None = None
        for outcome, cause in self._decided.get(event_id, ()):
            if end is None or outcome == CARRIED or cause in self._moving:
                end = outcome
        return end

    def _reject(self, row: dict[str, Any]) -> None:
        place = place_of(row)
        event_id = row["event_id"] or place
        if place not in self._replayed:
            self._letters.setdefault(event_id, set()).add(place)
        self._settle(event_id)

    def _replay(self, row: dict[str, Any]) -> None:
        place = place_of(row)
        self._replayed.add(place)
        for event_id in {row["event_id"], place} & self._letters.keys():
            self._letters[event_id].discard(place)
            self._settle(event_id)

    def _settle(self, event_id: str) -> None:
        """The event's end, by all that is known of it now."""
        decided, is_rejected = self._end_of(event_id), bool(self._letters.get(event_id))
        outcome = decided if decided == CARRIED or not is_rejected else REJECTED
        if outcome is None:
            self.outcomes.pop(event_id, None)
        else:
            self.outcomes[event_id] = outcome
        (self.twice.add if decided and is_rejected else self.twice.discard)(event_id)

    def count(self, event_ids: set[str], outcome: str) -> int:
        """How many of some events ended so."""
        return sum(self.outcomes.get(event_id) == outcome for event_id in event_ids)

    @property
    def person_count(self) -> int:
        """How many persons there are."""
        return len(set(self.persons.values()))


class LiveLedger:
    """A ledger that follows the topics."""

    def __init__(self, bootstrap: str) -> None:
        """From the beginning of the counted topics."""
        self.book = Ledger()
        self._reader = TopicReader(bootstrap, counted)

    def catch_up(self) -> Ledger:
        """The ledger up to now."""
        for read in self._reader.poll():
            self.book.enter(read)
        return self.book

    def close(self) -> None:
        """Let go of the topics."""
        self._reader.close()
