"""Traits, their levels, vetoes and blocking rules in plain words, for who is shown why records were joined or not."""

TRAITS = {
    "given": "given name",
    "surname": "surname",
    "middle": "middle name",
    "born": "date of birth",
    "number": "Social Security number",
    "address": "address",
    "email": "e-mail",
    "phone": "phone",
    "sex": "sex",
    "suffix": "suffix of the name",
    "other": "other identifiers",
    "source": "source",
    "multiple_birth": "multiple birth",
}
LEVELS = {
    "given": {
        "exact": "the same",
        "nickname": "one is a nickname of the other",
        "similar": "spelt nearly the same",
        "initial": "an initial, and a name that begins with it",
        "other_middle": "one is the other's middle name",
        "weak": "somewhat alike",
        "differ": "different",
        "crossed": "swapped with the surname",
        "token": "one of two names is the same",
        "middle_initial": "one may be the other's middle name, by an initial",
    },
    "surname": {
        "exact": "the same",
        "token": "one of several surnames is the same",
        "cut_off": "one is the beginning of the other",
        "similar": "spelt nearly the same",
        "weak": "somewhat alike",
        "differ": "different",
        "crossed": "swapped with the given name",
    },
    "middle": {
        "exact": "the same",
        "initial": "an initial, and a name that begins with it",
        "similar": "spelt nearly the same",
        "differ": "different",
    },
    "born": {
        "exact": "the same day",
        "day_and_month": "day and month swapped",
        "one_digit": "one digit differs",
        "two_parts": "two of year, month and day are the same",
        "year": "only the year is the same",
        "differ": "different",
        "generation": "the same birthday, the year a generation apart",
    },
    "number": {
        "exact": "the same",
        "typing_error": "apart by what a typing error makes",
        "differ": "different",
    },
    "address": {
        "exact": "the same",
        "street": "street alike in one ZIP code, other house",
        "similar": "the same house, street spelt otherwise",
        "zip": "only the ZIP code is the same",
        "differ": "different",
    },
    "email": {
        "exact": "the same",
        "name": "the same before the @",
        "differ": "different",
    },
    "phone": {"exact": "the same", "differ": "different"},
    "sex": {"exact": "the same", "differ": "different"},
    "suffix": {"exact": "the same", "differ": "different"},
    "other": {"exact": "one in common", "differ": "different in the same system"},
    "source": {
        "other_source": "two sources that number their records themselves",
        "other_record": "two of one source, which should hold a person once",
    },
    "multiple_birth": {"told": "one of the two is one of twins"},
}
"""By trait and by name of the level in ``levels.LEVELS``."""
CHOSEN_BY = {
    "most_trusted": "most trusted partner",
    "most_recent": "most recent",
    "most_frequent": "most frequent",
    "only_value": "nobody says otherwise",
    "tie": "newest of a tie",
}
"""By rule of a golden record's policy, or what stands for one."""
NOT_TOLD = "not told by both"
VETOES = {
    "twins": "twins: of one day of birth, with names, numbers or sexes as two twins have them",
    "shared_number": "shared number: one Social Security number, another given name, another day of birth",
    "juniors": "juniors: days of birth far apart and given names alike, or suffixes that differ",
    "household": "household: another given name, and no day of birth in common",
    "strangers": "strangers: neither given name nor surname in common",
    "suffixes": "suffixes: two that differ, such as Jr. and Sr.",
}
DOUBTS = {
    "twins": "twins: given names too alike to part, and too different to link",
    "new_surname": "new surname: given name and day of birth in common, no surname, house, e-mail or number",
    "namesakes": "namesakes: nothing agrees beside the name",
    "near_number": "near number: one name in common, and a number apart by what a typing error makes",
}
FOUND_BY = {
    "number": "Social Security number",
    "other": "another identifier",
    "phone": "phone",
    "email": "e-mail",
    "born_and_surname": "date of birth and surname",
    "born_and_given": "date of birth and given name",
    "names_and_zip": "names and ZIP code",
    "names_and_street": "names and street",
    "names_and_year": "names and year of birth",
    "names_and_day": "names and day of birth",
    "address_and_given": "address and beginning of the given name",
    "address_and_year": "address and year of birth",
    "number_head_and_given": "first digits of the number, and given name",
    "number_tail_and_given": "last digits of the number, and given name",
    "born": "date of birth",
    "names": "names",
    "number_head": "first digits of the number",
    "address": "address",
    "house_and_zip": "house number and ZIP code",
    "street_and_zip": "street and ZIP code",
}
