"""What a reader decides again before it shows a row, and what it says about the unseen. Pure.

The view may be behind: an agreement may have ended, or a day may have passed, before the retraction comes. So every
reader asks here, with the newest agreements and tick that reached it, and what is not plainly permitted is not shown.
"""

import functools
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, Protocol

from processors.consent.agreements import Agreement, Grant, number_of
from processors.consent.law.facts import Tiers
from processors.consent.register import Register, Shared
from schemas_avro import catalog

Reason = Literal["no_clock", "no_agreement", "not_in_force", "other_terms", "no_consent", "expired", "not_granted"]
"""Why a row is not shown; a closed set."""
Rule = Literal["shared", "with_consent", "needs_consent", "no_agreement"]
"""What holds for a family of a partner; a closed set."""


class Release(Protocol):
    """What a decision needs to know of a row; its body is not among it."""

    @property
    def recipient(self) -> str:
        """The recipient that holds it."""

    @property
    def partner_id(self) -> str:
        """The partner whose record it is."""

    @property
    def family(self) -> str:
        """Its family."""

    @property
    def purpose(self) -> str:
        """What it was released for."""

    @property
    def agreement_id(self) -> str:
        """The agreement that permitted it."""

    @property
    def basis(self) -> str:
        """consent, own_record, or an exception of law."""

    @property
    def consent_event_ids(self) -> tuple[str, ...]:
        """Consent statements that it rests on."""

    @property
    def expires_on(self) -> date | None:
        """Last day on which it may be shown."""

    @property
    def groups(self) -> tuple[str, ...]:
        """Field groups that were released."""


class ReleasedBody(Release, Protocol):
    """A row with its body."""

    @property
    def body(self) -> dict[str, Any] | None:
        """Physical values by field."""


@dataclass(frozen=True)
class Permit:
    """The row may be shown."""

    groups: frozenset[str]
    """Field groups that were released and are still granted."""
    agreement: Agreement
    """As now known."""


@dataclass(frozen=True)
class Shown:
    """The row may be shown, as far as the body goes here."""

    body: dict[str, Any]
    """Fields of the groups that are permitted now."""
    agreement: Agreement
    """As now known."""


@dataclass(frozen=True)
class Hidden:
    """The row may not be shown."""

    reason: Reason


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


def permit(row: Release, register: Register, today: date | None) -> Permit | Hidden:
    """Whether a row may be shown today, the date of the latest tick. Without a tick nothing may."""
    if today is None:
        return Hidden("no_clock")
    agreement = register.by_id.get(row.agreement_id)
    if agreement is None or agreement.tier != "dsa" or agreement.party != row.recipient:
        return Hidden("no_agreement")
    grant = agreement.grant_for(row.partner_id, row.family)
    if grant is None:
        return Hidden("not_granted" if agreement.in_force(number_of(today)) else "not_in_force")
    if objection := _objection(row, register.shared(agreement, grant), today):
        return Hidden(objection)
    groups = frozenset(row.groups) & frozenset(grant.groups)
    return Permit(groups, agreement) if catalog.CORE in groups else Hidden("not_granted")


def _objection(row: Release, shared: Shared, today: date) -> Reason | None:
    agreement = shared.agreement
    if shared.tiers(number_of(today)) is not Tiers.IN_FORCE:
        return "not_in_force"
    # The row was released on these terms; whoever changed them since has not yet decided about this row.
    if (row.basis, row.purpose) != (agreement.basis, agreement.purpose):
        return "other_terms"
    if row.basis == "consent" and not row.consent_event_ids:
        return "no_consent"
    return "expired" if row.expires_on is not None and row.expires_on < today else None


def decide_again(row: ReleasedBody, register: Register, today: date | None) -> Shown | Hidden:
    """Whether a row may be shown today, and which fields of it."""
    decision = permit(row, register, today)
    if isinstance(decision, Hidden):
        return decision
    group_of = group_by_field(row.family)
    body = {name: value for name, value in (row.body or {}).items() if group_of.get(name) in decision.groups}
    return Shown(body, decision.agreement)


@functools.cache
def group_by_field(family: str) -> dict[str, str]:
    """Fields of a family to their groups; a field without a group is in no projection, so it is not here."""
    fields = catalog.read(f"families/{family}")["fields"]
    return {field["name"]: field["group"] for field in fields if "group" in field}


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
    shared = register.by_source()
    lines = []
    for pair in known_pairs:
        if pair[1] in catalog.PROJECTED:
            mine = (one for one in shared.get(pair, ()) if one.agreement.party == recipient)
            in_force = next((one for one in mine if one.tiers(day) is Tiers.IN_FORCE), None)
            lines.append(_line(pair, in_force, is_shown=pair in shown_pairs))
    return lines


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
