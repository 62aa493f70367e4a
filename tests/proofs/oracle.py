"""Random histories through the real consent stage: at every commit an independent oracle says what may be released.

Facts, consents, caseloads, care, birthdays, days, agreements of all tiers, rules, orders of disclosure, merges and
splits, in any order, late and twice. What recipients see must be within what the oracle permits (a leak), and when
nothing is under way all of that (wrongly withheld).

Prints what was found as one JSON object, its last line; a failure's seed and its history, made as small as it goes and
without values, go to standard error. Exits 1 when the stage and the oracle disagree anywhere.
"""

import argparse
import json
import multiprocessing
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed

from rich.console import Console
from rich.progress import Progress
from support.history_checks import Tally, run

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
    tally = together(range(asked.seed, asked.seed + asked.histories), asked.processes)
    for failure in tally.failures:
        say(f"{failure}\nagain: make oracle HISTORIES=1 SEED={failure.seed}")
    say(f"{tally.commits:,} commits compared, {tally.quiet:,} with nothing under way, {tally.released:,} rows then")
    told = {
        "histories": tally.histories, "leaks": tally.leaks, "wrongly_withheld": tally.wrongly_withheld,
        "disagreements": tally.disagreements, "seed": asked.seed,
    }  # fmt: skip
    sys.stdout.write(json.dumps(told) + "\n")
    return 1 if tally.disagreements else 0


def together(seeds: range, processes: int) -> Tally:
    """Play the histories of all seeds, in as many processes."""
    whole = Tally()
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as shown:
        bar = shown.add_task("histories", total=len(seeds))
        for part in _done(list(parts(seeds)), processes):
            whole.add(part)
            shown.advance(bar, part.histories)
    return whole


def _done(todo: list[range], processes: int) -> Iterator[Tally]:
    if processes == 1:
        yield from map(run, todo)
        return
    # Not forked: what Arrow's threads hold would stay locked in a child.
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        yield from (future.result() for future in as_completed([pool.submit(run, part) for part in todo]))


def parts(seeds: range) -> Iterator[range]:
    """Seeds in portions."""
    return (seeds[start : start + A_TASK] for start in range(0, len(seeds), A_TASK))


def say(text: str) -> None:
    """To whoever watches."""
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
