"""A model of linkage: what each level of agreement weighs, how common names are, which vetoes hold, how to block."""

import functools
import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources

import numpy as np
import orjson
from numpy.typing import NDArray

from processors.resolve.matching import blocking, vetoes
from processors.resolve.matching.columns import Codes, Columns
from processors.resolve.matching.levels import LEVELS, TRAITS, Given, Matrix, Places, Surname
from processors.resolve.matching.names import canonical

Weights = NDArray[np.float64]
NAME_HEX = 12


@dataclass(frozen=True)
class Model:
    """Fellegi and Sunter's, with term frequencies. Weights are in bits: log2 of m over u."""

    m: Mapping[str, Sequence[float]]
    """By trait: share of each level among pairs of one person, of those where both know the trait."""
    u: Mapping[str, Sequence[float]]
    """The same among pairs of two persons."""
    link_bits: float
    """Weight from which on a pair is linked."""
    review_bits: float
    """Weight from which on a person should look at a pair."""
    vetoes: frozenset[str]
    rules: tuple[str, ...]
    """Of blocking."""
    given: Mapping[str, float] = field(default_factory=dict, repr=False)
    """Shares of canonical given names that are not rare."""
    surname: Mapping[str, float] = field(default_factory=dict, repr=False)
    rarest: float = 1e-5
    """Share of a name that is in neither."""

    @functools.cached_property
    def name(self) -> str:
        """What it is known by: the beginning of the hash of what it says."""
        return hashlib.sha256(self.to_json()).hexdigest()[:NAME_HEX]

    @functools.cached_property
    def bits(self) -> dict[str, Weights]:
        """By trait: weights by level; that of level 0 is nothing."""
        return {
            trait: np.concatenate([[0.0], np.log2(np.array(self.m[trait]) / np.array(self.u[trait]))])
            for trait in TRAITS
        }

    def weigh(self, columns: Columns, one: Places, other: Places, levels: Matrix) -> Weights:
        """Weights of pairs, of each trait; one row a pair, one column a trait; whichever of a pair comes first.

        Args:
            columns: of descriptions.
            one: places of the first of each pair.
            other: places of the second of each.
            levels: of the pairs.
        """
        found = np.stack([self.bits[trait][levels[:, i]] for i, trait in enumerate(TRAITS)], axis=1)
        given, surname = levels[:, 0], levels[:, 1]
        exact = np.nonzero((given == Given.EXACT) | (given == Given.NICKNAME))[0]
        usual = sum(self.u["given"][: Given.NICKNAME])
        names = columns.given[one[exact]], columns.given[other[exact]]
        found[exact, 0] += self._rarity(columns, names, usual, self._given_share)
        exact = np.nonzero(surname == Surname.EXACT)[0]
        names = columns.surname[one[exact]], columns.surname[other[exact]]
        found[exact, 1] += self._rarity(columns, names, self.u["surname"][0], self._surname_share)
        return found

    def _rarity(
        self, columns: Columns, names: tuple[Codes, Codes], usual: float, share: Callable[[str], float]
    ) -> Weights:
        """Bits by which agreement on names tells more, or less, than on a usual one: by the one that more have."""
        one, other = (columns.words.mapped(codes, share, np.float64) for codes in names)
        more: Weights = np.maximum(one, other)
        return np.log2(usual / more)

    def _given_share(self, text: str) -> float:
        first = text.partition(" ")[0]
        return self.given.get(canonical(first) if first else "", self.rarest)

    def _surname_share(self, text: str) -> float:
        return self.surname.get(text, self.rarest)

    def to_json(self) -> bytes:
        """As JSON."""
        document = {
            "levels": {t: {"names": LEVELS[t], "m": list(self.m[t]), "u": list(self.u[t])} for t in TRAITS},
            "link_bits": self.link_bits,
            "review_bits": self.review_bits,
            "vetoes": sorted(self.vetoes),
            "blocking": list(self.rules),
            "rarest": self.rarest,
            "given": dict(sorted(self.given.items())),
            "surname": dict(sorted(self.surname.items())),
        }
        return orjson.dumps(document, option=orjson.OPT_INDENT_2)

    @classmethod
    def from_json(cls, text: bytes | str) -> "Model":
        """From ``to_json``.

        Raises:
            ValueError: it is not such a document.
        """
        try:
            row = orjson.loads(text)
            levels = row["levels"]
            if {trait: tuple(levels[trait]["names"]) for trait in TRAITS} != LEVELS:
                raise ValueError("its comparison levels are not this version's")
            model = cls(
                m={trait: tuple(levels[trait]["m"]) for trait in TRAITS},
                u={trait: tuple(levels[trait]["u"]) for trait in TRAITS},
                link_bits=row["link_bits"],
                review_bits=row["review_bits"],
                vetoes=frozenset(row["vetoes"]),
                rules=tuple(row["blocking"]),
                given=row["given"],
                surname=row["surname"],
                rarest=row["rarest"],
            )
            if not _is_sound(model):
                raise ValueError("its values are not such as a training gives")
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"no model of linkage: {type(error).__name__} at {error}") from error
        return model


def _is_sound(model: Model) -> bool:
    """Whether its levels, vetoes and rules are ones that there are, and its shares can be divided by."""
    levels = [(len(LEVELS[trait]), shares[trait]) for trait in TRAITS for shares in (model.m, model.u)]
    shares = [*(share for _, found in levels for share in found), *model.given.values(), *model.surname.values()]
    return (
        all(count == len(found) for count, found in levels)
        and all(share > 0 for share in (*shares, model.rarest))
        and all(map(math.isfinite, (model.link_bits, model.review_bits)))
        and model.vetoes <= {*vetoes.VETOES}
        and {*model.rules} <= blocking.RULES.keys()
    )


@functools.cache
def shipped() -> Model:
    """The model that is used where no other is named; trained on a made-up population."""
    return Model.from_json(resources.files("processors.resolve.matching").joinpath("model.json").read_bytes())
