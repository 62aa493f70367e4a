"""Setting up: what goes wrong on a first run is one line with the remedy, and half of an environment is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NO_SUCH = "orjson==3.13.0 --hash=sha256:" + "0" * 64 + "\n"


def setup(folder: Path, python: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run deploy/setup.sh in a folder, with a requirements file that names one package."""
    shutil.copytree(ROOT / "deploy", folder / "deploy", dirs_exist_ok=True)
    (folder / "lock.txt").write_text(NO_SUCH)
    command = ["sh", "deploy/setup.sh", "lock.txt"]
    cleared = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return subprocess.run(
        command,
        cwd=folder,
        env={**cleared, "PYTHON": python, **env},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def a_python_that_says(folder: Path, version: str, code: int = 0) -> str:
    program = folder / "python-like"
    program.write_text(f"#!/bin/sh\necho {version}\nexit {code}\n")
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize("version", ["3.10", "3.14", "2.7"])
def test_another_python_is_refused_with_those_that_work(tmp_path: Path, version: str) -> None:
    done = setup(tmp_path, a_python_that_says(tmp_path, version))
    assert done.returncode == 2
    assert f"is Python {version}; 3.11, 3.12 or 3.13 is needed" in done.stderr


def test_no_python_at_all_is_said(tmp_path: Path) -> None:
    done = setup(tmp_path, "")
    assert done.returncode == 2
    assert "no Python 3.11, 3.12 or 3.13 found" in done.stderr


def test_a_python_that_does_not_run_is_said(tmp_path: Path) -> None:
    done = setup(tmp_path, a_python_that_says(tmp_path, "", code=127))
    assert done.returncode == 2
    assert "does not run" in done.stderr


def test_a_half_made_environment_is_made_anew_and_an_unreachable_registry_is_said(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "half").write_text("made")
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:1/simple", "PIP_RETRIES": "0", "PIP_NO_CACHE_DIR": "1"}
    done = setup(tmp_path, sys.executable, PIP_CONFIG_FILE=os.devnull, **nowhere)
    assert done.returncode == 2
    assert "half made; making it anew" in done.stdout
    assert not (tmp_path / ".venv" / "half").exists()
    assert done.stderr.strip().startswith("setup: the package registry cannot be reached")
    assert len(done.stderr.strip().split("\n")) == 1


def test_make_alone_lists_what_there_is() -> None:
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert {"make demo", "make test", "make clean"} <= {
        " ".join(line.split()[:2]) for line in done.stdout.split("\n") if line
    }
