"""Descriptions of made-up people, and how two of them stand to each other, in words."""

from typing import Any

import numpy as np

from processors.resolve.matching import vetoes
from processors.resolve.matching.columns import Columns
from processors.resolve.matching.dates import date_of
from processors.resolve.matching.description import Description, describe
from processors.resolve.matching.levels import LEVELS, Matrix, compare

KEY = b"k" * 32
EVERY_VETO = frozenset(vetoes.VETOES)


def described(name: str = "", *, born: str = "", **said: Any) -> Description:
    """Somebody of a name written "given, surname" or "given, middle, surname"; the rest is as ``describe`` takes it."""
    given, _, rest = name.partition(", ")
    middle, _, surname = rest.rpartition(", ")
    return describe(given, middle, surname, born=date_of(born), **{"key": KEY, **said})


def matrix(one: Description, other: Description) -> Matrix:
    """The levels of one pair."""
    return compare(Columns.of([one, other]), np.array([0], np.int32), np.array([1], np.int32))


def levels(one: Description, other: Description) -> dict[str, str]:
    """Of each trait that both know the name of the level at which they agree."""
    found = zip(LEVELS.items(), matrix(one, other)[0].tolist(), strict=True)
    return {trait: names[level - 1] for (trait, names), level in found if level}


def verdict(one: Description, other: Description, active: frozenset[str] = EVERY_VETO) -> str:
    """Whether two are vetoed, unclear, or open to be linked."""
    found = vetoes.judge(matrix(one, other), active)
    if found.is_vetoed[0]:
        return "vetoed"
    return "unclear" if found.is_unclear[0] else "open"
