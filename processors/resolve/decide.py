"""Resolve's decision: partner events in; the ordered log's next records, identity changes and dead letters out."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from processors import counts, sealing
from processors.consent.agreements import Agreement
from processors.drafts import Draft, encode_drafts
from processors.names import AGREEMENTS, IDENTITY_CHANGES, IDENTITY_RECORDS, RESOLVED_EVENTS, deadletter_topic
from processors.records import Arrival, Outs, Topic, derived_id, keyed_hash
from processors.resolve import control, gate, rights
from processors.resolve.book import Book, Move
from processors.resolve.codes import Code, Rejection
from processors.resolve.seen import ANY_BYTES, digest_of
from processors.resolve.traits import folded, of_identity, of_wage_row, wage_ssn
from processors.state import Working
from schemas_avro import catalog

Row = dict[str, Any]
STAGE = "resolve"
WAGE = "wage"


@dataclass(frozen=True)
class Context:
    """What a decision needs besides batch and state."""

    pseudonym_key: bytes = field(repr=False)
    keys: sealing.Keys
    now: int
    """Microseconds since 1970-01-01 UTC; becomes a tick in the log, and shows in nothing else."""


def decide(arrivals: Sequence[Arrival], state: Working, context: Context) -> Outs:
    """Decide a batch. Order of what comes out: tick, agreements, moves, rights, events; then what is not in the log."""
    ticked = control.tick(state, context.now)
    controlled = control.passed_on([a for a in arrivals if a.topic == AGREEMENTS], state)
    outcomes = _admit([a for a in arrivals if a.topic != AGREEMENTS], state)
    events = [outcome for _, outcome in outcomes if isinstance(outcome, gate.Admitted)]
    book = Book(state, context.keys, context.pseudonym_key)
    keyed = [(record_key_of(event, context.pseudonym_key), event) for event in events]
    _take_in(book, keyed)
    moves = book.recluster()
    drafts = [*ticked, *controlled, *_moved(moves), *rights.transferred(book, control.today(state))]
    drafts += [_resolved(book, record_key, event) for record_key, event in keyed if event.family != "identity"]
    drafts += _changes(book, keyed, moves) + _records(book)
    drafts += [dead_letter(a, o, context.keys) for a, o in outcomes if isinstance(o, Rejection)]
    return encode_drafts(drafts)


def _admit(arrivals: Sequence[Arrival], state: Working) -> list[tuple[Arrival, gate.Outcome]]:
    """The gate's outcomes without repeats: an event whose id and bytes came before changes nothing."""
    partners = sorted({Topic.parse(a.topic).partner_id for a in arrivals})
    state.prefetch("mou", partners)
    mous = {p: Agreement.from_row(row) for p in partners if (row := state.get("mou", p)) is not None}
    outcomes = gate.admit(arrivals, mous)
    ids = [f"{o.partner_id}|{o.event_id}" if isinstance(o, gate.Admitted) else "" for o in outcomes]
    state.prefetch("seen", filter(None, ids))
    judged = [(a, _first_time(o, id_, state)) for a, o, id_ in zip(arrivals, outcomes, ids, strict=True)]
    _count(state, judged)
    return [(arrival, outcome) for arrival, outcome in judged if outcome is not None]


def _count(state: Working, judged: Sequence[tuple[Arrival, gate.Outcome | None]]) -> None:
    alike: dict[tuple[str, str], list[tuple[Arrival, gate.Outcome | None]]] = defaultdict(list)
    for arrival, outcome in judged:
        how = outcome.code.value if isinstance(outcome, Rejection) else str(outcome is None)
        alike[arrival.topic, how].append((arrival, outcome))
    for part in alike.values():
        arrivals, first = [arrival for arrival, _ in part], part[0][1]
        if isinstance(first, Rejection):
            counts.rejected(state, arrivals, first.code)
        else:
            counts.arrived(
                state, arrivals, [o.envelope["published_at"] for _, o in part if isinstance(o, gate.Admitted)]
            )


def _first_time(outcome: gate.Outcome, id_: str, state: Working) -> gate.Outcome | None:
    """The outcome; None for a repeat; a rejection where the id came before with other bytes."""
    if isinstance(outcome, Rejection):
        return outcome
    digest = digest_of(outcome.arrival.value or b"")
    known = state.get("seen", id_)
    if known is None:
        state.put("seen", id_, digest)
        return outcome
    return None if known in {digest, ANY_BYTES} else Rejection(Code.CONFLICTING_DUPLICATE, "event_id", outcome.event_id)


def record_key_of(event: gate.Admitted, key: bytes) -> str:
    """Key of the record that an event is about; wage rows are known by partner, SSN and normalised name."""
    token = event.envelope["subject_token"]
    if token is not None:
        return keyed_hash(key, "record", event.partner_id, token)
    name = folded(event.envelope["subject_name"])
    return keyed_hash(key, "record", event.partner_id, WAGE, wage_ssn(event.envelope), name)


def _take_in(book: Book, keyed: Sequence[tuple[str, gate.Admitted]]) -> None:
    """Enter new records, in order of arrival whatever the size of batches, and fold identity in."""
    book.state.prefetch("record", {record_key for record_key, _ in keyed})
    for record_key, event in keyed:
        book.enter(record_key, event.partner_id, event.arrival)
    for record_key, event in keyed:
        envelope = event.envelope
        if event.family == "identity" and event.content is not None:
            source = keyed_hash(book.key, "source", record_key, envelope["source_record_id"])
            traits = None if envelope["operation"] == "retract" else of_identity(envelope, event.content, book.key)
            book.fold(record_key, source, (envelope["published_at"], event.event_id), traits, event.event_id)
        elif envelope["subject_token"] is None:
            book.fold(record_key, WAGE, (0, ""), of_wage_row(envelope, book.key), event.event_id)


def _moved(moves: Sequence[Move]) -> list[Draft]:
    """One record of the log for each cause."""
    drafts = []
    for cause in sorted({move.cause for move in moves}):
        id_ = derived_id(cause, f"{STAGE}.moved", 0)
        rows = [
            {"record_key": m.record_key, "from_person_id": m.from_person_id, "to_person_id": m.to_person_id}
            for m in moves
            if m.cause == cause
        ]
        row = {"move_id": id_, "caused_by_event_id": cause, "moves": rows}
        drafts.append(Draft(RESOLVED_EVENTS, cause, "internal.records_moved.v1", row, id_))
    return drafts


KEPT = (
    "event_id", "event_type", "partner_id", "operation", "supersedes_event_id", "occurred_on", "effective_from",
    "effective_to", "observed_at", "published_at", "data_categories",
)  # fmt: skip
"""Envelope fields that leave the identity zone."""
_kept = itemgetter(*KEPT)


def _resolved(book: Book, record_key: str, event: gate.Admitted) -> Draft:
    """The event as it enters the log: whose it is, in the clear; what it says, sealed."""
    source = event.envelope["source_record_id"]
    row = dict(zip(KEPT, _kept(event.envelope), strict=True))
    row |= {
        "family": event.family,
        "record_key": record_key,
        "fact_id": keyed_hash(book.key, "fact", record_key, event.family, source),
        "person_id": book.state.get("record", record_key)["person"],
        "body_schema_id": catalog.id_of(f"body.{event.family}.v1"),
        "sealed_body": sealing.seal(book.keys, record_key, f"{event.event_id}|{STAGE}", event.body),
    }
    id_ = derived_id(f"{event.partner_id}|{event.event_id}", STAGE, 0)  # partners do not know each other's ids
    return Draft(RESOLVED_EVENTS, record_key, "internal.resolved_event.v1", row, id_)


def _changes(book: Book, keyed: Sequence[tuple[str, gate.Admitted]], moves: Sequence[Move]) -> list[Draft]:
    """For stewards: each identity event applied, each record moved."""
    applied = [(record_key, event.event_id) for record_key, event in keyed if event.family == "identity"]
    return [
        *(_change(book, record_key, event_id, "applied", None) for record_key, event_id in applied),
        *(_change(book, move.record_key, move.cause, "moved", move.from_person_id) for move in moves),
    ]


def _change(book: Book, record_key: str, cause: str, kind: str, before: str | None) -> Draft:
    record = book.state.get("record", record_key)
    id_ = derived_id(cause, f"{STAGE}.{kind}.{record_key}", 0)
    row = {
        "change_id": id_, "event_id": cause, "record_key": record_key, "partner_id": record["partner"], "kind": kind,
        "from_person_id": before, "to_person_id": record["person"], "rules": book.rules(record_key),
    }  # fmt: skip
    return Draft(IDENTITY_CHANGES, record_key, "internal.identity_changed.v1", row, id_)


def _records(book: Book) -> list[Draft]:
    """What a rebuild starts from: every record written in this batch."""
    drafts = []
    for record_key in sorted(book.written):
        record = book.state.get("record", record_key)
        row = {
            "record_key": record_key, "partner_id": record["partner"], "seed": record["seed"],
            "first_seen_at": record["at"] * 1_000, "first_seen_position": record["pos"],
            "person_id": record["person"], "event_ids": record["events"],
            "sealed_traits": record["sealed"],
        }  # fmt: skip
        id_ = derived_id(record_key, f"{STAGE}.{'.'.join(record['events'])}.{record['person']}", 0)
        drafts.append(Draft(IDENTITY_RECORDS, record_key, "internal.identity_record.v1", row, id_))
    return drafts


def dead_letter(arrival: Arrival, rejection: Rejection, keys: sealing.Keys) -> Draft:
    """An arrival that cannot travel: its bytes sealed, and why."""
    topic = Topic.parse(arrival.topic)
    kept = (arrival.value or b"")[: gate.MAX_VALUE_BYTES]  # all of them, sealed, may be more than a message may have
    row = {
        "topic": arrival.topic, "partition": arrival.partition, "offset": arrival.offset,
        "partner_id": topic.partner_id, "family": topic.family, "stage": STAGE, "code": rejection.code.value,
        "field": rejection.field, "event_id": rejection.event_id, "rejected_at": arrival.appended_at * 1_000,
        "sealed_bytes": sealing.seal(keys, dead_letter_key(topic.partner_id), arrival.position, kept),
        "replay_of": arrival.replay_of,
    }  # fmt: skip
    id_ = derived_id(arrival.position, f"{STAGE}.rejected", 0)
    return Draft(deadletter_topic(topic.partner_id), arrival.position, "internal.dead_letter.v1", row, id_)


def dead_letter_key(partner_id: str) -> str:
    """Id of the key that a partner's dead letters are sealed with."""
    return f"deadletter:{partner_id}"
