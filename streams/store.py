"""The state store of a stage: state, offsets, batch number and pending output change in one durable transaction.

One process at a time has it. ``synchronous=FULL``: a commit is on the disk before Kafka hears of it.
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson

from processors.records import NO_HEADERS, Outs
from processors.state import Changes
from streams.errors import REBUILD, DiskError, StaleError, StoreError, StoreLockedError
from streams.migrations import FORMAT, bring_up

LAST_CHARACTER = "\U0010ffff"
KEYS_A_QUERY = 500
PRAGMAS = (
    "locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL", "cache_size=-131072",
    # 64 MiB of log: what many batches change is copied into the file once.
    "wal_autocheckpoint=16384",
)  # fmt: skip
NOT_OURS = "this worker is no longer the stage's owner"

Partition = tuple[str, int]
"""Topic and number."""


@dataclass(frozen=True)
class Standing:
    """Where a stage stands."""

    token: int
    """Of the present owner; a later owner has a higher one."""
    batch: int
    """Number of the last batch."""
    offsets: Mapping[Partition, int]
    """Next offset to read."""
    topics: Mapping[str, str] = field(default_factory=dict)
    """Kafka's id of each topic that is read: one made anew has another."""
    pending: Outs = field(default_factory=Outs, repr=False)
    """What the last batch sends; kept until the next batch replaces it."""


class Store:
    """A stage's state on SQLite. Tables are named by the stage; keys are text, values bytes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Use ``open``."""
        self._db = connection
        self._tables: set[str] = set()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or make the store, for this process alone; one of an older format is brought to the present one.

        Raises:
            StoreLockedError: another process has it.
            StoreError: it is of a newer format, or no store.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with _opening(path):
            path.touch(mode=0o600)  # what is beside it, its log, gets the same rights from SQLite
            db = sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)
            try:
                path.chmod(0o600)
                for pragma in PRAGMAS:
                    db.execute(f"PRAGMA {pragma}")
                store = cls(db)
                store._prepare(path)
            except BaseException:  # else it would stay locked until somebody collects the garbage
                db.close()
                raise
        return store

    def _prepare(self, path: Path) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        found = self._db.execute("PRAGMA user_version").fetchone()[0]
        if found > FORMAT:
            raise StoreError(
                f'{path.name} has format {found}, this version reads {FORMAT}; see "Upgrade" in docs/keep-it-running.md'
            )
        if found:
            bring_up(self._db, found)
        self._db.execute("CREATE TABLE IF NOT EXISTS standing (token INTEGER, batch INTEGER)")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS next_offset (topic TEXT, part INTEGER, next INTEGER, PRIMARY KEY (topic, part))"
        )
        self._db.execute("CREATE TABLE IF NOT EXISTS pending (heads BLOB, content BLOB)")
        self._db.execute("CREATE TABLE IF NOT EXISTS topic (name TEXT PRIMARY KEY, id TEXT)")
        if self._db.execute("SELECT count(*) FROM standing").fetchone()[0] == 0:
            self._db.execute("INSERT INTO standing VALUES (0, 0)")
        self._db.execute(f"PRAGMA user_version={FORMAT}")
        self._db.execute("COMMIT")
        self._tables = self._found_tables()

    def _found_tables(self) -> set[str]:
        rows = self._db.execute("SELECT name FROM sqlite_master WHERE name LIKE 's\\_%' ESCAPE '\\'")
        return {name.removeprefix("s_") for (name,) in rows}

    def take_over(self) -> Standing:
        """Become the owner: a new token, and where the stage stands."""
        with self._transaction():
            self._db.execute("UPDATE standing SET token = token + 1")
        self._tables = self._found_tables()  # whoever had it until now may have made some since it was opened
        token, batch = self._db.execute("SELECT token, batch FROM standing").fetchone()
        offsets = {(t, p): n for t, p, n in self._db.execute("SELECT topic, part, next FROM next_offset")}
        topics = dict(self._db.execute("SELECT name, id FROM topic"))
        rows = self._db.execute("SELECT heads, content FROM pending").fetchall()
        return Standing(token, batch, offsets, topics, _unpacked(*rows[0]) if rows else Outs())

    def know_topics(self, token: int, ids: Mapping[str, str]) -> None:
        """Remember Kafka's ids of topics, before the first record of theirs is read.

        Raises:
            StaleError: the token is not the store's.
            DiskError: the disk is full or does not answer.
        """
        with self._transaction():
            if self._db.execute("SELECT token FROM standing").fetchone() != (token,):
                raise StaleError(NOT_OURS)
            self._db.executemany("INSERT OR REPLACE INTO topic VALUES (?, ?)", ids.items())

    def adopt(self, token: int, batch: int, offsets: Mapping[Partition, int], topics: Mapping[str, str]) -> None:
        """Stand where another store of the same stage stood, with nothing pending.

        Args:
            token: what the owner got from ``take_over``.
            batch: number of the last batch.
            offsets: next offset of each partition, in place of those here.
            topics: Kafka's ids of the topics.

        Raises:
            StaleError: the token is not the store's.
            DiskError: the disk is full or does not answer.
        """
        with self._transaction():
            if self._db.execute("SELECT token FROM standing").fetchone() != (token,):
                raise StaleError(NOT_OURS)
            self._db.execute("UPDATE standing SET batch = ?", (batch,))
            for table in ("next_offset", "topic", "pending"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608  # our own tables' names
            rows_ = [(topic, part, next_) for (topic, part), next_ in offsets.items()]
            self._db.executemany("INSERT INTO next_offset VALUES (?, ?, ?)", rows_)
            self._db.executemany("INSERT INTO topic VALUES (?, ?)", topics.items())

    def content(self, without: Collection[str] = ()) -> Iterator[tuple[str, str, bytes]]:
        """Every table's rows but those of some tables: table, key and value, in order."""
        for table in sorted(self._tables - set(without)):
            with _in_use():
                for key, value in self._db.execute(f"SELECT k, v FROM s_{table} ORDER BY k"):  # noqa: S608
                    yield table, key, value

    def commit(self, token: int, batch: int, changes: Changes, offsets: Mapping[Partition, int], pending: Outs) -> int:
        """Make a batch's effects durable, all or none; the new batch number.

        Args:
            token: what the owner got from ``take_over``.
            batch: number of the batch before this one.
            changes: by table and key.
            offsets: next offset of each partition that the batch read.
            pending: what it sends; replaces what the batch before sent.

        Raises:
            StaleError: token or batch number are not the store's; nothing was changed.
            DiskError: the disk is full or does not answer; nothing was changed.
        """
        with self._transaction():
            standing = self._db.execute("SELECT token, batch FROM standing").fetchone()
            if standing != (token, batch):
                raise StaleError(NOT_OURS)
            for table, rows in changes.items():
                self._ensure(table)
                self._change(table, rows)
            rows_ = [(topic, part, next_) for (topic, part), next_ in offsets.items()]
            self._db.executemany("INSERT OR REPLACE INTO next_offset VALUES (?, ?, ?)", rows_)
            self._db.execute("DELETE FROM pending")
            self._db.execute("INSERT INTO pending VALUES (?, ?)", _packed(pending))
            self._db.execute("UPDATE standing SET batch = batch + 1")
        self._tables |= changes.keys()
        return batch + 1

    def _change(self, table: str, rows: Mapping[str, bytes | None]) -> None:
        gone = [(key,) for key, value in rows.items() if value is None]
        kept = [(key, value) for key, value in rows.items() if value is not None]
        self._db.executemany(f"DELETE FROM s_{table} WHERE k = ?", gone)  # noqa: S608  # our own table's name
        put = f"INSERT INTO s_{table} VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v = excluded.v"  # noqa: S608
        self._db.executemany(put, kept)

    def _ensure(self, table: str) -> None:
        if table not in self._tables:
            # Keys are hashes: in a table that is its own index (WITHOUT ROWID) every new row would write its own page.
            self._db.execute(f"CREATE TABLE IF NOT EXISTS s_{table} (k TEXT PRIMARY KEY, v BLOB)")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            with _in_use():
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def get_many(self, table: str, keys: Collection[str]) -> dict[str, bytes]:
        """Values of those keys that there are."""
        if table not in self._tables:
            return {}
        found: dict[str, bytes] = {}
        wanted = list(keys)
        for start in range(0, len(wanted), KEYS_A_QUERY):
            part = wanted[start : start + KEYS_A_QUERY]
            marks = ",".join("?" * len(part))
            with _in_use():
                found.update(self._db.execute(f"SELECT k, v FROM s_{table} WHERE k IN ({marks})", part))  # noqa: S608
        return found

    def scan(self, table: str, prefix: str, limit: int | None = None, after: str = "") -> list[tuple[str, bytes]]:
        """Keys that begin with a prefix and come after another, in order, and their values.

        No key holds Unicode's last character.
        """
        if table not in self._tables:
            return []
        # One lower bound, not two: SQLite would take whichever it likes for the index and filter by the other.
        begins, first = (">", after) if after >= prefix and after else (">=", prefix)
        query = f"SELECT k, v FROM s_{table} WHERE k {begins} ? AND k < ? ORDER BY k LIMIT ?"  # noqa: S608
        with _in_use():
            most = -1 if limit is None else limit
            return list(self._db.execute(query, (first, prefix + LAST_CHARACTER, most)))

    def close(self) -> None:
        """Let go of it."""
        self._db.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


@contextmanager
def _opening(path: Path) -> Iterator[None]:
    """SQLite's errors while a store is opened, as ours."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise StoreLockedError(f"{path.name} is in use by another worker; stop that one first") from error
        raise StoreError(f"{path.name} cannot be opened: {error}") from error
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path.name} is damaged; {REBUILD}") from error


@contextmanager
def _in_use() -> Iterator[None]:
    """SQLite's errors in an open store, as ours: what the disk may yet mend, and what it will not."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise DiskError("the store does not answer", str(error)) from error
    except sqlite3.DatabaseError as error:
        raise StoreError(f"the store is damaged ({error}); {REBUILD}") from error


def _packed(outs: Outs) -> tuple[bytes, bytes]:
    """Records to send as one row: a row each would cost more than all else that a commit writes."""
    headers = [{n: v.decode("latin-1") for n, v in h.items()} for h in outs.headers] if any(outs.headers) else None
    sizes = list(map(len, outs.values))
    heads = (outs.topics, outs.keys, sizes, outs.ids, outs.partitions, outs.numbers, outs.numbered_by, headers)
    return orjson.dumps(heads), b"".join(outs.values)


def _unpacked(heads: bytes, content: bytes) -> Outs:
    topics, keys, sizes, ids, partitions, numbers, numbered_by, headers = orjson.loads(heads)
    ends = list(accumulate(sizes))
    values = [content[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    of_each = [NO_HEADERS] * len(ids) if headers is None else [_bytes(h) for h in headers]
    return Outs(topics, keys, values, ids, partitions, of_each, numbers, numbered_by)


def _bytes(headers: Mapping[str, str]) -> Mapping[str, bytes]:
    return {name: text.encode("latin-1") for name, text in headers.items()}
