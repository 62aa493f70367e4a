"""What is fuzzed: a parser, documents to begin from, and what it may answer."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

MARK = "Zqxmärk"
"""Stands in values of seeds that a parser must never tell; a name of a column, which may be told, is plain ASCII."""
MARKS = (MARK.lower(), ascii(MARK.lower())[1:-1], str(MARK.lower().encode())[2:-1])
"""And as it would be written where not every letter can be."""
Parse = Callable[[bytes, Path], Iterable[object]]
"""Reads an input, in a folder of its own; gives what people would be told of it."""


@dataclass(frozen=True)
class Target:
    """One parser."""

    name: str
    seeds: Callable[[], Sequence[bytes]]
    """Documents that it reads; inputs are made from them."""
    parse: Parse
    declared: tuple[type[Exception], ...] = ()
    """Errors that it says that it raises, for whoever gave it the input; every other one is a crash."""
    words: tuple[bytes, ...] = ()
    """What means something in its format."""


class BrokenError(Exception):
    """A parser broke its word without raising: it lost a row, or two that must agree do not."""
