"""The stage's own store on a disk that all its workers share: SQLite in memory, which outlives whoever writes to it.

The real store's lock keeps a second worker out. Here it never does, as if the lock were lost with a machine that only
seemed dead: what then protects the state is the token and the batch number.
"""

import sqlite3
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from simulation.ports import Turn

from processors.records import Outs
from processors.state import Changes
from streams.errors import DiskError
from streams.store import Partition, Standing, Store


class Disk:
    """What stays."""

    def __init__(self) -> None:
        self.database = sqlite3.connect(":memory:", isolation_level=None)
        self.owner = 0
        """Token of whoever took the store over last."""
        self.stale: list[str] = []
        """Writes of others that were taken all the same."""
        Store(self.database)._prepare(Path("store"))  # noqa: SLF001  # as ``Store.open`` does

    def copy(self) -> bytes:
        """A backup."""
        return self.database.serialize()

    def restore(self, backup: bytes) -> None:
        """Put a backup back; whoever had the store open has it no more."""
        self.database.close()
        self.database = sqlite3.connect(":memory:", isolation_level=None)
        self.database.deserialize(backup)

    def store(self) -> Store:
        """The store as nobody's: for a look at the end."""
        store = Store(self.database)
        store.take_over()
        return store

    def close(self) -> None:
        """Forget everything."""
        self.database.close()


def away() -> Exception:
    """The disk does not answer."""
    return DiskError("the store does not answer", "simulated")


class WorkersStore(Store):
    """The store as one worker has it, each call at its turn."""

    def __init__(self, disk: Disk, turn: Turn) -> None:
        super().__init__(disk.database)
        self._tables = self._found_tables()
        self._disk, self._turn = disk, turn
        self._reads = 0

    def take_over(self) -> Standing:
        """Become the owner."""

        def take() -> Standing:
            standing = Store.take_over(self)
            self._disk.owner = standing.token
            return standing

        return self._turn("take over", take, away)

    def know_topics(self, token: int, ids: Mapping[str, str]) -> None:
        """Remember topics."""
        self._write("know topics", token, lambda: Store.know_topics(self, token, ids))

    def commit(self, token: int, batch: int, changes: Changes, offsets: Mapping[Partition, int], pending: Outs) -> int:
        """Step 3."""
        return self._write("commit", token, lambda: Store.commit(self, token, batch, changes, offsets, pending))

    def _write(self, name: str, token: int, act: Callable[[], Any]) -> Any:
        def write() -> Any:
            found = act()
            if token != self._disk.owner:
                self._disk.stale.append(name)
            return found

        return self._turn(name, write, away)

    def get_many(self, table: str, keys: Collection[str]) -> dict[str, bytes]:
        """Look keys up; only some look-ups are turns, since there are so many."""
        self._reads += 1
        if self._reads % 8:
            return Store.get_many(self, table, keys)
        return self._turn("look up", lambda: Store.get_many(self, table, keys), away)
