"""Publishes full exports: what is new is asserted, what changed corrected, what is no longer there retracted.

1. What a snapshot before this one left under way is finished first.
2. The file is read against the last snapshot. Every message that follows is written, sealed, into the state's outbox,
   in one transaction with what it changes. Where too much would be retracted, nothing is kept of this.
3. The outbox is sent, and all of it acknowledged.
4. One more transaction takes the changes over and empties the outbox.

A crash before the end of 2 has done nothing. One before the end of 4 leaves the outbox, which the next run sends again
as it is: the same ids and bytes, which resolve drops where it has seen them. So nothing is lost, nothing counts twice,
and no file is needed to finish what another one began.

A fact is known by its source_record_id and its subject. What it says is its row but for what every night may say anew:
event_id, published_at, observed_at, operation, supersedes_event_id, source_collection_id. Events of a snapshot are
published at its as_of, or just behind the snapshot before where that is later; retractions a microsecond before the
rest, so that a fact whose subject is written in another way goes and comes in this order.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from partners.events import Headers, headers_of, topic_of
from partners.formats import Bad, Reader, encoding_of, reader_of, rows
from partners.formats.sources import Source
from partners.publishing import MAX_VALUE_BYTES, Judge, OnEvent, Outcome, batches, judged, of_fitting_size
from partners.rows import micros
from partners.snapshot_plan import UNSAID, Plan
from partners.snapshot_state import SnapshotError, SnapshotState, Standing

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_BYTES = MAX_VALUE_BYTES - 64
"""What a row may take before it is told which event it supersedes."""


class Sender(Protocol):
    """Who sends: ``partners.client.Publisher``."""

    @property
    def partner_id(self) -> str:
        """Whose events they are."""

    @property
    def submission(self) -> str:
        """Id under which the receipt tells of them."""

    def publish_raw(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Hand one message over."""

    def flush(self) -> None:
        """Wait until all are acknowledged; raises where one is not."""


@dataclass
class SnapshotOutcome(Outcome):
    """What became of a snapshot's rows, and of the facts before it."""

    asserted: int = 0
    corrected: int = 0
    retracted: int = 0
    unchanged: int = 0
    held: int = 0
    """Facts that the file does not have, not retracted because rejected rows may be theirs."""
    finished: int = 0
    """Messages of a snapshot that was interrupted before, sent again first."""
    nothing_known_in: Path | None = None
    """The folder that knows of no snapshot before this one; None: it knows of one."""
    on_bad: Callable[[Bad], None] = lambda _: None
    """Told each rejected row."""
    reading: str = ""
    """Name of the file that is read."""
    bad_in: list[str] = field(default_factory=list)
    """Of each of the first rejected rows the name of its file."""

    def reject(self, bad: Bad) -> None:
        """Count a row that was rejected, and tell of it."""
        super().reject(bad)
        self.bad_in += [self.reading] if len(self.bad_in) < len(self.bad) else []
        self.on_bad(bad)

    def to_document(self) -> dict[str, object]:
        """As JSON values."""
        names = ("rows", "asserted", "corrected", "retracted", "unchanged", "held", "finished")
        counts: dict[str, object] = {name: getattr(self, name) for name in names}
        told = super().to_document()
        first = {"first": True} if self.nothing_known_in else {}
        return {**counts, **{name: told[name] for name in told if name not in {"rows", "published"}}, **first}


def publish_snapshot(
    path: Source,
    family: str,
    as_of: datetime,
    sender: Sender | str,
    state: SnapshotState,
    max_retract_percent: float = 20,
    on_progress: Callable[[int], None] = lambda _: None,
    on_event: OnEvent | None = None,
    reader: Reader | None = None,
    judge: Judge | None = None,
) -> SnapshotOutcome:
    """Publish how a full export differs from the one before it, and remember it.

    Args:
        path: of the file.
        family: of its rows.
        as_of: when the file was made.
        sender: whose rows they are and who sends them; the partner's id alone: nobody does, and nothing is remembered.
        state: of this partner and family.
        max_retract_percent: of the facts before; where more would go, the file is taken for a part.
        on_progress: told the number of rows done, batch by batch.
        on_event: told place, event id and operation of each event that will be sent, once that is sure; none is in a
            look.
        reader: of the file; None: by its ending.
        judge: what else rejects rows; None: nothing.

    Raises:
        FileError: the file as a whole cannot be read.
        PublishError: the broker did not take an event; the next run goes on.
        SnapshotError: the file is older than the last one, or too much would be retracted: nothing was sent.
    """
    told = (lambda _, *event: on_event(*event)) if on_event else None
    export = Export(family, [(path, reader or reader_of(path, family))], state, told, judge)
    [outcome] = publish_snapshots([export], as_of, sender, max_retract_percent, lambda _, count: on_progress(count))
    return outcome


@dataclass(frozen=True)
class Export:
    """All that a partner has of a family now."""

    family: str
    files: Sequence[tuple[Source, Reader]]
    state: SnapshotState
    on_event: Callable[[str, int | None, str, str], None] | None = None
    """As of one file; told the file's name before."""
    judge: Judge | None = None
    """As of one file."""
    is_sound: bool = True
    """Whether nothing of the files is unread; else nothing is retracted."""


def publish_snapshots(
    exports: Sequence[Export],
    as_of: datetime,
    sender: Sender | str,
    max_retract_percent: float = 20,
    on_progress: Callable[[str, int], None] = lambda *_: None,
) -> list[SnapshotOutcome]:
    """Publish how full exports of several families differ from those before; all of them or, where one cannot, none.

    Args:
        exports: one a family.
        as_of: when they were made.
        sender: as of one.
        max_retract_percent: of the facts before, of each family.
        on_progress: told the name of a file, and the number of rows of its family done.

    Raises:
        FileError: a file as a whole cannot be read.
        PublishError: the broker did not take an event; the next run goes on.
        SnapshotError: the exports are older than the last ones, or too much would be retracted: nothing was sent.
    """
    outcomes = [SnapshotOutcome(encoding=encoding_of(*export.files[0])) for export in exports]
    for export, outcome in zip(exports, outcomes, strict=True):
        outcome.finished = _finished(export, sender)
        outcome.nothing_known_in = None if export.state.standing.sequence else export.state.folder
    noted: list[list[tuple[str, int | None, str, str]]] = [[] for _ in exports]
    with ExitStack() as planned:
        for export, outcome, events in zip(exports, outcomes, noted, strict=True):
            begun = time.perf_counter()
            standing = _next(export.state.standing, as_of)
            planned.enter_context(export.state.plan(standing, keep=not isinstance(sender, str)))
            _plan(export, standing, sender, outcome, events, on_progress).retract(max_retract_percent)
            outcome.seconds = time.perf_counter() - begun
    if isinstance(sender, str):
        return outcomes
    for export, outcome, events in zip(exports, outcomes, noted, strict=True):
        begun = time.perf_counter()
        outcome.submission = sender.submission
        for event in events if export.on_event else ():
            export.on_event(*event)  # type: ignore[misc]  # it is there
        outcome.published = _send(export.state, sender, export.family)
        outcome.seconds += time.perf_counter() - begun
    return outcomes


def _finished(export: Export, sender: Sender | str) -> int:
    """How many messages of a snapshot that was interrupted before are sent again."""
    if not export.state.is_interrupted:
        return 0
    if isinstance(sender, str):
        raise SnapshotError("a snapshot was interrupted; run it without --dry-run first, which finishes it")
    return _send(export.state, sender, export.family)


def _plan(
    export: Export,
    standing: Standing,
    sender: Sender | str,
    outcome: SnapshotOutcome,
    events: list[tuple[str, int | None, str, str]],
    on_progress: Callable[[str, int], None],
) -> Plan:
    """What the files of an export change; what they do not have is still to be retracted."""
    partner, family = sender if isinstance(sender, str) else sender.partner_id, export.family
    note: OnEvent = (lambda *event: events.append((outcome.reading, *event))) if export.on_event else (lambda *_: None)
    plan = Plan(partner, family, export.state, standing, outcome, note, is_sound=export.is_sound)
    outcome.on_bad = plan.hold
    for source, reader in export.files:
        outcome.reading = source.name
        for batch in batches(rows(source, partner, family, UNSAID, reader), outcome):
            sound = judged(of_fitting_size(batch, family, outcome, MOST_BYTES), outcome, export.judge)
            plan.take([good for good, _ in sound])
            on_progress(source.name, outcome.rows)
    outcome.reading = ""
    return plan


def _next(last: Standing, as_of: datetime) -> Standing:
    """Where the snapshot of a file stands."""
    made = micros(as_of)
    if made < last.as_of:
        raise SnapshotError(
            f"the last snapshot is as of {_told(last.as_of)}, this file as of {_told(made)}, which is earlier; if the "
            "file is newer, say when it was made with --as-of"
        )
    return Standing(last.sequence + 1, made, max(made, last.published_at + 1) + 1)


def _told(moment: int) -> str:
    """Microseconds since 1970-01-01 UTC as a day, or with their time where that is not midnight."""
    told = (EPOCH + timedelta(microseconds=moment)).isoformat()
    return told.removesuffix("T00:00:00+00:00")


def _send(state: SnapshotState, sender: Sender, family: str) -> int:
    """Steps 3 and 4; how many messages."""
    topic, kind = topic_of(sender.partner_id, family), f"{family}.recorded.v1"
    sent = 0
    for key, event_id, value in state.outbox():
        sender.publish_raw(topic, key.encode(), value, headers_of(event_id, kind, sender.partner_id))
        sent += 1
    sender.flush()
    state.commit()
    return sent
