"""What only our engine can be asked: how fast it is as the store grows, and whether the order of arrival matters."""

import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.identity import sets
from bench.identity.programs import Figures, output, say

NAME = "ours"
SIZES = (100_000, 1_000_000, 3_000_000)
SEED = 11
IDENTITY = (sys.executable, "-m", "deploy", "identity")
HEADLINES = {
    "febrl3_f1": "febrl3_f1",
    "febrl4_f1": "febrl4_f1",
    "people_f1": "people_f1",
    "people_precision": "people_precision",
    "people_f1_shipped": "shipped_f1",
    "twins_merged": "people_twins_merged",
    "juniors_merged": "people_juniors_merged",
    "household_merged": "people_household_merged",
    "known_events_per_cpu_second": "people_known_events_per_cpu_second",
}
"""What is told of our engine, and what its program calls it."""


def headlines(told: Mapping[str, object] | None) -> Figures:
    """The figures that stand at the top; null where they could not be had."""
    return {name: (told or {}).get(theirs) for name, theirs in HEADLINES.items()}


def sizes_up_to(records: int) -> list[int]:
    """Sizes of the store at which it is measured: those of the curve, as far as they go, and the last."""
    return [size for size in SIZES if size < records] + [records]


def growth(folder: Path, records: int, rounds: int) -> Figures:
    """New records a CPU second by size of the store, medians of rounds, and the most memory of any.

    Each size is of a made-up population of its own, so that what a record finds does not differ by how much of its
    population is there already; each round is a process with a store of its own.

    Args:
        folder: for the made-up records; those that are there already are used.
        records: the largest size.
        rounds: how many.
    """
    rates, most = dict[str, float](), dict[str, float]()
    for size in sizes_up_to(records):
        made = _made_up(folder, size)
        runs = list[Figures]()
        for number in range(rounds):
            say(f"ours with {size:,} records, round {number + 1}")
            words = ["--records", str(made / "records.csv")]
            runs.append(json.loads(output([sys.executable, "-m", "bench.identity.growth", *words])))
            say(f"ours: {runs[-1]}")
        rates[str(size)] = statistics.median(run["records_per_cpu_second"] for run in runs)
        most[str(size)] = max(run["rss_mb_max"] for run in runs)
    return {"new_records_per_cpu_second": rates, "rss_mb_max": most}


def _made_up(folder: Path, records: int) -> Path:
    made = folder / f"made-up-{records}"
    if not (made / "truth.csv").exists():
        say(f"making up {records:,} records")
        words = ["--records", str(records), "--seed", str(SEED), "--out", str(made)]
        output([sys.executable, "-m", "bench.identity.made_up", *words])
    return made


def orders_differing(people: Path, shuffles: int, folder: Path) -> int:
    """Of so many shuffles of the records, those that end with other clusters than the order in which they stand.

    Args:
        people: folder of the set.
        shuffles: how many; their seeds are 1, 2, 3...
        folder: for the model and the clusters.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model, records = folder / "model.json", str(people / "records.csv")
    output([*IDENTITY, "train", "--records", records, "--out", str(model)])
    evaluate = (*IDENTITY, "evaluate", "--records", records, "--model", str(model), "--json")
    given = _clusters([*evaluate], folder / "given.csv")
    differing = 0
    for seed in range(1, shuffles + 1):
        shuffled = _clusters([*evaluate, "--arrival", "random", "--seed", str(seed)], folder / "shuffled.csv")
        differing += shuffled != given
        say(f"ours, order {seed} of {shuffles}: {differing} differ")
    return differing


def _clusters(command: Sequence[str], path: Path) -> frozenset[frozenset[str]]:
    output([*command, "--clusters", str(path)])
    return partition({row["record_id"]: row["person_id"] for row in sets.rows(path)})


def partition(clusters: Mapping[str, str]) -> frozenset[frozenset[str]]:
    """Sets of records that share a cluster, whatever the clusters are called.

    Args:
        clusters: cluster by record.
    """
    of: dict[str, set[str]] = defaultdict(set)
    for record, cluster in clusters.items():
        of[cluster].add(record)
    return frozenset(map(frozenset, of.values()))
