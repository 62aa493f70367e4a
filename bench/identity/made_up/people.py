"""People household by household: who they are, what they are and were called, where they lived when."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from bench.identity.made_up import words
from bench.identity.made_up.cultures import CULTURES, WEIGHTS
from bench.identity.made_up.rates import (
    ALIASES,
    FIRST_YEAR,
    LAST_YEAR,
    LEAVES_AGE,
    MOVES_YEARS,
    OF_HOUSEHOLDS,
    OF_NAMES,
    OF_PEOPLE,
)
from bench.identity.made_up.words import Home
from partners.population.dice import Dice
from partners.population.names import Culture
from partners.population.people import folded, nickname_of

YEAR = 365.25
START = date(FIRST_YEAR - 5, 1, 1).toordinal()
END = date(LAST_YEAR, 12, 31).toordinal()
HEADS_BORN = (1946, 2003)
LAST_BORN = date(LAST_YEAR - 5, 12, 31).toordinal()
PARENT_AGE, PARENT_YEARS = 20, 18
GROWN = 19
KINDS = {"single": 30, "couple": 18, "family": 52}
CHILDREN = {1: 30, 2: 38, 3: 22, 4: 10}
DRAWN = 12
SLOT_BITS = 28
"""Of numbers for two each."""
GROUPS, SERIALS = 99, 9_999


@dataclass(frozen=True)
class Person:
    """One human, as they are. Days are ordinals, 1 is the first day of the year 1."""

    number: int
    household: int
    culture: str
    female: bool
    born: int
    given: str
    middle: str
    surname: str
    suffix: str
    ssn: str
    """Empty: none."""
    new_surname: str = ""
    renamed: int = END
    """Day from which the new surname is borne."""
    alias: str = ""
    nickname: str = ""
    is_by_middle: bool = False
    emails: tuple[str, ...] = ()
    homes: tuple[tuple[int, Home], ...] = ()
    """Each from a day on."""
    twin_of: int | None = None
    junior_of: int | None = None

    @property
    def id(self) -> str:
        """As the truth has it."""
        return person_id(self.number)

    def surname_on(self, day: int) -> str:
        """What is borne on a day."""
        return self.new_surname if self.new_surname and day >= self.renamed else self.surname

    def home_on(self, day: int) -> Home:
        """Where somebody lives on a day."""
        found = self.homes[0][1]
        for since, home in self.homes:
            if since <= day:
                found = home
        return found


def person_id(number: int) -> str:
    """As the truth has it."""
    return f"P{number:07d}"


def households(seed: int) -> Iterator[list[Person]]:
    """Households without end; people are numbered from 0 on."""
    made = 0
    for number in _count():
        found = _Household(Dice(seed, "made up", number), seed, number, made).people
        made += len(found)
        yield found


def _count() -> Iterator[int]:
    number = 0
    while True:
        yield number
        number += 1


def ssn_of(seed: int, number: int, after: int = 0) -> str:
    """The number of a person, like nobody else's; or the one that was given out after it, which is a twin's only."""
    rest, serial = divmod(mixed(number + seed * 7_919, SLOT_BITS) * 2 + after, SERIALS)
    area, group = divmod(rest, GROUPS)
    return f"{area + 1:03d}{group + 1:02d}{serial + 1:04d}"


def mixed(number: int, bits: int) -> int:
    """A number below 2 to so many bits for another, each for one: odd factors and shifts can be undone."""
    mask, half = (1 << bits) - 1, bits // 2
    for factor in (0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35):
        number = number * factor & mask
        number ^= number >> half
    return number


@dataclass
class _Household:
    dice: Dice
    seed: int
    number: int
    first: int
    people: list[Person] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.label = self.dice.weighted(WEIGHTS)
        self.culture: Culture = CULTURES[self.label]
        self.surname = words.surname(self.dice, self.culture)
        self.homes = self._homes(START)
        kind = self.dice.weighted(KINDS)
        year = self.dice.between(*HEADS_BORN)
        born = date(year, 1, 1).toordinal() + self.dice.below(365)
        head = self._add(born, self.surname)
        if kind == "couple" or (kind == "family" and self.dice.chance(82)):
            self._add_partner(head)
        if kind == "family":
            self._add_children(head)
        if self.dice.chance(OF_HOUSEHOLDS["no_kin"]):
            self._add_stranger()

    def _add_partner(self, head: Person) -> None:
        born = head.born + self.dice.between(-2_200, 2_200)
        taken = self.surname if self.dice.chance(30) else words.surname(self.dice, self.culture)
        self._add(born, taken, female=not head.female)

    def _add_stranger(self) -> None:
        self.label = self.dice.weighted(WEIGHTS)
        self.culture = CULTURES[self.label]
        born = date(self.dice.between(*HEADS_BORN), 1, 1).toordinal() + self.dice.below(365)
        self._add(born, words.surname(self.dice, self.culture))

    def _add_children(self, head: Person) -> None:
        born = head.born + int((PARENT_AGE + self.dice.below(PARENT_YEARS)) * YEAR) + self.dice.below(366)
        father = next((one for one in self.people if not one.female), None)
        for _ in range(self.dice.weighted(CHILDREN)):
            if born > LAST_BORN:
                return
            child = self._add_child(born, father)
            if child.junior_of is not None:
                father = None
            if self.dice.chance(OF_HOUSEHOLDS["twins"]):
                self._add_twin(child)
            born += self.dice.between(420, 2_200)

    def _add_child(self, born: int, father: Person | None) -> Person:
        surname = self.surname
        if self.dice.chance(OF_HOUSEHOLDS["other_surname"]):
            surname = self.people[-1].surname
        female = self.dice.chance(49)
        if father and not female and self.dice.chance(OF_HOUSEHOLDS["junior"]):
            named = self._add(born, father.surname, female=False, given=father.given, homes=self._childs_homes(born))
            self.people[-1] = replace(named, suffix="Jr", middle=father.middle, junior_of=father.number)
            return self.people[-1]
        return self._add(born, surname, female=female, homes=self._childs_homes(born))

    def _add_twin(self, one: Person) -> None:
        """Born on the day, at the same home; mostly with the next number."""
        female = one.female if self.dice.chance(68) else not one.female
        other = self._add(
            one.born, one.surname, female=female, given=self._twins_name(one, female=female), homes=one.homes
        )
        ssn = ssn_of(self.seed, one.number, 1) if one.ssn and self.dice.chance(60) else other.ssn
        self.people[-1] = replace(other, twin_of=one.number, ssn=ssn if one.ssn else "")
        self.people[self.people.index(one)] = replace(one, twin_of=other.number)

    def _twins_name(self, one: Person, *, female: bool) -> str:
        drawn = [words.given_name(self.dice, self.culture, female=female) for _ in range(DRAWN)]
        others = [given for given in drawn if given != one.given]
        alike = [given for given in others if given[0] == one.given[0]]
        return alike[0] if alike and self.dice.chance(OF_NAMES["alike_twins"]) else others[0]

    def _add(
        self,
        born: int,
        surname: str,
        *,
        female: bool | None = None,
        given: str = "",
        homes: tuple[tuple[int, Home], ...] = (),
    ) -> Person:
        dice, number = self.dice, self.first + len(self.people)
        is_female = dice.chance(50) if female is None else female
        given = given or words.given_name(dice, self.culture, female=is_female)
        middle = words.given_name(dice, self.culture, female=is_female) if dice.chance(OF_PEOPLE["middle"]) else ""
        nicknames = nickname_of(given)
        found = Person(
            number=number,
            household=self.number,
            culture=self.label,
            female=is_female,
            born=born,
            given=given,
            middle=middle.partition(" ")[0],
            surname=surname,
            suffix="",
            ssn="" if dice.chance(OF_PEOPLE["no_ssn"]) else ssn_of(self.seed, number),
            alias=self._alias(female=is_female),
            nickname=dice.pick(nicknames) if nicknames and dice.chance(OF_PEOPLE["nickname"]) else "",
            is_by_middle=bool(middle) and dice.chance(OF_PEOPLE["by_middle"]),
            emails=self._emails(given, surname),
            homes=homes or self.homes,
        )
        self.people.append(self._renamed(found))
        return self.people[-1]

    def _alias(self, *, female: bool) -> str:
        if not self.dice.chance(ALIASES.get(self.label, 0)):
            return ""
        return words.skewed(self.dice, CULTURES["white"].female if female else CULTURES["white"].male)

    def _emails(self, given: str, surname: str) -> tuple[str, ...]:
        """One's own; for some another, half of them with the same name at another office."""
        first, last = (folded(name).split(" ")[0].lower() for name in (given, surname.replace("-", " ")))
        own = f"{first}.{last}{self.dice.below(1_000)}"
        other = own if self.dice.chance(50) else f"{first[0]}{last}{self.dice.below(10_000)}"
        made = f"{own}@mail.example", f"{other}@school.example"
        return made if self.dice.chance(OF_PEOPLE["second_email"]) else made[:1]

    def _renamed(self, person: Person) -> Person:
        day = person.born + int(self.dice.between(22, 40) * YEAR)
        if not person.female or day > END or not self.dice.chance(OF_PEOPLE["new_surname"]):
            return person
        taken = words.surname(self.dice, self.culture)
        return replace(person, new_surname=taken, renamed=day)

    def _childs_homes(self, born: int) -> tuple[tuple[int, Home], ...]:
        """The household's until the child leaves, then its own."""
        leaves = born + int(self.dice.between(*LEAVES_AGE) * YEAR)
        if leaves < START + 2 * YEAR or leaves > END:
            return self.homes
        return (*(one for one in self.homes if one[0] < leaves), *self._homes(leaves))

    def _homes(self, since: int) -> tuple[tuple[int, Home], ...]:
        found, day = [], since
        while day < END:
            found.append((day, words.home(self.dice)))
            day += self.dice.between(int(MOVES_YEARS[0] * YEAR), int(MOVES_YEARS[1] * YEAR))
        return tuple(found)
