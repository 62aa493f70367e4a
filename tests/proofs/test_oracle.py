"""Histories held against the oracle as a command, ``make oracle``: what it says, and what it finds."""

import json
import sys

import pytest
from support import history_broker
from support.histories import Act, history
from support.history_bugs import BUGS
from support.history_checks import first_wrong

from tests.proofs.scripts import script

oracle = script("oracle")
LEAKING = 18
"""Seed of a history in which somebody takes consent back."""


def test_the_command_finds_no_leak_and_nothing_wrongly_withheld(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["oracle.py", "--histories", "150", "--seed", "0", "--processes", "1"])
    assert oracle.main() == 0
    told = {"histories": 150, "leaks": 0, "wrongly_withheld": 0, "disagreements": 0, "seed": 0}
    said = capsys.readouterr()
    assert json.loads(said.out) == told
    assert "rows then" in said.err


@pytest.mark.broker
def test_on_a_real_broker_the_worker_agrees_with_the_oracle_too(
    broker: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("THROUGHLINE_BOOTSTRAP", broker)
    monkeypatch.setattr(sys, "argv", ["oracle.py", "--broker", "5", "--seed", "0", "--processes", "1"])
    assert oracle.main() == 0
    told = {"histories": 5, "leaks": 0, "wrongly_withheld": 0, "disagreements": 0, "seed": 0}
    said = capsys.readouterr()
    assert json.loads(said.out) == told
    commits = int(said.err.splitlines()[-1].partition(" ")[0].replace(",", ""))
    assert commits > 5


@pytest.mark.broker
def test_a_bug_that_is_planted_is_found_on_a_real_broker(broker: str) -> None:
    with BUGS["a withdrawal is ignored"]():
        assert history_broker.run([LEAKING], broker).leaks == 1


def test_the_history_of_a_seed_is_the_same_in_every_run() -> None:
    assert history(7) == history(7)
    assert history(7) != history(8)


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_that_is_planted_is_found(bug: str) -> None:
    with BUGS[bug]():
        assert first_wrong(range(500)) is not None


def test_a_failure_says_its_seed_and_the_few_acts_that_bring_it_about(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["oracle.py", "--histories", "1", "--seed", str(LEAKING), "--processes", "1"])
    with BUGS["a withdrawal is ignored"]():
        assert oracle.main() == 1
    said = capsys.readouterr()
    assert json.loads(said.out) == {
        "histories": 1,
        "leaks": 1,
        "wrongly_withheld": 0,
        "disagreements": 1,
        "seed": LEAKING,
    }
    lines = said.err.splitlines()
    assert lines[0] == f"seed {LEAKING}: leaks"
    acts = lines[1 : lines.index(f"again: make oracle HISTORIES=1 SEED={LEAKING}")]
    assert len(acts) < len(history(LEAKING)) / 2
    assert any("event_state=withdrawn" in act for act in acts)


def test_an_act_prints_its_kind_and_its_words() -> None:
    assert str(Act("move", {"record": "aid", "to": "q", "why": None})) == "move record=aid to=q"
