"""Training of a model without labels, by expectation-maximisation over candidate pairs (Winkler, 1988)."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from processors.resolve.matching import blocking, vetoes
from processors.resolve.matching.columns import Codes, Columns
from processors.resolve.matching.description import Description
from processors.resolve.matching.levels import LEVELS, TRAITS, Born, Matrix, Number, compare
from processors.resolve.matching.model import Model, Weights
from processors.resolve.matching.names import canonical

Shares = dict[str, NDArray[np.float64]]
KEY_CAP = 60
"""Descriptions under one key beyond which it counts for no pair."""
RANDOM_PAIRS = 400_000
ROUNDS = 30
SMOOTHED = 0.5
FIRST_GUESS = 0.8
"""Share of pairs of one person that agree exactly, to begin with."""
LINK_BITS, REVIEW_BITS = -2.0, -8.0
"""From even odds, of a pair drawn at random from all."""
COMMON, FEWEST_SEEN = 4_000, 3
"""Names that a model keeps, and how often each must have been seen."""
SHARE_DIGITS = 7
"""Of a name's share behind the point: more would be the file's, not the population's."""
NO_SECRET = b"keys of a training are not kept"
STEP = 2_654_435_761
"""Knuth's multiplier, by which places far apart are paired."""
CERTAIN, FEWEST_PAIRS, FEWEST_SHARE, NEARLY_BITS = 0.9, 12, 0.001, 4.0
SAME_NUMBER = (Number.EXACT, Number.TYPING_ERROR)
SAME_DAY = (Born.EXACT, Born.DAY_AND_MONTH, Born.ONE_DIGIT)
ASSUMED: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "phone": ((0.6, 0.4), (0.005, 0.995)),
    "other": ((0.98, 0.02), (0.000001, 0.999999)),
}
"""Shares among pairs of one person and of two, where no description knows the trait: nobody measured them. Numbers of
other systems name one person; a telephone is shared by a household and changed more often than a name."""
GAIN, EXTRA_PAIRS, IDLE_PAIRS = 0.0003, 3.0, 0.4
"""Share of links that a blocking rule must add; how many pairs a record it may bring, and how many that are no links:
these grow with the number of people, so that a rule that is dear now makes a store of millions slow."""


def train(descriptions: Sequence[Description]) -> Model:
    """Train a model on descriptions of unknown persons; the same ones in the same order give the same model."""
    columns = Columns.of(descriptions)
    found = {rule: _pairs(columns, rule) for rule in blocking.RULES}
    u = _random_shares(columns, len(descriptions))
    base = np.unique(np.concatenate([found[rule] for rule in _CHEAP]))
    one, other = _split(base)
    levels = compare(columns, one, other)
    m, share = _maximised(levels, u) if len(base) else (u, 0.0)
    for trait in _untold(columns):
        m[trait], u[trait] = (np.array([1.0, *shares]) for shares in ASSUMED[trait])
    model = Model(
        m={trait: tuple(m[trait][1:].tolist()) for trait in TRAITS},
        u={trait: tuple(u[trait][1:].tolist()) for trait in TRAITS},
        link_bits=0.0, review_bits=0.0, vetoes=frozenset(), rules=(),
        given=_common(canonical(d.given.partition(" ")[0]) for d in descriptions if d.given),
        surname=_common(d.surname for d in descriptions if d.surname),
        rarest=1.0 / max(20_000, len(descriptions)),
    )  # fmt: skip
    prior = share * len(base) / (len(descriptions) * (len(descriptions) - 1) / 2)
    even = -math.log2(prior) if prior else math.inf
    held = _vetoes(levels, model.weigh(columns, one, other, levels), even, m, len(descriptions))
    model = replace(model, link_bits=even + LINK_BITS, review_bits=even + REVIEW_BITS, vetoes=held)
    return replace(model, rules=_rules(columns, model, found, len(descriptions)))


_CHEAP = (
    *blocking.ALWAYS,
    "names_and_zip",
    "names_and_year",
    "names_and_day",
    "number_head_and_given",
    "number_tail_and_given",
)
"""Rules whose keys name one person: under an address the two classes would be households and strangers."""


def _pairs(columns: Columns, rule: str) -> NDArray[np.int64]:
    """Pairs that share a key of a rule, as one number each, sorted."""
    places, keys = blocking.keys_in(columns, [rule], NO_SECRET)
    _, of_each, counts = np.unique(keys, return_inverse=True, return_counts=True)
    order = np.lexsort((places, of_each))
    few = order[(counts[of_each] <= KEY_CAP)[order]]
    pairs = list[tuple[int, int]]()
    for group in np.split(places[few], np.nonzero(np.diff(of_each[few]))[0] + 1):
        pairs += combinations(group.tolist(), 2)
    return np.unique(np.array([(one << 32) | other for one, other in pairs], np.int64))


def _untold(columns: Columns) -> list[str]:
    """Traits with assumed shares that no description knows."""
    known = {"phone": columns.phone.any(), "other": columns.others.any()}
    return [trait for trait in ASSUMED if not known[trait]]


def _split(pairs: NDArray[np.int64]) -> tuple[Codes, Codes]:
    return (pairs >> 32).astype(np.int32), (pairs & 0xFFFFFFFF).astype(np.int32)


def _random_shares(columns: Columns, count: int) -> Shares:
    """Shares of levels among pairs that are nearly all of two persons."""
    places = np.arange(count, dtype=np.int64)
    rounds = max(1, RANDOM_PAIRS // count)
    steps = [1 + (STEP * (i + 1)) % (count - 1) for i in range(rounds)]
    one = np.concatenate([places] * rounds).astype(np.int32)
    other = np.concatenate([(places + step) % count for step in steps]).astype(np.int32)
    levels = compare(columns, one, other)
    return {trait: _shares(levels[:, i], trait, None) for i, trait in enumerate(TRAITS)}


def _shares(levels: Matrix, trait: str, weights: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Shares of a trait's levels, smoothed; of level 0 one, as of what says nothing."""
    counts = np.bincount(levels, weights, len(LEVELS[trait]) + 1).astype(np.float64)
    counts[0] = 0
    counts[1:] += SMOOTHED
    counts /= counts.sum()
    counts[0] = 1
    return counts


def _maximised(levels: Matrix, u: Shares) -> tuple[Shares, float]:
    """Shares of levels among pairs of one person, and the share of such pairs; u stays as it is."""
    patterns, counts = np.unique(levels, axis=0, return_counts=True)
    m = {trait: _guess(len(LEVELS[trait])) for trait in TRAITS}
    share, against = 0.5, _log_likelihood(patterns, u)
    for _ in range(ROUNDS):
        odds = np.log(share) + _log_likelihood(patterns, m) - np.log1p(-share) - against
        weights = counts / (1 + np.exp(-odds))
        share = float(np.clip(weights.sum() / counts.sum(), 1e-6, 1 - 1e-6))
        m = {trait: _shares(patterns[:, i], trait, weights) for i, trait in enumerate(TRAITS)}
    return {trait: _seen(m[trait], u[trait], weights @ (patterns[:, i] > 0)) for i, trait in enumerate(TRAITS)}, share


def _seen(m: NDArray[np.float64], u: NDArray[np.float64], pairs: float) -> NDArray[np.float64]:
    """Shares of which none speaks for one person that not one pair of so many has shown.

    What smoothing gives such a level is a part of few pairs of one person, but of many of two.
    """
    least = (SMOOTHED + 1) / (pairs + SMOOTHED * (len(m) - 1))
    found = np.where(m < least, np.minimum(m, u), m)
    found[1:] /= found[1:].sum()
    return found


def _guess(levels: int) -> NDArray[np.float64]:
    rest = (1 - FIRST_GUESS) / max(1, levels - 1)
    return np.array([1.0, FIRST_GUESS, *[rest] * (levels - 1)])


def _log_likelihood(patterns: Matrix, shares: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    total = np.zeros(len(patterns))
    for i, trait in enumerate(TRAITS):
        total += np.log(shares[trait][patterns[:, i]])
    return total


def _common(names: Iterable[str]) -> dict[str, float]:
    counts = Counter(names)
    total = max(1, counts.total())
    common = counts.most_common(COMMON)
    return {name: round(count / total, SHARE_DIGITS) for name, count in common if count >= FEWEST_SEEN}


def _vetoes(levels: Matrix, weights: Weights, even: float, m: Shares, count: int) -> frozenset[str]:
    """Vetoes that hold: all but those of whose pairs a trait beside them says that they are of one person.

    Of pairs of one person the numbers agree as often in a veto's pattern as elsewhere; of numbers that two share it is
    the days of birth that do. Only pairs count that the rest of what is known would nearly link. Where too few of them
    have the trait, the veto holds.
    """
    held = set()
    for veto, pattern in vetoes.patterns(levels).items():
        trait, agreeing = ("born", SAME_DAY) if veto == vetoes.SHARED_NUMBER else ("number", SAME_NUMBER)
        place = TRAITS.index(trait)
        rest = weights.sum(axis=1) - weights[:, place]
        known = pattern & (levels[:, place] > 0) & (rest >= even - NEARLY_BITS)
        agrees = known & np.isin(levels[:, place], agreeing)
        of_one = float(agrees.sum() / max(1, known.sum()) / m[trait][list(agreeing)].sum())
        if known.sum() < max(FEWEST_PAIRS, FEWEST_SHARE * count) or of_one < CERTAIN:
            held.add(veto)
    return frozenset(held)


def _rules(columns: Columns, model: Model, found: Mapping[str, NDArray[np.int64]], count: int) -> tuple[str, ...]:
    """Blocking rules: those of every model, and of the others those that add links at a price, the best first."""
    chosen = list(blocking.ALWAYS)
    few = {rule: pairs for rule, pairs in found.items() if rule in chosen or len(pairs) <= EXTRA_PAIRS * count}
    every = _links(columns, model, np.unique(np.concatenate(list(few.values()))))
    links = {rule: np.intersect1d(pairs, every, assume_unique=True) for rule, pairs in few.items()}
    dear = {rule for rule, pairs in few.items() if len(pairs) - len(links[rule]) > IDLE_PAIRS * count}
    links = {rule: pairs for rule, pairs in links.items() if rule in chosen or rule not in dear}
    linked = np.unique(np.concatenate([links[rule] for rule in chosen]))
    least = max(1.0, GAIN * len(linked))
    while True:
        gains = {rule: len(np.setdiff1d(links[rule], linked)) for rule in links if rule not in chosen}
        best = max(gains, key=lambda rule: (gains[rule], rule), default=None)
        if best is None or gains[best] < least:
            return tuple(chosen)
        chosen.append(best)
        linked = np.union1d(linked, links[best])


def _links(columns: Columns, model: Model, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    one, other = _split(pairs)
    levels = compare(columns, one, other)
    verdict = vetoes.judge(levels, model.vetoes)
    weights = model.weigh(columns, one, other, levels).sum(axis=1)
    found: NDArray[np.int64] = pairs[(weights >= model.link_bits) & ~verdict.is_vetoed & ~verdict.is_unclear]
    return found
