"""What inputs are changed by, beside libFuzzer's own changes: what is odd in any format, and what no few bytes make."""

import random
from collections.abc import Callable

Change = Callable[[bytes, random.Random], bytes]
ODD = (
    b"\0", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc3", b"\r\n", b"\t", b'"', b"'", b"\\", b"%",
    b"{}", b"..", b"\x1b[31m", b"\x1a", b"\x80" * 10, b"\xff" * 9 + b"\x01", "\u202e".encode(), "\u2028".encode(),
    "\U0001f393".encode(), "e\u0301".encode(), "\u0663".encode(), "\u00b2".encode(), b"0000-00-00", b"9999-12-31",
    b"2024-02-30", b"10000-01-01", b"2024-02-29T23:59:60Z", b"0001-01-01T00:00:00+23:59", b"\\ud800", b"__class__",
    b"-0", b"1e999", b"NaN", b"2147483648", b"-9223372036854775809", b"1,000",
)  # fmt: skip
OPENING = (b"[", b'{"a":', b"<a>", b"(", b"\x02", b'"', b"&a;")
SELDOM = 0.1
"""How often an input is changed so."""


def changed(data: bytes, chance: random.Random) -> bytes:
    """An input, changed as few bytes never are."""
    return chance.choice(CHANGES)(data, chance)


def _nested(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(OPENING) * chance.choice((70, 1_200, 20_000)) + data[at:]


def _again(data: bytes, chance: random.Random) -> bytes:
    """A piece of it many times."""
    begin = chance.randrange(len(data) + 1)
    end = begin + chance.randrange(1, 64)
    return data[:begin] + data[begin:end] * chance.choice((10, 1_000)) + data[end:]


def _number(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + b"9" * 5_000 + data[at:]


def _lines(data: bytes, chance: random.Random) -> bytes:
    """Its lines, one of them gone, twice, or elsewhere."""
    lines = data.splitlines(keepends=True) or [b""]
    taken = lines.pop(chance.randrange(len(lines)))
    for _ in range(chance.choice((0, 1, 2))):
        lines.insert(chance.randrange(len(lines) + 1), taken)
    return b"".join(lines)


CHANGES: tuple[Change, ...] = (_nested, _again, _number, _lines)
