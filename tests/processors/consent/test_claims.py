"""What agreements grant in vain: no rule could ever permit it."""

from datetime import date

import pytest
from support.worlds import shipped_agreements

from processors.consent.agreements import Agreement, Grant
from processors.consent.claims import claims_of
from processors.consent.law.facts import Agency, Basis
from processors.consent.law.lint import Kind, findings_of
from processors.consent.law.shipped import SHIPPED
from processors.consent.register import Register

DAY = date(2026, 7, 1)


def mou(party: str, kind: Agency) -> Agreement:
    return Agreement(
        agreement_id=f"mou-{party}", version=1, tier="mou", title="Takes part", party=party, kind=kind,
        families=("enrollment",), citation="Ed. Code 10862", effective_from=DAY,
    )  # fmt: skip


def dsa(basis: Basis, purpose: str, family: str, *groups: str, partner: str = "ccc") -> Agreement:
    return Agreement(
        agreement_id="dsa-1", version=1, tier="dsa", title="Sees", party="csu", purpose=purpose, basis=basis,
        grants=(Grant(partner_id=partner, family=family, groups=groups),), citation="34 CFR 99.30", effective_from=DAY,
    )  # fmt: skip


DUL = Agreement(
    agreement_id="dul-1", version=1, tier="dul", title="Uses", party="csu", licenses=("dsa-1",),
    purposes=("academic_advising", "transfer_advising"), citation="34 CFR 99.35", effective_from=DAY,
)  # fmt: skip
MOUS = (mou("ccc", Agency.COLLEGE), mou("csu", Agency.COLLEGE), mou("cdss", Agency.SOCIAL_SERVICES))
BY_CONSENT = dsa(Basis.CONSENT, "transfer_advising", "enrollment", "core", "progress")


def vain(*agreements: Agreement) -> dict[str, str]:
    found = findings_of(SHIPPED, claims_of(Register(agreements)))
    return {one.of: one.says for one in found if one.kind is Kind.NEVER_PERMITTED}


def test_nothing_that_a_shipped_agreement_grants_is_in_vain() -> None:
    agreements = shipped_agreements()
    assert len(claims_of(Register(agreements))) >= sum(len(one.grants) for one in agreements)
    assert vain(*agreements) == {}


def test_what_consent_can_open_is_not_in_vain() -> None:
    assert vain(*MOUS, DUL, BY_CONSENT) == {}


def test_welfare_by_consent_is_granted_in_vain_and_the_denial_is_named() -> None:
    told = vain(*MOUS, DUL, dsa(Basis.CONSENT, "transfer_advising", "social_service", "core", partner="cdss"))
    assert set(told) == {"dsa-1: cdss social_service core, welfare"}
    assert "social_services.10850.consent/1 denies all of it" in told["dsa-1: cdss social_service core, welfare"]


@pytest.mark.parametrize(
    ("without", "denial"),
    [(DUL, "agreements.31.dul/1"), (MOUS[0], "agreements.31.mou/1"), (MOUS[1], "agreements.31.mou/1")],
    ids=["licence", "holder's memorandum", "recipient's memorandum"],
)
def test_a_grant_that_lacks_an_agreement_of_another_tier_is_in_vain(without: Agreement, denial: str) -> None:
    told = vain(*(one for one in (*MOUS, DUL, BY_CONSENT) if one is not without))
    assert told
    assert {says for says in told.values() if denial not in says} == set()


def test_a_claim_of_no_right_that_fits_the_purpose_is_in_vain() -> None:
    assert vain(*MOUS, DUL, dsa(Basis.FINANCIAL_AID, "transfer_advising", "enrollment", "core")) != {}
