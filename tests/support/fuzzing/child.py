"""The process that tries inputs: some targets one after the other, each for some seconds, or one input again."""

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from support.fuzzing.making import Chain, made
from support.fuzzing.noting import Note, chain_of, named
from support.fuzzing.target import Target
from support.fuzzing.targets import of
from support.fuzzing.trying import Tried, tried

MORE_BYTES = 1 << 30
"""That an input may make the process take, beside what it has."""
MOST_LINKS, MOST_KEPT = 8, 2_000
LARGEST = 1 << 32


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", nargs="+", required=True)
    parser.add_argument("--seconds", type=float, nargs="+", help="of each target")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--note", type=Path)
    parser.add_argument("--chain", type=chain_of, help="only this one")
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory(prefix="throughline-fuzz-") as folder:
        inside = Path(folder) / "input"
        inside.mkdir()
        if asked.chain:
            _say(**vars(_once(of(asked.targets[0]), asked.chain, inside)))
            return
        note = Note(asked.note)
        for name, seconds in zip(asked.targets, asked.seconds, strict=True):
            note.write("", (0,), 0)
            fuzz(of(name), seconds, asked.seed, note, inside)


def _once(target: Target, chain: Chain, folder: Path) -> Tried:
    seeds = target.seeds()
    _limit_memory()
    return tried(target, made(chain, seeds, target.words), folder)


def fuzz(target: Target, seconds: float, seed: int, note: Note, folder: Path) -> None:
    """Try inputs of one target: each of its seeds, then what is made of them."""
    seeds, chance = target.seeds(), random.Random(f"{target.name}/{seed}")  # noqa: S311  # of what is tried
    tried(target, seeds[0], folder)  # what is loaded at first use is no input's doing
    _limit_memory()
    until, inputs = time.monotonic() + seconds, 0
    answers, kept, told = set[int](), list[Chain](), set[str]()
    while inputs < len(seeds) or time.monotonic() < until:
        chain = (inputs,) if inputs < len(seeds) else _next(chance, kept, len(seeds))
        note.write(target.name, chain, inputs)
        found = tried(target, made(chain, seeds, target.words), folder)
        inputs += 1
        if found.wrong and found.wrong not in told:
            told.add(found.wrong)
            _say(target=target.name, chain=named(chain), wrong=found.wrong)
        if found.answer not in answers and len(kept) < MOST_KEPT:
            answers.add(found.answer)
            kept.append(chain)
    _say(target=target.name, inputs=inputs, answers=len(answers))


def _next(chance: random.Random, kept: list[Chain], seeds: int) -> Chain:
    """One that went a new way, gone on from; or a seed."""
    before = chance.choice(kept) if kept and chance.random() < 0.7 else (chance.randrange(seeds),)
    return (*(before if len(before) < MOST_LINKS else before[:1]), chance.randrange(LARGEST))


def _limit_memory() -> None:
    """Let the process take so much more than it has, and no more."""
    pages = int(Path("/proc/self/statm").read_text().split()[5])
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (pages * resource.getpagesize() + MORE_BYTES, hard))


def _say(**told: object) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
