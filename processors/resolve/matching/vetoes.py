"""What speaks against a link whatever the weight: signs of two persons who share a name, a day, a house or a number.

A veto says of a pair that it is of two persons. Of some pairs it is unclear; they count neither for nor against.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from processors.resolve.matching.levels import (
    TRAITS,
    Address,
    Born,
    Email,
    Given,
    Mask,
    Matrix,
    Middle,
    MultipleBirth,
    Number,
    Same,
    Source,
    Surname,
)

TWINS, SHARED_NUMBER, JUNIORS, HOUSEHOLD, STRANGERS, NEW_SURNAME = VETOES = (
    "twins", "shared_number", "juniors", "household", "strangers", "new_surname",
)  # fmt: skip
SUFFIXES, NAMESAKES, NEAR_NUMBER = "suffixes", "namesakes", "near_number"
"""A veto and two doubts that every model has: two suffixes; nothing that agrees beside the name; a number with a typing
error, and nothing that agrees beside it and one of the names."""

CLOSE = (
    Given.NICKNAME, Given.SIMILAR, Given.INITIAL, Given.TOKEN, Given.WEAK, Given.MIDDLE_INITIAL, Given.OTHER_MIDDLE,
    Given.CROSSED,
)  # fmt: skip
"""Levels of given names that are one person's as often as two twins'."""
FAR_DAYS = (Born.DIFFER, Born.GENERATION)
"""Levels of dates of birth that are a father's and his son's."""


@dataclass
class Verdict:
    """Of each pair."""

    is_vetoed: Mask
    is_certain: Mask
    """Vetoed, and another trait beside the given name tells of two."""
    is_unclear: Mask
    vetoes: Mapping[str, Mask]
    """Where each veto holds, by its name."""
    doubts: Mapping[str, Mask]
    """Where each makes a pair unclear, likewise."""


class _Pairs:
    """What vetoes ask of pairs."""

    def __init__(self, levels: Matrix) -> None:
        """Of a matrix of levels."""
        of: dict[str, Matrix] = dict(zip(TRAITS, levels.T, strict=True))
        self.given, self.surname, self.middle = of["given"], of["surname"], of["middle"]
        self.address, self.email = of["address"], of["email"]
        self.differs: Mask = self.given == Given.DIFFER
        self.other_surname: Mask = np.isin(self.surname, (Surname.WEAK, Surname.DIFFER))
        self.same_surname: Mask = (self.surname >= Surname.EXACT) & (self.surname <= Surname.SIMILAR)
        self.same_middle: Mask = self.middle == Middle.EXACT
        self.other_middle: Mask = self.middle == Middle.DIFFER
        self.born = of["born"]
        self.same_day: Mask = (self.born >= Born.EXACT) & (self.born <= Born.ONE_DIGIT)
        self.number = of["number"]
        self.same_number: Mask = self.number == Number.EXACT
        self.near_number: Mask = self.number == Number.TYPING_ERROR
        self.other_sex: Mask = of["sex"] == Same.DIFFER
        self.other_suffix: Mask = of["suffix"] == Same.DIFFER
        self.same_source: Mask = of["source"] == Source.OTHER_RECORD
        self.is_twin: Mask = of["multiple_birth"] == MultipleBirth.TOLD
        self.same_other: Mask = (of["phone"] == Same.EXACT) | (of["other"] == Same.EXACT)

    def given_is(self, *levels: int) -> Mask:
        """Given names at some levels."""
        found: Mask = np.isin(self.given, levels)
        return found


def patterns(levels: Matrix) -> dict[str, Mask]:
    """Pairs that each veto speaks of, whatever their numbers say; for SHARED_NUMBER whatever their days say."""
    p = _Pairs(levels)
    return {
        TWINS: _twins(p),
        SHARED_NUMBER: p.differs & p.same_number,
        JUNIORS: p.other_suffix | (np.isin(p.born, FAR_DAYS) & ~p.differs),
        HOUSEHOLD: p.differs & ~p.same_day,
        STRANGERS: p.differs & p.other_surname,
        NEW_SURNAME: _new_surname(p),
    }


def judge(levels: Matrix, active: frozenset[str]) -> Verdict:
    """Hold pairs to the vetoes that a model has."""
    p, found = _Pairs(levels), patterns(levels)
    held = {
        TWINS: ((found[TWINS] | _numbered_twins(p) | _told_twins(p)) & ~p.same_number) | _unlike_twins(p),
        SHARED_NUMBER: found[SHARED_NUMBER] & ~p.same_day,
        JUNIORS: found[JUNIORS] & ~p.same_number & ~p.near_number,
        HOUSEHOLD: found[HOUSEHOLD] & ~p.same_number,
        STRANGERS: found[STRANGERS] & ~((p.same_number | p.near_number) & (p.born == Born.EXACT)),
    }
    unclear = {
        TWINS: _may_be_twins(p),
        NEW_SURNAME: found[NEW_SURNAME] & ~p.same_number & ~p.near_number,
    }
    spoken = {veto: held[veto] for veto in held if veto in active} | {SUFFIXES: p.other_suffix}
    doubts = {veto: unclear[veto] for veto in unclear if veto in active} | _of_every_model(p)
    vetoed = _any(spoken.values())
    told = p.same_source | p.is_twin | (p.number >= Number.TYPING_ERROR) | p.other_sex | p.other_suffix
    return Verdict(vetoed, vetoed & told, _any(doubts.values()), spoken, doubts)


def _any(masks: Iterable[Mask]) -> Mask:
    found: Mask = np.logical_or.reduce([*masks])
    return found


def _twins(p: _Pairs) -> Mask:
    """One day and surname, and given names that differ, or are close beside middle names or sexes that differ."""
    close = p.given_is(Given.NICKNAME, Given.SIMILAR, Given.INITIAL, Given.TOKEN)
    closer = p.given_is(Given.SIMILAR, Given.INITIAL, Given.WEAK)
    return p.same_day & p.same_surname & (p.differs | (close & p.other_middle) | (closer & p.other_sex))


def _numbered_twins(p: _Pairs) -> Mask:
    """Twins are given numbers in a row, and their school numbers both; of one middle name somebody has two of these."""
    is_numbered: Mask = p.number >= Number.TYPING_ERROR
    is_twice: Mask = p.same_source & ~p.same_middle
    told = (p.given_is(*CLOSE) & (is_numbered | is_twice)) | (p.other_middle & (is_numbered | p.same_source))
    return p.same_day & p.same_surname & told


def _told_twins(p: _Pairs) -> Mask:
    """Of whom a source says that it is a twin: what else would leave the pair unclear is the other twin."""
    return p.is_twin & p.same_day & p.same_surname & p.given_is(Given.WEAK, Given.MIDDLE_INITIAL)


def _unlike_twins(p: _Pairs) -> Mask:
    """Given names that differ, and numbers in a row or sexes that differ."""
    return p.same_day & p.differs & (p.near_number | (p.same_surname & p.other_sex))


def _may_be_twins(p: _Pairs) -> Mask:
    """Given names too far from each other to link, and too near to part; but of one number a wage row's are cut off."""
    is_wage_row: Mask = p.same_number & p.same_surname & (p.born == 0)
    doubtful = (p.given_is(Given.WEAK) & ~is_wage_row) | p.given_is(Given.MIDDLE_INITIAL)
    other_sex = p.other_sex & p.given_is(Given.WEAK, Given.MIDDLE_INITIAL, Given.INITIAL)
    told = p.is_twin & p.same_surname & p.given_is(Given.SIMILAR, Given.INITIAL, Given.TOKEN, Given.OTHER_MIDDLE)
    return (doubtful & (~p.same_day | (p.same_surname & ~p.same_number))) | (
        ~p.same_number & ((p.near_number & ~p.same_day & p.given_is(*CLOSE)) | (p.same_day & (other_sex | told)))
    )


def _new_surname(p: _Pairs) -> Mask:
    """A given name and a day of birth in common, and neither house nor e-mail: so are many strangers."""
    house = np.isin(p.address, (Address.EXACT, Address.SIMILAR))
    email = np.isin(p.email, (Email.EXACT, Email.NAME))
    found: Mask = (p.surname == Surname.DIFFER) & p.same_day & ~house & ~email
    return found


def _of_every_model(p: _Pairs) -> dict[str, Mask]:
    """Names alone are many people's, and so is a number that only has to be near, of who has one name in common."""
    house = np.isin(p.address, (Address.EXACT, Address.STREET, Address.SIMILAR))
    email = np.isin(p.email, (Email.EXACT, Email.NAME))
    is_anchored: Mask = p.same_number | p.same_day | house | email | p.same_other
    other_given = (p.given == 0) | p.given_is(Given.WEAK, Given.DIFFER, Given.MIDDLE_INITIAL)
    other_name = other_given | (p.surname == 0) | p.other_surname
    return {NAMESAKES: ~is_anchored & ~p.near_number, NEAR_NUMBER: ~is_anchored & p.near_number & other_name}
