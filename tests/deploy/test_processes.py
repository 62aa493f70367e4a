"""Children are started, found again and ended by pid and creation time; real processes throughout."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped,unused-ignore]
import pytest

from deploy import processes
from deploy.processes import ProcessError, Started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
SLEEPS = "import time; print('ready', flush=True); time.sleep(60)"
HARD_OF_HEARING = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Started]]:
    """Start Python code as a child, wait until it is ready, and end it after the test."""
    begun: list[Started] = []

    def start_code(code: str, role: str = "worker", record: Path | None = None) -> Started:
        log = tmp_path / f"{role}.log"
        started = processes.start(role, [sys.executable, "-c", code], {}, log, record=record)
        begun.append(started)
        wait_for(lambda: "ready" in log.read_text())
        return started

    yield start_code
    processes.kill(begun)


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_a_child_runs_in_a_session_of_its_own_and_ends_by_sigterm(start: Callable[..., Started]) -> None:
    child = start(SLEEPS)

    assert os.getsid(child.pid) == child.pid
    assert processes.is_running(child)
    assert processes.end([child], timeout_seconds=10) == []
    assert not processes.is_running(child)
    assert processes.exit_code(child) == -15


def test_a_child_that_ignores_sigterm_is_killed_after_the_timeout(start: Callable[..., Started]) -> None:
    deaf, willing = start(HARD_OF_HEARING, "deaf"), start(SLEEPS, "willing")

    assert processes.end([deaf, willing], timeout_seconds=0.3) == [deaf]
    assert not processes.is_running(deaf)
    assert processes.exit_code(deaf) == -9


def test_a_process_under_a_recycled_pid_is_left_alone(start: Callable[..., Started], tmp_path: Path) -> None:
    child = start(SLEEPS)
    former_owner_of_the_pid = replace(child, created=child.created - 3600)
    record = tmp_path / "record.json"
    processes.remember(record, former_owner_of_the_pid)

    assert processes.find_left_running(record) == []
    assert processes.end([former_owner_of_the_pid], timeout_seconds=0) == []
    processes.kill([former_owner_of_the_pid])
    assert processes.is_running(child)


def test_children_of_a_dead_supervisor_are_found_and_ended(tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    code = f"""
import os, pathlib, sys
from deploy import processes
start = lambda role: processes.start(role, ["/bin/sleep", "60"], {{}}, pathlib.Path({str(tmp_path)!r}) / role,
    record=pathlib.Path({str(record)!r}))
start("first"), start("second")
os.kill(os.getpid(), 9)
"""
    supervisor = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    left = processes.find_left_running(record)

    assert supervisor.returncode == -9
    assert [started.role for started in left] == ["first", "second"]
    assert processes.end(left, timeout_seconds=10) == []
    assert processes.find_left_running(record) == []
    assert not any(psutil.pid_exists(started.pid) and processes.is_running(started) for started in left)


def test_a_child_that_ended_by_itself_is_no_zombie_that_counts_as_running(start: Callable[..., Started]) -> None:
    child = start("print('ready', flush=True); raise SystemExit(3)")

    assert processes.wait([child], timeout_seconds=10) == []
    assert processes.exit_code(child) == 3
    assert processes.end([child]) == []


def test_the_record_forgets_what_ended_and_what_it_is_told_to(start: Callable[..., Started], tmp_path: Path) -> None:
    record = tmp_path / "deep" / "record.json"
    first, second = start(SLEEPS, "first", record), start(SLEEPS, "second", record)
    processes.end([first])
    third = start(SLEEPS, "third", record)

    assert processes.read_record(record) == [second, third]
    processes.forget(record, [third])
    assert processes.read_record(record) == [second]


@pytest.mark.parametrize("content", ["", "{", "[1]", '[{"pid": 1}]', "3"])
def test_a_damaged_record_is_named_in_one_line(tmp_path: Path, content: str) -> None:
    record = tmp_path / "record.json"
    record.write_text(content)

    with pytest.raises(ProcessError, match=r"cannot read .*record\.json") as caught:
        processes.find_left_running(record)
    assert "\n" not in str(caught.value)


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProcessError, match="cannot start worker: No such file or directory: /no/such/program"):
        processes.start("worker", ["/no/such/program"], {}, tmp_path / "worker.log")


def test_logs_rotate_at_start_and_three_old_ones_stay(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    for number in range(6):
        child = processes.start("worker", ["/bin/echo", str(number)], {}, log)
        processes.wait([child], timeout_seconds=10)

    kept = {path.name: path.read_text().strip() for path in tmp_path.iterdir()}
    assert kept == {"worker.log": "5", "worker.log.1": "4", "worker.log.2": "3", "worker.log.3": "2"}


def test_two_supervisors_of_one_directory_exclude_each_other(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with processes.only_one(lock):
        with pytest.raises(ProcessError, match=f"{tmp_path} is in use by process {os.getpid()}: stop that one"):
            processes.only_one(lock).__enter__()
        children_do_not_inherit = processes.start("worker", ["/bin/sleep", "60"], {}, tmp_path / "worker.log")
    try:
        with processes.only_one(lock):
            pass
    finally:
        processes.kill([children_do_not_inherit])


def test_the_lock_of_a_killed_supervisor_is_free(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    code = f"""
import os, pathlib
from deploy import processes
held = processes.only_one(pathlib.Path({str(lock)!r}))
held.__enter__()
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)

    with processes.only_one(lock):
        assert lock.read_text() == str(os.getpid())
