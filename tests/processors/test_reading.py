"""Every reader decides again: what is not plainly permitted today is not shown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from processors.consent.agreements import Agreement, Grant
from processors.consent.explain import unnamed
from processors.consent.heard import Heard, InForce
from processors.consent.law.facts import Agency, Basis, Relation
from processors.consent.law.making import denies
from processors.consent.law.rules import Law, RuleSet, when
from processors.consent.law.shipped import LAWS, SHIPPED
from processors.consent.policy import Subject
from processors.consent.reading import Hidden, Shown, decide_again
from processors.consent.register import Register
from processors.consent.unseen import of_kind, withheld

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
    rules: tuple[str, ...] = ("ferpa.30.consent/1",)
    position: int = 10
    body: dict[str, Any] | None = None


AWARD = Row(body={"aid_year": "2026-2027", "award_amount_cents": 120_000, "application_type": "FAFSA", "unknown": 1})


SINCE: dict[str, Any] = {"version": 1, "title": "t", "citation": "c", "effective_from": date(2024, 7, 1)}
MOUS = [
    Agreement(agreement_id=f"mou-{party}", tier="mou", party=party, families=("aid",), kind=kind, **SINCE)
    for party, kind in (("csac", Agency.STUDENT_AID), ("lausd_counseling", Agency.SCHOOL))
]
DUL = Agreement(
    agreement_id="dul", tier="dul", party="lausd_counseling", licenses=("dsa-lausd-counseling",),
    purposes=("college_counseling", "study"), **SINCE,
)  # fmt: skip


def known(agreement: Agreement = AID, others: Sequence[Agreement] = (*MOUS, DUL), **changed: Any) -> Heard:
    """Agreements, and the shipped rules, that have reached the reader, all from before the row."""
    agreements = [Agreement.model_validate({**agreement.model_dump(), **changed}), *others]
    return heard(*((1, one) for one in agreements))


def heard(*agreements: tuple[int, Agreement], rules: RuleSet | None = SHIPPED, swept: int = -1) -> Heard:
    """Agreements by their places in the log, and rules that were there first."""
    return Heard(agreements, [] if rules is None else [(0, 1, rules)], swept)


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
        (AWARD, heard(), TODAY, "no_agreement"),
        (AWARD, heard((1, AID), *((1, one) for one in (*MOUS, DUL)), rules=None), TODAY, "no_rules"),
        (replace(AWARD, recipient="csu_advising"), known(), TODAY, "no_agreement"),
        (replace(AWARD, recipient="west_lausd"), known(), TODAY, "no_agreement"),
        (AWARD, known(effective_to=date(2026, 11, 23)), TODAY, "not_in_force"),
        (AWARD, known(effective_from=date(2026, 11, 25)), TODAY, "not_in_force"),
        (AWARD, known(basis="school_official"), TODAY, "other_terms"),
        (AWARD, known(purpose="study"), TODAY, "other_terms"),
        (replace(AWARD, purpose="study"), known(), TODAY, "other_terms"),
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
    row: Row, agreements: Heard, today: date | None, reason: str
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
    assert decide_again(AWARD, heard((1, mou)), TODAY) == Hidden("no_agreement")


@pytest.mark.parametrize("basis", [one for one in Basis if one not in (Basis.CONSENT, Basis.OTHER)])
def test_what_was_released_without_consent_names_none_and_is_shown(basis: Basis) -> None:
    row = replace(AWARD, basis=basis.value, consent_event_ids=())
    assert isinstance(decide_again(row, known(basis=basis), TODAY), Shown)


def test_until_its_last_day_a_row_is_shown_on_every_day() -> None:
    row = replace(AWARD, expires_on=date(2026, 12, 1))
    days = date(2026, 11, 23), TODAY, date(2026, 12, 1), date(2026, 12, 2)
    assert [isinstance(decide_again(row, known(), day), Shown) for day in days] == [True, True, True, False]


def test_the_last_day_and_the_day_of_expiry_still_show() -> None:
    row = replace(AWARD, expires_on=TODAY)
    assert isinstance(decide_again(row, known(effective_to=TODAY), TODAY), Shown)


def agreed(**changed: Any) -> Register:
    """The agreements alone."""
    return known(**changed).newest.register


PAIRS = [("csac", "aid"), ("edd", "employment"), ("cde_k12", "identity")]


def test_what_is_withheld_names_the_rule_for_every_known_pair_and_no_family_that_never_leaves() -> None:
    lines = withheld(agreed(), "lausd_counseling", PAIRS, (), TODAY)
    assert [(line.partner_id, line.family, line.rule) for line in lines] == [
        ("csac", "aid", "needs_consent"),
        ("edd", "employment", "no_agreement"),
    ]
    assert lines[0].groups_not_granted == ("application_type",)


def test_what_the_page_shows_anyway_reads_as_shared_with_consent() -> None:
    line = withheld(agreed(), "lausd_counseling", PAIRS, {("csac", "aid")}, TODAY)[0]
    assert (line.rule, line.agreement) == ("with_consent", AID)


@pytest.mark.parametrize("basis", ["audit_evaluation", "financial_aid"])
def test_a_pair_that_a_statute_opens_is_shared_whether_or_not_there_is_anything(basis: str) -> None:
    assert withheld(agreed(basis=basis), "lausd_counseling", PAIRS, (), TODAY)[0].rule == "shared"


@pytest.mark.parametrize("today", [None, date(2024, 6, 30)])
def test_outside_its_days_no_agreement_counts(today: date | None) -> None:
    assert {line.rule for line in withheld(agreed(), "lausd_counseling", PAIRS, (), today)} == {"no_agreement"}


@pytest.mark.parametrize("other", ["csu_advising", "west_lausd"])
def test_another_recipients_agreement_opens_nothing(other: str) -> None:
    assert {line.rule for line in withheld(agreed(), other, PAIRS, (), TODAY)} == {"no_agreement"}


def why(
    register: Register, recipient: str = "lausd_counseling", family: str = "aid", today: date | None = TODAY
) -> Any:
    return of_kind("csac", family, recipient, InForce(register, SHIPPED), today)


def test_of_a_kind_of_record_it_is_told_why_of_anybody_on_the_caseload_of_whom_nothing_else_is_known() -> None:
    assert (why(agreed()).permit, why(agreed()).reason) == (False, "no_consent")
    assert why(agreed(), today=None).reason == "agreement_not_in_force"
    assert why(agreed(), today=date(2024, 6, 30)).reason == "agreement_not_in_force"


@pytest.mark.parametrize(
    ("recipient", "family"), [("csu_advising", "aid"), ("west_lausd", "aid"), ("lausd_counseling", "contact")]
)
def test_of_what_no_agreement_shares_with_a_recipient_it_is_told_that_none_names_it(
    recipient: str, family: str
) -> None:
    assert why(agreed(), recipient, family) == unnamed(Subject("csac", family, frozenset()), recipient)


def test_of_two_agreements_that_in_force_explains_and_where_none_is_the_first() -> None:
    over, soon = ({"agreement_id": name, **day} for name, day in (
        ("dsa-a", {"effective_to": date(2025, 1, 1)}), ("dsa-z", {"effective_from": date(2027, 1, 1)}),
    ))  # fmt: skip
    first, last = (Agreement.model_validate({**AID.model_dump(), **one}) for one in (over, soon))
    others = [*MOUS, DUL]
    assert why(Register([first, AID, last, *others])).reason == "no_consent"
    told = why(Register([first, last, *others]))
    assert [tier.agreement_id for tier in told.tiers if tier.tier == "dsa"] == ["dsa-a"]


LATER = 20
"""A place in the log behind the row's."""


def changed(one: Agreement, **said: Any) -> tuple[int, Agreement]:
    """A new version of an agreement, that came into force after the row was released."""
    return LATER, Agreement.model_validate({**one.model_dump(), "version": 2, **said})


def then(*more: tuple[int, Agreement], swept: int = -1, rules: RuleSet = SHIPPED) -> Heard:
    """What held when the row was released, what came later, and how far everyone is decided by it."""
    before = [(1, one) for one in (AID, *MOUS, DUL)]
    return Heard(
        [*before, *more], [(0, 1, SHIPPED), (LATER, 2, rules)] if rules is not SHIPPED else [(0, 1, SHIPPED)], swept
    )


def without(rule_id: str) -> RuleSet:
    """The shipped rules but for one."""
    return RuleSet([replace(law, rules=tuple(r for r in law.rules if r.rule_id != rule_id)) for law in LAWS])


UNDER_WAY = Hidden("under_way")


@pytest.mark.parametrize(
    "later",
    [
        changed(AID, relation="organization"),
        changed(AID, distinct_consent=True),
        changed(MOUS[0], kind="other"),
        changed(MOUS[1], kind="college"),
    ],
)
def test_where_the_parties_are_others_a_row_waits_until_everyone_is_decided_again(later: tuple[int, Agreement]) -> None:
    assert decide_again(AWARD, then(later), TODAY) == UNDER_WAY
    assert isinstance(decide_again(replace(AWARD, position=LATER), then(later), TODAY), Shown)
    assert decide_again(AWARD, then(later, swept=LATER - 1), TODAY) == UNDER_WAY
    assert isinstance(decide_again(AWARD, then(later, swept=LATER), TODAY), Shown)


def test_where_two_parties_become_one_institution_a_row_waits() -> None:
    one = [changed(mou, institution="a district") for mou in MOUS]
    assert isinstance(decide_again(AWARD, then(one[0]), TODAY), Shown)
    assert decide_again(AWARD, then(*one), TODAY) == UNDER_WAY


def test_what_changes_nothing_that_rules_ask_for_leaves_a_row_shown() -> None:
    assert isinstance(decide_again(AWARD, then(changed(AID, title="of another name"), changed(DUL)), TODAY), Shown)


def test_a_row_whose_agreement_was_not_heard_of_when_it_was_released_waits() -> None:
    assert decide_again(replace(AWARD, position=0), then(), TODAY) == UNDER_WAY


@pytest.mark.parametrize(
    ("basis", "left", "decision"),
    [("study", ("core", "amounts"), "under_way"), ("study", ("core", "application_type"), "shown"),
     ("consent", ("core", "amounts"), "shown")],
)  # fmt: skip
def test_without_consent_a_row_waits_where_fewer_kinds_of_data_are_agreed_on(
    basis: str, left: tuple[str, ...], decision: str
) -> None:
    # An event may reveal more than its fields do: of what is no longer agreed on, the reader cannot know.
    row = replace(AWARD, basis=basis)
    wide, narrow = (
        Agreement.model_validate({**AID.model_dump(), "version": version, "basis": basis, "grants": [
            {"partner_id": "csac", "family": "aid", "groups": groups}]})
        for version, groups in ((1, ("core", "amounts", "application_type")), (2, left))
    )  # fmt: skip
    told = heard((1, wide), *((1, one) for one in (*MOUS, DUL)), (LATER, narrow))
    found = decide_again(row, told, TODAY)
    assert isinstance(found, Shown) if decision == "shown" else found == Hidden("under_way")


def test_where_the_rule_of_a_permit_is_gone_or_another_a_row_waits() -> None:
    assert decide_again(AWARD, then(rules=without("ferpa.30.consent")), TODAY) == UNDER_WAY
    assert isinstance(decide_again(AWARD, then(rules=without("ferpa.31.a.6.study")), TODAY), Shown)


def test_a_row_that_names_no_rule_waits_while_rules_change() -> None:
    row = replace(AWARD, rules=())
    assert isinstance(decide_again(row, then(), TODAY), Shown)
    assert decide_again(row, then(rules=without("ferpa.31.a.6.study")), TODAY) == UNDER_WAY


def and_denied(**condition: Any) -> RuleSet:
    """The shipped rules, and one that denies more."""
    cited = LAWS[0].rules[0].cites
    return RuleSet([*LAWS, Law("new", "New", (), None, (denies("new.1.denial", cited, "Says.", when(**condition)),))])


@pytest.mark.parametrize(
    ("relation", "of_caseload", "of_everyone"),
    [
        (Relation.SERVES, "waits", "shown"),
        (Relation.NONE, "waits", "shown"),
        (Relation.ORGANIZATION, "shown", "waits"),
    ],
)
def test_a_row_waits_for_a_new_denial_of_the_relation_that_its_agreement_may_have(
    relation: Relation, of_caseload: str, of_everyone: str
) -> None:
    for agreed_for, expected in (("caseload", of_caseload), ("organization", of_everyone)):
        before = Agreement.model_validate({**AID.model_dump(), "relation": agreed_for})
        told = Heard(
            [(1, before), *((1, one) for one in (*MOUS, DUL))],
            [(0, 1, SHIPPED), (LATER, 2, and_denied(relation={relation}))], -1,
        )  # fmt: skip
        found = decide_again(AWARD, told, TODAY)
        assert isinstance(found, Shown) if expected == "shown" else found == UNDER_WAY


def test_a_row_of_what_its_agreement_did_not_share_yet_waits() -> None:
    elsewhere = Agreement.model_validate(
        {**AID.model_dump(), "grants": [{"partner_id": "csac", "family": "contact", "groups": ("core",)}]}
    )
    told = heard((1, elsewhere), *((1, one) for one in (*MOUS, DUL)), (LATER, AID.model_copy(update={"version": 2})))
    assert decide_again(AWARD, told, TODAY) == UNDER_WAY


def test_a_row_from_before_any_rules_waits() -> None:
    agreements = [(1, one) for one in (AID, *MOUS, DUL)]
    assert decide_again(AWARD, Heard(agreements, [(LATER, 1, SHIPPED)], -1), TODAY) == UNDER_WAY
    assert isinstance(decide_again(AWARD, Heard(agreements, [(2, 1, SHIPPED)], -1), TODAY), Shown)


def test_without_consent_a_row_stays_shown_where_more_kinds_of_data_are_agreed_on() -> None:
    row = replace(AWARD, basis="study")
    narrow, wide = (
        Agreement.model_validate({**AID.model_dump(), "version": version, "basis": "study", "grants": [
            {"partner_id": "csac", "family": "aid", "groups": groups}]})
        for version, groups in ((1, ("core", "amounts")), (2, ("core", "amounts", "application_type")))
    )  # fmt: skip
    told = heard((1, narrow), *((1, one) for one in (*MOUS, DUL)), (LATER, wide))
    assert isinstance(decide_again(row, told, TODAY), Shown)
