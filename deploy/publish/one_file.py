"""``throughline publish`` of a file whose rows are all of one family."""

from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path

from deploy.progress import counting
from deploy.publish import report
from deploy.publish.asked import Asked
from deploy.publish.ids import ids_into
from deploy.publish.memory import remembered
from deploy.publish.sending import check_moment, moment_of, sender_of
from partners.client import Publisher
from partners.formats import reader_of
from partners.mapping import reader_by
from partners.publishing import Memory, OnEvent, Outcome, publish_file
from partners.snapshot_state import SnapshotState
from partners.snapshots import publish_snapshot
from streams import settings


def publish_one(file: Path, asked: Asked, bootstrap: str | None) -> Outcome:
    """Publish a file, and tell what became of it.

    Args:
        file: of rows.
        asked: how.
        bootstrap: of the broker; None: as the settings say.

    Raises:
        BrokenOffError: it was to stop.
        FileError: it cannot be read so; of a dry run that nobody can tell when it was made, after its rows' faults.
        ThroughlineError: it cannot be sent so.
    """
    reader = reader_by(file, asked.mapped) if asked.mapped else reader_of(file, asked.family)
    with ExitStack() as held:
        memory = None if asked.is_dry or asked.is_snapshot else held.enter_context(memory_of(file, asked))
        moment, undated = moment_of(file, asked.family, asked.as_of, reader, memory, is_export=asked.is_snapshot)
        check_moment(moment, undated, file, dry_run=asked.is_dry)
        sender = held.enter_context(sender_of(asked.partner, [asked.family], bootstrap, dry_run=asked.is_dry))
        if memory and isinstance(sender, Publisher):
            memory.begin(sender.cluster_id, moment)
        counted = held.enter_context(counting(file.name, "rows"))
        written = held.enter_context(ids_into(asked.ids))
        on_progress = partial(counted, file.name)
        noted: OnEvent = written.note
        judge = None
        if asked.look:
            judge, reader = asked.look.judge(asked.family), asked.look.watching(asked.family, reader)
            noted = _both(noted, asked.look.on_event(asked.family))
        if asked.is_snapshot:
            state = held.enter_context(_state_of(asked))
            told = written.note if asked.ids else None
            outcome: Outcome = publish_snapshot(
                file, asked.family, moment, sender, state, asked.max_retract_percent, on_progress, told, reader, judge
            )
        else:
            outcome = publish_file(
                file, asked.family, moment, sender, on_progress, noted, reader, memory, judge, asked.is_stopping
            )
    said = moment.isoformat() + ("" if asked.as_of or undated else " (the latest day in it)")
    report.tell(outcome, file, said, asked, written)
    if undated:
        raise undated
    return outcome


def memory_of(file: Path, asked: Asked) -> AbstractContextManager[Memory | None]:
    """What is remembered of a file that is published so."""
    said = (asked.as_of.isoformat() if asked.as_of else "", asked.mapped.text if asked.mapped else "")
    return remembered([file], asked.partner, asked.family, *said, resume=asked.is_resumed)


def _state_of(asked: Asked) -> SnapshotState:
    folder = settings.load().data_dir / "snapshots"
    return SnapshotState(folder, asked.partner, asked.family, to_look=asked.is_dry)


def _both(first: OnEvent, second: OnEvent) -> OnEvent:
    def told(place: int | None, event_id: str, operation: str) -> None:
        first(place, event_id, operation)
        second(place, event_id, operation)

    return told
