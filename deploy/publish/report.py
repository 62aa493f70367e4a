"""What a person is told of a published file: bad rows with their faults, and the sum."""

import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import typer

from deploy.console import noun
from deploy.publish import look, page
from deploy.publish.advice import advice_on
from deploy.publish.asked import Asked
from deploy.publish.ids import IdsFile
from partners.events import topic_of
from partners.formats import Bad, nothing_in
from partners.mapping import Mapped
from partners.publishing import Outcome
from partners.snapshots import SnapshotOutcome
from schemas_avro.codes import tables_of

SHOWN = 20
"""Bad rows that are listed one by one."""
FAULTS = 5
"""Of a row, that are told."""


def tell(outcome: Outcome, file: Path, moment: str, asked: Asked, ids: IdsFile) -> None:
    """The bad rows on standard error, the summary on standard output.

    Args:
        outcome: of the file.
        file: that was published.
        moment: when it was made, as a person is told.
        asked: how it was published.
        ids: where event ids were written, if anywhere.
    """
    seen = look.of_file(outcome, asked.look, asked.family, file, asked.mapped) if asked.look else {}
    if asked.page:
        page.write(asked.page, file.name, moment, outcome.to_document() | _valid(outcome), seen)
    for bad in sorted(outcome.bad, key=lambda one: one.place)[:SHOWN]:
        lines = lines_on(bad, asked.family, file.suffix, asked.mapped)
        print(*lines, sep="\n", file=sys.stderr)  # noqa: T201  # what a person reads
    if outcome.rejected > SHOWN:
        print(f"and {outcome.rejected - SHOWN} more", file=sys.stderr)  # noqa: T201  # likewise
    if asked.as_json:
        looked_at = _valid(outcome) if asked.is_dry else {}
        typer.echo(orjson.dumps(outcome.to_document() | looked_at | seen))
        return
    _tell_summary(outcome, file, moment, topic_of(asked.partner, asked.family), dry_run=asked.is_dry)
    if asked.is_resumed:
        typer.echo(resumed(outcome.resumed_at))
    if said := _of_ids(outcome, ids, dry_run=asked.is_dry):
        typer.echo(said)
    tell_submission(outcome.submission, asked.partner, outcome.published)
    if seen:
        look.show(seen)
    if asked.page:
        typer.echo(f"each field, its codes and dates: {asked.page}")
    if outcome.encoding not in {None, "utf-8"}:
        typer.echo(f"read as {outcome.encoding}: it is no UTF-8; see that accents came out right, or save it as UTF-8")


def _tell_summary(outcome: Outcome, file: Path, moment: str, topic: str, *, dry_run: bool) -> None:
    """What became of a file, in a line, and what of its rows is not as it could be."""
    family = topic.rpartition(".")[2]
    done = f"{outcome.valid} valid, none sent" if dry_run else f"{outcome.published} published to {topic}"
    done += new_among(outcome.published, outcome.new)
    if isinstance(outcome, SnapshotOutcome):
        done = _changes(outcome) + (", none sent" if dry_run else f"; {done}")
    if outcome.aside:
        done += f", {outcome.aside} left out by the mapping"
    reasons = ", ".join(f"{count} {code}" for code, count in outcome.reasons.items())
    rows = f"{outcome.rows} {noun(outcome.rows, 'row')}" if outcome.rows else f"0 rows ({nothing_in(file, family)})"
    typer.echo(
        f"{file.name} as of {moment}: {rows}, {done}, {outcome.rejected} rejected" + (f": {reasons}" if reasons else "")
    )
    _tell_codes_and_parts(outcome, family)
    if isinstance(outcome, SnapshotOutcome) and outcome.nothing_known_in:
        typer.echo(f"first snapshot known here: nothing is remembered in {outcome.nothing_known_in}")


def _valid(outcome: Outcome) -> dict[str, object]:
    """What a look at rows counts besides; one at a snapshot counts changes."""
    return {} if isinstance(outcome, SnapshotOutcome) else {"valid": outcome.valid}


def new_among(published: int, new: int | None) -> str:
    """How many published events are new, as far as this machine knows; where all are there is nothing to say."""
    if new is None or new == published:
        return ""
    return f", {new} of them new here" if new else ", none of them new"


def resumed(at: int) -> str:
    """Where a run went on that was to go on.

    Args:
        at: how many rows a run before had done.
    """
    if at:
        return f"went on behind {at:,} {noun(at, 'row')} of the run before"
    return "nothing to go on from: no run of just this file was broken off here; it was sent from its beginning"


def tell_submission(submission: str | None, partner: str, published: int) -> None:
    """How to ask what became of what was sent; of nothing there is nothing to ask."""
    if submission and published:
        ask = f"throughline partner receipt {submission} --partner {partner} --wait 180"
        typer.echo(f"what becomes of it, in about two minutes: {ask}")


def lines_on(bad: Bad, family: str, ending: str, mapped: Mapped | None) -> Iterator[str]:
    """A line a fault of a row, a few of them; in the words of the file, where a mapping knows them."""
    row = f"row {bad.place}" + (f" (line {bad.line})" if bad.line else "")
    for fault in bad.faults[:FAULTS]:
        told = advice_on(fault, family, ".csv" if mapped else ending)
        named = mapped.words(fault.field) if mapped and fault.field else fault.field
        yield f"{row}: {named or 'the row'}: {fault.code}" + (f": {told}" if told else "")
    if len(bad.faults) > FAULTS:
        yield f"{row}: and {len(bad.faults) - FAULTS} faults more"


def _tell_codes_and_parts(outcome: Outcome, family: str) -> None:
    """What is carried although our table lacks it, and what of published rows is not."""
    for field, count in sorted(outcome.unlisted.items()):
        table = tables_of(family)[field]
        typer.echo(
            f"body.{field}: {count} {noun(count, 'row')} with a code that our table of {table.name} lacks; "
            f"carried, since {table.note}"
        )
    for name, count in sorted(outcome.unsaid.items()):
        typer.echo(f"not carried of these rows: {name}, {count} times")


def _of_ids(outcome: Outcome, ids: IdsFile, *, dry_run: bool) -> str:
    """Where event ids are that the file does not have; without them nobody can ask what became of a row."""
    if ids.path is not None and not ids.count:
        return f"no event was sent, so no ids were written; {ids.path} is left as it is"
    if ids.path is not None:
        return f"event ids are in {ids.path}, for `throughline explain`" + (" once they are sent" if dry_run else "")
    count = 0 if dry_run else outcome.ids_made
    return (
        f"event ids of {count} {noun(count, 'row')} were made from their content; "
        "`throughline explain` asks by them: see --ids"
        if count
        else ""
    )


def _changes(outcome: SnapshotOutcome) -> str:
    """How a snapshot differs from the one before it."""
    words = ("asserted", "corrected", "retracted", "unchanged")
    said = ", ".join(f"{getattr(outcome, word)} {word}" for word in words)
    if outcome.held:
        said += f", {outcome.held} not in the file but kept, since rejected rows may be about them"
    return said + (f", {outcome.finished} of an interrupted snapshot sent again" if outcome.finished else "")
