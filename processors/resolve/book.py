"""The book of records that resolve keeps: folding identity events, seeds, persons. State in, state out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from processors import sealing
from processors.records import Arrival, keyed_hash
from processors.resolve import adopted, attending, decisions, erased, said
from processors.resolve.decisions import is_named
from processors.resolve.generations import Generation
from processors.resolve.kinds import Kinds
from processors.resolve.matching.description import Description
from processors.resolve.matching.index import Change, Index
from processors.resolve.said import Rows, Version
from processors.state import Working

Row = dict[str, Any]
RECORD, BIRTHDAY = "record", "birthday"
LINKED = "linked"
"""A new record goes to a person; what becomes of persons else is in ``kinds.py``."""


@dataclass(frozen=True)
class Move:
    """A record changes persons."""

    record_key: str
    from_person_id: str
    to_person_id: str
    cause: str
    """Id of the event that brought it about."""
    kind: str
    """linked, merged, split or relinked, as ``identity_changed.avsc`` has them."""


@dataclass
class Book:
    """Records by key, over a batch's state.

    Table: record (partner, seed, age, person, sealed rows). What they are found and compared by is the index's.
    """

    state: Working
    keys: sealing.Keys
    key: bytes = field(repr=False)
    """The pseudonym key."""
    causes: dict[str, str] = field(default_factory=dict)
    """Records of which something else is said in this batch, with the event that did it."""
    written: set[str] = field(default_factory=set)
    """Records to publish anew."""
    attended: attending.Changes = field(default_factory=attending.Changes)
    taken_out: set[str] = field(default_factory=set)
    """Records that are erased."""
    index: Index = field(init=False, repr=False)
    """Of the model in force."""
    coming: Index | None = field(init=False, repr=False)
    """Of the model that is being taken, until it is complete; whose a record is by it shows nowhere yet."""
    _new: set[str] = field(default_factory=set)
    _rows: dict[str, Rows] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        state, generation = self.state, adopted.generation_of(self.state)
        self.index = Index(Generation(state, generation), adopted.model_of(state, self.keys), self.key)
        taken = adopted.compared_beside(state)
        self.coming = None if taken is None else Index(
            Generation(state, taken["generation"], is_counted=False), adopted.named(taken["name"], state, self.keys),
            self.key,
        )  # fmt: skip

    def record(self, record_key: str) -> Row:
        """A record that is in the book."""
        return dict(self.state.get(RECORD, record_key))

    def is_known(self, record_key: str) -> bool:
        """Whether a record is in the book."""
        return self.state.get(RECORD, record_key) is not None

    def enter(self, record_key: str, partner_id: str, first: Arrival, event_id: str) -> None:
        """Take in a record that is new; it gets its seed from the position of its first arrival, an event of an id."""
        seed = keyed_hash(self.key, "seed", first.position)
        row = {"partner": partner_id, "seed": seed, "at": first.appended_at, "pos": first.position}
        self.state.put(RECORD, record_key, {**row, "person": seed, **_nothing_said()})
        self._new.add(record_key)
        self.written.add(record_key)
        if is_named(record_key, self.state):
            self.decided({record_key: event_id})

    def decided(self, records: Mapping[str, str]) -> None:
        """Records of which a steward has decided something; each with the id of what brought it about."""
        self.state.prefetch(RECORD, records)
        for record_key, cause in records.items():
            if self.state.get(RECORD, record_key) is not None:
                self._compare(record_key, self.rows(record_key))
                self.causes[record_key] = cause
        for index in self._indexes():
            index.decided(records)

    def _indexes(self) -> list[Index]:
        return [self.index] if self.coming is None else [self.index, self.coming]

    def restore(self, rows: Collection[Row]) -> None:
        """Take records in, or anew, as they were published (``identity_record.avsc``); not those that are erased."""
        self.state.prefetch(RECORD, [row["record_key"] for row in rows])
        gone = erased.among([row["record_key"] for row in rows], self.state)
        for row in rows:
            record_key = row["record_key"]
            if record_key in gone:
                continue
            record = {"partner": row["partner_id"], "seed": row["seed"], "at": row["first_seen_at"] // 1_000}
            record |= {"pos": row["first_seen_position"], "person": row["person_id"]}
            record |= {**_nothing_said(), "events": row["event_ids"], "sealed": row["sealed_traits"]}
            self.state.put(RECORD, record_key, record)
            self._rows.pop(record_key, None)
            if record["events"] or is_named(record_key, self.state):
                self._compare(record_key, self.rows(record_key))
        self.index.settle()

    def fold(
        self, record_key: str, source: str, version: Version, told: Sequence[Description] | None, cause: str
    ) -> None:
        """Fold one identity event in: of each source row the newest version counts, whatever came first.

        Args:
            record_key: a record in the book.
            source: keyed hash of the source's row id.
            version: published_at and event id.
            told: what it asserts; None: it retracts the row.
            cause: event id.
        """
        rows = said.folded_in(self.rows(record_key), source, version, told)
        if rows is None:
            return
        sealed = {"events": said.events_of(rows), "sealed": said.sealed(self.keys, record_key, rows)}
        self.state.put(RECORD, record_key, {**self.record(record_key), **sealed})
        self._rows[record_key] = rows
        self._compare(record_key, rows)
        self.causes[record_key] = cause
        self.written.add(record_key)

    def _compare(self, record_key: str, rows: Rows) -> None:
        for index in self._indexes():
            self._put(index, record_key, rows)

    def _put(self, index: Index, record_key: str, rows: Rows) -> None:
        record = self.state.get(RECORD, record_key)
        index.put(record_key, record["seed"], (record["at"], record["pos"]), said.descriptions_of(rows))

    def members(self, person_id: str, some: Collection[str]) -> list[str]:
        """Records of a person, sorted, by some of them; none, where those are not the person's."""
        own = self._of(person_id, some)
        return sorted(self._of(person_id, {*own, *(key for index in self._told_by() for key in index.connected(own))}))

    def _of(self, person_id: str, record_keys: Collection[str]) -> list[str]:
        """Those of some records that are known and of a person."""
        self.state.prefetch(RECORD, record_keys)
        rows = ((key, self.state.get(RECORD, key)) for key in record_keys)
        return [key for key, row in rows if row is not None and row["person"] == person_id]

    def _told_by(self) -> list[Index]:
        """Indexes by which records are of the persons that the log knows."""
        moving = adopted.moving_from(self.state)
        former = [] if moving is None else [Generation(self.state, moving, is_counted=False)]
        return [self.index, *(Index(state, self.index.model, self.key) for state in former)]

    def take_out(self, record_keys: Collection[str], cause: str) -> list[Move]:
        """Take records out, as if they had never come; those of others that change persons by it.

        Args:
            record_keys: known or not.
            cause: id of the erasure.
        """
        decisions.forget(record_keys, self.state)
        changes = [change for found in self.index.take_out(record_keys) if (change := self.give(found)) is not None]
        if self.coming is not None:
            self.coming.take_out(record_keys)
        kinds = Kinds(changes, {change.record_key: self.record(change.record_key)["seed"] for change in changes})
        for record_key in record_keys:
            if (record := self.state.get(RECORD, record_key)) is not None:
                if record["birthday"]:
                    self.state.put(BIRTHDAY, f"{record['birthday']}|{record_key}", None)
                self.state.put(RECORD, record_key, None)
            attending.forget(self.state, record_key)
        self.taken_out.update(record_keys)
        return [Move(c.record_key, c.before, c.after, cause, kinds.of(c)) for c in changes]

    def compare_by_coming(self, record_keys: Collection[str]) -> None:
        """Put records, those that are compared at all, into the index of the model that is being taken."""
        if self.coming is not None:
            for record_key in self.index.persons_of(record_keys):
                self._put(self.coming, record_key, self.rows(record_key))
            self.coming.settle()

    def rows(self, record_key: str) -> Rows:
        """What is said of a record; nothing, where its key was erased."""
        if record_key not in self._rows:
            record = self.state.get(RECORD, record_key)
            try:
                rows = said.rows_of(self.keys, record_key, record["events"], record["sealed"])
            except sealing.UnreadableError:
                rows = {}
            self._rows[record_key] = rows
        return self._rows[record_key]

    def recluster(self) -> list[Move]:
        """Cluster anew what this batch touched; records whose person changed, sorted by record.

        Those that are linked are new: nothing has been told of them under another person.
        """
        if not self.causes:
            return []
        before = {record_key: self.person_of(record_key) for record_key in self.causes}
        changes = [change for found in self.index.settle() if (change := self.give(found)) is not None]
        if self.coming is not None:
            self.coming.settle()
        causes = self._causes_by_person(before)
        any_cause = min(self.causes.values())
        kinds = Kinds(changes, {change.record_key: self.record(change.record_key)["seed"] for change in changes})
        moves = []
        for c in changes:
            cause = min(causes.get(c.before, any_cause), causes.get(c.after, any_cause))
            kind = LINKED if c.record_key in self._new else kinds.of(c)
            moves.append(Move(c.record_key, c.before, c.after, cause, kind))
        self._new.clear()
        return moves

    def person_of(self, record_key: str) -> str:
        """Whose a record is."""
        return str(self.state.get(RECORD, record_key)["person"])

    def give(self, found: Change) -> Change | None:
        """Give a record to its person; None where it is already."""
        record = self.record(found.record_key)
        if record["person"] == found.after:
            return None
        self.state.put(RECORD, found.record_key, {**record, "person": found.after})
        self.written.add(found.record_key)
        return Change(found.record_key, record["person"], found.after)

    def _causes_by_person(self, before: Mapping[str, str]) -> dict[str, str]:
        """Of each person that a changed record was or is of, the first event by id that changed one."""
        found: dict[str, str] = {}
        for record_key, cause in self.causes.items():
            for person_id in (before[record_key], self.person_of(record_key)):
                found[person_id] = min(cause, found.get(person_id, cause))
        return found


def _nothing_said() -> Row:
    return {"events": [], "sealed": "", "age": "unknown", "attends": "nothing", "birthday": ""}
