"""Parsers that are broken on purpose, each in one way: so that a test sees it found."""

import ctypes
from collections.abc import Iterator
from pathlib import Path

from support.fuzzing.target import MARK, Target


def _crash(data: bytes, _: Path) -> Iterator[object]:
    if b"}" in data:
        raise LookupError
    yield "nothing"


def _hang(data: bytes, _: Path) -> Iterator[object]:
    while b"}" in data:
        pass
    yield "nothing"


def _leak(data: bytes, _: Path) -> Iterator[object]:
    yield f"cannot read {data!r}"


def _death(data: bytes, _: Path) -> Iterator[object]:
    if b"}" in data:
        ctypes.string_at(0)
    yield "nothing"


def _hunger(data: bytes, _: Path) -> Iterator[object]:
    if b"}" in data:
        bytearray(1 << 33)
    yield "nothing"


def _deep(data: bytes, _: Path) -> Iterator[object]:
    """Breaks only at four bytes that nobody guesses who does not see what the code compares."""
    if data[:4] == b"Q\x07\xa3\x1e":
        raise LookupError
    yield "nothing"


def _sound(data: bytes, _: Path) -> Iterator[object]:
    try:
        yield int(data, 16)
    except ValueError:
        raise ValueError("no number") from None


def _seeds() -> list[bytes]:
    return [b"{", MARK.encode()]


TARGETS = (
    Target("planted_crash", _seeds, _crash, (ValueError,)),
    Target("planted_hang", _seeds, _hang),
    Target("planted_leak", _seeds, _leak),
    Target("planted_death", _seeds, _death),
    Target("planted_hunger", _seeds, _hunger),
    Target("planted_deep", _seeds, _deep),
    Target("planted_sound", _seeds, _sound, (ValueError,)),
)
