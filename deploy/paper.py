"""Statements about consent that staff take on paper: checked as the gate would, then an event and a receipt.

The receipt's words are those of ISO/IEC TS 27560; it names nobody: whose it is, the paper says.
"""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from deploy.console import meant
from partners.events import framed, key_of, topic_of
from partners.rows import days, micros
from processors.consent.agreements import Agreement
from processors.consent.law.facts import Purpose
from processors.consent.register import Register
from processors.records import Arrival, Arrivals
from processors.resolve import gate
from schemas_avro import catalog
from schemas_avro.models import DataCategory
from streams.errors import ThroughlineError

Row = dict[str, Any]
ANY = "*"
GIVEN, WITHDRAWN = "given", "withdrawn"
LANGUAGE = re.compile("[a-z]{3}")
DURATION = re.compile(r"P(?=\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?")
"""ISO 8601: P1Y, P18M."""
SCOPE = ("controllers", "records", "purposes", "recipients")
"""Options that say what a statement covers, in the order of a statement's lists."""
PURPOSES = sorted({purpose.value for purpose in Purpose} - {Purpose.OTHER.value})
BASES: Mapping[str, tuple[str, ...]] = {
    "student": ("eligible_student", "emancipated_minor"),
    "parent": ("parent",),
    "guardian": ("legal_guardian",),
    "education_rights_holder": ("education_rights_holder",),
    "court": ("court",),
}
"""By what right each role may speak; where that is one right only, it need not be said."""


@dataclass(frozen=True)
class Paper:
    """What a signed paper says."""

    partner_id: str
    local_id: str = field(repr=False)
    """The partner's own id of the person."""
    state: str
    role: str
    scope: Mapping[str, tuple[str, ...]]
    """By word of ``SCOPE``; of a withdrawal an empty one is everything."""
    basis: str | None = None
    authentication: str = "signed_paper"
    signed: date | None = None
    """None: today."""
    valid_from: date | None = None
    valid_until: date | None = None
    language: str | None = None
    retention: str | None = None
    """How long recipients may keep it."""
    notice_hash: str | None = None
    evidence_hash: str | None = None
    consent_id: str | None = None

    @property
    def right(self) -> str | None:
        """By what right they speak."""
        known = BASES[self.role]
        return self.basis or (known[0] if len(known) == 1 else None)


def words(text: str) -> tuple[str, ...]:
    """Words of a list with commas, each once."""
    return tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))


def checked(paper: Paper, agreements: Sequence[Agreement], today: date) -> None:
    """Make sure that the gate will take it and that it can ever mean something.

    Args:
        paper: what is to be published.
        agreements: in force in the log.
        today: the day, UTC.

    Raises:
        ThroughlineError: what is wrong with it, and the remedy.
    """
    mou = _mou(paper.partner_id, agreements, today)
    if not paper.local_id.strip():
        raise ThroughlineError("no local id was given: type it when asked, pipe it in, or set CONSENT_LOCAL_ID")
    _check_scope(paper, mou, Register(agreements).recipients())
    if paper.basis is not None and paper.basis not in BASES[paper.role]:
        raise ThroughlineError(f"--basis {paper.basis} is no right of --by {paper.role}: {_or(BASES[paper.role])}")
    if paper.language is not None and not LANGUAGE.fullmatch(paper.language):
        raise ThroughlineError("--language takes three letters of ISO 639-2: spa, eng, vie")
    if paper.retention is not None and not DURATION.fullmatch(paper.retention):
        raise ThroughlineError("--retention takes a duration of ISO 8601: P1Y, P18M, P90D")
    _check_days(paper, today)


def _mou(partner_id: str, agreements: Sequence[Agreement], today: date) -> Agreement:
    mous = {one.party: one for one in agreements if one.tier == "mou" and one.in_force(days(today))}
    mou = mous.get(partner_id)
    if mou is None:
        near = meant(partner_id, mous)
        raise ThroughlineError(
            f"no memorandum of {partner_id} is in force: {near}`throughline agreements list` has them"
        )
    if "consent" not in mou.families:
        raise ThroughlineError(f"{mou.agreement_id} lets {partner_id} publish no consents: name a partner that may")
    return mou


def _check_scope(paper: Paper, mou: Agreement, recipients: Sequence[str]) -> None:
    known: dict[str, tuple[Sequence[str], Callable[[str], str]]] = {
        "controllers": (mou.consent_for, lambda word: f"{mou.agreement_id} does not let it speak for {word}"),
        "records": ([one.value for one in DataCategory], lambda word: f"there are no records of kind {word}"),
        "purposes": (PURPOSES, lambda word: f"there is no purpose {word}"),
        "recipients": (recipients, lambda word: f"no agreement shares anything with {word}"),
    }
    for name in SCOPE:
        named, (there, complaint) = paper.scope[name], known[name]
        if paper.state == GIVEN and not named:
            raise ThroughlineError(f"--{name} is empty: a consent names them (34 CFR 99.30(b)); {_or(there)}")
        if ANY in named:
            raise ThroughlineError(f"--{name} names each, never {ANY} (34 CFR 99.30(b)); {_or(there)}")
        for word in named:
            if word not in there:
                raise ThroughlineError(f"{complaint(word)}: {meant(word, there) or _or(there)}".rstrip())


def _check_days(paper: Paper, today: date) -> None:
    signed = paper.signed or today
    if signed > today:
        raise ThroughlineError(f"--signed {signed} is still to come: give the day that the paper says")
    if paper.valid_until is not None:
        first = max(signed, paper.valid_from or signed)
        if paper.valid_until < first:
            raise ThroughlineError(f"--until {paper.valid_until} lies before {first}, when it is signed and begins")
        if paper.valid_until < today:
            raise ThroughlineError(f"--until {paper.valid_until} has passed: nothing would come of it; ask them anew")


def _or(found: Sequence[str]) -> str:
    return f"there is {', '.join(sorted(found))}" if found else "there is none"


def row_of(paper: Paper, now: datetime) -> Row:
    """The event: envelope and body as the partner publishes them.

    A consent counts from the day on which it was signed: signed before a withdrawal and typed in after it, it does not
    undo that. A withdrawal counts from now.
    """
    signed = paper.signed or now.date()
    given_at = now if signed == now.date() else datetime.combine(signed, time(), UTC)
    statement_id = str(uuid.uuid4())
    envelope: Row = {one["name"]: None for one in catalog.read("envelope")["fields"]} | {
        "event_id": str(uuid.uuid4()), "event_type": "consent.recorded.v1", "schema_version": "1.0",
        "partner_id": paper.partner_id, "source_system_name": "throughline consent", "source_record_id": statement_id,
        "occurred_on": days(signed), "observed_at": micros(now),
        "published_at": micros(given_at if paper.state == GIVEN else now),
        "operation": "assert", "subject_token": paper.local_id.strip(), "identifiers": [], "data_categories": [],
    }  # fmt: skip
    controllers, records, purposes, recipients = (list(paper.scope[name]) for name in SCOPE)
    body: Row = {one["name"]: None for one in catalog.read("families/consent")["fields"]} | {
        "consent_id": paper.consent_id or str(uuid.uuid4()), "receipt_id": statement_id, "event_state": paper.state,
        "granted_by_role": paper.role, "guardian_basis": paper.right, "authentication_level": paper.authentication,
        "controllers": controllers, "records_covered": records, "purposes": purposes, "recipients": recipients,
        "given_at": micros(given_at), "valid_from": _day(paper.valid_from), "valid_until": _day(paper.valid_until),
        "jurisdiction": "US-CA", "lawful_basis": "34 CFR 99.30", "notice_hash": paper.notice_hash,
        "language": paper.language, "withdrawal_method": "told to the partner, in person or in writing, at any time",
        "retention_period": paper.retention, "evidence_hash": paper.evidence_hash,
    }  # fmt: skip
    return {"envelope": envelope, "body": body}


def pass_gate(row: Row, agreements: Sequence[Agreement], now: datetime) -> None:
    """Ask the gate itself, before anything is sent.

    Raises:
        ThroughlineError: it would refuse; why, and which field.
    """
    envelope, [value] = row["envelope"], framed("consent", [row])
    topic = topic_of(envelope["partner_id"], "consent")
    arrival = Arrival(topic, 0, 0, micros(now) // 1_000, key_of(row), value, {})
    mous = {one.party: one for one in agreements if one.tier == "mou"}
    _, rejected = gate.admit(Arrivals.of([arrival]), mous)
    for rejection in rejected.values():
        of = f" in {rejection.field}" if rejection.field else ""
        raise ThroughlineError(f"nothing was sent, resolve would reject it: {rejection.code}{of}; mend that and go on")


def _day(day: date | None) -> int | None:
    return None if day is None else days(day)


RECEIPT = (
    "receipt_id", "consent_id", "event_state", "granted_by_role", "guardian_basis", "authentication_level",
    "controllers", "records_covered", "purposes", "recipients", "jurisdiction", "lawful_basis", "language",
    "notice_hash", "retention_period", "withdrawal_method", "evidence_hash",
)  # fmt: skip
"""Fields that the receipt has as the event has them."""


def receipt_of(paper: Paper, row: Row) -> Row:
    """What the person is handed: the event's words, and days as dates; nothing of who it is."""
    envelope, body = row["envelope"], row["body"]
    told = {name: body[name] for name in RECEIPT}
    moments: dict[str, date | None] = {"signed_on": paper.signed or moment_day(envelope["observed_at"])}
    moments |= {"valid_from": paper.valid_from, "valid_until": paper.valid_until}
    head = {"schema": "ISO/IEC TS 27560", "partner_id": paper.partner_id, "event_id": envelope["event_id"]}
    return {**head, **told, **{name: None if day is None else day.isoformat() for name, day in moments.items()}}


def moment_day(at: int) -> date:
    """The day of a moment in microseconds since 1970-01-01 UTC."""
    return datetime.fromtimestamp(at // 1_000_000, UTC).date()
