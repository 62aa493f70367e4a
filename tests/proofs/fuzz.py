"""Hostile bytes for every parser that we own, for some minutes; a process that dies of them is seen, and goes on.

Inputs are sound documents of each format, changed at random, byte-wise and by the format's own words; those that a
parser answers in a new way are gone on from. That is a mutator with a corpus whose only measure of novelty is what is
told: no coverage of lines guides it. (Coverage needs ``sys.monitoring`` of Python 3.12, or atheris, whose wheel is for
Linux on x86 alone, while the locked requirements are for every platform that we support.)

A crash is a process that dies, an error that the parser does not declare, memory beyond a gibibyte, a row that is lost
or counted twice, two decoders that differ, or a value of the input in what is told. A hang is five seconds of CPU, or a
minute, at one input. Each finding is told with its name for ``--replay``, which makes the same bytes again. Prints one
JSON object as its last line; exits 1 unless there is no crash and no hang.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from support.fuzzing import parent
from support.fuzzing.parent import Found
from support.fuzzing.targets import targets
from support.proving import say

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10, metavar="N", help="shared among the targets; usually 10")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the inputs; 0: drawn, and told")
    parser.add_argument("--only", nargs="+", metavar="TARGET", help="only these")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--replay", metavar="TARGET:INPUT", help="one input again, as a finding names it")
    asked = parser.parse_args()
    if asked.replay:
        return replayed(*asked.replay.split(":"))
    if unknown := set(asked.only or ()) - set(targets()):
        parser.error(f"no target is called {min(unknown)}; there are {', '.join(sorted(targets()))}")
    document = prove(asked.only or sorted(targets()), asked.minutes * 60, asked.seed, asked.processes)
    sys.stdout.write(json.dumps(document) + "\n")
    return 0 if is_sound(document) else 1


def prove(names: list[str], seconds: float, seed: int, processes: int) -> dict[str, int]:
    """Fuzz; the figures."""
    seed = seed or random.randrange(1, 1_000_000)  # noqa: S311  # of inputs
    say(f"seed {seed}")
    with tempfile.TemporaryDirectory(prefix="throughline-fuzz-") as folder:
        found = parent.fuzz(names, seconds, seed, processes, Path(folder))
    for name in names:
        say(f"  {name:<18} {found.inputs[name]:>9} inputs  {found.answers[name]:>5} answers")
    return figures(found, len(names))


def figures(found: Found, targets: int) -> dict[str, int]:
    """What is told at the end."""
    hangs = sum(finding.is_hang for finding in found.findings)
    crashes = len(found.findings) - hangs
    return {"inputs": found.inputs.total(), "crashes": crashes, "hangs": hangs, "targets": targets}


def is_sound(document: dict[str, int]) -> bool:
    """Whether figures prove what they should."""
    return document["inputs"] > 0 and not document["crashes"] and not document["hangs"]


def replayed(name: str, chain: str) -> int:
    """Try one input again, in a process of its own."""
    words = [sys.executable, "-m", "support.fuzzing.child", "--targets", name, "--chain", chain]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False, timeout=parent.WALL_SECONDS)
    sys.stdout.write(done.stdout or json.dumps({"wrong": f"the process ended: {done.returncode}"}) + "\n")
    return int(done.returncode != 0 or json.loads(done.stdout)["wrong"] is not None)


if __name__ == "__main__":
    sys.exit(main())
