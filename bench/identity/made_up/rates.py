"""How agencies hold people: every rate by which records are made up, chosen by hand and measured on nobody.

Whose SSNs an agency has, and the form of its dates, are its known habits; all else is a guess at what offices, forms
and keyboards do. Percentages are of records, but where it says of people.
"""

from dataclasses import dataclass, field

ISO, AMERICAN, DIGITS = "{0:04d}-{1:02d}-{2:02d}", "{1:02d}/{2:02d}/{0:04d}", "{0:04d}{1:02d}{2:02d}"


@dataclass(frozen=True)
class Source:
    """What an agency holds of whom, and how it writes it; a percentage that is not named is 0."""

    ages: tuple[int, int]
    """At which people come to it, in years."""
    people: float
    """Who come to it at all, of those who were of that age in these years."""
    again: float
    """Who come once more, and of those once more."""
    ssn: float
    date: str = ISO
    upper: bool = False
    named_only: bool = False
    """Nothing but a number and names, which are cut off."""
    typing: float = 1.5
    """Of each name and street: a letter wrong, left out, doubled or in another's place; or spelt by ear."""
    nickname: float = 3.0
    initial: float = 0.3
    swapped: float = 0.15
    """Given name and surname in each other's place."""
    wrong_date: float = 1.0
    wrong_ssn: float = 1.0
    """Of numbers: a digit wrong, or two that changed places."""
    other_ssn: float = 0.2
    """Of numbers: that of somebody of the household."""
    dummy: float = 0.0
    """Of records without a number: 999999999 and the like."""
    address: float = 95.0
    email: float = 0.0
    middle: dict[str, int] = field(default_factory=lambda: {"full": 30, "initial": 35, "none": 35})


SOURCES = {
    "K12": Source(
        (5, 17), 88, 30, ssn=6, wrong_date=0.8, middle={"full": 45, "initial": 25, "none": 30},
    ),
    "CC": Source(
        (17, 34), 58, 28, ssn=62, date=AMERICAN, typing=2.0, nickname=5, wrong_date=1.2, wrong_ssn=1.5, dummy=6,
        email=65,
    ),
    "UNIV": Source(
        (18, 28), 34, 15, ssn=74, typing=1.2, nickname=2, wrong_date=0.7, email=92,
    ),
    "AID": Source(
        (17, 30), 50, 35, ssn=98, date=DIGITS, upper=True, typing=1.0, nickname=1, wrong_date=0.5, wrong_ssn=0.5,
        email=70,
    ),
    "UI": Source(
        (17, 62), 70, 30, ssn=100, upper=True, named_only=True, typing=1.0, nickname=4, initial=18, wrong_ssn=1.5,
        other_ssn=0.4,
    ),
    "SOC": Source(
        (0, 70), 30, 35, ssn=80, date=AMERICAN, typing=5.0, nickname=6, initial=0.8, swapped=0.4, wrong_date=3.0,
        wrong_ssn=2.5, other_ssn=0.8, dummy=3, address=85, email=8,
    ),
}  # fmt: skip

OF_PEOPLE = {
    "no_ssn": 7.0,
    "borrows": 35.0,
    "nickname": 60.0,
    "middle": 72.0,
    "by_middle": 1.8,
    "new_surname": 45.0,
    "unit": 30.0,
    "second_email": 40.0,
}
"""Of people: who have no SSN; who of those work under a stranger's; who have a nickname, where their name has one; who
have a middle name; who go by it; who, of grown women, take another surname; who live in a flat."""
OF_HOUSEHOLDS = {"twins": 3.2, "junior": 5.0, "no_kin": 8.0, "other_surname": 10.0}
"""Of households: of births, those of twins; of first sons, those named after the father; in which somebody lives who is
no kin; of children, those who have the other parent's surname."""
OF_NAMES = {
    "rare_given": 14.0,
    "rare_surname": 38.0,
    "compound": 7.0,
    "alike_twins": 15.0,
    "former": 12.0,
    "alias": 30.0,
    "goes_by_middle": 40.0,
    "half_given": 22.0,
    "half_surname": 20.0,
    "joined": 12.0,
    "no_accents": 70.0,
    "suffix": 60.0,
    "by_ear": 25.0,
    "asian_swapped": 1.0,
}
"""Names that few bear, given names and surnames; Spanish given names of two; twins whose names begin alike; records
with a surname that is no more; with the other given name of who has two; with the middle name of who goes by it;
with one given name of two; one surname of two; two surnames with another mark between; no accents; a junior's
suffix; of typing errors, those by ear. Where surnames come first, names are swapped so much more often."""
ALIASES = {"vietnamese": 10.0, "chinese": 15.0, "others": 4.0, "filipino": 2.0}
"""Of people: who have an English given name beside their own."""
MOVES_YEARS = (1, 12)
"""From one move of house to the next."""
OTHER_EMAIL = 4.0
"""Of e-mail addresses: that of somebody of the household."""
LEAVES_AGE = (18, 27)
"""At which children leave home."""
STALE_ADDRESS, WRONG_HOUSE, MISSING_SEX, WRONG_SEX = 6.0, 1.0, 4.0, 0.3
"""Records with the address before; with a house number mistyped; without sex; with the other."""
CUT_GIVEN, CUT_SURNAME = 6, 10
"""Letters that are left of names that are cut off."""
FIRST_YEAR, LAST_YEAR = 2000, 2024
LATE, LATE_DAYS, DELAY_DAYS = 4.0, 1_500, 60
"""Records that come late, and by how much at most; days that the others take at most."""
