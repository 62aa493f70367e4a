"""Consent's decision: the ordered log in; releases and retractions for each recipient, and the audit, out."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from processors import sealing
from processors.consent import audit, policy, release
from processors.consent.agreements import Agreement
from processors.consent.book import Book, alive, event_key
from processors.consent.policy import Decision, Reason, Subject
from processors.drafts import Draft, encode_drafts
from processors.names import released_topic
from processors.records import Arrival, Out, derived_id
from processors.state import Working
from schemas_avro import catalog, codec, wire

Row = dict[str, Any]
STAGE = "consent"
STATEMENT = ("controllers", "records_covered", "purposes", "recipients", "valid_from", "valid_until")


@dataclass(frozen=True)
class Context:
    """What a decision needs besides batch and state."""

    keys: sealing.Keys
    partitions: int
    """Of each topic released.<recipient>."""


@dataclass(frozen=True)
class Entry:
    """One record of the log."""

    name: str
    """Of the internal schema: resolved_event, records_moved, clock_ticked, agreement_activated."""
    row: Row = field(repr=False)
    position: int
    id: str


@dataclass
class _Batch:
    """What a batch works with and brings about."""

    book: Book
    context: Context
    bodies: dict[str, Row] = field(repr=False)
    """By event's key: bodies that change what is decided."""
    sent: list[release.Sent] = field(default_factory=list)
    audits: list[Draft] = field(default_factory=list)
    passed_on: list[Draft] = field(default_factory=list)
    _by_source: dict[tuple[str, str], list[Agreement]] | None = None

    def sharing(self, partner_id: str, family: str) -> list[Agreement]:
        """Data-sharing agreements that name a partner's family, by id."""
        if self._by_source is None:
            self._by_source = defaultdict(list)
            for agreement in self.book.agreements():
                for grant in agreement.grants:
                    self._by_source[grant.partner_id, grant.family].append(agreement)
        return self._by_source.get((partner_id, family), [])

    def agreements_changed(self) -> None:
        """Look agreements up anew."""
        self._by_source = None


def decide(arrivals: Sequence[Arrival], state: Working, context: Context) -> list[Out]:
    """Decide a batch of the log, in its order."""
    entries = _entries(arrivals)
    events = [e.row for e in entries if e.name == "resolved_event"]
    batch = _Batch(Book(state), context, _bodies(events, context.keys))
    batch.book.prefetch((row["person_id"] for row in events), (row["record_key"] for row in events))
    for entry in entries:
        HANDLERS[entry.name](batch, entry)
    outs = release.encode(batch.sent, context.keys)
    return [*outs, *encode_drafts(batch.passed_on), *audit.chained(batch.audits, state)]


def _entries(arrivals: Sequence[Arrival]) -> list[Entry]:
    """The batch decoded, in order."""
    places: dict[int, list[int]] = defaultdict(list)
    for i, arrival in enumerate(arrivals):
        places[wire.schema_id_of(arrival.value or b"") or 0].append(i)
    found: dict[int, Entry] = {}
    for schema_id, where in places.items():
        rows = codec.decode_own(schema_id, [wire.payload_of(arrivals[i].value or b"") for i in where])
        for row, i in zip(rows, where, strict=True):
            id_ = arrivals[i].headers.get("ce_id", b"").decode()
            found[i] = Entry(catalog.catalog()[schema_id].family, row, arrivals[i].offset, id_)
    return [found[i] for i in sorted(found)]


def _bodies(events: Sequence[Row], keys: sealing.Keys) -> dict[str, Row]:
    """Bodies of the events that change what is decided, by event's key; one that cannot be opened is left out."""
    by_schema: dict[int, list[tuple[str, bytes]]] = defaultdict(list)
    for event in events:
        if event["family"] in {"consent", "caseload"}:
            with suppress(sealing.UnreadableError):
                by_schema[event["body_schema_id"]].append((event_key(event), release.body_of(event, keys)))
    found: dict[str, Row] = {}
    for schema_id, pairs in by_schema.items():
        rows = codec.decode(schema_id, [body for _, body in pairs]).rows.to_pylist()
        found.update({key: row for (key, _), row in zip(pairs, rows, strict=True)})
    return found


def _ticked(batch: _Batch, entry: Entry) -> None:
    """Time goes on; every partition of every recipient's topic hears of it."""
    batch.book.state.put("clock", "tick", entry.row["tick_at"])
    for recipient in sorted({a.party for a in batch.book.agreements() if a.tier == "dsa"}):
        _tell_time(batch, recipient, entry)


def _tell_time(batch: _Batch, recipient: str, entry: Entry) -> None:
    tick = batch.book.state.get("clock", "tick")
    if tick is None:
        return
    topic, row = released_topic(recipient), {"tick_at": tick}
    for partition in range(batch.context.partitions):
        id_ = derived_id(entry.id, f"{STAGE}.{recipient}", partition)
        batch.passed_on.append(Draft(topic, "clock", "internal.clock_ticked.v1", row, id_, partition))


def _activated(batch: _Batch, entry: Entry) -> None:
    """An agreement comes into force; its recipient hears of it, and of the time, to decide again by both."""
    row = entry.row
    batch.book.state.put("agreement", row["agreement_id"], row)
    batch.agreements_changed()
    if row["tier"] == "dsa":
        id_ = derived_id(entry.id, STAGE, 0)
        topic, subject = released_topic(row["party"]), "internal.agreement_activated.v1"
        batch.passed_on.append(Draft(topic, row["agreement_id"], subject, row, id_))
        _tell_time(batch, row["party"], entry)


def _moved(batch: _Batch, entry: Entry) -> None:
    """Records change hands with all that is theirs, and every person touched is decided again as a whole."""
    touched: set[str] = set()
    for move in entry.row["moves"]:
        batch.book.place(move["record_key"], move["to_person_id"])
        touched |= {move["from_person_id"], move["to_person_id"]}
    for person_id in sorted(touched):
        _decide_person(batch, person_id, entry)


def _event(batch: _Batch, entry: Entry) -> None:
    """One event: remembered, then decided; a statement about consent or caseload has its whole person decided again."""
    row, book = entry.row, batch.book
    if book.state.get("event", event_key(row)) is not None:
        return
    book.place(row["record_key"], row["person_id"])
    book.state.put("event", event_key(row), {k: v for k, v in row.items() if k != "person_id"})
    if event_key(row) in batch.bodies:
        _fold(batch, row)
        batch.audits.append(_audit_undecided(row, entry, "applied"))
        _decide_person(batch, row["person_id"], entry)
    elif row["family"] == "consent":
        batch.audits.append(_audit_undecided(row, entry, "withheld"))
    else:
        _decide_fact(batch, row, entry)


def _fold(batch: _Batch, row: Row) -> None:
    body = batch.bodies[event_key(row)]
    version = {"fact": row["fact_id"], **{k: row[k] for k in ("event_id", "published_at", "operation", "partner_id")}}
    if row["family"] == "consent":
        said = {name: body[name] for name in STATEMENT}
        batch.book.fold(row["record_key"], "statements", {**version, "state": body["event_state"], **said})
    else:
        batch.book.fold(row["record_key"], "caseload", {**version, "state": body["assignment_state"]})


def _audit_undecided(row: Row, entry: Entry, outcome: str) -> Draft:
    """Of an event that no recipient is decided for: a statement applied, or one that cannot be opened."""
    return audit.record(row, row["event_id"], entry.position, outcome, [], audit.START)


def _decide_person(batch: _Batch, person_id: str, entry: Entry) -> None:
    """Decide every event of a person again; what changed goes out and into the audit."""
    for record_key in batch.book.records_of(person_id):
        by_fact: dict[str, list[Row]] = defaultdict(list)
        for event in batch.book.events(f"{record_key}|"):
            by_fact[event["fact_id"]].append({**event, "person_id": person_id})
        releases = batch.book.releases(f"{record_key}|") if by_fact else {}
        for versions in by_fact.values():
            _audit_again(batch, entry, _settle(batch, versions, releases, entry))


def _decide_fact(batch: _Batch, row: Row, entry: Entry) -> None:
    """Decide a new event, and the other versions of its fact with it."""
    prefix = f"{row['record_key']}|{row['fact_id']}|"
    versions = [{**event, "person_id": row["person_id"]} for event in batch.book.events(prefix)]
    releases = batch.book.releases(prefix) if len(versions) > 1 else {}
    settled = _settle(batch, versions, releases, entry)
    _audit_again(batch, entry, [s for s in settled if s.event["event_id"] != row["event_id"]])
    own = next(s for s in settled if s.event["event_id"] == row["event_id"])
    sent = sum(s.sent for s in settled) if row["operation"] == "retract" else own.sent
    outcome = "carried" if sent else "withheld"
    batch.audits.append(audit.record(row, row["event_id"], entry.position, outcome, own.decisions, own.inputs))


@dataclass(frozen=True)
class _Settled:
    """One event decided, and what had to be sent for it."""

    event: Row = field(repr=False)
    decisions: list[Decision]
    inputs: str
    """Hash of the decisions' inputs."""
    sent: int


def _audit_again(batch: _Batch, entry: Entry, settled: Sequence[_Settled]) -> None:
    """Audit records of the events for which deciding again changed something."""
    for s in settled:
        if s.sent:
            outcome = "carried" if any(d.permit for d in s.decisions) else "withheld"
            batch.audits.append(audit.record(s.event, entry.id, entry.position, outcome, s.decisions, s.inputs))


def _settle(batch: _Batch, versions: list[Row], releases: dict[str, Row], entry: Entry) -> list[_Settled]:
    """Decide each version of a fact, in their order, and send what differs from its current releases."""
    living, today = alive(versions), batch.book.today()
    person = batch.book.person(versions[0]["person_id"])
    found = []
    for event in versions:
        subject = Subject(event["partner_id"], event["family"], frozenset(event["data_categories"]))
        agreements = batch.sharing(subject.partner_id, subject.family)
        decisions = policy.decide(subject, person, agreements, today)
        if event["event_id"] not in living:
            decisions = _denied(decisions, Reason.SOURCE_RETRACTED)
        elif any(d.permit for d in decisions) and not release.can_open(event, batch.context.keys):
            decisions = _denied(decisions, Reason.UNREADABLE)
        sent = _difference(batch, event, decisions, releases, entry)
        found.append(_Settled(event, decisions, audit.input_hash(subject, person, agreements, today), sent))
    return found


def _denied(decisions: Sequence[Decision], reason: Reason) -> list[Decision]:
    return [replace(d, permit=False, reason=reason, groups=(), consent_event_ids=()) for d in decisions]


def _difference(
    batch: _Batch, event: Row, decisions: Sequence[Decision], releases: dict[str, Row], entry: Entry
) -> int:
    """Send what differs between an event's current releases and what is permitted now; how many were sent."""
    prefix = f"{event_key(event)}|"
    held = {key.removeprefix(prefix): row for key, row in releases.items() if key.startswith(prefix)}
    decided = {decision.recipient: decision for decision in decisions}
    before = len(batch.sent)
    for recipient in sorted({*held, *decided}):
        decision = decided.get(recipient)
        current, wanted = held.get(recipient), None
        if decision is not None and decision.permit:
            wanted = {"person": event["person_id"], "terms": release.terms_of(decision)}
        if current == wanted:
            continue
        if current is not None and (wanted is None or current["person"] != wanted["person"]):
            denial = Reason.NOT_IN_FORCE if decision is None else decision.reason
            _send(batch, event, recipient, current, entry, denial if wanted is None else Reason.RECORD_MOVED)
        if wanted is not None:
            _send(batch, event, recipient, wanted, entry, None)
        batch.book.state.put("release", prefix + recipient, wanted)
    return len(batch.sent) - before


def _send(batch: _Batch, event: Row, recipient: str, held: Row, entry: Entry, retracted: Reason | None) -> None:
    kind = "retracted" if retracted else "released"
    id_ = derived_id(entry.id, f"{STAGE}.{kind}.{event['event_id']}.{recipient}", 0)
    why = None if retracted is None else retracted.value
    batch.sent.append(release.Sent(id_, event, held["person"], recipient, entry.position, held["terms"], why))


Handler = Callable[[_Batch, Entry], None]
HANDLERS: dict[str, Handler] = {
    "clock_ticked": _ticked,
    "agreement_activated": _activated,
    "records_moved": _moved,
    "resolved_event": _event,
}
"""What happens on each kind of record in the log."""
