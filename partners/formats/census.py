"""What the files of a set hold, whatever their format: facts of families, reference, and what no family carries."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from partners.formats.faults import Bad
from partners.formats.reading import Document, Found, latest_day
from partners.formats.sources import Source

MOST_NAMES, UNTOLD = 200, "other"
"""Names that are counted each by itself: there may be any number of them; and what the others are counted under."""
MOST_BAD = 20
"""Bad rows of no family that are kept to be told; all are counted."""


@dataclass(frozen=True)
class Fact:
    """A row of a family, not yet read into it."""

    family: str
    read: Callable[[], Found] = field(repr=False)


@dataclass(frozen=True)
class Reference:
    """A row that is about nobody, or that another row's event takes up."""

    name: str
    """Of its kind."""


@dataclass(frozen=True)
class Other:
    """A row about somebody that no family carries."""

    name: str
    """Of its kind, of a closed set or counted under one name."""


Seen = Fact | Reference | Other | Bad
"""A row as a set has it; one that is bad without being of a family is bad by itself."""


class Member(Protocol):
    """A file of a set."""

    @property
    def source(self) -> Source:
        """Where it is read from."""

    def seen(self, day: date | None, *, learns: bool = False) -> Iterator[Seen]:
        """Every row.

        Args:
            day: on which the set was made; None: not known yet.
            learns: whether what others of the set point at is noted: the first time, in the set's order.

        Raises:
            FileError: it is no file of such a set.
            OSError: it cannot be read.
        """


@dataclass
class Census:
    """The rows of one file, counted."""

    families: Counter[str] = field(default_factory=Counter)
    """Rows that a family is read from, by family."""
    reference: int = 0
    others: Counter[str] = field(default_factory=Counter)
    """Rows about somebody that no family carries, by name."""
    codes: Counter[str] = field(default_factory=Counter)
    """Rows of no family that are bad, by code."""
    bad: list[Bad] = field(default_factory=list)
    """The first of them."""
    day: date | None = None
    """The latest that it speaks of as past."""


def census(member: Member) -> Census:
    """Count what a file holds, and have the set learn from it.

    Raises:
        FileError: it is no file of such a set.
        OSError: it cannot be read.
    """
    told = Census()
    for row in member.seen(None, learns=True):
        match row:
            case Fact():
                told.families[row.family] += 1
                found = row.read()
                day = latest_day(found, row.family) if isinstance(found, Document) else None
                told.day = max(filter(None, (day, told.day)), default=None)
            case Reference():
                told.reference += 1
            case Other():
                is_told = row.name in told.others or len(told.others) < MOST_NAMES
                told.others[row.name if is_told else UNTOLD] += 1
            case Bad():
                told.codes[row.code.value] += 1
                told.bad += [row][: MOST_BAD - len(told.bad)]
    return told


def facts(member: Member, family: str, day: date) -> Iterator[Found]:
    """Every row of a family in a file.

    Args:
        member: the file.
        family: of its rows.
        day: on which the set was made.
    """
    facts_: Iterable[Seen] = member.seen(day)
    return (row.read() for row in facts_ if isinstance(row, Fact) and row.family == family)
