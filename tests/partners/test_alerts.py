"""The truth's own signals, case by case: what a recipient sees, a day, and what is raised."""

import tomllib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from partners.population.alerts import raised
from partners.population.deadlines import FAFSA_DAYS, Deadlines, deadlines
from partners.population.planned import Planned, Record, again, planned
from partners.rows import days

SHIPPED = Deadlines()
AUTUMN = "2026-11-24"
SENIOR = {"entry_grade_level": "G12", "entry_date": days(date(2026, 8, 12))}


def fact(family: str, name: str = "f", at: int = 1, partner: str = "ccc", **body: Any) -> Planned:
    return planned(Record(partner, "token", 1), family, name, at, body)


def aid(name: str = "f", at: int = 1, year: str = "2027-2028", **body: Any) -> Planned:
    return fact("aid", name, at, "csac", aid_year=year, **body)


def term(name: str, **body: Any) -> Planned:
    return fact("enrollment", name, term_id=name, **body)


def signals(facts: Sequence[Planned], day: str = AUTUMN, calendar: Deadlines = SHIPPED) -> list[tuple[str, str]]:
    """Rule and what it is about, of one person in one view."""
    sights = [("us", "P1", event.event_id) for event in facts]
    found = raised(sights, {e.event_id: e for e in facts}, days(date.fromisoformat(day)), calendar)
    assert {(recipient, person) for recipient, person, _, _ in found} <= {("us", "P1")}
    return [(rule, about) for _, _, rule, about in found]


def test_progress_of_the_latest_aid_year_counts_whenever_it_was_told() -> None:
    early = aid("a", at=9, year="2024-2025", sap_status="not_eligible")
    late = aid("b", at=1, year="2025-2026", sap_status="meeting")
    assert signals([early]) == [("sap_lost", "2024-2025")]
    assert signals([early, late]) == []


def test_of_two_facts_on_one_aid_years_progress_the_one_told_last_counts() -> None:
    met, lost = aid("a", at=1, sap_status="meeting"), aid("b", at=2, sap_status="not_eligible")
    assert signals([met, lost]) == [("sap_lost", "2027-2028")]
    assert signals([lost, again(met, 3, "correct")]) == []


def test_a_correction_that_is_seen_takes_the_place_of_what_it_corrects() -> None:
    lost = aid(sap_status="not_eligible")
    assert signals([again(lost, 2, "correct", sap_status="meeting"), lost]) == []


@pytest.mark.parametrize(
    ("statuses", "found"),
    [
        ([], False),
        ([None], False),
        (["not_started"], True),
        (["rejected"], True),
        (["submitted", "processed"], False),
        (["incomplete", "opted_out"], False),
    ],
)
def test_an_application_is_missed_where_it_is_told_of_and_none_is_done(
    statuses: list[str | None],
    found: bool,  # noqa: FBT001
) -> None:
    facts = [aid(str(i), application_status=status) for i, status in enumerate(statuses)]
    raised_now = signals([fact("enrollment", **SENIOR), *facts], "2027-02-01")
    assert raised_now == ([("fafsa_incomplete", "2027-2028")] if found else [])


@pytest.mark.parametrize(
    ("day", "found"),
    [("2027-01-30", False), ("2027-01-31", True), ("2027-03-02", True), ("2027-06-30", True), ("2027-07-01", False)],
)
def test_an_application_is_asked_for_from_thirty_days_before_its_deadline_to_the_end_of_june(
    day: str,
    found: bool,  # noqa: FBT001
) -> None:
    facts = [fact("enrollment", **SENIOR), aid(application_status="incomplete")]
    assert bool(signals(facts, day)) == found


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"entry_grade_level": "G11"}, False),
        ({"entry_date": days(date(2026, 6, 30))}, False),
        ({"entry_date": days(date(2026, 7, 1))}, True),
        ({"entry_date": days(date(2027, 6, 30))}, True),
        ({"entry_date": None}, False),
        ({"exit_date": days(date(2027, 5, 1))}, False),
        ({"exit_date": days(date(2027, 5, 2))}, True),
    ],
)
def test_a_senior_is_in_the_twelfth_grade_of_that_school_year_and_has_not_left(
    changed: dict[str, Any],
    found: bool,  # noqa: FBT001
) -> None:
    facts = [fact("enrollment", **{**SENIOR, **changed}), aid(application_status="incomplete")]
    assert bool(signals(facts, "2027-05-01")) == found


@pytest.mark.parametrize(
    ("terms", "day", "about"),
    [
        (["257"], "2026-09-01", "257"),
        (["257", "267"], "2026-09-01", None),
        (["263"], "2026-09-22", None),
        (["263"], "2026-09-23", "263"),
        (["263", "267"], AUTUMN, None),
        (["257"], AUTUMN, None),
        (["263"], "2027-02-19", None),
        (["265"], AUTUMN, None),
    ],
)
def test_who_was_in_the_term_before_and_is_in_none_since_has_stopped_out_for_one_term(
    terms: list[str], day: str, about: str | None
) -> None:
    assert signals([term(name) for name in terms], day) == ([("stopped_out", about)] if about else [])


@pytest.mark.parametrize(
    "gone", [{"postsecondary_exit_type": "graduated"}, {"enrollment_status": "transferring"}], ids=["award", "transfer"]
)
def test_who_graduated_or_went_elsewhere_has_not_stopped_out(gone: dict[str, str]) -> None:
    assert signals([term("263", **gone)]) == []
    assert signals([term("263"), term("257", **gone)]) == []


def test_what_another_recipient_sees_raises_nothing_here() -> None:
    seen, unseen = fact("enrollment", **SENIOR), aid(application_status="incomplete")
    sights = [("us", "P1", seen.event_id), ("them", "P1", unseen.event_id)]
    assert raised(sights, {e.event_id: e for e in (seen, unseen)}, days(date(2027, 2, 1)), SHIPPED) == []


@pytest.mark.parametrize("day", ["2026-09-01", "2026-07-01", "2027-02-20", "2027-06-30"])
def test_the_demonstrations_seniors_are_asked_for_their_applications_from_before_its_day(day: str) -> None:
    as_of = date.fromisoformat(day)
    facts = [fact("enrollment", **SENIOR), aid(application_status="incomplete")]
    assert deadlines(as_of).fafsa_days >= FAFSA_DAYS
    assert [rule for rule, _ in signals(facts, day, deadlines(as_of))] == ["fafsa_incomplete"]


def test_the_truths_own_calendar_is_the_one_that_ships() -> None:
    shipped = Path(__file__).parents[2] / "deploy" / "signals" / "calendar.toml"
    assert tomllib.loads(SHIPPED.to_toml()) == tomllib.loads(shipped.read_text(encoding="utf-8"))


def test_the_calendar_is_written_as_toml_with_dates() -> None:
    read = tomllib.loads(SHIPPED.to_toml())
    assert read["fafsa_days_before"] == FAFSA_DAYS
    assert {"aid_year": "2027-2028", "deadline": date(2027, 3, 2), "seniors_of": 2026} in read["aid_years"]
    assert {"term_id": "267", "first_day": date(2026, 8, 24), "last_day": date(2026, 12, 15)} in read["terms"]
