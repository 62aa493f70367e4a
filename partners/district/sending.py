"""Sends the rows of a set of files: all of them, or how they differ from the set before."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from functools import partial

from partners.client import Publisher
from partners.district.files import District, Part, reader_of
from partners.district.outcome import DistrictOutcome
from partners.formats import Reader
from partners.profile import Look
from partners.publishing import Judge, Memory, publish_file
from partners.snapshot_state import SnapshotError, SnapshotState
from partners.snapshots import Export, Sender, publish_snapshots

OnEvent = Callable[[str, str, int | None, str, str], None]
"""Told the file and family of a row, its place, and its event's id and operation."""
Remembering = Callable[[Part], AbstractContextManager[Memory | None]]
"""What is remembered of a part."""


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
    outcome = DistrictOutcome.begun(district)
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
                _watched(reader_of(part, as_of), part.family, look),
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
    outcome = DistrictOutcome.begun(district)
    with ExitStack() as held:
        exports = []
        for family in district.families:
            parts = [part for part in district.parts if part.family == family]
            files = [(part.member.source, _watched(reader_of(part, as_of), family, look)) for part in parts]
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
