"""An evaluation: records streamed through the engine in some order, what that cost, and how good what came out is."""

import csv
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from deploy.identity.engine import Engine, trained
from deploy.identity.files import Row, Source, batches
from deploy.progress import Told
from processors.resolve.matching.model import Model
from processors.resolve.quality import merged, pairwise
from streams.errors import ThroughlineError
from streams.keyring import read_or_make_secret
from streams.store import Store, path_of

KEY = b"throughline identity evaluate..."
"""Of a store that is gone at the end: so that the same records have the same ids in every run."""
KIBIBYTE, MEBIBYTE = 1 << 10, 1 << 20
MICROS = 1_000_000
READ_RECORDS = 5_000
Figures = dict[str, float | int | str]
Counted = Callable[[int], None]
"""Hears how many records are done."""
Note = Callable[[Iterable[tuple[str, str]]], None]
"""Keeps record ids and keys."""


@dataclass(frozen=True)
class Plan:
    """What is to be evaluated, and how."""

    source: Source
    model: Model | None
    """None: one is trained on the records."""
    seed: int | None = None
    """Of a random order of arrival; None: the order in which they stand."""
    batch_records: int = 10_000
    sends_again: bool = False
    """Whether every record is sent once more, unchanged."""
    store: Path | None = None
    """Folder to keep the store in; None: in a temporary one."""
    people: Callable[[], list[Row]] | None = None
    """Rows of the people in the truth."""


@dataclass
class Found:
    """What came out."""

    figures: Figures = field(default_factory=dict)
    clusters: dict[str, str] = field(default_factory=dict, repr=False)
    """Person by record id."""


def evaluate(plan: Plan, told: Told) -> Found:
    """Train if asked to, stream, read the clusters; only then look at the truth.

    Raises:
        ThroughlineError: a file is not as it should be, or there is a store already where one is to be made.
    """
    found = Found()
    with _placed(plan.store) as (store, key), tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as noted:
        model = plan.model or _trained(plan.source, key, found.figures, told)
        engine = Engine(store, model, key)
        note = csv.writer(noted).writerows
        found.figures |= {"model": model.name, **_costs(*_streamed(plan, engine, partial(told, "entering"), note))}
        if plan.sends_again:
            again = _streamed(plan, engine, partial(told, "entering again"), lambda _: None)
            found.figures["known_events_per_cpu_second"] = _per_second(*again)
        noted.seek(0)
        found.clusters = _clusters(csv.reader(noted), engine, partial(told, "reading the clusters"), plan.source.name)
    found.figures["persons"] = len(set(found.clusters.values()))
    if plan.source.truth:
        found.figures |= _scores(found.clusters, plan.source.truth(), plan)
    return found


@contextmanager
def _placed(folder: Path | None) -> Iterator[tuple[Store, bytes]]:
    """A new store and the key of its pseudonyms."""
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="throughline-identity-") as made, _opened(Path(made)) as store:
            yield store, KEY
        return
    if path_of(folder, "identity").exists():
        raise ThroughlineError(f"there is a store in {folder} already: name another folder with --store")
    try:
        key = read_or_make_secret(folder / "secrets" / "pseudonym.key")
    except OSError as error:
        raise ThroughlineError(f"{folder} cannot be written ({error.strerror}): name another with --store") from None
    with _opened(folder) as store:
        yield store, key


def _opened(folder: Path) -> Store:
    path = path_of(folder, "identity")
    path.parent.mkdir(parents=True, exist_ok=True)
    return Store.open(path)


def _trained(source: Source, key: bytes, figures: Figures, told: Told) -> Model:
    began = time.process_time()
    model = trained(source, key, told)
    figures["train_cpu_seconds"] = round(time.process_time() - began, 1)
    return model


def _streamed(plan: Plan, engine: Engine, told: Counted, note: Note) -> tuple[int, float]:
    """How many records were entered, and the CPU seconds of this process from the first read to the last commit."""
    began, count = time.process_time(), 0
    for part in batches(_arriving(plan), plan.batch_records):
        keys = engine.take(part)
        note(zip([row["record_id"] for row in part], keys, strict=True))
        count += len(part)
        told(count)
    if not count:
        raise ThroughlineError(f"{plan.source.name} has no records: each is a line below the first")
    return count, time.process_time() - began


def _arriving(plan: Plan) -> Iterator[Row]:
    if plan.seed is None:
        return plan.source.rows()
    rows = list(plan.source.rows())
    random.Random(plan.seed).shuffle(rows)  # noqa: S311  # an order, not a secret
    return iter(rows)


def _costs(count: int, seconds: float) -> Figures:
    return {
        "records": count,
        "records_per_cpu_second": _per_second(count, seconds),
        "cpu_us_per_record": round(seconds * MICROS / count, 1),
        "rss_mb_max": rss_mb_max(),
    }


def _per_second(count: int, seconds: float) -> int:
    return round(count / seconds) if seconds else 0


def rss_mb_max() -> int:
    """The most memory that this process ever had, in mebibytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round((peak if sys.platform == "darwin" else peak * KIBIBYTE) / MEBIBYTE)


def _clusters(noted: Iterator[list[str]], engine: Engine, told: Counted, name: str) -> dict[str, str]:
    """Person by record id, as the store has it at the end.

    Raises:
        ThroughlineError: two rows have one record id.
    """
    found: dict[str, str] = {}
    for part in batches(noted, READ_RECORDS):
        told(len(found))
        for (record_id, _), person in zip(part, engine.persons_of([key for _, key in part]), strict=True):
            if record_id in found:
                raise ThroughlineError(f"{name} has one record_id in two rows: give every row its own")
            found[record_id] = sys.intern(person)
    return found


def _scores(clusters: dict[str, str], truth: dict[str, str], plan: Plan) -> Figures:
    if clusters.keys().isdisjoint(truth):
        raise ThroughlineError(f"the truth knows no record of {plan.source.name}: name the one of these records")
    quality = pairwise(clusters, truth)
    figures: Figures = {
        "precision": quality.precision,
        "recall": quality.recall,
        "f1": quality.f1,
        "clusters_right": quality.clusters_right,
        "false_merges": quality.false_merges,
    }
    if missing := len(truth.keys() - clusters.keys()):
        figures["truth_missing"] = missing
    if plan.people:
        rates = merged(clusters, truth, plan.people())
        figures |= {f"{kind}_merged": rate for kind, rate in vars(rates).items()}
    return figures
