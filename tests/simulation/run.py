"""Many schedules one after the other, and what was found in them."""

import gc
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from simulation.bugs import BUGS
from simulation.checker import KINDS, Found, check
from simulation.fast_codec import remembering
from simulation.parts import small
from simulation.world import Schedule

GARBAGE = 100_000
"""Objects after which to look for what is in circles: seldom, since a schedule ends in a moment."""


@dataclass
class Failure:
    """A seed under which something is wrong."""

    seed: int
    found: Found
    trace: list[tuple[Any, ...]] = field(repr=False)

    def __str__(self) -> str:
        steps = [f"  {' '.join(map(str, step))}" for step in self.trace]
        wrong = [f"  {kind}: {what}" for kind in KINDS for what in getattr(self.found, kind)]
        return "\n".join([f"seed {self.seed}", *wrong, "steps:", *steps])


@dataclass
class Tally:
    """Schedules, and in how many what was wrong."""

    schedules: int = 0
    wrong: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    failures: list[Failure] = field(default_factory=list)

    def add(self, failure: Failure | None) -> None:
        """One schedule more."""
        self.schedules += 1
        if failure is not None:
            self.failures.append(failure)
            for kind in KINDS:
                self.wrong[kind] += bool(getattr(failure.found, kind))


def run(seeds: Iterable[int]) -> Tally:
    """Run the schedules of some seeds."""
    tally = Tally()
    gc.freeze()
    gc.set_threshold(GARBAGE)
    with remembering(), small():
        for seed in seeds:
            tally.add(one(seed))
    return tally


def one(seed: int) -> Failure | None:
    """Run the schedule of a seed; what was wrong, if anything."""
    schedule = Schedule(seed)
    schedule.run()
    found = check(schedule)
    return None if found.is_sound else Failure(seed, found, schedule.trace)


def seed_that_finds(bug: str, seeds: Iterable[int]) -> int | None:
    """The first seed under which a planted bug shows; None: it shows under none of them."""
    with BUGS[bug](), remembering(), small():
        return next((seed for seed in seeds if one(seed) is not None), None)
