"""``throughline identity review|decisions``: what stewards are asked, and what they have decided."""

from dataclasses import asdict
from typing import Annotated, Any

import orjson
import typer

from deploy import tables
from deploy.commands.options import AsJson
from deploy.console import bootstrap
from deploy.identity.known import Known, known
from deploy.identity.persons import iso
from deploy.identity.review_queue import Asked, queue
from processors.resolve.decisions import pairs_in

Row = dict[str, Any]
MOST = 1_000
Limit = Annotated[int, typer.Option(min=1, max=MOST, help="How many at most.")]


def review(limit: Limit = 20, as_json: AsJson = False) -> None:
    """The open reviews: pairs of records of which a steward should say whether they are of one person.

    Those first on which most records depend, then the likeliest; of several between two persons one. Left out is what
    is answered by now: `accept` or `reject` answer.

    Example: throughline identity review --limit 5
    """
    found = known(bootstrap())
    persons = {key: record.person_id for key, record in found.records.items()}
    asked = queue(found.reviews.values(), persons, found.standing())
    shown = asked[:limit]
    if as_json:
        rows = [{**asdict(one), "partners": _partners(found, one)} for one in shown]
        typer.echo(orjson.dumps({"open": len(asked), "reviews": rows}))
        return
    if not asked:
        typer.echo("no open reviews")
        return
    cells = [
        (one.one, one.other, ", ".join(_partners(found, one)), str(one.records), f"{one.bits:.1f}", one.reason)
        for one in shown
    ]
    tables.show(("record", "other", "of", "records", "bits", "why"), cells)
    if len(asked) > len(shown):
        typer.echo(f"{len(asked) - len(shown)} more: --limit {min(MOST, len(asked))}")


def _partners(found: Known, asked: Asked) -> list[str]:
    """Of the two records."""
    return [found.records[key].partner_id for key in (asked.one, asked.other)]


def decisions(
    record: Annotated[str | None, typer.Option(help="Only those about this record's key.")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """What was decided, by whom and why, and whether it stands; the newest first.

    Example: throughline identity decisions --record 8b21e06cf7734d5f9a1e33c0d4b5a697
    """
    found = known(bootstrap())
    rows = [_told(found, row) for row in found.decisions.values() if record is None or _is_about(row, record)]
    rows += [_choice(found, row) for row in found.choices.chosen.values() if record is None]
    rows.sort(key=lambda row: found.places[row["decision_id"]], reverse=True)
    shown = rows[:limit]
    if as_json:
        typer.echo(orjson.dumps({"count": len(rows), "decisions": shown}))
        return
    if not rows:
        typer.echo("nothing was decided" + (" about that record" if record else ""))
        return
    columns = ("decision_id", "kind", "pairs", "state", "decided_by", "decided_at", "reason")
    cells = [[_cell(row, name) for name in columns] for row in shown]
    tables.show(("decision", "kind", "pairs", "state", "by", "at", "why"), cells)
    if len(rows) > len(shown):
        typer.echo(f"{len(rows) - len(shown)} more: --limit {min(MOST, len(rows))}")


def _is_about(row: Row, record_key: str) -> bool:
    return any(record_key in pair for pair in pairs_in(row))


def _cell(row: Row, name: str) -> str:
    if name == "kind" and row["model"]:
        return f"model {row['model']}"
    return str(len(row[name]) if name == "pairs" else row[name])


def _told(found: Known, row: Row) -> Row:
    """A decision as it is told: pairs as two keys each, and whether it stands."""
    told = {**row, "pairs": pairs_in(row), "model": None}
    return {**told, "decided_at": iso(row["decided_at"] / 1e6), "state": found.state(row["decision_id"])}


def _choice(found: Known, row: Row) -> Row:
    """The choice of a model, likewise; the model itself is left out."""
    told = {name: value for name, value in row.items() if name != "sealed_document"} | {"kind": "model", "pairs": []}
    return {**told, "decided_at": iso(row["decided_at"] / 1e6), "state": found.choices.state(row["decision_id"])}


COMMANDS = (review, decisions)
