"""Deciding events, new or again: each recipient's permit or denial, and what must be sent for it to be so."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from processors import counts, sealing
from processors.consent import audit, release
from processors.consent.book import Book, Sharing, alive, fact_key
from processors.consent.judge import Judged, denied, judge
from processors.consent.policy import Reason
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


@dataclass(slots=True)  # not frozen, as an arrival
class Cause:
    """What a decision follows from: one record of the log."""

    position: int
    """Its offset."""
    id: str


@dataclass(slots=True)
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
    audits: list[audit.Record] = field(default_factory=list)
    passed_on: list[Draft] = field(default_factory=list)
    reissue: frozenset[str] = frozenset()
    """Recipients that are sent again what they hold."""
    _opened: dict[str, bytes | None] = field(default_factory=dict, repr=False)
    _sharing: Sharing | None = None
    outcomes: Counter[tuple[str, str, tuple[str, ...]]] = field(default_factory=Counter)
    """How often events decided for the first time were of a family, had an outcome, and denials."""

    def sharing(self) -> Sharing:
        """Agreements by what they cover, looked up once a batch."""
        if self._sharing is None:
            self._sharing = self.book.sharing()
        return self._sharing

    def body_of(self, event: Row) -> bytes | None:
        """An event's body, opened once a batch; None where its key is gone."""
        sealed = event["sealed_body"]
        if sealed not in self._opened:
            self._opened[sealed] = release.body_of(event, self.context.keys)
        return self._opened[sealed]

    def agreements_changed(self) -> None:
        """Look agreements up anew."""
        self._sharing = None

    def count(self) -> None:
        """Tell operators what was decided and sent."""
        for (family, outcome, denials), times in self.outcomes.items():
            counts.decided(self.book.state, family, outcome, denials, times)
        told = Counter([(s.recipient, s.retracted, s.terms["basis"]) for s in self.sent])
        for (recipient, retracted, basis), times in told.items():
            kind = counts.RELEASED if retracted is None else counts.RETRACTED
            self.book.state.count(counts.RELEASES, recipient, kind, retracted or basis, times=times)


def decide_person(batch: Batch, person_id: str, cause: Cause) -> None:
    """Decide every event of a person again; what changed goes out and into the audit."""
    for record_key in batch.book.records_of(person_id):
        for key, fact in batch.book.facts(record_key):
            _audit_again(batch, cause, person_id, _settle(batch, key, fact, person_id, cause))


def decide_fact(batch: Batch, row: Row, entry: Entry) -> None:
    """Decide a new event, and the other versions of its fact with it."""
    key, person_id, event_id = fact_key(row), row["person_id"], row["event_id"]
    settled = _settle(batch, key, batch.book.fact(key), person_id, entry)
    _audit_again(batch, entry, person_id, [s for s in settled if s.event["event_id"] != event_id])
    own = next(s for s in settled if s.event["event_id"] == event_id)
    sent = sum([s.sent for s in settled]) if row["operation"] == "retract" else own.sent
    outcome, judged = counts.CARRIED if sent else counts.WITHHELD, own.judged
    batch.outcomes[row["family"], outcome, judged.denials] += 1
    batch.audits.append(audit.record(row, person_id, event_id, entry.position, outcome, judged.decided, judged.inputs))


@dataclass(slots=True)
class _Settled:
    """One event decided, and how many records had to be sent for it."""

    event: Row = field(repr=False)
    judged: Judged
    sent: int


def _audit_again(batch: Batch, cause: Cause, person_id: str, settled: Sequence[_Settled]) -> None:
    """Audit records of the events for which deciding again changed something."""
    for s in settled:
        if s.sent:
            outcome = counts.CARRIED if s.judged.terms else counts.WITHHELD
            terms = (outcome, s.judged.decided, s.judged.inputs)
            batch.audits.append(audit.record(s.event, person_id, cause.id, cause.position, *terms))


def _settle(batch: Batch, key: str, fact: Row, person_id: str, cause: Cause) -> list[_Settled]:
    """Decide each version of a fact, in their order, and send what differs from what is held of it."""
    versions, held_before = fact["versions"], fact["held"]
    living, records = alive(versions), batch.book.contents_of(person_id)
    found, held_after = [], {}
    for event in versions:
        event_id = event["event_id"]
        judged = _judged(batch, event, records, is_alive=event_id in living)
        now_held, sent = _difference(batch, event, person_id, judged, held_before.get(event_id, {}), cause)
        if now_held:
            held_after[event_id] = now_held
        found.append(_Settled(event, judged, sent))
    if held_after != held_before:
        batch.book.state.put("fact", key, {"versions": versions, "held": held_after})
    return found


def _judged(batch: Batch, event: Row, records: tuple[bytes, ...], *, is_alive: bool) -> Judged:
    source = (event["partner_id"], event["family"], frozenset(event["data_categories"]))
    found = judge(*source, records, batch.sharing(), batch.book.today())
    if not is_alive:
        return denied(found, Reason.SOURCE_RETRACTED)
    if found.terms and batch.body_of(event) is None:
        return denied(found, Reason.UNREADABLE)
    return found


def _difference(batch: Batch, event: Row, person_id: str, judged: Judged, held: Row, cause: Cause) -> tuple[Row, int]:
    """Send what differs between what is held of an event and what may be; what is held then, and how many were sent."""
    wanted = {recipient: {"person": person_id, "terms": terms} for recipient, terms in judged.terms.items()}
    before = len(batch.sent)
    for recipient in sorted({*held, *wanted}):
        current, next_ = held.get(recipient), wanted.get(recipient)
        if current == next_ and recipient not in batch.reissue:
            continue
        if current is not None and next_ is None:
            _send(batch, event, recipient, current, cause, _reason(judged, recipient))
        elif current is not None and next_ is not None and current["person"] != next_["person"]:
            _send(batch, event, recipient, current, cause, Reason.RECORD_MOVED)
        if next_ is not None:
            _send(batch, event, recipient, next_, cause, None)
    return wanted, len(batch.sent) - before


def _reason(judged: Judged, recipient: str) -> Reason:
    """Why a recipient may not see an event any more."""
    return {d.recipient: d.reason for d in judged.decisions}.get(recipient, Reason.NOT_IN_FORCE)


def _send(batch: Batch, event: Row, recipient: str, held: Row, cause: Cause, retracted: Reason | None) -> None:
    kind, person_id = counts.RETRACTED if retracted else counts.RELEASED, held["person"]
    id_ = derived_id(cause.id, f"{STAGE}.{kind}.{event['event_id']}.{recipient}.{person_id}", 0)
    body = b"" if retracted else batch.body_of(event) or b""
    why = None if retracted is None else retracted.value
    batch.sent.append(release.Sent(id_, event, body, person_id, recipient, cause.position, held["terms"], why))
