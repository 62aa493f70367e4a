"""The users' pages, run: every command and program of theirs, in order, against one stack that is at work."""

import os
import re
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from support.commands import environment
from support.pages import ROOT, Block, blocks_of, not_run_by
from support.terminal import Terminal

from deploy import cli, demo_run, processes
from deploy.commands.demo import MANAGERS
from deploy.commands.status import look
from deploy.ledger import LiveLedger
from deploy.population import generate
from deploy.stack import SERVE, WORKERS, Stack
from partners.client import Publisher
from partners.formats import Code
from streams.settings import PREFIX, Settings

PAGES = ("README.md", "docs/send-events.md", "docs/work-a-caseload.md", "docs/keep-it-running.md")
PEOPLE, SEED = 60, 7
WELL_SECONDS = 60


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything at work, as in the demo, and a small population published and decided."""
    folder = tmp_path_factory.mktemp("stack")
    made = generate(PEOPLE, SEED, decided_on=datetime.now(UTC).date())
    chosen = Settings(data_dir=folder, signals_file=folder / "signals.toml", portal_port=0, broker="native")
    users = [f'[[users]]\nid = "{i}"\nname = "{n}"\nrecipient = "{r}"\n' for i, (n, r) in MANAGERS.items()]
    chosen.users.write_text("\n".join(users), encoding="utf-8")
    chosen.calendar.write_text(made.deadlines.to_toml(), encoding="utf-8")
    with Stack(chosen) as started:
        ledger = LiveLedger(started.bootstrap)
        with Publisher(started.bootstrap, demo_run.PARTNER) as publisher:
            for phase in ("history", "changes"):
                demo_run.run_phase(started, publisher, ledger, made.phases[phase], lambda _: None)
        ledger.close()
        wait_until_well(started)
        yield started


def wait_until_well(stack: Stack) -> None:
    """Wait until every process is there and at work."""
    stack.wait_for_portal()
    deadline = time.monotonic() + WELL_SECONDS
    while problems := look(stack.data_dir, stack.bootstrap).problems:
        assert time.monotonic() < deadline, problems


@pytest.fixture
def terminal(stack: Stack, tmp_path: Path) -> Iterator[Terminal]:
    """In a folder that looks like a checkout whose demo is running; what a page ends is started again after it."""
    programs = Path(sys.executable).parent
    (tmp_path / ".venv").symlink_to(programs.parent)
    (tmp_path / ".throughline").symlink_to(stack.data_dir)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    made = Terminal(
        tmp_path,
        environment(Path(".throughline"), PATH=path, PYTHONPATH=str(ROOT), COLUMNS="160", THROUGHLINE_PORTAL_PORT="0"),
    )
    yield made
    made.close()
    for role in (*WORKERS, SERVE):
        if not processes.is_running(stack.running[role]):
            stack.start(role)
    wait_until_well(stack)


def page(name: str) -> list[Block]:
    """Blocks of a page."""
    return blocks_of((ROOT / name).read_text(encoding="utf-8"))


@pytest.mark.broker
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", PAGES)
def test_every_command_and_program_of_a_page_does_what_the_page_shows(terminal: Terminal, name: str) -> None:
    for block in page(name):
        if not block.marked("run by") and not block.is_out_of_reach:
            assert terminal.run(block) == [], f"{name}, block of line {block.line}"


@pytest.mark.parametrize("name", PAGES)
def test_what_cannot_run_here_is_run_by_the_proof_that_the_page_names(name: str) -> None:
    for block in page(name):
        if block.marked("run by"):
            assert not_run_by(block) == [], f"{name}, block of line {block.line}"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_block_that_nobody_runs(name: str) -> None:
    idle = [b.line for b in page(name) if b.language not in {"console", "python"} and not b.marked("file")]
    assert idle == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_names_only_files_commands_and_settings_that_there_are(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    folders = "docs|streams|processors|schemas_avro|sinks|partners|portal|deploy|tests|bench"
    assert [path for path in re.findall(rf"`((?:{folders})/[^`<* ]*)`", text) if not (ROOT / path).exists()] == []
    commands = typer.main.get_command(cli.app_of()).commands  # type: ignore[attr-defined]
    assert set(re.findall(r"throughline ([a-z][a-z-]+)", text)) <= commands.keys()
    settings = {f"{PREFIX}{field.upper()}" for field in Settings.model_fields}
    assert set(re.findall(r"THROUGHLINE_[A-Z_]*[A-Z]", text)) <= settings


def test_the_senders_page_says_what_to_do_about_every_code_of_a_row() -> None:
    text = (ROOT / "docs/send-events.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.+?) \|", text.split("## What a rejected row means")[1].split("\n## ")[0], re.MULTILINE)
    told = {code for row in rows for code in re.findall("`([a-z_]+)`", row)}
    assert told == {code.value for code in Code}


def test_the_operators_page_says_what_to_do_about_every_alert() -> None:
    rules = re.findall(r"alert: (\w+)", (ROOT / "deploy/prometheus/alerts.yml").read_text(encoding="utf-8"))
    told = re.findall(r"^\| `(Throughline\w+)` \|", (ROOT / "docs/keep-it-running.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(told) == sorted(rules)


@pytest.mark.parametrize("name", PAGES)
def test_blocks_that_need_more_packages_have_run(name: str) -> None:
    if left := [block.marked("needs") for block in page(name) if block.is_out_of_reach]:
        pytest.skip(f"not installed here: {', '.join(map(str, left))}")
