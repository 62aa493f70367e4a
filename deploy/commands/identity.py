"""``throughline identity evaluate|train``: how good and how fast records are joined to persons, on a file.

Others of the same noun are in ``identity_explain.py``, ``identity_person.py``, ``identity_quality.py``,
``identity_replay.py``, ``models.py``, ``stewards.py`` and ``reviews.py``.
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import orjson
import typer

from deploy import tables
from deploy.commands import models, reviews, stewards
from deploy.commands.identity_explain import explain
from deploy.commands.identity_person import person
from deploy.commands.identity_quality import quality
from deploy.commands.identity_replay import replay
from deploy.commands.options import AsJson
from deploy.console import meant
from deploy.identity import febrl, files
from deploy.identity.engine import model_in, trained
from deploy.identity.evaluation import KEY, Figures, Plan
from deploy.identity.evaluation import evaluate as evaluated
from deploy.progress import counting
from processors.resolve.matching.levels import LEVELS
from processors.resolve.matching.model import Model, shipped
from streams import memory
from streams.errors import ThroughlineError

app = typer.Typer(
    help="Identity: whose records are of one person, decided by stewards and tried on files.", no_args_is_help=True
)
ARRIVALS = ("given", "random")
WHAT = {
    "precision": "of pairs of records that were joined, those of one person",
    "recall": "of pairs of records of one person, those that were joined",
    "f1": "the harmonic mean of both",
    "clusters_right": "persons whose records are exactly one cluster",
    "false_merges": "clusters with records of more than one person",
    "twins_merged": "of pairs of twins, those that share a cluster",
    "juniors_merged": "of pairs of parent and child of one name, likewise",
    "household_merged": "of all other pairs of one household, likewise",
    "truth_missing": "records of the truth that are not in the file; each counts as alone",
    "records": "that were entered",
    "persons": "clusters that came out",
    "records_per_cpu_second": "entered in a second of CPU, from the first record read to the last commit",
    "cpu_us_per_record": "likewise, in microseconds; all threads of the process count",
    "known_events_per_cpu_second": "of records that were sent once more, unchanged",
    "train_cpu_seconds": "for training, which is in no other figure",
    "rss_mb_max": "the most memory that the process had when the last record was in, in MB",
    "model": "its name",
}
"""Every figure, in the order in which a table shows them."""
Records = Annotated[Path | None, typer.Option(help="CSV file of records; the reference names its columns.")]


@app.callback()
def _identity() -> None:
    """Identity: whose records are of one person, decided by stewards and tried on files."""


for made in (explain, person, quality, replay, *models.COMMANDS, *reviews.COMMANDS, *stewards.COMMANDS):
    app.command(made.__name__.rstrip("_"))(made)


@app.command("evaluate")
def evaluate(
    records: Records = None,
    dataset: Annotated[
        str | None, typer.Option(help=f"Instead of a file: {', '.join(febrl.FILES)}, with truth.")
    ] = None,
    truth: Annotated[Path | None, typer.Option(help="CSV file with record_id, person_id.")] = None,
    people: Annotated[
        Path | None, typer.Option(help="CSV file with person_id, household, twin_of, junior_of; needs --truth.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="Model that `identity train` wrote, or Splink saved. [default: the shipped]")
    ] = None,
    train: Annotated[bool, typer.Option("--train", help="First train a model on the records, without truth.")] = False,
    arrival: Annotated[
        str, typer.Option(help="given: as they stand in the file; random: in an order by --seed.")
    ] = "given",
    seed: Annotated[int, typer.Option(help="Of a random order.")] = 1,
    batch: Annotated[
        int, typer.Option(min=1, help="Records that are entered at once; resolve: 5000.")
    ] = Plan.batch_records,
    again: Annotated[bool, typer.Option("--again", help="Then send every record once more, and measure that.")] = False,
    store: Annotated[Path | None, typer.Option(help="Folder to keep the store in. [default: a temporary one]")] = None,
    clusters: Annotated[Path | None, typer.Option(help="CSV file to write record_id, person_id into.")] = None,
    as_json: AsJson = False,
) -> None:
    """Stream records through the engine and the store of resolve; tell what it cost, and with a truth how good it is.

    The truth is read when the last record has its person. Nothing of a running Throughline is touched.

    Example: throughline identity evaluate --records records.csv --truth truth.csv --train --json
    """
    if arrival not in ARRIVALS:
        raise ThroughlineError(f"--arrival is {' or '.join(ARRIVALS)}")
    if model and train:
        raise ThroughlineError("a model is either read or trained: leave --model or --train out")
    if people and not truth:
        raise ThroughlineError("--people says who must stay apart in a truth: name that with --truth")
    _check_files(truth, people)
    files.check_folder(clusters)
    source = _source(records, dataset, truth)
    plan = Plan(
        source,
        None if train else model_in(model) if model else shipped(),
        seed if arrival == "random" else None,
        batch,
        sends_again=again,
        store=store,
        people=None if people is None else lambda: files.people_of(people),
    )
    memory.prepare()  # as workers do
    with counting("reading", "records") as told:
        found = evaluated(plan, told)
    if clusters is not None:
        _write(found.clusters, clusters)
    _tell(found.figures, as_json=as_json)


@app.command("train")
def train_(
    records: Records = None,
    out: Annotated[Path | None, typer.Option(help="File to write the model into, JSON.")] = None,
    as_json: AsJson = False,
) -> None:
    """Train a model on records, without a truth: how much each agreement and difference of two records weighs.

    Of more than 200,000 records, so many that lie evenly over the file.

    Example: throughline identity train --records records.csv --out model.json
    """
    if records is None or out is None:
        raise ThroughlineError("say what to train on and where to write the model: --records FILE.csv --out M.json")
    files.check_folder(out)
    source = _source(records, None, None)
    with counting("reading", "records") as told:
        made = trained(source, KEY, told)
    try:
        out.write_bytes(made.to_json())
    except OSError as error:
        raise files.unwritable(out, error) from None
    _tell_model(made, out, as_json=as_json)


def _source(records: Path | None, dataset: str | None, truth: Path | None) -> files.Source:
    if records is not None and dataset is None:
        if unknown := files.unknown_columns(records):
            typer.echo(f"columns that are not known are left out: {', '.join(unknown)}", err=True)
        return files.source_of(records, truth)
    if dataset is None or records is not None:
        raise ThroughlineError("say what to read: either --records FILE.csv or --dataset, as febrl4")
    if dataset not in febrl.FILES:
        raise ThroughlineError(f"no such dataset; {meant(dataset, febrl.FILES)}there are {', '.join(febrl.FILES)}")
    if truth is not None:
        raise ThroughlineError("a --dataset has its own truth: leave --truth out")
    return febrl.source_of(dataset)


def _check_files(*named: Path | None) -> None:
    """Tell before the work what is not there; what is in it is read after."""
    for path in named:
        if path is not None and not path.is_file():
            raise ThroughlineError(f"there is no file {path.name}: name one that there is")


def _write(clusters: Mapping[str, str], path: Path) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(files.TRUTH)
            rows.writerows(clusters.items())
    except OSError as error:
        raise files.unwritable(path, error) from None


def _tell(figures: Figures, *, as_json: bool) -> None:
    if as_json:
        typer.echo(orjson.dumps(figures))
        return
    rows = [(name, _shown(figures[name]), what) for name, what in WHAT.items() if name in figures]
    tables.show(("figure", "value", "what it is"), rows)


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:,}" if isinstance(value, int) else f"{value:.6g}"


def _tell_model(made: Model, out: Path, *, as_json: bool) -> None:
    """What each level weighs, in bits: one bit doubles the odds that two records are of one person."""
    weights = {trait: dict(zip(LEVELS[trait], made.bits[trait][1:].round(1).tolist(), strict=True)) for trait in LEVELS}
    if as_json:
        limits = {"link_bits": round(made.link_bits, 1), "review_bits": round(made.review_bits, 1)}
        typer.echo(orjson.dumps({"model": made.name, "out": str(out), **limits, "weights": weights}))
        return
    rows = [
        (trait, ", ".join(f"{name} {bits:+}" for name, bits in levels.items())) for trait, levels in weights.items()
    ]
    tables.show(("trait", "bits of each level"), rows)
    typer.echo(f"model {made.name} in {out}; records are joined from {made.link_bits:.1f} bits on")
