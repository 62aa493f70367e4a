"""When rights pass from a parent to the student (34 CFR 99.5): the truth's own reading of it."""

from datetime import date

from partners.rows import day_of, days

ADULT = 18
FOR_A_CHILD = {"parent", "guardian", "education_rights_holder"}
"""Roles whose statements count for nothing once the person is grown."""


def day_of_majority(born: int) -> int:
    """Day of the eighteenth birthday; both in days since 1970-01-01. Of a 29 February it is the 1 March."""
    birth = day_of(born)
    is_leap_day = (birth.month, birth.day) == (2, 29)
    return days(date(birth.year + ADULT, 3, 1) if is_leap_day else birth.replace(year=birth.year + ADULT))
