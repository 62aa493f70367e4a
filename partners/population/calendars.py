"""Days of the school year, of college terms, aid years and quarters; and when a fact of a day is told."""

import itertools
from datetime import date

from partners.population.dice import Dice
from partners.population.planned import MICROS_PER_DAY, MICROS_PER_HOUR
from partners.rows import day_of, days

LAST_TOLD_DAYS = 5
"""History ends so many days before the population's own day."""
CHANGES_DAYS, TRICKLE_DAYS = 2, 1
"""And the changes and the trickle come so many days before it."""
JUNE = 6


def told(dice: Dice, day: int, today: int) -> int:
    """When the fact of a day is published: days later, in office hours, before history ends; in microseconds."""
    return moment(dice, min(day + dice.between(1, 20), today - LAST_TOLD_DAYS))


def moment(dice: Dice, day: int) -> int:
    """A moment of a day, in microseconds since 1970-01-01 UTC."""
    hour = 15 * MICROS_PER_HOUR
    return day * MICROS_PER_DAY + hour + dice.below(8 * 3600) * 1_000_000


def school_year(today: int) -> int:
    """The year in which the school year of a day began."""
    day = day_of(today)
    return day.year if day.month > JUNE else day.year - 1


def first_day(year: int) -> int:
    """First day of school."""
    return days(date(year, 8, 12))


def last_day(year: int) -> int:
    """Last day of school of the year that began then."""
    return days(date(year + 1, 6, 10))


def terms(today: int, count: int) -> list[tuple[str, int, int]]:
    """The last so many college terms that began before a day: name as YYT, first and last day; oldest first."""
    last = day_of(today).year
    named = [term for year in range(last - 8, last + 1) for term in terms_of(year)]
    return [term for term in named if term[1] < today - LAST_TOLD_DAYS][-count:]


def terms_of(year: int) -> list[tuple[str, int, int]]:
    """The primary terms of a calendar year, spring and fall: name as YYT, first and last day."""
    spring = (f"{year % 100:02d}3", days(date(year, 1, 20)), days(date(year, 5, 22)))
    return [spring, (f"{year % 100:02d}7", days(date(year, 8, 24)), days(date(year, 12, 15)))]


def quarters(today: int, count: int) -> list[tuple[int, int]]:
    """The last so many calendar quarters whose wages a day knows, first and last day; oldest first."""
    last = day_of(today).year
    firsts = [days(date(year, month, 1)) for year in range(last - 6, last + 1) for month in (1, 4, 7, 10)]
    ended = [(first, after - 1) for first, after in itertools.pairwise(firsts) if after < today - 30]
    return ended[-count:]


def month_before(today: int) -> tuple[int, int]:
    """First and last day of the calendar month before that of a day."""
    first = day_of(today).replace(day=1)
    last = days(first) - 1
    return days(day_of(last).replace(day=1)), last


def aid_years(today: int, count: int) -> list[str]:
    """The last so many award years, as YYYY-YYYY; oldest first."""
    last = school_year(today)
    return [f"{year}-{year + 1}" for year in range(last - count + 1, last + 1)]


def coming_aid_year(today: int) -> str:
    """The award year for which this school year's seniors apply, as YYYY-YYYY."""
    year = school_year(today) + 1
    return f"{year}-{year + 1}"
