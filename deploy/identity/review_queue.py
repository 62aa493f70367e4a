"""The stewards' queue: which open reviews are asked first; pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from processors.resolve.decisions import Two

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """One question to a steward: are these two of one person?"""

    one: str
    other: str
    persons: tuple[str, str]
    """Whose they are now."""
    records: int
    """Of both persons: how much depends on the answer."""
    bits: float
    reason: str
    model: str


def queue(reviews: Iterable[Row], persons: Mapping[str, str], decided: Iterable[Two]) -> list[Asked]:
    """Open reviews, those on which most depends first; of several between the same two persons the heaviest alone.

    Left out are those whose records are of one person by now, or not known any more, and those between persons of whose
    records a steward has decided something: that answer is the answer.

    Args:
        reviews: rows of ``internal.identity_review.v1``, the last one of each pair.
        persons: whose every record is.
        decided: pairs of records of which a steward's decision stands.
    """
    answered = {_between(pair, persons) for pair in decided}
    sizes, heaviest = Counter(persons.values()), dict[frozenset[str], Asked]()
    for row in reviews:
        pair = (row["one"], row["other"])
        between = _between(pair, persons)
        if row["open"] and len(between) == len(pair) and between not in answered:
            asked = _asked(row, persons, sizes)
            known = heaviest.get(between)
            heaviest[between] = asked if known is None else min(asked, known, key=_order)
    return sorted(heaviest.values(), key=_order)


def _between(pair: Two, persons: Mapping[str, str]) -> frozenset[str]:
    """Persons of a pair: two, or fewer where it is of one, or a record is not known."""
    return frozenset(persons[key] for key in pair if key in persons)


def _asked(row: Row, persons: Mapping[str, str], sizes: Mapping[str, int]) -> Asked:
    one, other = persons[row["one"]], persons[row["other"]]
    return Asked(
        row["one"], row["other"], (one, other), sizes[one] + sizes[other], row["bits_hundredths"] / 100, row["reason"],
        row["model"],
    )  # fmt: skip


def _order(asked: Asked) -> tuple[int, float, str, str]:
    return -asked.records, -asked.bits, asked.one, asked.other
