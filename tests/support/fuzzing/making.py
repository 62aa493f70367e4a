"""Inputs: a seed, changed by a chain of numbers; the same chain gives the same bytes, so each input has a short name.

A chain's first number chooses the seed, each further one changes what came before. A chain that had a parser answer
something new is gone on from: so changes gather, as they do in a corpus.
"""

import random
import re
from collections.abc import Callable, Sequence

Chain = tuple[int, ...]
Change = Callable[[bytes, random.Random, Sequence[bytes]], bytes]
MOST_BYTES = 1 << 16
NUMBERS = (
    b"0", b"-1", b"-0", b"1e999", b"NaN", b"2147483648", b"-9223372036854775809", b"9" * 5_000, b"0.1", b"1,000", b"00",
    "\u0663".encode(), "\u00b2".encode(),
)  # fmt: skip
ODD = (
    b"\0", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc3", b"\r", b"\n", b"\r\n", b"\t", b'"', b"'",
    b"\\", b"%", b"{}", b"=", b"..", b"/", b"\x1b[31m", b"\x1a", b"\x80" * 10, b"\x80\x00", b"\xff" * 9 + b"\x01",
    "\u202e".encode(), "\u2028".encode(), "\U0001f393".encode(), "e\u0301".encode(), b"0000-00-00", b"9999-12-31",
    b"2024-02-30", b"10000-01-01", b"2024-02-29T23:59:60Z", b"0001-01-01T00:00:00+23:59", b"\\ud800", b"__class__",
)  # fmt: skip
OPENING = (b"[", b'{"a":', b"<a>", b"(", b"[[", b"\x02", b'"', b"&a;")


def made(chain: Chain, seeds: Sequence[bytes], words: Sequence[bytes] = ()) -> bytes:
    """The input of a chain."""
    data = seeds[chain[0] % len(seeds)]
    for number in chain[1:]:
        chance = random.Random(number)  # noqa: S311  # of what is made
        for _ in range(chance.choice((1, 1, 1, 2, 4, 8))):
            data = chance.choice(CHANGES)(data, chance, [*words, *seeds])[:MOST_BYTES]
    return data


def _piece(data: bytes, chance: random.Random, most: int = 64) -> tuple[int, int]:
    """Where a piece of some bytes begins and ends."""
    begin = chance.randrange(len(data) + 1)
    return begin, min(len(data), begin + chance.randrange(1, most + 1))


def _flipped(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(data) or 1)
    return data[:at] + bytes([(data + b"\0")[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def _any_byte(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(data) or 1)
    new = chance.choice((0, 1, 2, 3, 0x7F, 0x80, 0xFE, 0xFF, chance.randrange(256)))
    return data[:at] + bytes([new]) + data[at + 1 :]


def _cut(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    begin, end = _piece(data, chance)
    return data[:begin] + data[end:]


def _ended(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _again(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    begin, end = _piece(data, chance)
    return data[:end] + data[begin:end] * chance.choice((1, 1, 2, 10, 1_000)) + data[end:]


def _put_in(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    """Something odd, a number, or a word of the format, at a place or over what is there."""
    begin, end = _piece(data, chance, 16)
    short = [one for one in others if len(one) <= 40]  # words, not documents
    new = chance.choice((*ODD, *NUMBERS, *short, *short))
    return data[:begin] + new + data[chance.choice((begin, end)) :]


def _number(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    """One of its numbers as another."""
    found = list(re.finditer(rb"\d+", data))
    if not found:
        return data
    one = chance.choice(found)
    return data[: one.start()] + chance.choice(NUMBERS) + data[one.end() :]


def _word(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    """One of its words in another's place."""
    found = list(re.finditer(rb"[A-Za-z_0-9-]+", data))
    if not found:
        return data
    one, other = chance.choice(found), chance.choice(found)
    return data[: one.start()] + other[0] + data[one.end() :]


def _lines(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    """Its lines, one of them gone, twice, or elsewhere."""
    lines = data.splitlines(keepends=True) or [b""]
    one = chance.randrange(len(lines))
    taken = lines.pop(one)
    for _time in range(chance.choice((0, 1, 2))):
        lines.insert(chance.randrange(len(lines) + 1), taken)
    return b"".join(lines)


def _spliced(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    other = chance.choice(others)
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


def _nested(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    begin, _end = _piece(data, chance)
    return data[:begin] + chance.choice(OPENING) * chance.choice((2, 70, 1_200, 20_000)) + data[begin:]


CHANGES: tuple[Change, ...] = (
    _flipped, _any_byte, _any_byte, _cut, _ended, _again, _put_in, _put_in, _put_in, _number, _word, _word, _lines,
    _spliced, _nested,
)  # fmt: skip
