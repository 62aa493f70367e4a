"""Blocking: keys under which a description is found by those that may be of the same person.

A model names the rules that are used; each gives a description none, one or several keys.
"""

import functools
import hashlib
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter

from processors.resolve.matching.columns import MONTHS, YEARS
from processors.resolve.matching.description import Description
from processors.resolve.matching.names import canonical
from processors.resolve.matching.numbers import HEAD_AT, TAIL_AT

Keys = Iterable[str]
Rule = Callable[[Description], Keys]
HASH_BYTES = 12
KEY_BYTES = 32
STREET_LETTERS, GIVEN_LETTERS = 5, 3
"""Of a street and of a given name, from their beginnings, where their ends may be written in many ways."""


Part = Callable[[Description], str]
"""A part of a key; empty where it is not known."""


def _given(d: Description) -> str:
    """What a given name stands for; empty where only an initial is known."""
    first = d.given.partition(" ")[0]
    return canonical(first) if len(first) > 1 else ""


def _surname(d: Description) -> str:
    return d.surname.partition(" ")[0]


def _year(d: Description) -> str:
    return str(d.born // YEARS) if d.born else ""


def _day(d: Description) -> str:
    """Month and day in no order, since sources swap them."""
    if not d.born:
        return ""
    month, day = d.born // MONTHS % MONTHS, d.born % MONTHS
    return f"{min(month, day)}-{max(month, day)}"


def _date(d: Description) -> str:
    return f"{_year(d)}-{_day(d)}" if d.born else ""


def _address(d: Description) -> str:
    return f"{d.house} {d.street}" if d.street else ""


def _head(d: Description) -> str:
    return str(d.near[HEAD_AT]) if d.near else ""


def _tail(d: Description) -> str:
    return str(d.near[TAIL_AT]) if d.near else ""


def _all(*parts: Part) -> Rule:
    """One key of several parts, of a description that tells all of them."""

    def keys(d: Description) -> Keys:
        told = [part(d) for part in parts]
        if all(told):
            yield " ".join(told)

    return keys


def _born_and_given(d: Description) -> Keys:
    if d.born:
        for token in d.given.split():
            if len(token) > 1:
                yield f"{_date(d)} {canonical(token)}"


def _born_and_surname(d: Description) -> Keys:
    if d.born and d.surname:
        tokens = d.surname.split()
        for token in {tokens[0], tokens[-1]}:
            yield f"{_date(d)} {token}"


RULES: dict[str, Rule] = {
    "number": _all(attrgetter("number")),
    "other": attrgetter("others"),
    "phone": _all(attrgetter("phone")),
    "email": _all(attrgetter("email")),
    "born_and_surname": _born_and_surname,
    "born_and_given": _born_and_given,
    "names_and_zip": _all(attrgetter("zip"), _given, _surname),
    "names_and_street": _all(lambda d: d.street[:STREET_LETTERS], _given, _surname),
    "names_and_year": _all(_year, _given, _surname),
    "names_and_day": _all(_day, _given, _surname),
    "address_and_given": _all(_address, lambda d: d.given[:GIVEN_LETTERS]),
    "address_and_year": _all(_address, _year),
    "number_head_and_given": _all(_head, _given),
    "number_tail_and_given": _all(_tail, _given),
    "born": _all(_date),
    "names": _all(_given, _surname),
    "number_head": _all(_head),
    "address": _all(_address),
    "house_and_zip": _all(attrgetter("house"), attrgetter("zip")),
    "street_and_zip": _all(lambda d: d.street[:STREET_LETTERS], attrgetter("zip")),
}
"""By name; a key's text tells a trait, so it is hashed before it is kept."""
ALWAYS = ("number", "other", "phone", "email", "born_and_surname", "born_and_given")
"""Rules of every model: what a bridge record is found by must not depend on what a training met."""


def texts_of(description: Description, rules: Sequence[str]) -> set[str]:
    """Keys of a description in the clear, each with its rule's name before it."""
    return {f"{rule} {text}" for rule in rules for text in RULES[rule](description)}


def keys_of(descriptions: Sequence[Description], rules: Sequence[str], key: bytes) -> list[str]:
    """Keyed hashes of all keys of a record's descriptions, sorted."""
    begun = _begun(key)
    found = set()
    for text in {text for d in descriptions for text in texts_of(d, rules)}:
        hashed = begun.copy()
        hashed.update(text.encode())
        found.add(hashed.hexdigest())
    return sorted(found)


@functools.lru_cache(8)
def _begun(key: bytes) -> "hashlib.blake2b":
    return hashlib.blake2b(key=key[:KEY_BYTES], digest_size=HASH_BYTES, person=b"block")
