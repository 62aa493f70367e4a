"""Workers that have names: of each one runs, whoever started it, and it can be found by its lock."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.checks import locked_by
from streams.errors import ThroughlineError

SUFFIX = ".lock"


def lock_of(data_dir: Path, name: str) -> Path:
    """What a worker holds locked for as long as it runs."""
    return data_dir / "state" / f"{name}{SUFFIX}"


def names(data_dir: Path, role: str) -> list[str]:
    """Workers of a role that run, or have run, over a data directory; those of a stage have names of their own."""
    found = (data_dir / "state").glob(f"*{SUFFIX}")
    return sorted(path.stem for path in found if path.stem == role or path.stem.startswith(f"{role}-"))


@contextmanager
def one_of_its_name(data_dir: Path, name: str) -> Iterator[None]:
    """Hold a worker's lock; the system lets go of it when the process ends, however it ends.

    Raises:
        ThroughlineError: another has it.
    """
    path = lock_of(data_dir, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        process = locked_by(path)
        os.close(file)
        known = "another worker" if process is None else f"process {process}"
        raise ThroughlineError(
            f"{name} is in use by {known}: stop that one, or give each worker its own THROUGHLINE_INSTANCE"
        ) from error
    try:
        yield
    finally:
        os.close(file)
