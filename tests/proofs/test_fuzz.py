"""Fuzzing in its short form, about a minute of it; and that each kind of broken parser is found."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.commands import of_tests
from support.fuzzing import parent
from support.fuzzing.making import made
from support.fuzzing.noting import Note
from support.fuzzing.targets import targets

from tests.proofs.scripts import script

fuzz = script("fuzz")
CI_SECONDS = 60.0
PROCESSES = 2


def planted(folder: Path, name: str, seconds: float = 1) -> parent.Found:
    """What is found in a parser that is broken on purpose."""
    return parent.fuzz([name], seconds, 1, 1, folder)


def test_every_parser_stands_a_minute_of_hostile_bytes() -> None:
    found = fuzz.prove(sorted(targets()), CI_SECONDS, 0, PROCESSES)
    assert {**found, "inputs": 0} == {"inputs": 0, "crashes": 0, "hangs": 0, "targets": len(targets())}
    assert found["inputs"] > len(targets())


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("planted_crash", "LookupError at"),
        ("planted_leak", "a value is told"),
        ("planted_hunger", "MemoryError at"),
        ("planted_death", "the process ended: SIGSEGV"),
        ("planted_hang", "no end"),
    ],
)
def test_a_parser_that_is_broken_is_found_and_the_input_is_made_again_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, wrong: str
) -> None:
    monkeypatch.setattr(parent, "CPU_SECONDS", 1.0)
    found = planted(tmp_path, name)
    assert found.findings
    assert all(one.wrong.startswith(wrong) for one in found.findings)
    document = fuzz.figures(found, 1)
    assert not fuzz.is_sound(document)
    assert bool(document["hangs"]) == (name == "planted_hang")
    if name != "planted_hang":  # to wait for it again shows nothing more
        words = [sys.executable, fuzz.__file__, "--replay", f"{name}:{found.findings[0].chain}"]
        again = subprocess.run(words, env=of_tests(), capture_output=True, text=True, check=False)
        assert again.returncode == 1
        assert json.loads(again.stdout)["wrong"].startswith(wrong.removesuffix("SIGSEGV"))


def test_after_a_death_the_other_targets_are_tried_too(tmp_path: Path) -> None:
    found = parent.fuzz(["planted_death", "planted_sound"], 2, 1, 1, tmp_path)
    assert {one.target for one in found.findings} == {"planted_death"}
    assert found.inputs["planted_sound"] > 1


def test_an_error_that_a_parser_declares_is_no_crash(tmp_path: Path) -> None:
    found = planted(tmp_path, "planted_sound", 1)
    assert found.findings == []
    assert found.inputs["planted_sound"] > 1


def test_figures_without_inputs_prove_nothing() -> None:
    assert not fuzz.is_sound({"inputs": 0, "crashes": 0, "hangs": 0})
    assert fuzz.is_sound({"inputs": 1, "crashes": 0, "hangs": 0})


def test_the_same_name_is_the_same_input_and_a_seed_is_one() -> None:
    seeds = [b'{"a": 1}', b"a,b\n1,2\n"]
    assert made((1,), seeds) == seeds[1]
    assert len({made((0, 7, 9), seeds) for _ in range(3)}) == 1
    assert len({made((0, number), seeds) for number in range(200)}) > 100


def test_what_is_half_written_of_an_input_is_not_taken_for_it(tmp_path: Path) -> None:
    note = Note(tmp_path / "note")
    note.write("csv", (1, 17), 5)
    seen = note.read()
    assert (seen.target, seen.chain, seen.inputs) == ("csv", (1, 17), 5)
    half = (tmp_path / "note").read_bytes()
    note.write("portal", (2, 99_999), 6)
    whole = (tmp_path / "note").read_bytes()
    for cut in range(1, 40):
        with (tmp_path / "note").open("r+b") as file:
            file.write(whole[:cut] + half[cut:])
        assert note.read() == seen
