"""Keys apart from the data they seal: a random key for each record, wrapped under a key that is in a file of its own.

Losing the ring erases everyone; erasing one key erases one record. Resolve writes it, consent reads it.
"""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from streams.errors import DiskError, StoreError

KEY_BYTES = 32
KEPT = 65_536
"""Keys at hand, 14 MB; with all that were ever asked for, three million records would take 600 MB of a worker."""


def read_or_make_secret(path: Path) -> bytes:
    """A secret of 32 bytes in a file that only its owner reads; made at first use.

    Raises:
        StoreError: the file is there but holds something else.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        _write_once(path)
    secret = path.read_bytes()
    if len(secret) != KEY_BYTES:
        raise StoreError(f"{path.name} is not a key of {KEY_BYTES} bytes; restore it from its backup")
    return secret


def _write_once(path: Path) -> None:
    """Whoever links first wins, so that two processes agree on one secret."""
    own = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(own, path)
    except FileExistsError:
        pass
    finally:
        own.unlink()


class Keyring:
    """Keys by id; new ones are durable after ``flush``, which must come before anything sealed with them leaves."""

    def __init__(self, folder: Path) -> None:
        """Open or make the ring in a folder."""
        self._kek = read_or_make_secret(folder / "key-encryption.key")
        (folder / "keys.sqlite").touch(mode=0o600)  # its log gets the same rights from SQLite
        self._db = sqlite3.connect(folder / "keys.sqlite", isolation_level=None, timeout=30, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("CREATE TABLE IF NOT EXISTS key (id TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID")
        self._known: dict[str, bytes] = {}
        self._new: dict[str, bytes] = {}

    def find(self, key_id: str) -> bytes | None:
        """The key, None where it never was or was erased.

        Raises:
            StoreError: the ring is damaged, or was wrapped under another key than the one beside it.
            DiskError: the disk does not answer.
        """
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
            raise StoreError(
                "key-encryption.key does not open keys.sqlite; restore both from the same backup"
            ) from None

    def find_or_make(self, key_id: str) -> bytes:
        """The key, made now where there is none."""
        key = self.find(key_id)
        if key is None:
            key = self._new[key_id] = secrets.token_bytes(KEY_BYTES)
            self._keep(key_id, key)
        return key

    def flush(self) -> None:
        """Make new keys durable.

        Raises:
            DiskError: the disk is full or does not answer; nothing was changed.
        """
        if not self._new:
            return
        rows = [(key_id, aes_key_wrap(self._kek, key)) for key_id, key in self._new.items()]
        try:
            with _in_use():
                self._db.execute("BEGIN IMMEDIATE")
                self._db.executemany("INSERT INTO key VALUES (?, ?)", rows)
                self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self._new.clear()

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
