"""The book of records that resolve keeps: folding identity events, seeds, traits, clusters. State in, state out."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from processors import sealing
from processors.records import Arrival, keyed_hash
from processors.resolve import cluster, link
from processors.resolve.traits import Traits
from processors.state import Working

Row = dict[str, Any]
STAGE = "resolve"


@dataclass(frozen=True)
class Move:
    """A record changes persons."""

    record_key: str
    from_person_id: str
    to_person_id: str
    cause: str
    """Id of the event that brought it about."""


@dataclass
class Book:
    """Records by key, over a batch's state.

    Tables: record (seed, age, person, sealed traits), block (blocking key | record), person (person | record).
    """

    state: Working
    keys: sealing.Keys
    key: bytes = field(repr=False)
    """The pseudonym key."""
    causes: dict[str, str] = field(default_factory=dict)
    """Records whose traits changed in this batch, with the event that did it."""
    written: set[str] = field(default_factory=set)
    """Records to publish anew."""
    _new: set[str] = field(default_factory=set)
    _blocks: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Blocking keys touched in this batch, with how many records they gained."""
    _old_persons: set[str] = field(default_factory=set)
    _traits: dict[str, Traits] = field(default_factory=dict)

    def record(self, record_key: str) -> Row:
        """A record that is in the book."""
        return dict(self.state.get("record", record_key))

    def enter(self, record_key: str, partner_id: str, first: Arrival) -> None:
        """Take in a record that is new; it gets its seed from the position of its first arrival."""
        seed = keyed_hash(self.key, "seed", first.position)
        row = {"partner": partner_id, "seed": seed, "at": first.appended_at, "pos": first.position}
        empty = {"blocks": [], "events": [], "sealed": "", "adult": False, "birthday": ""}
        self.state.put("record", record_key, {**row, "person": seed, **empty})
        self.state.put("person", f"{seed}|{record_key}", 1)
        self._new.add(record_key)
        self.written.add(record_key)

    def restore(self, row: Row) -> None:
        """Take a record in, or anew, as it was published (``identity_record.avsc``)."""
        record_key = row["record_key"]
        known = self.state.get("record", record_key) or {"blocks": [], "person": ""}
        record = {"partner": row["partner_id"], "seed": row["seed"], "at": row["first_seen_at"] // 1_000}
        record |= {"pos": row["first_seen_position"], "person": row["person_id"], "events": row["event_ids"]}
        record |= {"sealed": row["sealed_traits"], "adult": False, "birthday": "", "blocks": []}
        self.state.put("record", record_key, record)
        blocks = link.block_keys(self.traits(record_key), self.key)
        self.state.put("record", record_key, {**record, "blocks": blocks})
        for block in set(blocks) ^ set(known["blocks"]):
            self.state.put("block", f"{block}|{record_key}", 1 if block in blocks else None)
        if known["person"]:
            self.state.put("person", f"{known['person']}|{record_key}", None)
        self.state.put("person", f"{row['person_id']}|{record_key}", 1)

    def fold(self, record_key: str, source: str, version: tuple[int, str], traits: Traits | None, cause: str) -> None:
        """Fold one identity event in: of each source row the newest version counts, whatever came first.

        Args:
            record_key: a record in the book.
            source: keyed hash of the source's row id.
            version: published_at and event id.
            traits: what it asserts; None: it retracts the row.
            cause: event id.
        """
        rows = self._rows(record_key)
        if source in rows and (rows[source][0], rows[source][1]) >= version:
            return
        rows[source] = [*version, None if traits is None else traits.to_json()]
        self._write(record_key, rows, cause)

    def _write(self, record_key: str, rows: Row, cause: str) -> None:
        record = self.record(record_key)
        events = sorted(row[1] for row in rows.values())
        traits = _current(rows)
        blocks = link.block_keys(traits, self.key)
        self._old_persons.add(record["person"])
        self._index(record_key, set(record["blocks"]), set(blocks))
        content = orjson.dumps(rows, option=orjson.OPT_SORT_KEYS)  # one place, one content, whatever came first
        sealed = sealing.seal(self.keys, record_key, _place(record_key, events), content)
        self.state.put("record", record_key, {**record, "blocks": blocks, "events": events, "sealed": sealed})
        self._traits[record_key] = traits
        self.causes[record_key] = cause
        self.written.add(record_key)

    def _index(self, record_key: str, before: set[str], after: set[str]) -> None:
        for block in before | after:  # whom the record was joined to stands in one of them, also where it stays in it
            self._blocks[block] += (block in after) - (block in before)
        for block in before ^ after:
            self.state.put("block", f"{block}|{record_key}", 1 if block in after else None)

    def _rows(self, record_key: str) -> Row:
        """Identity events folded so far, by source row: published_at, event id, traits."""
        record = self.record(record_key)
        if not record["sealed"]:
            return {}
        try:
            content = sealing.unseal(self.keys, record_key, _place(record_key, record["events"]), record["sealed"])
        except sealing.UnreadableError:
            return {}
        return dict(orjson.loads(content))

    def traits(self, record_key: str) -> Traits:
        """Current traits of a record."""
        if record_key not in self._traits:
            self._traits[record_key] = _current(self._rows(record_key))
        return self._traits[record_key]

    def linked(self, record_key: str) -> Iterator[str]:
        """Records that a rule joins to this one."""
        mine = self.traits(record_key)
        for other in self._candidates(record_key):
            if link.rule_for(mine, self.traits(other)) is not None:
                yield other

    def rules(self, record_key: str) -> list[str]:
        """Names of the rules that join this record to others, sorted."""
        mine = self.traits(record_key)
        found = (link.rule_for(mine, self.traits(other)) for other in self._candidates(record_key))
        return sorted({rule for rule in found if rule is not None})

    def _candidates(self, record_key: str) -> list[str]:
        found: set[str] = set()
        for block in self.state.get("record", record_key)["blocks"]:
            rows = self.state.scan("block", f"{block}|", cluster.KEY_CAP + 1)
            if len(rows) <= cluster.KEY_CAP:
                found.update(key.split("|")[1] for key, _ in rows)
        return sorted(found - {record_key})

    def recluster(self) -> list[Move]:
        """Cluster anew what this batch touched; records whose person changed, sorted by record."""
        moves: list[Move] = []
        fallback = min(self.causes.values(), default="")
        for component in cluster.components(self._touched(), self.linked):
            members = {key: self._member(key) for key in component}
            cause = min((self.causes[key] for key in component if key in self.causes), default=fallback)
            for record_key, person_id in cluster.persons_of(component, members).items():
                moves += self._settle(members[record_key], person_id, cause)
        self._new.clear()
        return sorted(moves, key=lambda move: move.record_key)

    def _touched(self) -> set[str]:
        """Every record whose component may have changed: of old persons, and of blocking keys around their cap."""
        found = set(self.causes) | self._new
        for person_id in self._old_persons:
            found.update(key.split("|")[1] for key, _ in self.state.scan("person", f"{person_id}|"))
        for block, gained in self._blocks.items():
            linkable = cluster.KEY_CAP + max(gained, 0)
            rows = self.state.scan("block", f"{block}|", linkable + 1)
            if len(rows) <= linkable:
                found.update(key.split("|")[1] for key, _ in rows)
        return found

    def _member(self, record_key: str) -> cluster.Member:
        row = self.record(record_key)
        return cluster.Member(record_key, row["seed"], (row["at"], row["pos"]), row["person"])

    def _settle(self, member: cluster.Member, person_id: str, cause: str) -> list[Move]:
        if member.person_id == person_id:
            return []
        self.state.put("record", member.record_key, {**self.record(member.record_key), "person": person_id})
        self.state.put("person", f"{member.person_id}|{member.record_key}", None)
        self.state.put("person", f"{person_id}|{member.record_key}", 1)
        self.written.add(member.record_key)
        if member.record_key in self._new:
            return []
        return [Move(member.record_key, member.person_id, person_id, cause)]


def _current(rows: Row) -> Traits:
    """Traits of the newest row that is not retracted."""
    alive = [row for row in rows.values() if row[2] is not None]
    newest = max(alive, key=lambda row: (row[0], row[1]), default=None)
    return Traits() if newest is None else Traits.from_json(newest[2])


def _place(record_key: str, events: list[str]) -> str:
    """Names the sealed traits: they follow from which events are folded in."""
    return f"{STAGE}|{record_key}|{','.join(events)}"
