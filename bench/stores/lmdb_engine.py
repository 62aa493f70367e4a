"""LMDB under the contract: a copy-on-write B+ tree in a memory map, one writer; its commit syncs."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import lmdb

from bench.stores import workload
from processors.records import Outs
from processors.state import Changes
from streams import rows
from streams.errors import StaleError
from streams.rows import Partition
from streams.store import NOT_OURS, Standing

MAP_BYTES = 1 << 36
TABLES = 32
OWN = b"own"
"""The database in which the standing is."""


class LmdbEngine:
    """A database a table. Keys have at most 511 bytes here and are never empty."""

    def __init__(self, env: Any) -> None:
        """Use ``open``."""
        self._env = env
        self._own = env.open_db(OWN)
        with env.begin() as txn:
            names = [bytes(name).decode() for name, _ in txn.cursor()]
        self._tables = {name: env.open_db(name.encode()) for name in names if name.encode() != OWN}

    @classmethod
    def open(cls, path: Path, **more: Any) -> "LmdbEngine":
        """Open or make the store."""
        path.mkdir(parents=True, exist_ok=True)
        settings = {"map_size": MAP_BYTES, "max_dbs": TABLES, "readahead": False, "meminit": False}
        return cls(lmdb.open(str(path), **{**settings, **more}))

    @classmethod
    def load(cls, path: Path, parts: Iterable[Changes]) -> None:
        """In one transaction, through the map."""
        made = cls.open(path, writemap=True, sync=False)
        made.put_all(parts)
        made.close()

    def put_all(self, parts: Iterable[Changes]) -> None:
        """Every row in one transaction, synced in the end."""
        for table in workload.PRELOADED:
            self._ensure(table)
        with self._env.begin(write=True) as txn:
            for changes in parts:
                self._change(txn, changes)
        self._env.sync(force=True)

    def take_over(self) -> Standing:
        """Become the owner: a new token, and where the stage stands."""
        with self._env.begin(write=True, db=self._own) as txn:
            token, batch, offsets = rows.standing_of(txn.get(rows.STANDING))
            txn.put(*rows.standing(token + 1, batch, offsets))
            sent = rows.pending_of(txn.get(rows.HEADS), txn.get(rows.CONTENT))
        return Standing(token + 1, batch, offsets, {}, sent)

    def commit(self, token: int, batch: int, changes: Changes, offsets: Mapping[Partition, int], pending: Outs) -> int:
        """Make a batch's effects durable, all or none; the new batch number."""
        for table in changes:
            self._ensure(table)
        with self._env.begin(write=True, db=self._own) as txn:
            *standing, before = rows.standing_of(txn.get(rows.STANDING))
            if standing != [token, batch]:
                raise StaleError(NOT_OURS)
            self._change(txn, changes)
            for key, value in (*rows.pending(pending), rows.standing(token, batch + 1, before | dict(offsets))):
                txn.put(key, value)
        return batch + 1

    def _ensure(self, table: str) -> None:
        if table not in self._tables:
            self._tables[table] = self._env.open_db(table.encode())

    def _change(self, txn: Any, changes: Changes) -> None:
        for table, found in changes.items():
            cursor = txn.cursor(self._tables[table])
            for key in [key for key, value in found.items() if value is None]:
                if cursor.set_key(key.encode()):
                    cursor.delete()
            cursor.putmulti(sorted((key.encode(), value) for key, value in found.items() if value is not None))
            cursor.close()

    def get_many(self, table: str, keys: Collection[str]) -> dict[str, bytes]:
        """Values of those keys that there are."""
        if table not in self._tables:
            return {}
        with self._env.begin(db=self._tables[table]) as txn:
            return {k.decode(): v for k, v in txn.cursor().getmulti(sorted(key.encode() for key in keys))}

    def scan(self, table: str, prefix: str, limit: int | None = None, after: str = "") -> list[tuple[str, bytes]]:
        """Keys that begin with a prefix and come after another, in order, and their values."""
        if table not in self._tables:
            return []
        with self._env.begin(db=self._tables[table]) as txn:
            return list(_between(txn.cursor(), prefix, limit, after))

    def close(self) -> None:
        """Let go of it."""
        self._env.close()


def _between(cursor: Any, prefix: str, limit: int | None, after: str) -> Iterator[tuple[str, bytes]]:
    end, passed = prefix.encode() + rows.END, after.encode()
    left = limit if limit is not None else -1
    if not cursor.set_range(max(prefix.encode(), passed) or b"\0"):
        return
    for key, value in cursor:
        if key >= end or left == 0:
            return
        if key != passed or not after:
            left -= 1
            yield key.decode(), value
