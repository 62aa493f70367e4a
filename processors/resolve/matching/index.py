"""The records that are known, how they are found, and whose they are; kept in a stage's state.

Tables: compare (record: component, person, seed, age, sealed descriptions), block (blocking key: records under it),
component (its lowest record: its records, where they are several). A batch's new and changed records are put in, then
all that they touch is clustered anew: a cluster is a pure function of its records, so neither order nor batches show.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from processors.records import keyed_hash
from processors.resolve.matching.blocks import BLOCK, KEY_CAP
from processors.resolve.matching.clusters import Pair
from processors.resolve.matching.description import Description, lines_of
from processors.resolve.matching.entries import COMPARE, Age, Entry, Known, says
from processors.resolve.matching.model import Model
from processors.resolve.matching.reviews import Review
from processors.resolve.matching.scoring import Scorer
from processors.resolve.matching.settling import COMPONENT, COMPONENT_CAP, Change, Settling, members_of
from processors.state import Working

__all__ = ["BLOCK", "COMPARE", "COMPONENT", "COMPONENT_CAP", "KEY_CAP", "Age", "Arrived", "Change", "Index"]


class Arrived(NamedTuple):
    """A row that tells of a record, for who has no book of records."""

    record_key: str
    age: Age
    description: Description


@dataclass
class Index:
    """One batch's view of all records."""

    state: Working
    model: Model
    key: bytes = field(repr=False)
    """The pseudonym key."""
    reviews: list[Review] = field(default_factory=list, repr=False)
    """Questions to persons that are new, other, or gone."""
    _known: Known = field(init=False, repr=False)
    _before: dict[str, bytes] = field(default_factory=dict, repr=False)
    """Of records that were put in since the last time: what was said of them then."""
    _decided: set[str] = field(default_factory=set, repr=False)
    """Records of which something was decided since the last time."""

    def __post_init__(self) -> None:
        self._known = Known(self.state, self.key)

    def take(self, arrived: Sequence[Arrived]) -> list[Change]:
        """Take in what rows say of records, new and known, and cluster anew what they touch."""
        self._known.load(row.record_key for row in arrived)
        for record_key, age, description in arrived:
            entry = self._known.entries.get(record_key)
            if entry is None:
                seed, lines = keyed_hash(self.key, "seed", age[1]), description.to_line()
                self._known.entries[record_key] = Entry(record_key, seed, age, lines=lines)
                self._before[record_key] = b""
            elif age < entry.age or not says(entry, description.to_line(), self.key):
                self._add(entry, age, description)
        return self.settle()

    def _add(self, entry: Entry, age: Age, description: Description) -> None:
        """Take in one more row of a record that is known."""
        self._known.open([entry])
        known = entry.descriptions()
        if description not in known or age < entry.age:
            entry.age = min(age, entry.age)
            entry.seed = keyed_hash(self.key, "seed", entry.age[1])
            self._enter(entry, sorted({*known, description}))

    def put(self, record_key: str, seed: str, age: Age, descriptions: Sequence[Description]) -> None:
        """Enter a record, or change what is said of it.

        Args:
            record_key: the record; text of one line.
            seed: its own, from which a person's id is taken.
            age: of its first appearance.
            descriptions: all that its source says of it now.
        """
        self._known.load([record_key])
        entry = self._known.entries.get(record_key) or Entry(record_key, seed, age)
        entry.seed, entry.age = seed, age
        self._enter(entry, descriptions)

    def _enter(self, entry: Entry, descriptions: Sequence[Description]) -> None:
        if entry.key not in self._before:
            self._known.open([entry])
            self._before[entry.key] = entry.lines
        self._known.entries[entry.key] = entry
        entry.lines, entry.sealed = lines_of(descriptions), b""

    def decided(self, record_keys: Collection[str]) -> None:
        """Cluster records anew of which a steward decided something; those that are not known have no one to be."""
        self._known.load(record_keys)
        for record_key in record_keys:
            if (entry := self._known.entries.get(record_key)) is not None:
                self._known.open([entry])
                self._before.setdefault(record_key, entry.lines)
                self._decided.add(record_key)

    def person_of(self, record_key: str) -> str:
        """Whose a record is; empty where it is not known."""
        return self.persons_of([record_key]).get(record_key, "")

    def persons_of(self, record_keys: Collection[str]) -> dict[str, str]:
        """Whose records are, by record; those that are known."""
        self._known.load(record_keys)
        entries = self._known.entries
        return {key: entries[key].person for key in record_keys if key in entries}

    def first_of(self, record_keys: Collection[str]) -> dict[str, str]:
        """By settled record, the one of its person's records whose seed the person is called by: the oldest."""
        persons = self.persons_of(record_keys)
        entries = self._known.entries
        members = members_of(self._known, {entries[key].component for key in persons})
        firsts = {entries[key].seed: key for found in members.values() for key in found}
        return {key: firsts[person] for key, person in persons.items()}

    def connected(self, record_keys: Collection[str]) -> list[str]:
        """Settled records with all that links connect with them; those that are known."""
        persons, entries = self.persons_of(record_keys), self._known.entries
        members = members_of(self._known, {entries[key].component for key in persons})
        return [key for found in members.values() for key in found]

    def take_out(self, record_keys: Collection[str]) -> list[Change]:
        """Take settled records out, as if they had never been; others whose person changes by that, sorted."""
        entries = self._known.entries
        self._known.load(record_keys)
        known = [key for key in record_keys if key in entries]
        for key in known:
            self._enter(entries[key], ())
        changes = self.settle()
        for key in known:
            del entries[key]
        self.state.put_raw(COMPARE, dict.fromkeys(known))
        return [change for change in changes if change.record_key not in known]

    def settle(self) -> list[Change]:
        """Cluster anew all that was touched since the last time; records whose person changed, sorted."""
        if not self._before:
            return []
        before, self._before = self._before, {}
        decided, self._decided = self._decided, set()
        settling = Settling(self._known, self.model, before, decided)
        changes = settling.run()
        self.reviews += settling.reviews
        return changes

    def links_of(self, record_keys: Collection[str]) -> dict[str, list[Pair]]:
        """Links of settled records to others of their persons, by record, the strongest first."""
        self._known.load(record_keys)
        entries = self._known.entries
        of = {key: entries[key] for key in record_keys if key in entries}
        members = members_of(self._known, {entry.component for entry in of.values()})
        wanted = {
            (min(key, other), max(key, other))
            for key, entry in of.items()
            for other in members[entry.component]
            if other != key and entries[other].person == entry.person
        }
        self._known.open(entries[key] for pair in wanted for key in pair)
        scorer = Scorer(self.model, {key: entries[key].lines for pair in wanted for key in pair})
        found: dict[str, list[Pair]] = {key: [] for key in record_keys}
        for pair in sorted(scorer.pairs(sorted(wanted)), key=lambda pair: -pair.bits):
            for key in (pair.one, pair.other):
                if pair.is_link and key in of:
                    found[key].append(pair)
        return found
