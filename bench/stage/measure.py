"""One engine over one topic: its process is started, watched from outside, ended, and what it made is checked."""

import os
import statistics
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.stage import columns, topics

LOOK_SECONDS = 0.1
STILL_SECONDS = 180.0
"""An engine that commits nothing for so long has stopped."""
END_SECONDS = 30.0
MEASURED_SECONDS = 1.0
"""In less, the clock of a process's CPU, which ticks every 10 ms, and the looks from outside are too coarse."""
MICROS = 1_000_000
ROOT = Path(__file__).parents[2]


class WrongOutputError(Exception):
    """What an engine made is not what the job makes of the input."""


@dataclass(frozen=True)
class Work:
    """What an engine is given."""

    bootstrap: str
    name: str
    """Group, transactional id and application."""
    source: str
    target: str
    folder: Path
    events: int
    """Whose time counts; they come after those that warm it up."""
    warm_up: int

    @property
    def total(self) -> int:
        """Events in the source."""
        return self.warm_up + self.events


@dataclass(frozen=True)
class Figures:
    """Of one run."""

    cpu_us_per_event: float
    events_per_second: float


@dataclass(frozen=True)
class _Look:
    done: int
    cpu: float
    at: float


def run(work: Work, command: Sequence[str]) -> Figures | None:
    """Let an engine do its work; the figures, once its output was found right. None: it was too quick to be measured.

    Raises:
        RuntimeError: it ended by itself or stood still.
        WrongOutputError: its output is not the job's.
    """
    topics.make(work.bootstrap, work.target)
    work.folder.mkdir(parents=True)
    log = work.folder / "log.txt"
    with log.open("wb") as said:
        process = psutil.Popen(
            list(command), cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=said, stderr=said
        )
        try:
            with closing(topics.Progress(work.bootstrap, work.name, work.source)) as progress:
                figures = _watched(work, process, progress)
        except RuntimeError as error:
            raise RuntimeError(f"{error}; {log} ends with: {_last_line(log)}") from error
        finally:
            _end(process)
    check(work)
    topics.remove(work.bootstrap, work.target)
    return figures


def _watched(work: Work, process: psutil.Popen, progress: topics.Progress) -> Figures | None:
    """CPU and time from the first look that finds it warm to the first that finds it done."""
    first = last = _look(progress, process)
    moved_at = time.monotonic()
    while last.done < work.total:
        time.sleep(LOOK_SECONDS)
        look = _look(progress, process)
        moved_at = look.at if look.done > last.done else moved_at
        if look.at - moved_at > STILL_SECONDS:
            raise RuntimeError(f"it stands still at {look.done} of {work.total} events")
        first = look if first.done < work.warm_up else first
        last = look
    count = last.done - first.done
    if not count or last.at - first.at < MEASURED_SECONDS:
        return None
    return Figures((last.cpu - first.cpu) / count * MICROS, count / (last.at - first.at))


def _look(progress: topics.Progress, process: psutil.Popen) -> _Look:
    done = progress.done()
    if process.poll() is not None:
        raise RuntimeError(f"it ended with {process.returncode}")
    used = process.cpu_times()
    return _Look(done, used.user + used.system, time.monotonic())


def _end(process: psutil.Popen) -> None:
    """By SIGTERM; who does not heed it, by SIGKILL."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except (psutil.TimeoutExpired, subprocess.TimeoutExpired):
            process.kill()
            process.wait()


def check(work: Work) -> None:
    """Compare what an engine made, event by event, with what the job makes of the input.

    Raises:
        WrongOutputError: it is not the same.
    """
    made, wanted = topics.made(work.bootstrap, work.target), columns.expected(work.total)
    if made.num_rows != wanted.num_rows:
        raise WrongOutputError(f"{work.name} made {made.num_rows} of {wanted.num_rows} events")
    if not made.equals(wanted):
        raise WrongOutputError(f"{work.name} made other events than the job makes of the input")


def median(runs: Sequence[Figures]) -> Figures:
    """Of each figure."""
    return Figures(
        statistics.median(run.cpu_us_per_event for run in runs),
        statistics.median(run.events_per_second for run in runs),
    )


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "(nothing)"
