"""Social services of the made-up people: few enough, sound, and seen by the agency that serves them."""

from collections.abc import Iterable
from datetime import date

import pytest

from deploy.population import generate
from partners import rows
from partners.population import Planned, Population
from partners.population.oracle import label_of
from partners.population.social import AGENCY
from partners.rows import day_of

AS_OF = date(2026, 9, 1)
FOSTER = {"FOSTER_CARE", "EXTENDED_FOSTER_CARE"}


@pytest.fixture(scope="module")
def many() -> Population:
    """So many people that there are some of every kind."""
    return generate(2000, 7)


def told(population: Population, family: str) -> list[Planned]:
    """What the department of social services has told of a family, once each."""
    history = population.phases["history"]
    return list({e.event_id: e for e in history if e.partner == "cdss" and e.family == family and not e.code}.values())


def people(events: Iterable[Planned]) -> set[str]:
    """Records that events are about."""
    return {label_of(event) for event in events}


def test_all_that_the_department_tells_is_a_small_part_of_everything(many: Population) -> None:
    every = [e for events in many.phases.values() for e in events]
    ours = [e for e in every if e.partner == "cdss"]
    assert 0.015 < len(ours) / len(every) < 0.05
    assert {e.family for e in ours} == {"identity", "social_service", "consent"}


def test_of_whoever_a_service_is_told_the_traits_are_told_too(many: Population) -> None:
    assert people(told(many, "identity")) == people(told(many, "social_service"))


def test_foster_care_has_its_agency_and_placements_and_other_programs_have_neither(many: Population) -> None:
    for event in told(many, "social_service"):
        is_care = event.body["program"] in FOSTER
        agency, county = ("la_county_foster", "19") if is_care else (None, None)
        assert (event.body["responsible_agency"], event.body["responsible_county"]) == (agency, county)
        assert (event.body["placement_event"] is not None) == is_care
        assert event.envelope["data_categories"] == (["child_welfare"] if is_care else [])


def test_some_placements_are_entered_some_moved_and_some_left_one_after_another(many: Population) -> None:
    days: dict[str, dict[str, int]] = {}
    for event in told(many, "social_service"):
        if event.body["placement_event"]:
            days.setdefault(label_of(event), {})[event.body["placement_event"]] = event.envelope["occurred_on"]
    assert {name for one in days.values() for name in one} == {"entered", "moved", "exited"}
    for one in days.values():
        assert list(one.values()) == sorted(one.values())
        assert "entered" in one


def test_foster_youth_are_on_the_caseload_of_the_agency_that_is_responsible(many: Population) -> None:
    persons = many.truth.records["history"]
    served = {persons[label_of(e)] for e in many.phases["history"] if e.partner == "la_county_foster" and not e.code}
    children = people(e for e in told(many, "social_service") if e.body["program"] == "FOSTER_CARE")
    assert len({persons[label] for label in children} & served) > 0.9 * len(children)  # a few records are not linked


def test_a_benefit_is_of_a_whole_month_that_is_over(many: Population) -> None:
    months = {e.body["benefit_month"]: e.envelope for e in told(many, "social_service") if e.body["benefit_month"]}
    assert [day_of(month) for month in months] == [date(2026, 8, 1)]
    for month, envelope in months.items():
        assert (envelope["effective_from"], day_of(envelope["effective_to"])) == (month, date(2026, 8, 31))


def test_few_are_emancipated_homeless_on_their_own_or_have_a_secret_address_and_their_ages_fit(
    many: Population,
) -> None:
    born = {label_of(e): e.body["birth_date"] for e in told(many, "identity")}
    kinds: dict[str, set[int]] = {
        "emancipated_minor": set(),
        "unaccompanied_youth": set(),
        "address_confidential": set(),
    }
    for event in told(many, "social_service"):
        for kind, ages in kinds.items():
            if event.body[kind]:
                ages.add(int((rows.days(AS_OF) - born[label_of(event)]) / 365.25))
        assert (event.body["unaccompanied_youth"] is None) == (event.body["homeless_nighttime_residence"] is None)
    assert kinds["emancipated_minor"] <= {16, 17}
    assert kinds["unaccompanied_youth"] <= set(range(14, 25))
    assert all(kinds.values())


def test_an_emancipated_minor_says_again_what_was_permitted_in_their_name(many: Population) -> None:
    own = [
        e
        for e in many.phases["history"]
        if e.family == "consent" and e.body.get("guardian_basis") == "emancipated_minor"
    ]
    persons = many.truth.records["history"]
    minors = {persons[label_of(e)] for e in told(many, "social_service") if e.body["emancipated_minor"]}
    assert {persons[label_of(e)] for e in own} <= minors
    assert {e.body["granted_by_role"] for e in own} == {"student"}


@pytest.mark.parametrize("phase", ["history", "changes", "trickle"])
def test_a_service_is_seen_by_the_agency_alone_and_only_of_whom_it_serves(many: Population, phase: str) -> None:
    facts = {e.event_id: e for e in told(many, "social_service")}
    seen = [(who, person, facts[i]) for who, person, i in many.truth.visible[phase] if i in facts]
    served = {person for who, person, _ in many.truth.visible[phase] if who == AGENCY}
    assert {who for who, _, _ in seen} == {AGENCY}
    assert {person for _, person, _ in seen} <= served
    assert 0 < len(seen) < len(facts)


def test_once_care_has_ended_nobody_sees_that_there_was_any(many: Population) -> None:
    facts = {e.event_id: e for e in told(many, "social_service")}
    over = people(e for e in facts.values() if e.body["placement_event"] == "exited")
    visible = [facts[i] for _, _, i in many.truth.visible["history"] if i in facts]
    seen = people(e for e in visible if e.body["placement_event"])
    assert over
    assert not seen & over


def test_for_children_in_care_others_speak_than_parents_and_the_grown_speak_for_themselves(many: Population) -> None:
    said = {(e.body["granted_by_role"], e.body["guardian_basis"]) for e in told(many, "consent")}
    assert said == {
        ("student", "eligible_student"), ("education_rights_holder", "education_rights_holder"), ("court", "court"),
        ("guardian", "legal_guardian"),
    }  # fmt: skip
