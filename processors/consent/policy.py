"""The consent decision: one total pure function. Default deny; any denial wins; a permit is for field groups.

What the law says stands in ``law/``, as data: here the facts of a disclosure are found, and the rules asked.
"""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from processors.consent.agreements import Grant
from processors.consent.law.facts import Address, Approval, Basis, Care, Category, Facts, Relation, value_of
from processors.consent.law.rules import Reason, RuleSet, Verdict
from processors.consent.register import Shared
from processors.consent.rights import UNKNOWN, Standing
from processors.consent.statements import NONE, Cell, Consent, Statement, consent_for
from schemas_avro import catalog

BEFORE_CATEGORY = 10
"""Place of the category among the facts: those before it are the same for all fields of an event."""


@dataclass(frozen=True)
class Order:
    """A disclosure in an emergency or under a court's order, as two persons stand by it."""

    order_id: str
    recipient: str
    basis: str
    approvals: int
    valid_until: int


@dataclass(frozen=True)
class Person:
    """What a decision needs of the person."""

    statements: tuple[tuple[Statement, ...], ...]
    """By record: consents are ordered only within one record; oldest first."""
    served_by: frozenset[str]
    """Recipients that have the person on their caseload."""
    standing: Standing = UNKNOWN
    orders: tuple[Order, ...] = ()

    def orders_for(self, shared: Shared, today: int) -> list[Order]:
        """Orders by which an agreement's recipient may see the person's records on a day, from 1970-01-01."""
        terms = (shared.agreement.party, shared.agreement.basis)
        return [one for one in self.orders if (one.recipient, one.basis) == terms and today <= one.valid_until]


class Subject(NamedTuple):
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
    purpose: str
    rules: tuple[str, ...]


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
    rules: tuple[str, ...] = ()
    """Names of rules: of a denial the one that denies, of a permit one of every law that applies."""
    obligations: tuple[str, ...] = ()

    @property
    def as_audited(self) -> Audited:
        """What the audit has of it."""
        terms = (self.agreement_id, self.agreement_version, self.groups, self.purpose, self.rules)
        return Audited(self.recipient, "permit" if self.permit else "deny", self.reason.value, *terms)


class Asked(NamedTuple):
    """What one category of an event's data needs, and what the rules say of it."""

    verdict: Verdict
    consent: Consent


def decide(
    subject: Subject, person: Person, shared: Iterable[Shared], rules: RuleSet, today: int | None
) -> list[Decision]:
    """Decide for every recipient whose agreement names the event's partner and family; all others are denied unnamed.

    Args:
        subject: the event.
        person: whose record it is.
        shared: what agreements share of that partner and family, no two with one recipient.
        rules: of law, in force.
        today: the day of the latest tick, from 1970-01-01; None: no tick yet, which denies.
    """
    return [_decide_one(subject, person, one, rules, today) for one in shared]


def _decide_one(subject: Subject, person: Person, shared: Shared, rules: RuleSet, today: int | None) -> Decision:
    question = Question(subject, person, shared, rules, today)
    core = question.group(catalog.CORE)
    denied = next((asked for asked in core if not asked.verdict.permit), None)
    if denied is not None:
        return _denial(denied.verdict.reason, denied.verdict.rules, shared)
    groups, permitted = [catalog.CORE], core
    for group in shared.grant.groups:
        asked = question.group(group)
        if group != catalog.CORE and all(one.verdict.permit for one in asked):
            groups.append(group)
            permitted += asked
    return _permit(core[0].verdict.reason, tuple(sorted(groups)), permitted, shared, question.last_days())


@functools.lru_cache(maxsize=4096)  # an agreement has few denials
def _denial(reason: Reason, rules: tuple[str, ...], shared: Shared) -> Decision:
    return Decision(**_terms(shared), permit=False, reason=reason, rules=rules)


def _permit(
    reason: Reason, groups: tuple[str, ...], permitted: Sequence[Asked], shared: Shared, last_days: list[int]
) -> Decision:
    used = {said for asked in permitted for said in asked.consent.rests_on}
    ends = [*last_days, *(said.valid_until for said in used if said.valid_until is not None)]
    duties = {duty.value for asked in permitted for duty in asked.verdict.obligations}
    return Decision(
        **_terms(shared), permit=True, reason=reason, groups=groups,
        consent_event_ids=tuple(sorted({said.event_id for said in used})), expires_on=min(ends, default=None),
        rules=tuple(dict.fromkeys(name for asked in permitted for name in asked.verdict.rules)),
        obligations=tuple(sorted(duties)),
    )  # fmt: skip


def _terms(shared: Shared) -> dict[str, Any]:
    agreement = shared.agreement
    return {
        "recipient": agreement.party, "agreement_id": agreement.agreement_id, "agreement_version": agreement.version,
        "purpose": agreement.purpose, "basis": agreement.basis.value,
    }  # fmt: skip


class Question:
    """One event and one recipient: the facts, and what the rules say of each category of its data."""

    def __init__(self, subject: Subject, person: Person, shared: Shared, rules: RuleSet, today: int | None) -> None:
        """Ask."""
        self._subject, self._person, self._shared, self._rules = subject, person, shared, rules
        self._today = today or 0
        self._orders = person.orders_for(shared, self._today)
        self.facts = facts_of(person, shared, today)
        self._speaking = rules.speaking(self.facts)
        self._known: dict[str, Asked] = {}

    def group(self, group: str) -> list[Asked]:
        """What holds of a field group: of each category that it takes, in their order."""
        needed = group_categories(self._subject.family, group) | self._subject.categories
        return [self.category(category) for category in sorted(needed)]

    def category(self, category: str) -> Asked:
        """What holds of one category."""
        if category not in self._known:
            consent = self._consent(category)
            fact = self._as_fact(category)
            mask = self._rules.speaking((fact, consent.state), BEFORE_CATEGORY, self._speaking)
            self._known[category] = Asked(self._rules.verdict(mask), consent)
        return self._known[category]

    def facts_of(self, category: str) -> Facts:
        """All facts of one category."""
        return Facts._make((*self.facts, self._as_fact(category), self._consent(category).state))

    def _as_fact(self, category: str) -> Category:
        """A category; one that an event reveals beyond what an agreement shares without consent is nothing known."""
        shared = self._shared
        if shared.agreement.basis is not Basis.CONSENT and category not in shared_categories(shared.grant):
            return Category.OTHER
        return value_of(Category, category)

    def _consent(self, category: str) -> Consent:
        shared, person = self._shared, self._person
        if shared.agreement.basis is not Basis.CONSENT:
            return NONE
        cell = Cell(self._subject.partner_id, category, shared.agreement.purpose, shared.agreement.party)
        return consent_for(cell, person.statements, shared.holder, person.standing, self._today)

    def last_days(self) -> list[int]:
        """Last days, from 1970-01-01, that licence and order set."""
        licence = self._shared.last_day(self._today)
        return [*([] if licence is None else [licence]), *(order.valid_until for order in self._orders)]


def facts_of(person: Person, shared: Shared, today: int | None) -> tuple[StrEnum, ...]:
    """Facts of a disclosure, but for category and consent."""
    agreement, standing = shared.agreement, person.standing
    served = Relation.SERVES if agreement.party in person.served_by else Relation.NONE
    relation = Relation.ORGANIZATION if agreement.relation == "organization" else served
    approvals = max((order.approvals for order in person.orders_for(shared, today or 0)), default=0)
    return (
        shared.holder, shared.recipient, agreement.basis, shared.purpose, shared.tiers(today), relation,
        shared.institution, care_by(agreement.party, standing), APPROVALS[min(approvals, 2)],
        Address.CONFIDENTIAL if standing.hides_address else Address.OPEN,
    )  # fmt: skip


APPROVALS = (Approval.NONE, Approval.ONE, Approval.TWO)


def care_by(recipient: str, standing: Standing) -> Care:
    """What the social services say of a recipient's care for the person."""
    if recipient in standing.cared_for_by:
        return Care.OURS
    return Care.OTHERS if standing.cared_for_by or standing.care_ended else Care.UNKNOWN


@functools.cache
def group_categories(family: str, group: str) -> frozenset[str]:
    """Data categories of a field group: the classifications of its fields."""
    fields = catalog.read(f"families/{family}")["fields"]
    return frozenset(f["classification"] for f in fields if f.get("group") == group) - {"operational"}


@functools.lru_cache(maxsize=4096)
def shared_categories(grant: Grant) -> frozenset[str]:
    """What an agreement shares without consent: the categories of the field groups granted, none beyond them."""
    return frozenset[str]().union(*(group_categories(grant.family, group) for group in grant.groups))
