"""The signals' decision: one recipient's releases and the time in; what is raised, closed and retracted out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from processors.drafts import Draft, encode_drafts
from processors.names import signals_topic
from processors.records import Arrival, Outs, derived_id
from processors.signals import rules
from processors.signals.book import EPOCH, FAMILIES, UNKNOWN_DAY, Book, Clock, Person, Place, day_of
from processors.signals.calendar import Calendar
from processors.signals.facts import Finding
from processors.state import Working
from schemas_avro import catalog, codec, wire

Row = dict[str, Any]
STAGE = "signals"
RELEASED = "released."
SUBJECT = "internal.signal_changed.v1"
ERASED = "erased"
"""Reason of a retraction, and table (recipient | person): of whom no file is to hold what was deleted."""
ASKED_AT_ONCE = 2_000
"""Most persons a batch asks about again because of a day or a calendar, so that no batch grows without bound."""


@dataclass(frozen=True)
class Context:
    """What a decision needs besides batch and state."""

    calendar: Calendar
    asked_at_once: int = ASKED_AT_ONCE


@dataclass
class _Batch:
    """What a batch works with: whom it is to judge, each once."""

    book: Book
    context: Context
    places: dict[str, Place] = field(default_factory=dict)
    """Persons to judge, and where they are read."""
    said_again: set[str] = field(default_factory=set)
    """Persons of whom something came again: their signals are said again too, for whoever fills a view anew."""
    drafts: list[Draft] = field(default_factory=list)


def decide(arrivals: Sequence[Arrival], state: Working, context: Context) -> Outs:
    """Take a batch in, whole, then judge everybody whom it, the day or the calendar touched, each once.

    So half a withdrawal raises nothing that the other half would take back.
    """
    batch = _Batch(Book(state), context)
    entries = list(_entries(arrivals))
    batch.book.prefetch(_person_key(place, row["release"]) for place, _, row in entries if "release" in row)
    passed = set(batch.book.late())
    for place, offset, row in entries:
        if "release" in row:
            _fold(batch, place, offset, row)
        elif batch.book.tick(place, row["tick_at"], offset):
            passed.add(place)
    _ask_again(batch, passed)
    batch.book.prefetch(batch.places)
    for key, place in sorted(batch.places.items()):
        _judge(batch, batch.book.person(key, place))
    return encode_drafts(batch.drafts)


def is_unfinished(state: Working) -> bool:
    """Whether another batch, of no arrivals, has more to do."""
    return Book(state).is_unfinished()


def _entries(arrivals: Sequence[Arrival]) -> Iterator[tuple[Place, int, Row]]:
    """What of the batch matters here, decoded, in order: ticks, and releases of the families that rules look at."""
    found: dict[int, Row] = {}
    for schema_id, where in wire.places_by_schema([arrival.value for arrival in arrivals]).items():
        if _matters(schema_id or 0):
            rows = codec.decode_own(schema_id or 0, wire.payloads_of(arrivals[i].value for i in where))
            found.update(zip(where, rows, strict=True))
    for i in sorted(found):
        if found[i].get("release", {}).get("family", "clock") in {*FAMILIES, "clock"}:
            yield Place(arrivals[i].topic.removeprefix(RELEASED), arrivals[i].partition), arrivals[i].offset, found[i]


def _matters(schema_id: int) -> bool:
    kind, name, *_ = catalog.catalog()[schema_id].subject.split(".")
    return name in {"clock_ticked", "release_retracted"} if kind == "internal" else name in FAMILIES


def _person_key(place: Place, release: Row) -> str:
    return f"{place.recipient}|{release['person_id']}"


def _fold(batch: _Batch, place: Place, offset: int, row: Row) -> None:
    key = _person_key(place, row["release"])
    if row.get("reason") == ERASED:
        batch.book.state.put(ERASED, key, 1)
    is_news, was_said = batch.book.fold(batch.book.person(key, place), row["release"], row.get("body"), offset)
    if is_news:
        batch.places[key] = place
    if was_said:
        batch.said_again.add(key)


def _ask_again(batch: _Batch, passed: set[Place]) -> None:
    """Whom a new day or a new calendar touches."""
    limit = batch.context.asked_at_once
    for place in sorted(passed):
        batch.places |= dict.fromkeys(batch.book.due(place, limit), place)
    batch.places |= dict(batch.book.to_ask_again(batch.context.calendar.fingerprint, limit))


def _judge(batch: _Batch, person: Person) -> None:
    """Ask every rule about a person; what differs from what stands goes out."""
    calendar, clock = batch.context.calendar, batch.book.clock(person.place)
    today = day_of(clock.day) if clock else None
    if clock is None or today is None:  # nothing is raised before the first tick: a rule needs its day
        batch.book.keep(person, UNKNOWN_DAY, calendar.fingerprint)
        return
    answer = rules.ask(person.visible(), today, calendar)
    before = person.signals
    person.signals = {}
    for finding in answer.findings:
        _raise(batch, person, clock, finding, before)
    for signal_id, row in before.items():
        if signal_id not in person.signals:
            _end(batch, person, clock, signal_id, row)
    due = None if answer.ask_on is None else (answer.ask_on - EPOCH).days
    batch.book.keep(person, due, calendar.fingerprint)


def _raise(batch: _Batch, person: Person, clock: Clock, finding: Finding, before: dict[str, Row]) -> None:
    """A rule holds: raised, or raised still, perhaps on other evidence or more urgently."""
    name = f"{person.key}|{finding.rule}|{finding.about}"
    signal_id = derived_id(name, STAGE, 0)
    known = before.get(signal_id, {})
    said = {
        "rule": finding.rule, "about": finding.about, "urgency": finding.urgency,
        "due_on": None if finding.due_on is None else (finding.due_on - EPOCH).days,
        "evidence_event_ids": list(finding.evidence), "state": "raised",
    }  # fmt: skip
    is_new = known.get("state") != "raised"
    is_same = {k: known.get(k) for k in said} == said
    raised_at = clock.tick if is_new else known["raised_at"]
    changed_at = known["changed_at"] if is_same else clock.tick
    row = {**said, "raised_at": raised_at, "changed_at": changed_at}
    _keep(batch, person, clock, signal_id, row, is_told=not is_same)


def _end(batch: _Batch, person: Person, clock: Clock, signal_id: str, row: Row) -> None:
    """A rule holds no more: closed, or retracted where something that it rested on was taken back."""
    if not person.standing().issuperset(row["evidence_event_ids"]):
        _tell(batch, person, clock, signal_id, {**row, "state": "retracted", "changed_at": clock.tick})
    elif row["state"] == "closed":
        _keep(batch, person, clock, signal_id, row, is_told=False)
    else:
        closed = {**row, "state": "closed", "changed_at": clock.tick}
        _keep(batch, person, clock, signal_id, closed, is_told=True)


def _keep(batch: _Batch, person: Person, clock: Clock, signal_id: str, row: Row, *, is_told: bool) -> None:
    person.signals[signal_id] = row
    if is_told or person.key in batch.said_again:
        _tell(batch, person, clock, signal_id, row)


def _tell(batch: _Batch, person: Person, clock: Clock, signal_id: str, row: Row) -> None:
    """Send a signal as it is now, to the partition of the number that its person is read from."""
    offset = max(person.at, clock.offset)
    recipient, partition = person.place.recipient, person.place.partition
    full = {
        **row, "signal_id": signal_id, "recipient": recipient, "person_id": person.person_id, "source_offset": offset,
    }  # fmt: skip
    id_ = derived_id(signal_id, f"{STAGE}.{row['state']}", offset)
    batch.drafts.append(Draft(signals_topic(recipient), person.person_id, SUBJECT, full, id_, partition))
