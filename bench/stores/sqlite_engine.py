"""SQLite under the contract, as the product had it: a B-tree a table beside a log; ``synchronous=FULL``."""

import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from processors.records import Outs
from processors.state import Changes
from streams import rows
from streams.errors import StaleError
from streams.rows import Partition
from streams.store import NOT_OURS, Standing

PRAGMAS = (
    "locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL", "cache_size=-131072", "wal_autocheckpoint=16384",
)  # fmt: skip
FOR_LOADING = ("synchronous=OFF", "journal_mode=OFF", "cache_size=-2097152")
KEYS_A_QUERY = 500
LAST_CHARACTER = "\U0010ffff"


class SqliteEngine:
    """A table a table, keys as text."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Use ``open``."""
        self._db = db
        found = db.execute("SELECT name FROM sqlite_master WHERE name LIKE 's\\_%' ESCAPE '\\'").fetchall()
        self._tables = {name.removeprefix("s_") for (name,) in found}

    @classmethod
    def open(cls, path: Path, pragmas: Iterable[str] = PRAGMAS) -> "SqliteEngine":
        """Open or make the store."""
        db = sqlite3.connect(path, isolation_level=None)
        for pragma in pragmas:
            db.execute(f"PRAGMA {pragma}")
        db.execute("CREATE TABLE IF NOT EXISTS own (name BLOB PRIMARY KEY, value BLOB)")
        return cls(db)

    @classmethod
    def load(cls, path: Path, parts: Iterable[Changes]) -> None:
        """A transaction a part, without syncs."""
        made = cls.open(path, FOR_LOADING)
        made.put_all(parts)
        made.close()
        cls.open(path).close()
        with path.open("rb") as file:
            os.fsync(file.fileno())

    def put_all(self, parts: Iterable[Changes]) -> None:
        """Every row."""
        for changes in parts:
            with self._transaction():
                self._change(changes)

    def take_over(self) -> Standing:
        """Become the owner: a new token, and where the stage stands."""
        with self._transaction():
            token, batch, offsets = self._standing()
            self._keep([rows.standing(token + 1, batch, offsets)])
        return Standing(token + 1, batch, offsets, {}, rows.pending_of(self._own(rows.HEADS), self._own(rows.CONTENT)))

    def _own(self, name: bytes) -> bytes | None:
        found = self._db.execute("SELECT value FROM own WHERE name = ?", (name,)).fetchone()
        return None if found is None else bytes(found[0])

    def _keep(self, own: Iterable[rows.Row]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO own VALUES (?, ?)", own)

    def _standing(self) -> tuple[int, int, dict[Partition, int]]:
        return rows.standing_of(self._own(rows.STANDING))

    def commit(self, token: int, batch: int, changes: Changes, offsets: Mapping[Partition, int], pending: Outs) -> int:
        """Make a batch's effects durable, all or none; the new batch number."""
        with self._transaction():
            *standing, before = self._standing()
            if standing != [token, batch]:
                raise StaleError(NOT_OURS)
            self._change(changes)
            self._keep([*rows.pending(pending), rows.standing(token, batch + 1, before | dict(offsets))])
        return batch + 1

    def _change(self, changes: Changes) -> None:
        for table, found in changes.items():
            if table not in self._tables:
                self._db.execute(f"CREATE TABLE IF NOT EXISTS s_{table} (k TEXT PRIMARY KEY, v BLOB)")
                self._tables.add(table)
            gone = [(key,) for key, value in found.items() if value is None]
            self._db.executemany(f"DELETE FROM s_{table} WHERE k = ?", gone)  # noqa: S608  # our own table's name
            put = f"INSERT INTO s_{table} VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v = excluded.v"  # noqa: S608
            self._db.executemany(put, [(key, value) for key, value in found.items() if value is not None])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        yield
        self._db.execute("COMMIT")

    def get_many(self, table: str, keys: Collection[str]) -> dict[str, bytes]:
        """Values of those keys that there are."""
        found: dict[str, bytes] = {}
        wanted = list(keys) if table in self._tables else []
        for start in range(0, len(wanted), KEYS_A_QUERY):
            part = wanted[start : start + KEYS_A_QUERY]
            marks = ",".join("?" * len(part))
            found.update(self._db.execute(f"SELECT k, v FROM s_{table} WHERE k IN ({marks})", part))  # noqa: S608
        return found

    def scan(self, table: str, prefix: str, limit: int | None = None, after: str = "") -> list[tuple[str, bytes]]:
        """Keys that begin with a prefix and come after another, in order, and their values."""
        begins, first = (">", after) if after >= prefix and after else (">=", prefix)
        query = f"SELECT k, v FROM s_{table} WHERE k {begins} ? AND k < ? ORDER BY k LIMIT ?"  # noqa: S608
        return list(self._db.execute(query, (first, prefix + LAST_CHARACTER, -1 if limit is None else limit)))

    def close(self) -> None:
        """Let go of it."""
        self._db.close()
