"""The rules of law, and the code that decides by them, changed in one thing after the other: does any test notice?

Code: every mutant that Cosmic Ray's operators make of the evaluator's files, and three of our own, is put to the pure
tests that run the changed function. Rules are values, so their mutants are made as values: a rule left out or turned
round, a value of a condition more or less, a duty less; they are put to the decision table and to an oracle of each
law by itself. No hash of the shipped rules counts for a kill, nor a file that can no longer be imported. What changes
nothing that could be seen is counted apart: of rules that is computed, of code `equivalent.yaml` names it with why.

Prints what was found as one JSON object, its last line, survivors before it on standard error. Exits 1 where less than
85 % of the code's or of the rules' mutants are killed.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml
from support.mutants import killing, rules
from support.mutants.killing import ROOT, Fate, Mutant
from support.proving import portions, results, say

from bench import environments
from processors.consent.law.shipped import LAWS

PARTS = ROOT / "tests/support/mutants"
FILES = tuple([
    f"processors/consent/{name}.py"
    for name in (
        "law/rules", "law/facts", "law/making", "law/documents",
        "policy", "rights", "statements", "agreements", "register", "judge", "orders", "reading", "unseen",
    )
])  # fmt: skip
TESTS = ("tests/processors/consent", "tests/processors/test_reading.py")
LEFT_OUT = (
    f"{TESTS[0]}/test_sweep.py::test_the_same_is_seen_whatever_the_slices_and_whoever_is_told_of_in_between",
    f"{TESTS[0]}/test_lint.py::test_what_is_found_permitted_and_unreachable_is_so_for_every_disclosure",
)
"""They take longer than all others together, and ask how changes are told, and what lint finds."""
LEAST = 0.85
A_TASK = 100
"""Mutants of rules that a process tries in one go."""
Told = dict[str, Any]


def main() -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mutants", type=int, help="of code, drawn by the seed; else all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="for the environment that makes mutants, kept for the next time")
    parser.add_argument("--processes", type=int, default=min(os.cpu_count() or 1, 2))
    asked = parser.parse_args()
    with ExitStack() as held:
        folder = asked.folder or Path(held.enter_context(tempfile.TemporaryDirectory(prefix="throughline-mutation-")))
        of_code = code_tried(folder.resolve(), asked.mutants, asked.seed, asked.processes)
    of_rules = rules_tried(asked.processes)
    told = together(of_code, of_rules) | {"seed": asked.seed}
    sys.stdout.write(json.dumps(told) + "\n")
    return 0 if min(of_code["score"], of_rules["score"]) >= LEAST else 1


def together(of_code: Told, of_rules: Told) -> Told:
    """Both parts, and what they come to."""
    mutants, killed = (of_code[name] + of_rules[name] for name in ("mutants", "killed"))
    return {"mutants": mutants, "killed": killed, "score": share(killed, mutants), "code": of_code, "rules": of_rules}


def share(killed: int, mutants: int) -> float:
    """Killed of all, rounded down; none of none is nothing shown."""
    return int(killed / mutants * 10_000) / 10_000 if mutants else 0.0


def code_tried(folder: Path, count: int | None, seed: int, processes: int) -> Told:
    """Mutants of code, all or so many, and what became of them."""
    made = made_by(environments.made(folder / "cosmic-ray", PARTS / "requirements.txt"), FILES)
    named = equivalents((PARTS / "equivalent.yaml").read_text(encoding="utf-8"), made)
    asked = [one for one in made if _key(one) not in named]
    drawn = asked if count is None else random.Random(seed).sample(asked, min(count, len(asked)))  # noqa: S311
    say(f"{len(made)} mutants of code, {len(made) - len(asked)} of them named as equivalent; {len(drawn)} are tried")
    shown = folder / "shown.json"
    run_without(TESTS, LEFT_OUT, FILES, shown, processes)
    return {**fates(drawn, str(shown), processes), "of": len(asked), "equivalent": len(made) - len(asked)}


def run_without(
    tests: Sequence[str], left_out: Sequence[str], paths: Sequence[str], shown: Path, processes: int
) -> None:
    """Run the tests without any mutant, and note in a file what they run of some others.

    Raises:
        SystemExit: one fails.
    """
    told = (killing.sound, (tests, left_out, paths, shown))
    for failed in results("running all tests without a mutant", [told], processes):
        if failed:
            raise SystemExit(f"nothing can be told: without any mutant {failed} fails; mend it first")


def made_by(python: str, paths: Sequence[str]) -> list[Mutant]:
    """Mutants of files, made by a Python that has Cosmic Ray."""
    words = [python, str(PARTS / "making.py"), *paths]
    done = subprocess.run(words, cwd=ROOT, env={}, capture_output=True, text=True, check=True)
    return [Mutant(**json.loads(line)) for line in done.stdout.splitlines()]


def equivalents(text: str, made: Sequence[Mutant]) -> set[tuple[str, str, str]]:
    """Mutants that are named as equivalent, each with its reason.

    Raises:
        SystemExit: one is named that is not made any more.
    """
    named = {(row["path"], row["was"], row["now"]) for row in yaml.safe_load(text) or [] if row["because"]}
    if gone := sorted(named - {_key(one) for one in made}):
        raise SystemExit(f"equivalent.yaml names what is no mutant any more: {gone[0]}")
    return named


def _key(mutant: Mutant) -> tuple[str, str, str]:
    return mutant.path, mutant.was, mutant.now


def fates(mutants: Sequence[Mutant], shown: str, processes: int) -> Told:
    """What became of mutants of code, survivors told on the way."""
    found: Counter[Fate] = Counter()
    for one in results("trying mutants of code", [(killing.tried, (each, shown)) for each in mutants], processes):
        found[one.fate] += 1
        if one.fate is Fate.SURVIVED:
            was = one.mutant
            say(f"survived: {was.path}:{was.line} {was.operator}\n  was {was.was}\n  now {was.now}")
    tried, killed = found.total() - found[Fate.UNFIT], found[Fate.KILLED] + found[Fate.TIMED_OUT]
    return {
        "mutants": tried, "killed": killed, "score": share(killed, tried), "timed_out": found[Fate.TIMED_OUT],
        "unfit": found[Fate.UNFIT],
    }  # fmt: skip


def rules_tried(processes: int) -> Told:
    """Mutants of the shipped rules and what became of them, survivors told on the way."""
    found: Counter[rules.Fate] = Counter()
    whole = range(sum(1 for _ in rules.mutants(LAWS)))
    tasks = [(_some_rules, (some,)) for some in portions(whole, A_TASK)]
    for one in each(results("trying mutants of rules", tasks, processes)):
        found[one.fate] += 1
        if one.fate is rules.Fate.SURVIVED:
            say(f"survived: {one.name}, as in {one.facts}")
    return told_of_rules(found)


def told_of_rules(found: Counter[rules.Fate]) -> Told:
    """Counts of mutants of rules; who is the same as before is none."""
    killed, same = found[rules.Fate.BY_TABLE] + found[rules.Fate.BY_ORACLE], found[rules.Fate.SAME]
    tried = found.total() - same
    return {
        "mutants": tried, "killed": killed, "score": share(killed, tried), "by_table": found[rules.Fate.BY_TABLE],
        "by_oracle": found[rules.Fate.BY_ORACLE], "equivalent": same,
    }  # fmt: skip


def _some_rules(some: range) -> list[rules.Tried]:
    made = list(rules.mutants(LAWS))
    return [rules.tried(made[place], LAWS) for place in some]


def each(parts: Iterator[list[rules.Tried]]) -> Iterator[rules.Tried]:
    """One by one."""
    for part in parts:
        yield from part


if __name__ == "__main__":
    sys.exit(main())
