"""The eighteenth birthday, as the truth reckons it."""

from datetime import date

import pytest

from partners.population.majority import day_of_majority
from partners.rows import day_of, days


@pytest.mark.parametrize(
    ("born", "grown"),
    [
        (date(2008, 9, 1), date(2026, 9, 1)),
        (date(2008, 2, 28), date(2026, 2, 28)),
        (date(2008, 2, 29), date(2026, 3, 1)),
        (date(1961, 12, 31), date(1979, 12, 31)),
    ],
)
def test_rights_pass_on_the_eighteenth_birthday_and_a_leap_days_on_the_first_of_march(born: date, grown: date) -> None:
    assert day_of(day_of_majority(days(born))) == grown
