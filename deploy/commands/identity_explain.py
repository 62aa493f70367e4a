"""``throughline identity explain RECORD [RECORD]``: why two records are of one person or of two; no trait's value."""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from deploy import tables
from deploy.commands.options import AsJson
from deploy.console import bootstrap
from deploy.identity import published
from deploy.identity.engine import model_in
from deploy.identity.explained import (
    Compared,
    Told,
    as_row,
    cells,
    compared,
    conclusion,
    is_joined_by_others,
    joined,
    links_among,
    record_row,
    remarks,
    strength,
)
from deploy.identity.files import check_folder, unwritable
from deploy.identity.waterfall import picture
from processors import sealing
from processors.resolve.matching.model import Model
from processors.resolve.said import descriptions_of
from streams.errors import ThroughlineError

OTHER_MODEL = "resolve weighs by model {}, and this is {}: name the file of that one with --model"
COLUMNS = ("trait", "how they agree", "bits", "of them by rarity")


def explain(
    record: Annotated[str, typer.Argument(help="Key of a record, as identity.records has it.")],
    other: Annotated[
        str | None, typer.Argument(help="Key of another. [default: each other record of its person]")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="Model to weigh by, as `identity evaluate` takes it. [default: resolve's]")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="SVG file to draw the weights into.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tell why two records are of one person or of two: trait by trait how they agree, and what that weighs in bits.

    One bit doubles the odds that both are of one person. No value is shown, but the weight of a name tells how common
    it is. `throughline identity person` tells a person's records.

    Example: throughline identity explain 5f3c9a1b5f3c9a1b5f3c9a1b5f3c9a1b --out why.svg
    """
    check_folder(out)
    if record == other:
        raise ThroughlineError("both are one record: name two, or one alone to see it beside the others of its person")
    named, address = model_in(model) if model else None, bootstrap()
    weighed_by, in_force = published.weighing(address, named)
    mine, pairs = _compared(address, record, other, weighed_by)
    if in_force not in {None, weighed_by.name}:
        typer.echo(OTHER_MODEL.format(in_force, weighed_by.name), err=True)
    if out is not None:
        _draw(pairs, weighed_by, out)
    if as_json:
        limits = {"link_bits": weighed_by.link_bits, "review_bits": weighed_by.review_bits}
        head = {"model": weighed_by.name, "model_in_force": in_force, **limits, "record": record_row(mine)}
        typer.echo(orjson.dumps({**head, "pairs": [as_row(pair) for pair in pairs]}))
    else:
        _tell(mine, pairs, weighed_by)


def _compared(address: str, record: str, other: str | None, model: Model) -> tuple[Told, list[Compared]]:
    """A record, and it beside another, or beside each other one of its person, the strongest link first."""
    told = _read(address, record, other)
    decisions = published.decisions(address)
    decided = {pair: decisions.kind(id_) for pair, id_ in decisions.standing().items()}
    mine = told[record]
    person = {key: one for key, one in told.items() if one.record.person_id == mine.record.person_id}
    theirs = [told[other]] if other else [one for one in person.values() if one is not mine]
    pairs = [compared(mine, one, model, decided) for one in theirs]
    if any(is_joined_by_others(pair) for pair in pairs):
        links = links_among(person, model, decided)
        pairs = [joined(pair, person, links) for pair in pairs]
    return mine, sorted(pairs, key=strength, reverse=True)


def _read(address: str, record: str, other: str | None) -> dict[str, Told]:
    """By key the records that are asked for, and all others of the first one's person."""
    with published.needed_keyring() as keys:
        asked = published.records(address, {record, other or record})
        for key in (record, other or record):
            if key not in asked:
                raise _unknown(key)
        members = published.members(address, asked[record].person_id)
        return {one.record_key: _told(one, keys) for one in (*asked.values(), *members)}


def _told(record: published.Published, keys: sealing.Keys) -> Told:
    rows = record.rows(keys)
    return Told(record, None if rows is None else descriptions_of(rows))


def _unknown(record: str) -> ThroughlineError:
    return ThroughlineError(f"no record has the key {record}: `throughline identity person` shows those of a person")


def _draw(pairs: list[Compared], model: Model, out: Path) -> None:
    drawn = [pair for pair in pairs if pair.evidence is not None]
    if not drawn:
        raise ThroughlineError("there is nothing to draw: no two records that say something; leave --out out")
    try:
        out.write_text(picture(drawn, model.name), encoding="utf-8")
    except OSError as error:
        raise unwritable(out, error) from None


def _tell(mine: Told, pairs: list[Compared], model: Model) -> None:
    for pair in pairs:
        typer.echo(f"{pair.one.name} and {pair.other.name} are {conclusion(pair)}")
        if pair.evidence is not None:
            tables.show(COLUMNS, cells(pair.evidence))
        for line in remarks(pair):
            typer.echo(line)
        typer.echo()
    alone = f"{mine.name} stands alone: its person has no other record"
    typer.echo(f"weighed by model {model.name}" if pairs else alone)
