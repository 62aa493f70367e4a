"""Blocking: keys under which a description is found by those that may be of the same person.

A model names the rules that are used; each gives a description none, one or several keys. A key is a keyed hash: of
each part one of 128 bits, these added bit by bit, and one run of AES over the sums, cut to ``KEY_BITS``. So two keys
that have a part in common show nothing of it; and what is dear, hashing a text, is done once a text, not once a key.
"""

import functools
import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, product
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from numpy.typing import NDArray

from processors.resolve.matching.columns import MONTHS, YEARS, Vocabulary, by_field
from processors.resolve.matching.description import Description
from processors.resolve.matching.names import CACHED, canonical
from processors.resolve.matching.numbers import HEAD_AT, NEAR_CHARS, TAIL_AT

KEY_BITS = 64
"""Of ten million keys two are the same by chance in one store of 400,000; then two records are compared once more."""
HASH_BYTES = 16
SEED_BYTES = 32
STREET_LETTERS, GIVEN_LETTERS = 5, 3
"""Of a street and of a given name, from their beginnings, where their ends may be written in many ways."""
HEAD, TAIL = (slice(place * NEAR_CHARS, (place + 1) * NEAR_CHARS) for place in (HEAD_AT, TAIL_AT))
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


def _address(house: str, street: str) -> str:
    return f"{house} {street}" if street else ""


@dataclass(frozen=True)
class Part:
    """A part of a key."""

    fields: tuple[str, ...]
    """Of a description, from which it is taken."""
    text: Callable[..., Any] = str
    """It; empty where it is not known. Or several, of which each gives a key."""
    is_many: bool = False


PARTS: dict[str, Part] = {
    "number": Part(("number",)),
    "other": Part(("others",), tuple, is_many=True),
    "phone": Part(("phone",)),
    "email": Part(("email",)),
    "zip": Part(("zip",)),
    "house": Part(("house",)),
    "given": Part(("given",), _canonical),
    "givens": Part(("given",), _names_of, is_many=True),
    "given_begins": Part(("given",), lambda given: given[:GIVEN_LETTERS]),
    "surname": Part(("surname",), _surname),
    "surnames": Part(("surname",), _ends, is_many=True),
    "date": Part(("born",), _date),
    "year": Part(("born",), _year),
    "day": Part(("born",), _day),
    "address": Part(("house", "street"), _address),
    "street_begins": Part(("street",), lambda street: street[:STREET_LETTERS]),
    "head": Part(("near",), lambda near: near[HEAD]),
    "tail": Part(("near",), lambda near: near[TAIL]),
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
"""Parts by name of the rule: a key of a description that tells all of them. Only the first may be many."""
ALWAYS = ("number", "other", "phone", "email", "born_and_surname", "born_and_given")
"""Rules of every model: what a bridge record is found by must not depend on what a training met."""


def texts_of(description: Description, rules: Sequence[str]) -> set[str]:
    """Keys of a description in the clear, each with its rule's name before it; they are not to be kept."""
    found = set[str]()
    for rule in rules:
        told = [_told(PARTS[part], description) for part in RULES[rule]]
        found.update(" ".join((rule, *texts)) for texts in product(*told))
    return found


def _told(part: Part, description: Description) -> Sequence[str]:
    said = part.text(*[getattr(description, field) for field in part.fields])
    return said if part.is_many else (said,) if said else ()


def keys_of(rows: Sequence[Sequence[Any]], rules: Sequence[str], key: bytes) -> tuple[Places, Keys]:
    """Keyed hashes of all keys of descriptions: of each the place of its description, and itself; a key may come twice.

    Args:
        rows: descriptions, or what ``to_json`` says of them.
        rules: by which.
        key: the pseudonym key.
    """
    fields = by_field(rows)
    parts = {part: _hashed(part, fields, key) for part in {part for rule in rules for part in RULES[rule]}}
    found = [_joined([parts[part] for part in RULES[rule]], _hashes(key, "rule", [rule])[0]) for rule in rules]
    sums = np.concatenate([sums for _, sums in found])
    drawn = np.frombuffer(_blocks(key).update(sums.tobytes()), np.uint64)
    return np.concatenate([places for places, _ in found]), drawn[::2]


@dataclass(frozen=True)
class _Hashed:
    """A part of descriptions: its hash of each description that tells it, or several."""

    places: Places
    hashes: Hashes
    told: NDArray[np.bool_]
    """Of each description whether it tells it."""


def _hashed(name: str, fields: dict[str, Sequence[Any]], key: bytes) -> _Hashed:
    part = PARTS[name]
    texts = list(map(part.text, *[fields[field] for field in part.fields]))
    places = np.arange(len(texts))
    if part.is_many:
        places = np.repeat(places, np.fromiter(map(len, texts), np.intp, len(texts)))
        texts = list(chain.from_iterable(texts))
    words = Vocabulary()
    codes = words.codes(texts)
    hashes = np.frombuffer(b"".join(_hashes(key, name, words.texts)), np.uint64).reshape(-1, 2)
    if part.is_many:
        return _Hashed(places, hashes[codes], np.empty(0, bool))
    return _Hashed(places, hashes[codes], codes > 0)


def _joined(parts: Sequence[_Hashed], rule: bytes) -> tuple[Places, Hashes]:
    """Places of descriptions that tell all parts, and the sums of their hashes and the rule's."""
    first, *others = parts
    places, sums = first.places, first.hashes
    for told in [first.told] * bool(len(first.told)) + [other.told for other in others]:
        is_told = told[places]
        places, sums = places[is_told], sums[is_told]
    for other in others:
        sums = sums ^ other.hashes[places]
    return places, sums ^ np.frombuffer(rule, np.uint64)


def _hashes(key: bytes, part: str, texts: Iterable[str]) -> list[bytes]:
    begun = hashlib.blake2b(f"{part} ".encode(), key=key[:SEED_BYTES], digest_size=HASH_BYTES, person=b"block")
    found = []
    for text in texts:
        hashed = begun.copy()
        hashed.update(text.encode())
        found.append(hashed.digest())
    return found


@functools.lru_cache(8)
def _blocks(key: bytes) -> CipherContext:
    """Enciphers whole blocks, each by itself, so that one context serves all."""
    derived = hmac.digest(key, b"blocking keys", "sha256")
    return Cipher(AES256(derived), ECB()).encryptor()  # noqa: S305  # of sums of keyed hashes, no two are the same
