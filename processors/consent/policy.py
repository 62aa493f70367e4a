"""The consent decision: one total pure function. Default deny; any denial wins; a permit is for field groups.

Not legal advice. Sources: FERPA 34 CFR 99.30 (consent), 99.31(a)(1) (school officials), 20 USC 1232g(b)(1)(L) (foster
youth), 99.33 (redisclosure); the agreement that a decision rests on names its own.
"""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from processors.consent.agreements import Agreement, Grant
from schemas_avro import catalog

Row = dict[str, Any]
GRANTS = {"given", "renewed"}
DENIALS = {"refused", "withdrawn", "expired", "invalidated"}


class Reason(StrEnum):
    """Why a recipient may or may not see an event: a closed set."""

    CONSENT = "consent"
    STATUTE = "statute"
    OWN_RECORD = "own_record"
    NOT_IN_FORCE = "agreement_not_in_force"
    NO_CASELOAD = "no_caseload"
    NO_CONSENT = "no_consent"
    DENIED = "consent_refused_or_withdrawn"
    OUT_OF_TIME = "consent_out_of_time"
    RIGHTS_TRANSFERRED = "rights_transferred"
    SOURCE_RETRACTED = "source_retracted"
    RECORD_MOVED = "record_moved"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Statement:
    """One statement about consent, as a record of the person holds it."""

    event_id: str
    published_at: int
    state: str
    controllers: frozenset[str]
    categories: frozenset[str]
    purposes: frozenset[str]
    recipients: frozenset[str]
    valid_from: int | None
    valid_until: int | None

    def covers(self, cell: "Cell") -> bool:
        """Whether it speaks of this disclosure; a denial with an empty list or a wildcard speaks of all."""
        lists = (
            (self.controllers, cell.controller),
            (self.categories, cell.category),
            (self.purposes, cell.purpose),
            (self.recipients, cell.recipient),
        )
        if self.state in DENIALS:
            return all(not named or "*" in named or value in named for named, value in lists)
        return self.state in GRANTS and all(value in named for named, value in lists)

    def in_time(self, day: int) -> bool:
        """Whether the day lies in its period."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


@dataclass(frozen=True)
class Cell:
    """One thing that a consent can speak of."""

    controller: str
    category: str
    purpose: str
    recipient: str


@dataclass(frozen=True)
class Person:
    """What a decision needs of the person."""

    statements: tuple[tuple[Statement, ...], ...]
    """By record: consents are ordered only within one record; oldest first."""
    served_by: frozenset[str]
    """Recipients that have the person on their caseload."""
    ended: tuple[tuple[Statement, ...], ...] = ()
    """What parents said, by record, where rights have passed to the student (34 CFR 99.5): it counts for nothing."""


@dataclass(frozen=True)
class Subject:
    """What a decision needs of the event."""

    partner_id: str
    family: str
    categories: frozenset[str]
    """Categories that the event reveals beyond its fields' own."""


@dataclass(frozen=True)
class Decision:
    """A recipient's permit or denial."""

    recipient: str
    permit: bool
    reason: Reason
    agreement_id: str
    agreement_version: int
    purpose: str
    basis: str
    groups: tuple[str, ...] = ()
    consent_event_ids: tuple[str, ...] = ()
    expires_on: int | None = None

    def terms(self) -> list[Any]:
        """What a release carries of it, as JSON values: equal terms need no new release."""
        groups, consents = list(self.groups), list(self.consent_event_ids)
        return [self.agreement_id, self.agreement_version, self.reason.value, groups, consents, self.expires_on]


def decide(subject: Subject, person: Person, agreements: Iterable[Agreement], today: int | None) -> list[Decision]:
    """Decide for every recipient whose agreement names the event's partner and family; all others are denied unnamed.

    Args:
        subject: the event.
        person: whose record it is.
        agreements: data-sharing agreements, no two for one recipient, partner and family.
        today: the day of the latest tick, from 1970-01-01; None: no tick yet, which denies.
    """
    found = []
    for agreement in agreements:
        grant = agreement.grant_for(subject.partner_id, subject.family)
        if grant is not None:
            found.append(_decide_one(subject, person, agreement, grant, today))
    return found


def _decide_one(subject: Subject, person: Person, agreement: Agreement, grant: Grant, today: int | None) -> Decision:
    def answer(reason: Reason, permit: bool = False, **terms: Any) -> Decision:  # noqa: FBT001, FBT002  # local
        head = (agreement.party, permit, reason, agreement.agreement_id, agreement.version)
        return Decision(*head, agreement.purpose, agreement.basis, **terms)

    if today is None or not agreement.in_force(today):
        return answer(Reason.NOT_IN_FORCE)
    if agreement.relation == "caseload" and agreement.party not in person.served_by:
        return answer(Reason.NO_CASELOAD)
    if agreement.basis == "statute" and not subject.categories <= _categories_of(subject.family, grant.groups):
        return answer(Reason.NO_CONSENT)
    if agreement.basis != "consent":
        return answer(Reason(agreement.basis), permit=True, groups=tuple(sorted(grant.groups)))
    refusal, terms = _by_consent(subject, person, agreement, grant, today)
    return answer(refusal) if refusal else answer(Reason.CONSENT, permit=True, **terms)


def _by_consent(
    subject: Subject, person: Person, agreement: Agreement, grant: Grant, today: int
) -> tuple[Reason | None, Row]:
    """Why consent does not allow it; or the groups, statements and last day that it allows."""
    groups, used = [], set()
    core_refusal: Reason | None = None
    known: dict[frozenset[str], tuple[Reason | None, set[Statement]]] = {}
    for group in sorted(grant.groups):
        needed = group_categories(subject.family, group) | subject.categories
        if needed not in known:
            known[needed] = _covering(needed, subject, person, agreement, today)
        refusal, statements = known[needed]
        if refusal is None:
            groups.append(group)
            used |= statements
        elif group == catalog.CORE:
            core_refusal = refusal
    if core_refusal:
        return core_refusal, {}
    ends = [s.valid_until for s in used if s.valid_until is not None]
    consents = tuple(sorted(s.event_id for s in used))
    return None, {"groups": tuple(groups), "consent_event_ids": consents, "expires_on": min(ends, default=None)}


def _covering(
    categories: Iterable[str], subject: Subject, person: Person, agreement: Agreement, today: int
) -> tuple[Reason | None, set[Statement]]:
    used: set[Statement] = set()
    for category in sorted(categories):
        cell = Cell(subject.partner_id, category, agreement.purpose, agreement.party)
        refusal, statements = _consent_for(cell, person.statements, today)
        if refusal is Reason.NO_CONSENT and _consent_for(cell, person.ended, today)[0] is None:
            refusal = Reason.RIGHTS_TRANSFERRED
        if refusal:
            return refusal, set()
        used |= statements
    return None, used


def _consent_for(
    cell: Cell, records: Sequence[Sequence[Statement]], today: int
) -> tuple[Reason | None, set[Statement]]:
    """The newest statement of each record counts; one denial denies, one grant in time permits."""
    newest = [next((s for s in reversed(statements) if s.covers(cell)), None) for statements in records]
    if any(s is not None and s.state in DENIALS for s in newest):
        return Reason.DENIED, set()
    grants = [s for s in newest if s is not None]
    in_time = {s for s in grants if s.in_time(today)}
    if in_time:
        return None, in_time
    return (Reason.OUT_OF_TIME if grants else Reason.NO_CONSENT), set()


@functools.cache
def group_categories(family: str, group: str) -> frozenset[str]:
    """Data categories of a field group: the classifications of its fields."""
    fields = catalog.read(f"families/{family}")["fields"]
    return frozenset(f["classification"] for f in fields if f.get("group") == group) - {"operational"}


@functools.cache
def _categories_of(family: str, groups: tuple[str, ...]) -> frozenset[str]:
    """What a statute opens: the categories of the field groups granted, none beyond them."""
    return frozenset[str]().union(*(group_categories(family, group) for group in groups))
