"""The consent decision: one total pure function. Default deny; any denial wins; a permit is for field groups.

What the law says stands in ``law/``, as data: here the facts of a disclosure are found, and the rules asked.
"""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from processors.consent.agreements import Grant
from processors.consent.law.facts import (
    Address,
    Approval,
    Basis,
    Care,
    Category,
    ConsentState,
    Facts,
    Relation,
    value_of,
)
from processors.consent.law.rules import Obligation, Reason, RuleSet, Verdict
from processors.consent.register import Shared
from processors.consent.rights import UNKNOWN, Standing
from processors.consent.statements import NONE, Cell, Consent, Statement, consent_for
from schemas_avro import catalog

Personal = tuple[Relation, Care, Approval, Address]
"""Facts that hang on the person."""
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

    @functools.cached_property
    def as_audited(self) -> Audited:
        """What the audit has of it."""
        terms = (self.agreement_id, self.agreement_version, self.groups, self.purpose, self.rules)
        return Audited(self.recipient, "permit" if self.permit else "deny", self.reason.value, *terms)


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
    case = _case(rules, shared, subject.categories, today, _personal(person, shared, today))
    if case.settled is not None and not person.orders:
        return case.settled
    consents = case.consents(subject.partner_id, person)
    outcome = _outcome(case, tuple([one.state for one in consents]))
    found = outcome.decision
    if not found.permit:
        return found
    # An id is its partner's own: of two partners there may be two of one id.
    used = {(said.event_id, said.valid_until) for place in outcome.permitted for said in consents[place].rests_on}
    orders = person.orders_for(shared, today or 0) if person.orders else ()
    if not used and not orders:
        return found
    ids, untils = {said for said, _ in used}, [until for _, until in used]
    ends = [found.expires_on, *untils, *[order.valid_until for order in orders]]
    return Decision(
        found.recipient, found.permit, found.reason, found.agreement_id, found.agreement_version, found.purpose,
        found.basis, found.groups, tuple(sorted(ids)), min([day for day in ends if day is not None], default=None),
        found.rules, found.obligations,
    )  # fmt: skip


class Outcome(NamedTuple):
    """What the rules say where it is known what stands of consent."""

    decision: Decision
    """But for what consents and orders add: their ids and days."""
    permitted: tuple[int, ...] = ()
    """Places of the categories that it permits."""


class Case:
    """One kind of event and one recipient, for persons of whom the same holds but for consent.

    Many persons have the same, so it is compiled once; only consent has then to be looked up for each.
    """

    def __init__(
        self, rules: RuleSet, shared: Shared, revealed: frozenset[str], today: int | None, facts: tuple[StrEnum, ...]
    ) -> None:
        """Of an event that reveals some categories beyond its fields' own; facts but for category and consent."""
        self._rules, self._shared, self._today = rules, shared, today or 0
        names = dict.fromkeys((catalog.CORE, *shared.grant.groups))
        needed = {name: group_categories(shared.grant.family, name) | revealed for name in names}
        self.categories = sorted(frozenset[str]().union(*needed.values()))
        self._needed = {name: [self.categories.index(one) for one in sorted(those)] for name, those in needed.items()}
        speaking = rules.speaking(facts)
        asked = [as_fact(shared, category) for category in self.categories]
        self._masks = [rules.speaking((fact,), BEFORE_CATEGORY, speaking) for fact in asked]
        self.settled = self._settled()
        """The decision where no consent changes it."""

    def _settled(self) -> Decision | None:
        if self._shared.agreement.basis is not Basis.CONSENT:
            return self.outcome((ConsentState.NONE,) * len(self._masks)).decision
        mask = self._masks[self._needed[catalog.CORE][0]]
        verdicts = {self._verdict(mask, state) for state in ConsentState}
        denied = verdicts.pop()
        return None if verdicts or denied.permit else self._denial(denied)

    def _verdict(self, mask: int, state: ConsentState) -> Verdict:
        return self._rules.verdict(self._rules.speaking((state,), BEFORE_CATEGORY + 1, mask))

    def _denial(self, verdict: Verdict) -> Decision:
        return Decision(**_terms(self._shared), permit=False, reason=verdict.reason, rules=verdict.rules)

    def consents(self, partner_id: str, person: Person) -> list[Consent]:
        """What stands of consent for each category."""
        return [consent_of(partner_id, one, person, self._shared, self._today) for one in self.categories]

    def outcome(self, states: tuple[ConsentState, ...]) -> Outcome:
        """What holds where these are what stands of consent for each category."""
        verdicts = list(map(self._verdict, self._masks, states))
        core = self._needed[catalog.CORE]
        denied = next((verdicts[place] for place in core if not verdicts[place].permit), None)
        if denied is not None:
            return Outcome(self._denial(denied))
        groups = [name for name, places in self._needed.items() if all(verdicts[place].permit for place in places)]
        permitted = tuple(dict.fromkeys(place for name in groups for place in self._needed[name]))
        obligations = frozenset[Obligation]().union(*(verdicts[place].obligations for place in permitted))
        decision = Decision(
            **_terms(self._shared), permit=True, reason=verdicts[core[0]].reason, groups=tuple(sorted(groups)),
            expires_on=self._shared.last_day(self._today),
            rules=tuple(dict.fromkeys(name for place in permitted for name in verdicts[place].rules)),
            obligations=tuple(sorted([duty.value for duty in obligations])),
        )  # fmt: skip
        return Outcome(decision, permitted)


@functools.lru_cache(maxsize=4096)
def _case(rules: RuleSet, shared: Shared, revealed: frozenset[str], today: int | None, personal: Personal) -> Case:
    return Case(rules, shared, revealed, today, _facts(shared, today, personal))


@functools.lru_cache(maxsize=4096)
def _outcome(case: Case, states: tuple[ConsentState, ...]) -> Outcome:
    return case.outcome(states)


def _terms(shared: Shared) -> dict[str, Any]:
    agreement = shared.agreement
    return {
        "recipient": agreement.party, "agreement_id": agreement.agreement_id, "agreement_version": agreement.version,
        "purpose": agreement.purpose, "basis": agreement.basis.value,
    }  # fmt: skip


def as_fact(shared: Shared, category: str) -> Category:
    """A category; one that an event reveals beyond what an agreement shares without consent is nothing known."""
    if shared.agreement.basis is not Basis.CONSENT and category not in shared_categories(shared.grant):
        return Category.OTHER
    return value_of(Category, category)


def consent_of(partner_id: str, category: str, person: Person, shared: Shared, today: int) -> Consent:
    """What stands of consent for one category; where an agreement rests on something else, none is asked for."""
    agreement = shared.agreement
    if agreement.basis is not CONSENT:
        return NONE
    cell = Cell(partner_id, category, agreement.purpose, agreement.party, agreement.distinct_consent)
    return consent_for(cell, person.statements, shared.holder, person.standing, today)


def facts_of(subject: Subject, person: Person, shared: Shared, today: int | None, category: str) -> Facts:
    """All facts of one category of an event's data, for one recipient."""
    consent = consent_of(subject.partner_id, category, person, shared, today or 0)
    same = _facts(shared, today, _personal(person, shared, today))
    return Facts._make((*same, as_fact(shared, category), consent.state))


def _facts(shared: Shared, today: int | None, personal: Personal) -> tuple[StrEnum, ...]:
    relation, care, approval, address = personal
    return (
        shared.holder, shared.recipient, shared.agreement.basis, shared.purpose, shared.tiers(today), relation,
        shared.institution, care, approval, address,
    )  # fmt: skip


def _personal(person: Person, shared: Shared, today: int | None) -> Personal:
    agreement, standing = shared.agreement, person.standing
    relation = ORGANIZATION if agreement.relation == "organization" else SERVED[agreement.party in person.served_by]
    approvals = 0
    if person.orders:
        approvals = max((order.approvals for order in person.orders_for(shared, today or 0)), default=0)
    care = care_by(agreement.party, standing)
    return relation, care, APPROVALS[min(approvals, 2)], ADDRESSES[standing.hides_address]


# Looked up once: in an enum that takes as long as a decision's other steps.
ORGANIZATION = Relation.ORGANIZATION
SERVED = (Relation.NONE, Relation.SERVES)
ADDRESSES = (Address.OPEN, Address.CONFIDENTIAL)
CARE_OURS, CARE_OTHERS, CARE_UNKNOWN = Care.OURS, Care.OTHERS, Care.UNKNOWN
CONSENT = Basis.CONSENT
APPROVALS = (Approval.NONE, Approval.ONE, Approval.TWO)


def care_by(recipient: str, standing: Standing) -> Care:
    """What the social services say of a recipient's care for the person."""
    if recipient in standing.cared_for_by:
        return CARE_OURS
    return CARE_OTHERS if standing.cared_for_by or standing.care_ended else CARE_UNKNOWN


@functools.cache
def group_categories(family: str, group: str) -> frozenset[str]:
    """Data categories of a field group: the classifications of its fields."""
    fields = catalog.read(f"families/{family}")["fields"]
    return frozenset(f["classification"] for f in fields if f.get("group") == group) - {"operational"}


@functools.lru_cache(maxsize=4096)
def shared_categories(grant: Grant) -> frozenset[str]:
    """What an agreement shares without consent: the categories of the field groups granted, none beyond them."""
    return frozenset[str]().union(*(group_categories(grant.family, group) for group in grant.groups))
