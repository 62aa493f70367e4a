"""Engines in turns over the same workload, each step in a process of its own, and what is printed of them."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bench import environments
from bench.stores.table import NEEDS_LIBRARY

SIZES = (1_000, 10_000)
"""Events a batch."""
KILLED_AFTER = 2
"""Batches; the one after it is under way when the process is killed."""
BASE = "sqlite"
"""What ratios are to: it came first, and decision 0007 names it."""
MEGABYTE = 1 << 20
ROOT = Path(__file__).parents[2]
REQUIREMENTS = Path(__file__).parent / "requirements.txt"
Row = dict[str, Any]


@dataclass
class Found:
    """What one engine's rounds gave."""

    figures: dict[str, list[float]] = field(default_factory=dict)
    is_whole: bool = True
    """Whether after every kill all that was told as committed was there, and nothing half."""

    def add(self, **figures: float) -> None:
        """Figures of one step."""
        for name, figure in figures.items():
            self.figures.setdefault(name, []).append(figure)


class Comparison:
    """Engines in turns, round after round, so that what disturbs the machine disturbs all of them."""

    def __init__(self, engines: Sequence[str], persons: int, batches: int, rounds: int, folder: Path) -> None:
        """Of these engines over states of so many persons, in a folder that is there.

        Args:
            engines: by their names.
            persons: in the state before the first batch.
            batches: of 1,000 events a round; of 10,000 a fifth as many.
            rounds: times all of it.
            folder: for the stores, and the environment of those whose libraries are not ours.
        """
        self._engines, self._persons, self._rounds, self._folder = engines, persons, rounds, folder
        self._batches = dict(zip(SIZES, (batches, -(-batches // 5)), strict=True))
        self._found = {name: Found() for name in engines}
        self._pythons: dict[str, str] = {}
        self._unavailable: dict[str, str] = {}

    def compare(self) -> Row:
        """Load each, run them all; what is printed."""
        for name in self._engines:
            self._prepare(name)
        for number in range(self._rounds):
            for name in self._pythons:
                self._round(name, number)
        return self._summary()

    def _prepare(self, name: str) -> None:
        try:
            self._pythons[name] = self._python_of(name)
        except RuntimeError as error:
            self._unavailable[name] = str(error)
            _say(f"{name} cannot be had: {error}")
            return
        started = time.monotonic()
        self._run("load", name)
        self._found[name].add(load_s=time.monotonic() - started, loaded_mb=self._megabytes(name))
        _say(f"{name}: {self._persons} persons are loaded")

    def _python_of(self, name: str) -> str:
        """Ours; for libraries that the product does not have, one made for them."""
        if name not in NEEDS_LIBRARY:
            return sys.executable
        return environments.made(self._folder / "environment", REQUIREMENTS)

    def _round(self, name: str, number: int) -> None:
        found = self._found[name]
        for size, batches in self._batches.items():
            said = self._run("work", name, "--batches", str(batches), "--events", str(size))
            found.add(**{f"wall_us_{size}": said["wall_us"], f"cpu_us_{size}": said["cpu_us"]})
            found.add(rss_mb=said["rss_mb"], own_mb=said["own_mb"])
        found.add(disk_mb=self._megabytes(name))
        told = self._killed(name, number)
        said = self._run("reopen", name, "--events", str(SIZES[-1]))
        found.add(reopen_s=said["seconds"])
        found.is_whole &= said["whole"] and said["batch"] in {told, told + 1}
        _say(f"{name}, round {number + 1}: {', '.join(f'{k} {v[-1]:.3g}' for k, v in found.figures.items())}")

    def _killed(self, name: str, number: int) -> int:
        """Kill -9 in the middle of a commit, at another place of it each round; the last batch told as committed."""
        command = self._command("commit_on", name, "--events", str(SIZES[-1]))
        with subprocess.Popen(command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, text=True) as process:
            lines = iter(process.stdout or ())
            try:
                told, took = self._followed(lines)
                time.sleep(took * (number + 1) / (self._rounds + 1))
            finally:
                process.kill()
            return max([told, *(row.get("done", 0) for row in map(json.loads, lines))])

    def _followed(self, lines: Any) -> tuple[int, float]:
        """Follow some batches to the beginning of one's commit; the last that was done, and how long it took."""
        told = seen = 0
        began = took = 0.0
        for row in map(json.loads, lines):
            if "done" in row:
                told, seen, took = row["done"], seen + 1, time.monotonic() - began
            elif seen == KILLED_AFTER:
                return told, took
            else:
                began = time.monotonic()
        raise RuntimeError("it ended by itself")

    def _run(self, act: str, name: str, *more: str) -> Row:
        done = subprocess.run(
            self._command(act, name, *more), cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, check=True, text=True
        )
        return dict(json.loads(done.stdout.splitlines()[-1]))

    def _command(self, act: str, name: str, *more: str) -> list[str]:
        given = ["--engine", name, "--path", str(self._path(name) / "store"), "--persons", str(self._persons)]
        return [self._pythons[name], "-m", "bench.stores.child", act, *given, *more]

    def _path(self, name: str) -> Path:
        path = self._folder / name
        path.mkdir(exist_ok=True)
        return path

    def _megabytes(self, name: str) -> float:
        """On the disk: a file with holes counts as what it takes."""
        return sum(p.stat().st_blocks * 512 for p in self._path(name).rglob("*") if p.is_file()) / MEGABYTE

    def _summary(self) -> Row:
        engines = {
            name: {**_medians(of.figures), "whole_after_kill": of.is_whole} if of.figures else None
            for name, of in self._found.items()
        }
        return {
            "engines": engines,
            "ratio_to_sqlite": _ratios(engines),
            "persons": self._persons,
            "batches": self._batches,
            "rounds": self._rounds,
            "lost": sorted(name for name, of in self._found.items() if not of.is_whole),
            "unavailable": self._unavailable,
            "cores": psutil.cpu_count(),
        }


def _medians(figures: dict[str, list[float]]) -> Row:
    return {name: round(statistics.median(values), 3) for name, values in figures.items()}


def _ratios(engines: dict[str, Row | None]) -> Row:
    """Of each other engine's time and CPU to SQLite's."""
    base = engines.get(BASE)
    if base is None:
        return {}
    names = [f"{what}_us_{size}" for size in SIZES for what in ("wall", "cpu")]
    others = {name: of for name, of in engines.items() if of and name != BASE}
    return {name: {which: round(of[which] / base[which], 3) for which in names} for name, of in others.items()}


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
