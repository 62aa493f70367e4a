"""When rights pass from a parent to the student (34 CFR 99.5): the truth's own reading of it."""

from datetime import date

from partners.rows import day_of, days

ADULT = 18
FOR_A_CHILD = {"parent", "guardian", "education_rights_holder"}
"""Roles whose statements count for nothing once the person is grown."""


def day_of_majority(born: int) -> int:
    """Day of the eighteenth birthday; both in days since 1970-01-01."""
    return birthday(born, ADULT)


def birthday(born: int, years: int) -> int:
    """Day of a birthday; both in days since 1970-01-01. Of a 29 February it is the 1 March of a common year."""
    birth = day_of(born)
    try:
        return days(birth.replace(year=birth.year + years))
    except ValueError:
        return days(date(birth.year + years, 3, 1))
