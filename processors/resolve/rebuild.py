"""Resolve's state again, from what it has published and what it has read; nothing is sent, no order of records counts.

The model comes from ``identity.models``, which is read before all else; records and persons from ``identity.records``,
the time and the ids of events from ``resolved.events`` and ``identity.changes``, the bytes that an id stands for from
the partners' topics, as far as those reach back. Of an older event the id alone is known, so what comes again under it
counts as its repeat.
"""

from collections.abc import Collection, Sequence
from typing import Any

import pyarrow as pa

from processors import sealing
from processors.consent.release import body_of
from processors.consent.rights import Attends
from processors.names import AGREEMENTS, IDENTITY_CHANGES, IDENTITY_RECORDS, RESOLVED_EVENTS, STEWARDS
from processors.records import Arrival, Topic
from processors.resolve import adopted, attending, control, erasing, rights, taking
from processors.resolve.book import Book
from processors.resolve.seen import ANY_BYTES, digest_of
from processors.state import Working
from schemas_avro import catalog, codec, wire

Row = dict[str, Any]
TAKEN = {IDENTITY_RECORDS, IDENTITY_CHANGES, RESOLVED_EVENTS}
TOLD = "attends_told"
"""By record, what the log said last that its person attends; until its rights are restored."""


def restore(arrivals: Sequence[Arrival], state: Working, keys: sealing.Keys, pseudonym_key: bytes) -> None:
    """Take in records of resolve's own topics, or of the control topics.

    Args:
        arrivals: of ``identity.records``, ``resolved.events``, ``identity.changes`` and the control topics.
        state: where they go.
        keys: of the traits' seals.
        pseudonym_key: of the keyed hashes.
    """
    control.passed_on([a for a in arrivals if a.topic == AGREEMENTS], state)
    decided = control.decided([a for a in arrivals if a.topic == STEWARDS], state)
    rows = _rows([a for a in arrivals if a.topic in TAKEN])
    book = Book(state, keys, pseudonym_key)
    book.decided(decided)
    book.restore([row for topic, _, row in rows if topic == IDENTITY_RECORDS])
    _enroll([row for _, name, row in rows if name == "resolved_event"], state, keys, pseudonym_key)
    for topic, name, row in rows:
        if topic == IDENTITY_RECORDS:
            continue
        if name == "person_erased":
            erasing.take_out(row["record_keys"], row["erasure_id"], book)
            for record_key in row["record_keys"]:
                state.put(TOLD, record_key, None)
        elif name == "rights_transferred":
            for told in row["transfers"]:
                state.put(TOLD, told["record_key"], told["attends"])
        elif name == "clock_ticked":
            state.put("clock", "tick", max(row["tick_at"], state.get("clock", "tick") or 0))
        elif name in {"resolved_event", "event_withheld"} or row.get("kind") == "applied":
            state.put("seen", f"{row['partner_id']}|{row['event_id']}", ANY_BYTES)


def _enroll(events: Sequence[Row], state: Working, keys: sealing.Keys, pseudonym_key: bytes) -> None:
    """Fold enrollments in as the log has them, where they open; those of records that it says are erased go again."""
    told = [event for event in events if event["family"] == attending.FAMILY]
    bodies = {i: body for i, event in enumerate(told) if (body := body_of(event, keys)) is not None}
    if not bodies:
        return
    events = [told[i] for i in bodies]
    begins, ends = (pa.array([event[name] for event in events], pa.int32()) for name in attending.DAYS)
    decoded = codec.decode_each([event["body_schema_id"] for event in events], list(bodies.values()))
    spans, today = attending.spans(begins, ends, decoded), control.today(state)
    for event, span in zip(events, spans, strict=True):
        name, version = f"{event['record_key']}|{event['fact_id']}", (event["published_at"], event["event_id"])
        told_now = attending.NEVER if event["operation"] == "retract" else span
        attending.fold(state, pseudonym_key, name, version, told_now, today, attending.Changes())


def restore_models(arrivals: Sequence[Arrival], state: Working) -> None:
    """Take in which models have come into force: the newest is."""
    for _, name, row in _rows(arrivals):
        if name == "model_in_force":
            adopted.restore(row, state)


def in_force_in(arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Models that came into force among what is told of models."""
    return _of(adopted.IN_FORCE, arrivals)


def choices_in(arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Choices of a model among stewards' decisions."""
    return _of(control.CHOSEN, arrivals)


def _of(subject: str, arrivals: Sequence[Arrival]) -> list[Arrival]:
    ids = {version.id for version in catalog.versions_of(subject)}
    return [arrival for arrival in arrivals if arrival.value and wire.schema_id_of(arrival.value) in ids]


def resume(
    choices: Sequence[Arrival], models: Sequence[Arrival], state: Working, keys: sealing.Keys, *, has_lost: bool
) -> None:
    """Go on with a model that was being taken; after everything else is restored.

    Args:
        choices: of a model, all: of those that are not refused the last one counts.
        models: which came into force, the last one among them.
        state: its table of models changes, where one was being taken.
        keys: of the seals.
        has_lost: whether the store was lost, so that nobody knows how far that was: then records that have not moved
            yet to their persons by the model in force are looked for.
    """
    for _, _, row in _rows(in_force_in(models)[-1:]) if has_lost else ():
        taking.move_again(row, state)
    for choice in reversed(choices):
        if not control.chosen([choice], state, keys):
            break


def _rows(arrivals: Sequence[Arrival]) -> list[tuple[str, str, Row]]:
    """Topic, kind and row of each, in order."""
    found: dict[int, tuple[str, str, Row]] = {}
    arrivals = [
        arrival for arrival in arrivals if arrival.value
    ]  # of what compacted topics are to forget the log tells
    for schema_id, places in wire.places_by_schema([arrival.value for arrival in arrivals]).items():
        rows = codec.decode_own(schema_id or 0, wire.payloads_of(arrivals[i].value for i in places))
        for i, row in zip(places, rows, strict=True):
            found[i] = arrivals[i].topic, catalog.catalog()[schema_id or 0].family, row
    return [found[i] for i in sorted(found)]


def restore_days(state: Working, pseudonym_key: bytes) -> None:
    """Let every day come that enrollments wait for, up to that of the last tick; after everything else is restored."""
    today = control.today(state)
    attending.days_came(state, pseudonym_key, range(1, today + 1))
    state.put("clock", rights.BIRTHDAYS, today)
    state.put("clock", rights.KINDS, None)


def restore_rights(record_keys: Collection[str], state: Working, keys: sealing.Keys, pseudonym_key: bytes) -> None:
    """Whose rights some records' are on the day of the last tick; after the days are restored.

    Where a partner became another kind of agency and the log was not told of a record yet, it is still to be told.
    """
    book = Book(state, keys, pseudonym_key)
    book.attended.replaces(record_keys)
    rights.judged(book, control.today(state), set(record_keys))
    state.prefetch(TOLD, record_keys)
    for record_key in record_keys:
        rights.as_told(state, record_key, state.get(TOLD, record_key) or Attends.NOTHING.value)
        state.put(TOLD, record_key, None)


def restore_digests(arrivals: Sequence[Arrival], rejected: Collection[str], state: Working) -> None:
    """What bytes each event's id stands for, by what partners' topics still hold.

    Args:
        arrivals: of partners' topics, up to where resolve has read them.
        rejected: positions of those that became dead letters, which count for nothing.
        state: where the digests go.
    """
    taken = [arrival for arrival in arrivals if arrival.position not in rejected]
    for schema_id, places in wire.places_by_schema([arrival.value for arrival in taken]).items():
        part = [taken[i] for i in places]
        decoded = codec.decode(schema_id or 0, wire.payloads_of(a.value for a in part))
        ids = decoded.rows.column("envelope").to_pylist()
        for place, envelope in zip(decoded.good, ids, strict=True):
            partner_id = Topic.parse(part[place].topic).partner_id
            state.put("seen", f"{partner_id}|{envelope['event_id']}", digest_of(part[place].value or b""))
