"""Deciding events, new or again: each recipient's permit or denial, and what must be sent for it to be so."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from processors import sealing
from processors.consent import audit, policy, release
from processors.consent.agreements import Agreement
from processors.consent.book import Book, alive, event_key
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


def decide_person(batch: Batch, person_id: str, cause: Cause) -> None:
    """Decide every event of a person again; what changed goes out and into the audit."""
    for record_key in batch.book.records_of(person_id):
        by_fact: dict[str, list[Row]] = defaultdict(list)
        for event in batch.book.events(f"{record_key}|"):
            by_fact[event["fact_id"]].append({**event, "person_id": person_id})
        releases = batch.book.releases(f"{record_key}|") if by_fact else {}
        for versions in by_fact.values():
            _audit_again(batch, cause, _settle(batch, versions, releases, cause))


def decide_fact(batch: Batch, row: Row, entry: Entry) -> None:
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


def _audit_again(batch: Batch, cause: Cause, settled: Sequence[_Settled]) -> None:
    """Audit records of the events for which deciding again changed something."""
    for s in settled:
        if s.sent:
            outcome = "carried" if any(d.permit for d in s.decisions) else "withheld"
            batch.audits.append(audit.record(s.event, cause.id, cause.position, outcome, s.decisions, s.inputs))


def _settle(batch: Batch, versions: list[Row], releases: dict[str, Row], cause: Cause) -> list[_Settled]:
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
        sent = _difference(batch, event, decisions, releases, cause)
        found.append(_Settled(event, decisions, audit.input_hash(subject, person, agreements, today), sent))
    return found


def _denied(decisions: Sequence[Decision], reason: Reason) -> list[Decision]:
    return [replace(d, permit=False, reason=reason, groups=(), consent_event_ids=()) for d in decisions]


def _difference(batch: Batch, event: Row, decisions: Sequence[Decision], releases: dict[str, Row], cause: Cause) -> int:
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
        if current == wanted and (wanted is None or recipient not in batch.reissue):
            continue
        if current is not None and (wanted is None or current["person"] != wanted["person"]):
            denial = Reason.NOT_IN_FORCE if decision is None else decision.reason
            _send(batch, event, recipient, current, cause, denial if wanted is None else Reason.RECORD_MOVED)
        if wanted is not None:
            _send(batch, event, recipient, wanted, cause, None)
        batch.book.state.put("release", prefix + recipient, wanted)
    return len(batch.sent) - before


def _send(batch: Batch, event: Row, recipient: str, held: Row, cause: Cause, retracted: Reason | None) -> None:
    kind = "retracted" if retracted else "released"
    id_ = derived_id(cause.id, f"{STAGE}.{kind}.{event['event_id']}.{recipient}", 0)
    why = None if retracted is None else retracted.value
    batch.sent.append(release.Sent(id_, event, held["person"], recipient, cause.position, held["terms"], why))
