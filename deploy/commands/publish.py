"""``throughline publish``: the partners' door on the command line."""

import gc
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from deploy import publish_district, publish_ids, publish_report, publish_watch
from deploy.commands.options import AsJson
from deploy.console import FAILED
from deploy.progress import counting
from deploy.publish_checks import (
    check_agreement,
    check_names,
    check_partner,
    check_report,
    check_resume,
    percent,
    whose,
)
from deploy.publish_gate import gate_of
from deploy.publish_memory import remembered
from deploy.publish_sending import check_moment, moment_in, moment_of, sender_of
from partners.client import Publisher
from partners.events import topic_of
from partners.formats import check_is_file, reader_of
from partners.mapping import load, reader_by
from partners.profile import Look
from partners.publishing import OnEvent, Outcome, publish_file
from partners.snapshot_state import SnapshotState
from partners.snapshots import publish_snapshot
from schemas_avro import catalog
from streams import settings
from streams.errors import ThroughlineError


def publish(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="CSV, Parquet, JSON lines (.jsonl) or Ed-Fi interchange XML (.xml); any table by --mapping; "
            "a folder or zip of Ed-Fi interchanges or API resources (.json), or of a OneRoster set."
        ),
    ] = None,
    partner: Annotated[
        str | None, typer.Option(help="The partner that publishes, as csac; else the mapping's.")
    ] = None,
    family: Annotated[
        str | None, typer.Option(help=f"What the rows are: {', '.join(catalog.FAMILIES)}; else the mapping's.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="How the file's columns become fields: see `throughline partner map`.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(help="When the file was made: a date, or a time with zone; else the latest day it tells of."),
    ] = None,
    snapshot: Annotated[
        bool, typer.Option("--snapshot", help="The file is a full export: what it no longer has is retracted.")
    ] = False,
    max_retract_percent: Annotated[
        str, typer.Option(help="With --snapshot: where more would be retracted, nothing is sent.")
    ] = "20",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Look at every row, as the gate would too; send none.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="With --dry-run: HTML file to write, with what to mend and each field's values.")
    ] = None,
    ids: Annotated[
        Path | None,
        typer.Option(help="File to write event ids into, as CSV with columns row, event_id, operation, for `explain`."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where a run of the same file was killed, if one was.")
    ] = False,
    watch: Annotated[
        Path | None, typer.Option(help="Folder of nightly drops, in place of FILE: each new whole file, until stopped.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="With --watch: do what is there and end, as for cron.")] = False,
    settle_seconds: Annotated[
        float, typer.Option(min=0, help="With --watch: how long a file stands still before it is taken for whole.")
    ] = 10.0,
    as_json: AsJson = False,
    bootstrap: Annotated[str | None, typer.Option(help="Kafka broker, host:port; else THROUGHLINE_BOOTSTRAP.")] = None,
) -> None:
    """Publish a partner's file; each bad row is named by place, field and reason.

    The same file again changes nothing. A correction is the same source_record_id in a file of a later --as-of; a file
    with `correct` or `retract` in it must say its --as-of.
    With --snapshot the file is all that the partner has: what is new in it is asserted, what changed corrected, what is
    gone retracted, against the last snapshot published from this machine.
    A folder or zip of Ed-Fi interchanges or of a OneRoster set (or one interchange, without --family) is published
    whole, each row to its family's topic.
    What is about nobody counts as reference; what no family carries is rejected as no_family, counted by its name, and
    makes no exit code 1.
    With --watch each file dropped into a folder is published once and moved to published/ or, with a row or all of it
    rejected, to rejected/, its report beside it; a day in its name says when it was made.
    Exit code 0: every row is published (dry run: is valid); 1: some were rejected; 2: it cannot be done so.

    Example: throughline publish StudentEnrollment.xml --partner lea_grand_bend --family enrollment
    Example: throughline publish oneroster.zip --partner lea_grand_bend
    Example: throughline publish --watch drops --partner lea_grand_bend --family enrollment --once
    """
    if watch is not None:
        publish_watch.check_options(
            file=file, as_of=as_of, snapshot=snapshot, dry_run=dry_run, report=report, ids=ids, resume=resume
        )
        _watch(watch, partner, family, mapping, bootstrap, settle_seconds, once=once, as_json=as_json)
        return
    if file is None or once:
        raise ThroughlineError("say FILE" if file is None else "--once is for --watch")
    check_report(report, dry_run=dry_run)
    gc.freeze()  # what is imported is never garbage; looking through it again and again takes a fifth of the time
    if publish_district.is_district(file, family, mapping):
        publish_district.check_family(file, family)
        check_resume(resume, snapshot=snapshot, dry_run=dry_run, ids=ids)
        asked = publish_district.Asked(
            partner or "",
            moment_in(as_of) if as_of else None,
            snapshot,
            percent(max_retract_percent),
            resume,
            _look(partner or "") if dry_run else None,
            as_json,
            report,
            ids,
        )
        _publish_district(file, asked, bootstrap)
        return
    mapped = load(mapping) if mapping else None
    partner, family = whose(partner, family, mapped)
    check_names(partner, family)
    most_percent = percent(max_retract_percent)
    reader = reader_by(file, mapped) if mapped else reader_of(file, family)
    check_resume(resume, snapshot=snapshot, dry_run=dry_run, ids=ids)
    with ExitStack() as held:
        memory = None
        if not (dry_run or snapshot):
            said = (as_of or "", mapped.text if mapped else "")
            memory = held.enter_context(remembered([file], partner, family, *said, resume=resume))
        moment, undated = moment_of(file, family, as_of, reader, memory, is_export=snapshot)
        check_moment(moment, undated, file, dry_run=dry_run)
        sender = held.enter_context(sender_of(partner, [family], bootstrap, dry_run=dry_run))
        if memory and isinstance(sender, Publisher):
            memory.begin(sender.cluster_id, moment)
        counted = held.enter_context(counting(file.name, "rows"))
        written = held.enter_context(publish_ids.ids_into(ids))
        on_progress = partial(counted, file.name)
        look = _look(partner) if dry_run else None
        judge, reader = (look.judge(family), look.watching(family, reader)) if look else (None, reader)
        if snapshot:
            folder = settings.load().data_dir / "snapshots"
            state = held.enter_context(SnapshotState(folder, partner, family, to_look=dry_run))
            on_event = written.note if ids else None
            outcome: Outcome = publish_snapshot(
                file, family, moment, sender, state, most_percent, on_progress, on_event, reader, judge
            )
        else:
            noted = _both(written.note, look.on_event(family)) if look else written.note
            outcome = publish_file(file, family, moment, sender, on_progress, noted, reader, memory, judge)
    told = moment.isoformat() + ("" if as_of or undated else " (the latest day in it)")
    publish_report.tell(
        outcome, file, told, topic_of(partner, family), mapped, look=look, as_json=as_json, ids=written, page=report
    )
    if undated:
        raise undated
    if dry_run:
        check_agreement(partner, family)
    if outcome.rejected:
        raise typer.Exit(FAILED)


def _watch(
    folder: Path,
    partner: str | None,
    family: str | None,
    mapping: Path | None,
    bootstrap: str | None,
    settle_seconds: float,
    *,
    once: bool,
    as_json: bool,
) -> None:
    """Publish what is dropped into a folder.

    Raises:
        ThroughlineError: it cannot be done so.
    """
    mapped = load(mapping) if mapping else None
    if family or mapped:
        partner, family = whose(partner, family, mapped)
        check_names(partner, family)
    if partner is None:
        raise ThroughlineError("say --partner")
    check_partner(partner)
    counts = publish_watch.watch(folder, partner, family, mapped, bootstrap, settle_seconds, once=once, as_json=as_json)
    if once and counts["rejected"]:
        raise typer.Exit(FAILED)


def _publish_district(place: Path, asked: publish_district.Asked, bootstrap: str | None) -> None:
    """Publish a folder, an archive or an interchange, of whatever families.

    Raises:
        ThroughlineError: it cannot be done so.
    """
    if not asked.partner:
        raise ThroughlineError("say --partner")
    check_partner(asked.partner)
    if not place.is_dir():
        check_is_file(place)
    sending = partial(sender_of, asked.partner, bootstrap=bootstrap, dry_run=asked.look is not None)
    outcome = publish_district.publish_place(place, asked, sending)
    if asked.look:
        for family in dict.fromkeys([part.family for part in outcome.by_part] + [*outcome.by_family]):
            check_agreement(asked.partner, family)
    if outcome.is_mendable:
        raise typer.Exit(FAILED)


def _look(partner: str) -> Look:
    """What looks on at a dry run: it counts, and asks the gate."""
    return Look(datetime.now(UTC).date(), partial(gate_of, partner))


def _both(first: OnEvent, second: OnEvent) -> OnEvent:
    def told(place: int | None, event_id: str, operation: str) -> None:
        first(place, event_id, operation)
        second(place, event_id, operation)

    return told
