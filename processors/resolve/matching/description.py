"""What one source row says of who a record is of, normalised and without the SSN."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from processors.resolve.matching import names, numbers, places

Column = Sequence[str]
BORN_AT, OTHERS_AT = 4, 14
"""Places of the number and of the list among the values."""
TOLD = "1"
CELL_END, OTHERS_END, ESCAPE = "\t", "\x1f", "\\"


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
    multiple_birth: str = ""
    """``TOLD`` where the source says that it is one of twins, triplets and so on."""
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

    def to_line(self) -> bytes:
        """As a line of text, cells with tabs between them: many lines are columns without an object a cell."""
        others = OTHERS_END.join(self.others)
        cells: tuple[str, ...] = (
            self.given, self.middle, self.surname, self.suffix, str(self.born), self.sex, self.number, self.near,
            self.house, self.street, self.zip, self.email, self.phone, self.multiple_birth, others, self.own,
        )  # fmt: skip
        plain = "".join(cells)
        if not plain.isprintable() or ESCAPE in plain:
            cells = (*map(_escaped, cells[:OTHERS_AT]), OTHERS_END.join(map(_escaped, self.others)), _escaped(self.own))
        return CELL_END.join(cells).encode()

    @classmethod
    def from_line(cls, line: bytes) -> "Description":
        """From ``to_line``."""
        *cells, others, own = line.decode().split(CELL_END)
        told = tuple(map(_unescaped, others.split(OTHERS_END))) if others else ()
        cells = list(map(_unescaped, cells))
        return cls._make([*cells[:BORN_AT], int(cells[BORN_AT]), *cells[BORN_AT + 1 :], told, _unescaped(own)])


def _escaped(text: str) -> str:
    """With characters that a line cannot hold, and lone surrogates, by their numbers."""
    return "".join([c if c.isprintable() and c != ESCAPE else f"{ESCAPE}{ord(c):x};" for c in text])


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-9a-f]+);", lambda found: chr(int(found[1], 16)), text) if ESCAPE in text else text


def lines_of(said: Iterable[Description]) -> bytes:
    """Descriptions as their lines."""
    return b"\n".join([description.to_line() for description in said])


def describe(
    first: str = "", middle: str = "", last: str = "", *, suffix: str = "", born: int = 0, sex: str = "", ssn: str = "",
    address: str = "", zip_code: str = "", email: str = "", phone: str = "", multiple_birth: bool | None = None,
    others: Sequence[str] = (), own: str = "", key: bytes,
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
        multiple_birth: whether it is one of twins, triplets and so on; None: not known.
        others: identifiers of other systems, each as system:value.
        own: its record at a source that numbers its records itself, as source:keyed hash.
        key: the pseudonym key.
    """
    [found] = describe_all(
        [first], [middle], [last], [suffix], [born], [sex], [ssn], [address], [zip_code], [email], [phone],
        [multiple_birth], [others], [own], key=key,
    )  # fmt: skip
    return found


def describe_all(
    first: Column, middle: Column, last: Column, suffix: Column, born: Sequence[int], sex: Column, ssn: Column,
    address: Column, zip_code: Column, email: Column, phone: Column, multiple_birth: Sequence[bool | None],
    others: Sequence[Sequence[str]], own: Column, *, key: bytes,
) -> list[Description]:  # fmt: skip
    """Normalise what sources say in many rows; each argument is a column of what ``describe`` takes."""
    surnames, addresses = list(map(names.surname_of, last)), list(map(places.address_of, address))
    plain = list(map(numbers.number_of, ssn))
    columns = (
        map(names.given_of, first),
        map(names.middle_of, middle),
        [surname for surname, _ in surnames],
        [names.suffix_of(text) or behind for text, (_, behind) in zip(suffix, surnames, strict=True)],
        born,
        [text.strip()[:1].upper() for text in sex],
        [numbers.hash_of(number, key) for number in plain],
        numbers.near_of(plain, key),
        [house for house, _ in addresses],
        [street for _, street in addresses],
        map(places.zip_of, zip_code),
        [text.strip().lower() for text in email],
        phone,
        [TOLD if is_told else "" for is_told in multiple_birth],
        [tuple(sorted(some)) for some in others],
        own,
    )
    return list(map(Description._make, zip(*columns, strict=True)))
