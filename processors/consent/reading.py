"""What a reader decides again before it shows a row. Pure.

The view may be behind: an agreement may have ended, a rule of law changed, or a day passed before the retraction comes.
So every reader asks here, with the newest agreements, rules and tick that reached it, and what is not plainly permitted
is not shown. What hangs on the person a reader does not know: a row that a change could touch by it waits, unseen,
until the person is decided again.
"""

import functools
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, Protocol

from processors.consent.agreements import Agreement, number_of
from processors.consent.heard import Heard, InForce
from processors.consent.law.changes import changes
from processors.consent.law.facts import Basis, Relation, Tiers
from processors.consent.law.rules import When, when
from processors.consent.policy import shared_categories
from processors.consent.register import Register, Shared
from schemas_avro import catalog

Reason = Literal[
    "no_clock", "no_rules", "no_agreement", "not_in_force", "other_terms", "no_consent", "expired", "not_granted",
    "under_way",
]  # fmt: skip
"""Why a row is not shown; a closed set."""


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

    @property
    def rules(self) -> tuple[str, ...]:
        """Rules of law that permitted it, by name."""


class ReleasedBody(Release, Protocol):
    """A row with its body."""

    @property
    def position(self) -> int:
        """Place in the ordered log of what it follows from."""

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


def permit(row: Release, position: int, heard: Heard, today: date | None) -> Permit | Hidden:
    """Whether a row may be shown today, the date of the latest tick. Without a tick nothing may.

    Args:
        row: what was released, and on which terms.
        position: place in the ordered log of what the release follows from.
        heard: agreements and rules that reached the reader.
        today: the date.
    """
    if today is None or heard.newest.rules is None:
        return Hidden("no_clock" if today is None else "no_rules")
    shared = _shared(row, heard.newest.register, today)
    if isinstance(shared, Hidden):
        return shared
    if objection := _objection(row, shared, today):
        return Hidden(objection)
    groups = frozenset(row.groups) & frozenset(shared.grant.groups)
    if catalog.CORE not in groups:
        return Hidden("not_granted")
    then = heard.when(position)
    stands = then is heard.newest or _stands(row, shared, then, heard.newest)
    return Permit(groups, shared.agreement) if stands else Hidden("under_way")


def _shared(row: Release, register: Register, today: date) -> Shared | Hidden:
    """What the row's agreement shares of its source, as now known."""
    agreement = register.by_id.get(row.agreement_id)
    if agreement is None or agreement.tier != "dsa" or agreement.party != row.recipient:
        return Hidden("no_agreement")
    grant = agreement.grant_for(row.partner_id, row.family)
    if grant is None:
        return Hidden("not_granted" if agreement.in_force(number_of(today)) else "not_in_force")
    return register.shared(agreement, grant)


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


def _stands(row: Release, shared: Shared, then: InForce, now: InForce) -> bool:
    """Whether a permit stands, whatever is true of the person: nothing changed since that could speak against it."""
    before = then.register.by_id.get(row.agreement_id)
    grant = before.grant_for(row.partner_id, row.family) if before else None
    if before is None or grant is None or then.rules is None or now.rules is None:
        return False
    if _parties(then.register.shared(before, grant)) != _parties(shared):
        return False
    # Without consent no more is opened than is agreed on: an event that reveals more was not released.
    is_narrower = shared_categories(grant) - shared_categories(shared.grant)
    if shared.agreement.basis is not Basis.CONSENT and is_narrower:
        return False
    return changes(then.rules, now.rules).leave(row.rules, _known(shared))


def _parties(shared: Shared) -> tuple[str | bool, ...]:
    """What a decision asks of an agreement beside what a row carries itself."""
    agreement = shared.agreement
    return shared.holder, shared.recipient, shared.institution, agreement.relation, agreement.distinct_consent


def _known(shared: Shared) -> When:
    """What a reader knows of a disclosure for which all agreements are in force."""
    is_of_all = shared.agreement.relation == "organization"
    relations = {Relation.ORGANIZATION} if is_of_all else {Relation.SERVES, Relation.NONE}
    return when(
        holder={shared.holder}, recipient={shared.recipient}, basis={shared.agreement.basis}, purpose={shared.purpose},
        tiers={Tiers.IN_FORCE}, relation=relations, institution={shared.institution},
    )  # fmt: skip


def decide_again(row: ReleasedBody, heard: Heard, today: date | None) -> Shown | Hidden:
    """Whether a row may be shown today, and which fields of it."""
    decision = permit(row, row.position, heard, today)
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
