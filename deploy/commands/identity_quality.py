"""``throughline identity quality``: how persons stand, without a truth; nothing is written."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import orjson
import typer

from deploy import tables
from deploy.agreements_folder import load_agreements
from deploy.commands.options import AsJson
from deploy.console import bootstrap
from deploy.identity.drift import RECENT_DAYS, SIZES, Drift, Match, Month, counted, marked, percent, points
from deploy.identity.files import check_folder, unwritable
from deploy.identity.quality_picture import picture
from deploy.identity.quality_report import TOPICS, Report, Table, Watched, report
from deploy.progress import Told, counting
from deploy.topic_reader import reads
from streams import settings
from streams.errors import ThroughlineError

MICROS = 1_000
TOLD_RECORDS, MOST_CHANGED = 5_000, 10
TOGETHER = {"1": SIZES[:1], "2": SIZES[1:2], "3-4": SIZES[2:4], "5-9": SIZES[4:9], "10+": SIZES[9:]}
"""Sizes as columns of a table that a terminal has room for."""


def quality(
    out: Annotated[Path | None, typer.Option(help="SVG file to draw persons by size and the matches into.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tell how persons stand, without a truth: how large they are, whose records meet, what changed and what is asked.

    What is told shows a drift, when it is compared with what it was before. How good the engine is on records whose
    truth is known, `throughline identity evaluate` tells.

    Example: throughline identity quality --out identity.svg
    """
    check_folder(out)
    numbering = _numbering()
    address = bootstrap()
    with counting("reading", "records of topics") as told:
        watched = _read(address, told)
    found = report(watched, numbering, time.time_ns() // MICROS)
    if out is not None:
        _draw(found.drift, out)
    if as_json:
        typer.echo(orjson.dumps(found.as_row()))
    else:
        _tell(found)


def _numbering() -> set[str]:
    """Partners that number their records themselves: those that send identities, which need a number."""
    agreements = load_agreements(settings.load().agreements)
    return {one.party for one in agreements if one.tier == "mou" and "identity" in one.families}


def _read(address: str, told: Told) -> Watched:
    watched = Watched()
    for place, read in enumerate(reads(address, TOPICS.__contains__)):
        if place % TOLD_RECORDS == 0:
            told("reading", place)
        watched.enter(read)
    return watched


def _draw(found: Drift, out: Path) -> None:
    if not found.records:
        raise ThroughlineError("there is nothing to draw: no records are known yet; leave --out out")
    try:
        out.write_text(picture(found), encoding="utf-8")
    except OSError as error:
        raise unwritable(out, error) from None


def _tell(found: Report) -> None:
    if not found.drift.records:
        typer.echo("no records are known yet: partners' events make them, as resolve reads them")
        return
    _tell_sizes(found.drift)
    _tell_matches(found.drift)
    rows = [(one.partner, f"{one.persons:,}", f"{one.of_persons:,}") for one in found.drift.repeated]
    if rows:
        typer.echo("a partner that numbers its records itself should have each person once:")
        tables.show(("partner", "persons with several records", "of persons with any"), rows)
    _tell_counts("records that joined or changed persons, by month", "month", found.changes)
    _tell_counts("open reviews, by how long they are open", "reason", found.reviews)
    _tell_counts("stewards' decisions, by whether they stand", "decision", found.decisions)


def _tell_sizes(found: Drift) -> None:
    typer.echo(f"{counted(found.records, 'record')} of {counted(found.persons, 'person')}")
    rows = [(size, f"{count:,}", percent(count / found.persons)) for size, count in found.sizes.items()]
    tables.show(("records", "persons", "share"), rows)
    typer.echo(f"the largest: {found.largest_person_id}, of {counted(found.largest_records, 'record')}")
    typer.echo()
    typer.echo(
        "by the month in which a person's youngest record was first seen, persons of so many records as shares of it:"
    )
    tables.show(("month", "persons", "records each", "largest", *TOGETHER), [_month(month) for month in found.months])


def _month(month: Month) -> tuple[str, ...]:
    shares = (percent(sum(map(month.sizes.__getitem__, sizes)) / month.persons) for sizes in TOGETHER.values())
    return month.month, f"{month.persons:,}", f"{month.records / month.persons:.2f}", f"{month.largest:,}", *shares


def _tell_matches(found: Drift) -> None:
    partners = sorted({match.partner for match in found.matches})
    if not partners:
        return
    typer.echo("of a partner's records, the share whose person also has a record of the other:")
    columns, rows = ("partner", "records", *partners), list(_meeting(found.matches, partners))
    if tables.fits(columns, rows):
        tables.show(columns, rows)
    else:
        tables.show(("partner", "records", "others"), list(_meeting_in_words(found.matches, partners)))
    if changes := [_changed(match) for match in marked(found.matches)[:MOST_CHANGED]]:
        typer.echo(
            f"where records first seen since {found.recent_since} meet more or less often than those before, by more "
            "than chance:"
        )
        tables.show(("partner", "other", "before", f"last {RECENT_DAYS} days", "change in points", "records"), changes)


def _meeting(matches: Sequence[Match], partners: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """A row for each partner, a cell for each other."""
    for partner in partners:
        of = {match.other: match for match in matches if match.partner == partner}
        records = next(iter(of.values())).records
        yield partner, f"{records:,}", *(percent(of[other].rate) if other in of else "" for other in partners)


def _meeting_in_words(matches: Sequence[Match], partners: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The same where there is no room for that: the others in one cell, those first that are met most."""
    for partner in partners:
        of = sorted((match for match in matches if match.partner == partner), key=lambda match: -match.rate)
        yield partner, f"{of[0].records:,}", ", ".join(f"{match.other} {percent(match.rate)}" for match in of)


def _changed(match: Match) -> tuple[str, ...]:
    before, recent = (percent(rate or 0.0) for rate in (match.before_rate, match.recent_rate))
    return match.partner, match.other, before, recent, points(match.change or 0.0), f"{match.recent_records:,}"


def _tell_counts(what: str, of: str, counts: Table) -> None:
    if not counts:
        typer.echo(f"{what}: none")
        return
    typer.echo(f"{what}:")
    columns = list(next(iter(counts.values())))
    tables.show((of, *columns), [(name, *(f"{row[column]:,}" for column in columns)) for name, row in counts.items()])
