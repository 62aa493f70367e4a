"""Explaining a decision: what spoke, in order, and what would have to change; nothing that tells more than it may."""

from dataclasses import replace
from datetime import date
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from support import laws

from processors.consent.agreements import EPOCH, Agreement, Grant
from processors.consent.explain import (
    NEVER_NAMED,
    NOT_SHARED,
    UNTOLD,
    Explanation,
    as_row,
    explain,
    told_rules,
    unnamed,
)
from processors.consent.law.facts import Agency, Basis
from processors.consent.law.rules import Reason, RuleSet
from processors.consent.law.shipped import SHIPPED
from processors.consent.policy import Order, Person, Subject, decide
from processors.consent.register import Register, Shared
from processors.consent.rights import Age, Standing
from processors.consent.statements import Statement
from schemas_avro import catalog
from schemas_avro.models import DataCategory

TODAY = (date(2026, 9, 21) - EPOCH).days
SINCE: dict[str, Any] = {"version": 1, "title": "t", "citation": "c", "effective_from": date(2024, 7, 1)}
KINDS = {"csac": "student_aid", "center": "college", "clinic": "college", "county": "child_welfare"}
MOUS = [
    Agreement(agreement_id=f"mou-{party}", tier="mou", party=party, families=("aid",), kind=Agency(kind), **SINCE)
    for party, kind in KINDS.items()
]  # fmt: skip
GROUPS = ("core", "application_type", "amounts")
TRANSFER = Agreement(
    agreement_id="dsa-transfer", tier="dsa", party="center", purpose="transfer_advising",
    grants=(Grant(partner_id="csac", family="aid", groups=GROUPS),), **SINCE,
)  # fmt: skip
LICENCE = Agreement(
    agreement_id="dul-center", tier="dul", party="center", licenses=("dsa-transfer",), purposes=("transfer_advising",),
    **SINCE,
)  # fmt: skip
EVERY_CATEGORY = frozenset(one.value for one in DataCategory)
NOTHING = frozenset[str]()
AWARD = Subject("csac", "aid", NOTHING)
GIVEN = Statement(
    "c1", 1, "given", "student", controllers=frozenset({"csac"}), categories=EVERY_CATEGORY,
    purposes=frozenset({"transfer_advising"}), recipients=frozenset({"center"}), valid_from=None, valid_until=None,
)  # fmt: skip
CONSENTS = "the person, or who holds the rights in this record, consents"
CASELOAD = "the recipient takes the person onto its caseload"


def shared_by(agreement: Agreement = TRANSFER, others: list[Agreement] | None = None) -> Shared:
    """What the agreement shares, with memoranda and licence unless others are given."""
    [grant] = agreement.grants
    register = Register([agreement, *([*MOUS, LICENCE] if others is None else others)])
    return register.shared(register.by_id[agreement.agreement_id], grant)


def who(*statements: Statement, served: bool = True, **standing: Any) -> Person:
    """Somebody grown."""
    return Person((statements,), frozenset({"center"} if served else ()), Standing(age=Age.ADULT, **standing))


def told(
    person: Person, subject: Subject = AWARD, shared: Shared | None = None, today: int | None = TODAY,
    rules: RuleSet = SHIPPED, gone: Reason | None = None,
) -> Explanation:  # fmt: skip
    """The explanation, which says what was decided."""
    found = explain(subject, person, shared or shared_by(), rules, today, gone)
    [decision] = decide(subject, person, [shared or shared_by()], rules, today)
    if gone is None:
        assert found.permit == decision.permit
        assert {one.group for one in found.groups if one.permitted} == (set(decision.groups) if found.permit else set())
    return found


def test_a_permit_names_its_agreements_its_rules_and_their_words() -> None:
    found = told(who(GIVEN))
    assert (found.permit, found.reason, found.changes) == (True, "consent", ())
    assert [(one.tier, one.party, one.in_force) for one in found.tiers] == [
        ("mou", "csac", True), ("mou", "center", True), ("dsa", "center", True), ("dul", "center", True),
    ]  # fmt: skip
    [rule] = [one for one in found.rules if one.rule == "ferpa.30.consent/1"]
    assert (rule.effect, rule.section, rule.is_read) == ("permit", "34 CFR 99.30(a)", True)
    assert rule.quote.startswith("shall provide a signed and dated written consent")
    assert found.rests_on[0] == "ferpa.30.consent/1"
    assert "notice" in found.obligations


def test_laws_speak_in_the_order_in_which_they_are_asked() -> None:
    order = [rule.name for rule in SHIPPED.rules]
    found = told(who(served=False), shared=shared_by(others=[]))
    places = [order.index(one.rule) for one in found.rules]
    assert places == sorted(places)
    assert [one.rule for one in found.rules][:2] == ["agreements.31.mou/1", "agreements.31.interest/1"]


@pytest.mark.parametrize(
    ("person", "changes"),
    [
        (who(), ((CONSENTS,),)),
        (who(GIVEN, served=False), ((CASELOAD,),)),
        (who(served=False), ((CONSENTS, CASELOAD),)),
        (
            who(replace(GIVEN, state="withdrawn")),
            (("who refused or withdrew, or now holds the rights in this record, consents again",),),
        ),
        (
            who(replace(GIVEN, valid_until=TODAY - 1)),
            (("the person, or who holds the rights in this record, consents for today too",),),
        ),
        (
            who(replace(GIVEN, role="parent")),
            (("who holds the rights in this record consents; who consented does not hold them",),),
        ),
    ],
)
def test_the_fewest_changes_by_people_that_would_permit_it_are_told(
    person: Person, changes: tuple[tuple[str, ...], ...]
) -> None:
    assert told(person).changes == changes


def test_where_an_agreement_asks_for_a_distinct_consent_it_says_so() -> None:
    distinct = shared_by(TRANSFER.model_copy(update={"distinct_consent": True}))
    bundled = replace(GIVEN, purposes=frozenset({"transfer_advising", "study"}))
    assert explain(AWARD, who(GIVEN), distinct, SHIPPED, TODAY).permit
    found = explain(AWARD, who(bundled), distinct, SHIPPED, TODAY)
    assert (found.reason, found.changes) == ("no_consent", ((f"{CONSENTS}; in a statement for this purpose alone",),))


def test_only_an_agreement_that_rests_on_consent_asks_for_a_distinct_one() -> None:
    for said in ({"basis": "study"}, {"tier": "mou", "grants": (), "purpose": "", "families": ("aid",)}):
        with pytest.raises(ValidationError, match="distinct_consent"):
            Agreement.model_validate({**TRANSFER.model_dump(), **said, "distinct_consent": True})


def test_of_agreements_each_that_is_missing_is_told() -> None:
    found = told(who(GIVEN), shared=shared_by(others=MOUS[:1]))
    assert [(one.agreement_id, one.in_force) for one in found.tiers] == [
        ("mou-csac", True), ("", False), ("dsa-transfer", True), ("", False),
    ]  # fmt: skip
    assert found.changes == (
        (
            "a memorandum of understanding of center comes into force",
            "a data-use licence of center for this purpose comes into force",
        ),
    )  # fmt: skip


def test_an_emergency_asks_for_two_persons() -> None:
    """A threat is recorded and stood by; no consent and no caseload stands in for it."""
    grant = Grant(partner_id="csac", family="contact", groups=("core",))
    terms = {"basis": Basis.EMERGENCY, "purpose": "emergency", "relation": "organization", "grants": (grant,)}
    licence = LICENCE.model_copy(update={"purposes": ("emergency",)})
    shared, call = shared_by(TRANSFER.model_copy(update=terms), [*MOUS, licence]), Subject("csac", "contact", NOTHING)
    one = replace(who(), orders=(Order("o", "center", "emergency", 1, TODAY),))
    assert told(who(), call, shared).changes == (("two persons stand by the disclosure, for a recorded reason",),)
    assert told(one, call, shared).changes == (("a second person stands by the disclosure",),)


def test_before_the_first_day_no_agreement_is_in_force() -> None:
    found = told(who(GIVEN), today=None)
    assert (found.permit, {one.in_force for one in found.tiers}) == (False, {False})


def test_a_group_that_the_agreement_does_not_share_is_told_as_such() -> None:
    grant = Grant(partner_id="csac", family="aid", groups=("core", "amounts"))
    found = {
        one.group: one
        for one in told(who(GIVEN), shared=shared_by(TRANSFER.model_copy(update={"grants": (grant,)}))).groups
    }
    assert set(found) == set(catalog.groups_of("aid"))
    assert [one.group for one in found.values() if one.why == NOT_SHARED] == ["application_type"]


def test_a_group_may_be_withheld_beside_a_core_that_is_shown() -> None:
    only_aid = replace(GIVEN, categories=frozenset({"aid"}))
    found = {one.group: one for one in told(who(only_aid)).groups}
    withheld = [one for one in found.values() if not one.permitted and one.why != NOT_SHARED]
    assert found["core"].permitted
    assert [one.group for one in withheld] == ["application_type"]
    assert withheld[0].why == "No consent names these records, this purpose and this recipient."
    assert withheld[0].changes == ((CONSENTS,),)


@pytest.mark.parametrize("served", [True, False])
@pytest.mark.parametrize("said", [(), (GIVEN,)])
def test_nobody_can_tell_a_patient_from_others_whose_data_a_law_denies(
    said: tuple[Statement, ...], *, served: bool
) -> None:
    """42 CFR 2.13(c)(2): treatment of substance use looks like any health data that a college's clinic may not tell."""
    grant = Grant(partner_id="clinic", family="aid", groups=("core",))
    consents = tuple(replace(one, controllers=frozenset({"clinic"})) for one in said)
    shared = shared_by(TRANSFER.model_copy(update={"grants": (grant,)}))
    patient = told(who(*consents, served=served), Subject("clinic", "aid", frozenset({"substance_use"})), shared)
    treated = told(who(*consents, served=served), Subject("clinic", "aid", frozenset({"health"})), shared)
    assert patient == treated
    assert [one.says for one in patient.rules].count(UNTOLD) == 1
    assert (patient.permit, patient.changes) == (False, ())


def test_of_treatment_neither_rule_nor_section_nor_kind_is_told() -> None:
    """Whatever else is or is not in force."""
    for person in (who(GIVEN), who(), who(served=False)):
        for shared in (shared_by(), shared_by(others=[])):
            found = told(person, Subject("csac", "aid", frozenset({"substance_use"})), shared)
            text = orjson.dumps(as_row(found)).decode().lower()
            assert not [word for word in ("part_2", "42 cfr", "substance", "patient", "2.13") if word in text]
            assert found.changes == ()
            assert found.reason in {"law_denies", "no_caseload", "agreement_tier_missing"}
            assert found.rules[-1] == ("", "", "", "", False, "deny", UNTOLD, ())


def test_of_an_address_that_is_kept_secret_no_law_is_named() -> None:
    """That somebody takes part in an address confidentiality program would be told by its name."""
    grant = Grant(partner_id="csac", family="contact", groups=("core", "address"))
    shared = shared_by(TRANSFER.model_copy(update={"grants": (grant,)}))
    found = told(who(GIVEN, hides_address=True), Subject("csac", "contact", NOTHING), shared)
    groups = {one.group: one for one in found.groups}
    assert (found.permit, groups["address"].why, groups["address"].changes) == (True, UNTOLD, ())
    assert not [one for one in found.rules if "safe_at_home" in one.rule]


def test_of_the_rules_that_a_release_names_none_of_a_law_that_tells_of_patients_is_told() -> None:
    told = told_rules(SHIPPED, tuple(rule.name for rule in SHIPPED.rules))
    titles = {law.law_id: law.title for law in SHIPPED.laws}
    assert {titles[law_id] for law_id in NEVER_NAMED}.isdisjoint({one.law for one in told})
    assert ("ferpa.30.consent/1", "34 CFR 99.30(a)") in {(one.rule, one.section) for one in told}


def test_what_only_the_event_reveals_is_told_by_no_rule_that_asks_for_the_kind() -> None:
    """The award alone may be seen; what else an event reveals, and which rule denies it, is untold."""
    terms = {"basis": Basis.FINANCIAL_AID, "purpose": "aid_administration"}
    licence = LICENCE.model_copy(update={"purposes": ("aid_administration",)})
    shared = shared_by(TRANSFER.model_copy(update=terms), [*MOUS, licence])
    assert told(who(), AWARD, shared).permit
    kinds = ("immigration_proxy", "discipline", "substance_use", "housing")
    first, *others = [told(who(), Subject("csac", "aid", frozenset({kind})), shared) for kind in kinds]
    assert (first.permit, first.reason, first.rests_on, first.changes) == (False, "law_denies", (), ())
    assert first.groups[0].why == UNTOLD
    assert not [one.rule for one in first.rules if one.effect == "deny" and "core" in one.groups]
    assert others == [first] * len(others)


def test_an_event_that_was_taken_back_is_nobodys_whatever_the_rules_say() -> None:
    found = told(who(GIVEN), gone=Reason.SOURCE_RETRACTED)
    assert (found.permit, found.reason, found.changes, found.obligations) == (False, "source_retracted", (), ())
    assert not any(one.permitted for one in found.groups)


def test_a_recipient_without_an_agreement_is_told_which_it_needs() -> None:
    found = unnamed(AWARD, "county")
    assert (found.permit, found.rules) == (False, ())
    assert found.changes == (("a data-sharing agreement of county that names csac and aid comes into force",),)


people = st.builds(
    who, st.sampled_from([GIVEN, replace(GIVEN, state="withdrawn"), replace(GIVEN, role="parent")]),
    served=st.booleans(), hides_address=st.booleans(),
)  # fmt: skip
subjects = st.builds(Subject, st.just("csac"), st.just("aid"), st.frozensets(st.sampled_from(sorted(EVERY_CATEGORY))))


@given(person=people, subject=subjects, rules=st.one_of(st.just(SHIPPED), laws.rule_sets()), has_others=st.booleans())
def test_it_says_what_was_decided_and_told_changes_permit(
    person: Person, subject: Subject, rules: RuleSet, *, has_others: bool
) -> None:
    """Whatever the rules are."""
    found = told(person, subject, shared_by(others=None if has_others else []), rules=rules)
    assert bool(found.changes) <= (not found.permit)
    if found.groups[0].why == UNTOLD:
        assert (found.permit, found.reason, found.rests_on, found.changes) == (False, "law_denies", (), ())
    if rules is SHIPPED and found.changes and has_others:
        consents, serves = (
            any(word in step for steps in found.changes for step in steps) for word in ("consent", CASELOAD)
        )
        statements = (GIVEN,) if consents else person.statements[0]
        mended = replace(
            person, statements=(statements,), served_by=frozenset({"center"}) if serves else person.served_by
        )
        assert told(mended, subject).permit
