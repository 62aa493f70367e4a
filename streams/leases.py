"""Who acts for a stage: whoever has its lease. On one machine that is a lock on a file, which ends with its holder.

A lease says when to begin, and keeps two from hindering each other. That they never both do a batch does not rest on
it: a batch goes out only in a transaction of the stage's one producer, over the group's offset that it was made from.
"""

import fcntl
import os
from pathlib import Path
from typing import Protocol, Self


class Lease(Protocol):
    """Of one stage, for one process."""

    def take(self) -> bool:
        """Take it if it is free; whether it is ours, also where it was before."""

    def is_lost(self) -> bool:
        """Whether another is known to have it, though it was ours."""

    def give_up(self) -> None:
        """Let others have it."""

    def close(self) -> None:
        """Give it up for good."""


class FileLease:
    """A lock on a file; the system ends it with the process, however that ends."""

    def __init__(self, path: Path) -> None:
        """Of a file, which need not be there; its folder is made."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        self._is_ours = False

    @classmethod
    def of(cls, data_dir: Path, stage: str) -> Self:
        """Of a stage over a data directory that all of its workers share."""
        return cls(data_dir / "state" / f"{stage}.lease")

    def take(self) -> bool:
        """Take it if it is free."""
        if not self._is_ours:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            self._is_ours = True
        return True

    def is_lost(self) -> bool:
        """Never: a lock is held until it is given up."""
        return False

    def give_up(self) -> None:
        """Let others have it."""
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._is_ours = False

    def close(self) -> None:
        """Let others have it, and the file go."""
        os.close(self._file)
