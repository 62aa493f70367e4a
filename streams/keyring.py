"""Keys apart from the data they seal: a random key for each record, wrapped under a key that is in a file of its own.

Losing the ring erases everyone; erasing one key erases one record. Resolve makes keys, consent reads and erases them.
What was erased is remembered by its id for ever, so that neither a late event nor an old backup brings a key back.
"""

import fcntl
import os
import secrets
import sqlite3
import time
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from processors import sealing
from streams.errors import DiskError, StoreError

KEK = "key-encryption.key"
KEY_BYTES = 32
KEPT = 65_536
"""Keys at hand, 14 MB; with all that were ever asked for, three million records would take 600 MB of a worker."""
LOOK_SECONDS = 1.0
"""After so long a ring in use looks which keys another process has erased, and lets go of them too."""
TABLES = """
CREATE TABLE IF NOT EXISTS key (id TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS erased (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
"""
INSERT = "INSERT INTO key SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM erased WHERE id = ?1)"


def read_or_make_secret(path: Path) -> bytes:
    """A secret of 32 bytes in a file that only its owner reads; made at first use.

    Raises:
        StoreError: the file is there but holds something else.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        write_once(path, secrets.token_bytes(KEY_BYTES))
    secret = path.read_bytes()
    if len(secret) != KEY_BYTES:
        raise StoreError(f"{path.name} is not a key of {KEY_BYTES} bytes; restore it from its backup")
    return secret


def write_once(path: Path, content: bytes) -> None:
    """Make a file that only its owner reads. Whoever links first wins, so that two processes agree on one secret."""
    own = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(own, path)
    except FileExistsError:
        pass
    finally:
        own.unlink()


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Of all processes: SQLite refuses at once, and waits for no one, where two bring one file to its WAL mode."""
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Keyring:
    """Keys by id; new ones are durable after ``flush``, which must come before anything sealed with them leaves."""

    def __init__(self, folder: Path) -> None:
        """Open or make the ring in a folder."""
        self._kek = read_or_make_secret(folder / KEK)
        (folder / "keys.sqlite").touch(mode=0o600)  # its log gets the same rights from SQLite
        self._db = sqlite3.connect(folder / "keys.sqlite", isolation_level=None, timeout=30, check_same_thread=False)
        with _one_at_a_time(folder / KEK):
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("PRAGMA secure_delete=ON")  # what is erased is written over with zeros
            self._db.executescript(TABLES)
        self._known: dict[str, bytes] = {}
        self._new: dict[str, bytes] = {}
        self._erased: set[str] = set()
        self._looked_to, self._looks_again_at = 0, 0.0

    def find(self, key_id: str) -> bytes | None:
        """The key, None where it never was or was erased.

        Raises:
            StoreError: the ring is damaged, or was wrapped under another key than the one beside it.
            DiskError: the disk does not answer.
        """
        if time.monotonic() > self._looks_again_at:
            self._look()
        key = self._known.get(key_id) or self._new.get(key_id)
        if key is None:
            with _in_use():
                row = self._db.execute("SELECT wrapped FROM key WHERE id = ?", (key_id,)).fetchone()
            if row is None:
                return None
            key = self._unwrapped(row[0])
            self._keep(key_id, key)
        return key

    def _keep(self, key_id: str, key: bytes) -> None:
        if len(self._known) >= KEPT:
            self._known.clear()
        self._known[key_id] = key

    def _unwrapped(self, wrapped: bytes) -> bytes:
        try:
            return aes_key_unwrap(self._kek, wrapped)
        except InvalidUnwrap:
            raise StoreError(f"{KEK} does not open keys.sqlite; restore both from the same backup") from None

    def find_or_make(self, key_id: str) -> bytes:
        """The key, made now where there is none; of an erased one, a key that nobody keeps, so nothing opens again."""
        key = self.find(key_id)
        if key is None:
            key = secrets.token_bytes(KEY_BYTES)
            if key_id not in self._erased:
                self._new[key_id] = key
                self._keep(key_id, key)
        return key

    def erase(self, key_ids: Collection[str]) -> None:
        """Destroy keys for ever: in the file and its log too nothing of them is left. Done again it does no harm.

        Raises:
            DiskError: the disk does not answer, or others read for too long; do it again.
        """
        ids = [(key_id,) for key_id in sorted(key_ids)]
        with _in_use(), self._transaction():
            self._db.executemany("INSERT OR IGNORE INTO erased (id) VALUES (?)", ids)
            self._db.executemany("DELETE FROM key WHERE id = ?", ids)
        self._look()
        with _in_use():
            is_busy, *_ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if is_busy:
            raise DiskError("the keyring does not answer", "its log still holds erased keys")

    def erased(self) -> set[str]:
        """Ids of the keys that were erased, as of now."""
        self._look()
        return set(self._erased)

    def __len__(self) -> int:
        """How many keys are durable."""
        with _in_use():
            return int(self._db.execute("SELECT count(*) FROM key").fetchone()[0])

    def copy_to(self, path: Path) -> None:
        """Copy all keys, still wrapped, and what was erased, to a new file that only its owner reads.

        Raises:
            DiskError: the disk does not answer.
        """
        path.touch(mode=0o600)
        with _in_use(), closing(sqlite3.connect(path)) as copy:
            self._db.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, that can be read where nothing can be written

    def take_from(self, path: Path) -> tuple[int, int]:
        """Take in the keys of a copy that are missing here, and what had been erased by then.

        Returns:
            How many keys came, and how many did not because they were erased.
        """
        with _in_use(), closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as copy:
            rows = copy.execute("SELECT id, wrapped FROM key").fetchall()
            known = copy.execute("SELECT name FROM sqlite_schema WHERE name = 'erased'").fetchall()
            self.erase([key_id for (key_id,) in (copy.execute("SELECT id FROM erased") if known else ())])
        before, erased = len(self), self.erased()
        with _in_use(), self._transaction():
            self._db.executemany(INSERT.replace("INSERT", "INSERT OR IGNORE"), rows)
        return len(self) - before, sum(key_id in erased for key_id, _ in rows)

    def _look(self) -> None:
        """Let go of keys that were erased since, here or by another process."""
        with _in_use():
            rows = self._db.execute("SELECT number, id FROM erased WHERE number > ?", (self._looked_to,)).fetchall()
        self._looks_again_at = time.monotonic() + LOOK_SECONDS
        for number, key_id in rows:
            self._looked_to = max(number, self._looked_to)
            self._erased.add(key_id)
            self._known.pop(key_id, None)
            self._new.pop(key_id, None)
        if rows:
            sealing.let_go()

    def flush(self) -> None:
        """Make new keys durable.

        Raises:
            DiskError: the disk is full or does not answer; nothing was changed.
        """
        if not self._new:
            return
        rows = [(key_id, aes_key_wrap(self._kek, key)) for key_id, key in self._new.items()]
        with _in_use(), self._transaction():
            self._db.executemany(INSERT, rows)
        self._new.clear()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Let go of it."""
        self._db.close()


@contextmanager
def _in_use() -> Iterator[None]:
    """SQLite's errors as ours: a disk that is full must not pass for an event that cannot be decided."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise DiskError("the keyring does not answer", str(error)) from error
    except sqlite3.DatabaseError as error:
        raise StoreError(f"keys.sqlite cannot be used ({error}); restore it from its backup") from error
