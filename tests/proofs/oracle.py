"""Random histories through the real consent stage: at every commit an independent oracle says what may be released.

Facts, consents, caseloads, care, birthdays, days, agreements of all tiers, rules, orders of disclosure, merges,
splits and erasures, in any order, late and twice. What recipients see must be within what the oracle permits (a leak),
and when nothing is under way all of that (wrongly withheld). Of the erased nothing may be left, what comes of them
later is withheld, and the log read anew when their keys are gone must end the same.

With ``--broker`` the same histories are the log of a real Kafka, and what decides is the real worker; of each of its
transactions it is known what recipients had by then, and that is held against the oracle.

Prints what was found as one JSON object, its last line; a failure's seed and its history, made as small as it goes and
without values, go to standard error. Exits 1 when the stage and the oracle disagree anywhere.
"""

import argparse
import json
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from support import history_broker
from support.brokers import fresh_broker
from support.history_checks import Tally, run
from support.proving import Task, portions, results, say

from streams import settings

USUAL = 5_000
A_TASK = 100
"""Histories that a process plays in one go."""
A_TASK_ON_BROKER = 20


def main() -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--histories", type=int, default=USUAL)
    parser.add_argument("--seed", type=int, default=0, help="of the first history; each further one has the next")
    parser.add_argument("--processes", type=int, default=min(os.cpu_count() or 1, 2))
    parser.add_argument("--broker", type=int, help="so many histories on a real broker instead")
    asked = parser.parse_args()
    count = asked.histories if asked.broker is None else asked.broker
    tally, seeds = Tally(), range(asked.seed, asked.seed + count)
    with ExitStack() as held:
        for part in results("histories", tasks(held, seeds, on_broker=asked.broker is not None), asked.processes):
            tally.add(part)
    for failure in tally.failures:
        say(f"{failure}\nagain: make oracle {'HISTORIES' if asked.broker is None else 'BROKER'}=1 SEED={failure.seed}")
    say(f"{tally.commits:,} commits compared, {tally.quiet:,} with nothing under way, {tally.released:,} rows then")
    told = {
        "histories": tally.histories, "leaks": tally.leaks, "wrongly_withheld": tally.wrongly_withheld,
        "disagreements": tally.disagreements, "seed": asked.seed,
    }  # fmt: skip
    sys.stdout.write(json.dumps(told) + "\n")
    return 1 if tally.disagreements else 0


def tasks(held: ExitStack, seeds: range, *, on_broker: bool) -> list[Task[Tally]]:
    """What processes are to play; on a broker that is held, one of its own where none is given."""
    if not on_broker:
        return [(run, (some,)) for some in portions(seeds, A_TASK)]
    bootstrap = settings.load().bootstrap
    if bootstrap is None:
        folder = held.enter_context(TemporaryDirectory(prefix="throughline-oracle-"))
        bootstrap = held.enter_context(fresh_broker(Path(folder)))
    return [(history_broker.run, (some, bootstrap)) for some in portions(seeds, A_TASK_ON_BROKER)]


if __name__ == "__main__":
    sys.exit(main())
