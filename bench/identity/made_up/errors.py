"""Errors of offices and keyboards: in names and streets, dates and numbers."""

from partners.population.dice import Dice

BESIDE = {
    "A": "SQZ", "B": "VNG", "C": "XVD", "D": "SFE", "E": "RWD", "F": "GDR", "G": "HFT", "H": "JGY", "I": "OUK",
    "J": "KHU", "K": "LJI", "L": "KOP", "M": "NJ", "N": "MBH", "O": "PIL", "P": "OL", "Q": "WA", "R": "TEF", "S": "ADW",
    "T": "YRG", "U": "IYJ", "V": "BCF", "W": "ESQ", "X": "ZCS", "Y": "TUH", "Z": "XA",
}  # fmt: skip
"""Keys that lie beside a key."""
BY_EAR = (
    ("ph", "f"), ("ck", "k"), ("ie", "y"), ("ll", "l"), ("nn", "n"), ("tt", "t"), ("ss", "s"), ("z", "s"), ("y", "i"),
    ("c", "k"), ("ei", "ie"), ("th", "t"), ("ah", "a"), ("v", "b"), ("s", "z"), ("e", "a"),
)  # fmt: skip
DUMMIES = ("999999999", "000000000", "123456789", "111111111", "999-99-9999")
Day = tuple[int, int, int]
"""Year, month, day; as they were written, so maybe no calendar's."""


def mistyped(dice: Dice, text: str, by_ear: float) -> str:
    """One error in a text, by ear or by hand; not in its first letter but rarely."""
    if dice.chance(by_ear):
        fitting = [pair for pair in BY_EAR if pair[0] in text]
        if fitting:
            heard, spelt = dice.pick(fitting)
            return text.replace(heard, spelt, 1)
    if len(text) < 3:
        return text
    place = 0 if dice.chance(5) else dice.between(1, len(text) - 2)
    letter, rest = text[place], text[place + 1 :]
    kind = dice.weighted({"wrong": 40, "left out": 22, "doubled": 16, "in turn": 22})
    if kind == "wrong":
        typed = dice.pick(BESIDE.get(letter.upper(), letter))
        return text[:place] + (typed if letter.isupper() else typed.lower()) + rest
    if kind == "in turn":
        return text[:place] + rest[:1] + letter + rest[1:]
    return text[:place] + ("" if kind == "left out" else letter * 2) + rest


def wrong_date(dice: Dice, day: Day) -> tuple[Day, str]:
    """A date that is wrong, and how."""
    year, month, of_month = day
    kind = dice.weighted({"day_and_month": 30, "digit": 35, "year": 20, "day": 10, "first_of_year": 5})
    if kind == "day_and_month" and of_month <= 12 and month != of_month:
        return (year, of_month, month), "dob_day_and_month"
    if kind == "year":
        return (year + dice.pick((-1, 1, -10, 10)), month, of_month), "dob_year"
    if kind == "first_of_year" and (month, of_month) != (1, 1):
        return (year, 1, 1), "dob_first_of_year"
    if kind == "digit":
        return (year, month, dice.pick([d for d in range(of_month % 10 or 10, 32, 10) if d != of_month])), "dob_digit"
    return (year, month, of_month - 1 if of_month > 1 else 2), "dob_day"


def wrong_number(dice: Dice, number: str) -> str:
    """A number with a digit wrong, or two neighbours that changed places; rarely two digits wrong."""
    place = dice.below(len(number))
    if dice.chance(30) and place + 1 < len(number) and number[place] != number[place + 1]:
        return number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    found = _wrong_digit(dice, number, place)
    return _wrong_digit(dice, found, len(number) - 1) if dice.chance(10) else found


def _wrong_digit(dice: Dice, number: str, place: int) -> str:
    return number[:place] + str((int(number[place]) + dice.between(1, 9)) % 10) + number[place + 1 :]
