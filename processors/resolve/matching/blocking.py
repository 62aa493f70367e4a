"""Blocking: keys under which a description is found by those that may be of the same person.

A model names the rules that are used; each gives a description none, one or several keys. A key is a keyed hash: of
each part one of 128 bits, these added bit by bit, and one run of AES over the sums, cut to ``KEY_BITS``. So two keys
that have a part in common show nothing of it; and what is dear, hashing a text, is done once a text, not once a key.
"""

import functools
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, product

import numpy as np
from numpy.typing import NDArray

from processors.resolve.matching.columns import MONTHS, NO_NEAR_HASH, YEARS, Columns
from processors.resolve.matching.description import OTHERS_END, Description
from processors.resolve.matching.names import CACHED, canonical
from processors.resolve.matching.numbers import HEAD_AT, TAIL_AT, enciphering

KEY_BITS = 64
"""Of ten million keys two are the same by chance in one store of 400,000; then two records are compared once more."""
PURPOSE = b"blocking keys"
HASH_BYTES = 16
SEED_BYTES = 32
STREET_LETTERS, GIVEN_LETTERS = 5, 3
"""Of a street and of a given name, from their beginnings, where their ends may be written in many ways."""
NEAR = {"head": HEAD_AT, "tail": TAIL_AT}
NUMBERS = {"born", *NEAR}
"""Columns whose values are no codes of texts."""
Keys = NDArray[np.uint64]
Places = NDArray[np.intp]
Hashes = NDArray[np.uint64]
"""Two words a hash."""


def _canonical(given: str) -> str:
    """What a given name stands for; empty where only an initial is known."""
    first = given.partition(" ")[0]
    return canonical(first) if len(first) > 1 else ""


@functools.lru_cache(CACHED)
def _names_of(given: str) -> tuple[str, ...]:
    """What each of the given names stands for, but for initials."""
    return tuple(dict.fromkeys(canonical(token) for token in given.split() if len(token) > 1))


def _surname(surname: str) -> str:
    return surname.partition(" ")[0]


@functools.lru_cache(CACHED)
def _ends(surname: str) -> tuple[str, ...]:
    """First and last of the surnames."""
    tokens = surname.split()
    return tuple(dict.fromkeys([tokens[0], tokens[-1]])) if tokens else ()


def _year(born: int) -> str:
    return str(born // YEARS) if born else ""


def _day(born: int) -> str:
    """Month and day in no order, since sources swap them."""
    if not born:
        return ""
    month, day = born // MONTHS % MONTHS, born % MONTHS
    return f"{min(month, day)}-{max(month, day)}"


@functools.lru_cache(CACHED)
def _date(born: int) -> str:
    return f"{_year(born)}-{_day(born)}" if born else ""


def _near(value: int) -> str:
    return "" if value == NO_NEAR_HASH else f"{value:x}"


def _each(others: str) -> list[str]:
    return others.split(OTHERS_END) if others else []


def _address(house: str, street: str) -> str:
    return f"{house} {street}" if street else ""


@dataclass(frozen=True)
class Part:
    """A part of a key."""

    columns: tuple[str, ...]
    """One or two, of descriptions, from which it is taken."""
    read: Callable[..., str | Sequence[str]] = str
    """It, empty where it is not known; or all that it may be, each of which gives a key."""

    def told(self, columns: Columns) -> tuple[list[Sequence[str]], Places]:
        """What it may be, read once of descriptions that are alike; and of each description the place of its own."""
        told = [_column(columns, name) for name in self.columns]
        _, firsts, of_each = np.unique(
            told[0] if len(told) == 1 else (told[0] << 32) | told[1], return_index=True, return_inverse=True
        )
        values = (_values(columns, name, column[firsts]) for name, column in zip(self.columns, told, strict=True))
        return [_all(self.read(*some)) for some in zip(*values, strict=True)], of_each


def _column(columns: Columns, name: str) -> NDArray[np.int64]:
    told = columns.near[:, NEAR[name]] if name in NEAR else getattr(columns, name)
    column: NDArray[np.int64] = told.astype(np.int64)
    return column


def _values(columns: Columns, name: str, codes: NDArray[np.int64]) -> Iterable[str | int]:
    """Texts, where codes are those of texts."""
    return codes.tolist() if name in NUMBERS else map(columns.words.texts.__getitem__, codes.tolist())


def _all(found: str | Sequence[str]) -> Sequence[str]:
    return ((found,) if found else ()) if isinstance(found, str) else found


PARTS: dict[str, Part] = {
    "number": Part(("number",)),
    "other": Part(("others",), _each),
    "phone": Part(("phone",)),
    "email": Part(("email",)),
    "zip": Part(("zip",)),
    "house": Part(("house",)),
    "given": Part(("given",), _canonical),
    "givens": Part(("given",), _names_of),
    "given_begins": Part(("given",), lambda given: given[:GIVEN_LETTERS]),
    "surname": Part(("surname",), _surname),
    "surnames": Part(("surname",), _ends),
    "date": Part(("born",), _date),
    "year": Part(("born",), _year),
    "day": Part(("born",), _day),
    "address": Part(("house", "street"), _address),
    "street_begins": Part(("street",), lambda street: street[:STREET_LETTERS]),
    "head": Part(("head",), _near),
    "tail": Part(("tail",), _near),
}
RULES: dict[str, tuple[str, ...]] = {
    "number": ("number",),
    "other": ("other",),
    "phone": ("phone",),
    "email": ("email",),
    "born_and_surname": ("surnames", "date"),
    "born_and_given": ("givens", "date"),
    "names_and_zip": ("zip", "given", "surname"),
    "names_and_street": ("street_begins", "given", "surname"),
    "names_and_year": ("year", "given", "surname"),
    "names_and_day": ("day", "given", "surname"),
    "address_and_given": ("address", "given_begins"),
    "address_and_year": ("address", "year"),
    "number_head_and_given": ("head", "given"),
    "number_tail_and_given": ("tail", "given"),
    "born": ("date",),
    "names": ("given", "surname"),
    "number_head": ("head",),
    "address": ("address",),
    "house_and_zip": ("house", "zip"),
    "street_and_zip": ("street_begins", "zip"),
}
"""Parts by name of the rule: a key of a description that tells all of them. Only the first may be several."""
ALWAYS = ("number", "other", "phone", "email", "born_and_surname", "born_and_given")
"""Rules of every model: what a bridge record is found by must not depend on what a training met."""


def texts_of(description: Description, rules: Sequence[str]) -> set[str]:
    """Keys of a description in the clear, each with its rule's name before it; they are not to be kept."""
    columns, found = Columns.of([description]), set[str]()
    for rule in rules:
        told = [PARTS[part].told(columns)[0][0] for part in RULES[rule]]
        found.update(" ".join((rule, *texts)) for texts in product(*told))
    return found


def keys_of(rows: Sequence[Description], rules: Sequence[str], key: bytes) -> tuple[Places, Keys]:
    """Keyed hashes of all keys of descriptions; see ``keys_in``."""
    return keys_in(Columns.of(rows), rules, key)


def keys_in(columns: Columns, rules: Sequence[str], key: bytes) -> tuple[Places, Keys]:
    """Keyed hashes of all keys of descriptions: of each the place of its description, and itself.

    Args:
        columns: descriptions.
        rules: by which.
        key: the pseudonym key.
    """
    parts = {part: _hashed(part, columns, key) for part in {part for rule in rules for part in RULES[rule]}}
    found = [_joined([parts[part] for part in RULES[rule]], _hashes(key, "rule", [rule])[0]) for rule in rules]
    sums = np.concatenate([sums for _, sums in found])
    drawn = np.frombuffer(enciphering(key, PURPOSE).update(sums.tobytes()), np.uint64)
    return np.concatenate([places for places, _ in found]), drawn[::2]


@dataclass(frozen=True)
class _Hashed:
    """A part of descriptions: of each description where its hashes begin among all, and how many they are."""

    firsts: Places
    counts: Places
    hashes: Hashes

    def of(self, places: Places) -> Hashes:
        """The first hash of some descriptions."""
        return self.hashes[self.firsts[places]]


def _hashed(name: str, columns: Columns, key: bytes) -> _Hashed:
    told, of_each = PARTS[name].told(columns)
    counts = np.fromiter(map(len, told), np.intp, len(told))
    hashes = np.frombuffer(b"".join(_hashes(key, name, chain.from_iterable(told))), np.uint64).reshape(-1, 2)
    return _Hashed((np.cumsum(counts) - counts)[of_each], counts[of_each], hashes)


def _joined(parts: Sequence[_Hashed], rule: bytes) -> tuple[Places, Hashes]:
    """Places of descriptions that tell all parts, and the sums of their hashes and the rule's."""
    first, *others = parts
    places = np.nonzero(np.logical_and.reduce([part.counts > 0 for part in parts]))[0]
    counts = first.counts[places]
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    places = np.repeat(places, counts)
    sums = first.hashes[first.firsts[places] + within] ^ np.frombuffer(rule, np.uint64)
    for other in others:
        sums ^= other.of(places)
    return places, sums


def _hashes(key: bytes, part: str, texts: Iterable[str]) -> list[bytes]:
    begun = hashlib.blake2b(f"{part} ".encode(), key=key[:SEED_BYTES], digest_size=HASH_BYTES, person=b"block")
    found = []
    for text in texts:
        hashed = begun.copy()
        hashed.update(text.encode())
        found.append(hashed.digest())
    return found
