"""Small cells: a count of few rows about people is not shown, and none that it could be had from by subtraction.

A cell below ``FEWEST`` is told as that. Then the smallest of the others are hidden too, until what is left, the sum of
all and the rule itself leave every small cell anything from 1 to ``FEWEST`` - 1. Where nothing is left to hide, the
distribution as a whole is not shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass

FEWEST = 11
"""Rows about people that a distribution tells of; as California's agencies have it for what they publish."""
FEW = f"fewer than {FEWEST}"
HIDDEN = "not shown"


@dataclass(frozen=True)
class Cell:
    """A part of a distribution."""

    value: str
    """A code, a month, a range: of a closed set."""
    count: int | None
    """None: it is not shown."""
    hidden: str = ""
    """Why, in a few words."""


def shown(counts: Mapping[str, int]) -> list[Cell] | None:
    """The cells of a distribution in its order, those of no row left out; None: not even what they are can be told.

    Args:
        counts: rows by what they say; their sum is taken for known.
    """
    there = {value: count for value, count in counts.items() if count}
    small = {value for value, count in there.items() if count < FEWEST}
    by_size = sorted((count, value) for value, count in there.items() if count >= FEWEST)
    hidden: list[int] = []
    while small and not _is_open(there, small, hidden, by_size):
        if not by_size:
            return _without_counts(there)
        hidden.append(by_size.pop(0)[0])
    is_told = {value for _, value in by_size} if small else set(there)
    return [
        Cell(value, count) if value in is_told else Cell(value, None, FEW if value in small else HIDDEN)
        for value, count in there.items()
    ]


def _without_counts(there: Mapping[str, int]) -> list[Cell] | None:
    """What is said in any row, where it is of so many rows that this tells of none."""
    if len(there) == 1 or sum(there.values()) < FEWEST + len(there) - 1:
        return None
    return [Cell(value, None, HIDDEN) for value in there]


def _is_open(there: Mapping[str, int], small: set[str], hidden: list[int], by_size: list[tuple[int, str]]) -> bool:
    """Whether each small cell may be anything, for somebody who knows the sum, the rest and how cells are hidden."""
    if not hidden:
        return False
    together = sum(there[value] for value in small) + sum(hidden)
    others, most = len(small) - 1, FEWEST - 1
    largest = by_size[0][0] * len(hidden) if by_size else None
    fits_most = together - FEWEST * len(hidden) - others >= most
    fits_least = largest is None or together - largest - most * others <= 1
    return fits_most and fits_least
