"""What is generated is what is committed, and generating again changes nothing that stands."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas_avro import generate

PACKAGE = Path(generate.__file__).parent
EVERY: list[dict[str, Any]] = json.loads((PACKAGE / "catalog.json").read_text())
ROWS = generate.newest(EVERY)


def test_the_generator_writes_the_committed_files(tmp_path: Path) -> None:
    """Run as ``make schemas`` runs it, on a copy; a difference means that someone forgot to."""
    copy = tmp_path / "schemas_avro"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "models.py").write_text("")
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "schemas_avro.generate"]
    subprocess.run(command, cwd=tmp_path, env=env, check=True, timeout=60)
    written = {name: (copy / name).read_text() for name in ("catalog.json", "models.py")}
    assert written == {name: (PACKAGE / name).read_text() for name in written}


def test_an_event_of_every_kind_has_a_subject() -> None:
    assert {row["subject"] for row in EVERY} == set(generate.subjects())
    assert len(generate.subjects()) == len(set(generate.subjects()))


@given(st.permutations(ROWS), st.integers(0, len(ROWS)))
def test_lines_that_stand_are_kept_and_new_subjects_get_ids_that_no_one_had(
    shuffled: list[dict[str, Any]], standing: int
) -> None:
    """Whichever schemas there were before."""
    before = shuffled[:standing]
    after = generate.extended(before)
    assert [row for row in before if row not in after] == []
    assert len({row["id"] for row in after}) == len({row["subject"] for row in after}) == len(ROWS)
    assert [row["id"] for row in after] == sorted(row["id"] for row in after)


def test_a_subject_that_is_called_for_no_more_keeps_its_id() -> None:
    gone = {"id": 399, "subject": "internal.forgotten.v1"}
    assert generate.extended([*ROWS, gone]) == sorted([*ROWS, gone], key=lambda row: int(row["id"]))


def test_a_new_subject_gets_the_id_after_the_highest_of_its_kind() -> None:
    less = [row for row in ROWS if row["subject"] != "internal.records_moved.v1"]
    [added] = [row for row in generate.extended(less) if row not in less]
    assert added == {
        "id": max(row["id"] for row in ROWS if row["subject"].startswith("internal.")) + 1,
        "subject": "internal.records_moved.v1",
    }


def generated(copy: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """``make schemas``, in a copy of the package."""
    env = {**os.environ, "PYTHONPATH": str(copy.parent)}
    command = [sys.executable, "-m", "schemas_avro.generate", *words]
    return subprocess.run(command, cwd=copy.parent, env=env, check=False, timeout=60, capture_output=True, text=True)


def test_a_changed_file_makes_a_version_where_the_one_before_was_kept_and_only_of_what_changed(tmp_path: Path) -> None:
    copy = tmp_path / "schemas_avro"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    assert generated(copy, "employment").returncode == 0
    file = copy / "families" / "employment.avsc"
    schema = json.loads(file.read_text())
    told = {"type": ["null", "int"], "default": None, "doc": "One.", "classification": "wage"}
    schema["fields"].append({"name": "one_more", "group": "earnings", **told})
    file.write_text(json.dumps(schema))
    assert generated(copy).returncode == 0
    new = [row for row in json.loads((copy / "catalog.json").read_text()) if row not in EVERY]
    assert [(row["subject"], row["version"]) for row in new] == [
        ("partner.employment.v1", 2), ("body.employment.v1", 2),
        ("released.employment.v1.core-earnings", 2), ("released.employment.v1.core-earnings-employer", 2),
    ]  # fmt: skip
    older = {row["id"] for row in EVERY if row["subject"] in {one["subject"] for one in new}}
    before = {int(path.stem) for path in (PACKAGE / "history").glob("*.avsc")}
    assert {int(path.stem) for path in (copy / "history").glob("*.avsc")} == before | older
    assert all(json.loads((copy / "history" / f"{id_}.avsc").read_text()) for id_ in older)


def test_what_there_is_no_file_of_is_not_kept(tmp_path: Path) -> None:
    copy = tmp_path / "schemas_avro"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    done = generated(copy, "nothing")
    assert (done.returncode, done.stderr) == (1, "nothing is no family, no internal schema and not the envelope\n")
