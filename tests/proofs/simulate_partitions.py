"""A log partitioned by person, tried: real stages, one a partition, under seeded schedules with crashes, without Kafka.

The platform has one log; this says what another would cost (docs/scaling.md). Prints one JSON object, its last line, by
what waits for a record that is on its way: the whole partition, or its persons alone. Exits 1 when views or state ever
end other than those of one log, something is sent twice or stands for two persons, or a planted bug is not found.
"""

import argparse
import json
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

from simulation.partitioned import Waits
from simulation.partitions import Found, planted, run, seed_that_finds
from support.proving import portions, say

USUAL, TO_FIND_A_BUG = 1_000, 400
A_TASK = 200
MOST_SHOWN = 3


def main() -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=USUAL, help="of each kind of waiting")
    parser.add_argument("--seed", type=int, default=0, help="of the first schedule; each further one has the next")
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + asked.schedules)
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        found = {waits.value: sum(pool.map(run, portions(seeds, A_TASK), repeat(waits)), Found()) for waits in Waits}
        bugs = list(planted())
        found_by = pool.map(seed_that_finds, bugs, repeat(range(TO_FIND_A_BUG)))
        missed = [bug for bug, seed in zip(bugs, found_by, strict=True) if seed is None]
    for kind, one in found.items():
        for seed, wrong in one.failures[:MOST_SHOWN]:
            say(f"waiting: {kind}, seed {seed}: {wrong}")
    for bug in missed:
        say(f"the bug planted in {bug} was not found in {TO_FIND_A_BUG} schedules")
    document = {"waits": {kind: one.told() for kind, one in found.items()}, "seed": asked.seed}
    sys.stdout.write(json.dumps({**document, "planted_bugs_found": f"{len(bugs) - len(missed)}/{len(bugs)}"}) + "\n")
    return 1 if missed or any(one.failures for one in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
