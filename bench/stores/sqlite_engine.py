"""SQLite: the product's own store as it is, and with other knobs turned."""

import os
from collections.abc import Iterable
from pathlib import Path

from processors.records import Outs
from processors.state import Changes
from streams import store
from streams.store import Store

FOR_LOADING = ("synchronous=OFF", "journal_mode=OFF", "cache_size=-2097152")


class SqliteEngine(Store):
    """The product's store."""

    PRAGMAS: tuple[str, ...] = ()
    """Beside the product's, and over them."""

    @classmethod
    def open(cls, path: Path) -> "SqliteEngine":
        """Open or make it, with what is turned."""
        before = store.PRAGMAS
        store.PRAGMAS = (*(p for p in cls.PRAGMAS if p.startswith("page_size")), *before, *cls.PRAGMAS)
        try:
            return super().open(path)
        finally:
            store.PRAGMAS = before

    @classmethod
    def load(cls, path: Path, parts: Iterable[Changes]) -> None:
        """Through ``commit``, without syncs."""
        made = cls.open(path)
        for pragma in FOR_LOADING:
            made._db.execute(f"PRAGMA {pragma}")  # noqa: SLF001  # no part of the contract
        standing = made.take_over()
        for number, changes in enumerate(parts):
            made.commit(standing.token, number, changes, {}, Outs())
        made.adopt(standing.token, 0, {}, {})
        made.close()
        cls.open(path).close()
        with path.open("rb") as file:
            os.fsync(file.fileno())


class SmallCache(SqliteEngine):
    """64 MiB of pages."""

    PRAGMAS = ("cache_size=-65536",)


class LargeCache(SqliteEngine):
    """1 GiB of pages."""

    PRAGMAS = ("cache_size=-1048576",)


class LargePages(SqliteEngine):
    """16 KiB a page."""

    PRAGMAS = ("page_size=16384", "wal_autocheckpoint=4096")


class SmallLog(SqliteEngine):
    """SQLite's default of 4 MB of log."""

    PRAGMAS = ("wal_autocheckpoint=1000",)


class LargeLog(SqliteEngine):
    """512 MiB of log."""

    PRAGMAS = ("wal_autocheckpoint=131072",)


class Mapped(SqliteEngine):
    """Reads through a memory map of 8 GiB."""

    PRAGMAS = ("mmap_size=8589934592",)


class Sorted(SqliteEngine):
    """Look-ups and writes in the order of keys."""

    def _change(self, table: str, rows: dict[str, bytes | None]) -> None:  # type: ignore[override]
        super()._change(table, dict(sorted(rows.items())))


class WithoutRowid(SqliteEngine):
    """A table that is its own index."""

    def _ensure(self, table: str) -> None:
        if table not in self._tables:
            self._db.execute(f"CREATE TABLE IF NOT EXISTS s_{table} (k TEXT PRIMARY KEY, v BLOB) WITHOUT ROWID")


class OneByOne(SqliteEngine):
    """A query a key in place of one for 500."""

    def get_many(self, table: str, keys: Iterable[str]) -> dict[str, bytes]:  # type: ignore[override]
        """Values of those keys that there are."""
        if table not in self._tables:
            return {}
        ask, query, found = self._db.execute, f"SELECT v FROM s_{table} WHERE k = ?", {}  # noqa: S608
        for key in keys:
            if row := ask(query, (key,)).fetchone():
                found[key] = row[0]
        return found
