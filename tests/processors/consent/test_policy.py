"""The consent decision: default deny, any denial wins, total."""

from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.consent import policy
from processors.consent.agreements import EPOCH, Agreement, Grant
from processors.consent.policy import Decision, Person, Reason, Statement, Subject
from schemas_avro import catalog

TODAY = (date(2026, 9, 21) - EPOCH).days
AGREED = Agreement(
    agreement_id="dsa-transfer", version=2, tier="dsa", title="t", party="center", purpose="advising",
    citation="34 CFR 99.30", effective_from=date(2024, 7, 1),
    grants=(Grant(partner_id="csac", family="aid", groups=("core", "application_type", "amounts")),),
)  # fmt: skip
AWARD = Subject("csac", "aid", frozenset())
GRANT = Statement(
    "c1", 1, "given", controllers=frozenset({"csac"}), categories=frozenset({"aid", "immigration_proxy"}),
    purposes=frozenset({"advising"}), recipients=frozenset({"center"}), valid_from=None, valid_until=None,
)  # fmt: skip
LISTS = ("controllers", "categories", "purposes", "recipients")


def person(*records: tuple[Statement, ...], served_by: frozenset[str] = frozenset({"center"})) -> Person:
    """Statements by record."""
    return Person(records, served_by)


def terms(**changed: Any) -> Agreement:
    """The agreement on other terms."""
    return Agreement.model_validate({**AGREED.model_dump(), **changed})


def decide(
    *records: tuple[Statement, ...], agreement: Agreement = AGREED, subject: Subject = AWARD, today: int | None = TODAY
) -> Decision:
    """The one recipient's decision about a person whom it serves."""
    [decision] = policy.decide(subject, person(*records), [agreement], today)
    return decision


def later(statement: Statement = GRANT, **changed: Any) -> Statement:
    """The next statement of the same record."""
    number = statement.published_at + 1
    return replace(statement, **{"event_id": f"c{number}", "published_at": number, **changed})


WITHDRAWN = later(state="withdrawn")


def test_a_grant_permits_every_granted_group_whose_categories_it_names() -> None:
    decision = decide((GRANT,))
    assert decision == Decision(
        "center", permit=True, reason=Reason.CONSENT, agreement_id="dsa-transfer", agreement_version=2,
        purpose="advising", basis="consent",
        groups=("amounts", "application_type", "core"), consent_event_ids=("c1",), expires_on=None,
    )  # fmt: skip


def test_nobody_without_an_agreement_is_even_asked() -> None:
    mou = Agreement(
        agreement_id="m", version=1, tier="mou", title="t", party="center", families=("aid",), citation="c",
        effective_from=date(2024, 7, 1),
    )  # fmt: skip
    other = terms(grants=[Grant(partner_id="csac", family="contact", groups=("core",))])
    assert policy.decide(AWARD, person((GRANT,)), [mou, other], TODAY) == []
    assert policy.decide(AWARD, person((GRANT,)), [], TODAY) == []


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
        *(case(s, Reason.DENIED, (GRANT, later(state=s))) for s in sorted(policy.DENIALS)),
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


def test_a_grant_in_time_permits_beside_one_out_of_time_in_another_record() -> None:
    assert decide((replace(GRANT, valid_until=TODAY - 1),), (replace(GRANT, event_id="d"),)).consent_event_ids == ("d",)


def test_without_the_person_on_its_caseload_a_recipient_sees_nothing_unless_it_is_the_organization() -> None:
    stranger = person((GRANT,), served_by=frozenset({"another"}))
    assert policy.decide(AWARD, stranger, [AGREED], TODAY)[0].reason == Reason.NO_CASELOAD
    assert policy.decide(AWARD, stranger, [terms(relation="organization")], TODAY)[0].permit


@pytest.mark.parametrize("basis", ["statute", "own_record"])
def test_a_statute_permits_the_granted_groups_without_consent_even_against_a_refusal(basis: str) -> None:
    decision = decide((replace(GRANT, state="refused"),), agreement=terms(basis=basis))
    assert (decision.permit, decision.reason, decision.consent_event_ids) == (True, Reason(basis), ())
    assert decision.groups == ("amounts", "application_type", "core")


def test_a_statute_does_not_permit_a_category_that_its_groups_do_not_have() -> None:
    by_law = terms(basis="statute", grants=[Grant(partner_id="csac", family="aid", groups=("core",))])
    assert decide(agreement=by_law).permit
    assert decide(agreement=by_law, subject=Subject("csac", "aid", frozenset({"aid"}))).permit
    for category in ("health", "immigration_proxy"):
        revealing = Subject("csac", "aid", frozenset({category}))
        assert decide((GRANT,), agreement=by_law, subject=revealing).reason == Reason.NO_CONSENT


def test_each_agreement_decides_for_itself() -> None:
    other = terms(agreement_id="dsa-b", party="office", basis="statute", relation="organization")
    decisions = policy.decide(AWARD, person(), [AGREED, other], TODAY)
    assert [(d.recipient, d.permit) for d in decisions] == [("center", False), ("office", True)]


def test_what_parents_said_before_rights_passed_permits_nothing_and_the_denial_says_so() -> None:
    def decided(*said: Statement, ended: Statement = GRANT) -> Reason:
        who = Person((said,), frozenset({"center"}), ((ended,),))
        return policy.decide(AWARD, who, [AGREED], TODAY)[0].reason

    assert decided() == Reason.RIGHTS_TRANSFERRED
    assert decided(ended=WITHDRAWN) == Reason.NO_CONSENT
    assert decided(ended=later(valid_until=TODAY - 1)) == Reason.NO_CONSENT
    assert decided(WITHDRAWN) == Reason.DENIED
    assert decided(GRANT, ended=WITHDRAWN) == Reason.CONSENT


def test_every_reason_but_those_of_the_stage_is_reached_above() -> None:
    """What comes of the record and not of the law: test_redecision and test_erasing have it."""
    of_the_stage = {Reason.SOURCE_RETRACTED, Reason.RECORD_MOVED, Reason.UNREADABLE, Reason.ERASED}
    of_the_law = {
        Reason.CONSENT, Reason.STATUTE, Reason.OWN_RECORD, Reason.NOT_IN_FORCE, Reason.NO_CASELOAD, Reason.NO_CONSENT,
        Reason.DENIED, Reason.OUT_OF_TIME, Reason.RIGHTS_TRANSFERRED,
    }  # fmt: skip
    assert set(Reason) == of_the_stage | of_the_law


WORDS = st.frozensets(
    st.sampled_from(["csac", "aid", "immigration_proxy", "advising", "center", "*", "", "x"]), max_size=3
)
DAYS = st.one_of(st.none(), st.integers(-(2**31), 2**31 - 1), st.integers(TODAY - 1, TODAY + 1))
STATEMENTS = st.builds(
    Statement,
    event_id=st.sampled_from(["c1", "c2", ""]),
    published_at=st.integers(-(2**63), 2**63 - 1),
    state=st.sampled_from(["given", "renewed", "requested", *sorted(policy.DENIALS), "", "*"]),
    controllers=WORDS, categories=WORDS, purposes=WORDS, recipients=WORDS, valid_from=DAYS, valid_until=DAYS,
)  # fmt: skip
PERSONS = st.builds(
    Person, st.lists(st.lists(STATEMENTS, max_size=3).map(tuple), max_size=3).map(tuple), WORDS
)  # fmt: skip
AGREEMENTS = st.builds(
    terms,
    basis=st.sampled_from(["consent", "statute", "own_record"]),
    relation=st.sampled_from(["caseload", "organization"]),
    purpose=st.sampled_from(["advising", "x"]),
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
    for decision in policy.decide(subject, who, agreements, today):
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
    before = policy.decide(subject, who, [agreement], today)
    after = policy.decide(subject, more, [agreement], today)
    for one, other in zip(before, after, strict=True):
        assert set(other.groups) <= set(one.groups)


@given(SUBJECTS, PERSONS, AGREEMENTS, DAYS)
def test_the_order_of_records_does_not_show(
    subject: Subject, who: Person, agreement: Agreement, today: int | None
) -> None:
    turned = replace(who, statements=tuple(reversed(who.statements)))
    assert policy.decide(subject, who, [agreement], today) == policy.decide(subject, turned, [agreement], today)
