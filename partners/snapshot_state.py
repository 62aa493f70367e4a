"""What is remembered of the last snapshot of a partner's family: hashes under a key, sealed bytes; no value in plain.

One SQLite file that only its owner reads, beside the key of them all. Three things stand in it: the facts of the last
snapshot that is published as a whole; the messages of one that is under way (the outbox), with what they change among
the facts; and where in time and number both stand. A process that opens it has it to itself until it closes or dies.
"""

import hashlib
import hmac
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from streams.errors import ThroughlineError
from streams.keyring import read_or_make_secret

NONCE_BYTES, SECRET_BYTES = 12, 32
TABLES = """
CREATE TABLE IF NOT EXISTS fact (
    key BLOB PRIMARY KEY, source BLOB, content BLOB, event_id TEXT, sealed BLOB
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS delta (
    key BLOB PRIMARY KEY, source BLOB, content BLOB, event_id TEXT, sealed BLOB
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (n INTEGER PRIMARY KEY, sealed BLOB NOT NULL);
DROP TABLE IF EXISTS seen;
CREATE TABLE seen (key BLOB PRIMARY KEY, place INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rejected (source BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS standing (sequence INTEGER, as_of INTEGER, published_at INTEGER);
CREATE TABLE IF NOT EXISTS planned (sequence INTEGER, as_of INTEGER, published_at INTEGER);
"""
GONE = """
FROM fact WHERE key NOT IN (SELECT key FROM seen) AND source NOT IN (SELECT source FROM rejected)
"""
APPLY = """
DELETE FROM fact WHERE key IN (SELECT key FROM delta WHERE content IS NULL);
INSERT OR REPLACE INTO fact SELECT * FROM delta WHERE content IS NOT NULL;
DELETE FROM standing;
INSERT INTO standing SELECT * FROM planned;
DELETE FROM planned;
DELETE FROM delta;
DELETE FROM outbox;
"""


class SnapshotError(ThroughlineError):
    """The snapshot cannot be published so; one line with the remedy."""


@dataclass(frozen=True)
class Standing:
    """Where a snapshot stands; times in microseconds since 1970-01-01 UTC."""

    sequence: int = 0
    """Number of the snapshot, from 1; 0: there was none."""
    as_of: int = 0
    """When its file was made."""
    published_at: int = 0
    """The latest that one of its events says it was published."""


@dataclass(frozen=True)
class Fact:
    """A fact of the last snapshot."""

    key: bytes
    source: bytes
    event_id: str
    sealed: bytes = field(repr=False)


@dataclass(frozen=True)
class Change:
    """What a message does among the facts, once all are acknowledged."""

    key: bytes
    source: bytes
    content: bytes | None
    """None: the fact goes."""
    event_id: str
    kept: bytes = field(repr=False)
    """What a retraction will need."""


Message = tuple[str, str, bytes]
"""Key, event id, value."""


class SnapshotState:
    """The remembered snapshot of one partner and family."""

    def __init__(self, folder: Path, partner: str, family: str, *, to_look: bool = False) -> None:
        """Open or make it; only to look, nothing is made where nothing is.

        Raises:
            SnapshotError: somebody else has it open, or it is no such state.
            StoreError: the key beside it is damaged.
        """
        self.folder = folder.absolute()
        self._path = folder / f"{partner}.{family}.sqlite"
        in_memory = to_look and not self._path.exists()
        secret = os.urandom(SECRET_BYTES) if in_memory else read_or_make_secret(folder / "snapshots.key")
        self._hash_key, seal_key = (hmac.digest(secret, use, hashlib.sha256) for use in (b"hash", b"seal"))
        self._cipher, self._about = AESGCM(seal_key), f"{partner}.{family}".encode()
        if not in_memory:
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        self._db = sqlite3.connect(":memory:" if in_memory else self._path, isolation_level=None, timeout=0)
        try:
            for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=DELETE", "synchronous=FULL", "secure_delete=ON"):
                self._db.execute(f"PRAGMA {pragma}")
            self._db.executescript(f"BEGIN EXCLUSIVE; {TABLES} COMMIT;")
        except sqlite3.OperationalError:
            raise SnapshotError(f"another snapshot of {partner}'s {family} is being published; wait for it") from None
        except sqlite3.DatabaseError:
            raise SnapshotError(f"{self._path.name} is damaged; restore it from its backup") from None

    def __enter__(self) -> Self:
        """Nothing more to open."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        self._db.close()

    def hashed(self, *parts: str) -> bytes:
        """A pseudonym of parts that nobody makes without the key."""
        return hmac.digest(self._hash_key, "\x1f".join(parts).encode(), hashlib.sha256)[:16]

    def sealed(self, content: bytes) -> bytes:
        """Content that only the key opens."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, self._about)

    def opened(self, sealed: bytes) -> bytes:
        """What was sealed.

        Raises:
            SnapshotError: it was sealed under another key.
        """
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._about)
        except InvalidTag:
            raise SnapshotError(
                f"snapshots.key does not open {self._path.name}; restore both from the same backup"
            ) from None

    @property
    def standing(self) -> Standing:
        """Of the last snapshot that is published as a whole."""
        row = self._db.execute("SELECT * FROM standing").fetchone()
        return Standing(*row) if row else Standing()

    @property
    def is_interrupted(self) -> bool:
        """Whether a snapshot is under way: its messages were made, and perhaps not all are acknowledged."""
        return self._db.execute("SELECT 1 FROM planned").fetchone() is not None

    @contextmanager
    def plan(self, standing: Standing, *, keep: bool) -> Iterator[None]:
        """Within, changes are planned; at the end they are durable as one, or forgotten where not to be kept."""
        with _answering():
            self._db.execute("BEGIN IMMEDIATE")
        try:
            for table in ("seen", "rejected"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608  # names of ours
            self._db.execute("INSERT INTO planned VALUES (?, ?, ?)", tuple(vars(standing).values()))
            with _answering():
                yield
                self._db.execute("COMMIT" if keep else "ROLLBACK")
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def see(self, key: bytes, place: int) -> int | None:
        """Note that the file has a fact at a place; the place where it had it before."""
        if self._db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, place)).rowcount == 1:
            return None
        return int(self._db.execute("SELECT place FROM seen WHERE key = ?", (key,)).fetchone()[0])

    def hold(self, source: bytes) -> None:
        """Note that a row of the file was rejected: what was known by its id is not taken back."""
        self._db.execute("INSERT OR IGNORE INTO rejected VALUES (?)", (source,))

    def known(self, key: bytes) -> tuple[bytes, str] | None:
        """Content and event id of a fact of the last snapshot."""
        row = self._db.execute("SELECT content, event_id FROM fact WHERE key = ?", (key,)).fetchone()
        return None if row is None else (row[0], row[1])

    def add(self, change: Change, message: Message) -> None:
        """Plan a message, and what it changes."""
        key, event_id, value = message
        content = orjson.dumps([key, event_id]) + b"\n" + value
        self._db.execute("INSERT INTO outbox (sealed) VALUES (?)", (self.sealed(content),))
        row = (change.key, change.source, change.content, change.event_id, self.sealed(change.kept))
        self._db.execute("INSERT INTO delta VALUES (?, ?, ?, ?, ?)", row)

    def gone(self) -> Iterator[Fact]:
        """Facts of the last snapshot that the file neither has nor has a rejected row for."""
        for row in self._db.execute(f"SELECT key, source, event_id, sealed {GONE}"):  # words of ours
            yield Fact(*row)

    def count_gone(self) -> int:
        """How many those are."""
        return int(self._db.execute(f"SELECT count(*) {GONE}").fetchone()[0])  # words of ours

    def count(self) -> int:
        """How many facts the last snapshot has."""
        return int(self._db.execute("SELECT count(*) FROM fact").fetchone()[0])

    def count_missing(self) -> int:
        """How many of them the file does not have."""
        return int(self._db.execute("SELECT count(*) FROM fact WHERE key NOT IN (SELECT key FROM seen)").fetchone()[0])

    def outbox(self) -> Iterator[Message]:
        """The messages of the snapshot that is under way, in their order, the same each time."""
        for (sealed,) in self._db.execute("SELECT sealed FROM outbox ORDER BY n"):
            head, _, value = self.opened(sealed).partition(b"\n")
            key, event_id = orjson.loads(head)
            yield key, event_id, value

    def commit(self) -> None:
        """All of the outbox is acknowledged: what it changes is so from now on."""
        with _answering():
            self._db.executescript(f"BEGIN IMMEDIATE; {APPLY} COMMIT;")


@contextmanager
def _answering() -> Iterator[None]:
    """SQLite's errors as ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise SnapshotError(
            f"the state of the snapshot cannot be written ({error}); make room on its disk, then run it again"
        ) from error
