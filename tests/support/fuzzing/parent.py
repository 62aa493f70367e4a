"""Watches the processes that try inputs: one that dies, or stays at an input, is a finding, and another goes on."""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from support.commands import of_tests
from support.fuzzing.noting import Note, named
from support.proving import say

CPU_SECONDS, WALL_SECONDS = 5.0, 60.0
"""That one input may take; the second is of a machine that others use too, or of a parser that waits."""
GOES_ON = 0.8
"""How much of a target's time its next process gets."""
LOOK_SECONDS = 0.2
MOST_DEATHS = 3
"""Of one target; then it is left alone."""


@dataclass(frozen=True)
class Finding:
    """An input that a parser did not stand."""

    target: str
    chain: str
    wrong: str
    is_hang: bool = False

    def __str__(self) -> str:
        """For people, with how it is tried again."""
        return f"{self.target}: {self.wrong}; again: --replay {self.target}:{self.chain}"


@dataclass
class Found:
    """What has been tried, and what was found."""

    inputs: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    """Ways through each target."""
    findings: list[Finding] = field(default_factory=list)

    def __add__(self, other: "Found") -> "Found":
        """Both."""
        return Found(self.inputs + other.inputs, self.answers + other.answers, [*self.findings, *other.findings])


def fuzz(names: Sequence[str], seconds: float, seed: int, processes: int, folder: Path) -> Found:
    """Fuzz targets in so many processes at once.

    Args:
        names: of the targets, which share the time.
        seconds: that it takes.
        seed: of the inputs.
        processes: how many.
        folder: for what they note.
    """
    each = seconds * processes / len(names)
    shares = [[name for n, name in enumerate(names) if n % processes == p] for p in range(processes)]
    with ThreadPoolExecutor(processes) as pool:
        done = [
            pool.submit(_share, dict.fromkeys(share, each), seed, folder / f"{place}")
            for place, share in enumerate(shares) if share
        ]  # fmt: skip
        return sum((one.result() for one in done), Found())


def _share(left: dict[str, float], seed: int, folder: Path) -> Found:
    """Some targets, each for some seconds, in as many processes one after the other as it takes."""
    folder.mkdir()
    found, deaths = Found(), Counter[str]()
    while left:
        stopped = _child(left, seed + deaths.total(), folder, found)
        if stopped is None:
            return found
        say(str(stopped))
        found.findings.append(stopped)
        deaths[stopped.target] += 1
        if deaths[stopped.target] == MOST_DEATHS:
            left.pop(stopped.target, None)
    return found


def _child(left: dict[str, float], seed: int, folder: Path, found: Found) -> Finding | None:
    """One process, to its end; what ended it before its time. ``left`` keeps what is still to be done."""
    note, out = Note(folder / "note"), folder / "out"
    note.write("", (0,), 0)
    words = ["--targets", *left, "--seconds", *map(str, left.values()), "--seed", str(seed)]
    with out.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "support.fuzzing.child", *words, "--note", str(folder / "note")],
            stdout=said, env=of_tests(),
        )  # fmt: skip
        hung = _watched(process, note)
    for line in out.read_text().splitlines():
        told = json.loads(line)
        if "wrong" in told:
            found.findings.append(Finding(**told))
            say(str(found.findings[-1]))
        else:
            found.inputs[told["target"]] += told["inputs"]
            found.answers[told["target"]] += told["answers"]
            left.pop(told["target"])
    if not process.returncode and not hung:
        return None
    at = note.read()
    if not at.target:
        raise SystemExit(f"the process that tries inputs does not start: {process.returncode}")
    found.inputs[at.target] += at.inputs + 1
    if at.target in left:
        left[at.target] *= GOES_ON
    wrong = "no end" if hung else _ended(process.returncode)
    return Finding(at.target, named(at.chain), wrong, is_hang=hung)


def _watched(process: subprocess.Popen[bytes], note: Note) -> bool:
    """Wait for a process; whether it had to be killed since it stayed at one input."""
    known = psutil.Process(process.pid)
    while process.poll() is None:
        time.sleep(LOOK_SECONDS)
        at = note.read()
        try:
            used = sum(known.cpu_times()[:2])
        except psutil.NoSuchProcess:
            continue
        waited = time.monotonic() - at.began
        if waited > WALL_SECONDS or (at.target and used - at.cpu_seconds > CPU_SECONDS):
            process.kill()
            process.wait()
            return True
    return False


def _ended(code: int) -> str:
    return f"the process ended: {signal.Signals(-code).name if code < 0 else code}"
