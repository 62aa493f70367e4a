"""What this machine knows to be acknowledged: how far a file under way has come, and which events are not new.

One SQLite file a partner and family, beside the snapshots and under their key. Of an event 63 bits of a keyed hash of
its id are kept, in the cluster that has it; of a file a keyed hash of its content and of how it was read. So it says
nothing of anybody, and two events are hardly ever taken for one. It is a memory, no more: without it everything is sent
again, which changes nothing, and counts as new.
"""

import hashlib
import hmac
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import orjson

from partners.formats.reading import Mark
from partners.formats.sources import Source
from streams.errors import StoreError, ThroughlineError
from streams.keyring import read_or_make_secret

TABLES = """
CREATE TABLE IF NOT EXISTS sent (id INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS under_way (run INTEGER, id INTEGER);
CREATE TABLE IF NOT EXISTS progress (
    run INTEGER PRIMARY KEY, file BLOB UNIQUE, cluster TEXT, as_of TEXT, place INTEGER, mark INTEGER, counts BLOB
);
"""
NOTED = "UPDATE progress SET cluster = ?, as_of = ?, place = ?, mark = ?, counts = ? WHERE file = ?"
BLOCK_BYTES = 1 << 20
WAIT_SECONDS = 60.0
BITS = 63


def blocks_of(sources: Iterable[Source]) -> Iterator[bytes]:
    """The content of files, one after the other.

    Raises:
        OSError: one cannot be read.
    """
    for source in sources:
        with source.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                yield block


class SentError(ThroughlineError):
    """What was sent cannot be remembered; one line with the remedy."""


@dataclass(frozen=True)
class Progress:
    """How far a file has come: everything before it is acknowledged."""

    cluster: str
    as_of: str
    mark: Mark | None
    """Where its format goes on; None: it is read from its beginning, and what was counted is passed over."""
    counts: dict[str, Any] = field(repr=False)
    """Of its outcome."""


class SentState:
    """What is known of one partner and family."""

    def __init__(self, folder: Path, partner: str, family: str) -> None:
        """Open or make it.

        Raises:
            SentError: it cannot be made, is no such state, or the key beside it is damaged.
        """
        path = folder / f"{partner}.{family}.sent.sqlite"
        self.cluster = ""
        try:
            self._key = hmac.digest(read_or_make_secret(folder / "snapshots.key"), b"sent", hashlib.sha256)
            self._about = f"{partner}.{family}".encode()
            path.touch(mode=0o600)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=WAIT_SECONDS)
            self._db.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; {TABLES}")
        except (OSError, sqlite3.Error, StoreError) as error:
            raise SentError(
                f"what was sent cannot be remembered in {folder} ({type(error).__name__}): set THROUGHLINE_DATA_DIR to "
                "a folder that this user may write to"
            ) from None

    def __enter__(self) -> Self:
        """Nothing more to open."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        self._db.close()

    def file_key(self, sources: Iterable[Source], *said: str) -> bytes:
        """A file, or files that are read together, as known here: their content, and how they are read.

        Args:
            sources: the files.
            said: whatever their events depend on beside them.

        Raises:
            OSError: one cannot be read.
        """
        digest = hmac.new(self._key, self._about, hashlib.sha256)
        digest.update(orjson.dumps(said))
        for block in blocks_of(sources):
            digest.update(block)
        return digest.digest()

    def progress(self, file: bytes) -> Progress | None:
        """How far a file has come that was not sent to its end; None: it was, or never begun."""
        asked = "SELECT cluster, as_of, place, mark, counts FROM progress WHERE file = ?"
        row = self._db.execute(asked, (file,)).fetchone()
        if row is None:
            return None
        cluster, as_of, place, mark, counts = row
        return Progress(cluster, as_of, None if place is None else (place, mark), orjson.loads(counts))

    def begin(self, file: bytes) -> None:
        """A file is sent from its beginning: of a run before that was broken off only its events are remembered."""
        with self._changing():
            self._settle(file)

    def note(self, file: bytes, progress: Progress, event_ids: Sequence[str]) -> None:
        """Note how far a file has come, and the events since the last time, which are acknowledged."""
        place, mark = progress.mark or (None, None)
        row = (progress.cluster, progress.as_of, place, mark, orjson.dumps(progress.counts), file)
        with self._changing():
            self._db.execute("INSERT OR IGNORE INTO progress (file) VALUES (?)", (file,))
            self._db.execute(NOTED, row)
            run = self._run_of(file)
            hashed = ((run, self._hashed(event_id)) for event_id in event_ids)
            self._db.executemany("INSERT INTO under_way VALUES (?, ?)", hashed)

    def end(self, file: bytes) -> int:
        """A file was sent to its end; how many of its events nobody knew here before."""
        with self._changing():
            return self._settle(file)

    def _settle(self, file: bytes) -> int:
        """Events of a file go to those that are known; how many were not."""
        run = self._run_of(file)
        before = self._db.total_changes
        self._db.execute("INSERT OR IGNORE INTO sent SELECT id FROM under_way WHERE run = ? ORDER BY id", (run,))
        new = self._db.total_changes - before
        self._db.execute("DELETE FROM under_way WHERE run = ?", (run,))
        self._db.execute("DELETE FROM progress WHERE run = ?", (run,))
        return new

    def _run_of(self, file: bytes) -> int | None:
        """Number of a file that is under way."""
        row = self._db.execute("SELECT run FROM progress WHERE file = ?", (file,)).fetchone()
        return None if row is None else int(row[0])

    def _hashed(self, event_id: str) -> int:
        text = f"{self.cluster}\x1f{event_id}".encode()
        return int.from_bytes(hashlib.blake2b(text, key=self._key, digest_size=8).digest(), "big") >> (64 - BITS)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One transaction."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise SentError(
                f"what was sent cannot be remembered ({error}); make room on its disk, then run it again"
            ) from None
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
