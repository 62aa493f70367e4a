"""Consent over a log partitioned by person: what a worker of one partition decides, and how records change hands.

A model, to find out what it would cost; the platform has one log (docs/scaling.md). Resolve writes each record of the
log, in one transaction, to every partition of whose persons it speaks; what speaks of nobody, to all. A record that
moves from a person in partition i to one in j:

- i, at its place of the move: takes back all that was released of the record, sends all that it keeps of it to j, and
  forgets it, in one batch.
- j, at its place of the move: waits for that. Until it is there j decides nothing that may rest on it: with
  ``Waits.ALL`` nothing at all, with ``Waits.PERSONS`` nothing of the persons concerned, and no sweep.

Nobody waits in a circle: of all moves that are waited for, the first in resolve's order waits for no other.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import orjson

from processors.consent import decide as consent
from processors.consent import log, release, sweep
from processors.consent.book import Book
from processors.consent.law.rules import Reason
from processors.consent.log import Entry, Event
from processors.consent.settle import Batch, Context, decide_person
from processors.records import Arrival, Arrivals, Out, Outs
from processors.state import Working

Row = dict[str, Any]
MOVED, RIGHTS = "records_moved", "rights_transferred"
HELD, CAME = "held", "came"
"""Tables: the log's records that wait, in their order; what came from other partitions and is not joined yet."""
JOINED = "joined"
"""A topic: says that a record which came is its person's now."""


class Waits(Enum):
    """What waits for a record that has not come."""

    ALL = "partition"
    PERSONS = "persons"


def log_topic(partition: int) -> str:
    """One partition of the log; a topic of its own, which is how a stage reads one alone."""
    return f"resolved.{partition}"


def handover_topic(partition: int) -> str:
    """Records that come to a partition."""
    return f"handover.{partition}"


def persons_of(name: str, row: Row) -> set[str]:
    """Of whom a record of the log speaks; nobody: of everybody."""
    if name == MOVED:
        return {move[side] for move in row["moves"] for side in ("from_person_id", "to_person_id")}
    if name == RIGHTS:
        return {one["person_id"] for one in row["transfers"]}
    return {row["person_id"]} if "person_id" in row else set()


@dataclass
class Held:
    """One record of the log, new or one that waited."""

    arrival: Arrival
    has_left: bool = False
    """Whether the records that leave by it have left."""


@dataclass
class Consent:
    """The worker of one partition."""

    number: int
    partition_of: Callable[[str], int]
    context: Context
    waits: Waits
    _outs: list[Out] = field(default_factory=list, repr=False)

    def decide(self, arrivals: Arrivals, state: Working) -> Outs:
        """Decide what need not wait, in its order, then a slice of what is to be decided again."""
        self._outs, came = [], [one for one in arrivals if one.topic != log_topic(self.number)]
        for one in came:
            state.put(CAME, (one.key or b"").decode(), orjson.loads(one.value or b""))
        held = _held(state)
        if held and not arrivals:
            return Outs()
        queue = [*held, *(Held(one) for one in arrivals if one.topic == log_topic(self.number))]
        entries = log.entries(Arrivals.of(one.arrival for one in queue))
        bodies = consent._bodies([e for e in entries if isinstance(e, Event)], self.context.keys)  # noqa: SLF001  # its own
        batch = Batch(Book(state), self.context, bodies)
        waiting, blocked = list[Held](), set[str]()
        for one, entry in zip(queue, entries, strict=True):
            persons = self._own(self._persons(entry))
            if self._must_wait(persons, blocked, is_first=not waiting) or not self._take(batch, entry, one):
                waiting.append(one)
                blocked |= persons
        _hold(state, held, waiting)
        if not waiting:
            sweep.next_slice(batch)
        return Outs.joined([release.encode(batch.sent), Outs.of(self._outs)])

    def _own(self, persons: Iterable[str]) -> set[str]:
        return {person for person in persons if self.partition_of(person) == self.number}

    def _persons(self, entry: Entry) -> set[str]:
        return {entry.person_id} if isinstance(entry, Event) else persons_of(entry.name, entry.row)

    def _must_wait(self, persons: set[str], blocked: set[str], *, is_first: bool) -> bool:
        return not is_first and (self.waits is Waits.ALL or not persons.isdisjoint(blocked))

    def _take(self, batch: Batch, entry: Entry, one: Held) -> bool:
        """Decide one record of the log; False: it has to wait for what comes with it."""
        if isinstance(entry, Event):
            consent._event(batch, entry)  # noqa: SLF001  # its own
        elif entry.name == MOVED:
            return self._move(batch, entry, one)
        else:
            if entry.name == RIGHTS:
                own = [t for t in entry.row["transfers"] if self.partition_of(t["person_id"]) == self.number]
                entry.row = {"transfers": own}
            consent.HANDLERS[entry.name](batch, entry)
        return True

    def _move(self, batch: Batch, entry: Entry, one: Held) -> bool:
        """Records leave, change persons here, and join; then the persons are decided again, each as a whole."""
        moves = [(m["record_key"], m["from_person_id"], m["to_person_id"]) for m in entry.row["moves"]]
        if not one.has_left:
            one.has_left = True
            for record_key, before, after in moves:
                if self._is_own(before) and not self._is_own(after):
                    self._leave(batch, entry, record_key, self.partition_of(after))
                elif self._is_own(before) and batch.book.is_known(record_key):
                    batch.book.place(record_key, after)
        joining = [(key, after) for key, before, after in moves if self._is_own(after) and not self._is_own(before)]
        came = [batch.book.state.get(CAME, f"{entry.id}|{key}") for key, _ in joining]
        if None in came:
            return False
        for (record_key, after), found in zip(joining, came, strict=True):
            self._join(batch, f"{entry.id}|{record_key}", record_key, after, found)
        for person in sorted(self._own(persons_of(MOVED, entry.row))):
            decide_person(batch, person, entry)
        return True

    def _is_own(self, person: str) -> bool:
        return self.partition_of(person) == self.number

    def _leave(self, batch: Batch, entry: Entry, record_key: str, to: int) -> None:
        """What was released of a record is taken back, and all that is kept of it goes to another partition."""
        book, facts = batch.book, dict[str, Row]()
        record = book.state.get("record", record_key)
        for key, fact in book.facts(record_key):
            self._take_back(batch, entry, fact)
            facts[key] = {**fact, "held": {}}
            book.state.put("fact", key, None)
        due = [key for key, _ in book.state.scan("due", "") if key.endswith(f"|{record_key}")]
        for key in due:
            book.state.put("due", key, None)
        if record is not None:
            book.forget(record_key)
        row = {"record": record, "facts": facts, "due": due}
        name = f"{entry.id}|{record_key}"
        self._outs.append(Out(handover_topic(to), name, orjson.dumps(row), name, 0))

    def _take_back(self, batch: Batch, entry: Entry, fact: Row) -> None:
        for event in fact["versions"]:
            for recipient, held in sorted(fact["held"].get(event["event_id"], {}).items()):
                why = Reason.RECORD_MOVED.value
                batch.sent.append(release.Sent(entry, event, b"", recipient, held, why))

    def _join(self, batch: Batch, name: str, record_key: str, person: str, found: Row) -> None:
        """A record that came is a person's here from now on."""
        state = batch.book.state
        state.put(CAME, name, None)
        self._outs.append(Out(JOINED, name, b"1", name, 0))
        if found["record"] is None:  # nothing was known of it
            return
        state.put("record", record_key, {**found["record"], "person": ""})
        for key, fact in found["facts"].items():
            state.put("fact", key, fact)
        today = batch.book.today()
        for key in found["due"]:  # who waits for a day that has come is decided now
            if today is None or int(key.partition("|")[0]) - 100_000 > today:
                state.put("due", key, 1)
        batch.book.place(record_key, person)


def _held(state: Working) -> list[Held]:
    rows = [row for _, row in state.scan(HELD, "")]
    return [
        Held(Arrival("", 0, r["at"], 0, None, bytes.fromhex(r["value"]), {"ce_id": r["id"].encode()}), r["has_left"])
        for r in rows
    ]


def _hold(state: Working, before: Sequence[Held], waiting: Sequence[Held]) -> None:
    for number in range(len(waiting), len(before)):
        state.put(HELD, f"{number:06d}", None)
    for number, one in enumerate(waiting):
        at, id_, value = one.arrival.offset, one.arrival.headers["ce_id"].decode(), one.arrival.value or b""
        row = {"at": at, "id": id_, "value": value.hex(), "has_left": one.has_left}
        state.put(HELD, f"{number:06d}", row)
