"""The rules of law held against an independent oracle over every disclosure that there can be, and against Cedar.

A disclosure is twelve facts of closed classes, so all can be gone through. Those that neither the oracle nor the rules
tell apart are one row (`tests/support/law_rows.py` says how that is known); with --each every one is a row of its own,
which takes minutes.
Cedar's engine is asked a million, drawn as many for each rule: where the rule alone decides, and
one fact beside that.

Prints what was found as one JSON object, its last line; the first rows that disagree go to standard error. Exits 1 when
any does, or when the rows do not stand for every disclosure.
"""

import argparse
import itertools
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from support.law_checks import Part, each, rows, sample
from support.law_oracle import permits
from support.law_rows import WHOLE, Rows
from support.proving import Task, results, say

from deploy.rules_file import rules_from
from processors.consent.law.documents import document_of
from processors.consent.law.facts import CLASSES, Agency, Basis
from processors.consent.law.rules import RuleSet

A_TASK = 5_000
"""Requests to Cedar that a process makes in one go."""


def main() -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rules", type=Path, help="file of rules, as `throughline consent rules --json` writes it")
    parser.add_argument("--each", action="store_true", help="every disclosure is a row")
    parser.add_argument("--cedar", type=int, default=1_000_000, help="disclosures that Cedar is asked")
    parser.add_argument("--seed", type=int, default=0, help="of what Cedar is asked")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    asked = parser.parse_args()
    rules = rules_from(asked.rules)
    document = document_of(rules)
    say(told_apart(rules))
    to_oracle: list[Task[Part]] = (
        [(each, (document, *pair)) for pair in itertools.product(Agency, Agency, Basis)]
        if asked.each
        else [(rows, (document, *pair)) for pair in itertools.product(Agency, Basis)]
    )
    starts = range(0, asked.cedar, A_TASK)
    to_cedar: list[Task[Part]] = [
        (sample, (document, asked.seed + start, min(A_TASK, asked.cedar - start))) for start in starts
    ]
    by_oracle = together("asking the oracle", to_oracle, asked.processes)
    by_cedar = together("asking Cedar", to_cedar, asked.processes)
    for line in by_oracle.shown + by_cedar.shown:
        say(line)
    if by_oracle.disclosures != WHOLE:
        say(f"rows stand for {by_oracle.disclosures:,} disclosures, and there are {WHOLE:,}")
    wrong = by_oracle.wrong + by_cedar.wrong
    told = {
        "rows": by_oracle.rows, "stands_for": by_oracle.disclosures, "oracle_disagreements": wrong["oracle"],
        "cedar_rows": by_cedar.rows, "cedar_disagreements": wrong["cedar"], "seed": asked.seed,
    }  # fmt: skip
    sys.stdout.write(json.dumps(told) + "\n")
    return 1 if wrong.total() or by_oracle.disclosures != WHOLE else 0


def told_apart(rules: RuleSet) -> str:
    """How many values of each fact are merged, since no rule tells them apart."""
    found = Rows(rules, permits).told_apart()
    merged = [
        f"{name} {count} of {len(kind)}"
        for (name, count), kind in zip(found.items(), CLASSES, strict=True) if count < len(kind)
    ]  # fmt: skip
    return f"the rules tell all values apart but: {', '.join(merged) or 'none'}"


def together(doing: str, tasks: Sequence[Task[Part]], processes: int) -> Part:
    """Do all tasks, in as many processes; what they found."""
    whole = Part()
    for part in results(doing, tasks, processes):
        whole.add(part)
    return whole


if __name__ == "__main__":
    sys.exit(main())
