"""Stewards' decisions among the records of one pass of clustering, as pairs of their places."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from processors.resolve import decisions
from processors.resolve.decisions import Two
from processors.resolve.matching.blocks import Numbered, Pairs, Places, paired, split
from processors.state import Working


class Words(NamedTuple):
    """What stewards say of a component."""

    same: list[Two]
    different: list[Two]


UNDECIDED = Words([], [])
"""What they say of most."""


@dataclass
class Decided:
    """Pairs of records that stewards decided."""

    same: Pairs
    different: Pairs

    @classmethod
    def among(cls, nodes: Places, numbered: Numbered, state: Working) -> "Decided":
        """Those of whom both are among some records."""
        keys = list(numbered)
        found = decisions.among([keys[place] for place in nodes.tolist()], state)
        return cls(*(paired(*(places_of(numbered, side) for side in _sides(pairs))) for pairs in found))

    @property
    def both(self) -> Pairs:
        """All of them."""
        return np.concatenate([self.same, self.different])

    def by_component(self, labels: Places, keys: Sequence[str]) -> dict[int, Words]:
        """The pairs by the label of their component.

        Args:
            labels: of each place that of its component; who was called different may be of two.
            keys: of each place its record.
        """
        found = defaultdict[int, Words](lambda: Words([], []))
        for kind, pairs in enumerate((self.same, self.different)):
            for one, other in zip(*(side.tolist() for side in split(pairs)), strict=True):
                found[int(labels[one])][kind].append(decisions.pair_of(keys[one], keys[other]))
        return found


def _sides(pairs: Sequence[Two]) -> tuple[list[str], list[str]]:
    return [one for one, _ in pairs], [other for _, other in pairs]


def places_of(numbered: Numbered, keys: Collection[str]) -> Places:
    """Places of records."""
    return np.fromiter(map(numbered.__getitem__, keys), np.int64, len(keys))
