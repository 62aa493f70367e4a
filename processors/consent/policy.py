"""The consent decision: one total pure function. Default deny; any denial wins; a permit is for field groups.

Not legal advice. Sources: FERPA 34 CFR 99.30 (consent), 99.31(a)(1) (school officials), 20 USC 1232g(b)(1)(L) (foster
youth), 99.33 (redisclosure); the agreement that a decision rests on names its own.
"""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from processors.consent.agreements import Agreement, Grant
from schemas_avro import catalog

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
    ERASED = "erased"


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
        lists = (self.controllers, self.categories, self.purposes, self.recipients)
        if self.state in DENIALS:
            pairs = zip(lists, cell, strict=True)
            return all(not named or "*" in named or value in named for named, value in pairs)
        return self.state in GRANTS and all(map(frozenset.__contains__, lists, cell))

    def in_time(self, day: int) -> bool:
        """Whether the day lies in its period."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


class Cell(NamedTuple):
    """One thing that a consent can speak of; in the order of a statement's lists."""

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


class Audited(NamedTuple):
    """A recipient's permit or denial by the fields of ``RecipientDecision`` in ``decision_recorded.avsc``."""

    recipient: str
    effect: str
    reason: str
    agreement_id: str
    agreement_version: int
    groups: tuple[str, ...]


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

    @property
    def as_audited(self) -> Audited:
        """What the audit has of it."""
        effect = "permit" if self.permit else "deny"
        return Audited(
            self.recipient, effect, self.reason.value, self.agreement_id, self.agreement_version, self.groups
        )


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
    terms = (agreement.party, agreement.agreement_id, agreement.version, agreement.purpose, agreement.basis)
    if today is None or not agreement.in_force(today):
        return _denial(Reason.NOT_IN_FORCE, *terms)
    if agreement.relation == "caseload" and agreement.party not in person.served_by:
        return _denial(Reason.NO_CASELOAD, *terms)
    if agreement.basis == "statute" and not subject.categories <= _categories_of(subject.family, grant.groups):
        return _denial(Reason.NO_CONSENT, *terms)
    if agreement.basis != "consent":
        return _permit(Reason(agreement.basis), tuple(sorted(grant.groups)), *terms)
    answer = _by_consent(subject, person, agreement, grant, today)
    if isinstance(answer, Reason):
        return _denial(answer, *terms)
    groups, used = answer
    consents = tuple(sorted(s.event_id for s in used))
    ends = [s.valid_until for s in used if s.valid_until is not None]
    return _permit(Reason.CONSENT, groups, *terms, consents, min(ends, default=None))


@functools.lru_cache(maxsize=4096)  # an agreement has as many denials as there are reasons
def _denial(reason: Reason, party: str, agreement_id: str, version: int, purpose: str, basis: str) -> Decision:
    return Decision(party, False, reason, agreement_id, version, purpose, basis)  # noqa: FBT003  # its first fields


def _permit(
    reason: Reason, groups: tuple[str, ...], party: str, agreement_id: str, version: int, purpose: str, basis: str,
    consents: tuple[str, ...] = (), last_day: int | None = None,
) -> Decision:  # fmt: skip
    terms = (agreement_id, version, purpose, basis, groups, consents, last_day)
    return Decision(party, True, reason, *terms)  # noqa: FBT003  # its first fields


def _by_consent(
    subject: Subject, person: Person, agreement: Agreement, grant: Grant, today: int
) -> tuple[tuple[str, ...], set[Statement]] | Reason:
    """The groups that consent allows and the statements that they rest on; or why it does not even allow the core."""
    groups: list[str] = []
    used: set[Statement] = set()
    known: dict[frozenset[str], set[Statement] | Reason] = {}
    for group, categories in _needs(subject.family, grant.groups):
        needed = categories | subject.categories if subject.categories else categories
        if needed not in known:
            known[needed] = _covering(needed, subject, person, agreement, today)
        answer = known[needed]
        if not isinstance(answer, Reason):
            groups.append(group)
            used |= answer
        elif group == catalog.CORE:
            return answer
    return tuple(groups), used


def _covering(
    categories: Iterable[str], subject: Subject, person: Person, agreement: Agreement, today: int
) -> set[Statement] | Reason:
    used: set[Statement] = set()
    for category in sorted(categories):
        cell = Cell(subject.partner_id, category, agreement.purpose, agreement.party)
        answer = _consent_for(cell, person.statements, today)
        if answer is Reason.NO_CONSENT and not isinstance(_consent_for(cell, person.ended, today), Reason):
            return Reason.RIGHTS_TRANSFERRED
        if isinstance(answer, Reason):
            return answer
        used |= answer
    return used


def _consent_for(cell: Cell, records: Sequence[Sequence[Statement]], today: int) -> set[Statement] | Reason:
    """The newest statement of each record counts; one denial denies, one grant in time permits."""
    grants = []
    for statements in records:
        newest = next((s for s in reversed(statements) if s.covers(cell)), None)
        if newest is not None and newest.state in DENIALS:
            return Reason.DENIED
        if newest is not None:
            grants.append(newest)
    in_time = {s for s in grants if s.in_time(today)}
    return in_time or (Reason.OUT_OF_TIME if grants else Reason.NO_CONSENT)


@functools.cache
def _needs(family: str, groups: tuple[str, ...]) -> tuple[tuple[str, frozenset[str]], ...]:
    """Groups in their order, with the categories that each needs."""
    return tuple((group, group_categories(family, group)) for group in sorted(groups))


@functools.cache
def group_categories(family: str, group: str) -> frozenset[str]:
    """Data categories of a field group: the classifications of its fields."""
    fields = catalog.read(f"families/{family}")["fields"]
    return frozenset(f["classification"] for f in fields if f.get("group") == group) - {"operational"}


@functools.cache
def _categories_of(family: str, groups: tuple[str, ...]) -> frozenset[str]:
    """What a statute opens: the categories of the field groups granted, none beyond them."""
    return frozenset[str]().union(*(group_categories(family, group) for group in groups))
