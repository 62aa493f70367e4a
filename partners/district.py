"""Publishes a set of files as one: a district's whole export, each file's families found by themselves."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from partners.client import Publisher
from partners.formats import FIRST_YEAR, Bad, NoDayError, Reader
from partners.formats.census import Census, Member, census, facts
from partners.formats.file_sets import file_set
from partners.profile import Look
from partners.publishing import Memory, Outcome, publish_file
from partners.sent_state import blocks_of
from schemas_avro import catalog

NO_FAMILY = "no_family"


@dataclass(frozen=True)
class Part:
    """What is published at once: the rows of one family in one file."""

    member: Member
    family: str

    @property
    def name(self) -> str:
        """Of the file."""
        return self.member.source.name


Remembering = Callable[[Part], AbstractContextManager[Memory | None]]
"""What is remembered of a part."""


@dataclass
class District:
    """Files that are published together, and what is in them."""

    found: dict[Member, Census]
    left_out: Sequence[str] = ()
    """Names of files that are none of it."""

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
        yield District({member: census(member) for member in files.members}, files.left_out)


def _reader(part: Part, as_of: datetime) -> Reader:
    return Reader(lambda _: facts(part.member, part.family, as_of.date()))


@dataclass
class DistrictOutcome:
    """What became of all the rows of a set."""

    reference: int
    others: Counter[str]
    """Rejected because no family carries them, by name."""
    unplaced: Counter[str]
    """Rejected without being of a family, by code."""
    submission: str | None = None
    """As of an outcome."""
    by_part: dict[Part, Outcome] = field(default_factory=dict)

    @property
    def codes(self) -> Counter[str]:
        """How many were rejected, by code."""
        own = self.unplaced + Counter({NO_FAMILY: self.others.total()})
        return +sum((outcome.codes for outcome in self.by_part.values()), own)

    @property
    def rejected(self) -> int:
        """How many rows."""
        return self.codes.total()

    @property
    def is_mendable(self) -> bool:
        """Whether the partner can do something about what was rejected."""
        return bool(self.codes.keys() - {NO_FAMILY})

    def total(self, name: str) -> int:
        """A count of every part's outcome, summed up."""
        return sum(getattr(outcome, name) for outcome in self.by_part.values())

    @property
    def rows(self) -> int:
        """All of the files' rows."""
        return self.total("rows") + self.reference + self.others.total() + self.unplaced.total()

    @property
    def unsaid(self) -> Counter[str]:
        """Parts of rows that are published which these do not carry, by name."""
        return sum((outcome.unsaid for outcome in self.by_part.values()), Counter())

    @property
    def new(self) -> int | None:
        """As of an outcome."""
        told = [outcome.new for outcome in self.by_part.values()]
        return None if None in told else sum(one for one in told if one is not None)

    def to_document(self, *, is_look: bool) -> dict[str, object]:
        """As JSON values.

        Args:
            is_look: nothing was to be sent.
        """
        seconds = sum(outcome.seconds for outcome in self.by_part.values())
        unlisted = sum((outcome.unlisted for outcome in self.by_part.values()), Counter())
        return {
            "rows": self.rows,
            "published": self.total("published"),
            "rejected": self.rejected,
            "reference": self.reference,
            "reasons": dict(sorted(self.codes.items())),
            **({"submission": self.submission} if self.submission and self.total("published") else {}),
            **({} if self.new is None else {"new": self.new}),
            **({"rows_per_second": round(self.total("rows") / seconds)} if seconds else {}),
            **({"valid": self.total("valid")} if is_look else {}),
            **({"not_carried": dict(sorted(self.others.items()))} if self.others else {}),
            **({"parts_not_carried": dict(sorted(self.unsaid.items()))} if self.unsaid else {}),
            **({"unlisted": dict(sorted(unlisted.items()))} if unlisted else {}),
        }


def publish_district(
    district: District,
    as_of: datetime,
    publisher: Publisher | str,
    remembering: Remembering,
    on_progress: Callable[[str, int], None] = lambda *_: None,
    look: Look | None = None,
) -> DistrictOutcome:
    """Publish every good row of a set, and wait until the broker has them.

    Args:
        district: the set.
        as_of: when it was made.
        publisher: whose it is and who sends it; the partner's id alone: nobody does, it is only looked at.
        remembering: opens what is remembered of a part.
        on_progress: told the name of a file, and the number of its rows done.
        look: what looks on at every row, where nothing is to be sent.

    Raises:
        PublishError: the broker did not take an event.
        SentError: what was sent cannot be remembered.
    """
    outcome = DistrictOutcome(district.reference, district.others, district.codes)
    for part in district.parts:
        with remembering(part) as memory:
            if memory and isinstance(publisher, Publisher):
                memory.begin(publisher.cluster_id, as_of)
            told = lambda count, name=part.name: on_progress(name, count)  # noqa: E731  # of this file
            reader = _reader(part, as_of)
            outcome.by_part[part] = publish_file(
                part.member.source, part.family, as_of, publisher, told, memory=memory,
                on_event=look.on_event(part.family) if look else lambda *_: None,
                reader=look.watching(part.family, reader) if look else reader,
                judge=look.judge(part.family) if look else None,
            )  # fmt: skip
            outcome.submission = outcome.by_part[part].submission
    return outcome
