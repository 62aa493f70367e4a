"""The simulation as a command: ``make simulate``, and what it says of a failure."""

import json
import sys

import pytest
from simulation.bugs import BUGS
from simulation.checker import KINDS
from simulation.parts import small
from simulation.run import Tally, one

from tests.proofs.scripts import script

simulate = script("simulate")


def test_the_command_finds_nothing_wrong_and_every_planted_bug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["simulate.py", "--schedules", "100", "--seed", "800"])
    assert simulate.main() == 0
    told = {"schedules": 100, "lost": 0, "duplicated": 0, "stale": 0, "leaked": 0, "seed": 800}
    assert json.loads(capsys.readouterr().out) == {**told, "planted_bugs_found": "11/11"}


def test_a_failure_says_its_seed_what_is_wrong_and_each_step() -> None:
    with BUGS["step 4"](), small():
        failure = next(found for seed in range(50) if (found := one(seed)) is not None)
    lines = str(failure).splitlines()
    assert lines[0] == f"seed {failure.seed}"
    assert any(line.startswith(tuple(f"  {kind}: " for kind in KINDS)) for line in lines)
    assert len(lines) - lines.index("steps:") - 1 == len(failure.trace)
    tally = Tally()
    tally.add(failure)
    assert tally.schedules == 1
    assert tally.wrong == {kind: int(bool(getattr(failure.found, kind))) for kind in KINDS}
