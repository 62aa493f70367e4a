"""What one source row says of who a record is of, normalised and without the SSN."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from processors.resolve.matching import names, numbers, places

OTHERS_AT = 13
"""Place of the list among the values."""


class Description(NamedTuple):
    """Comparable traits; empty text and zero mean not known. Its repr shows nothing."""

    given: str = ""
    """Up to two tokens."""
    middle: str = ""
    surname: str = ""
    """Tokens without particles."""
    suffix: str = ""
    born: int = 0
    """Digits of year, month and day as they were told, such as 20041231."""
    sex: str = ""
    number: str = ""
    """Keyed hash of the SSN."""
    near: numbers.Near = ""
    """Hashes by which an error in the number shows."""
    house: str = ""
    street: str = ""
    zip: str = ""
    email: str = ""
    phone: str = ""
    others: tuple[str, ...] = ()
    """Identifiers of other systems, each as system:value."""
    own: str = ""
    """Its record at a source that numbers its records itself, as source:keyed hash."""

    def __repr__(self) -> str:
        """Nothing that tells who it is."""
        return "Description()"

    def to_json(self) -> list[Any]:
        """As JSON values."""
        return list(self)

    @classmethod
    def from_json(cls, row: Sequence[Any]) -> "Description":
        """From ``to_json``."""
        return cls._make([*row[:OTHERS_AT], tuple(row[OTHERS_AT]), *row[OTHERS_AT + 1 :]])


def describe(
    first: str = "", middle: str = "", last: str = "", *, suffix: str = "", born: int = 0, sex: str = "", ssn: str = "",
    address: str = "", zip_code: str = "", email: str = "", phone: str = "", others: Sequence[str] = (),
    own: str = "", key: bytes,
) -> Description:  # fmt: skip
    """Normalise what a source says; the SSN goes no further than here.

    Args:
        first: given name or names.
        middle: middle name or initial.
        last: surname or surnames, maybe with a suffix.
        suffix: Jr., III and the like.
        born: year, month and day as ``dates.date_of`` has them.
        sex: one letter.
        ssn: as it is written; one that can be nobody's counts as not known.
        address: house number and street, maybe with a unit.
        zip_code: of the address.
        email: address.
        phone: ten digits, or empty.
        others: identifiers of other systems, each as system:value.
        own: its record at a source that numbers its records itself, as source:keyed hash.
        key: the pseudonym key.
    """
    surname, behind = names.surname_of(last)
    number = numbers.number_of(ssn) if ssn else ""
    hashed, near = numbers.hashes_of(number, key) if number else ("", "")
    house, street = places.address_of(address) if address else ("", "")
    return Description(
        given=names.given_of(first),
        middle=names.folded(middle).partition(" ")[0] if middle else "",
        surname=surname,
        suffix=names.SUFFIXES.get(names.folded(suffix), "") or behind,
        born=born,
        sex=sex.strip()[:1].upper(),
        number=hashed,
        near=near,
        house=house,
        street=street,
        zip=places.zip_of(zip_code),
        email=email.strip().lower(),
        phone=phone,
        others=tuple(sorted(others)),
        own=own,
    )
