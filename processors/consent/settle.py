"""Deciding events, new or again: each recipient's permit or denial, and what must be sent for it to be so."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from processors import counts, sealing
from processors.consent import audit, receipts, release
from processors.consent.book import Book, Sharing, alive
from processors.consent.judge import Judged, denied, judge
from processors.consent.law.rules import Reason
from processors.consent.log import Cause, Entry, Event
from processors.drafts import Draft

Row = dict[str, Any]
STAGE = "consent"
NOTHING_HELD: Row = {}
NO_CATEGORIES: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Context:
    """What a decision needs besides batch and state."""

    keys: sealing.Keys
    partitions: int
    """Of each topic released.<recipient>."""


@dataclass
class Batch:
    """What a batch works with and brings about."""

    book: Book
    context: Context
    bodies: dict[str, Row] = field(repr=False)
    """By event's key: bodies that change what is decided."""
    sent: list[release.Sent] = field(default_factory=list, repr=False)
    audits: list[audit.Record] = field(default_factory=list, repr=False)
    passed_on: list[Draft] = field(default_factory=list)
    reissue: frozenset[str] = frozenset()
    """Recipients that are sent again what they hold."""
    _opened: dict[str, bytes | None] = field(default_factory=dict, repr=False)
    _in_force: tuple[Sharing, int | None] | None = None
    outcomes: Counter[tuple[str, str, tuple[str, ...]]] = field(default_factory=Counter)
    """How often events decided for the first time were of a family, had an outcome, and denials."""
    tally: receipts.Tally = field(default_factory=receipts.Tally, repr=False)
    """What partners are to be told of their submissions."""

    def in_force(self) -> tuple[Sharing, int | None]:
        """Agreements by what they cover, and the day: looked up when asked for first and when they have changed."""
        if self._in_force is None:
            self._in_force = self.book.sharing(), self.book.today()
        return self._in_force

    def time_or_agreements_changed(self) -> None:
        """Look agreements and day up anew."""
        self._in_force = None

    def ended(self, entry: Entry, outcome: str, denials: tuple[str, ...]) -> None:
        """Count an event that is decided for the first time."""
        row = entry.row
        self.outcomes[row["family"], outcome, denials] += 1
        if entry.submission:
            what = receipts.what(outcome, row, *self.in_force())
            self.tally.decided((row["partner_id"], entry.submission), what, row.get("record_key"))

    def body_of(self, event: Row) -> bytes | None:
        """An event's body, opened once a batch; None where its key is gone."""
        sealed = event["sealed_body"]
        if sealed not in self._opened:
            self._opened[sealed] = release.body_of(event, self.context.keys)
        return self._opened[sealed]

    def count(self) -> None:
        """Tell operators what was decided and sent."""
        for (family, outcome, denials), times in self.outcomes.items():
            counts.decided(self.book.state, family, outcome, denials, times)
        told = Counter([(s.recipient, s.retracted, s.held["terms"]["basis"]) for s in self.sent])
        for (recipient, retracted, basis), times in told.items():
            kind = counts.RELEASED if retracted is None else counts.RETRACTED
            self.book.state.count(counts.RELEASES, recipient, kind, retracted or basis, times=times)


def decide_person(batch: Batch, person_id: str, cause: Cause) -> None:
    """Decide every event of a person again; what changed goes out and into the audit."""
    for record_key in batch.book.records_of(person_id):
        for key, fact in batch.book.facts(record_key):
            for settled in _settle(batch, key, fact, person_id, cause):
                _audit_again(batch, person_id, cause, *settled)


def decide_fact(batch: Batch, event: Event, fact: Row) -> None:
    """Decide a new event, and the other versions of its fact with it."""
    row, person_id = event.row, event.person_id
    settled = _settle(batch, event.fact, fact, person_id, event)
    _, judged, sent = settled.pop(fact["versions"].index(row))
    for other in settled:
        _audit_again(batch, person_id, event, *other)
    if row["operation"] == "retract":
        sent += sum([sent_of_other for _, _, sent_of_other in settled])
    outcome = counts.CARRIED if sent else counts.WITHHELD
    batch.ended(event, outcome, judged.denials)
    terms = (outcome, judged.decided, judged.inputs)
    batch.audits.append(audit.Record(row, person_id, row["event_id"], event.position, *terms))


def _audit_again(batch: Batch, person_id: str, cause: Cause, event: Row, judged: Judged, sent: int) -> None:
    """An audit record of an event for which deciding again changed something."""
    if sent:
        outcome = counts.CARRIED if judged.permitted else counts.WITHHELD
        terms = (outcome, judged.decided, judged.inputs)
        batch.audits.append(audit.Record(event, person_id, cause.id, cause.position, *terms))


def _settle(batch: Batch, key: str, fact: Row, person_id: str, cause: Cause) -> list[tuple[Row, Judged, int]]:
    """Decide each version of a fact, in their order, and send what differs from what is held of it.

    Returns:
        Of each version: its event, judged, and how many records had to be sent.
    """
    versions, held_before = fact["versions"], fact["held"]
    living, found, held_after = alive(versions), [], {}
    for event in versions:
        event_id = event["event_id"]
        judged, body = _judged(batch, event, person_id, is_alive=event_id in living)
        sent = _send(batch, event, body, judged, held_before.get(event_id, NOTHING_HELD), cause)
        found.append((event, judged, sent))
        if judged.permitted:
            held_after[event_id] = judged.permitted
    if held_after != held_before:
        batch.book.state.put("fact", key, {"versions": versions, "held": held_after})
    return found


def _judged(batch: Batch, event: Row, person_id: str, *, is_alive: bool) -> tuple[Judged, bytes]:
    """An event judged, and its body where anybody may see it."""
    categories = event["data_categories"]
    source = (event["partner_id"], event["family"], frozenset(categories) if categories else NO_CATEGORIES)
    judged = judge(*source, person_id, batch.book.contents_of(person_id), *batch.in_force())
    if not is_alive:
        return denied(judged, Reason.SOURCE_RETRACTED), b""
    if not judged.permitted:
        return judged, b""
    body = batch.body_of(event)
    return (denied(judged, Reason.UNREADABLE), b"") if body is None else (judged, body)


def _send(batch: Batch, event: Row, body: bytes, judged: Judged, held: Row, cause: Cause) -> int:
    """Send what differs between what is held of an event and what may be; how many records that takes."""
    wanted, before = judged.permitted, len(batch.sent)
    for recipient in sorted({*held, *wanted}):
        current, next_ = held.get(recipient), wanted.get(recipient)
        if current == next_ and recipient not in batch.reissue:
            continue
        if current is not None and (next_ is None or current["person"] != next_["person"]):
            why = _reason(judged, recipient) if next_ is None else Reason.RECORD_MOVED
            batch.sent.append(release.Sent(cause, event, b"", recipient, current, why.value))
        if next_ is not None:
            batch.sent.append(release.Sent(cause, event, body, recipient, next_, None))
    return len(batch.sent) - before


def _reason(judged: Judged, recipient: str) -> Reason:
    """Why a recipient may not see an event any more."""
    return {d.recipient: d.reason for d in judged.decisions}.get(recipient, Reason.NOT_IN_FORCE)
