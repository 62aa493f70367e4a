"""Deciding events, new or again: each recipient's permit or denial, and what must be sent for it to be so."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from processors import counts, sealing
from processors.consent import audit, policy, release
from processors.consent.agreements import Agreement
from processors.consent.book import Book, alive, fact_key
from processors.consent.policy import Decision, Reason, Subject
from processors.drafts import Draft
from processors.records import derived_id

Row = dict[str, Any]
STAGE = "consent"


@dataclass(frozen=True)
class Context:
    """What a decision needs besides batch and state."""

    keys: sealing.Keys
    partitions: int
    """Of each topic released.<recipient>."""


@dataclass(frozen=True)
class Cause:
    """What a decision follows from: one record of the log."""

    position: int
    """Its offset."""
    id: str


@dataclass(frozen=True)
class Entry(Cause):
    """One record of the log with what it says."""

    name: str
    """Of the internal schema, as in ``decide.HANDLERS``."""
    row: Row = field(repr=False)


@dataclass
class Batch:
    """What a batch works with and brings about."""

    book: Book
    context: Context
    bodies: dict[str, Row] = field(repr=False)
    """By event's key: bodies that change what is decided."""
    sent: list[release.Sent] = field(default_factory=list)
    audits: list[Draft] = field(default_factory=list)
    passed_on: list[Draft] = field(default_factory=list)
    reissue: frozenset[str] = frozenset()
    """Recipients that are sent again what they hold."""
    _opened: dict[str, bytes | None] = field(default_factory=dict, repr=False)
    _by_source: dict[tuple[str, str], list[Agreement]] | None = None

    def sharing(self, partner_id: str, family: str) -> list[Agreement]:
        """Data-sharing agreements that name a partner's family, by id."""
        if self._by_source is None:
            self._by_source = defaultdict(list)
            for agreement in self.book.agreements():
                for grant in agreement.grants:
                    self._by_source[grant.partner_id, grant.family].append(agreement)
        return self._by_source.get((partner_id, family), [])

    def body_of(self, event: Row) -> bytes | None:
        """An event's body, opened once a batch; None where its key is gone."""
        sealed = event["sealed_body"]
        if sealed not in self._opened:
            self._opened[sealed] = release.body_of(event, self.context.keys)
        return self._opened[sealed]

    def agreements_changed(self) -> None:
        """Look agreements up anew."""
        self._by_source = None


def decide_person(batch: Batch, person_id: str, cause: Cause) -> None:
    """Decide every event of a person again; what changed goes out and into the audit."""
    for record_key in batch.book.records_of(person_id):
        for key, fact in batch.book.facts(record_key):
            _audit_again(batch, cause, person_id, _settle(batch, key, fact, person_id, cause))


def decide_fact(batch: Batch, row: Row, entry: Entry) -> None:
    """Decide a new event, and the other versions of its fact with it."""
    key, person_id = fact_key(row), row["person_id"]
    settled = _settle(batch, key, batch.book.fact(key), person_id, entry)
    _audit_again(batch, entry, person_id, [s for s in settled if s.event["event_id"] != row["event_id"]])
    own = next(s for s in settled if s.event["event_id"] == row["event_id"])
    sent = sum(s.sent for s in settled) if row["operation"] == "retract" else own.sent
    outcome = "carried" if sent else "withheld"
    counts.decided(batch.book.state, row["family"], outcome, own.decisions)
    batch.audits.append(
        audit.record(row, person_id, row["event_id"], entry.position, outcome, own.decisions, own.inputs)
    )


@dataclass(frozen=True, slots=True)
class _Settled:
    """One event decided, and what had to be sent for it."""

    event: Row = field(repr=False)
    decisions: list[Decision]
    inputs: str
    """Hash of the decisions' inputs."""
    sent: int


def _audit_again(batch: Batch, cause: Cause, person_id: str, settled: Sequence[_Settled]) -> None:
    """Audit records of the events for which deciding again changed something."""
    for s in settled:
        if s.sent:
            outcome = "carried" if any(d.permit for d in s.decisions) else "withheld"
            row = audit.record(s.event, person_id, cause.id, cause.position, outcome, s.decisions, s.inputs)
            batch.audits.append(row)


def _settle(batch: Batch, key: str, fact: Row, person_id: str, cause: Cause) -> list[_Settled]:
    """Decide each version of a fact, in their order, and send what differs from what is held of it."""
    versions, held_before = fact["versions"], fact["held"]
    living, today = alive(versions), batch.book.today()
    person = batch.book.person(person_id)
    found, held_after = [], {}
    for event in versions:
        event_id = event["event_id"]
        subject = Subject(event["partner_id"], event["family"], frozenset(event["data_categories"]))
        agreements = batch.sharing(subject.partner_id, subject.family)
        decisions = policy.decide(subject, person, agreements, today)
        if event_id not in living:
            decisions = _denied(decisions, Reason.SOURCE_RETRACTED)
        elif any(d.permit for d in decisions) and batch.body_of(event) is None:
            decisions = _denied(decisions, Reason.UNREADABLE)
        held = held_before.get(event_id, {})
        now_held, sent = _difference(batch, event, person_id, decisions, held, cause)
        if now_held:
            held_after[event_id] = now_held
        found.append(_Settled(event, decisions, audit.input_hash(subject, person, agreements, today), sent))
    if held_after != held_before:
        batch.book.state.put("fact", key, {"versions": versions, "held": held_after})
    return found


def _denied(decisions: Sequence[Decision], reason: Reason) -> list[Decision]:
    return [replace(d, permit=False, reason=reason, groups=(), consent_event_ids=()) for d in decisions]


def _difference(
    batch: Batch, event: Row, person_id: str, decisions: Sequence[Decision], held: Row, cause: Cause
) -> tuple[Row, int]:
    """Send what differs between what is held of an event and what may be; what is held then, and how many were sent."""
    wanted = {d.recipient: {"person": person_id, "terms": release.terms_of(d)} for d in decisions if d.permit}
    if not held and not wanted:
        return {}, 0
    reasons = {d.recipient: d.reason for d in decisions}
    before = len(batch.sent)
    for recipient in sorted({*held, *wanted}):
        current, next_ = held.get(recipient), wanted.get(recipient)
        if current == next_ and recipient not in batch.reissue:
            continue
        if current is not None and next_ is None:
            _send(batch, event, recipient, current, cause, reasons.get(recipient, Reason.NOT_IN_FORCE))
        elif current is not None and next_ is not None and current["person"] != next_["person"]:
            _send(batch, event, recipient, current, cause, Reason.RECORD_MOVED)
        if next_ is not None:
            _send(batch, event, recipient, next_, cause, None)
    return wanted, len(batch.sent) - before


def _send(batch: Batch, event: Row, recipient: str, held: Row, cause: Cause, retracted: Reason | None) -> None:
    kind = "retracted" if retracted else "released"
    id_ = derived_id(cause.id, f"{STAGE}.{kind}.{event['event_id']}.{recipient}.{held['person']}", 0)
    body = b"" if retracted else batch.body_of(event) or b""
    why = None if retracted is None else retracted.value
    batch.book.state.count(counts.RELEASES, recipient, kind, why or held["terms"]["basis"])
    batch.sent.append(release.Sent(id_, event, body, held["person"], recipient, cause.position, held["terms"], why))
