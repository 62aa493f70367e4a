"""Publishes a set of files as one: a district's whole export, each file's families found by themselves."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from pathlib import Path

from partners.client import Publisher
from partners.formats import FIRST_YEAR, Bad, NoDayError, Reader
from partners.formats.census import Census, Member, census, facts
from partners.formats.file_sets import file_set
from partners.profile import Look
from partners.publishing import Judge, Memory, Outcome, publish_file
from partners.sent_state import blocks_of
from partners.snapshot_state import SnapshotError, SnapshotState
from partners.snapshots import Export, Sender, SnapshotOutcome, publish_snapshots
from schemas_avro import catalog

NO_FAMILY = "no_family"
CHANGES = ("asserted", "corrected", "retracted", "unchanged", "held", "finished")


@dataclass(frozen=True)
class Part:
    """What is published at once: the rows of one family in one file."""

    member: Member
    family: str

    @property
    def name(self) -> str:
        """Of the file."""
        return self.member.source.name


OnEvent = Callable[[str, str, int | None, str, str], None]
"""Told the file and family of a row, its place, and its event's id and operation."""
Remembering = Callable[[Part], AbstractContextManager[Memory | None]]
"""What is remembered of a part."""


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
    by_family: dict[str, SnapshotOutcome] = field(default_factory=dict)
    """Of a snapshot."""

    @property
    def outcomes(self) -> list[Outcome]:
        """Of all that is published at once."""
        return [*self.by_part.values(), *self.by_family.values()]

    @property
    def codes(self) -> Counter[str]:
        """How many were rejected, by code."""
        own = self.unplaced + Counter({NO_FAMILY: self.others.total()})
        return +sum((outcome.codes for outcome in self.outcomes), own)

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
        return sum(getattr(outcome, name) for outcome in self.outcomes)

    @property
    def rows(self) -> int:
        """All of the files' rows."""
        return self.total("rows") + self.reference + self.others.total() + self.unplaced.total()

    @property
    def unsaid(self) -> Counter[str]:
        """Parts of rows that are published which these do not carry, by name."""
        return sum((outcome.unsaid for outcome in self.outcomes), Counter())

    @property
    def new(self) -> int | None:
        """As of an outcome."""
        told = [outcome.new for outcome in self.outcomes]
        return None if None in told else sum(one for one in told if one is not None)

    @property
    def changes(self) -> dict[str, int]:
        """How a snapshot differs from the one before."""
        return {name: self.total(name) for name in CHANGES} if self.by_family else {}

    def to_document(self, *, is_look: bool) -> dict[str, object]:
        """As JSON values.

        Args:
            is_look: nothing was to be sent.
        """
        seconds = sum(outcome.seconds for outcome in self.outcomes)
        unlisted = sum((outcome.unlisted for outcome in self.outcomes), Counter())
        return {
            "rows": self.rows,
            "published": self.total("published"),
            "rejected": self.rejected,
            "reference": self.reference,
            "reasons": dict(sorted(self.codes.items())),
            **({"submission": self.submission} if self.submission and self.total("published") else {}),
            **({} if self.new is None else {"new": self.new}),
            **({"rows_per_second": round(self.total("rows") / seconds)} if seconds else {}),
            **({"valid": self.total("valid")} if is_look and not self.by_family else {}),
            **self.changes,
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
    on_event: OnEvent = lambda *_: None,
    look: Look | None = None,
    judge_of: Callable[[str], Judge] | None = None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> DistrictOutcome:
    """Publish every good row of a set, and wait until the broker has them.

    Args:
        district: the set.
        as_of: when it was made.
        publisher: whose it is and who sends it; the partner's id alone: nobody does, it is only looked at.
        remembering: opens what is remembered of a part.
        on_progress: told the name of a file, and the number of its rows done.
        on_event: told of each event, before it is sent.
        look: what looks on at every row, where nothing is to be sent.
        judge_of: what else rejects rows of a family that are sent; None: nothing.
        is_stopping: asked behind each batch; as of ``publish_file``.

    Raises:
        BrokenOffError: it was to stop.
        PublishError: the broker did not take an event.
        SentError: what was sent cannot be remembered.
    """
    asked = look.judge if look else judge_of
    outcome = _begun(district)
    with ExitStack() as held:
        # A part that is done is remembered as under way until all are, so that a run which goes on passes over it.
        memories = {part: held.enter_context(remembering(part)) for part in district.parts}
        for part, memory in memories.items():
            if memory and isinstance(publisher, Publisher):
                memory.begin(publisher.cluster_id, as_of)
            outcome.by_part[part] = publish_file(
                part.member.source,
                part.family,
                as_of,
                publisher,
                partial(on_progress, part.name),
                look.on_event(part.family) if look else partial(on_event, part.name, part.family),
                _watched(_reader(part, as_of), part.family, look),
                memory,
                asked(part.family) if asked else None,
                is_stopping,
                is_part=True,
            )
            outcome.submission = outcome.by_part[part].submission
        for part, memory in memories.items():
            if memory and isinstance(publisher, Publisher):
                outcome.by_part[part].new = memory.state.end(memory.file)
    return outcome


def publish_district_snapshot(
    district: District,
    as_of: datetime,
    sender: Sender | str,
    state_of: Callable[[str], AbstractContextManager[SnapshotState]],
    max_retract_percent: float,
    on_progress: Callable[[str, int], None] = lambda *_: None,
    on_event: OnEvent | None = None,
    look: Look | None = None,
) -> DistrictOutcome:
    """Publish how a set differs from the one before it, of each family that it has.

    Args:
        district: the set.
        as_of: when it was made.
        sender: whose it is and who sends it; the partner's id alone: it is only looked at.
        state_of: opens what is remembered of a family.
        max_retract_percent: of the facts of a family before.
        on_progress: told the name of a file, and the number of rows of its family done.
        on_event: told of each event that will be sent, once that is sure.
        look: as of ``publish_district``.

    Raises:
        PublishError: the broker did not take an event; the next run goes on.
        SnapshotError: it is no full export, is older than the last, or too much would be retracted: nothing was sent.
    """
    if not district.is_whole:
        raise SnapshotError("the set has changes only (delta); publish it without --snapshot")
    outcome = _begun(district)
    with ExitStack() as held:
        exports = []
        for family in district.families:
            parts = [part for part in district.parts if part.family == family]
            files = [(part.member.source, _watched(_reader(part, as_of), family, look)) for part in parts]
            told = partial(_told_of, on_event, family) if on_event else None
            state = held.enter_context(state_of(family))
            judge = look.judge(family) if look else None
            exports.append(Export(family, files, state, told, judge, is_sound=not district.codes))
        done = publish_snapshots(exports, as_of, sender, max_retract_percent, on_progress)
        outcome.by_family = dict(zip(district.families, done, strict=True))
        outcome.submission = next((one.submission for one in done), None)
    return outcome


def _watched(reader: Reader, family: str, look: Look | None) -> Reader:
    return look.watching(family, reader) if look else reader


def _told_of(on_event: OnEvent, family: str, name: str, place: int | None, event_id: str, operation: str) -> None:
    on_event(name, family, place, event_id, operation)


def _begun(district: District) -> DistrictOutcome:
    """What is counted before anything is published."""
    return DistrictOutcome(district.reference, district.others, district.codes)
