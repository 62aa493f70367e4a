"""A set of files: what is in it, and in which order it is published."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from partners.formats import FIRST_YEAR, Bad, NoDayError, Reader
from partners.formats.census import Census, Member, census, facts
from partners.formats.file_sets import file_set
from partners.sent_state import blocks_of
from schemas_avro import catalog


@dataclass(frozen=True)
class Part:
    """What is published at once: the rows of one family in one file."""

    member: Member
    family: str

    @property
    def name(self) -> str:
        """Of the file."""
        return self.member.source.name


@dataclass
class District:
    """Files that are published together, and what is in them."""

    found: dict[Member, Census]
    left_out: Sequence[str] = ()
    """Names of files that are none of it."""
    is_whole: bool = True
    """Whether they have all that there is, and not changes only."""

    @property
    def parts(self) -> list[Part]:
        """What is published: who the people are first, in an order that is the same each time."""
        order = list(catalog.FAMILIES)
        every = [Part(member, family) for member, seen in self.found.items() for family in seen.families]
        return sorted(every, key=lambda part: order.index(part.family))

    @property
    def families(self) -> list[str]:
        """What its rows are of, each once."""
        return list(dict.fromkeys(part.family for part in self.parts))

    @property
    def others(self) -> Counter[str]:
        """Rows about somebody that no family carries, by name."""
        return sum((seen.others for seen in self.found.values()), Counter())

    @property
    def reference(self) -> int:
        """Rows that are about nobody, or are taken up by others."""
        return sum(seen.reference for seen in self.found.values())

    @property
    def codes(self) -> Counter[str]:
        """Rows that are bad without being of a family, by code."""
        return sum((seen.codes for seen in self.found.values()), Counter())

    @property
    def bad(self) -> list[tuple[str, Bad]]:
        """The first of them, with their file's name."""
        return [(member.source.name, bad) for member, seen in self.found.items() for bad in seen.bad]

    def digest(self) -> str:
        """Of all that is read, so that a part which others reach into is known by them too."""
        content = hashlib.sha256()
        for block in blocks_of(member.source for member in self.found):
            content.update(block)
        return content.hexdigest()

    @property
    def day(self) -> date:
        """The latest day that any of them speaks of as past: the set was not made before.

        Raises:
            NoDayError: none does.
        """
        day = max((seen.day for seen in self.found.values() if seen.day), default=None)
        if day is None or day.year < FIRST_YEAR:
            raise NoDayError("no date that can be read in it tells when it was made; say so with --as-of YYYY-MM-DD")
        return day


@contextmanager
def surveyed(place: Path) -> Iterator[District]:
    """A folder with all that is below it, an archive, or a file that is a set by itself, looked over; while it is open.

    Raises:
        FileError: there is none that is read, or one is not what it seems.
        OSError: a file cannot be read.
    """
    with file_set(place) as files:
        yield District({member: census(member) for member in files.members}, files.left_out, files.is_whole)


def reader_of(part: Part, as_of: datetime) -> Reader:
    """How a part is read, of a set that was made at a moment."""
    return Reader(lambda _: facts(part.member, part.family, as_of.date()))
