"""Every reader decides again: what is not plainly permitted today is not shown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from processors.consent.agreements import Agreement, Grant
from processors.consent.reading import Hidden, Shown, decide_again, withheld
from processors.consent.register import Register

TODAY = date(2026, 11, 24)
AID = Agreement(
    agreement_id="dsa-lausd-counseling",
    version=1,
    tier="dsa",
    title="Counseling toward college, with consent",
    party="lausd_counseling",
    purpose="college_counseling",
    basis="consent",
    citation="34 CFR 99.30",
    grants=(Grant(partner_id="csac", family="aid", groups=("core", "amounts")),),
    effective_from=date(2024, 7, 1),
)


@dataclass(frozen=True)
class Row:
    """A release of an award."""

    recipient: str = "lausd_counseling"
    partner_id: str = "csac"
    family: str = "aid"
    purpose: str = "college_counseling"
    agreement_id: str = "dsa-lausd-counseling"
    basis: str = "consent"
    consent_event_ids: tuple[str, ...] = ("c1",)
    expires_on: date | None = None
    groups: tuple[str, ...] = ("amounts", "core")
    body: dict[str, Any] | None = None


AWARD = Row(body={"aid_year": "2026-2027", "award_amount_cents": 120_000, "application_type": "FAFSA", "unknown": 1})


SINCE: dict[str, Any] = {"version": 1, "title": "t", "citation": "c", "effective_from": date(2024, 7, 1)}
MOUS = [
    Agreement(agreement_id=f"mou-{party}", tier="mou", party=party, families=("aid",), **SINCE)
    for party in ("csac", "lausd_counseling")
]
DUL = Agreement(
    agreement_id="dul", tier="dul", party="lausd_counseling", licenses=("dsa-lausd-counseling",),
    purposes=("college_counseling", "study"), **SINCE,
)  # fmt: skip


def known(agreement: Agreement = AID, others: Sequence[Agreement] = (*MOUS, DUL), **changed: Any) -> Register:
    """The agreements that have reached the reader."""
    return Register([Agreement.model_validate({**agreement.model_dump(), **changed}), *others])


def test_a_row_is_shown_with_the_fields_of_the_groups_released_and_granted() -> None:
    decision = decide_again(AWARD, known(), TODAY)
    assert isinstance(decision, Shown)
    assert decision.body == {"aid_year": "2026-2027", "award_amount_cents": 120_000}


def test_a_group_no_longer_granted_is_cut_from_the_body() -> None:
    narrower = known(grants=(Grant(partner_id="csac", family="aid", groups=("core",)),))
    decision = decide_again(AWARD, narrower, TODAY)
    assert isinstance(decision, Shown)
    assert decision.body == {"aid_year": "2026-2027"}


def test_a_group_granted_but_never_released_is_not_shown() -> None:
    decision = decide_again(replace(AWARD, groups=("core",)), known(), TODAY)
    assert isinstance(decision, Shown)
    assert decision.body == {"aid_year": "2026-2027"}


@pytest.mark.parametrize(
    ("row", "agreements", "today", "reason"),
    [
        (AWARD, known(), None, "no_clock"),
        (AWARD, Register([]), TODAY, "no_agreement"),
        (replace(AWARD, recipient="csu_advising"), known(), TODAY, "no_agreement"),
        (AWARD, known(effective_to=date(2026, 11, 23)), TODAY, "not_in_force"),
        (AWARD, known(effective_from=date(2026, 11, 25)), TODAY, "not_in_force"),
        (AWARD, known(basis="school_official"), TODAY, "other_terms"),
        (AWARD, known(purpose="study"), TODAY, "other_terms"),
        (AWARD, known(others=MOUS), TODAY, "not_in_force"),
        (AWARD, known(others=[*MOUS[1:], DUL]), TODAY, "not_in_force"),
        (AWARD, known(others=[*MOUS, DUL.model_copy(update={"destroy_by": TODAY})]), TODAY, "not_in_force"),
        (replace(AWARD, basis="because"), known(), TODAY, "other_terms"),
        (replace(AWARD, consent_event_ids=()), known(), TODAY, "no_consent"),
        (replace(AWARD, expires_on=date(2026, 11, 23)), known(), TODAY, "expired"),
        (replace(AWARD, partner_id="edd"), known(), TODAY, "not_granted"),
        (replace(AWARD, groups=("amounts",)), known(), TODAY, "not_granted"),
    ],
)
def test_what_is_not_plainly_permitted_today_is_hidden(
    row: Row, agreements: Register, today: date | None, reason: str
) -> None:
    assert decide_again(row, agreements, today) == Hidden(reason)  # type: ignore[arg-type]  # a plain str here


def test_an_agreement_to_publish_permits_no_reading() -> None:
    mou = Agreement(
        agreement_id="dsa-lausd-counseling",
        version=2,
        tier="mou",
        title="x",
        party="lausd_counseling",
        families=("aid",),
        citation="x",
        effective_from=date(2024, 7, 1),
    )
    assert decide_again(AWARD, Register([mou]), TODAY) == Hidden("no_agreement")


def test_the_last_day_and_the_day_of_expiry_still_show() -> None:
    row = replace(AWARD, expires_on=TODAY)
    assert isinstance(decide_again(row, known(effective_to=TODAY), TODAY), Shown)


PAIRS = [("csac", "aid"), ("edd", "employment"), ("cde_k12", "identity")]


def test_what_is_withheld_names_the_rule_for_every_known_pair_and_no_family_that_never_leaves() -> None:
    lines = withheld(known(), "lausd_counseling", PAIRS, (), TODAY)
    assert [(line.partner_id, line.family, line.rule) for line in lines] == [
        ("csac", "aid", "needs_consent"),
        ("edd", "employment", "no_agreement"),
    ]
    assert lines[0].groups_not_granted == ("application_type",)


def test_what_the_page_shows_anyway_reads_as_shared_with_consent() -> None:
    line = withheld(known(), "lausd_counseling", PAIRS, {("csac", "aid")}, TODAY)[0]
    assert (line.rule, line.agreement) == ("with_consent", AID)


def test_a_pair_that_a_statute_opens_is_shared_whether_or_not_there_is_anything() -> None:
    assert withheld(known(basis="financial_aid"), "lausd_counseling", PAIRS, (), TODAY)[0].rule == "shared"


@pytest.mark.parametrize("today", [None, date(2024, 6, 30)])
def test_outside_its_days_no_agreement_counts(today: date | None) -> None:
    assert {line.rule for line in withheld(known(), "lausd_counseling", PAIRS, (), today)} == {"no_agreement"}


def test_another_recipients_agreement_opens_nothing() -> None:
    assert {line.rule for line in withheld(known(), "csu_advising", PAIRS, (), TODAY)} == {"no_agreement"}
