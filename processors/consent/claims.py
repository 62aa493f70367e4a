"""What agreements claim, as the check of rules asks for it: of each field group of each grant, the facts at best."""

from collections.abc import Iterator

from processors.consent.law.facts import Basis, Category, ConsentState, Relation, Tiers, value_of
from processors.consent.law.lint import Claim
from processors.consent.law.rules import When, when
from processors.consent.policy import group_categories
from processors.consent.register import Register, Shared


def claims_of(register: Register) -> list[Claim]:
    """Every category of data that data-sharing agreements grant, as they would be at their best.

    All agreements that there are count as in force, the person as served and as consenting.
    """
    shared = [one for every in register.by_source.values() for one in every]
    ordered = sorted(shared, key=lambda one: (one.agreement.agreement_id, one.grant.partner_id, one.grant.family))
    return [claim for one in ordered for claim in _of_grant(one)]


def _of_grant(shared: Shared) -> Iterator[Claim]:
    grant = shared.grant
    for group in sorted(grant.groups):
        for word in sorted(group_categories(grant.family, group)):
            name = f"{shared.agreement.agreement_id}: {grant.partner_id} {grant.family} {group}, {word}"
            yield Claim(name, _best(shared, value_of(Category, word)))


def _best(shared: Shared, category: Category) -> When:
    agreement = shared.agreement
    is_consent = agreement.basis is Basis.CONSENT
    return when(
        holder={shared.holder}, recipient={shared.recipient}, basis={agreement.basis}, purpose={shared.purpose},
        tiers={_tiers(shared)}, institution={shared.institution}, category={category},
        relation={Relation.ORGANIZATION if agreement.relation == "organization" else Relation.SERVES},
        consent={ConsentState.IN_FORCE if is_consent else ConsentState.NONE},
    )  # fmt: skip


def _tiers(shared: Shared) -> Tiers:
    """In force on some day; else the tier that is not there on any."""
    parties = {shared.agreement.party, shared.grant.partner_id}
    if {one.party for one in shared.mous} != parties:
        return Tiers.NO_MOU
    return Tiers.IN_FORCE if shared.duls else Tiers.NO_DUL
