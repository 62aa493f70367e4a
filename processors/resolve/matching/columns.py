"""Descriptions as columns: texts as codes of a vocabulary that holds for these alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from processors.resolve.matching.description import Description
from processors.resolve.matching.numbers import NEAR_COUNT, NO_HASH

Codes = NDArray[np.int32]
NO_NEAR = NO_HASH * NEAR_COUNT
MONTHS, YEARS = 100, 10_000
NO_NEAR_HASH = np.frombuffer(NO_HASH.encode(), np.uint64)[0]
TEXTS = (
    "given", "middle", "surname", "suffix", "sex", "number", "house", "street", "zip", "email", "phone", "own",
)  # fmt: skip
"""Traits of a description that are texts."""


class Vocabulary:
    """Texts by their codes; code 0 is the empty text."""

    def __init__(self) -> None:
        """Of no other text yet."""
        self.texts = [""]
        self._codes = {"": 0}

    def codes(self, texts: Sequence[str]) -> Codes:
        """Codes of texts; new ones are taken in."""
        new = [text for text in dict.fromkeys(texts) if text not in self._codes]
        self._codes.update(zip(new, count(len(self.texts)), strict=False))
        self.texts += new
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
    near: NDArray[np.uint64]
    """Each hash as its characters."""
    others: list[tuple[str, ...]]
    has_others: NDArray[np.bool_]

    @classmethod
    def of(cls, rows: Sequence[Sequence[Any]], words: Vocabulary | None = None) -> "Columns":
        """Descriptions, or what ``to_json`` says of them, as columns; with the words of other columns or new ones."""
        of = by_field(rows)
        texts = {name: of[name] for name in TEXTS}
        texts["first_surname"] = [surname.partition(" ")[0] for surname in texts["surname"]]
        texts["source"] = [own.partition(":")[0] for own in texts["own"]]
        texts["email_name"] = [email.partition("@")[0] for email in texts["email"]]
        words = words or Vocabulary()
        born = np.array(of["born"], np.int32)
        near = "".join([one or NO_NEAR for one in of["near"]]).encode()
        parts = {"year": born // YEARS, "month": born // MONTHS % MONTHS, "day": born % MONTHS}
        coded = {name: words.codes(column) for name, column in texts.items()}
        return cls(
            words,
            near=np.frombuffer(near, np.uint64).reshape(len(rows), NEAR_COUNT),
            others=list(map(tuple, of["others"])),
            has_others=np.fromiter(map(bool, of["others"]), bool, len(rows)),
            **coded,
            **parts,
        )

    def with_more(self, rows: Sequence[Sequence[Any]]) -> "Columns":
        """These and more."""
        more = Columns.of(rows, self.words)
        arrays = [field.name for field in fields(self) if field.name not in {"words", "others"}]
        joined = {name: np.concatenate([getattr(self, name), getattr(more, name)]) for name in arrays}
        return Columns(self.words, others=self.others + more.others, **joined)


def by_field(rows: Sequence[Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """Values of descriptions, or of what ``to_json`` says of them, by the field's name."""
    names = Description._fields
    return dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())
