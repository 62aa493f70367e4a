"""The calendar: what ships is whole, and what cannot be is refused."""

import tomllib
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError
from support.released import SHIPPED, shipped_calendar

from partners.population import calendars
from partners.rows import day_of
from processors.signals.calendar import Calendar

RAW = tomllib.loads(SHIPPED.read_text())


def test_the_terms_that_ship_are_those_that_the_made_up_colleges_teach() -> None:
    shipped = {term.term_id: (term.first_day, term.last_day) for term in shipped_calendar().terms}
    made_up = calendars.terms((date(2033, 1, 1) - date(1970, 1, 1)).days, 16)
    assert len(shipped) == 18
    assert {name: shipped[name] for name, _, _ in made_up} == {n: (day_of(a), day_of(b)) for n, a, b in made_up}


def test_the_aid_years_that_ship_follow_their_seniors_last_year_of_school() -> None:
    for year in shipped_calendar().aid_years:
        assert year.aid_year == f"{year.seniors_of + 1}-{year.seniors_of + 2}"
        assert year.deadline == date(year.seniors_of + 1, 3, 2)
        assert year.ends_on == date(year.seniors_of + 1, 6, 30)


def test_a_deadline_in_autumn_ends_in_the_june_after_it() -> None:
    year = {"aid_year": "2027-2028", "deadline": date(2027, 9, 2), "seniors_of": 2026}
    assert shipped_calendar(aid_years=[year]).aid_years[0].ends_on == date(2028, 6, 30)


@pytest.mark.parametrize(
    "changed",
    [
        {"fafsa_days_before": -1},
        {"stopped_out_days": "soon"},
        {"aid_years": [RAW["aid_years"][0], RAW["aid_years"][0]]},
        {"terms": [RAW["terms"][0], RAW["terms"][0]]},
        {"terms": [{**RAW["terms"][0], "last_day": date(2020, 1, 1)}]},
        {"terms": [{**RAW["terms"][0], "term_id": "Fall"}]},
        {"holidays": []},
    ],
    ids=["days", "no number", "aid year twice", "term twice", "ends before", "no term", "unknown word"],
)
def test_what_cannot_be_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Calendar.model_validate({**RAW, **changed})


def test_another_calendar_has_another_fingerprint() -> None:
    assert shipped_calendar().fingerprint == shipped_calendar().fingerprint
    assert shipped_calendar(stopped_out_days=29).fingerprint != shipped_calendar().fingerprint


def test_terms_are_in_order_whatever_the_file_says() -> None:
    assert shipped_calendar(terms=RAW["terms"][::-1]).in_order == shipped_calendar().in_order
