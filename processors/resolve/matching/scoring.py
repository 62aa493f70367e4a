"""Pairs of records scored at once: the best link among their descriptions, and whether anything parts them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from processors.resolve.matching import vetoes
from processors.resolve.matching.clusters import Pair
from processors.resolve.matching.columns import Codes, Columns
from processors.resolve.matching.description import Description
from processors.resolve.matching.levels import compare
from processors.resolve.matching.model import Model

CERTAIN_VOTES = 3
"""Of a veto that another trait beside the given name bears out: people go by other names, twins have two of all."""
DIGITS = 6
"""Of a weight behind the point: what is below is the order of sums."""


@dataclass
class Scorer:
    """Scores pairs among records whose descriptions it was given."""

    model: Model
    descriptions: Mapping[str, Sequence[Description]] = field(repr=False)
    _first: dict[str, int] = field(init=False, default_factory=dict, repr=False)
    _columns: Columns = field(init=False, repr=False)

    def __post_init__(self) -> None:
        rows: list[Description] = []
        for key, descriptions in self.descriptions.items():
            self._first[key] = len(rows)
            rows += descriptions
        self._columns = Columns.of(rows)

    def pairs(self, keys: Sequence[tuple[str, str]]) -> list[Pair]:
        """Of pairs of records those that are linked or vetoed.

        A link between two descriptions counts for more than a veto between two others of the same records.
        """
        if not keys:
            return []
        one, other, starts = self._expanded(keys)
        levels = compare(self._columns, one, other)
        verdict = vetoes.judge(levels, self.model.vetoes)
        bits = self.model.weigh(self._columns, one, levels).sum(axis=1).round(DIGITS)
        is_link = (bits >= self.model.link_bits) & ~verdict.is_vetoed & ~verdict.is_unclear
        best = np.maximum.reduceat(np.where(is_link, bits, -np.inf), starts)
        votes = verdict.is_vetoed.astype(np.int8) + (CERTAIN_VOTES - 1) * verdict.is_certain
        return _found(keys, best, np.maximum.reduceat(votes, starts))

    def _expanded(self, keys: Sequence[tuple[str, str]]) -> tuple[Codes, Codes, NDArray[np.int64]]:
        """Pairs of descriptions of pairs of records, and where each pair of records begins among them."""
        first, descriptions = self._first, self.descriptions
        one, other, starts = list[int](), list[int](), list[int]()
        for a, b in keys:
            starts.append(len(one))
            x, y = first[a], first[b]
            n, m = len(descriptions[a]), len(descriptions[b])
            if n == m == 1:
                one.append(x)
                other.append(y)
            else:
                one += [x + i for i in range(n) for _ in range(m)]
                other += [y + j for _ in range(n) for j in range(m)]
        return np.array(one, np.int32), np.array(other, np.int32), np.array(starts, np.int64)


def _found(keys: Sequence[tuple[str, str]], best: NDArray[np.float64], votes: NDArray[np.int8]) -> list[Pair]:
    linked = best > -np.inf
    places = np.nonzero(linked | (votes > 0))[0]
    told = zip(places.tolist(), best[places].tolist(), linked[places].tolist(), votes[places].tolist(), strict=True)
    return [
        Pair(*keys[place], bits if is_link else 0.0, is_link, not is_link, count)
        for place, bits, is_link, count in told
    ]
