"""The case views in one DuckDB file: opening it, and the one way of writing to it.

Only one process may have the file open, and one thread writes. Every batch is one transaction, which also holds the
offsets to read next: after a crash the file stands before or after a batch, never within. A row is replaced only by one
of a higher position, so order and repetition of what arrives do not show.
"""

import contextlib
import hashlib
import pathlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import duckdb
import pyarrow as pa

from sinks import in_force_rows, release_rows, rewriting, signal_rows
from sinks.duckdb_texts import TEXTS
from sinks.view_batch import ViewBatch, newest_per_key, numbered
from sinks.views import Change, Question, ViewFormatError, ViewLockedError

FORMAT = 5
"""Version of all tables; raised with every change to them."""

TABLES = """
CREATE TABLE clock (recipient VARCHAR PRIMARY KEY, tick_at BIGINT NOT NULL);
CREATE TABLE sink_offset (
    topic VARCHAR, partition INTEGER, next_offset BIGINT NOT NULL, PRIMARY KEY (topic, partition));
CREATE TABLE number_taken (source VARCHAR PRIMARY KEY, generation BIGINT NOT NULL, value BIGINT NOT NULL);
CREATE TABLE meta (name VARCHAR PRIMARY KEY, value BIGINT NOT NULL);
"""

DEFINITIONS = TABLES + in_force_rows.TABLES + release_rows.TABLE + signal_rows.TABLE
NAMES = (*in_force_rows.NAMES, "clock", "sink_offset", "number_taken", "meta", "release_row", "signal_row")
UPSERT_TICK = """
INSERT INTO clock SELECT unnest(?::VARCHAR[]), unnest(?::BIGINT[])
ON CONFLICT DO UPDATE SET tick_at = excluded.tick_at WHERE excluded.tick_at > clock.tick_at
"""
# Of every batch: MERGE takes two thirds of the time of INSERT ON CONFLICT.
MERGE_OFFSET = """
MERGE INTO sink_offset s
USING (SELECT unnest(?::VARCHAR[]) AS topic, unnest(?::INTEGER[]) AS partition, unnest(?::BIGINT[]) AS next_offset) b
ON (s.topic = b.topic AND s.partition = b.partition)
WHEN MATCHED THEN UPDATE SET next_offset = b.next_offset
WHEN NOT MATCHED THEN INSERT VALUES (b.topic, b.partition, b.next_offset)
"""
MERGE_NUMBER = """
MERGE INTO number_taken n
USING (SELECT unnest(?::VARCHAR[]) AS source, unnest(?::BIGINT[]) AS generation, unnest(?::BIGINT[]) AS value) b
ON (n.source = b.source)
WHEN MATCHED THEN UPDATE SET generation = b.generation, value = b.value
WHEN NOT MATCHED THEN INSERT VALUES (b.source, b.generation, b.value)
"""
LAST_SEQS = """
SELECT recipient, max(seq) FROM (
  SELECT recipient, seq FROM release_row UNION ALL SELECT recipient, seq FROM signal_row) GROUP BY recipient
"""
MOST_NEWEST = 100_000
"""Persons whose newest change is in memory; after more, all count as changed."""


class CaseViews:
    """An open file of case views. ``apply`` belongs to one thread; cursors may be asked for from any."""

    def __init__(self, root: duckdb.DuckDBPyConnection) -> None:
        """Take over a connection to a file whose format is right."""
        self._root = root
        self._lock = threading.Lock()
        self._writer = root.cursor()
        self._releases = release_rows.ReleaseWriter(self._writer)
        self.first_seq = self._number("SELECT value FROM meta WHERE name = 'first_seq'")
        """Change number that the file began with; what a reader saw below it, it saw of another file."""
        self._in_force_changed = 0
        self._newest_changes: dict[tuple[str, str], int] = {}
        self._all_changed_by = 0
        self._last_seqs: dict[str, int] = dict(self._writer.execute(LAST_SEQS).fetchall())
        self._next_seq = max(self.first_seq, *(seq + 1 for seq in self._last_seqs.values()), 0)

    @classmethod
    def open(
        cls, path: pathlib.Path, *, memory_limit: str = "512MB", threads: int = 1, first_seq: int | None = None
    ) -> Self:
        """Open the file, made where there is none, readable by its owner only; after an erasure it is written anew.

        ``first_seq`` is the first change number of a new file: by default the microseconds since 1970, so that the
        numbers of a rebuilt file lie above those of the file before it. ``threads`` are those that share one question
        or write: several of these run beside each other all the same, and to divide one costs more than it gives.

        Raises:
            ViewFormatError: the file is of another version, or no view file.
            ViewLockedError: another process has it open.
        """
        root = _connect(path, memory_limit, threads)
        try:
            _prepare(root, path, time.time_ns() // 1000 if first_seq is None else first_seq)
            if rewriting.is_due(root):
                root.close()
                rewriting.write_anew(path, DEFINITIONS, NAMES)
                root = _connect(path, memory_limit, threads)
            path.chmod(0o600)
            return cls(root)
        except BaseException:
            root.close()
            raise

    def close(self) -> None:
        """Close the file; cursors in use end with an error."""
        self._root.close()

    @contextlib.contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A reader of its own, which sees what is committed."""
        with self._lock:
            cursor = self._root.cursor()
        with contextlib.closing(cursor):
            yield cursor

    def apply(self, batch: ViewBatch) -> list[Change]:
        """Write a batch in one transaction; the rows that it really changed, by change number.

        A retraction of a release that was never seen is kept too: a late release of a lower position must not
        bring back what was taken.
        """
        rows, signals = newest_per_key(batch.releases), signal_rows.newest_per_signal(batch.signals)
        with self._transaction() as writer:
            changed = self._releases.write(writer, numbered(rows, self._next_seq))
            if signals:
                changed += _merge(writer, signal_rows.to_columns(signals, self._next_seq + rows.num_rows))
            in_force_rows.write(writer, batch)
            rewriting.note(writer, batch)
            if batch.ticks:
                writer.execute(UPSERT_TICK, [list(batch.ticks), list(batch.ticks.values())])
            if batch.offsets:
                writer.execute(MERGE_OFFSET, _offset_columns(batch.offsets))
            if batch.numbers:
                generations, values = zip(*batch.numbers.values(), strict=True)
                writer.execute(MERGE_NUMBER, [list(batch.numbers), list(generations), list(values)])
        self._in_force_changed += batch.changes_in_force
        changes = sorted(map(Change._make, changed))
        self._next_seq += rows.num_rows + len(signals)
        # Before the last numbers: whoever reads up to those must not take for unchanged what is not.
        self._note_newest(changes)
        self._last_seqs |= {change.recipient: change.seq for change in changes}
        return changes

    def last_seq(self, recipient: str) -> int:
        """Change number of the recipient's newest committed change; one below the file's first where there is none."""
        return self._last_seqs.get(recipient, self.first_seq - 1)

    def newest_changes(self, recipient: str, person_ids: Sequence[str]) -> Mapping[str, int]:
        """By person a change number that no change since the file was opened lies above; 0 where there was none.

        It rises with each change of the person, and now and then without one.
        """
        return {p: self._newest_changes.get((recipient, p), self._all_changed_by) for p in person_ids}

    def in_force_changed(self, recipient: str) -> int:
        """How many batches since the file was opened brought agreements, rules, or the end of a sweep, to anybody."""
        del recipient
        return self._in_force_changed

    def ask(self, question: Question, recipient: str, **names: Any) -> list[tuple[Any, ...]]:
        """Answer on a cursor of its own."""
        with self.cursor() as cursor:
            return cursor.execute(TEXTS[question], {"recipient": recipient, **names}).fetchall()

    def _note_newest(self, changes: list[Change]) -> None:
        if len(self._newest_changes) > MOST_NEWEST:
            self._all_changed_by = self._next_seq - 1  # first, so that no reader takes a changed person for unchanged
            self._newest_changes = {}
        self._newest_changes |= {(change.recipient, change.person_id): change.seq for change in changes}

    def offsets(self) -> dict[tuple[str, int], int]:
        """Topic and partition to the offset to read next."""
        with self.cursor() as cursor:
            rows = cursor.execute("SELECT topic, partition, next_offset FROM sink_offset").fetchall()
        return {(topic, partition): next_offset for topic, partition, next_offset in rows}

    def numbers(self) -> dict[str, tuple[int, int]]:
        """Topic/partition/stage to the last number taken, in its generation."""
        with self.cursor() as cursor:
            rows = cursor.execute("SELECT source, generation, value FROM number_taken").fetchall()
        return {source: (generation, value) for source, generation, value in rows}

    def content_hash(self) -> str:
        """SHA-256 of what the views show: releases with their content, signals, agreements and rules.

        Not in it: the order of arrival (change numbers, positions, offsets, ticks), and tombstones, since a rebuilt
        view that never saw a release need not know that it was taken back.
        """
        digest = hashlib.sha256()
        with self.cursor() as cursor:
            for query in (release_rows.CONTENT_IN_ORDER, signal_rows.CONTENT_IN_ORDER, *in_force_rows.CONTENT_IN_ORDER):
                answer = cursor.execute(query)
                while rows := answer.fetchmany(10_000):
                    digest.update("".join(f"{row!r}\n" for row in rows).encode())
        return digest.hexdigest()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        self._writer.begin()
        try:
            yield self._writer
            self._writer.commit()
        except BaseException:
            # A failed commit has rolled back already; a second roll-back then only says so.
            with contextlib.suppress(duckdb.TransactionException):
                self._writer.rollback()
            raise

    def _number(self, query: str) -> int:
        row = self._writer.execute(query).fetchone()
        return int(row[0]) if row else 0


def _merge(writer: duckdb.DuckDBPyConnection, signals: pa.Table) -> list[tuple[Any, ...]]:
    writer.register("batch", signals)  # takes the place of the batch before it
    return writer.execute(signal_rows.MERGE).fetchall()


def _offset_columns(offsets: Mapping[tuple[str, int], int]) -> list[list[str] | list[int]]:
    return [[topic for topic, _ in offsets], [partition for _, partition in offsets], list(offsets.values())]


def _connect(path: pathlib.Path, memory_limit: str, threads: int) -> duckdb.DuckDBPyConnection:
    config: dict[str, str | bool | int | float | list[str]] = {
        # A view file may come from a backup: nothing in it may make the engine read files, load code or phone out.
        "enable_external_access": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "memory_limit": memory_limit,
        # A checkpoint writes the newest row group anew: at DuckDB's 16 MB that is most of what a row costs. After a
        # kill a log of 128 MB is read in a second and a half.
        "checkpoint_threshold": "128MB",
        "threads": threads,
        "lock_configuration": True,
    }
    try:
        return duckdb.connect(path, config=config)
    except (duckdb.IOException, duckdb.SerializationException) as error:
        if "lock" in str(error):
            message = f"{path} is open in another process: stop it, or ask it over HTTP"
            raise ViewLockedError(message) from None
        raise _unreadable(path) from None


def _prepare(root: duckdb.DuckDBPyConnection, path: pathlib.Path, first_seq: int) -> None:
    tables = {name for (name,) in root.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if not tables:
        root.execute("BEGIN")
        root.execute(DEFINITIONS)
        root.execute("INSERT INTO meta VALUES ('format', ?), ('first_seq', ?)", [FORMAT, first_seq])
        root.execute("COMMIT")
        return
    found = root.execute("SELECT value FROM meta WHERE name = 'format'").fetchone() if "meta" in tables else None
    if found != (FORMAT,):
        raise _unreadable(path)


def _unreadable(path: pathlib.Path) -> ViewFormatError:
    return ViewFormatError(
        f"{path} is not a view file of format {FORMAT}: delete it, start serve, and `throughline agreements reissue` "
        "for each recipient"
    )
