"""Blocking: keys under which a description is found by those that may be of the same person.

A model names the rules that are used; each gives a description none, one or several keys.
"""

import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence

from processors.resolve.matching.columns import MONTHS, YEARS
from processors.resolve.matching.description import Description
from processors.resolve.matching.names import canonical
from processors.resolve.matching.numbers import HEAD_AT, TAIL_AT

Keys = Iterator[str]
HASH_BYTES = 12
KEY_BYTES = 32


def _given(d: Description) -> str:
    """What a given name stands for; empty where only an initial is known."""
    first = d.given.partition(" ")[0]
    return canonical(first) if len(first) > 1 else ""


def _surname(d: Description) -> str:
    return d.surname.partition(" ")[0]


def _day(d: Description) -> str:
    """Month and day in no order, since sources swap them."""
    month, day = d.born // MONTHS % MONTHS, d.born % MONTHS
    return f"{min(month, day)}-{max(month, day)}"


def _date(d: Description) -> str:
    return f"{d.born // YEARS}-{_day(d)}"


def _number(d: Description) -> Keys:
    if d.number:
        yield d.number


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


def _names_and_zip(d: Description) -> Keys:
    if d.zip and _given(d) and d.surname:
        yield f"{d.zip} {_given(d)} {_surname(d)}"


def _names_and_street(d: Description) -> Keys:
    if d.street and _given(d) and d.surname:
        yield f"{d.street[:5]} {_given(d)} {_surname(d)}"


def _names_and_year(d: Description) -> Keys:
    if d.born and _given(d) and d.surname:
        yield f"{d.born // YEARS} {_given(d)} {_surname(d)}"


def _names_and_day(d: Description) -> Keys:
    if d.born and _given(d) and d.surname:
        yield f"{_day(d)} {_given(d)} {_surname(d)}"


def _address_and_given(d: Description) -> Keys:
    if d.street and d.given:
        yield f"{d.house} {d.street} {d.given[:3]}"


def _address_and_year(d: Description) -> Keys:
    if d.street and d.born:
        yield f"{d.house} {d.street} {d.born // YEARS}"


def _email(d: Description) -> Keys:
    if d.email:
        yield d.email


def _phone(d: Description) -> Keys:
    if d.phone:
        yield d.phone


def _other(d: Description) -> Keys:
    yield from d.others


def _number_head_and_given(d: Description) -> Keys:
    if d.near and _given(d):
        yield f"{d.near[HEAD_AT]} {_given(d)}"


def _number_tail_and_given(d: Description) -> Keys:
    if d.near and _given(d):
        yield f"{d.near[TAIL_AT]} {_given(d)}"


def _born(d: Description) -> Keys:
    if d.born:
        yield _date(d)


def _names(d: Description) -> Keys:
    if _given(d) and d.surname:
        yield f"{_given(d)} {_surname(d)}"


def _number_head(d: Description) -> Keys:
    if d.near:
        yield str(d.near[HEAD_AT])


def _address(d: Description) -> Keys:
    if d.street:
        yield f"{d.house} {d.street}"


def _house_and_zip(d: Description) -> Keys:
    if d.house and d.zip:
        yield f"{d.house} {d.zip}"


def _street_and_zip(d: Description) -> Keys:
    if d.street and d.zip:
        yield f"{d.street[:5]} {d.zip}"


RULES: dict[str, Callable[[Description], Keys]] = {
    "number": _number,
    "other": _other,
    "phone": _phone,
    "email": _email,
    "born_and_surname": _born_and_surname,
    "born_and_given": _born_and_given,
    "names_and_zip": _names_and_zip,
    "names_and_street": _names_and_street,
    "names_and_year": _names_and_year,
    "names_and_day": _names_and_day,
    "address_and_given": _address_and_given,
    "address_and_year": _address_and_year,
    "number_head_and_given": _number_head_and_given,
    "number_tail_and_given": _number_tail_and_given,
    "born": _born,
    "names": _names,
    "number_head": _number_head,
    "address": _address,
    "house_and_zip": _house_and_zip,
    "street_and_zip": _street_and_zip,
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
