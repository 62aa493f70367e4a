"""The stage's own store on a disk that all its workers share: rows in memory, which outlive whoever writes them.

The real store's lock keeps a second worker out. Here it never does, as if the lock were lost with a machine that only
seemed dead: what then protects the state is the token and the batch number.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from simulation.ports import Turn

from processors.records import Outs
from processors.state import Changes
from streams import rows
from streams.errors import DiskError
from streams.rows import Row
from streams.store import Partition, Standing, Store


class Rows:
    """What ``streams.rocks`` does, in memory: each write is whole, as a call of a worker is one turn."""

    def __init__(self, found: Mapping[bytes, bytes]) -> None:
        self.rows = dict(found)
        self._keys = sorted(self.rows)

    def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Value of each key."""
        return [self.rows.get(key) for key in keys]

    def scan(self, first: bytes, end: bytes, limit: int | None = None) -> list[tuple[bytes, bytes]]:
        """Keys between two, in order, and their values."""
        keys = self._keys[bisect_left(self._keys, first) : bisect_left(self._keys, end)]
        return [(key, self.rows[key]) for key in keys[:limit]]

    def write(self, changed: Iterable[Row]) -> None:
        """All of them."""
        for key, value in list(changed):
            is_there = key in self.rows
            if value is not None:
                if not is_there:
                    insort(self._keys, key)
                self.rows[key] = value
            elif is_there:
                del self._keys[bisect_left(self._keys, key)], self.rows[key]

    def mend(self) -> None:
        """Nothing fails here that a worker's turn does not say."""

    def close(self) -> None:
        """Nothing to let go of."""


class Disk:
    """What stays."""

    def __init__(self) -> None:
        self.rows = Rows({})
        self.owner = 0
        """Token of whoever took the store over last."""
        self.stale: list[str] = []
        """Writes of others that were taken all the same."""

    def copy(self) -> Mapping[bytes, bytes]:
        """A backup."""
        return dict(self.rows.rows)

    def restore(self, backup: Mapping[bytes, bytes]) -> None:
        """Put a backup back; whoever had the store open has it no more."""
        self.rows = Rows(backup)

    def stands(self) -> tuple[int, int, dict[Partition, int]]:
        """Token, batch number and offsets: a look from outside."""
        return rows.standing_of(*self.rows.get([rows.STANDING]))

    def store(self) -> Store:
        """The store as nobody's: for a look at the end."""
        return Store(self.rows)


def away() -> Exception:
    """The disk does not answer."""
    return DiskError("the store does not answer", "simulated")


class WorkersStore(Store):
    """The store as one worker has it, each call at its turn."""

    def __init__(self, disk: Disk, turn: Turn) -> None:
        super().__init__(disk.rows)
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

    def commit(
        self, token: int, batch: int, changes: Changes, offsets: Mapping[Partition, int], pending: Outs,
        undone: Changes | None = None,
    ) -> int:  # fmt: skip
        """Step 3; the answer that a turn loses is one that the disk did not give."""
        try:
            own = (token, batch, changes, offsets, pending, undone)
            return self._write("commit", token, lambda: Store.commit(self, *own))
        except DiskError:
            self._in_doubt = (token, batch)
            raise

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
