"""Chance that is the same on every machine: one stream per name, made of ``random()`` and whole numbers only."""

import random
import uuid
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")
NAMESPACE = uuid.UUID("6d1f3c52-0a5e-5b8e-9a0b-7f5d2c1e4a90")
"""Of every id in a synthetic population."""


class Dice:
    """One stream of chance, named by what it is for.

    Python promises the sequence of ``random()`` for a seed, across versions and systems, and promises it of no other
    method; so everything here is made of that one.
    """

    def __init__(self, *name: object) -> None:
        """Start the stream of a name, as a seed and a person's number."""
        self._random = random.Random("/".join(str(part) for part in name))  # noqa: S311  # play, no secret

    def below(self, count: int) -> int:
        """A whole number from 0 to count - 1."""
        return int(self._random.random() * count)

    def between(self, first: int, last: int) -> int:
        """A whole number from first to last, both possible."""
        return first + self.below(last - first + 1)

    def chance(self, percent: float) -> bool:
        """True so many times in a hundred."""
        return self._random.random() * 100 < percent

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items, each as likely."""
        return items[self.below(len(items))]

    def weighted(self, weights: dict[Item, int]) -> Item:
        """One of the keys, as likely as its weight says."""
        left = self.below(sum(weights.values()))
        for item, weight in weights.items():
            if left < weight:
                return item
            left -= weight
        raise AssertionError("weights are whole numbers above zero")

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """The items in another order."""
        mixed = list(items)
        for last in range(len(mixed) - 1, 0, -1):
            other = self.below(last + 1)
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed

    def digits(self, count: int) -> str:
        """So many digits, the first of them not zero."""
        return str(self.between(1, 9)) + "".join(str(self.below(10)) for _ in range(count - 1))


def named_id(*name: object) -> str:
    """The UUID of a name: the same name, the same id (UUIDv5, RFC 9562)."""
    return str(uuid.uuid5(NAMESPACE, "/".join(str(part) for part in name)))
