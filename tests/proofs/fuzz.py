"""Hostile bytes for every parser that we own, for some minutes; a process that dies of them is seen, and goes on.

atheris (libFuzzer) makes the inputs from sound documents of each format and from the format's own words, and goes on
from those that went a new way through our code. A crash is a process that dies, an error that the parser does not
declare, memory beyond a gibibyte, a row that is lost or counted twice, two decoders that differ, or a value of the
input in what is told. A hang is half a minute at one input. Each finding's input is kept in a file, for --replay.
Prints one JSON object as its last line; exits 1 unless there is no crash and no hang. atheris has wheels for Linux on
x86-64 alone.
"""

import argparse
import json
import os
import random
import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from support.fuzzing import parent, targets
from support.fuzzing.parent import Found
from support.fuzzing.target import Target
from support.proving import say

FINDINGS = Path(".throughline") / "fuzz"


def main() -> int:
    """Run; the exit code."""
    parser = _parser()
    asked = parser.parse_args()
    try:
        if asked.replay:
            return replayed(*asked.replay.split(":", 1), asked.hang_seconds)
        chosen = instrumented(asked.only or ())
    except KeyError as error:
        parser.error(f"no target is called {error.args[0]}; there are {', '.join(sorted(targets.targets()))}")
    except ImportError:
        say("fuzz: atheris is not installed; it has wheels for Linux on x86-64 alone, so fuzz on such a machine")
        return 2
    document = prove(chosen, asked.minutes * 60, asked.seed, asked.processes, asked.findings, asked.hang_seconds)
    sys.stdout.write(json.dumps(document) + "\n")
    return 0 if is_sound(document) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10, metavar="N", help="shared among the targets; usually 10")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the inputs; 0: drawn, and told")
    parser.add_argument("--only", nargs="+", metavar="TARGET", help="only these")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--hang-seconds", type=int, default=parent.HANG_SECONDS, metavar="N", help="of one input")
    parser.add_argument("--findings", type=Path, default=FINDINGS, metavar="DIR", help=f"usually {FINDINGS}")
    parser.add_argument("--replay", metavar="TARGET:FILE", help="one input again, as a finding names it")
    return parser


def instrumented(names: Sequence[str]) -> list[Target]:
    """Targets by their names, loaded so that atheris sees the ways that are gone through our code.

    Raises:
        ImportError: there is no atheris.
        KeyError: there is no such target.
    """
    atheris = import_module("atheris")
    with atheris.instrument_imports(include=list(targets.OURS)):
        return targets.chosen(names)


def prove(
    chosen: Sequence[Target], seconds: float, seed: int, processes: int, findings: Path, hang_seconds: int
) -> dict[str, int]:
    """Fuzz; the figures."""
    seed = seed or random.randrange(1, 1_000_000)  # noqa: S311  # of inputs
    say(f"seed {seed}")
    with tempfile.TemporaryDirectory(prefix="throughline-fuzz-") as folder:
        found = parent.fuzz(chosen, seconds, seed, processes, Path(folder), findings, hang_seconds)
    for name in (one.name for one in chosen):
        say(f"  {name:<18} {found.inputs[name]:>9} inputs  {found.ways[name]:>5} ways")
    return figures(found, len(chosen))


def figures(found: Found, targets: int) -> dict[str, int]:
    """What is told at the end."""
    hangs = sum(finding.is_hang for finding in found.findings)
    crashes = len(found.findings) - hangs
    return {"inputs": found.inputs.total(), "crashes": crashes, "hangs": hangs, "targets": targets}


def is_sound(document: dict[str, int]) -> bool:
    """Whether figures prove what they should."""
    return document["inputs"] > 0 and not document["crashes"] and not document["hangs"]


def replayed(name: str, file: str, hang_seconds: int) -> int:
    """Try one input again, in a process of its own."""
    [target] = targets.chosen([name])
    with tempfile.TemporaryDirectory(prefix="throughline-fuzz-") as folder:
        told = parent.again(target, Path(file).read_bytes(), Path(folder), hang_seconds)
    sys.stdout.write(json.dumps(told) + "\n")
    return int(told["wrong"] is not None)


if __name__ == "__main__":
    sys.exit(main())
