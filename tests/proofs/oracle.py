"""Random histories through the real consent stage: at every commit an independent oracle says what may be released.

Facts, consents, caseloads, care, birthdays, days, agreements of all tiers, rules, orders of disclosure, merges,
splits and erasures, in any order, late and twice. What recipients see must be within what the oracle permits (a leak),
and when nothing is under way all of that (wrongly withheld). Of the erased nothing may be left, and the log read anew
when their keys are gone must end the same.

Prints what was found as one JSON object, its last line; a failure's seed and its history, made as small as it goes and
without values, go to standard error. Exits 1 when the stage and the oracle disagree anywhere.
"""

import argparse
import json
import os
import sys

from support.history_checks import Tally, run
from support.proving import portions, results, say

USUAL = 5_000
A_TASK = 100
"""Histories that a process plays in one go."""


def main() -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--histories", type=int, default=USUAL)
    parser.add_argument("--seed", type=int, default=0, help="of the first history; each further one has the next")
    parser.add_argument("--processes", type=int, default=min(os.cpu_count() or 1, 2))
    asked = parser.parse_args()
    tally, seeds = Tally(), range(asked.seed, asked.seed + asked.histories)
    for part in results("histories", [(run, (some,)) for some in portions(seeds, A_TASK)], asked.processes):
        tally.add(part)
    for failure in tally.failures:
        say(f"{failure}\nagain: make oracle HISTORIES=1 SEED={failure.seed}")
    say(f"{tally.commits:,} commits compared, {tally.quiet:,} with nothing under way, {tally.released:,} rows then")
    told = {
        "histories": tally.histories, "leaks": tally.leaks, "wrongly_withheld": tally.wrongly_withheld,
        "disagreements": tally.disagreements, "seed": asked.seed,
    }  # fmt: skip
    sys.stdout.write(json.dumps(told) + "\n")
    return 1 if tally.disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
