"""The ledger: how every event ended, counted by an outsider from the topics alone."""

from dataclasses import dataclass, field

from deploy.topic_reader import Read, TopicReader
from processors import names

CARRIED, WITHHELD, REJECTED = "carried", "withheld", "rejected"


def counted(topic: str) -> bool:
    """Topics that say how events ended."""
    return topic in {names.AUDIT_DECISIONS, names.IDENTITY_CHANGES, names.IDENTITY_RECORDS} or topic.startswith(
        "deadletter."
    )


@dataclass
class Ledger:
    """Outcomes by event id, and the person of every record."""

    outcomes: dict[str, str] = field(default_factory=dict)
    twice: set[str] = field(default_factory=set)
    """Events that were rejected as well as decided: there must be none."""
    persons: dict[str, str] = field(default_factory=dict)
    """By record key."""
    first_decisions: dict[str, int] = field(default_factory=dict)
    """By event id: how often it was decided as new; more than once is a duplicate."""

    def enter(self, read: Read) -> None:
        """Take one record of the counted topics in."""
        row = read.row
        if read.name == "identity_record":
            self.persons[row["record_key"]] = row["person_id"]
        elif read.name == "dead_letter":
            self._end(row["event_id"] or f"{row['topic']}/{row['partition']}/{row['offset']}", REJECTED)
        elif read.name == "identity_changed" and row["kind"] == "applied":
            self._end(row["event_id"], CARRIED)
        elif read.name == "decision_recorded":
            if row["caused_by"] == row["event_id"]:
                self.first_decisions[row["event_id"]] = self.first_decisions.get(row["event_id"], 0) + 1
            self._end(row["event_id"], WITHHELD if row["outcome"] == WITHHELD else CARRIED)

    def _end(self, event_id: str, outcome: str) -> None:
        """A withheld event may become carried by a later decision; nothing else may change."""
        known = self.outcomes.get(event_id)
        if known is not None and REJECTED in {known, outcome} and known != outcome:
            self.twice.add(event_id)
        if known != CARRIED:
            self.outcomes[event_id] = outcome

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
