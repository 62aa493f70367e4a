"""Publishes a file: its good rows in batches, its bad ones counted by reason."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from partners.client import BATCH, Publisher
from partners.events import framed
from partners.fault_counts import FaultCounts
from partners.formats import Aside, Bad, Code, Cursor, Good, Reader, encoding_of, reader_of, rows
from partners.formats.faults import Fault, bad_of
from partners.formats.reading import Mark
from partners.formats.sources import Source
from partners.rows import Row
from partners.sent_state import Progress, SentState
from streams.errors import ThroughlineError

MAX_VALUE_BYTES = 64 * 1024
"""No gate takes more."""
KEPT = 1_000
"""Rejected rows that are kept to be told; all are counted."""
NOTED_ROWS = 20_000
"""After so many it is waited for the broker, and noted how far the file has come."""
COUNTED = ("rows", "aside", "valid", "published", "ids_made", "rejected")
TALLIED = ("codes", "unlisted", "unsaid")
OnEvent = Callable[[int | None, str, str], None]
"""Told the place of a row, none where no row is behind it, and its event's id and operation."""
Judge = Callable[[Sequence[Row], Sequence[bytes]], Mapping[int, Fault]]
"""Told physical rows of a family with their message values; what the gate has against them, by place in the batch."""


class BrokenOffError(ThroughlineError):
    """Somebody had publishing stop in the middle of a file."""


@dataclass
class Outcome:
    """What became of a file's rows."""

    rows: int = 0
    aside: int = 0
    """Of them, those that are no facts of the family, as the mapping says."""
    valid: int = 0
    published: int = 0
    """Acknowledged by the broker."""
    ids_made: int = 0
    """Events whose id was made from their content."""
    bad: list[Bad] = field(default_factory=list)
    """The first of those that were rejected."""
    rejected: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    """How many were rejected, by code."""
    encoding: str | None = None
    """Of the file's text, where its format leaves that open."""
    seconds: float = 0.0
    """How long it took."""
    submission: str | None = None
    """Id under which the receipt tells of its events; None: none is sent."""
    resumed_at: int = 0
    """Rows that a run before had done."""
    new: int | None = None
    """Published events that were not known here to be acknowledged before; None: nothing is remembered."""
    unlisted: Counter[str] = field(default_factory=Counter)
    """How many rows have a code that its table lacks, by field of the body; they are published all the same."""

    unsaid: Counter[str] = field(default_factory=Counter)
    """Parts of rows, by name, that the file has and no event carries."""
    faults: FaultCounts = field(default_factory=FaultCounts)
    """Of the rows that were rejected, all of them."""

    def reject(self, bad: Bad) -> None:
        """Count a row that was rejected."""
        self.rejected += 1
        self.codes[bad.code.value] += 1
        self.faults.add(bad)
        if len(self.bad) < KEPT:
            self.bad.append(bad)

    @property
    def reasons(self) -> dict[str, int]:
        """How many rows were rejected, by code."""
        return dict(sorted(self.codes.items()))

    def to_document(self) -> dict[str, object]:
        """As JSON values."""
        counts = {"rows": self.rows, "published": self.published, "rejected": self.rejected}
        aside = {"left_out": self.aside} if self.aside else {}
        encoding = {} if self.encoding is None else {"encoding": self.encoding}
        submission = {"submission": self.submission} if self.submission and self.published else {}
        new = {} if self.new is None else {"new": self.new}
        new |= {"resumed_at": self.resumed_at} if self.resumed_at else {}
        unlisted = {"unlisted": dict(sorted(self.unlisted.items()))} if self.unlisted else {}
        unsaid = {"parts_not_carried": dict(sorted(self.unsaid.items()))} if self.unsaid else {}
        own = self.rows - self.resumed_at
        speed = {"rows_per_second": round(own / self.seconds)} if self.seconds else {}
        told = {**counts, **aside, "reasons": self.reasons, **submission, **new}
        return {**told, **speed, **encoding, **unsaid, **unlisted}

    def to_counts(self) -> dict[str, Any]:
        """What a later run goes on from."""
        counted = {name: getattr(self, name) for name in COUNTED} | {"submission": self.submission}
        tallied = {name: dict(getattr(self, name)) for name in TALLIED}
        return counted | tallied | {"faults": self.faults.to_list()}

    def add_counts(self, counts: dict[str, Any]) -> None:
        """Go on from what an earlier run has counted."""
        for name in COUNTED:
            setattr(self, name, counts[name])
        self.submission = counts.get("submission")
        for name in TALLIED:
            getattr(self, name).update(counts.get(name, {}))
        self.faults.go_on(counts.get("faults", ()))


@dataclass
class Memory:
    """What is remembered of a file that is published, so that it can go on after a kill, and tell what is new."""

    state: SentState
    file: bytes
    """As the state knows it."""
    before: Progress | None = None
    """How far it had come; None: it begins."""
    as_of: str = ""
    """When it was made."""

    def begin(self, cluster: str, as_of: datetime) -> None:
        """It is published to a cluster; how far it had come in another counts for nothing."""
        self.state.cluster, self.as_of = cluster, as_of.isoformat()
        if self.before is None or self.before.cluster != cluster:
            self.before = None
            self.state.begin(self.file)

    def note(self, outcome: Outcome, mark: Mark | None, event_ids: list[str]) -> None:
        """All so far is acknowledged; it goes on at a mark."""
        self.state.note(self.file, Progress(self.state.cluster, self.as_of, mark, outcome.to_counts()), event_ids)
        event_ids.clear()


def publish_file(
    path: Source,
    family: str,
    as_of: datetime,
    publisher: Publisher | str,
    on_progress: Callable[[int], None] = lambda _: None,
    on_event: OnEvent = lambda *_: None,
    reader: Reader | None = None,
    memory: Memory | None = None,
    judge: Judge | None = None,
    is_stopping: Callable[[], bool] = lambda: False,
    *,
    is_part: bool = False,
) -> Outcome:
    """Publish every good row of a file, and wait until the broker has them.

    Args:
        path: of the file.
        family: of its rows.
        as_of: when the file was made.
        publisher: whose rows they are and who sends them; the partner's id alone: nobody does, they are only looked at.
        on_progress: told the number of rows done, batch by batch.
        on_event: told place, event id and operation of each good row, before it is sent.
        reader: of the file; None: by its ending.
        memory: of the file; None: nothing is remembered.
        judge: what else rejects rows, before they are sent; None: nothing.
        is_stopping: asked behind each batch; if so, what was sent is waited for and remembered, and no more is.
        is_part: whether others are published with it: then whoever has them all says when it is done.

    Raises:
        BrokenOffError: it was to stop.
        FileError: the file as a whole cannot be read.
        PublishError: the broker did not take an event.
        SentError: what was sent cannot be remembered.
    """
    partner = publisher if isinstance(publisher, str) else publisher.partner_id
    reader = reader or reader_of(path, family)
    outcome, begun = Outcome(encoding=encoding_of(path, reader)), time.perf_counter()
    cursor, found = _begun(path, partner, family, as_of, reader, memory, outcome)
    first, noted = outcome.rows, outcome.rows
    if isinstance(publisher, Publisher):
        publisher.submission = outcome.submission = outcome.submission or publisher.submission
    ids: list[str] = []
    for batch in batches(found, outcome):
        sound = judged(of_fitting_size(batch, family, outcome), outcome, judge)
        outcome.valid += len(sound)
        for good, _ in sound:
            outcome.ids_made += not good.has_own_id
            on_event(good.place, good.row["envelope"]["event_id"], good.row["envelope"]["operation"])
        if isinstance(publisher, Publisher) and sound:
            rows_, values = zip(*((good.row, value) for good, value in sound), strict=True)
            publisher.publish_framed(publisher.topic_of(family), rows_, values)
            ids += [row["envelope"]["event_id"] for row in rows_] if memory else []
        stops = is_stopping()
        if isinstance(publisher, Publisher) and (stops or outcome.rows - noted >= NOTED_ROWS):
            _acknowledged(publisher, outcome, memory, cursor.mark() if cursor.mark else None, ids)
            noted = outcome.rows
        if stops:
            raise BrokenOffError(_broken_off(path.name, outcome.rows, is_known=memory is not None))
        on_progress(outcome.rows)
    if isinstance(publisher, Publisher):
        _acknowledged(publisher, outcome, memory, None, ids)
        outcome.new = memory.state.end(memory.file) if memory and not is_part else None
    outcome.seconds, outcome.resumed_at = time.perf_counter() - begun, first
    return outcome


def _broken_off(name: str, rows_: int, *, is_known: bool) -> str:
    remedy = "--resume goes on there" if is_known else "nothing is remembered here, so send it again as a whole"
    return f"stopped in {name} behind {rows_:,} rows, and all of them are acknowledged; {remedy}"


def _begun(
    path: Source,
    partner: str,
    family: str,
    as_of: datetime,
    reader: Reader,
    memory: Memory | None,
    outcome: Outcome,
) -> tuple[Cursor, Iterable[Good | Bad | Aside]]:
    """The rows of a file that are still to be sent, and where they are; what was counted before is in the outcome."""
    before = memory.before if memory else None
    cursor = Cursor(before.mark if before else None)
    found = rows(path, partner, family, as_of, reader, cursor)
    if before is None:
        return cursor, found
    outcome.add_counts(before.counts)
    return cursor, found if before.mark else islice(found, outcome.rows, None)


def _acknowledged(
    publisher: Publisher, outcome: Outcome, memory: Memory | None, mark: Mark | None, ids: list[str]
) -> None:
    """Wait until the broker has all so far, and remember it."""
    publisher.flush()
    outcome.published += publisher.take_acknowledged()
    if memory is not None:
        memory.note(outcome, mark, ids)


def batches(found: Iterable[Good | Bad | Aside], outcome: Outcome) -> Iterable[list[Good]]:
    """The good rows in batches; the bad ones go to the outcome."""
    batch: list[Good] = []
    for row in found:
        outcome.rows += 1
        if isinstance(row, Good):
            if row.unlisted:
                outcome.unlisted.update(row.unlisted)
            if row.unsaid:
                outcome.unsaid.update(row.unsaid)
            batch.append(row)
        elif isinstance(row, Bad):
            outcome.reject(row)
        else:
            outcome.aside += 1
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


def of_fitting_size(
    batch: list[Good], family: str, outcome: Outcome, most_bytes: int = MAX_VALUE_BYTES
) -> list[tuple[Good, bytes]]:
    """Rows with their message values; those that no gate would take go to the outcome."""
    values = framed(family, [good.row for good in batch])
    sound = []
    for good, value in zip(batch, values, strict=True):
        if len(value) > most_bytes:
            source = good.row["envelope"]["source_record_id"]
            outcome.reject(Bad(good.place, Code.TOO_LARGE, None, source, line=good.line))
        else:
            sound.append((good, value))
    return sound


def judged(found: list[tuple[Good, bytes]], outcome: Outcome, judge: Judge | None) -> list[tuple[Good, bytes]]:
    """Rows against which a judge has nothing; the others go to the outcome."""
    if judge is None or not found:
        return found
    faults = judge([good.row for good, _ in found], [value for _, value in found])
    for place, fault in faults.items():
        good, _ = found[place]
        outcome.reject(bad_of(good.place, [fault], good.row["envelope"]["source_record_id"], good.line))
    return [one for place, one in enumerate(found) if place not in faults]
