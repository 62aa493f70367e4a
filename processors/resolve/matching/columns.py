"""Descriptions as columns: texts as codes of a vocabulary that holds for these alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import DTypeLike, NDArray

from processors.resolve.matching.description import Description
from processors.resolve.matching.numbers import NEAR_COUNT, NO_HASH

Codes = NDArray[np.int32]
"""Of texts in a vocabulary, 0 of the empty one."""
Marks = NDArray[np.int64]
"""Hashes of texts, 0 of the empty one: the same where texts are, in this process."""
NO_NEAR = NO_HASH * NEAR_COUNT
MONTHS, YEARS = 100, 10_000
NO_NEAR_HASH = np.frombuffer(NO_HASH.encode(), np.uint64)[0]
TEXTS = ("given", "middle", "surname", "street", "zip")
"""Traits that are texts more or less alike."""
MARKS = ("suffix", "sex", "number", "house", "email", "phone", "own")
"""Traits that are texts and the same or not."""


class Vocabulary:
    """Texts by their codes; code 0 is the empty text."""

    def __init__(self) -> None:
        """Of no other text yet."""
        self.texts = [""]
        self._known = pa.array([""])

    def codes(self, texts: Sequence[str]) -> Codes:
        """Codes of texts; new ones are taken in."""
        found = pa.array(texts, pa.string()).dictionary_encode()
        codes = pc.fill_null(pc.index_in(found.dictionary, self._known), -1).to_numpy(zero_copy_only=False).copy()
        is_new = codes < 0
        codes[is_new] = np.arange(len(self.texts), len(self.texts) + is_new.sum())
        new = found.dictionary.filter(pa.array(is_new))
        self._known = pa.concat_arrays([self._known, new])
        self.texts += new.to_pylist()
        coded: Codes = codes[found.indices.to_numpy()]
        return coded

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
    suffix: Marks
    sex: Marks
    number: Marks
    house: Marks
    street: Codes
    zip: Codes
    email: Marks
    email_name: Marks
    phone: Marks
    own: Marks
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
        texts["source"] = [own.partition(":")[0] for own in of["own"]]
        marks = {name: _marks(of[name]) for name in MARKS}
        marks["email_name"] = _marks([email.partition("@")[0] if email else "" for email in of["email"]])
        words = words or Vocabulary()
        born = np.array(of["born"], np.int32)
        near = "".join([one or NO_NEAR for one in of["near"]]).encode()
        parts = {"year": born // YEARS, "month": born // MONTHS % MONTHS, "day": born % MONTHS}
        codes = words.codes(list(chain.from_iterable(texts.values()))).reshape(len(texts), -1)
        columns: dict[str, NDArray[Any]] = {**dict(zip(texts, codes, strict=True)), **marks, **parts}
        return cls(
            words,
            near=np.frombuffer(near, np.uint64).reshape(len(rows), NEAR_COUNT),
            others=list(map(tuple, of["others"])),
            has_others=np.fromiter(map(bool, of["others"]), bool, len(rows)),
            **columns,
        )

    def with_more(self, rows: Sequence[Sequence[Any]]) -> "Columns":
        """These and more."""
        more = Columns.of(rows, self.words)
        arrays = [field.name for field in fields(self) if field.name not in {"words", "others"}]
        joined = {name: np.concatenate([getattr(self, name), getattr(more, name)]) for name in arrays}
        return Columns(self.words, others=self.others + more.others, **joined)


def _marks(texts: Sequence[str]) -> Marks:
    return np.fromiter(map(hash, texts), np.int64, len(texts)) - hash("")


def by_field(rows: Sequence[Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """Values of descriptions, or of what ``to_json`` says of them, by the field's name."""
    names = Description._fields
    return dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())
