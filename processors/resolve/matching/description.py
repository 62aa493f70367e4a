"""What one source row says of who a record is of, normalised and without the SSN."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from processors.resolve.matching import names, numbers, places

NEAR_AT, OTHERS_AT = 7, 13
"""Places of lists among the values."""


@dataclass(frozen=True, slots=True)
class Description:
    """Comparable traits; empty text and zero mean not known. Its repr shows nothing."""

    given: str = field(default="", repr=False)
    """Up to two tokens."""
    middle: str = field(default="", repr=False)
    surname: str = field(default="", repr=False)
    """Tokens without particles."""
    suffix: str = field(default="", repr=False)
    born: int = field(default=0, repr=False)
    """Digits of year, month and day as they were told, such as 20041231."""
    sex: str = field(default="", repr=False)
    number: str = field(default="", repr=False)
    """Keyed hash of the SSN."""
    near: numbers.Near = field(default=(), repr=False)
    """Hashes by which an error in the number shows."""
    house: str = field(default="", repr=False)
    street: str = field(default="", repr=False)
    zip: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    others: tuple[str, ...] = field(default=(), repr=False)
    """Identifiers of other systems, each as system:value."""
    own: str = field(default="", repr=False)
    """Its record at a source that numbers its records itself, as source:keyed hash."""

    def to_json(self) -> list[Any]:
        """As JSON values."""
        return [
            self.given, self.middle, self.surname, self.suffix, self.born, self.sex, self.number, self.near, self.house,
            self.street, self.zip, self.email, self.phone, self.others, self.own,
        ]  # fmt: skip

    @classmethod
    def from_json(cls, row: Sequence[Any]) -> "Description":
        """From ``to_json``."""
        near, others = tuple(row[NEAR_AT]), tuple(row[OTHERS_AT])
        return cls(*row[:NEAR_AT], near, *row[NEAR_AT + 1 : OTHERS_AT], others, *row[OTHERS_AT + 1 :])  # type: ignore[call-arg]  # as many as there are


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
    hashed, near = numbers.hashes_of(number, key) if number else ("", ())
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
