"""Fuzzing in its short form, about a minute of it; and that each kind of broken parser is found."""

import json
import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.commands import of_tests
from support.fuzzing.targets import targets

from tests.proofs.scripts import script

fuzz = script("fuzz")
MINUTES, HANG_SECONDS = 1.0, 2
INPUTS = re.compile(r"^ +(\w+) +(\d+) inputs", re.MULTILINE)
FOUND = re.compile(r"^(\w+): (.*); again: --replay (.*)$", re.MULTILINE)
pytestmark = pytest.mark.skipif(
    (platform.system(), platform.machine()) != ("Linux", "x86_64"), reason="atheris has no wheel for this machine"
)


@dataclass(frozen=True)
class Ran:
    """The script, run to its end."""

    code: int
    document: dict[str, object]
    found: set[tuple[str, str]]
    """Target and what was wrong."""
    names: dict[str, str]
    """For a replay, one of each target."""
    inputs: dict[str, int]
    """How many each target was tried with."""


def ran(*words: object) -> Ran:
    """Run the script."""
    argv = [sys.executable, fuzz.__file__, *map(str, words)]
    done = subprocess.run(argv, env=of_tests(), capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    found = FOUND.findall(done.stderr)
    told = {(target, wrong) for target, wrong, _ in found}
    inputs = {target: int(count) for target, count in INPUTS.findall(done.stderr)}
    document = json.loads(done.stdout.splitlines()[-1])
    return Ran(done.returncode, document, told, {target: name for target, _, name in found}, inputs)


def planted(findings: Path, *names: str, seconds: float = 3) -> Ran:
    """Parsers that are broken on purpose, for some seconds each."""
    targets_ = [f"planted_{name}" for name in names]
    minutes = seconds * len(names) / 60
    return ran(
        "--only", *targets_, "--minutes", minutes, "--processes", 1, "--hang-seconds", HANG_SECONDS,
        "--findings", findings,
    )  # fmt: skip


def test_every_parser_stands_a_minute_of_hostile_bytes(tmp_path: Path) -> None:
    done = ran("--minutes", MINUTES, "--processes", 2, "--findings", tmp_path / "found")
    assert {**done.document, "inputs": 0} == {"inputs": 0, "crashes": 0, "hangs": 0, "targets": len(targets())}
    assert done.code == 0
    assert not (tmp_path / "found").exists()


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("crash", r"LookupError at planted\.py:\d+ _crash"),
        ("leak", "a value is told"),
        ("hunger", r"MemoryError at planted\.py:\d+ _hunger"),
        ("death", "the process ended"),
        ("hang", "no end"),
        ("deep", r"LookupError at planted\.py:\d+ _deep"),
    ],
)
def test_a_parser_that_is_broken_is_found_and_the_input_is_kept_to_be_tried_again(
    tmp_path: Path, name: str, wrong: str
) -> None:
    done = planted(tmp_path / "found", name)
    assert done.code == 1
    assert bool(done.document["hangs"]) == (name == "hang")
    assert all(re.fullmatch(wrong, told) for _, told in done.found)
    again = ran("--replay", done.names[f"planted_{name}"], "--hang-seconds", HANG_SECONDS)
    assert again.code == 1
    assert re.fullmatch(wrong, str(again.document["wrong"]))


def test_after_a_death_the_other_targets_are_tried_too(tmp_path: Path) -> None:
    done = planted(tmp_path / "found", "death", "sound")
    assert {target for target, _ in done.found} == {"planted_death"}
    assert done.inputs["planted_sound"] > 1


def test_an_error_that_a_parser_declares_is_no_crash(tmp_path: Path) -> None:
    done = planted(tmp_path / "found", "sound", seconds=1)
    assert (done.code, done.found) == (0, set())
    assert done.inputs["planted_sound"] > 1


def test_an_input_that_a_parser_stands_is_replayed_as_sound(tmp_path: Path) -> None:
    (tmp_path / "input").write_bytes(b"no number")
    again = ran("--replay", f"planted_sound:{tmp_path / 'input'}")
    assert (again.code, again.document) == (0, {"wrong": None})


def test_a_target_that_there_is_not_is_refused() -> None:
    argv = [sys.executable, fuzz.__file__, "--replay", "nothing:input"]
    done = subprocess.run(argv, env=of_tests(), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no target is called nothing; there are agreement, " in done.stderr


def test_figures_without_inputs_prove_nothing() -> None:
    assert not fuzz.is_sound({"inputs": 0, "crashes": 0, "hangs": 0})
    assert fuzz.is_sound({"inputs": 1, "crashes": 0, "hangs": 0})
