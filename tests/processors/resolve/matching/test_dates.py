"""Dates: however they are written, the digits that were told; what tells no day is not known."""

from datetime import date
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.descriptions import described, levels

from processors.resolve.matching.dates import date_of


@pytest.mark.parametrize(
    "text", ["2004-12-31", "20041231", "12/31/2004", "2004/12/31", " 12-31-2004 ", "2004.12.31", "12/31/2004."]
)
def test_a_date_is_one_number_however_it_is_written(text: str) -> None:
    assert date_of(text) == 20041231


@pytest.mark.parametrize(("text", "number"), [("2/3/2004", 20040203), ("2004-2-3", 20040203), ("02/03/2004", 20040203)])
def test_leading_zeros_may_be_missing_and_the_month_comes_first_where_the_year_does_not(text: str, number: int) -> None:
    assert date_of(text) == number


@pytest.mark.parametrize(("text", "number"), [("2004-02-30", 20040230), ("31/12/2004", 20043112)])
def test_a_day_that_no_calendar_has_is_kept_as_it_was_told(text: str, number: int) -> None:
    assert date_of(text) == number


@pytest.mark.parametrize(
    "text", ["", "none", "2004", "2004-12", "041231", "December 31, 2004", "2004-12-31T00:00:00Z", "00/00/0000", "0"]
)
def test_what_tells_no_day_is_not_known(text: str) -> None:
    assert date_of(text) == 0


@pytest.mark.parametrize("text", ["1/1/99999999", "2004-123456789-1", "2004-1-99999999999", "1/123/2004"], ids=count())
def test_parts_longer_than_a_date_has_are_no_date(text: str) -> None:
    assert date_of(text) == 0


@given(st.one_of(st.text(max_size=30), st.from_regex(r"\A[0-9]{1,12}[-/][0-9]{1,12}[-/][0-9]{1,12}\Z")))
def test_any_text_can_be_compared_as_a_date(text: str) -> None:
    one = described("Ana", born=text)
    assert levels(one, one).get("born", "exact") == "exact"


@given(st.dates())
def test_every_day_is_one_number_in_all_ways_of_writing(day: date) -> None:
    year, month, of_month = day.timetuple()[:3]
    american = date_of(f"{month}/{of_month}/{year:04}")
    assert date_of(day.isoformat()) == american == year * 10_000 + month * 100 + of_month
    assert date_of(day.isoformat().replace("-", "")) == american
