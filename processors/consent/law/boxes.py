"""Sets of disclosures as boxes: exact sums over what rules speak of, without trying any disclosure.

A condition is a box: of each fact a set of values, here the bits of a number. What lies in one box and in none of
others is a number of boxes that have nothing in common, or nothing.
"""

import functools
import math
from collections.abc import Iterator, Sequence
from enum import StrEnum

from processors.consent.law.facts import CLASSES, Facts
from processors.consent.law.rules import When

Box = tuple[int, ...]
"""For each fact the values in it, a bit each in the order of their class; none is empty."""

EVERYTHING: Box = tuple([(1 << len(kind)) - 1 for kind in CLASSES])
BITS = [{one: 1 << at for at, one in enumerate(kind)} for kind in CLASSES]


def box_of(when: When) -> Box | None:
    """What a condition speaks of; None: of nothing, since a fact has no value."""
    box = tuple([EVERYTHING[at] if kept is None else _bits(at, kept) for at, kept in enumerate(when)])
    return box if all(box) else None


@functools.cache
def _bits(at: int, kept: frozenset[StrEnum]) -> int:
    """Some values of a fact; rules name the same ones again and again."""
    return sum(BITS[at][one] for one in kept)


def boxes_of(conditions: Sequence[When]) -> list[Box]:
    """Of several conditions, those that speak of anything."""
    return [box for box in map(box_of, conditions) if box is not None]


def meet(one: Box, other: Box) -> Box | None:
    """What lies in both; None: nothing."""
    both = tuple([mine & its for mine, its in zip(one, other, strict=True)])
    return both if all(both) else None


def left(box: Box, cuts: Sequence[Box]) -> Iterator[Box]:
    """What lies in a box and in none of others, as boxes that have nothing in common."""
    for place, cut in enumerate(cuts):
        if meet(box, cut) is not None:
            for piece in _minus(box, cut):
                yield from left(piece, cuts[place + 1 :])
            return
    yield box


def is_covered(box: Box, cuts: Sequence[Box]) -> bool:
    """Whether all of a box lies in others."""
    return next(left(box, cuts), None) is None


def size(box: Box) -> int:
    """Disclosures in it."""
    return math.prod(values.bit_count() for values in box)


def values_of(box: Box, beside: Box = EVERYTHING) -> dict[str, list[StrEnum]]:
    """Its values by fact, of those facts of which it has fewer than a box beside it."""
    return {
        name: [one for at, one in enumerate(kind) if mine >> at & 1]
        for name, kind, mine, its in zip(Facts._fields, CLASSES, box, beside, strict=True)
        if mine & its != its
    }


def _minus(box: Box, cut: Box) -> Iterator[Box]:
    """What of a box lies outside of another that it meets: a piece for each fact that the other narrows."""
    for place, (mine, its) in enumerate(zip(box, cut, strict=True)):
        if outside := mine & ~its:
            yield (*box[:place], outside, *box[place + 1 :])
            box = (*box[:place], mine & its, *box[place + 1 :])
