"""What a recipient is told of what it does not see: by agreements, rules and families, so nothing shows by it. Pure."""

import functools
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from processors.consent.agreements import Agreement, Grant, number_of
from processors.consent.explain import Explanation, explain, unnamed
from processors.consent.heard import InForce
from processors.consent.law.facts import Tiers
from processors.consent.law.rules import NO_RULES, RuleSet
from processors.consent.policy import Person, Subject
from processors.consent.register import Register, Shared
from schemas_avro import catalog

Rule = Literal["shared", "with_consent", "needs_consent", "no_agreement"]
"""What holds for a family of a partner; a closed set."""


@dataclass(frozen=True)
class WithheldLine:
    """What holds for one family of one partner, whether or not there is any event of it."""

    partner_id: str
    family: str
    rule: Rule
    agreement: Agreement | None
    """The agreement that covers it."""
    groups_not_granted: tuple[str, ...]
    """Field groups that the agreement leaves out."""


def withheld(
    register: Register,
    recipient: str,
    known_pairs: Iterable[tuple[str, str]],
    shown_pairs: Collection[tuple[str, str]],
    today: date | None,
) -> list[WithheldLine]:
    """What is shared and what is withheld, by which rule, for every known pair of partner and family.

    It rests on agreements and families alone. ``shown_pairs``, what the reader sees on the page anyway, only turns
    "needs consent" into "with consent": a pair without events and a pair without consent read the same.
    """
    day = None if today is None else number_of(today)
    lines = []
    for pair in known_pairs:
        if pair[1] in catalog.PROJECTED:
            shared = _shared(register, recipient, pair, day)
            is_so = shared is not None and shared.tiers(day) is Tiers.IN_FORCE
            lines.append(_line(pair, shared if is_so else None, is_shown=pair in shown_pairs))
    return lines


def _shared(register: Register, recipient: str, pair: tuple[str, str], day: int | None) -> Shared | None:
    """What a recipient's agreement shares of a partner's family: one that is in force, if there is any such."""
    mine = [one for one in register.by_source.get(pair, ()) if one.agreement.party == recipient]
    return max(mine, key=lambda one: one.tiers(day) is Tiers.IN_FORCE, default=None)


def of_kind(partner_id: str, family: str, recipient: str, in_force: InForce, today: date | None) -> Explanation:
    """Why a recipient may or may not see one kind of record, for anybody on its caseload of whom nothing else is known.

    So it is the same for every person, whoever has such a record and whatever anybody consented to.
    """
    day = None if today is None else number_of(today)
    shared = _shared(in_force.register, recipient, (partner_id, family), day)
    if shared is None:
        return unnamed(Subject(partner_id, family, frozenset()), recipient)
    return _explained(partner_id, family, shared, in_force.rules or NO_RULES, day)


@functools.lru_cache(maxsize=1024)
def _explained(partner_id: str, family: str, shared: Shared, rules: RuleSet, day: int | None) -> Explanation:
    anybody = Person((), frozenset([shared.agreement.party]))
    return explain(Subject(partner_id, family, frozenset()), anybody, shared, rules, day)


def _line(pair: tuple[str, str], shared: Shared | None, *, is_shown: bool) -> WithheldLine:
    if shared is None:
        return WithheldLine(*pair, "no_agreement", None, ())
    return WithheldLine(*pair, _rule(shared.agreement, is_shown=is_shown), shared.agreement, _left_out(shared.grant))


def _rule(agreement: Agreement, *, is_shown: bool) -> Rule:
    if agreement.basis != "consent":
        return "shared"
    return "with_consent" if is_shown else "needs_consent"


def _left_out(grant: Grant) -> tuple[str, ...]:
    return tuple(group for group in catalog.groups_of(grant.family) if group not in grant.groups)
