"""Has targets tried in processes of their own, so many at once; one that dies is a finding, and another goes on.

They are forked, so that our code is instrumented once: nothing of it may run before, since threads do not come along.
"""

import json
import multiprocessing
import shutil
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from ctypes import c_ulonglong
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from support.fuzzing import child
from support.fuzzing.target import Target
from support.fuzzing.trying import tried
from support.proving import say

HANG_SECONDS = 30
"""By the clock, which other processes slow down."""
FORKED = multiprocessing.get_context("fork")
HANG = 70
"""Exit code of libFuzzer where an input has no end."""
MOST_DEATHS = 3
"""Of one target; then it is left alone."""


@dataclass(frozen=True)
class Finding:
    """An input that a parser did not stand."""

    target: str
    wrong: str
    file: Path
    """That has the input."""
    is_hang: bool = False

    def __str__(self) -> str:
        """For people, with how it is tried again."""
        return f"{self.target}: {self.wrong}; again: --replay {self.target}:{self.file}"


@dataclass
class Found:
    """What has been tried, and what was found."""

    inputs: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    """Inputs of each target that went a new way through our code, its seeds among them."""
    findings: list[Finding] = field(default_factory=list)


@dataclass
class _Try:
    """A target, and how much of its time is left."""

    target: Target
    seconds: float
    folder: Path
    deaths: int = 0
    count: c_ulonglong = field(default_factory=lambda: FORKED.Value(c_ulonglong, lock=False))
    process: Any = None
    began: float = 0.0

    def begin(self, seed: int, hang_seconds: int) -> int:
        """Begin a process; what is ready when it has ended."""
        self.folder.mkdir(exist_ok=True)
        seconds = max(1, round(self.seconds))
        words = (self.target, seconds, seed + self.deaths, hang_seconds, self.folder, self.count)
        self.process = FORKED.Process(target=child.fuzz, args=words)
        self.began = time.monotonic()
        self.process.start()
        sentinel: int = self.process.sentinel
        return sentinel


def fuzz(
    chosen: Sequence[Target], seconds: float, seed: int, processes: int, folder: Path, findings: Path,
    hang_seconds: int,
) -> Found:  # fmt: skip
    """Fuzz targets in so many processes at once.

    Args:
        chosen: the targets, which share the time.
        seconds: that it takes.
        seed: of the inputs.
        processes: how many.
        folder: for what they leave behind.
        findings: folder for inputs that a parser did not stand; made for the first.
        hang_seconds: by the clock, after which an input counts as one without an end.
    """
    each = seconds * processes / len(chosen)
    waiting = deque(_Try(target, each, folder / target.name) for target in chosen)
    running: dict[int, _Try] = {}
    found = Found()
    while waiting or running:
        while waiting and len(running) < processes:
            begun = waiting.popleft()
            running[begun.begin(seed, hang_seconds)] = begun
        for sentinel in wait(list(running)):
            ended = running.pop(sentinel)  # type: ignore[arg-type]  # of a process it is a number
            new = _findings_of(ended, findings)
            found.findings += new
            for finding in new:
                say(str(finding))
            if not _goes_on(ended, waiting):
                found.inputs[ended.target.name] = ended.count.value
                found.ways[ended.target.name] = len(list((ended.folder / child.CORPUS).iterdir()))
    return found


def _goes_on(ended: _Try, waiting: deque[_Try]) -> bool:
    """Whether a target is tried again, since its process has died before its time."""
    ended.process.join()
    ended.seconds -= time.monotonic() - ended.began
    if ended.process.exitcode == 0 or ended.deaths >= MOST_DEATHS or ended.seconds < 1:
        return False
    waiting.append(ended)
    return True


def _findings_of(ended: _Try, findings: Path) -> list[Finding]:
    """What a process has found; it is taken out of the target's folder."""
    ended.process.join()
    told, found = ended.folder / child.TOLD, ended.folder / child.FOUND
    lines = [json.loads(line) for line in told.read_text().splitlines()] if told.exists() else []
    told.unlink(missing_ok=True)
    new = [_kept(ended, line["wrong"], found / line["name"], findings) for line in lines]
    code = ended.process.exitcode
    if code == 0:
        return new
    ended.deaths += 1
    left = sorted(found.iterdir()) if found.exists() else []
    if not left:
        said = (ended.folder / child.SAID).read_text(errors="replace")[-2_000:]
        raise SystemExit(f"the process that tries {ended.target.name} ends by itself: {code}\n{said}")
    wrong = "no end" if code == HANG else "the process ended"
    return new + [_kept(ended, wrong, path, findings) for path in left]


def _kept(ended: _Try, wrong: str, path: Path, findings: Path) -> Finding:
    findings.mkdir(parents=True, exist_ok=True)
    kept = findings / f"{ended.target.name}-{path.name}"
    shutil.move(path, kept)
    return Finding(ended.target.name, wrong, kept, is_hang=wrong == "no end")


def again(target: Target, data: bytes, folder: Path, hang_seconds: int) -> Mapping[str, str | None]:
    """Try one input in a process of its own; what was wrong, or nothing."""
    ours, theirs = FORKED.Pipe(duplex=False)
    process = FORKED.Process(target=_once, args=(target, data, folder, theirs))
    process.start()
    theirs.close()
    process.join(hang_seconds)
    if process.is_alive():
        process.kill()
        process.join()
        return {"wrong": "no end"}
    try:
        return {"wrong": ours.recv()}
    except EOFError:
        return {"wrong": "the process ended"}


def _once(target: Target, data: bytes, folder: Path, pipe: Any) -> None:
    tried(target, target.seeds()[0], folder)
    child.limit_memory()
    pipe.send(tried(target, data, folder).wrong)
