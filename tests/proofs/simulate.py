"""The exactly-once stage and the consent decision, run under thousands of seeded schedules of faults, without Kafka.

Prints what was found as one JSON object, its last line; a failure's seed and steps go to standard error. Exits 1 when
anything was lost, done twice, stale or leaked, or when the simulation does not find a bug that is planted in the code.
"""

import argparse
import json
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

from simulation.bugs import BUGS
from simulation.checker import KINDS
from simulation.run import Tally, run, seed_that_finds
from support.proving import portions, say

USUAL = 5_000
A_TASK = 400
"""Schedules that a process runs in one go."""
MOST_SHOWN = 3


def main() -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=USUAL)
    parser.add_argument("--seed", type=int, default=0, help="of the first schedule; each further one has the next")
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + asked.schedules)
    # Not forked: what Arrow's threads hold would stay locked in a child.
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        tally = together(pool, seeds)
        missed = [bug for bug, seed in zip(BUGS, pool.map(seed_that_finds, BUGS, repeat(range(USUAL))), strict=True)
                  if seed is None]  # fmt: skip
    for bug in missed:
        say(f"the bug planted in {bug} was not found in {USUAL} schedules")
    found = f"{len(BUGS) - len(missed)}/{len(BUGS)}"
    document = {"schedules": tally.schedules, **tally.wrong, "seed": asked.seed, "planted_bugs_found": found}
    sys.stdout.write(json.dumps(document) + "\n")
    return 1 if tally.failures or missed else 0


def together(pool: ProcessPoolExecutor, seeds: range) -> Tally:
    """Run the schedules of all seeds, as many at a time as there are processes."""
    began, whole = time.monotonic(), Tally()
    for part in pool.map(run, portions(seeds, A_TASK)):
        for failure in part.failures[: max(0, MOST_SHOWN - len(whole.failures))]:
            say(f"{failure}\nagain: make simulate SCHEDULES=1 SEED={failure.seed}")
        whole.schedules += part.schedules
        whole.failures += part.failures
        whole.wrong = {kind: whole.wrong[kind] + part.wrong[kind] for kind in KINDS}
        say(f"{whole.schedules} schedules, {whole.schedules / (time.monotonic() - began):.0f} a second")
    return whole


if __name__ == "__main__":
    sys.exit(main())
