"""The live demo: what a killed one left is ended, a second one goes on, Ctrl-C stops everything."""

import contextlib
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from support.commands import environment, throughline

from deploy.commands.demo import MANAGERS, introduced
from deploy.stack import end_left_running

pytestmark = pytest.mark.broker
READY = "New events come in"
READY_SECONDS = 150


@contextlib.contextmanager
def live(data_dir: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A demo that has come up; ended with its children at the latest here."""
    with log.open("wb") as file:
        command = [sys.executable, "-m", "deploy", "demo", "--people", "100"]
        demo = subprocess.Popen(
            command,
            env=environment(data_dir, THROUGHLINE_PORTAL_PORT="0"),
            stdout=file,
            stderr=file,
        )
        try:
            deadline = time.monotonic() + READY_SECONDS
            while READY not in log.read_text() and demo.poll() is None and time.monotonic() < deadline:
                time.sleep(0.1)
            assert READY in log.read_text(), log.read_text()
            yield demo
        finally:
            demo.kill()
            demo.wait()
            end_left_running(data_dir)


def children(data_dir: Path) -> list[int]:
    """Process ids that the data directory has noted and that run."""
    noted = [
        *json.loads((data_dir / "processes.json").read_text()),
        *json.loads((data_dir / "kafka/broker.json").read_text()),
    ]
    return [entry["pid"] for entry in noted if psutil.pid_exists(entry["pid"])]


def test_the_readme_introduces_the_demos_users_as_the_demo_does_by_post_and_organization() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert all(f"\n  {introduced(user_id)}:\n" in readme for user_id in MANAGERS)
    said = [introduced(user_id) for user_id in MANAGERS]
    assert "high school" in said[0]
    assert "college transfer" in said[1]


def test_a_killed_demo_is_cleared_up_and_the_next_one_goes_on_from_what_is_there(tmp_path: Path) -> None:
    data_dir, log = tmp_path / "data", tmp_path / "demo.log"
    with live(data_dir, log) as first:
        assert log.read_text().count("/sign-in?token=") == 2
        assert all(f"  {introduced(user_id)}:\n" in log.read_text() for user_id in MANAGERS)
        first.kill()
        first.wait()
        assert len(children(data_dir)) == 5
        with live(data_dir, tmp_path / "again.log") as second:
            said = (tmp_path / "again.log").read_text()
            assert re.search(r"ended \d+ processes that an earlier run left", said)
            assert "publishing history" not in said
            second.send_signal(signal.SIGINT)
            assert second.wait(60) == 0
            assert children(data_dir) == []
            logs = [path.read_text().splitlines() for path in (data_dir / "logs").glob("*.log")]
            assert [json.loads(lines[-1])["event"] for lines in logs] == ["stopped"] * 4
        done = throughline(data_dir, "clean")
        assert (done.returncode, data_dir.exists()) == (0, False)


def test_a_demo_whose_broker_is_killed_says_so_in_one_line_with_the_remedy(tmp_path: Path) -> None:
    data_dir, log = tmp_path / "data", tmp_path / "demo.log"
    with live(data_dir, log) as demo:
        [broker] = json.loads((data_dir / "kafka/broker.json").read_text())
        psutil.Process(broker["pid"]).kill()
        assert demo.wait(120) == 2
        [line] = [line for line in log.read_text().splitlines() if line.startswith("throughline: ")]
        assert line.startswith("throughline: Kafka has ended, its log is ")
        assert "start again" in line


def test_two_demos_exclude_each_other_with_a_clear_line(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with live(data_dir, tmp_path / "demo.log"):
        done = throughline(data_dir, "demo", "--people", "100")
        assert done.returncode == 2
        assert "is in use by process" in done.stderr


def test_once_prints_the_figures_and_they_equal_the_truth(tmp_path: Path) -> None:
    done = throughline(tmp_path, "demo", "--once", "--people", "200", "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.strip().split("\n")[-1])
    assert figures["unaccounted"] == 0
    assert figures["published"] == figures["carried"] + figures["withheld"] + figures["rejected"]
    assert min(figures[name] for name in ("carried", "withheld", "rejected", "persons", "signals")) > 0
    assert figures["events_per_second"] > 0
    assert 0 < figures["latency_ms"]["p50"] <= figures["latency_ms"]["p99"]
