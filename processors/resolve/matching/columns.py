"""Descriptions as columns: texts as codes of a vocabulary that holds for these alone."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import DTypeLike, NDArray
from pyarrow import csv

from processors.resolve.matching.description import CELL_END, Description
from processors.resolve.matching.numbers import NEAR_COUNT, NO_HASH

Codes = NDArray[np.int32]
"""Of texts in a vocabulary, 0 of the empty one; or whole numbers."""
NO_NEAR = NO_HASH * NEAR_COUNT
MONTHS, YEARS = 100, 10_000
NO_NEAR_HASH = np.frombuffer(NO_HASH.encode(), np.uint64)[0]
NO_TEXTS = {"born", "near"}
TEXTS = tuple(name for name in Description._fields if name not in NO_TEXTS)
"""Of a description, those that are told as texts."""
FIRSTS = {"first_surname": ("surname", " "), "source": ("own", ":"), "email_name": ("email", "@")}
"""Beginnings of texts, and what stands behind them."""
TYPES = {name: pa.int32() if name == "born" else pa.string() for name in Description._fields}


class Vocabulary:
    """Texts by their codes; code 0 is the empty text."""

    def __init__(self) -> None:
        """Of no other text yet."""
        self.texts = [""]
        self._known = pa.array([""])

    def codes(self, texts: pa.Array) -> Codes:
        """Codes of texts; new ones are taken in."""
        found = texts.dictionary_encode()
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


@dataclass(repr=False)  # dates of birth are among them
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
    multiple_birth: Codes
    others: Codes
    """All that one has, as one text."""
    own: Codes
    source: Codes
    """Of ``own``."""
    born: Codes
    year: Codes
    month: Codes
    day: Codes
    near: NDArray[np.uint64]
    """Each hash as its characters."""

    @classmethod
    def of(cls, rows: Iterable[Description]) -> "Columns":
        """Descriptions as columns."""
        return cls.of_lines([row.to_line() for row in rows])

    @classmethod
    def of_lines(cls, lines: Sequence[bytes], words: Vocabulary | None = None) -> "Columns":
        """Descriptions as their lines say them; with the words of other columns or new ones."""
        table, words = _read(lines), words or Vocabulary()
        texts = {name: table[name] for name in TEXTS}
        for name, (whole, end) in FIRSTS.items():
            texts[name] = pc.list_element(pc.split_pattern(texts[whole], end, max_splits=1), 0)
        codes = words.codes(pa.concat_arrays(list(texts.values()))).reshape(len(texts), -1)
        born = table["born"].to_numpy()
        near = pc.if_else(pc.equal(table["near"], ""), NO_NEAR, table["near"]).cast(pa.binary(len(NO_NEAR)))
        hashes = np.frombuffer(near.buffers()[1], np.uint64, len(near) * NEAR_COUNT).reshape(-1, NEAR_COUNT)
        parts = {"born": born, "year": born // YEARS, "month": born // MONTHS % MONTHS, "day": born % MONTHS}
        return cls(words, near=hashes, **dict(zip(texts, codes, strict=True)), **parts)

    def with_more(self, lines: Sequence[bytes]) -> "Columns":
        """These and more."""
        more = Columns.of_lines(lines, self.words)
        arrays = [field.name for field in fields(self) if field.name != "words"]
        joined = {name: np.concatenate([getattr(self, name), getattr(more, name)]) for name in arrays}
        return Columns(self.words, **joined)


def _read(lines: Sequence[bytes]) -> dict[str, pa.Array]:
    """Cells of lines, by the description's field."""
    text = b"\n".join(lines)
    if not text:
        return {name: pa.array([], kind) for name, kind in TYPES.items()}
    read = csv.ReadOptions(column_names=list(TYPES), use_threads=False, block_size=len(text) + 1)
    parse = csv.ParseOptions(delimiter=CELL_END, quote_char=False, double_quote=False)
    table = csv.read_csv(
        pa.BufferReader(text), read, parse, csv.ConvertOptions(column_types=TYPES, strings_can_be_null=False)
    )
    return {name: table[name].combine_chunks() for name in TYPES}
