"""Pairs of records scored at once: the best link among their descriptions, and whether anything parts them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from processors.resolve.matching import vetoes
from processors.resolve.matching.blocking import Keys, keys_in
from processors.resolve.matching.clusters import Pair
from processors.resolve.matching.columns import Columns
from processors.resolve.matching.description import Description, lines_of
from processors.resolve.matching.levels import Mask, compare
from processors.resolve.matching.model import Model, Weights

CERTAIN_VOTES = 3
"""Of a veto that another trait beside the given name bears out: people go by other names, twins have two of all."""
DIGITS = 6
"""Of a weight behind the point: what is below is the order of sums."""
NO_DOUBT = -np.inf
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Scores:
    """Of each pair of records."""

    bits: Weights
    """Of the best link between two of their descriptions; 0 where there is none."""
    is_link: Mask
    votes: NDArray[np.int8]
    """Of its veto; 0 where nothing parts the two. One that is a link has none."""
    doubt: Weights
    """What a pair weighs that is neither, and of which a person should say what it is; else ``NO_DOUBT``."""
    is_unclear: Mask
    """Whether such a pair weighs what a link does."""

    @classmethod
    def of_none(cls, count: int) -> "Scores":
        """Of so many pairs of which nothing is known."""
        nothing = np.zeros(count), np.zeros(count, bool), np.zeros(count, np.int8)
        return cls(*nothing, np.full(count, NO_DOUBT), np.zeros(count, bool))

    def but(self, places: NDArray[np.int64], scores: "Scores") -> "Scores":
        """These, with others at some places."""
        for ours, theirs in zip(vars(self).values(), vars(scores).values(), strict=True):
            ours[places] = theirs
        return self

    def at(self, places: NDArray[np.int64]) -> "Scores":
        """Some of them."""
        return Scores(*(column[places] for column in vars(self).values()))

    def and_more(self, more: "Scores") -> "Scores":
        """These and more."""
        both = zip(vars(self).values(), vars(more).values(), strict=True)
        return Scores(*(np.concatenate(columns) for columns in both))


NO_SCORES = Scores.of_none(0)


class Scored:
    """Records by their places, in columns, to be scored in pairs."""

    def __init__(self, model: Model) -> None:
        """None yet."""
        self._model = model
        self.vetoed = Counter[str]()
        """Pairs of descriptions of which each veto said that they are of two persons."""
        self._columns = Columns.of([])
        self._counts = np.empty(0, np.int64)
        self._firsts = np.empty(0, np.int64)

    def __len__(self) -> int:
        """How many records there are."""
        return len(self._counts)

    def add(self, records: Sequence[bytes]) -> None:
        """Take in records: of each the lines of its descriptions."""
        if any(records):
            self._columns = self._columns.with_more([lines for lines in records if lines])
        counts = np.array([lines.count(b"\n") + 1 if lines else 0 for lines in records], np.int64)
        self._counts = np.concatenate([self._counts, counts])
        self._firsts = np.cumsum(self._counts) - self._counts

    def keys(self, secret: bytes) -> tuple[Places, Keys]:
        """Blocking keys of all of them: of each the place of its record, and itself; one may come twice."""
        places, keys = keys_in(self._columns, self._model.rules, secret)
        return np.repeat(np.arange(len(self)), self._counts)[places], keys

    def scores(self, one: Places, other: Places) -> Scores:
        """Of pairs of places.

        A link between two descriptions counts for more than a veto between two others of the same records.
        """
        told = np.nonzero((self._counts[one] > 0) & (self._counts[other] > 0))[0]
        if len(told) < len(one):
            return Scores.of_none(len(one)).but(told, self.scores(one[told], other[told]))
        if not len(one):
            return NO_SCORES
        left, right, starts = self._expanded(one, other)
        levels = compare(self._columns, left, right)
        verdict = vetoes.judge(levels, self._model.vetoes)
        self.vetoed.update({veto: int(pairs.sum()) for veto, pairs in verdict.vetoes.items()})
        bits = self._model.weigh(self._columns, left, right, levels).sum(axis=1).round(DIGITS)
        is_link = (bits >= self._model.link_bits) & ~verdict.is_vetoed & ~verdict.is_unclear
        votes = verdict.is_vetoed.astype(np.int8) + (CERTAIN_VOTES - 1) * verdict.is_certain
        best = np.maximum.reduceat(np.where(is_link, bits, -np.inf), starts)
        linked = best > -np.inf
        most = np.maximum.reduceat(votes, starts)
        is_open = ~linked & (most == 0)
        unclear = np.where(verdict.is_unclear & (bits >= self._model.link_bits), bits, NO_DOUBT)
        grey = np.where(~verdict.is_unclear & (bits >= self._model.review_bits), bits, NO_DOUBT)
        unclear, grey = (np.where(is_open, np.maximum.reduceat(d, starts), NO_DOUBT) for d in (unclear, grey))
        doubt = np.where(unclear > NO_DOUBT, unclear, grey)
        return Scores(np.where(linked, best, 0), linked, np.where(linked, np.int8(0), most), doubt, unclear > NO_DOUBT)

    def _expanded(self, one: Places, other: Places) -> tuple[Places, Places, Places]:
        """Pairs of descriptions of pairs of records, and where each pair of records begins among them."""
        theirs, counts = self._counts[other], self._counts[one] * self._counts[other]
        starts = np.cumsum(counts) - counts
        within = np.arange(counts.sum()) - np.repeat(starts, counts)
        i, j = np.divmod(within, np.repeat(theirs, counts))
        return np.repeat(self._firsts[one], counts) + i, np.repeat(self._firsts[other], counts) + j, starts


@dataclass
class Scorer:
    """Scores pairs among records, the lines of whose descriptions it was given."""

    model: Model
    lines: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def of(cls, model: Model, descriptions: Mapping[str, Sequence[Description]]) -> "Scorer":
        """Among records whose descriptions are no lines yet."""
        return cls(model, {key: lines_of(said) for key, said in descriptions.items()})

    def __post_init__(self) -> None:
        self._places = {key: place for place, key in enumerate(self.lines)}
        self._scored = Scored(self.model)
        self._scored.add(list(self.lines.values()))

    def pairs(self, keys: Sequence[tuple[str, str]]) -> list[Pair]:
        """Of pairs of records those that are linked or vetoed."""
        one, other = (np.array([self._places[two[side]] for two in keys], np.int64) for side in (0, 1))
        return pairs_of(keys, self._scored.scores(one, other))


def pairs_of(keys: Sequence[tuple[str, str]], scores: Scores) -> list[Pair]:
    """Of scored pairs those that are linked or vetoed, by their keys."""
    places = np.nonzero(scores.is_link | (scores.votes > 0))[0]
    said = scores.at(places)
    told = zip(places.tolist(), said.bits.tolist(), said.is_link.tolist(), said.votes.tolist(), strict=True)
    return [Pair(*keys[place], bits, is_link, not is_link, votes) for place, bits, is_link, votes in told]
