"""What every peer's program does: resolve the sets it is given, measure the CPU of it, score what it made.

Run in the peer's own environment, so nothing here asks for a library. CPU is user and system time of the whole process
and its children from the reading of the records to the clusters; importing libraries comes before it, scoring after it.
"""

import argparse
import json
import resource
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from bench.identity import sets
from processors.resolve import quality

Lap = Callable[[str], None]
"""Ends a part of the work, by name."""
Resolver = Callable[[Path, Lap], Mapping[str, str]]
"""Cluster by record id of the records in a folder; it does not look at the truth."""
TOLD = ("f1", "precision", "recall", "clusters_right", "clusters_right_rate", "false_merges")
TRAINING = "training"
"""The part of the work that a model that is there already saves."""
KILOBYTES = 1_024


class Clock:
    """CPU of this process, part by part."""

    def __init__(self) -> None:
        """From now."""
        self.parts: dict[str, float] = {}
        self._last = _cpu()

    def lap(self, name: str) -> None:
        """Everything since the last lap belongs to this part."""
        now = _cpu()
        self.parts[name] = self.parts.get(name, 0.0) + now - self._last
        self._last = now

    @property
    def total(self) -> float:
        """Seconds."""
        return sum(self.parts.values())


def main(resolvers: Mapping[str, Resolver]) -> None:
    """Resolve the sets named on the command line; one JSON object as the last line.

    Args:
        resolvers: by the name of the figures that they give; ``--people FOLDER`` has ``people`` resolve that folder.
    """
    parser = argparse.ArgumentParser()
    for name in resolvers:
        parser.add_argument(f"--{name}", type=Path)
    asked = vars(parser.parse_args())
    found: dict[str, object] = {}
    for name, resolve in resolvers.items():
        if asked[name] is not None:
            found |= {f"{name}_{what}": figure for what, figure in figures(resolve, asked[name]).items()}
    found["rss_mb_max"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILOBYTES)
    print(json.dumps(found))


def figures(resolve: Resolver, folder: Path) -> dict[str, object]:
    """Quality and speed of one set, by short names."""
    clock = Clock()
    clusters = resolve(folder, clock.lap)
    clock.lap("rest")
    truth = sets.truth(folder)
    found = asdict(quality.pairwise(clusters, truth))
    told: dict[str, object] = {"records": len(truth)} | {name: _rounded(found[name]) for name in TOLD}
    people = sets.people(folder)
    if people:
        merged = asdict(quality.merged(clusters, truth, people))
        told |= {f"{name}_merged": _rounded(rate) for name, rate in merged.items()}
    parts = {name: round(seconds, 2) for name, seconds in clock.parts.items()}
    told["records_per_cpu_second"] = round(len(truth) / clock.total, 1)
    if TRAINING in clock.parts:
        told["records_per_cpu_second_trained"] = round(len(truth) / (clock.total - clock.parts[TRAINING]), 1)
    return {**told, "cpu_seconds": parts}


def _rounded(figure: float) -> float:
    return round(figure, 5) if isinstance(figure, float) else figure


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
