"""Backup of stores and Kafka: the commands of the operators' page, run as they stand there."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.commands import environment
from support.pages import ROOT, Block, blocks_of, commands_in
from support.terminal import Terminal

from deploy.stack import end_left_running

pytestmark = pytest.mark.broker
COMMANDS = [
    "throughline demo --people 100 >demo.out 2>&1 &",
    "until throughline status >status.out; do sleep 1; done",
    'kill "$!"; wait "$!"',
    "mkdir -m 700 backup",
    "cp -a .throughline/state .throughline/kafka backup",
    "throughline demo --people 100 >demo.out 2>&1 &",
    "until throughline status >status.out; do sleep 1; done",
    'kill "$!"; wait "$!"',
    "mkdir replaced",
    "mv .throughline/state .throughline/kafka .throughline/views replaced",
    "cp -a backup/state backup/kafka .throughline",
    "throughline demo --people 100 >demo.out 2>&1 &",
    "until throughline status >status.out; do sleep 1; done",
    "tail -n 1 status.out",
]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A folder without a demo yet."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    settings = {"PATH": path, "PYTHONPATH": str(ROOT), "THROUGHLINE_PORTAL_PORT": "0"}
    made = Terminal(tmp_path, environment(Path(".throughline"), **settings))
    yield made
    made.close()
    end_left_running(tmp_path / ".throughline")


def block() -> Block:
    """The page's."""
    page = blocks_of((ROOT / "docs" / "keep-it-running.md").read_text(encoding="utf-8"))
    [found] = [one for one in page if one.marked("run by") == "tests/deploy/test_backup.py"]
    return found


def test_stores_and_kafka_are_copied_and_put_back_as_the_page_shows_and_all_is_well(terminal: Terminal) -> None:
    assert [command.text for command in commands_in(block())] == COMMANDS
    wrong = terminal.run(block())
    said = [f"{name}: {(terminal.folder / name).read_text()}" for name in ("demo.out", "status.out")]
    assert wrong == [], said
