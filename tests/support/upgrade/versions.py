"""Versions of Throughline as folders of code: this one and the one before it."""

import io
import os
import re
import subprocess
import sys
import tarfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from schemas_avro.version import VERSION
from streams.errors import ThroughlineError

ROOT = Path(__file__).parents[3]
NOTED = Path(__file__).with_name("previous.toml")
TAG = re.compile(r"v(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True)
class Version:
    """Code of a version."""

    name: str
    root: Path
    """Folder of its packages."""

    def environment(self) -> dict[str, str]:
        """What has a Python take this code, whatever is installed."""
        return {"PYTHONPATH": str(self.root), "PYTHONSAFEPATH": "1"}

    def code(self) -> Path:
        """Where a Python of this environment really takes the code from."""
        asked = [sys.executable, "-c", "import deploy; print(deploy.__path__[0])"]
        env = {**os.environ, **self.environment()}
        return Path(subprocess.run(asked, env=env, capture_output=True, text=True, check=True).stdout.strip()).parent


def present() -> Version:
    """This version."""
    return Version(VERSION, ROOT)


def previous(folder: Path) -> Version:
    """The version before this one, out of the repository's history: a tag's where there is one, else the noted one.

    Raises:
        ThroughlineError: the history does not hold it.
    """
    noted = tomllib.loads(NOTED.read_text(encoding="utf-8"))
    name, commit = _tagged() or (noted["version"], noted["commit"])
    done = _git("archive", "--format=tar", commit)
    if done is None:
        raise ThroughlineError(
            f"this clone does not hold {name} ({commit[:7]}), the version before: `git fetch --unshallow`, then again"
        )
    with tarfile.open(fileobj=io.BytesIO(done)) as archive:
        archive.extractall(folder, filter="data")
    return Version(name, folder)


def _tagged() -> tuple[str, str] | None:
    """Name and commit of the newest tag of another version that this one follows."""
    tags = (_git("tag", "--merged", "HEAD", "--sort=-version:refname") or b"").decode().split()
    names = [tag for tag in tags if TAG.fullmatch(tag) and tag != f"v{VERSION}"]
    return (names[0].removeprefix("v"), names[0]) if names else None


def _git(*words: str) -> bytes | None:
    """What git says; None: it refuses, or there is none."""
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, check=False)
    except OSError:
        return None
    return None if done.returncode else done.stdout
