"""Child processes: started, remembered on disk, found again, ended. Knows nothing of what they do."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING, Any

import psutil  # type: ignore[import-untyped,unused-ignore]

from streams.errors import ThroughlineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

OLD_LOGS_KEPT = 3
# Two readings of one process's creation differ by the clock's ticks; a pid does not come round again so soon.
CREATED_TOLERANCE_SECONDS = 1.0
KILL_WAIT_SECONDS = 10.0
POLL_SECONDS = 0.02


class ProcessError(ThroughlineError):
    """A process cannot be started, found or ended as asked; the message is one line with the remedy."""


@dataclass(frozen=True, slots=True)
class Started:
    """One process, known by pid and creation time together, so that a recycled pid is never mistaken for it."""

    role: str
    pid: int
    created: float
    """Seconds since the epoch, as psutil tells it."""


# Our own children must be reaped, or a dead one stays visible as a zombie that answers to its pid.
_children: dict[Started, subprocess.Popen[bytes]] = {}


def start(
    role: str,
    argv: Sequence[str],
    env: Mapping[str, str],
    log_path: Path,
    *,
    record: Path | None = None,
) -> Started:
    """Start a child in a session of its own, its output in `log_path` (rotated first), and note it in `record`.

    `env` is the child's whole environment. Its own session keeps the terminal's Ctrl-C for the supervisor, which
    then ends its children in order. Raises ProcessError where the program cannot be run.
    """
    rotate(log_path)
    with log_path.open("wb") as log:
        child = _spawn(role, argv, env, log)
    started = Started(role, child.pid, _created(child.pid))
    _children[started] = child
    if record is not None:
        remember(record, started)
    return started


def _spawn(role: str, argv: Sequence[str], env: Mapping[str, str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            argv,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise ProcessError(f"cannot start {role}: {error.strerror}: {argv[0]}") from error


def of_pid(role: str, pid: int) -> Started | None:
    """A process that somebody else started, by its pid; None: it is gone."""
    try:
        return Started(role, pid, float(psutil.Process(pid).create_time()))
    except psutil.NoSuchProcess:
        return None


def _created(pid: int) -> float:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:  # it is gone already; the caller sees that by is_running
        return time.time()


def rotate(log_path: Path, keep: int = OLD_LOGS_KEPT) -> None:
    """Move `x.log` to `x.log.1`, that to `x.log.2` and so on, and keep `keep` old files; make the folder."""
    log_path.parent.mkdir(parents=True, exist_ok=True)
    names = [log_path, *(log_path.with_name(f"{log_path.name}.{number}") for number in range(1, keep + 1))]
    for newer, older in reversed(list(itertools.pairwise(names))):
        if newer.exists():
            newer.replace(older)


def is_running(started: Started) -> bool:
    """Tell whether this very process still runs; a zombie does not, nor another process under its pid."""
    return _find(started) is not None


def _find(started: Started) -> psutil.Process | None:
    try:
        if started in _children:  # not reaped yet, so the pid is still its own
            return psutil.Process(started.pid) if exit_code(started) is None else None
        process = psutil.Process(started.pid)
        same = abs(process.create_time() - started.created) < CREATED_TOLERANCE_SECONDS
        return process if same and not _is_zombie(process) else None
    except psutil.Error:  # gone, or not ours to look at
        return None


def _is_zombie(process: psutil.Process) -> bool:
    # A killed process counts as a zombie while its last threads still hold its ports and locks: that is not gone yet.
    return bool(process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1)


def exit_code(started: Started) -> int | None:
    """Return the exit code of a child of this process (negative: the signal that ended it), else None."""
    child = _children.get(started)
    return None if child is None else child.poll()


def read_record(record: Path) -> list[Started]:
    """Return every process that the record names, running or not; a missing file names none.

    Raises ProcessError where the file is not a record.
    """
    try:
        return [Started(**entry) for entry in json.loads(record.read_bytes())]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError) as error:
        raise ProcessError(f"cannot read {record} ({error}): see what still runs, then delete it") from error


def remember(record: Path, started: Started) -> None:
    """Add a process to the record; those that no longer run leave it."""
    _write_record(record, [*find_left_running(record), started])


def forget(record: Path, processes: Iterable[Started]) -> None:
    """Take processes out of the record."""
    gone = set(processes)
    _write_record(record, [started for started in read_record(record) if started not in gone])


def _write_record(record: Path, processes: list[Started]) -> None:
    replace_json(record, [asdict(started) for started in processes])


def replace_json(path: Path, content: Any) -> None:
    """Write `content` as JSON so that a crash leaves the old file or the new one, never half of either."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    with new.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def find_left_running(record: Path) -> list[Started]:
    """Return those of the record's processes that run now, in the order of their start.

    Raises ProcessError where the file is not a record.
    """
    return [started for started in read_record(record) if is_running(started)]


def end(processes: Iterable[Started], timeout_seconds: float = 10.0) -> list[Started]:
    """End processes by SIGTERM, and after `timeout_seconds` by SIGKILL; return those that needed the second.

    All are asked at once and share the time. Raises ProcessError where one may not be signalled or outlives SIGKILL.
    """
    asked = list(processes)
    ask_to_end(asked)
    stubborn = wait(asked, timeout_seconds)
    kill(stubborn)
    return stubborn


def ask_to_end(processes: Iterable[Started]) -> None:
    """Send SIGTERM to all of them, and wait for none. Raises ProcessError where one may not be signalled."""
    _signal(processes, signal.SIGTERM)


def kill(processes: Iterable[Started]) -> None:
    """End processes by SIGKILL at once and wait until they are gone. Raises ProcessError as `end` does."""
    doomed = list(processes)
    _signal(doomed, signal.SIGKILL)
    if left := wait(doomed, KILL_WAIT_SECONDS):
        names = ", ".join(f"{started.role} (process {started.pid})" for started in left)
        raise ProcessError(f"still there after SIGKILL: {names}; the system may be waiting for its disk")


def _signal(processes: Iterable[Started], number: signal.Signals) -> None:
    for started in processes:
        try:
            if process := _find(started):
                process.send_signal(number)
        except psutil.NoSuchProcess:
            continue
        except psutil.AccessDenied as error:
            raise ProcessError(f"{started.role} (process {started.pid}) belongs to another user") from error


def wait(processes: Iterable[Started], timeout_seconds: float) -> list[Started]:
    """Wait until all have ended, at most `timeout_seconds`; return those that still run."""
    deadline = time.monotonic() + timeout_seconds
    running = [started for started in processes if is_running(started)]
    while running and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        running = [started for started in running if is_running(started)]
    return running


@contextmanager
def only_one(lock_path: Path, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold `lock_path` for one process at a time; the system lets go of it when the holder dies, however it dies.

    Raises ProcessError naming the holder when it is held for longer than `wait_seconds`.
    """
    lock_path.parent.mkdir(parents=True, exist_ok=True)
    # The file stays when the lock goes: deleting it would let two newcomers lock two files of one name.
    with lock_path.open("a+", encoding="utf-8") as file:
        _lock(file, lock_path, time.monotonic() + wait_seconds)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _lock(file: IO[str], lock_path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                file.seek(0)
                holder = file.read().strip() or "unknown"
                raise ProcessError(
                    f"{lock_path.parent} is in use by process {holder}: stop that one, or choose another directory",
                ) from error
            time.sleep(POLL_SECONDS)
        else:
            return
