"""What agencies hold of a person: which come to know of whom, when, and what they write."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from bench.identity.made_up import errors, rates
from bench.identity.made_up.people import YEAR, Person, mixed, ssn_of
from bench.identity.made_up.rates import OF_NAMES, OF_PEOPLE, SOURCES, Source
from bench.identity.sets import Row
from partners.population.dice import Dice

FIRST = date(rates.FIRST_YEAR, 1, 1).toordinal()
LAST = date(rates.LAST_YEAR, 12, 31).toordinal()
MOST_OF_PERSON = 32
LOCAL_BITS = 36
SURNAME_FIRST = {"vietnamese", "chinese"}


@dataclass
class Made:
    """A record, when it arrives, and what is wrong with it."""

    arrives: int
    person: str
    row: Row
    wrong: list[str] = field(default_factory=list)


def of_household(seed: int, people: Sequence[Person]) -> Iterator[Made]:
    """All that agencies hold of a household."""
    dice = Dice(seed, "records", people[0].household)
    for person in people:
        for number, (name, day) in enumerate(_met(dice, person)):
            local = mixed(person.number * MOST_OF_PERSON + number, LOCAL_BITS)
            yield _Writer(dice, seed, person, people, name, day).made(f"{name[0]}{local}")


def _met(dice: Dice, person: Person) -> Iterator[tuple[str, int]]:
    """Agencies that a person came to, and the day."""
    for name, source in SOURCES.items():
        first, last = (person.born + int(age * YEAR) for age in source.ages)
        first, last = max(first, FIRST), min(last, LAST)
        if first < last and dice.chance(source.people):
            yield name, dice.between(first, last)
            while dice.chance(source.again):
                yield name, dice.between(first, last)


@dataclass
class _Writer:
    dice: Dice
    seed: int
    person: Person
    people: Sequence[Person]
    name: str
    day: int
    wrong: list[str] = field(default_factory=list)

    def made(self, local: str) -> Made:
        """The record; what stands in no column is not known."""
        source, dice = SOURCES[self.name], self.dice
        row = {"source": self.name, "event_date": date.fromordinal(self.day).isoformat(), **self._names(source)}
        row["ssn"] = self._ssn(source)
        if source.named_only:
            row["first_name"], row["last_name"] = (
                row["first_name"][: rates.CUT_GIVEN],
                row["last_name"][: rates.CUT_SURNAME],
            )
            row["middle_name"] = row["middle_name"][:1]
        else:
            row |= {"source_local_id": local, **self._traits(source)}
        is_late = dice.chance(rates.LATE)
        arrives = self.day + dice.below(rates.LATE_DAYS if is_late else rates.DELAY_DAYS)
        return Made(min(arrives, LAST), self.person.id, row, self.wrong)

    def _names(self, source: Source) -> Row:
        given, middle = self._given(source)
        surname = self._surname(source)
        middle = {"full": middle, "initial": middle[:1], "none": ""}[self.dice.weighted(source.middle)]
        suffix = self.person.suffix if self.person.suffix and self.dice.chance(OF_NAMES["suffix"]) else ""
        if suffix and (source.named_only or self.dice.chance(15)):
            surname, suffix = f"{surname} {suffix}", ""
        more = OF_NAMES["asian_swapped"] if self.person.culture in SURNAME_FIRST else 0
        if self.dice.chance(source.swapped + more):
            given, surname = surname, given
            self.wrong.append("names_swapped")
        found = {"first_name": given, "middle_name": middle, "last_name": surname, "suffix": suffix}
        return {column: self._cased(source, text) for column, text in found.items()}

    def _given(self, source: Source) -> tuple[str, str]:
        """Given and middle name as they are told, the first with what may be wrong with it."""
        given, middle = self._told(source)
        if " " in given and self.dice.chance(OF_NAMES["half_given"]):
            given = given.split(" ")[self.dice.chance(20)]
            self.wrong.append("half_given")
        if self.dice.chance(source.initial):
            self.wrong.append("initial")
            return given[:1], middle
        return self._typed(source, given, "first_name"), middle

    def _told(self, source: Source) -> tuple[str, str]:
        person, dice = self.person, self.dice
        if person.alias and dice.chance(OF_NAMES["alias"]):
            self.wrong.append("alias")
            return person.alias, person.given if dice.chance(30) else person.middle
        if person.is_by_middle and dice.chance(OF_NAMES["goes_by_middle"]):
            self.wrong.append("by_middle")
            return person.middle, ""
        if person.nickname and dice.chance(source.nickname):
            self.wrong.append("nickname")
            return person.nickname, person.middle
        return person.given, person.middle

    def _surname(self, source: Source) -> str:
        person, dice = self.person, self.dice
        found = person.surname_on(self.day)
        if found != person.surname and dice.chance(OF_NAMES["former"]):
            found = person.surname
            self.wrong.append("former_surname")
        parts = found.split("-") if "-" in found else found.split(" ")
        if len(parts) == 2:
            if dice.chance(OF_NAMES["half_surname"]):
                self.wrong.append("half_surname")
                found = parts[dice.chance(25)]
            elif dice.chance(OF_NAMES["joined"]):
                found = dice.pick(("-", " ")).join(parts)
        return self._typed(source, found, "last_name")

    def _typed(self, source: Source, text: str, column: str) -> str:
        if not self.dice.chance(source.typing):
            return text
        self.wrong.append(f"{column}_typed")
        return errors.mistyped(self.dice, text, OF_NAMES["by_ear"])

    def _cased(self, source: Source, text: str) -> str:
        if source.upper:
            return plain(text).upper().replace("'", "")
        return plain(text) if self.dice.chance(OF_NAMES["no_accents"]) else text

    def _ssn(self, source: Source) -> str:
        dice, person = self.dice, self.person
        if not person.ssn and source.named_only and dice.chance(OF_PEOPLE["borrows"]):
            self.wrong.append("ssn_borrowed")
            return ssn_of(self.seed, dice.below(person.number + 1))
        if not person.ssn or not dice.chance(source.ssn):
            return dice.pick(errors.DUMMIES) if dice.chance(source.dummy) else ""
        others = [one.ssn for one in self.people if one.ssn and one is not person]
        if others and dice.chance(source.other_ssn):
            self.wrong.append("ssn_of_household")
            return dice.pick(others)
        if dice.chance(source.wrong_ssn):
            self.wrong.append("ssn_typed")
            return errors.wrong_number(dice, person.ssn)
        return person.ssn

    def _traits(self, source: Source) -> Row:
        traits = {"dob": self._born(source), "sex": self._sex()}
        if self.dice.chance(source.email):
            traits["email"] = self._email()
        return traits | (self._address(source) if self.dice.chance(source.address) else {})

    def _email(self) -> str:
        if len(self.people) > 1 and self.dice.chance(rates.OTHER_EMAIL):
            self.wrong.append("email_of_household")
            return self.dice.pick([one for one in self.people if one is not self.person]).emails[0]
        return self.dice.pick(self.person.emails)

    def _born(self, source: Source) -> str:
        born = date.fromordinal(self.person.born)
        day = born.year, born.month, born.day
        if self.dice.chance(source.wrong_date):
            day, how = errors.wrong_date(self.dice, day)
            self.wrong.append(how)
        return source.date.format(*day)

    def _sex(self) -> str:
        if self.dice.chance(rates.MISSING_SEX):
            return ""
        return "F" if self.person.female != self.dice.chance(rates.WRONG_SEX) else "M"

    def _address(self, source: Source) -> Row:
        is_stale = self.dice.chance(rates.STALE_ADDRESS)
        home = self.person.home_on(self.day - int(4 * YEAR) if is_stale else self.day)
        street = self._typed(source, home.street, "address")
        house = home.house
        if self.dice.chance(rates.WRONG_HOUSE):
            self.wrong.append("house_typed")
            house = errors.wrong_number(self.dice, house)
        line = " ".join(filter(None, (house, street, home.unit if self.dice.chance(80) else "")))
        return {"address": self._cased(source, line), "city": self._cased(source, home.city), "zip": home.zip}


def plain(text: str) -> str:
    """A text without accents."""
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
