"""The consent decision: default deny, any denial wins, total."""

from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.laws import CITED

from processors.consent import policy
from processors.consent.agreements import EPOCH, Agreement, Grant
from processors.consent.law.facts import Approval, Basis, Care, Category
from processors.consent.law.rules import NO_RULES, Effect, Law, Reason, Rule, RuleSet, When
from processors.consent.law.shipped import SHIPPED
from processors.consent.policy import Decision, Order, Person, Subject
from processors.consent.register import Register
from processors.consent.rights import Age, Role, Standing
from processors.consent.statements import DENIALS, Statement
from schemas_avro import catalog

TODAY = (date(2026, 9, 21) - EPOCH).days
AGREED = Agreement(
    agreement_id="dsa-transfer", version=2, tier="dsa", title="t", party="center", purpose="transfer_advising",
    citation="34 CFR 99.30", effective_from=date(2024, 7, 1),
    grants=(Grant(partner_id="csac", family="aid", groups=("core", "application_type", "amounts")),),
)  # fmt: skip
SINCE = {"version": 1, "title": "t", "citation": "c", "effective_from": date(2024, 7, 1)}
KINDS = {"csac": "student_aid", "center": "college", "office": "college", "county": "child_welfare", "x": "other"}
MOUS = [
    Agreement(agreement_id=f"mou-{party}", tier="mou", party=party, families=("aid",), kind=kind, **SINCE)
    for party, kind in KINDS.items()
]  # fmt: skip
SERVED_BY = {"center"}
AID_CORE = Grant(partner_id="csac", family="aid", groups=("core",))
ADULT = Standing(age=Age.ADULT)
AWARD = Subject("csac", "aid", frozenset())
GRANT = Statement(
    "c1", 1, "given", "student", controllers=frozenset({"csac"}), categories=frozenset({"aid", "immigration_proxy"}),
    purposes=frozenset({"transfer_advising"}), recipients=frozenset({"center"}), valid_from=None, valid_until=None,
)  # fmt: skip
LISTS = ("controllers", "categories", "purposes", "recipients")


def person(*records: tuple[Statement, ...], served_by: frozenset[str] = frozenset({"center"})) -> Person:
    """Statements by record, of somebody grown."""
    return Person(records, served_by, ADULT)


def terms(**changed: Any) -> Agreement:
    """The agreement on other terms."""
    return Agreement.model_validate({**AGREED.model_dump(), **changed})


def replaced(agreement: Agreement, **changed: Any) -> Agreement:
    """Another agreement on other terms."""
    return Agreement.model_validate({**agreement.model_dump(), **changed})


def decide(
    *records: tuple[Statement, ...], agreement: Agreement = AGREED, subject: Subject = AWARD,
    today: int | None = TODAY, served_by: set[str] = SERVED_BY,
) -> Decision:  # fmt: skip
    """The one recipient's decision about a person whom it serves."""
    [decision] = ask(subject, person(*records, served_by=frozenset(served_by)), [agreement], today)
    return decision


def licence(agreement: Agreement, **changed: Any) -> Agreement:
    """A data-use licence for what an agreement shares."""
    terms = {"licenses": (agreement.agreement_id,), "purposes": (agreement.purpose,), **SINCE, **changed}
    return Agreement(agreement_id=f"dul-{agreement.agreement_id}", tier="dul", party=agreement.party, **terms)


def ask(
    subject: Subject, who: Person, agreements: list[Agreement], today: int | None = TODAY,
    others: list[Agreement] | None = None, rules: RuleSet = SHIPPED,
) -> list[Decision]:  # fmt: skip
    """Every named recipient's decision, with memoranda and licences in force unless others are given."""
    licences = [licence(one) for one in agreements if one.tier == "dsa"]
    register = Register([*agreements, *(MOUS + licences if others is None else others)])
    shared = register.by_source.get((subject.partner_id, subject.family), ())
    return policy.decide(subject, who, shared, rules, today)


def later(statement: Statement = GRANT, **changed: Any) -> Statement:
    """The next statement of the same record."""
    number = statement.published_at + 1
    return replace(statement, **{"event_id": f"c{number}", "published_at": number, **changed})


WITHDRAWN = later(state="withdrawn")


def test_a_grant_permits_every_granted_group_whose_categories_it_names() -> None:
    decision = decide((GRANT,))
    assert decision == Decision(
        "center", permit=True, reason=Reason.CONSENT, agreement_id="dsa-transfer", agreement_version=2,
        purpose="transfer_advising", basis="consent",
        groups=("amounts", "application_type", "core"), consent_event_ids=("c1",), expires_on=None,
        rules=("ferpa.30.consent/1", "information_practices.1798_24.consent/1"),
        obligations=("log", "notice"),
    )  # fmt: skip


def test_nobody_without_an_agreement_is_even_asked() -> None:
    mou = Agreement(
        agreement_id="m", version=1, tier="mou", title="t", party="center", families=("aid",), citation="c",
        effective_from=date(2024, 7, 1),
    )  # fmt: skip
    other = terms(grants=[Grant(partner_id="csac", family="contact", groups=("core",))])
    assert ask(AWARD, person((GRANT,)), [mou, other]) == []
    assert ask(AWARD, person((GRANT,)), []) == []


def scoped(statement: Statement, name: str, *words: str) -> Statement:
    """The statement with another list."""
    changed: Any = {name: frozenset(words)}
    return replace(statement, **changed)


def case(name: str, reason: Reason, *records: tuple[Statement, ...], today: int | None = TODAY, **agreed: Any) -> Any:
    """Statements by record, on terms changed so: why they do not permit."""
    return pytest.param(records, terms(**agreed), today, reason, id=name)


@pytest.mark.parametrize(
    ("records", "agreement", "today", "reason"),
    [
        case("no tick yet", Reason.NOT_IN_FORCE, (GRANT,), today=None),
        case("ended yesterday", Reason.NOT_IN_FORCE, (GRANT,), effective_to=date(2026, 9, 20)),
        case("begins tomorrow", Reason.NOT_IN_FORCE, (GRANT,), effective_from=date(2026, 9, 22)),
        case("no record", Reason.NO_CONSENT),
        case("no statement", Reason.NO_CONSENT, ()),
        *(case(f"granted for other {name}", Reason.NO_CONSENT, (scoped(GRANT, name, "x"),)) for name in LISTS),
        *(case(f"granted for no {name}", Reason.NO_CONSENT, (scoped(GRANT, name),)) for name in LISTS),
        *(case(f"granted for any {name}", Reason.NO_CONSENT, (scoped(GRANT, name, "*"),)) for name in LISTS),
        *(case(s, Reason.NO_CONSENT, (replace(GRANT, state=s),)) for s in ("requested", "a state unknown")),
        *(case(s, Reason.DENIED, (GRANT, later(state=s))) for s in sorted(DENIALS)),
        *(case(f"withdrawn without {name}", Reason.DENIED, (GRANT, scoped(WITHDRAWN, name))) for name in LISTS),
        *(case(f"withdrawn for any {name}", Reason.DENIED, (GRANT, scoped(WITHDRAWN, name, "*"))) for name in LISTS),
        case("denied in another record", Reason.DENIED, (GRANT,), (replace(GRANT, state="refused"),)),
        case("strangers' clocks", Reason.DENIED, (WITHDRAWN,), (replace(GRANT, published_at=99),)),
        case("run out", Reason.OUT_OF_TIME, (replace(GRANT, valid_until=TODAY - 1),)),
        case("not yet", Reason.OUT_OF_TIME, (replace(GRANT, valid_from=TODAY + 1),)),
        case("the newest has run out", Reason.OUT_OF_TIME, (GRANT, later(valid_until=TODAY - 1))),
    ],
)
def test_what_is_not_plainly_permitted_is_denied_with_its_reason(
    records: list[tuple[Statement, ...]], agreement: Agreement, today: int | None, reason: Reason
) -> None:
    decision = decide(*records, agreement=agreement, today=today)
    assert (decision.permit, decision.reason) == (False, reason)
    assert (decision.groups, decision.consent_event_ids, decision.expires_on) == ((), (), None)


def test_what_says_nothing_of_this_disclosure_changes_nothing() -> None:
    for name in LISTS:
        assert decide((GRANT, scoped(WITHDRAWN, name, "other"))).permit
    assert decide((GRANT, later(state="requested"))).permit
    assert decide((GRANT,), ()).permit


def test_the_newest_statement_of_a_record_counts() -> None:
    assert decide((GRANT, WITHDRAWN, later(WITHDRAWN, state="renewed"))).consent_event_ids == ("c3",)
    assert decide((GRANT, later(state="given"), later(WITHDRAWN, state="withdrawn"))).reason == Reason.DENIED


def test_field_groups_are_cut_by_category() -> None:
    assert decide((replace(GRANT, categories=frozenset({"aid"})),)).groups == ("amounts", "core")
    assert decide((replace(GRANT, categories=frozenset({"immigration_proxy"})),)).reason == Reason.NO_CONSENT


def test_a_category_withdrawn_takes_its_group_alone() -> None:
    narrow = later(state="withdrawn", categories=frozenset({"immigration_proxy"}))
    decision = decide((GRANT, narrow))
    assert (decision.permit, decision.groups, decision.consent_event_ids) == (True, ("amounts", "core"), ("c1",))


def test_a_category_that_the_event_reveals_beyond_its_own_must_be_permitted_too() -> None:
    revealing = Subject("csac", "aid", frozenset({"housing"}))
    assert decide((GRANT,), subject=revealing).reason == Reason.NO_CONSENT
    wider = replace(GRANT, categories=GRANT.categories | {"housing"})
    assert decide((wider,), subject=revealing).permit


def test_first_and_last_day_count_and_the_earliest_end_is_the_permits() -> None:
    one, other = (
        replace(GRANT, valid_from=TODAY, valid_until=TODAY),
        replace(GRANT, event_id="d", valid_until=TODAY + 9),
    )
    decision = decide((one,), (other,))
    assert (decision.permit, decision.consent_event_ids, decision.expires_on) == (True, ("c1", "d"), TODAY)


def test_of_two_partners_grants_of_one_id_the_earliest_end_is_the_permits_in_either_order() -> None:
    grants = [(replace(GRANT, valid_until=day),) for day in (TODAY, TODAY + 9)]
    for records in (grants, grants[::-1]):
        decision = decide(*records)
        assert (decision.consent_event_ids, decision.expires_on) == (("c1",), TODAY)


def test_a_grant_in_time_permits_beside_one_out_of_time_in_another_record() -> None:
    assert decide((replace(GRANT, valid_until=TODAY - 1),), (replace(GRANT, event_id="d"),)).consent_event_ids == ("d",)


def test_without_the_person_on_its_caseload_a_recipient_sees_nothing_unless_it_is_the_organization() -> None:
    stranger = person((GRANT,), served_by=frozenset({"another"}))
    assert ask(AWARD, stranger, [AGREED])[0].reason == Reason.NO_CASELOAD
    assert ask(AWARD, stranger, [terms(relation="organization")])[0].permit


BY_LAW = terms(basis="financial_aid", purpose="aid_administration", grants=[AID_CORE])


def test_an_exception_of_law_permits_without_consent_even_against_a_refusal() -> None:
    decision = decide((replace(GRANT, state="refused"),), agreement=BY_LAW)
    assert (decision.permit, decision.reason, decision.consent_event_ids) == (True, Reason.STATUTE, ())
    assert (decision.groups, decision.obligations) == (("core",), ("log", "notice"))


def test_an_exception_is_for_its_purpose_and_its_kind_of_recipient_alone() -> None:
    for other in (replaced(BY_LAW, purpose="college_counseling"), replaced(BY_LAW, party="county")):
        assert decide(agreement=other, served_by={"center", "county"}).reason == Reason.NOT_PERMITTED


def test_an_exception_does_not_permit_a_category_that_its_groups_do_not_have() -> None:
    assert decide(agreement=BY_LAW).permit
    assert decide(agreement=BY_LAW, subject=Subject("csac", "aid", frozenset({"aid"}))).permit
    for category in ("education", "health", "immigration_proxy"):
        revealing = Subject("csac", "aid", frozenset({category}))
        assert not decide((GRANT,), agreement=BY_LAW, subject=revealing).permit


def test_each_agreement_decides_for_itself() -> None:
    other = replaced(BY_LAW, agreement_id="dsa-b", party="office")
    decisions = ask(AWARD, person(served_by=frozenset({"center", "office"})), [AGREED, other])
    assert {(d.recipient, d.permit) for d in decisions} == {("center", False), ("office", True)}


@pytest.mark.parametrize(
    ("left_out", "reason"),
    [
        ("mou-csac", Reason.TIER_MISSING), ("mou-center", Reason.TIER_MISSING),
        ("dul-dsa-transfer", Reason.TIER_MISSING),
    ],
)  # fmt: skip
def test_a_missing_or_expired_tier_denies(left_out: str, reason: Reason) -> None:
    all_of_them = [*MOUS, licence(AGREED)]
    missing = [one for one in all_of_them if one.agreement_id != left_out]
    expired = [
        one if one in missing else one.model_copy(update={"effective_to": date(2026, 9, 20)}) for one in all_of_them
    ]
    for others in (missing, expired):
        assert ask(AWARD, person((GRANT,)), [AGREED], others=others)[0].reason == reason
    assert ask(AWARD, person((GRANT,)), [AGREED], others=all_of_them)[0].permit


def test_a_licence_for_another_purpose_or_another_agreement_licenses_nothing() -> None:
    for changed in ({"purposes": ("study",)}, {"licenses": ("dsa-other",)}):
        others = [*MOUS, licence(AGREED, **changed)]
        assert ask(AWARD, person((GRANT,)), [AGREED], others=others)[0].reason == Reason.TIER_MISSING


def test_the_day_to_destroy_ends_a_licence_and_every_permit_says_the_day_before_it() -> None:
    def until(day: date) -> Decision:
        return ask(AWARD, person((GRANT,)), [AGREED], others=[*MOUS, licence(AGREED, destroy_by=day)])[0]

    assert until(date(2026, 9, 21)).reason == Reason.TIER_MISSING
    assert until(date(2026, 9, 22)).expires_on == TODAY


def test_without_rules_in_force_nothing_is_permitted() -> None:
    decision = ask(AWARD, person((GRANT,)), [AGREED], rules=NO_RULES)[0]
    assert (decision.permit, decision.reason) == (False, Reason.NOT_PERMITTED)


def test_what_parents_said_before_rights_passed_permits_nothing_and_the_denial_says_so() -> None:
    def decided(*said: Statement, ended: Statement = GRANT) -> Reason:
        parents = replace(ended, role="parent")
        return ask(AWARD, person(said, (parents,)), [AGREED])[0].reason

    assert decided() == Reason.RIGHTS_TRANSFERRED
    assert decided(ended=WITHDRAWN) == Reason.NO_CONSENT
    assert decided(ended=later(valid_until=TODAY - 1)) == Reason.NO_CONSENT
    assert decided(WITHDRAWN) == Reason.DENIED
    assert decided(GRANT, ended=WITHDRAWN) == Reason.CONSENT


EMERGENCY = terms(
    basis="emergency", purpose="emergency", grants=[Grant(partner_id="ccc", family="contact", groups=("core",))]
)


def in_emergency(*orders: Order) -> Decision:
    """Of somebody about whom such orders stand."""
    mous = [*MOUS, MOUS[1].model_copy(update={"agreement_id": "mou-ccc", "party": "ccc"})]
    subject = Subject("ccc", "contact", frozenset())
    return ask(subject, replace(person(), orders=orders), [EMERGENCY], others=[*mous, licence(EMERGENCY)])[0]


@pytest.mark.parametrize(
    ("approvals", "last_day", "reason"),
    [
        (0, TODAY, Reason.NOT_APPROVED),
        (1, TODAY, Reason.NOT_APPROVED),
        (2, TODAY, Reason.STATUTE),
        (3, TODAY, Reason.STATUTE),
        (2, TODAY - 1, Reason.NOT_APPROVED),
    ],
)
def test_an_emergency_needs_two_persons_and_lasts_until_its_day(approvals: int, last_day: int, reason: Reason) -> None:
    decision = in_emergency(Order("o", "center", "emergency", approvals, last_day))
    assert (decision.reason, decision.expires_on) == (reason, TODAY if reason is Reason.STATUTE else None)


@pytest.mark.parametrize(
    ("recipient", "basis"),
    [("aid", "emergency"), ("zoo", "emergency"), ("center", "consent"), ("center", "judicial_order")],
)
def test_an_order_for_somebody_else_or_by_another_right_opens_nothing(recipient: str, basis: str) -> None:
    assert in_emergency(Order("o", recipient, basis, 2, TODAY)).reason == Reason.NOT_APPROVED
    half = Order("p", "center", "emergency", 1, TODAY + 1)
    assert in_emergency(Order("o", recipient, basis, 2, TODAY), half).reason == Reason.NOT_APPROVED


def test_of_several_orders_the_one_that_most_persons_stand_by_counts_and_the_first_day_ends_it() -> None:
    orders = Order("o", "center", "emergency", 1, TODAY + 9), Order("p", "center", "emergency", 2, TODAY + 5)
    for some in (orders, orders[::-1]):
        decision = in_emergency(*some)
        assert (decision.reason, decision.expires_on) == (Reason.STATUTE, TODAY + 5)


def test_an_order_whose_day_is_past_ends_nothing() -> None:
    past, present = Order("o", "center", "emergency", 2, TODAY - 1), Order("p", "center", "emergency", 2, TODAY + 5)
    decision = in_emergency(past, present)
    assert (decision.reason, decision.expires_on) == (Reason.STATUTE, TODAY + 5)


def test_where_orders_tell_others_alone_nobody_stands_by_this_disclosure() -> None:
    register = Register([EMERGENCY])
    shared = register.shared(EMERGENCY, EMERGENCY.grants[0])
    orders = (Order("o", "office", "emergency", 2, TODAY),)
    subject = Subject("ccc", "contact", frozenset())
    facts = policy.facts_of(subject, replace(person(), orders=orders), shared, TODAY, "contact")
    assert facts.approval is Approval.NONE


@pytest.mark.parametrize(
    ("standing", "care"),
    [
        (Standing(cared_for_by=frozenset({"county"})), Care.OURS),
        (Standing(cared_for_by=frozenset({"county", "other"}), care_ended=True), Care.OURS),
        (Standing(cared_for_by=frozenset({"other"})), Care.OTHERS),
        (Standing(care_ended=True), Care.OTHERS),
        (Standing(), Care.UNKNOWN),
    ],
)
def test_whose_care_a_child_is_in_is_as_the_social_services_say(standing: Standing, care: Care) -> None:
    assert policy.care_by("county", standing) is care


def test_a_groups_categories_are_those_of_its_own_fields() -> None:
    assert policy.group_categories("social_service", "core") == {"welfare"}
    assert policy.group_categories("social_service", "protection") == {"address", "child_welfare"}


def permitting(**reasons: Reason) -> RuleSet:
    """One law over everything, which permits some categories, each for a reason."""
    rules = [
        Rule(f"x.{name}", 1, CITED, Effect.PERMIT, "w", When(category=frozenset({Category(name)})), reason)
        for name, reason in reasons.items()
    ]
    default = Rule("x.default", 1, CITED, Effect.DENY, "w", When(), Reason.NOT_PERMITTED)
    return RuleSet([Law("x", "X", (When(),), default, tuple(rules))])


def by_rules(rules: RuleSet, *revealed: str, groups: tuple[str, ...] = ("core", "protection")) -> Decision:
    """What rules say of an event of the social services that reveals some categories beyond its own."""
    agreement = terms(grants=[Grant(partner_id="cdss", family="social_service", groups=groups)])
    [decision] = ask(Subject("cdss", "social_service", frozenset(revealed)), person(), [agreement], rules=rules)
    return decision


def test_a_group_goes_out_only_where_each_of_its_categories_may() -> None:
    assert by_rules(permitting(welfare=Reason.STATUTE, child_welfare=Reason.STATUTE)).groups == ("core",)
    all_three = permitting(welfare=Reason.STATUTE, child_welfare=Reason.STATUTE, address=Reason.STATUTE)
    assert by_rules(all_three).groups == ("core", "protection")


def test_a_permits_reason_is_that_of_its_first_category_and_its_rules_begin_with_the_core_s() -> None:
    rules = permitting(welfare=Reason.STATUTE, child_welfare=Reason.CONSENT, address=Reason.STATUTE)
    assert by_rules(rules, "child_welfare").reason == Reason.CONSENT
    for groups in (("core", "protection"), ("protection", "core")):
        assert by_rules(rules, groups=groups).rules == ("x.welfare/1", "x.address/1", "x.child_welfare/1")


def test_of_several_categories_that_are_denied_the_first_says_why() -> None:
    assert decide(subject=Subject("csac", "aid", frozenset({"substance_use"}))).reason == Reason.NO_CONSENT
    assert decide((GRANT,), subject=Subject("csac", "aid", frozenset({"substance_use"}))).reason == Reason.LAW_DENIES


def test_the_audit_has_of_a_decision_what_was_decided_and_by_which_terms() -> None:
    permit, denial = decide((GRANT,)), decide()
    agreed = ("dsa-transfer", 2, permit.groups, "transfer_advising", permit.rules)
    assert permit.as_audited == ("center", "permit", "consent", *agreed)
    assert denial.as_audited[:3] == ("center", "deny", "no_consent")


def test_a_consent_permits_on_every_day_of_its_period_and_on_no_other() -> None:
    said = replace(GRANT, valid_from=TODAY - 2, valid_until=TODAY + 2)
    permitted = [decide((said,), today=TODAY + days).permit for days in range(-3, 4)]
    assert permitted == [False, True, True, True, True, True, False]


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("given", Reason.CONSENT), ("renewed", Reason.CONSENT), ("requested", Reason.NO_CONSENT),
        ("refused", Reason.DENIED), ("withdrawn", Reason.DENIED), ("expired", Reason.DENIED),
        ("invalidated", Reason.DENIED), ("doubted", Reason.NO_CONSENT),
    ],
)  # fmt: skip
def test_each_state_of_a_consent_means_what_it_says(state: str, reason: Reason) -> None:
    assert decide((replace(GRANT, state=state),)).reason == reason


def test_every_reason_but_those_of_the_stage_is_reached_above() -> None:
    """What comes of the record and not of the law: test_redecision and test_erasing have it."""
    of_the_stage = {Reason.SOURCE_RETRACTED, Reason.RECORD_MOVED, Reason.UNREADABLE, Reason.ERASED}
    of_the_law = {
        Reason.CONSENT, Reason.STATUTE, Reason.OWN_RECORD, Reason.NOT_IN_FORCE, Reason.TIER_MISSING, Reason.NO_CASELOAD,
        Reason.NO_CONSENT, Reason.DENIED, Reason.OUT_OF_TIME, Reason.RIGHTS_TRANSFERRED, Reason.NOT_APPROVED,
        Reason.LAW_DENIES, Reason.NOT_PERMITTED,
    }  # fmt: skip
    assert set(Reason) == of_the_stage | of_the_law


WORDS = st.frozensets(
    st.sampled_from(["csac", "aid", "immigration_proxy", "transfer_advising", "center", "*", "", "x"]), max_size=3
)
DAYS = st.one_of(st.none(), st.integers(-(2**31), 2**31 - 1), st.integers(TODAY - 1, TODAY + 1))
STATEMENTS = st.builds(
    Statement,
    event_id=st.sampled_from(["c1", "c2", ""]),
    published_at=st.integers(-(2**63), 2**63 - 1),
    state=st.sampled_from(["given", "renewed", "requested", *sorted(DENIALS), "", "*"]),
    role=st.sampled_from([*Role, "", "x"]),
    controllers=WORDS, categories=WORDS, purposes=WORDS, recipients=WORDS, valid_from=DAYS, valid_until=DAYS,
)  # fmt: skip
STANDINGS = st.builds(Standing, age=st.sampled_from(Age))
ORDERS = st.builds(
    Order,
    st.just("o"),
    st.sampled_from(["center", "x"]),
    st.sampled_from(Basis),
    st.integers(0, 3),
    st.integers(TODAY - 1, TODAY + 1),
)
PERSONS = st.builds(
    Person, st.lists(st.lists(STATEMENTS, max_size=3).map(tuple), max_size=3).map(tuple), WORDS, STANDINGS,
    st.lists(ORDERS, max_size=2).map(tuple),
)  # fmt: skip
AGREEMENTS = st.builds(
    terms,
    basis=st.sampled_from([one for one in Basis if one is not Basis.OTHER]),
    relation=st.sampled_from(["caseload", "organization"]),
    purpose=st.sampled_from(["transfer_advising", "aid_administration", "study"]),
    party=st.sampled_from(["center", "x"]),
    effective_to=st.sampled_from([None, date(2025, 1, 1), date(2026, 9, 21)]),
    grants=st.sampled_from(
        [
            [Grant(partner_id=p, family=family, groups=catalog.groups_of(family))]
            for p, family in product(["csac", "x"], catalog.PROJECTED)
        ]
    ),
)
SUBJECTS = st.builds(Subject, st.sampled_from(["csac", "x"]), st.sampled_from(catalog.PROJECTED), WORDS)


@given(SUBJECTS, PERSONS, st.lists(AGREEMENTS, max_size=3), DAYS)
def test_no_input_makes_it_raise_and_every_permit_has_a_ground(
    subject: Subject, who: Person, agreements: list[Agreement], today: int | None
) -> None:
    for decision in ask(subject, who, agreements, today):
        if not decision.permit:
            assert decision.groups == decision.consent_event_ids == ()
            continue
        assert "core" in decision.groups
        assert today is not None
        assert decision.basis != "consent" or decision.consent_event_ids
        assert decision.expires_on is None or decision.expires_on >= today


@given(SUBJECTS, PERSONS, AGREEMENTS, DAYS, STATEMENTS)
def test_one_more_denial_never_permits_more(
    subject: Subject, who: Person, agreement: Agreement, today: int | None, said: Statement
) -> None:
    denial = replace(said, state="withdrawn")
    more = replace(who, statements=(*who.statements, (denial,)))
    before = ask(subject, who, [agreement], today)
    after = ask(subject, more, [agreement], today)
    for one, other in zip(before, after, strict=True):
        assert set(other.groups) <= set(one.groups)


@given(SUBJECTS, PERSONS, AGREEMENTS, DAYS)
def test_the_order_of_records_does_not_show(
    subject: Subject, who: Person, agreement: Agreement, today: int | None
) -> None:
    turned = replace(who, statements=tuple(reversed(who.statements)))
    assert ask(subject, who, [agreement], today) == ask(subject, turned, [agreement], today)
