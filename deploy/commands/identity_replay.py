"""``throughline identity replay --model M``: what a new model would change, told before anybody takes it."""

import csv
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import orjson
import typer

from deploy import tables
from deploy.commands.options import AsJson
from deploy.console import bootstrap
from deploy.identity import published
from deploy.identity.engine import model_in
from deploy.identity.files import batches, check_folder, unwritable
from deploy.identity.replayed import (
    CHANGES,
    Difference,
    Figures,
    Outcome,
    Together,
    compared,
    figures,
    largest,
    rows,
    sizes,
)
from deploy.identity.trial import Trial, temporary_store
from deploy.progress import Told, counting
from deploy.topic_reader import GONE, reads
from processors import names
from processors.resolve.matching.model import Model
from streams import memory
from streams.errors import ThroughlineError

BATCH = 5_000
MICROS = 1_000_000
SHOWN, LISTED = 20, 3
"""Changes that are shown, and in each of them of persons, records and partners."""
WHAT = {
    "model": "its name",
    "records": "on identity.records",
    "unreadable": "of them, those whose keys are erased; each stands alone",
    "persons_before": "by identity.records",
    "persons_after": "by the model",
    "linked": "records whose person would be merged into another",
    "split": "records that a new person would be split off with",
    "moved": "records relinked: they would go from one person to another, and both go on",
    "unchanged": "records that would stay with their person",
    "cpu_us_per_record": "CPU to read and enter one, in microseconds; all threads of the process count",
}
"""Every figure, in the order in which a table shows them."""


def replay(
    model: Annotated[
        Path | None, typer.Option(help="Model to try, as `identity evaluate` takes it. [default: the one in force]")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="CSV file to write every record's change into.")] = None,
    as_json: AsJson = False,
) -> None:
    """Try a model on all records that resolve knows: who would be merged, split or moved. Nothing is changed by it.

    Stewards' decisions hold as they do in resolve. Only keys and ids are shown, never what a record says. A temporary
    store takes some 1 KB a record, in the folder that TMPDIR names.

    Example: throughline identity replay --model model.json --out changes.csv
    """
    check_folder(out)
    named, address = model_in(model) if model else None, bootstrap()
    tried, _ = published.weighing(address, named)
    memory.prepare()  # as workers do
    found, cpu_seconds = _tried(address, tried)
    if out is not None:
        _write(found, out)
    told: Figures = {"model": tried.name, **figures(found)}
    told["cpu_us_per_record"] = round(cpu_seconds * MICROS / found.records, 1)
    if as_json:
        typer.echo(orjson.dumps(told))
        return
    _tell(found, told, out)


def _tried(address: str, model: Model) -> tuple[Difference, float]:
    """What would change, and the CPU seconds that it took to read and enter all records."""
    began = time.process_time()
    with published.needed_keyring() as keys, temporary_store() as store, counting("entering", "records") as told:
        trial = Trial(store, model)
        trial.decide(published.decisions(address).decisions.values())
        count = 0
        for part in batches(reads(address, {names.IDENTITY_RECORDS}.__contains__), BATCH):
            trial.enter([read.row for read in part if read.name != GONE], keys)
            trial.take_out([read.row["key"] for read in part if read.name == GONE])
            count += len(part)
            told("entering", count)
        if not count:
            raise ThroughlineError("no records are known yet: `throughline status` tells how far resolve is")
        cpu_seconds = time.process_time() - began
        return compared(_counted(trial.outcomes(), told)), cpu_seconds


def _counted(outcomes: Iterable[Outcome], told: Told) -> Iterator[Outcome]:
    for number, outcome in enumerate(outcomes):
        if number % BATCH == 0:
            told("comparing", number)
        yield outcome


def _write(found: Difference, out: Path) -> None:
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file, lineterminator="\n")
            lines.writerow(CHANGES)
            lines.writerows(rows(found))
    except OSError as error:
        raise unwritable(out, error) from None


def _tell(found: Difference, told: Figures, out: Path | None) -> None:
    tables.show(("figure", "value", "what it is"), [(name, _shown(told[name]), what) for name, what in WHAT.items()])
    distribution = [(size, f"{before:,}", f"{after:,}") for size, before, after in sizes(found)]
    tables.show(("records of a person", "persons now", "persons by the model"), distribution)
    ways = largest(found)
    if not ways:
        typer.echo("no record would change persons")
        return
    columns = ("what", "records", "of persons", "would be of", "keys of records", "partners")
    tables.show(columns, [_cells(way) for way in ways[:SHOWN]])
    if (more := len(ways) - SHOWN) > 0:
        typer.echo(f"{more:,} more")
    typer.echo(f"every record's change is in {out}" if out else "--out FILE.csv lists every record's change")


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:,}"


def _cells(way: Together) -> tuple[str, ...]:
    listed = map(_listed, (way.before, way.after, way.record_keys, way.partners))
    return way.kind, str(len(way.record_keys)), *listed


def _listed(names: Sequence[str]) -> str:
    more = len(names) - LISTED
    return ", ".join(names[:LISTED]) + (f" and {more:,} more" if more > 0 else "")
