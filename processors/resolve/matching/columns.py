"""Descriptions as columns: texts as codes of a vocabulary that holds for these alone."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from processors.resolve.matching.description import Description
from processors.resolve.matching.numbers import NEAR_COUNT

Codes = NDArray[np.int32]
NO_NEAR = (0,) * NEAR_COUNT
MONTHS, YEARS = 100, 10_000
TEXTS = (
    "given", "middle", "surname", "suffix", "sex", "number", "house", "street", "zip", "email", "phone", "own",
)  # fmt: skip
"""Traits of a description that are texts."""


class Vocabulary:
    """Texts by their codes; code 0 is the empty text."""

    def __init__(self, columns: Iterable[Iterable[str]]) -> None:
        """Of all texts of some columns."""
        self.texts = list(dict.fromkeys(chain([""], *columns)))
        self._codes = {text: code for code, text in enumerate(self.texts)}

    def codes(self, texts: Sequence[str]) -> Codes:
        """Codes of texts that are in it."""
        return np.fromiter(map(self._codes.__getitem__, texts), np.int32, len(texts))

    def mapped(self, codes: Codes, what: Callable[[str], float], dtype: DTypeLike) -> NDArray[Any]:
        """What a function says of the texts of codes, asked once of each text; nothing of the empty one."""
        of_code = np.zeros(len(self.texts), dtype)
        for code in np.nonzero(np.bincount(codes, minlength=1))[0].tolist():
            of_code[code] = what(self.texts[code]) if code else 0
        return of_code[codes]


@dataclass
class Columns:
    """One entry a description in every column."""

    words: Vocabulary
    given: Codes
    middle: Codes
    surname: Codes
    first_surname: Codes
    suffix: Codes
    sex: Codes
    number: Codes
    house: Codes
    street: Codes
    zip: Codes
    email: Codes
    email_name: Codes
    phone: Codes
    own: Codes
    source: Codes
    """Of ``own``."""
    year: Codes
    month: Codes
    day: Codes
    near: NDArray[np.int64]
    others: list[tuple[str, ...]]
    has_others: NDArray[np.bool_]

    @classmethod
    def of(cls, rows: Sequence[Description]) -> "Columns":
        """Descriptions as columns."""
        texts = {name: list(map(attrgetter(name), rows)) for name in TEXTS}
        texts["first_surname"] = [surname.partition(" ")[0] for surname in texts["surname"]]
        texts["source"] = [own.partition(":")[0] for own in texts["own"]]
        texts["email_name"] = [email.partition("@")[0] for email in texts["email"]]
        words = Vocabulary(texts.values())
        born = np.fromiter((row.born for row in rows), np.int32, len(rows))
        near = np.array([row.near or NO_NEAR for row in rows], np.int64).reshape(len(rows), NEAR_COUNT)
        parts = {"year": born // YEARS, "month": born // MONTHS % MONTHS, "day": born % MONTHS}
        coded = {name: words.codes(column) for name, column in texts.items()}
        others = [row.others for row in rows]
        has_others = np.fromiter(map(bool, others), bool, len(rows))
        return cls(words, near=near, others=others, has_others=has_others, **coded, **parts)
