"""The book that consent keeps: persons, their records' statements, caseloads, events and current releases.

Tables: record (person, statements, caseload and more), person (its records), fact (record | fact: its versions, and
what each recipient holds of each), order (the records that it is of), agreement, rules, clock, count. State in, state
out.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from processors.consent.agreements import Agreement
from processors.consent.law.documents import rules_of
from processors.consent.law.rules import NO_RULES, RuleSet
from processors.consent.policy import Order, Person
from processors.consent.register import Register, Shared
from processors.consent.rights import AGES, Age, Attends, Standing
from processors.consent.statements import Statement
from processors.state import Working

Row = dict[str, Any]
MICROS_PER_DAY = 86_400_000_000
EMPTY: Row = {
    "person": "", "age": "unknown", "attends": "nothing",
    "statements": [], "caseload": [], "circumstances": [], "orders": [],
}  # fmt: skip
NOTHING = orjson.dumps(EMPTY)
NO_FACT: Row = {"versions": [], "held": {}}
CIRCUMSTANCES = ("placement", "agency", "unaccompanied", "emancipated", "hides_address")
"""What the social services say that changes who may speak for a person, or what must stay unsaid."""
RULES = "rules"
"""Key, in the table of this name, of the rules in force."""


@dataclass(frozen=True, eq=False)
class Sharing:
    """Agreements and rules; the same object as long as they are the same, so that it can be remembered by."""

    by_source: Mapping[tuple[str, str], Sequence[Shared]]
    """By partner and family: what agreements share of it, by their ids."""
    rules: RuleSet
    """Of law, in force; none were brought into force yet: none, which deny."""
    rules_hash: str
    """What the rules are known by; empty: none."""


@dataclass
class Book:
    """Consent's state over one batch."""

    state: Working
    _contents: dict[str, tuple[bytes, ...]] = field(default_factory=dict, repr=False)
    """By person, until a record changes."""

    def today(self) -> int | None:
        """Day of the latest tick, from 1970-01-01."""
        tick = self.state.get("clock", "tick")
        return None if tick is None else int(tick) // MICROS_PER_DAY

    def agreements(self) -> list[Agreement]:
        """Every agreement in the log so far, by id."""
        return [_agreement(content) for content in self._agreements()]

    def register(self) -> Register:
        """The same by what they are asked for."""
        return Register(self.agreements())

    def sharing(self) -> "Sharing":
        """The same by what they cover, with the rules in force."""
        return _sharing(self._agreements(), self.state.content("rules", RULES))

    def _agreements(self) -> tuple[bytes, ...]:
        return tuple(orjson.dumps(row) for _, row in self.state.scan("agreement", ""))

    def record(self, record_key: str) -> Row:
        """A record; an empty one where it is not known yet."""
        return dict(self.state.get("record", record_key) or EMPTY)

    def records_of(self, person_id: str) -> Sequence[str]:
        """Keys of a person's records, sorted."""
        return self.state.get("person", person_id) or ()

    def is_known(self, record_key: str) -> bool:
        """Whether anything of a record is in the book."""
        return self.state.get("record", record_key) is not None

    def forget_if_empty(self, record_key: str) -> None:
        """A record of which nothing is known any more is as if it had never been known."""
        record = self.record(record_key)
        if record == {**EMPTY, "person": record["person"]} and not self.facts(record_key):
            self.forget(record_key)

    def forget(self, record_key: str) -> None:
        """Take a record out of the book, known or not; its facts are the caller's to forget."""
        record = self.record(record_key)
        if record["person"]:
            self._take_out(record_key, record["person"])
            self._put(record_key, None)
        for one in record["orders"]:
            left = [key for key in self.records_under(one["order_id"]) if key != record_key]
            self.state.put("order", one["order_id"], left or None)

    def place(self, record_key: str, person_id: str) -> None:
        """Put a record, known or not, under a person."""
        if record_key in self.records_of(person_id):
            return
        record = self.record(record_key)
        if record["person"]:
            self._take_out(record_key, record["person"])
        self._set_records(person_id, sorted({*self.records_of(person_id), record_key}))
        self._put(record_key, {**record, "person": person_id})

    def _take_out(self, record_key: str, person_id: str) -> None:
        self._set_records(person_id, [key for key in self.records_of(person_id) if key != record_key])

    def _set_records(self, person_id: str, record_keys: list[str]) -> None:
        gained = bool(record_keys) - bool(self.records_of(person_id))
        if gained:
            self.state.put("count", "persons", (self.state.get("count", "persons") or 0) + gained)
        self.state.put("person", person_id, record_keys or None)

    def mark(self, record_key: str, age: str, attends: str) -> None:
        """Note a class of age, by a record's birth date, and what its person attends, by its enrollments."""
        self._put(record_key, {**self.record(record_key), "age": age, "attends": attends})

    def fold(self, record_key: str, kind: str, version: Row) -> None:
        """Keep the newest version of each fact among a record's statements or caseload entries.

        Args:
            record_key: a record that is in the book.
            kind: statements, caseload or circumstances.
            version: fact, event_id, published_at, operation and what it says.
        """
        record = self.record(record_key)
        kept = {v["fact"]: v for v in record[kind]}
        known = kept.get(version["fact"])
        if known is None or order(known) < order(version):
            kept[version["fact"]] = version
            self._put(record_key, {**record, kind: sorted(kept.values(), key=order)})

    def records_under(self, order_id: str) -> Sequence[str]:
        """Keys of the records that an order of disclosure is of, sorted; none where it is not known."""
        return self.state.get("order", order_id) or ()

    def keep_order(self, known: Row, record_keys: Sequence[str]) -> None:
        """Keep an order of disclosure, new or as it is now, with each of its records, which are in the book."""
        self.state.put("order", known["order_id"], list(record_keys))
        for record_key in record_keys:
            record = self.record(record_key)
            orders = {one["order_id"]: one for one in record["orders"]} | {known["order_id"]: known}
            self._put(record_key, {**record, "orders": [one for _, one in sorted(orders.items())]})

    def _put(self, record_key: str, record: Row | None) -> None:
        self._contents.clear()
        self.state.put("record", record_key, record)

    def person(self, person_id: str) -> Person:
        """What decisions need of a person."""
        return person_of(self.contents_of(person_id))

    def contents_of(self, person_id: str) -> tuple[bytes, ...]:
        """A person's records as they are kept: all that a decision rests on besides event, agreements and day."""
        found = self._contents.get(person_id)
        if found is None:
            found = tuple([self.state.content("record", key) or NOTHING for key in self.records_of(person_id)])
            self._contents[person_id] = found
        return found

    def prefetch(self, person_ids: Iterable[str], record_keys: Iterable[str], fact_keys: Iterable[str] = ()) -> None:
        """Read in bulk what a batch's decisions will ask for."""
        persons = set(person_ids)
        self.state.prefetch("person", persons)
        known = {key for person_id in persons for key in self.records_of(person_id)}
        self.state.prefetch("record", known | set(record_keys))
        self.state.prefetch("fact", fact_keys)

    def fact(self, key: str) -> Row:
        """A fact: its versions in their order, and by event and recipient what is held of it; an empty one if new."""
        return self.state.get("fact", key) or NO_FACT

    def facts(self, record_key: str) -> list[tuple[str, Row]]:
        """A record's facts by key."""
        return self.state.scan("fact", f"{record_key}|")

    def remember(self, key: str, event: Row) -> Row | None:
        """Take a version of a fact in; the fact with it, None where it was known."""
        fact = self.fact(key)
        known = fact["versions"]
        if known and event["event_id"] in [version["event_id"] for version in known]:
            return None
        versions = sorted([*known, event], key=order) if known else [event]
        fact = {"versions": versions, "held": fact["held"]}
        self.state.put("fact", key, fact)
        return fact


def order(version: Row) -> tuple[int, str]:
    """What versions of a fact are ordered by."""
    return version["published_at"], version["event_id"]


def fact_key(event: Row) -> str:
    """Key of an event's fact in table fact."""
    return f"{event['record_key']}|{event['fact_id']}"


def alive(versions: list[Row]) -> set[str]:
    """Ids of a fact's versions that a retraction has not taken back; versions are in order."""
    found: set[str] = set()
    for version in versions:
        if version["operation"] == "retract":
            found.clear()
        else:
            found.add(version["event_id"])
    return found


@functools.lru_cache(maxsize=1024)
def person_of(records: tuple[bytes, ...]) -> Person:
    """What decisions need of the person whose records these are, as they are kept."""
    rows = [orjson.loads(record) for record in records]
    said = [tuple([_statement(v) for v in row["statements"] if _stands(v)]) for row in rows]
    served = frozenset([v["partner_id"] for row in rows for v in row["caseload"] if _assigned(v)])
    orders = [_order(v) for row in rows for v in row["orders"] if not v["is_ended"]]
    return Person(tuple(said), served, _standing(rows), tuple(dict.fromkeys(orders)))


def _stands(version: Row) -> bool:
    return bool(version["operation"] != "retract")


def _assigned(version: Row) -> bool:
    return _stands(version) and bool(version["state"] == "assigned")


def _standing(rows: Sequence[Row]) -> Standing:
    """Who may speak for the person: the oldest class of age that any record says, and of all else any record's word.

    What is attended changes nothing for who holds the rights anyhow, so it is left out: nobody is decided again for it.
    """
    told = [_newest(row["circumstances"]) for row in rows]
    placed = [one for one in told if one["placement"] is not None]
    in_care = [one for one in placed if one["placement"] != "exited"]
    standing = Standing(
        age=max((Age(row["age"]) for row in rows), key=AGES.index, default=Age.UNKNOWN),
        attends=frozenset([Attends(row["attends"]) for row in rows]) - {Attends.NOTHING},
        is_emancipated=any(one["emancipated"] for one in told),
        is_unaccompanied=any(one["unaccompanied"] for one in told),
        is_fostered=bool(in_care), cared_for_by=frozenset([one["agency"] for one in in_care if one["agency"]]),
        care_ended=bool(placed) and not in_care, hides_address=any(one["hides_address"] for one in told),
    )  # fmt: skip
    return replace(standing, attends=frozenset()) if standing.attends and standing.is_independent else standing


def _newest(versions: Sequence[Row]) -> Row:
    """What a record last said of each circumstance; where a fact says nothing of one, an older one's word stands."""
    found: Row = dict.fromkeys(CIRCUMSTANCES)
    for version in filter(_stands, versions):
        found.update({name: version[name] for name in CIRCUMSTANCES if version[name] is not None})
    return found


def _order(version: Row) -> Order:
    approvals = len({version["stated_by"], version["approved_by"]} - {""})
    return Order(version["order_id"], version["recipient"], version["basis"], approvals, version["valid_until"])


def _statement(version: Row) -> Statement:
    return Statement(
        version["event_id"], version["published_at"], version["state"], version["granted_by_role"],
        frozenset(version["controllers"]),
        frozenset(version["records_covered"]), frozenset(version["purposes"]), frozenset(version["recipients"]),
        version["valid_from"], version["valid_until"],
    )  # fmt: skip


@functools.lru_cache(maxsize=4096)
def _agreement(content: bytes) -> Agreement:
    return Agreement.from_row(orjson.loads(content))


@functools.lru_cache(maxsize=64)
def _sharing(contents: tuple[bytes, ...], in_force: bytes | None) -> Sharing:
    row = None if in_force is None else orjson.loads(in_force)
    rules = NO_RULES if row is None else rules_of(row["document"].encode())
    return Sharing(Register(map(_agreement, contents)).by_source, rules, "" if row is None else row["content_hash"])
