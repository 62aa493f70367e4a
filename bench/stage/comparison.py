"""Engines in turns over one broker, and what is printed of them."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from bench.stage import topics
from bench.stage.engines import OURS, Command, Engine
from bench.stage.measure import Figures, Work, WrongOutputError, median, run

WARM_UP_SHARE = 0.5
"""Of the events that count, before them; with less, Java still compiles while it is measured."""


class Comparison:
    """Engines in turns, round after round, so that what disturbs the machine disturbs all of them."""

    def __init__(self, engines: Sequence[Engine], events: int, rounds: int, folder: Path) -> None:
        """Of these engines, in a folder that is there."""
        self._engines, self._events, self._rounds, self._folder = engines, events, rounds, folder
        self._runs: dict[str, list[Figures]] = {engine.name: [] for engine in engines}
        self._commands: dict[str, Command] = {}
        self._unavailable: dict[str, str] = {}
        self._wrong: dict[str, str] = {}
        self._loaded: set[str] = set()

    def compare(self, bootstrap: str) -> dict[str, Any]:
        """Run them all over a broker; what is printed."""
        for engine in self._engines:
            self._prepare(engine)
        for number in range(self._rounds):
            for engine in self._engines:
                if number < (engine.rounds_at_most or self._rounds):
                    self._run(engine, bootstrap, number)
        return self._found()

    def _prepare(self, engine: Engine) -> None:
        _say(f"preparing {engine.name}")
        folder = self._folder / engine.name
        folder.mkdir()
        try:
            self._commands[engine.name] = engine.prepare(folder)
        except Exception as error:  # noqa: BLE001  # whatever a peer cannot be had for is its reason, not ours
            self._unavailable[engine.name] = f"{type(error).__name__}: {error}"
            _say(f"{engine.name} cannot be had: {error}")

    def _run(self, engine: Engine, bootstrap: str, number: int) -> None:
        if engine.name in self._unavailable or engine.name in self._wrong:
            return
        name = f"{engine.name}-{number}"
        work = self._work(engine, bootstrap, name)
        if work.source not in self._loaded:
            _say(f"loading {work.total} events")
            topics.load(bootstrap, work.source, work.total)
            self._loaded.add(work.source)
        try:
            figures = run(work, self._commands[engine.name](work))
        except (WrongOutputError, RuntimeError) as error:
            self._wrong[engine.name] = str(error)
            _say(f"{name}: {error}")
            return
        if figures is None:
            _say(f"{name}: right, and too quick to be measured: take more events")
            return
        self._runs[engine.name].append(figures)
        _say(f"{name}: {figures.cpu_us_per_event:.2f} us of CPU an event, {figures.events_per_second:.0f} events/s")

    def _work(self, engine: Engine, bootstrap: str, name: str) -> Work:
        events = round(self._events * engine.share)
        warm_up = round(events * WARM_UP_SHARE)
        source = f"bench-events-{events + warm_up}"
        return Work(bootstrap, name, source, f"bench-{name}", self._folder / name, events, warm_up)

    def _found(self) -> dict[str, Any]:
        right = {name: runs for name, runs in self._runs.items() if runs and name not in self._wrong}
        medians = {name: median(runs) for name, runs in right.items()}
        cpu = self._of_all({name: round(of.cpu_us_per_event, 2) for name, of in medians.items()})
        rate = self._of_all({name: round(of.events_per_second) for name, of in medians.items()})
        return {
            "cpu_us_per_event": cpu,
            "events_per_second": rate,
            "events": self._events,
            "ratio_of_cpu_to": _ratios(cpu),
            "ratio_of_events_per_second_to": _ratios(rate),
            "cpu_us_per_event_of_each_run": {
                name: [round(run_.cpu_us_per_event, 2) for run_ in runs] for name, runs in right.items()
            },
            "unavailable": self._unavailable,
            "wrong": self._wrong,
            "cores": psutil.cpu_count(),
        }

    def _of_all(self, found: Mapping[str, float]) -> dict[str, float | None]:
        return {engine.name: found.get(engine.name) for engine in self._engines}


def _ratios(figures: Mapping[str, float | None]) -> dict[str, float]:
    """Ours to each of the others'."""
    ours = figures.get(OURS)
    return {name: round(ours / other, 4) for name, other in figures.items() if ours and other and name != OURS}


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
