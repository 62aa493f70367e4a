"""Why two records are of one person or of two: trait by trait what the engine saw, what it weighed, and what spoke up.

The same comparison, weights and vetoes as ``scoring.Scorer``, kept apart instead of summed. No value of a trait is in
it, but the weight of a name tells how common that name is.
"""

import heapq
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from processors.resolve.decisions import Two
from processors.resolve.matching import blocking, vetoes
from processors.resolve.matching.columns import Columns
from processors.resolve.matching.description import Description
from processors.resolve.matching.levels import LEVELS, TRAITS, Mask, Matrix, compare
from processors.resolve.matching.model import Model, Weights
from processors.resolve.matching.scoring import CERTAIN_VOTES, DIGITS

Says = Literal["link", "veto", "unclear", "review", "apart"]


@dataclass(frozen=True, slots=True)
class Weight:
    """What one trait says of two records."""

    trait: str
    level: str
    """One of the trait's ``LEVELS``; empty: one of the two does not tell it."""
    bits: float
    rarity_bits: float
    """What of them is because the name is rarer than most, or less where it is more common."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What two descriptions say of each other."""

    weights: tuple[Weight, ...]
    """One for each trait, in the order of ``TRAITS``."""
    bits: float
    """Their sum."""
    vetoes: tuple[str, ...]
    """Those that hold, by name."""
    doubts: tuple[str, ...]
    """What makes the pair unclear, by name: it is neither linked nor vetoed."""
    votes: int
    """Of the vetoes, where records are clustered; 0: there is none."""
    link_bits: float
    review_bits: float

    @property
    def says(self) -> Says:
        """Whether the two are linked, and if not, for want of what."""
        if self.vetoes:
            return "veto"
        if self.doubts:
            return "unclear"
        if self.bits >= self.link_bits:
            return "link"
        return "review" if self.bits >= self.review_bits else "apart"


def between(one: Sequence[Description], other: Sequence[Description], model: Model) -> Evidence | None:
    """The strongest evidence between descriptions of two records: their best link; else the veto with most votes.

    Returns:
        None where nothing is said of one of the two.
    """
    if not one or not other:
        return None
    columns = Columns.of([*one, *other])
    left = np.repeat(np.arange(len(one), dtype=np.int32), len(other))
    right = np.tile(np.arange(len(one), len(one) + len(other), dtype=np.int32), len(one))
    levels = compare(columns, left, right)
    weights, verdict = model.weigh(columns, left, right, levels), vetoes.judge(levels, model.vetoes)
    found = [_of_pair(place, levels, weights, verdict, model) for place in range(len(left))]
    return max(found, key=lambda e: (e.says == "link", e.votes if e.says == "veto" else 0, e.bits))


def _of_pair(place: int, levels: Matrix, weights: Weights, verdict: vetoes.Verdict, model: Model) -> Evidence:
    held = _named(verdict.vetoes, place)
    return Evidence(
        tuple(
            _weight(trait, int(level), float(bits), model)
            for trait, level, bits in zip(TRAITS, levels[place], weights[place], strict=True)
        ),
        bits=float(weights[place].sum().round(DIGITS)),
        vetoes=held,
        doubts=_named(verdict.doubts, place),
        votes=0 if not held else CERTAIN_VOTES if verdict.is_certain[place] else 1,
        link_bits=model.link_bits,
        review_bits=model.review_bits,
    )


def _weight(trait: str, level: int, bits: float, model: Model) -> Weight:
    return Weight(trait, LEVELS[trait][level - 1] if level else "", bits, bits - float(model.bits[trait][level]))


def _named(masks: Mapping[str, Mask], place: int) -> tuple[str, ...]:
    return tuple(name for name, mask in masks.items() if mask[place])


def chain(links: Mapping[Two, float], one: str, other: str) -> list[str]:
    """Records through which two are joined: the chain of links whose weakest is strongest, and so on the way to each.

    Args:
        links: bits by pair of records, each pair once.
        one: where the chain begins.
        other: where it ends.

    Returns:
        All records of the chain; none where no links lead from one to the other.
    """
    neighbours: dict[str, dict[str, float]] = defaultdict(dict)
    for (a, b), bits in links.items():
        neighbours[a][b] = neighbours[b][a] = bits
    ways, reached = [(-math.inf, 1, [one])], set[str]()
    while ways:
        weakest, length, way = heapq.heappop(ways)
        if way[-1] == other:
            return way
        if way[-1] not in reached:
            reached.add(way[-1])
            for record, bits in neighbours[way[-1]].items():
                heapq.heappush(ways, (max(weakest, -bits), length + 1, [*way, record]))
    return []


def found_by(one: Sequence[Description], other: Sequence[Description], model: Model) -> list[str]:
    """Names of the blocking rules by which two records find each other, sorted.

    None: they are compared only where other records bring them together.
    """
    mine, theirs = (
        {text for description in said for text in blocking.texts_of(description, model.rules)} for said in (one, other)
    )
    return sorted({text.partition(" ")[0] for text in mine & theirs})
