"""A model that Splink trained (4 or 5, ``linker.misc.save_model_to_json``), read as one of ours.

Of each comparison the shares of its levels are taken over: each level of ours belongs to the first of Splink's that its
pairs meet, and those that belong to one share what it has in the proportion that they have in a model of ours. Where
several comparisons are about one trait, such as address and ZIP code, all their shares come out (iterative proportional
fitting; Deming and Stephan, 1940).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from processors.resolve.matching import splink_conditions as conditions
from processors.resolve.matching.levels import LEVELS
from processors.resolve.matching.model import Model
from processors.resolve.matching.splink_conditions import OTHERWISE, Condition
from processors.resolve.matching.splink_meanings import ADDRESS, COLUMNS, MEANINGS, ZIP
from processors.resolve.matching.training import LINK_BITS, REVIEW_BITS

ROUNDS = 25
FEWEST = 1e-7
"""The least share: Splink has zero for what it saw nowhere."""
Shares = tuple[float, ...]


@dataclass(frozen=True)
class _Level:
    """Of Splink's; both shares are None where it was not trained."""

    condition: Condition
    m: float | None
    u: float | None


@dataclass(frozen=True)
class _Group:
    """Levels of ours, as places among their trait's, that belong to one of Splink's, and its shares."""

    places: tuple[int, ...]
    m: float | None
    u: float | None


def is_splink(text: bytes | str) -> bool:
    """Whether a text is a model of Splink's, be it understood or not."""
    try:
        row = orjson.loads(text)
    except ValueError:
        return False
    return isinstance(row, dict) and "comparisons" in row


def from_splink(text: bytes | str, base: Model) -> Model:
    """Read a model of Splink's.

    Args:
        text: JSON as Splink saves it.
        base: what it does not say: traits and shares that it lacks, vetoes, blocking rules, how common names are.

    Raises:
        ValueError: it is not understood; one line that names the comparison and the level.
    """
    try:
        row = orjson.loads(text)
        prior = float(row["probability_two_random_records_match"])
        comparisons = [_groups(comparison) for comparison in row["comparisons"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no model of Splink's: {type(error).__name__} at {error}") from error
    if not 0 < prior < 1:
        raise ValueError("its probability_two_random_records_match is not between 0 and 1")
    even = -math.log2(prior)
    return replace(
        base,
        m={trait: _fitted(base.m[trait], _targets(comparisons, trait, "m")) for trait in LEVELS},
        u={trait: _fitted(base.u[trait], _targets(comparisons, trait, "u")) for trait in LEVELS},
        link_bits=even + LINK_BITS,
        review_bits=even + REVIEW_BITS,
    )


def _groups(comparison: Mapping[str, Any]) -> dict[str, list[_Group]]:
    """By trait that a comparison is about."""
    name = comparison["output_column_name"]
    levels = [_level(name, level) for level in comparison["comparison_levels"] if not level.get("is_null_level")]
    traits = conditions.traits_of(level.condition for level in levels)
    if not traits:
        raise ValueError(f"comparison {name} has no level but that of all others")
    return {trait: _claimed(trait, _about(levels, trait)) for trait in traits}


def _level(comparison: str, row: Mapping[str, Any]) -> _Level:
    label = row.get("label_for_charts") or row["sql_condition"]
    try:
        condition = conditions.condition_of(row["sql_condition"])
    except ValueError as error:
        known = ", ".join(names[0] for names in COLUMNS.values())
        line = (
            f"comparison {comparison}, level {label!r}, is not understood: {error}; known are columns such as {known}"
        )
        raise ValueError(" ".join(line.split())) from None
    m, u = row.get("m_probability"), row.get("u_probability")
    if isinstance(m, int | float) and isinstance(u, int | float):
        return _Level(condition, m, u)
    return _Level(condition, None, None)  # trained by half it weighs nothing


def _about(levels: Iterable[_Level], trait: str) -> list[_Level]:
    """What levels say of one trait: those that ask the same of it are one, and what asks nothing comes last."""
    found: dict[Condition, _Level] = {}
    for level in levels:
        condition = conditions.about(level.condition, trait)
        known = found.get(condition, _Level(condition, None, None))
        found[condition] = _Level(condition, _sum(known.m, level.m), _sum(known.u, level.u))
    rest = found.pop(OTHERWISE, _Level(OTHERWISE, None, None))
    return [*found.values(), rest]


def _claimed(trait: str, levels: Sequence[_Level]) -> list[_Group]:
    """Groups of our levels. A level of Splink's that is met by none of ours counts with the next below it."""
    firsts = {
        name: next(i for i, level in enumerate(levels) if conditions.is_met(level.condition, meaning))
        for name, meaning in MEANINGS[trait].items()
    }
    names = LEVELS[_whole(trait)]
    groups: list[_Group] = []
    m = u = None
    for i, level in enumerate(levels):
        m, u = _sum(m, level.m), _sum(u, level.u)
        if i in firsts.values():
            groups.append(_Group(tuple(names.index(name) for name, first in firsts.items() if first == i), m, u))
            m = u = None
    return groups


def _whole(trait: str) -> str:
    return ADDRESS if trait == ZIP else trait


def _sum(one: float | None, other: float | None) -> float | None:
    return one if other is None else other if one is None else one + other


Target = Sequence[tuple[tuple[int, ...], float | None]]
"""Of one comparison: places of levels, and their share together among those of all its places."""


def _targets(comparisons: Iterable[Mapping[str, Sequence[_Group]]], trait: str, share: str) -> list[Target]:
    return [
        [(group.places, getattr(group, share)) for group in groups]
        for comparison in comparisons
        for of, groups in comparison.items()
        if _whole(of) == trait
    ]


def _fitted(base: Sequence[float], targets: Sequence[Target]) -> Shares:
    """Shares as near to those of a model as those of each comparison allow."""
    found = list(base)
    for _ in range(ROUNDS if targets else 0):
        for target in targets:
            _fit(found, base, target)
    return tuple(found)


def _fit(found: list[float], base: Sequence[float], target: Target) -> None:
    """Give each group of a comparison its share, or that of the base; of a part of the levels, in what they have."""
    own = [sum(base[place] for place in places) if share is None else share for places, share in target]
    compared = [place for places, _ in target for place in places]
    scale = 1.0 if len(compared) == len(found) else sum(found[place] for place in compared) / sum(own)
    for (places, _), share in zip(target, own, strict=True):
        factor = max(FEWEST, share) * scale / sum(found[place] for place in places)
        for place in places:
            found[place] *= factor
