"""Given names, surnames and addresses: the population's own for most, and a long tail of others that few have."""

from dataclasses import dataclass

from bench.identity.made_up.rates import OF_NAMES, OF_PEOPLE
from bench.identity.made_up.syllables import GIVEN_HEADS, GIVEN_TAILS, HEADS, MIDDLES, TAILS
from partners.population import places
from partners.population.dice import Dice
from partners.population.names import Culture

ZIPS = 1_100
FIRST_ZIP, LAST_ZIP = 90_001, 96_162
TOWNS = ("North {}", "South {}", "{} Heights", "{} Park", "{}", "{}", "El {}", "{} Valley")
ROADS = ("St", "Ave", "Blvd", "Dr", "Ln", "Rd", "Ct", "Pl", "Way")
UNUSUAL = 3
"""Of ten streets, those with a number, or a name, of their own."""


@dataclass(frozen=True)
class Home:
    """An address."""

    house: str
    street: str
    unit: str
    city: str
    zip: str


def given_name(dice: Dice, culture: Culture, *, female: bool) -> str:
    """A given name: the first of the population's are the most common."""
    if dice.chance(OF_NAMES["rare_given"]):
        return dice.pick(GIVEN_HEADS) + dice.pick(GIVEN_TAILS["female" if female else "male"])
    usual = culture.female if female else culture.male
    first = skewed(dice, usual)
    is_compound = culture.language == "spa" and " " not in first and dice.chance(OF_NAMES["compound"])
    return f"{first} {skewed(dice, usual).partition(' ')[0]}" if is_compound else first


def surname(dice: Dice, culture: Culture) -> str:
    """One or two surnames."""
    first = _surname(dice, culture)
    if not dice.chance(culture.double_percent):
        return first
    second = _surname(dice, culture)
    return first if second == first else f"{first}{dice.pick(('-', ' ', ' '))}{second}"


def _surname(dice: Dice, culture: Culture) -> str:
    if dice.chance(OF_NAMES["rare_surname"]):
        return dice.pick(HEADS) + dice.pick(MIDDLES) + dice.pick(TAILS)
    return skewed(dice, culture.surnames)


def skewed(dice: Dice, items: tuple[str, ...]) -> str:
    """One of the items, the first more often than the last."""
    return items[min(dice.below(len(items)), dice.below(len(items)), dice.below(len(items)))]


def home(dice: Dice) -> Home:
    """An address; a ZIP code has one city."""
    place = min(dice.below(ZIPS), dice.below(ZIPS))
    town, _ = places.CITIES[place % len(places.CITIES)]
    unit = f"Apt {dice.between(1, 60)}" if dice.chance(OF_PEOPLE["unit"]) else ""
    city = TOWNS[place // len(places.CITIES) % len(TOWNS)].format(town)
    code = FIRST_ZIP + place * 2_741 % (LAST_ZIP - FIRST_ZIP)
    return Home(str(dice.between(1, 140) * dice.between(1, 140)), _street(dice), unit, city, str(code))


def _street(dice: Dice) -> str:
    kind = dice.below(10)
    if kind >= UNUSUAL:
        return dice.pick(places.STREETS)
    if kind == 0:
        return f"{dice.between(10, 130)}th {dice.pick(ROADS[:2])}"
    return f"{dice.pick(HEADS)}{dice.pick(TAILS)} {dice.pick(ROADS)}"
