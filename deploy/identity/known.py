"""What topics say of records and persons, for stewards: whose each record is, what was decided, what is asked."""

import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from deploy.identity.choices import CHOSEN, Choices
from deploy.topic_reader import GONE, Read, reads
from processors import names
from processors.resolve.decisions import Two, pair_of, pairs_in

Row = dict[str, Any]
WITHDRAWN = "withdrawn"
TOPICS = {names.IDENTITY_RECORDS, names.STEWARDS, names.MODELS, names.REVIEWS}


@dataclass(frozen=True, slots=True)
class Record:
    """A partner's record, as far as a steward may know it; small, since there are millions."""

    person_id: str
    partner_id: str


@dataclass
class Known:
    """Records, decisions and reviews by now."""

    records: dict[str, Record] = field(default_factory=dict)
    decisions: dict[str, Row] = field(default_factory=dict)
    """By id, in the order of the log."""
    reviews: dict[Two, Row] = field(default_factory=dict)
    choices: Choices = field(default_factory=Choices)
    """Of models."""
    places: dict[str, int] = field(default_factory=dict)
    """Of decisions and choices in their topic, by id."""
    _last: dict[Two, str] = field(default_factory=dict)
    """By pair, the id of the last decision about it."""

    def enter(self, read: Read) -> None:
        """Take one record of the topics in; those of a partition in their order."""
        row = read.row
        if read.name == "identity_record":
            person_id, partner_id = sys.intern(row["person_id"]), sys.intern(row["partner_id"])
            self.records[row["record_key"]] = Record(person_id, partner_id)
        elif read.name == GONE and read.topic == names.REVIEWS:
            self.reviews.pop(pair_of(*row["key"].split("|")), None)
        elif read.name == GONE:
            self.records.pop(row["key"], None)
        elif read.name == "identity_decided":
            self.decisions[row["decision_id"]] = row
            self.places[row["decision_id"]] = read.offset
            self._last |= dict.fromkeys(pairs_in(row), row["decision_id"])
        elif read.name == "identity_review":
            self.reviews[pair_of(row["one"], row["other"])] = row
        else:
            self.choices.enter(read.name, row)
            self.places |= {row["decision_id"]: read.offset} if read.name == CHOSEN else {}

    def members(self, person_id: str) -> list[str]:
        """Records of a person, sorted."""
        return sorted(key for key, record in self.records.items() if record.person_id == person_id)

    def persons(self, record_keys: Iterable[str]) -> dict[str, list[str]]:
        """Persons whose some records are, each with those of them; both sorted."""
        found = defaultdict[str, list[str]](list)
        for key in sorted(set(record_keys)):
            found[self.records[key].person_id].append(key)
        return dict(sorted(found.items()))

    def standing(self) -> dict[Two, str]:
        """Pairs of which something is decided now, and by which decision."""
        return {two: id_ for two, id_ in self._last.items() if self.kind(id_) != WITHDRAWN}

    def stands_of(self, decision_id: str) -> list[Two]:
        """Pairs of which a decision is the last word; of one that withdraws there are none."""
        row = self.decisions[decision_id]
        return [] if row["kind"] == WITHDRAWN else [p for p in pairs_in(row) if self._last[p] == decision_id]

    def kind(self, decision_id: str) -> str:
        """Of a decision."""
        return str(self.decisions[decision_id]["kind"])

    def state(self, decision_id: str) -> str:
        """Whether a decision stands, in part, or was overruled or withdrawn; of one that withdraws: ``withdraws``."""
        row, standing = self.decisions[decision_id], self.stands_of(decision_id)
        pairs = pairs_in(row)
        if row["kind"] == WITHDRAWN:
            return "withdraws"
        if standing:
            return "stands" if len(standing) == len(pairs) else "stands in part"
        return WITHDRAWN if {self.kind(self._last[pair]) for pair in pairs} == {WITHDRAWN} else "overruled"


def known(address: str) -> Known:
    """What there is now.

    Raises:
        ThroughlineError: the broker does not answer.
    """
    found = Known()
    for read in reads(address, TOPICS.__contains__):
        found.enter(read)
    return found
