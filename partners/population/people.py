"""The people: who they are, who they live with, what they were called. Unique where strangers must not meet."""

import functools
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from importlib import resources

from partners.population import names, places
from partners.population.dice import Dice
from partners.population.names import Culture
from partners.rows import days

STAGES = {"early": 7, "school": 33, "college": 34, "work": 26}
"""How many people in a hundred are where in life."""
YOUNG_ADULT, SENIOR = 18, 17
OFTEN = {"school": (SENIOR, 9), "college": (YOUNG_ADULT, 10)}
"""An age that more people are of, by stage, and how many in a hundred more: those on their way out of school."""
AGES = {"early": (3, 4), "school": (5, 17), "college": (17, 24), "work": (25, 46)}
DAYS_PER_YEAR = 365.25
LARGEST_HOUSEHOLD = 4


@dataclass(frozen=True)
class Home:
    """An address."""

    line: str
    city: str
    postal_code: str


@dataclass(frozen=True)
class Person:
    """One human of the population, as they are; what partners hold of them is another matter."""

    number: int
    stage: str
    born: int
    """Days since 1970-01-01."""
    female: bool
    given: str
    middle: str
    surname: str
    former_surname: str
    """Empty: never changed."""
    nickname: str
    """Empty: none."""
    ssn: str
    """Empty: none."""
    home: Home
    former_home: Home
    email: str
    other_email: str
    phone: str
    other_phone: str
    household: str
    language: str
    twin: bool = False

    def age_on(self, day: int) -> int:
        """Whole years on a day."""
        return int((day - self.born) / DAYS_PER_YEAR)


@dataclass
class Registry:
    """What is already somebody's, so that different people are never taken for one by accident."""

    ssns: set[str] = field(default_factory=set)
    births: dict[tuple[str, int], int] = field(default_factory=dict)
    """Whose each canonical given name with a birth date is."""

    def new_ssn(self, dice: Dice) -> str:
        """A number from the areas that nobody born before 2011 has, unlike every other even with two digits swapped."""
        while True:
            number = f"{dice.between(734, 899)}{dice.between(1, 99):02d}{dice.between(1, 9999):04d}"
            similar = {number, *swaps(number)}
            if not similar & self.ssns:
                self.ssns |= similar
                return number

    def claim(self, person: int, given: str, born: int) -> bool:
        """Take a name with a birth date for a person; False: it is somebody else's."""
        return self.births.setdefault((canonical(given), born), person) == person


def swaps(number: str) -> list[str]:
    """A number with each two neighbouring digits swapped."""
    return [number[:i] + number[i + 1] + number[i] + number[i + 2 :] for i in range(len(number) - 1)]


def folded(text: str) -> str:
    """Upper case without accents and apostrophes."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c)).upper().replace("'", "")


@functools.cache
def nicknames() -> dict[str, str]:
    """Canonical given name by nickname, both folded."""
    text = resources.files("schemas_avro").joinpath("nicknames.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@functools.cache
def canonical(given: str) -> str:
    """First token of given names, folded, a nickname made the name that it stands for."""
    token = folded(given).split(" ")[0]
    return nicknames().get(token, token)


@functools.cache
def nickname_of(given: str) -> tuple[str, ...]:
    """Nicknames of a given name."""
    return tuple(nick.capitalize() for nick, name in nicknames().items() if name == folded(given))


def people(count: int, seed: int, as_of: date, registry: Registry) -> Iterator[Person]:
    """So many people, household by household, each from streams of chance of their own."""
    made: list[Person] = []
    while len(made) < count:
        dice = Dice(seed, "household", len(made))
        made += _household(dice, len(made), seed, days(as_of), registry)
    yield from made[:count]


def _household(dice: Dice, first: int, seed: int, today: int, registry: Registry) -> list[Person]:
    """People who share an address, a phone and most often a surname; now and then twins."""
    culture = dice.weighted(names.CULTURES)
    head = _person(Dice(seed, "person", first), first, culture, today, registry)
    members = [head]
    while dice.chance(30) and len(members) < LARGEST_HOUSEHOLD:
        number = first + len(members)
        other = _person(Dice(seed, "person", number), number, culture, today, registry)
        surname = head.surname if dice.chance(80) else other.surname
        shared = replace(other, home=head.home, phone=head.phone, household=head.household)
        members.append(replace(shared, surname=surname))
    if dice.chance(4):
        members.append(_twin(Dice(seed, "twin", first), head, first + len(members), culture, registry))
        members[0] = replace(head, twin=True)
    return members


def _person(dice: Dice, number: int, culture: Culture, today: int, registry: Registry) -> Person:
    stage = dice.weighted(STAGES)
    female = dice.chance(51)
    given = dice.pick(culture.female if female else culture.male)
    born = _birth_date(dice, number, stage, given, today, registry)
    surname = _surname(dice, culture)
    grown = stage in {"college", "work"}
    former = _surname(dice, culture) if grown and dice.chance(12 if female else 3) else ""
    home = _home(dice)
    phone = _phone(dice)
    handle = f"{folded(given).split(' ')[0].lower()}.{folded(surname).split(' ')[-1].lower()}{number}"
    return Person(
        number=number,
        stage=stage,
        born=born,
        female=female,
        given=given,
        middle=dice.pick(culture.female if female else culture.male).split(" ")[0] if dice.chance(55) else "",
        surname=surname,
        former_surname=former,
        nickname=dice.pick(nickname_of(given)) if nickname_of(given) and dice.chance(40) else "",
        ssn=registry.new_ssn(dice) if dice.chance(94) else "",
        home=home,
        former_home=_home(dice) if dice.chance(25) else home,
        email=f"{handle}@mail.example",
        other_email=f"{handle}@school.example",
        phone=phone,
        other_phone=_phone(dice),
        household=f"H{number:06d}",
        language=culture.language if dice.chance(60) else "eng",
    )


def _twin(dice: Dice, head: Person, number: int, culture: Culture, registry: Registry) -> Person:
    """A twin: same birth date, address, surname, phone; another given name, number and e-mail."""
    every = culture.female if head.female else culture.male
    others = [
        n for n in every if canonical(n) != canonical(head.given) and (canonical(n), head.born) not in registry.births
    ]
    given = dice.pick(others)
    registry.claim(number, given, head.born)
    handle = f"{folded(given).split(' ')[0].lower()}.{folded(head.surname).split(' ')[-1].lower()}{number}"
    reached = replace(
        head, email=f"{handle}@mail.example", other_email=f"{handle}@school.example", other_phone=_phone(dice)
    )
    ssn = registry.new_ssn(dice) if head.ssn else ""
    nick = dice.pick(nickname_of(given)) if nickname_of(given) and dice.chance(40) else ""
    named = replace(reached, given=given, nickname=nick, middle="", former_surname="")
    return replace(named, number=number, ssn=ssn, twin=True)


def _birth_date(dice: Dice, number: int, stage: str, given: str, today: int, registry: Registry) -> int:
    """A birth date that nobody with that given name has."""
    youngest, oldest = AGES[stage]
    age, percent = OFTEN.get(stage, (0, 0))
    if dice.chance(percent):
        youngest = oldest = age
    while True:
        age_days = dice.between(int(youngest * DAYS_PER_YEAR) + 1, int((oldest + 1) * DAYS_PER_YEAR) - 1)
        if registry.claim(number, given, today - age_days):
            return today - age_days


def _surname(dice: Dice, culture: Culture) -> str:
    first = dice.pick(culture.surnames)
    if not dice.chance(culture.double_percent):
        return first
    second = dice.pick([surname for surname in culture.surnames if surname != first])
    return f"{first}-{second}" if dice.chance(25) else f"{first} {second}"


def _home(dice: Dice) -> Home:
    city, postal_code = dice.pick(places.CITIES)
    unit = f" Apt {dice.between(1, 40)}" if dice.chance(35) else ""
    return Home(f"{dice.between(100, 9899)} {dice.pick(places.STREETS)}{unit}", city, postal_code)


def _phone(dice: Dice) -> str:
    return f"{dice.pick(places.AREA_CODES)}555{dice.below(10000):04d}"
