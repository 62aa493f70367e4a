"""Every disclosure that there can be, in rows of those that neither the oracle nor the rules tell apart.

The oracle is asked with facts that are not settled: the first that it asks for is settled to each of its values in
turn, until it answers; what it did not ask for cannot change its answer. Below each answer the rules' masks are
followed fact by fact: values that leave the same rules standing are one. So no disclosure is left out, and the sizes of
all rows sum up to the whole.
"""

import functools
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from processors.consent.law.facts import CLASSES, Facts
from processors.consent.law.rules import RuleSet

KINDS = dict(zip(Facts._fields, CLASSES, strict=True))
WHOLE = math.prod(map(len, CLASSES))
"""Disclosures that there can be."""
Settled = Mapping[str, StrEnum]
Oracle = Callable[[Facts], Any]
"""Whether it permits, or all that it says: answers are told, never looked into."""


class Row(NamedTuple):
    """Disclosures that are alike: one of them, the oracle's answer, and how many they are."""

    facts: Facts
    permit: bool
    stands_for: int


class _Open(Exception):  # noqa: N818  # a question, no error
    """A fact is asked for that is not settled."""


class _Asked:
    """Facts of which some are settled."""

    def __init__(self, settled: Settled) -> None:
        self.__dict__.update(settled)

    def __getattr__(self, name: str) -> StrEnum:
        raise _Open(name) if name in KINDS else AttributeError(name)


def answers(oracle: Oracle, settled: Settled) -> Iterator[tuple[Settled, Any]]:
    """The oracle's answers where some facts are settled, each with the facts that it rests on."""
    try:
        answer = oracle(_Asked(settled))
    except _Open as asked:
        [name] = asked.args
    else:
        yield settled, answer
        return
    for value in KINDS[name]:
        yield from answers(oracle, {**settled, name: value})


class Rows:
    """Rows of rules and an oracle."""

    def __init__(self, rules: RuleSet, oracle: Oracle) -> None:
        self._rules, self._oracle = rules, oracle
        self._masks = [{one: rules.speaking((one,), place) for one in kind} for place, kind in enumerate(CLASSES)]

    def among(self, settled: Settled) -> Iterator[Row]:
        """All rows of those disclosures that have some facts."""
        for facts, permit in answers(self._oracle, settled):
            known = [facts.get(name) for name in KINDS]
            places = [place for place, value in enumerate(known) if value is not None]
            found = _common([self._rules.speaking(()), *(self._masks[place][known[place]] for place in places)])
            todo = [place for place, value in enumerate(known) if value is None]
            for picked, count in self._split(found, todo):
                yield Row(Facts._make(p if k is None else k for k, p in zip(known, picked, strict=True)), permit, count)

    def told_apart(self) -> dict[str, int]:
        """For each fact, how many of its values the rules tell apart."""
        return {name: len(set(masks.values())) for name, masks in zip(KINDS, self._masks, strict=True)}

    def _split(self, found: int, todo: list[int]) -> Iterator[tuple[list[StrEnum | None], int]]:
        """Values for the facts still open, and how many disclosures they stand for."""
        if not todo:
            yield [None] * len(CLASSES), 1
            return
        first, *rest = todo
        alike: dict[int, list[StrEnum]] = {}
        for value, mask in self._masks[first].items():
            alike.setdefault(found & mask, []).append(value)
        for mask, values in alike.items():
            for picked, count in self._split(mask, rest):
                picked[first] = values[0]
                yield picked, count * len(values)


def _common(masks: Iterable[int]) -> int:
    return functools.reduce(operator.and_, masks)
