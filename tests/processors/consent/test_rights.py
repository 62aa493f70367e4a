"""Whose word on consent counts: 34 CFR 99.3 and 99.5, Cal. Ed. Code 49061 and 49076(a)(1)."""

from collections import Counter
from dataclasses import replace
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.consent import rights
from processors.consent.law.facts import Agency, ConsentState
from processors.consent.rights import AGES, Age, Attends, Role, Standing
from processors.consent.statements import DENIALS, GRANTS, Cell, Statement, consent_for

TODAY = 20_000
AT_SCHOOL, AT_COLLEGE = frozenset({Attends.SCHOOL}), frozenset({Attends.COLLEGE})
BOTH = AT_SCHOOL | AT_COLLEGE
PUPIL = Standing(age=Age.UNDER_14, attends=AT_SCHOOL)
DUAL = Standing(age=Age.FROM_16, attends=BOTH)
"""Enrolled in high school and college at once."""
FRESHMAN = Standing(age=Age.FROM_16, attends=AT_COLLEGE)
"""Seventeen, and through with school."""
FOSTERED = replace(PUPIL, is_fostered=True)
ALONE = Standing(age=Age.FROM_14, attends=AT_SCHOOL, is_unaccompanied=True)
EMANCIPATED = Standing(age=Age.FROM_16, attends=AT_SCHOOL, is_emancipated=True)
GROWN = Standing(age=Age.ADULT)
OPEN = (
    Standing(age=Age.FROM_16, attends=frozenset({Attends.PERHAPS_COLLEGE})),
    Standing(age=Age.FROM_16, attends=frozenset({Attends.PERHAPS_COLLEGE, Attends.PERHAPS_SCHOOL})),
    Standing(age=Age.UNKNOWN, attends=frozenset({Attends.COLLEGE, Attends.PERHAPS_SCHOOL})),
)
"""Nobody knows whether they attend a college alone."""
PARENTS_OWN = (Role.PARENT, Role.GUARDIAN, Role.EDUCATION_RIGHTS_HOLDER)
CELL = Cell("csac", "aid", "transfer_advising", "center")


def roles(holder: Agency, standing: Standing) -> set[str]:
    """Whose grant counts."""
    return {role.value for role in rights.who_may_grant(holder, standing)}


def said(state: str, role: str, at: int = 1, **more: int) -> Statement:
    """A statement about the disclosure in question."""
    scope = [frozenset({word}) for word in CELL[:4]]
    return Statement(f"{role} {state} {at}", at, state, role, *scope, more.get("since"), more.get("until"))


def stands(holder: Agency, standing: Standing, *records: list[Statement]) -> ConsentState:
    """What stands of consent for the disclosure."""
    return consent_for(CELL, records, holder, standing, TODAY).state


SCHOOL, COLLEGE, AID, WAGES, WELFARE = (
    Agency.SCHOOL, Agency.COLLEGE, Agency.STUDENT_AID, Agency.WAGES, Agency.SOCIAL_SERVICES,
)  # fmt: skip


@pytest.mark.parametrize(
    ("holder", "standing", "expected"),
    [
        (SCHOOL, PUPIL, {"parent", "guardian", "education_rights_holder", "court"}),
        (SCHOOL, replace(PUPIL, age=Age.FROM_16), {"parent", "guardian", "education_rights_holder", "court"}),
        (SCHOOL, GROWN, {"student", "court"}),
        (SCHOOL, replace(GROWN, attends=AT_SCHOOL), {"student", "court"}),
        (SCHOOL, FRESHMAN, {"student", "court"}),
        (SCHOOL, DUAL, {"parent", "guardian", "education_rights_holder", "court"}),
        (COLLEGE, DUAL, {"student", "court"}),
        (COLLEGE, Standing(age=Age.UNDER_14, attends=BOTH), {"student", "court"}),
        (WAGES, PUPIL, {"student", "court"}),
        (AID, DUAL, {"parent", "guardian", "education_rights_holder", "court"}),
        (SCHOOL, FOSTERED, {"guardian", "education_rights_holder", "court"}),
        (COLLEGE, FOSTERED, {"student", "court"}),
        (SCHOOL, replace(FOSTERED, age=Age.ADULT), {"student", "court"}),
        (SCHOOL, ALONE, {"student", "parent", "guardian", "education_rights_holder", "court"}),
        (
            SCHOOL,
            replace(ALONE, age=Age.FROM_16),
            {"student", "parent", "guardian", "education_rights_holder", "court"},
        ),
        (SCHOOL, replace(ALONE, age=Age.UNDER_14), {"parent", "guardian", "education_rights_holder", "court"}),
        (SCHOOL, replace(ALONE, age=Age.UNKNOWN), {"parent", "guardian", "education_rights_holder", "court"}),
        (SCHOOL, replace(ALONE, is_fostered=True), {"student", "guardian", "education_rights_holder", "court"}),
        (SCHOOL, EMANCIPATED, {"student", "court"}),
        (WELFARE, rights.UNKNOWN, {"parent", "guardian", "education_rights_holder", "court"}),
    ],
)
def test_whose_grant_counts(holder: Agency, standing: Standing, expected: set[str]) -> None:
    assert roles(holder, standing) == expected


def test_of_whom_nothing_is_said_nothing_is_so() -> None:
    assert Standing(Age.UNKNOWN, frozenset(), *(False,) * 3, frozenset(), *(False,) * 2) == rights.UNKNOWN == Standing()
    assert not rights.UNKNOWN.is_eligible


def test_a_grant_for_several_purposes_counts_for_each_where_it_need_not_be_for_one_alone() -> None:
    several = replace(said("given", "student"), purposes=frozenset({CELL.purpose, "study"}))
    alone = CELL._replace(is_distinct=True)
    found = [consent_for(cell, [[several]], COLLEGE, GROWN, TODAY).state for cell in (CELL, alone)]
    assert found == [ConsentState.IN_FORCE, ConsentState.NONE]


def test_a_minor_students_own_grant_counts_for_nothing_in_a_schools_records_but_their_refusal_does() -> None:
    assert stands(SCHOOL, PUPIL, [said("given", "student")]) is ConsentState.NOT_HOLDERS
    parents, own = said("given", "parent"), said("refused", "student", 2)
    assert stands(SCHOOL, PUPIL, [parents]) is ConsentState.IN_FORCE
    assert stands(SCHOOL, PUPIL, [parents, own]) is ConsentState.REFUSED
    assert stands(SCHOOL, PUPIL, [parents], [own]) is ConsentState.REFUSED


def test_a_minor_students_grant_after_a_parents_refusal_does_not_lift_it() -> None:
    refused, own = said("refused", "parent"), said("given", "student", 2)
    assert stands(SCHOOL, PUPIL, [refused, own]) is ConsentState.REFUSED


@pytest.mark.parametrize("role", PARENTS_OWN)
@pytest.mark.parametrize("holder", [SCHOOL, COLLEGE, AID])
def test_once_rights_have_passed_neither_a_parents_grant_nor_their_refusal_counts(role: Role, holder: Agency) -> None:
    assert stands(holder, GROWN, [said("given", role)]) is ConsentState.NOT_HOLDERS
    assert stands(holder, GROWN, [said("given", "student"), said("refused", role, 2)]) is ConsentState.IN_FORCE


def test_of_one_enrolled_in_both_the_parent_speaks_for_the_school_and_the_student_for_the_college() -> None:
    parent, student = said("given", "parent"), said("given", "student")
    assert stands(SCHOOL, DUAL, [parent]) is ConsentState.IN_FORCE
    assert stands(COLLEGE, DUAL, [parent]) is ConsentState.NOT_HOLDERS
    assert stands(SCHOOL, DUAL, [student]) is ConsentState.NOT_HOLDERS
    assert stands(COLLEGE, DUAL, [student]) is ConsentState.IN_FORCE
    assert stands(COLLEGE, DUAL, [student, said("refused", "parent", 2)]) is ConsentState.IN_FORCE


@pytest.mark.parametrize("standing", OPEN)
@pytest.mark.parametrize("holder", [SCHOOL, AID])
def test_where_it_is_open_whether_rights_have_passed_a_court_grants_and_anybodys_no_is_heard(
    standing: Standing, holder: Agency
) -> None:
    assert roles(holder, standing) == {"court"}
    assert roles(holder, replace(standing, is_fostered=True)) == {"court"}
    assert roles(COLLEGE, standing) == {"student", "court"}
    for role in Role:
        assert stands(holder, standing, [said("given", "court"), said("refused", role, 2)]) is ConsentState.REFUSED


@pytest.mark.parametrize("perhaps", [Attends.PERHAPS_SCHOOL, Attends.PERHAPS_COLLEGE])
def test_of_a_pupil_for_certain_and_of_an_adult_nothing_is_open(perhaps: Attends) -> None:
    assert roles(SCHOOL, replace(DUAL, attends=AT_SCHOOL | {perhaps})) == roles(SCHOOL, DUAL)
    assert roles(SCHOOL, replace(GROWN, attends=AT_COLLEGE | {perhaps})) == roles(SCHOOL, GROWN)


def test_perhaps_a_pupil_and_nothing_else_leaves_the_rights_with_the_parent() -> None:
    assert roles(SCHOOL, replace(PUPIL, attends=frozenset({Attends.PERHAPS_SCHOOL}))) == roles(SCHOOL, PUPIL)


def test_a_foster_childs_parent_cannot_grant_but_still_refuse() -> None:
    holder = said("given", "education_rights_holder")
    assert stands(SCHOOL, FOSTERED, [said("given", "parent")]) is ConsentState.NOT_HOLDERS
    assert stands(SCHOOL, FOSTERED, [holder]) is ConsentState.IN_FORCE
    assert stands(SCHOOL, FOSTERED, [holder, said("refused", "parent", 2)]) is ConsentState.REFUSED


def test_a_court_is_heard_at_any_age() -> None:
    for age, holder in product(AGES, Agency):
        assert stands(holder, Standing(age=age), [said("given", "court")]) is ConsentState.IN_FORCE
        assert stands(holder, Standing(age=age), [said("refused", "court")]) is ConsentState.REFUSED


def test_who_is_of_no_known_role_is_not_heard_granting() -> None:
    for age, holder in product(AGES, Agency):
        assert stands(holder, Standing(age=age), [said("given", "neighbour")]) is ConsentState.NOT_HOLDERS


STANDINGS = st.builds(
    Standing,
    st.sampled_from(AGES),
    st.frozensets(st.sampled_from(Attends)),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
HOLDERS = st.sampled_from(list(Agency))
SAYINGS = st.builds(
    said,
    st.sampled_from([*sorted(GRANTS | DENIALS), "requested"]),
    st.sampled_from([*[role.value for role in Role], "neighbour"]),
    st.integers(1, 9),
    until=st.sampled_from([TODAY - 1, TODAY, TODAY + 9]),
)
RECORDS = st.lists(st.lists(SAYINGS, max_size=4), min_size=1, max_size=3)
REFUSALS = st.builds(said, st.sampled_from(sorted(DENIALS)), st.sampled_from([role.value for role in Role]))


@given(HOLDERS, STANDINGS, RECORDS, REFUSALS, st.data())
def test_a_refusal_more_never_permits_more(
    holder: Agency, standing: Standing, records: list[list[Statement]], refusal: Statement, data: st.DataObject
) -> None:
    record = data.draw(st.integers(0, len(records) - 1))
    place = data.draw(st.integers(0, len(records[record])))
    more = [list(statements) for statements in records]
    more[record].insert(place, refusal)
    if stands(holder, standing, *records) is not ConsentState.IN_FORCE:
        assert stands(holder, standing, *more) is not ConsentState.IN_FORCE


@given(HOLDERS, STANDINGS)
def test_where_it_is_open_only_those_grant_who_may_whatever_is_attended(holder: Agency, standing: Standing) -> None:
    """Each thing that is perhaps attended is, or is not."""
    surely = standing.attends & BOTH
    readings = [surely | {one for one in more if one} for more in product(
        ({Attends.SCHOOL} if Attends.PERHAPS_SCHOOL in standing.attends else set()) | {None},
        ({Attends.COLLEGE} if Attends.PERHAPS_COLLEGE in standing.attends else set()) | {None},
    )]  # fmt: skip
    allowed = [rights.who_may_grant(holder, replace(standing, attends=frozenset(reading))) for reading in readings]
    assert rights.who_may_grant(holder, standing) == frozenset.intersection(*allowed)


@given(HOLDERS, STANDINGS, RECORDS)
def test_what_is_in_force_rests_on_grants_of_who_may_grant(
    holder: Agency, standing: Standing, records: list[list[Statement]]
) -> None:
    found = consent_for(CELL, records, holder, standing, TODAY)
    assert (found.state is ConsentState.IN_FORCE) == bool(found.rests_on)
    assert all(said.role in rights.who_may_grant(holder, standing) for said in found.rests_on)


@given(HOLDERS, STANDINGS, RECORDS, st.randoms(use_true_random=False))
def test_records_share_no_order(
    holder: Agency, standing: Standing, records: list[list[Statement]], order: Random
) -> None:
    shuffled = list(records)
    order.shuffle(shuffled)
    found, other = (consent_for(CELL, each, holder, standing, TODAY) for each in (records, shuffled))
    assert (found.state, Counter(found.rests_on)) == (other.state, Counter(other.rests_on))
