"""Inputs that are no record of any schema: framing, cuts, bytes that end or stall some library, too many of them."""

import random
from collections.abc import Iterator

from processors.resolve.codes import Code
from support.bad_inputs.making import MARK, BadInput, Make, Making, rows, saying, ssn, valued
from support.bad_inputs.surgery import payload, replaced, under, with_bytes, with_number, with_payload, with_value
from support.events import Message, zigzag

MAX_MESSAGE_BYTES = 1_048_576
BOMB_BYTES = 30_000_000


def unreadable() -> Iterator[BadInput]:
    """All of them."""
    yield from _framing()
    yield from _cuts()
    yield from _avro()
    yield from _too_large()


def _framing() -> Iterator[BadInput]:
    yield BadInput(1, "an empty value", valued(b""), Code.EMPTY_VALUE)
    yield BadInput(2, "a tombstone", valued(None), Code.NULL_VALUE)
    yield from rows(3, Code.BAD_FRAMING, {f"{n} bytes": valued(b"\0" * n) for n in range(1, 5)})
    others = {
        "another magic byte": lambda m: with_value(m.good, b"\x02" + (m.good.value or b"")[1:]),
        "JSON": valued(b'{"event_id": "x"}'),
        "XML": valued(b"<InterchangeStudent/>"),
        "Protobuf": valued(b"\x0a\x24" + b"x" * 36),
    }
    yield from rows(4, Code.BAD_FRAMING, others)
    yield BadInput(5, "an unknown schema id", lambda m: under(m.good, 999_999), Code.UNKNOWN_SCHEMA)
    yield BadInput(6, "another partner's schema", lambda m: under(m.good, "partner.aid.v1"), Code.SCHEMA_NOT_ALLOWED)
    for subject in ("body.enrollment.v1", "internal.resolved_event.v1"):
        make = lambda m, s=subject: under(m.good, s)  # noqa: E731
        yield BadInput(7, f"another version of what this topic takes, {subject}", make, Code.SCHEMA_NOT_ALLOWED)
    for schema_id in (0, 2**32 - 1, 2**31 - 1):
        make = lambda m, i=schema_id: under(m.good, i)  # noqa: E731
        yield BadInput(8, f"schema id {schema_id}", make, Code.UNKNOWN_SCHEMA)
    yield BadInput(9, "a GUID behind magic byte 1", valued(b"\x01" + b"\x5a" * 60), Code.BAD_FRAMING)
    yield BadInput(9, "a GUID in a header", _guid_in_header, Code.BAD_FRAMING)
    yield BadInput(29, "an object container file", valued(b"Obj\x01" + b"\0" * 60), Code.BAD_FRAMING)
    yield BadInput(80, "a pickle", valued(b"\x80\x04\x95\x1d\0\0\0\0\0\0\0\x8c\x05posix\x94."), Code.BAD_FRAMING)
    framed = lambda m: with_payload(m.good, b"\x80\x04\x95\x1d\0\0\0\0\0\0\0\x8c\x05posix\x94.")  # noqa: E731
    yield BadInput(80, "a pickle under a schema id", framed, Code.UNDECODABLE)


def _guid_in_header(making: Making) -> Message:
    good = making.good
    headers = {**good.headers, "__value_schema_id": b"\x01" + b"\x5a" * 16}
    return with_value(good, payload(good))._replace(headers=headers)


def _cuts() -> Iterator[BadInput]:
    for length in range(len(payload(Making(f"{0:06}").good))):
        make = lambda m, n=length: with_payload(m.good, payload(m.good)[:n])  # noqa: E731
        yield BadInput(11, f"cut after byte {length}", make, Code.UNDECODABLE)


def _avro() -> Iterator[BadInput]:
    """Bytes that are no record of the schema, those among them that end or stall some library."""
    surgery: list[tuple[int, str, Make]] = [
        (12, "a byte more", lambda m: with_payload(m.good, payload(m.good) + b"\0")),
        (12, "a second record behind the first", lambda m: with_payload(m.good, payload(m.good) * 2)),
        (13, "records in records, 5,000 deep", lambda m: with_payload(m.good, b"\x02" * 5_000)),
        (13, "the same from its middle on", lambda m: _items(m, b"\x02" * 5_000)),
        *((14, f"a list of {n} items", lambda m, n=n: _items(m, zigzag(n))) for n in (2**31, 2**40, 2**62)),
        *((14, f"a block of {n} items and no bytes", lambda m, n=n: _items(m, zigzag(-n) + b"\0")) for n in (9, 2**31)),
        (15, "a text of 2^40 characters", lambda m: with_payload(m.good, zigzag(2**40) + payload(m.good)[1:])),
        (15, "a text of negative length", lambda m: with_payload(m.good, b"\x01" + payload(m.good)[1:])),
        (15, "a text of -2^63 characters", lambda m: with_payload(m.good, zigzag(-(2**63)) + payload(m.good)[1:])),
        *((16, f"branch {n} of a union", lambda m, n=n: _branch(m, zigzag(n))) for n in (2, 7, -1, -64)),
        *((17, f"symbol {n} of an enum", lambda m, n=n: _symbol(m, zigzag(n))) for n in (3, 63, -1, -64)),
        (18, "a truth of 7", _truth_of_seven),
        (18, "an overlong length", lambda m: with_payload(m.good, b"\xc8\0" + payload(m.good)[1:])),
        (18, "a number of thirty bytes", lambda m: _units(m, b"\x80" * 29 + b"\x01")),
        (19, "an int that holds 2^50", lambda m: with_number(m.good, MARK, 2**50)),
        (20, "NaN where an amount is", lambda m: _amount(m, b"\0\0\0\0\0\0\xf8\x7f")),
        (20, "infinity where an amount is", lambda m: _amount(m, b"\0\0\0\0\0\0\xf0\x7f")),
        (20, "-0.0 where an amount is", lambda m: _amount(m, b"\0\0\0\0\0\0\0\x80")),
        (21, "an amount of other scale, as decimal bytes", lambda m: _amount(m, b"\x06\x01\xe2\x40")),
        *((25, what, lambda m, b=b: with_bytes(m.sent("contact", preferred_name="Qqqq"), b"Qqqq", b)) for what, b in {
            "no UTF-8": b"Qq\xff\xfe", "half a character": b"Qqq\xc3", "a lone surrogate": b"Q\xed\xa0\x80",
            "NUL in two bytes": b"Qq\xc0\x80",
        }.items()),
    ]  # fmt: skip
    yield from (BadInput(number, what, make, Code.UNDECODABLE) for number, what, make in surgery)


def _items(making: Making, new: bytes) -> Message:
    return replaced(
        making.good, making.sent("enrollment", units_attempted_hundredths=MARK, identifiers=[ssn("1")]), new
    )


def _branch(making: Making, new: bytes) -> Message:
    return replaced(making.good, making.sent("enrollment", source_system_name="x"), new)


def _symbol(making: Making, new: bytes) -> Message:
    return replaced(making.good, making.sent("enrollment", operation="correct"), new)


def _units(making: Making, new: bytes) -> Message:
    return with_bytes(making.good, zigzag(MARK), new)


def _amount(making: Making, new: bytes) -> Message:
    return with_bytes(making.sent("aid", award_amount_cents=MARK), zigzag(MARK), new)


def _truth_of_seven(making: Making) -> Message:
    return replaced(*(making.sent("identity", multiple_birth=said) for said in (True, False)), b"\x07")


def _too_large() -> Iterator[BadInput]:
    many = {
        "a name of 900 kB": saying("identity", first_name="x" * 900_000),
        "a byte over 64 KiB": lambda m: with_value(m.good, (m.good.value or b"").ljust(64 * 1024 + 1, b"\0")),
        "1,001 identifiers": saying(identifiers=[ssn("1")] * 1_001),
        "60,000 empty reject codes": saying("aid", reject_codes=[""] * 60_000),
    }
    yield from rows(27, Code.TOO_LARGE, many)
    deep, number = b"\x02" * 100_000, b"\x80" * 100_000 + b"\x01"
    yield BadInput(13, "records in records, 100,000 deep", lambda m: with_payload(m.good, deep), Code.TOO_LARGE)
    yield BadInput(21, "an amount of 100 kB", lambda m: _amount(m, number), Code.TOO_LARGE)
    noise = random.Random(28).randbytes(MAX_MESSAGE_BYTES - 600)  # noqa: S311  # bytes that do not compress
    yield BadInput(28, "as many bytes as a message may have", valued(noise), Code.TOO_LARGE)
    yield BadInput(28, "30 MB that travel as few kilobytes", valued(b"\0" * BOMB_BYTES), Code.TOO_LARGE)
