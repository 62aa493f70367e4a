"""Programs that are run beside each other: what they print last, and what they say when they fail."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
Figures = dict[str, Any]


def output(command: Sequence[str]) -> str:
    """The last line that a program prints.

    Raises:
        RuntimeError: it failed; with the last line of what it said of it.
    """
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    lines = {"out": done.stdout.strip().splitlines(), "err": done.stderr.strip().splitlines()}
    if done.returncode:
        raise RuntimeError(f"it ended with {done.returncode}: {lines['err'][-1] if lines['err'] else '(nothing said)'}")
    return lines["out"][-1] if lines["out"] else ""


def say(line: str) -> None:
    """Tell who watches how far it is."""
    print(line, file=sys.stderr, flush=True)
