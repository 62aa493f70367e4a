"""What the levels of ours mean to Splink: its names of our traits, and how alike the values of a level's pairs are.

A level of ours stands for the pairs that are usual in it.
"""

import math
from dataclasses import dataclass

ZIP, ADDRESS = "zip", "address"
COLUMNS: dict[str, tuple[str, ...]] = {
    "given": ("first_name", "given_name", "forename", "firstname", "given"),
    "surname": ("surname", "last_name", "family_name", "lastname"),
    "middle": ("middle_name", "middlename", "middle"),
    "born": ("dob", "date_of_birth", "birth_date", "birthdate"),
    "number": ("ssn", "social_security", "social_security_number", "soc_sec_id"),
    ADDRESS: ("address", "street", "street_address", "address_1"),
    ZIP: ("zip", "zip_code", "zipcode", "postcode", "postal_code"),
    "email": ("email", "email_address", "e_mail"),
    "phone": ("phone", "phone_number", "telephone"),
    "sex": ("sex", "gender"),
    "suffix": ("suffix", "name_suffix"),
}
"""Usual names of columns by our trait; a ZIP code is a part of an address."""


@dataclass(frozen=True)
class Meaning:
    """Of a level of ours: what holds of pairs that are usual in it."""

    holds: frozenset[str] = frozenset()
    likeness: float = 0.0
    """Jaro's and Winkler's similarity of both values."""
    edits: float = math.inf
    """Letters to be changed to make one of the other."""
    days: float = math.inf
    """Between both."""


def _means(holds: str = "", likeness: float = 0.4, edits: float = math.inf, days: float = math.inf) -> Meaning:
    return Meaning(frozenset(holds.split()), likeness, edits, days)


_SAME = _means("same initial shared sounds year name zip", 1.0, 0, 0)
_DIFFER = _means()
MEANINGS: dict[str, dict[str, Meaning]] = {
    "given": {
        "exact": _SAME,
        "nickname": _means("shared", 0.65, 4),
        "similar": _means("initial sounds", 0.95, 1),
        "initial": _means("initial", 0.75, 4),
        "other_middle": _means("other_middle", 0.5),
        "weak": _means("", 0.86, 2),
        "differ": _DIFFER,
        "crossed": _means("crossed"),
        "token": _means("initial shared", 0.87, 5),
        "middle_initial": _means("", 0.5),
    },
    "surname": {
        "exact": _SAME,
        "token": _means("shared", 0.8, 6),
        "cut_off": _means("initial", 0.95, 3),
        "similar": _means("initial sounds", 0.95, 1),
        "weak": _means("", 0.86, 2),
        "differ": _DIFFER,
        "crossed": _means("crossed"),
    },
    "middle": {
        "exact": _SAME,
        "initial": _means("initial", 0.75, 5),
        "similar": _means("initial sounds", 0.95, 1),
        "differ": _DIFFER,
    },
    "born": {
        "exact": _SAME,
        "day_and_month": _means("year swapped", 0.93, 2, 366),
        "one_digit": _means("year", 0.95, 1, 3652),
        "two_parts": _means("year", 0.9, 2, 3652),
        "year": _means("year", 0.85, 4, 366),
        "differ": _means("", 0.7),
        "generation": _means("", 0.9, 2, 10_957),
    },
    "number": {"exact": _SAME, "typing_error": _means("", 0.95, 1), "differ": _DIFFER},
    ADDRESS: {
        "exact": _SAME,
        "street": _means("zip", 0.87, 4),
        "similar": _means("zip", 0.93, 2),
        "zip": _means("zip", 0.5),
        "differ": _DIFFER,
    },
    "email": {"exact": _SAME, "name": _means("name", 0.9, 6), "differ": _DIFFER},
    "phone": {"exact": _SAME, "differ": _DIFFER},
    "sex": {"exact": _SAME, "differ": _DIFFER},
    "suffix": {"exact": _SAME, "differ": _DIFFER},
    ZIP: {"zip": _SAME, "differ": _DIFFER},
}
"""By trait and level of ours. A comparison of ZIP codes alone says only what the last two of an address weigh."""
