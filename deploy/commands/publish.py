"""``throughline publish``: the partners' door on the command line."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.options import AsJson
from deploy.console import FAILED
from deploy.publish.agreed import advice_before_sending
from deploy.publish.asked import Asked, look_of
from deploy.publish.checks import check_report, check_resume, known, percent, whose
from deploy.publish.district import check_is_set, is_district, publish_place
from deploy.publish.one_file import publish_one
from deploy.publish.sending import moment_in, sender_of
from deploy.publish.stopping import AT_ONCE, OF_LOOKS, OF_SNAPSHOTS, told_when_stopped
from deploy.publish.watch import WITH_REJECTS, check_options
from deploy.publish.watch import watch as watch_folder
from partners.formats import FileError, check_is_file
from partners.mapping import load
from schemas_avro import catalog
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

    With --watch each file dropped into a folder is published once and moved to published/ or, with nothing of it
    published, to rejected/, its report beside it; a day in its name says when it was made.

    Ctrl-C and SIGTERM end it behind the rows under way; a line says how far it was acknowledged.

    Exit code 0: every row is published (dry run: is valid); 1: some were rejected; 2: it cannot be done so; 130, 143:
    it was stopped.

    Example: throughline publish StudentEnrollment.xml --partner lea_grand_bend --family enrollment

    Example: throughline publish oneroster.zip --partner lea_grand_bend

    Example: throughline publish --watch drops --partner lea_grand_bend --family enrollment --once
    """
    if watch is not None:
        check_options(file=file, as_of=as_of, snapshot=snapshot, dry_run=dry_run, report=report, ids=ids, resume=resume)
        _watch(watch, partner, family, mapping, bootstrap, settle_seconds, once=once, as_json=as_json)
        return
    if file is None or once:
        raise ThroughlineError("say FILE" if file is None else "--once is for --watch")
    check_report(report, dry_run=dry_run)
    check_resume(resume, snapshot=snapshot, dry_run=dry_run, ids=ids)
    gc.freeze()  # what is imported is never garbage; looking through it again and again takes a fifth of the time
    mapped = load(mapping) if mapping else None
    with told_of_files(file):
        is_set = is_district(file, family, mapping)
    if is_set:
        check_is_set(file, family)
        partner = known(partner)
    else:
        partner, family = whose(partner, family, mapped)
    with told_when_stopped(OF_LOOKS if dry_run else OF_SNAPSHOTS if snapshot else AT_ONCE) as stopping:
        asked = Asked(
            partner=partner,
            family=family or "",
            mapped=mapped,
            as_of=moment_in(as_of) if as_of else None,
            is_snapshot=snapshot,
            max_retract_percent=percent(max_retract_percent),
            is_resumed=resume,
            look=look_of(partner, datetime.now(UTC)) if dry_run else None,
            as_json=as_json,
            page=report,
            ids=ids,
            is_stopping=(lambda: False) if dry_run else stopping,
        )
        with told_of_files(file):
            is_bad = _publish_set(file, asked, bootstrap) if is_set else _publish_one(file, asked, bootstrap)
    if is_bad:
        raise typer.Exit(FAILED)


@contextmanager
def told_of_files(place: Path) -> Iterator[None]:
    """Tell in a line that a file cannot be read, or is gone while it is published.

    Raises:
        FileError: one at or below the place cannot, or is.
    """
    try:
        yield
    except OSError as error:
        if not isinstance(error.filename, str) or not Path(error.filename).is_relative_to(place):
            raise
        name = Path(error.filename).name
        raise FileError(f"{name} cannot be read ({error.strerror}); see that it is there, and may be read") from None


def _publish_one(file: Path, asked: Asked, bootstrap: str | None) -> bool:
    """Publish a file of one family; whether it needs mending.

    Raises:
        BrokenOffError: it was to stop.
        ThroughlineError: it cannot be done so.
    """
    outcome = publish_one(file, asked, bootstrap)
    _advise(asked, [asked.family])
    return bool(outcome.rejected)


def _publish_set(place: Path, asked: Asked, bootstrap: str | None) -> bool:
    """Publish a folder, an archive or an interchange, of whatever families; whether it needs mending.

    Raises:
        BrokenOffError: it was to stop.
        ThroughlineError: it cannot be done so.
    """
    if not place.is_dir():
        check_is_file(place)
    sending = partial(sender_of, asked.partner, bootstrap=bootstrap, dry_run=asked.is_dry)
    outcome = publish_place(place, asked, sending)
    _advise(asked, list(dict.fromkeys([part.family for part in outcome.by_part] + [*outcome.by_family])))
    return outcome.is_mendable


def _advise(asked: Asked, families: list[str]) -> None:
    """After a dry run, what is still to be done before anything is sent."""
    if asked.is_dry and (advice := advice_before_sending(asked.partner, families, datetime.now(UTC))):
        typer.echo(advice, err=True)


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
    partner = known(partner)
    counts = watch_folder(folder, partner, family, mapped, bootstrap, settle_seconds, once=once, as_json=as_json)
    if once and counts[WITH_REJECTS]:
        raise typer.Exit(FAILED)
