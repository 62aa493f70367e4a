"""What a person is told of a published file: bad rows with their faults, the sum, and events' ids in a file."""

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import typer

from partners.formats import Bad, Code
from partners.formats.faults import Fault
from partners.publishing import OnEvent, Outcome
from partners.snapshots import SnapshotOutcome
from schemas_avro import catalog
from streams.errors import ThroughlineError

SHOWN = 20
"""Bad rows that are listed one by one."""
FAULTS = 5
"""Of a row, that are told."""
SYMBOLS = 12
"""Of a code set, that are shown."""
FORMS = {
    Code.SPREADSHEET_DATE: "days are written 2026-09-01; export again, without a spreadsheet in between",
    Code.SCIENTIFIC_NOTATION: "digits are gone; export again, without a spreadsheet in between",
    Code.LOST_LEADING_ZEROS: "export again, without a spreadsheet in between",
    Code.BAD_DATE: "days are written 2026-09-01",
    Code.BAD_TIME: "times are written 2026-09-01T08:00:00Z, with their zone",
}
"""How what is wrong is written right."""


@contextmanager
def ids_into(path: Path | None) -> Iterator[OnEvent]:
    """What writes rows' event ids into a file, nothing else of them; without a file nothing does.

    Raises:
        ThroughlineError: the file cannot be written.
    """
    if path is None:
        yield lambda _, __: None
        return
    try:
        file = path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise ThroughlineError(f"cannot write {path}: {error.strerror}; name another file with --ids") from None
    with file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("row", "event_id"))
        yield lambda place, event_id: writer.writerow((place, event_id))


def tell(outcome: Outcome, what: str, topic: str, *, dry_run: bool, as_json: bool, ids: Path | None) -> None:
    """The bad rows on standard error, the summary on standard output.

    Args:
        outcome: of the file.
        what: the file and its moment, as a person is told.
        topic: where its rows belong.
        dry_run: whether nothing was to be sent.
        as_json: whether the summary is one object.
        ids: where event ids were written, if anywhere.
    """
    for bad in outcome.bad[:SHOWN]:
        print(*_faults(bad, topic), sep="\n", file=sys.stderr)  # noqa: T201  # what a person reads
    if len(outcome.bad) > SHOWN:
        print(f"and {len(outcome.bad) - SHOWN} more", file=sys.stderr)  # noqa: T201  # likewise
    if as_json:
        typer.echo(orjson.dumps(outcome.to_document()))
        return
    done = f"{outcome.valid} valid, none sent" if dry_run else f"{outcome.published} published to {topic}"
    if isinstance(outcome, SnapshotOutcome):
        done = _changes(outcome) + (", none sent" if dry_run else f"; {done}")
    reasons = ", ".join(f"{count} {code}" for code, count in outcome.reasons.items())
    typer.echo(
        f"{what}: {outcome.rows} rows, {done}, {len(outcome.bad)} rejected" + (f": {reasons}" if reasons else "")
    )
    if said := _of_ids(outcome, ids, dry_run=dry_run):
        typer.echo(said)
    if outcome.encoding not in {None, "utf-8"}:
        typer.echo(f"read as {outcome.encoding}: it is no UTF-8; see that accents came out right, or save it as UTF-8")


def _faults(bad: Bad, topic: str) -> Iterator[str]:
    """A line a fault of a row, a few of them."""
    for fault in bad.faults[:FAULTS]:
        told = fault.counted or FORMS.get(fault.code) or _allowed(fault, topic)
        yield f"row {bad.place}: {fault.field or 'the row'}: {fault.code}" + (f": {told}" if told else "")
    if len(bad.faults) > FAULTS:
        yield f"row {bad.place}: and {len(bad.faults) - FAULTS} faults more"


def _of_ids(outcome: Outcome, ids: Path | None, *, dry_run: bool) -> str:
    """Where event ids are that the file does not have; without them nobody can ask what became of a row."""
    if ids is not None:
        return f"event ids are in {ids}, for `throughline explain`"
    count = 0 if dry_run else outcome.ids_made
    return (
        f"event ids of {count} rows were made from their content; `throughline explain` asks by them: see --ids"
        if count
        else ""
    )


def _allowed(fault: Fault, topic: str) -> str:
    """The symbols that a field takes, as its schema has them, where a row has none of them."""
    if fault.code is not Code.NOT_IN_CODE_SET or not fault.field:
        return ""
    part, _, name = fault.field.partition(".")
    family = topic.rpartition(".")[2]
    source = "envelope" if part == "envelope" else f"families/{family}"
    kinds = [f["type"] for f in catalog.read(source)["fields"] if f["name"] == name]
    symbols: list[str] = next(
        (t["symbols"] for kind in kinds for t in catalog.named_types(kind) if t["type"] == "enum"), []
    )
    more = f", … see `throughline schemas columns {family}`" if len(symbols) > SYMBOLS else ""
    return f"one of {', '.join(symbols[:SYMBOLS])}{more}" if symbols else ""


def _changes(outcome: SnapshotOutcome) -> str:
    """How a snapshot differs from the one before it."""
    words = ("asserted", "corrected", "retracted", "unchanged")
    said = ", ".join(f"{getattr(outcome, word)} {word}" for word in words)
    if outcome.held:
        said += f", {outcome.held} not in the file but kept, since rejected rows may be about them"
    return said + (f", {outcome.finished} of an interrupted snapshot sent again" if outcome.finished else "")
