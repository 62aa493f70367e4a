"""Resolve's decision: partner events in; the ordered log's next records, identity changes and dead letters out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from processors import counts, sealing
from processors.consent.agreements import Agreement
from processors.drafts import Draft, encode_columns, encode_drafts
from processors.names import (
    AGREEMENTS,
    ERASURES,
    IDENTITY_CHANGES,
    IDENTITY_RECORDS,
    RESOLVED_EVENTS,
    REVIEWS,
    STEWARDS,
    deadletter_topic,
)
from processors.records import Arrival, Arrivals, Outs, Topic, derived_id, keyed_hash
from processors.resolve import adopted, attending, control, erased, erasing, gate, rights, submissions, taking
from processors.resolve.admitted import Admitted
from processors.resolve.book import LINKED, Book, Move
from processors.resolve.codes import Code, Rejection
from processors.resolve.matching.clusters import Pair
from processors.resolve.seen import ANY_BYTES, digest_of
from processors.resolve.traits import folded, of_identity, of_wage_row, wage_ssn
from processors.state import Working
from schemas_avro import catalog

Row = dict[str, Any]
STAGE = "resolve"
CONTROL = {AGREEMENTS, STEWARDS, ERASURES}
"""Topics that are not partners'."""
WAGE = "wage"
APPLIED = "applied"
SHOWN = 3
"""Links that are told as evidence."""


@dataclass(frozen=True)
class Context:
    """What a decision needs besides batch and state."""

    pseudonym_key: bytes = field(repr=False)
    keys: sealing.Keys
    now: int
    """Microseconds since 1970-01-01 UTC; becomes a tick in the log, and shows in nothing else."""
    goes_on: bool = True
    """Whether the taking of a model goes on for now; shows in nothing but when."""


def decide(arrivals: Arrivals, state: Working, context: Context) -> Outs:
    """Decide a batch. Out come tick, agreements, erasures, moves, rights, events; then what is not in the log."""
    ticked = control.tick(state, context.now)
    begun = adopted.first_in_force(state, context.keys)
    controlled = control.passed_on(_of(AGREEMENTS, arrivals), state)
    refused = control.chosen(_of(STEWARDS, arrivals), state, context.keys)
    book = Book(state, context.keys, context.pseudonym_key)
    told, parted = erasing.erase(control.erasures(_of(ERASURES, arrivals)), book)
    decided = control.decided(_of(STEWARDS, arrivals), state)
    if not CONTROL.isdisjoint(arrivals.topics):
        arrivals = arrivals.at([i for i, topic in enumerate(arrivals.topics) if topic not in CONTROL])
    events, repeats, rejected = _admit(arrivals, state)
    book.decided(decided)
    record_keys = _record_keys(events, context.pseudonym_key)
    sent_with = submissions.headers_of(arrivals)
    counted = submissions.counted(arrivals, sent_with, events, repeats, rejected)
    events, record_keys, withheld = _without_erased(events, record_keys, state, sent_with)
    _take_in(book, arrivals, events, record_keys)
    fact_ids = _fact_ids(events, record_keys, context.pseudonym_key)
    today = control.today(state)
    book.attended = attending.take_in(state, context.pseudonym_key, events, record_keys, fact_ids, today)
    moves = [*parted, *book.recluster()]
    part = taking.next_slice(book) if context.goes_on else taking.Slice()
    transferred = rights.transferred(book, today)
    moved = [*_moved([move for move in moves if move.kind != LINKED]), *_moved(part.moves, part.name)]
    log = [*ticked, *controlled, *told, *moved, *transferred, *withheld]
    resolved = _resolved(book, events, record_keys, fact_ids, sent_with)
    beside = [*begun, *refused, *part.beside, *_changes(book, events, record_keys, [*moves, *part.moves])]
    beside += [*_records(book), *_reviews(book), *erasing.gone(book)]
    beside += [dead_letter(arrivals.row(place), rejected[place], context.keys) for place in sorted(rejected)]
    return Outs.joined([encode_drafts(log), resolved, encode_drafts([*counted, *beside])])


def _of(topic: str, arrivals: Arrivals) -> list[Arrival]:
    return [arrivals.row(i) for i, name in enumerate(arrivals.topics) if name == topic]


def _admit(arrivals: Arrivals, state: Working) -> tuple[Admitted, list[int], dict[int, Rejection]]:
    """What the gate lets in; places of repeats, whose id and bytes came before: they change nothing; and the rest."""
    partners = sorted({Topic.parse(topic).partner_id for topic in set(arrivals.topics)})
    state.prefetch("mou", partners)
    mous = {p: Agreement.from_row(row) for p in partners if (row := state.get("mou", p)) is not None}
    events, rejected = gate.admit(arrivals, mous)
    new, repeats, conflicts = _first_times(arrivals, events, state)
    events, rejected = events.at(new), rejected | conflicts
    _count(state, arrivals, events, repeats, rejected)
    return events, repeats, rejected


def _first_times(
    arrivals: Arrivals, events: Admitted, state: Working
) -> tuple[list[int], list[int], dict[int, Rejection]]:
    """Of events that passed those that are new; places of repeats; and those whose id came before with other bytes."""
    event_ids = events.column("event_id")
    ids = [f"{partner_id}|{event_id}" for partner_id, event_id in zip(events.partners, event_ids, strict=True)]
    state.prefetch("seen", ids)
    new, repeats, conflicts = [], [], {}
    for i, (id_, place) in enumerate(zip(ids, events.places, strict=True)):
        digest, known = digest_of(arrivals.values[place] or b""), state.get("seen", id_)
        if known is None:
            state.put("seen", id_, digest)
            new.append(i)
        elif known in {digest, ANY_BYTES}:
            repeats.append(place)
        else:
            conflicts[place] = Rejection(Code.CONFLICTING_DUPLICATE, "event_id", event_ids[i])
    return new, repeats, conflicts


def _count(
    state: Working, arrivals: Arrivals, events: Admitted, repeats: Sequence[int], rejected: Mapping[int, Rejection]
) -> None:
    published_at = dict(zip(events.places, events.column("published_at"), strict=True))
    for topic, places in _by_topic(arrivals, events.places):
        counts.arrived(state, topic, _appended(arrivals, places), [published_at[place] for place in places])
    for (partner_id, code_set), times in events.unlisted.items():
        counts.unlisted(state, partner_id, code_set, times)
    for topic, places in _by_topic(arrivals, repeats):
        counts.arrived(state, topic, _appended(arrivals, places))
    for code in {rejection.code for rejection in rejected.values()}:
        for topic, places in _by_topic(arrivals, [p for p, rejection in rejected.items() if rejection.code == code]):
            counts.rejected(state, topic, _appended(arrivals, places), code)


def _by_topic(arrivals: Arrivals, places: Iterable[int]) -> Iterable[tuple[str, list[int]]]:
    found: dict[str, list[int]] = defaultdict(list)
    for place in places:
        found[arrivals.topics[place]].append(place)
    return found.items()


def _appended(arrivals: Arrivals, places: Iterable[int]) -> list[int]:
    return [arrivals.appended_at[place] for place in places]


def _record_keys(events: Admitted, key: bytes) -> list[str]:
    """Keys of the records that events are about; wage rows are known by partner, SSN and normalised name."""
    named: list[tuple[str, ...]] = list(zip(events.partners, events.column("subject_token"), strict=True))
    wages = [i for i, (_, token) in enumerate(named) if token is None]
    for i, envelope in zip(wages, events.rows(wages), strict=True):
        named[i] = (events.partners[i], WAGE, wage_ssn(envelope), folded(envelope["subject_name"]))
    keys = {name: keyed_hash(key, "record", *name) for name in set(named)}
    return [keys[name] for name in named]


def _fact_ids(events: Admitted, record_keys: Sequence[str], key: bytes) -> list[str]:
    """What all versions of a fact are known by; nothing of identity, which stays here."""
    told = zip(record_keys, events.families, events.column("source_record_id"), strict=True)
    return [
        "" if family == "identity" else keyed_hash(key, "fact", record_key, family, source)
        for record_key, family, source in told
    ]


def _without_erased(
    events: Admitted, record_keys: list[str], state: Working, sent_with: Sequence[Mapping[str, bytes]]
) -> tuple[Admitted, list[str], list[Draft]]:
    """Events without those of erased records, and what the log is told of these."""
    gone = erased.among(record_keys, state)
    if not gone:
        return events, record_keys, []
    kept = [i for i, key in enumerate(record_keys) if key not in gone]
    late = [i for i, key in enumerate(record_keys) if key in gone]
    return events.at(kept), [record_keys[i] for i in kept], erasing.withheld(events.at(late), sent_with)


def _take_in(book: Book, arrivals: Arrivals, events: Admitted, record_keys: Sequence[str]) -> None:
    """Enter new records, in order of arrival whatever the size of batches, and fold identity in."""
    book.state.prefetch("record", set(record_keys))
    first: dict[str, int] = {}
    event_ids = events.column("event_id")
    for i, record_key in enumerate(record_keys):
        first.setdefault(record_key, i)
    for record_key, i in first.items():
        if book.state.get("record", record_key) is None:
            book.enter(record_key, events.partners[i], arrivals.row(events.places[i]), event_ids[i])
    tokens = events.column("subject_token")
    telling = [i for i, family in enumerate(events.families) if family == "identity" or tokens[i] is None]
    for i, envelope in zip(telling, events.rows(telling), strict=True):
        _fold(book, record_keys[i], envelope, events.contents[i] if events.families[i] == "identity" else None)


def _fold(book: Book, record_key: str, envelope: Row, identity: Row | None) -> None:
    """Fold in what an identity event says of a record, or the wage row that it is known by."""
    event_id = envelope["event_id"]
    if identity is not None:
        source = keyed_hash(book.key, "source", record_key, envelope["source_record_id"])
        is_retracted = envelope["operation"] == "retract"
        told = None if is_retracted else of_identity(envelope, identity, record_key, book.key)
        book.fold(record_key, source, (envelope["published_at"], event_id), told, event_id)
    elif envelope["subject_token"] is None and not book.record(record_key)["events"]:
        # All wage rows of a record say what its key is made of: one is enough.
        book.fold(record_key, WAGE, (0, ""), of_wage_row(envelope, book.key), event_id)


def move_id_of(cause: str, name: str = "") -> str:
    """Id of the log's record of what an event, or a steward's decision, has moved; ``name`` is that of a slice."""
    return derived_id(cause, f"{STAGE}.moved{name}", 0)


def _moved(moves: Sequence[Move], name: str = "") -> list[Draft]:
    """One record of the log for each cause; ``name`` tells it from others of the same cause."""
    drafts = []
    for cause in sorted({move.cause for move in moves}):
        id_ = move_id_of(cause, name)
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


def _resolved(
    book: Book, events: Admitted, record_keys: Sequence[str], fact_ids: Sequence[str],
    sent_with: Sequence[Mapping[str, bytes]],
) -> Outs:  # fmt: skip
    """Events as they enter the log: whose each is, in the clear; what it says, sealed."""
    carried = [i for i, family in enumerate(events.families) if family != "identity"]
    if not carried:
        return Outs()
    events, keys = events.at(carried), [record_keys[i] for i in carried]
    event_ids = events.column("event_id")
    persons = {key: book.state.get("record", key)["person"] for key in set(keys)}
    columns = {name: events.envelopes.column(name) for name in KEPT} | {
        "family": events.families,
        "record_key": keys,
        "fact_id": [fact_ids[i] for i in carried],
        "person_id": [persons[key] for key in keys],
        "body_schema_id": [catalog.id_of(f"body.{family}.v1") for family in events.families],
        "sealed_body": [
            sealing.seal(book.keys, key, f"{event_id}|{STAGE}", body)
            for key, event_id, body in zip(keys, event_ids, events.bodies, strict=True)
        ],
    }
    # Partners do not know each other's ids.
    ids = [
        derived_id(f"{partner_id}|{event_id}", STAGE, 0)
        for partner_id, event_id in zip(events.partners, event_ids, strict=True)
    ]
    outs = encode_columns(RESOLVED_EVENTS, keys, "internal.resolved_event.v1", columns, ids)
    outs.headers = [sent_with[place] for place in events.places]
    return outs


def _changes(book: Book, events: Admitted, record_keys: Sequence[str], moves: Sequence[Move]) -> list[Draft]:
    """For stewards: each identity event applied, each record that changed persons and the links that it has there."""
    applied = [
        (record_key, event_id)
        for record_key, event_id, family in zip(record_keys, events.column("event_id"), events.families, strict=True)
        if family == "identity"
    ]
    evidence = _evidence(book, [move.record_key for move in moves])
    _count_identity(book, moves, evidence)
    return [
        *(_change(book, record_key, event_id, APPLIED, None, []) for record_key, event_id in applied),
        *(
            _change(book, move.record_key, move.cause, move.kind, move.from_person_id, evidence[move.record_key])
            for move in moves
        ),
    ]


def _count_identity(book: Book, moves: Sequence[Move], evidence: Mapping[str, Sequence[Row]]) -> None:
    """What operators are told of persons."""
    for move in moves:
        counts.identity_changed(book.state, move.kind)
        partner_id = book.record(move.record_key)["partner"]
        for link in evidence[move.record_key]:
            counts.identity_linked(book.state, partner_id, book.record(link["record_key"])["partner"])


def _evidence(book: Book, record_keys: Sequence[str]) -> dict[str, list[Row]]:
    """The strongest links of records to others of their persons."""
    return {
        key: [_link(pair, key) for pair in links[:SHOWN]] for key, links in book.index.links_of(record_keys).items()
    }


def _link(pair: Pair, record_key: str) -> Row:
    other = pair.other if pair.one == record_key else pair.one
    return {"record_key": other, "bits_hundredths": round(pair.bits * 100)}


def _change(book: Book, record_key: str, cause: str, kind: str, before: str | None, evidence: list[Row]) -> Draft:
    record = book.state.get("record", record_key)
    id_ = derived_id(cause, f"{STAGE}.{kind}.{record_key}", 0)
    row = {
        "change_id": id_, "event_id": cause, "record_key": record_key, "partner_id": record["partner"], "kind": kind,
        "from_person_id": before, "to_person_id": record["person"], "model": book.index.model.name,
        "evidence": evidence,
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


def _reviews(book: Book) -> list[Draft]:
    """Questions to stewards that are new, other, or gone."""
    drafts = []
    gone = erased.among({key for review in book.index.reviews for key in (review.one, review.other)}, book.state)
    for review in book.index.reviews:
        if not gone.isdisjoint((review.one, review.other)):
            continue
        pair_id = f"{review.one}|{review.other}"
        row = {
            "pair_id": pair_id, "one": review.one, "other": review.other, "bits_hundredths": review.bits_hundredths,
            "reason": review.reason, "model": book.index.model.name, "open": review.is_open,
        }  # fmt: skip
        told = f"{STAGE}.{review.reason}.{review.bits_hundredths}.{review.is_open:d}"
        drafts.append(Draft(REVIEWS, pair_id, "internal.identity_review.v1", row, derived_id(pair_id, told, 0)))
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
