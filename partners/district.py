"""Publishes a set of Ed-Fi interchanges as one: a district's whole export, each file's families found by themselves."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from partners.client import Publisher
from partners.formats import Code, FileError, NoDayError, Reader, day_of_file, edfi
from partners.formats.edfi_census import Census, census
from partners.publishing import Memory, Outcome, publish_file

ENDING = ".xml"
POINTED_AT = {"Assessment", "Intervention"}
"""Elements that say more of those that point at them."""
Remembering = Callable[[Path, str], AbstractContextManager[Memory | None]]
"""What is remembered of a file and a family of it."""


@dataclass(frozen=True)
class Part:
    """What is published at once: the elements of one family in one file."""

    path: Path
    family: str


@dataclass
class District:
    """Interchanges that are published together, and what is in them."""

    found: dict[Path, Census]
    left_out: int = 0
    """Files that are no XML."""

    @property
    def parts(self) -> list[Part]:
        """What is published: who the people are first, in an order that is the same each time."""
        order = list(edfi.ELEMENTS)
        every = [Part(path, family) for path, seen in self.found.items() for family in seen.families]
        return sorted(every, key=lambda part: (order.index(part.family), part.path))

    @property
    def beside(self) -> list[Path]:
        """Files that have what elements of others may point at."""
        return [path for path, seen in self.found.items() if POINTED_AT & seen.reference.keys()]

    @property
    def families(self) -> list[str]:
        """What its elements are of, each once."""
        return list(dict.fromkeys(part.family for part in self.parts))

    @property
    def others(self) -> Counter[str]:
        """Elements about somebody that no family carries, by name."""
        return sum((seen.others for seen in self.found.values()), Counter())

    @property
    def reference(self) -> int:
        """Elements that are about nobody."""
        return sum(seen.reference.total() for seen in self.found.values())

    @property
    def unread(self) -> list[Path]:
        """Files that break off before there is anything to publish in them."""
        return [path for path, seen in self.found.items() if not (seen.is_whole or seen.families)]


def survey(place: Path) -> District:
    """Look over an interchange, or a folder with all that is below it.

    Raises:
        FileError: an XML file is no Ed-Fi interchange, or there is none.
        OSError: a file cannot be read.
    """
    files = [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())
    read = [path for path in files if path.suffix.lower() == ENDING]
    if not read:
        raise FileError(f"no Ed-Fi interchange (.xml) in {place}; a file of another format is published by its name")
    return District({path: census(path) for path in read}, len(files) - len(read))


def day_of(parts: Iterable[Part]) -> date:
    """The latest day that any of them speaks of as past: the set was not made before.

    Raises:
        NoDayError: none does.
    """
    days = [day for part in parts if (day := _day_of(part)) is not None]
    if not days:
        raise NoDayError("no date that can be read in it tells when it was made; say so with --as-of YYYY-MM-DD")
    return max(days)


def _day_of(part: Part) -> date | None:
    try:
        return day_of_file(part.path, part.family)
    except FileError:  # of this one; others may know better
        return None


def _reader(part: Part, beside: Sequence[Path]) -> Reader:
    return Reader(lambda _: edfi.documents(part.path, part.family, beside))


@dataclass
class DistrictOutcome:
    """What became of all the elements of a set."""

    reference: int
    others: Counter[str]
    """Rejected because no family carries them, by name."""
    unread: Sequence[Path] = ()
    by_part: dict[Part, Outcome] = field(default_factory=dict)

    @property
    def codes(self) -> Counter[str]:
        """How many were rejected, by code."""
        own = Counter({Code.NO_FAMILY.value: self.others.total(), Code.NOT_XML.value: len(self.unread)})
        return +sum((outcome.codes for outcome in self.by_part.values()), own)

    @property
    def rejected(self) -> int:
        """How many elements."""
        return self.codes.total()

    @property
    def is_mendable(self) -> bool:
        """Whether the partner can do something about what was rejected."""
        return bool(self.codes.keys() - {Code.NO_FAMILY.value})

    def total(self, name: str) -> int:
        """A count of every part's outcome, summed up."""
        return sum(getattr(outcome, name) for outcome in self.by_part.values())

    @property
    def rows(self) -> int:
        """All elements below the roots of the files."""
        return self.total("rows") + self.reference + self.others.total() + len(self.unread)

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
) -> DistrictOutcome:
    """Publish every good element of a set, and wait until the broker has them.

    Args:
        district: the set.
        as_of: when it was made.
        publisher: whose it is and who sends it; the partner's id alone: nobody does, it is only looked at.
        remembering: opens what is remembered of a part.
        on_progress: told the name of a file, and the number of its elements done.

    Raises:
        PublishError: the broker did not take an event.
        SentError: what was sent cannot be remembered.
    """
    outcome = DistrictOutcome(district.reference, district.others, district.unread)
    for part in district.parts:
        with remembering(part.path, part.family) as memory:
            if memory and isinstance(publisher, Publisher):
                memory.begin(publisher.cluster_id, as_of)
            told = lambda count, name=part.path.name: on_progress(name, count)  # noqa: E731  # of this file
            outcome.by_part[part] = publish_file(
                part.path, part.family, as_of, publisher, told, reader=_reader(part, district.beside), memory=memory
            )
    return outcome
