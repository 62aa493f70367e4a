"""What makes the simulated stage: consent's own parts, and a count beside them in which every plain double shows."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from support.worlds import DictKeys

from processors.consent import sweep
from processors.records import Arrivals, Out, Outs
from processors.state import Working
from streams import numbering, stage
from streams.stage import StageParts

COUNTED = "counted"
"""A topic, and a table: how often each record of the log was decided."""


class Keys(DictKeys):
    """The keyring, as one worker has it."""

    def __init__(self, keys: DictKeys) -> None:
        super().__init__()
        self.keys = keys.keys

    def flush(self) -> None:
        """Keys made are on the disk; none are made here."""


def counting(parts: StageParts) -> StageParts:
    """The same stage, which also counts each record of the log, and sends the count: a plain double would show."""

    def decide(arrivals: Arrivals, state: Working) -> Outs:
        outs, counted = parts.decide(arrivals, state), list[Out]()
        for arrival in arrivals:
            times = (state.get(COUNTED, arrival.position) or 0) + 1
            total = (state.get(COUNTED, "total") or 0) + 1
            state.put(COUNTED, arrival.position, times)
            state.put(COUNTED, "total", total)
            counted.append(Out(COUNTED, "all", str(total).encode(), f"{arrival.position} {times}", 0))
        return Outs.joined([outs, Outs.of(counted)])

    return replace(parts, decide=decide)


class Unsaid:
    """The stage's log, which nobody reads here."""

    def __getattr__(self, level: str) -> Any:
        return lambda *_, **__: None


@contextlib.contextmanager
def small() -> Iterator[None]:
    """Slices of sweeps so small that a schedule has several, and no log lines."""
    before, logs = sweep.SLICE_PERSONS, (stage.log, numbering.log)
    sweep.SLICE_PERSONS, stage.log, numbering.log = 2, Unsaid(), Unsaid()
    try:
        yield
    finally:
        sweep.SLICE_PERSONS, (stage.log, numbering.log) = before, logs
