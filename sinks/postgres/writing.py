"""The one way of writing to views in PostgreSQL; any number of sinks do, which share partitions among them.

The order of effects, in one transaction:

1. See that the tables are still of our format. Lock the offsets of the batch's partitions. Where they are not what the
   batch was read from, another sink has these partitions now: nothing is written. An offset never goes back.
2. Copy the rows into temporary tables.
3. Lock the standing of each recipient, in the order of their names, so that nobody waits in a circle: from here to the
   commit nobody else gives change numbers to these recipients. So numbers rise in the order of commits, and whoever has
   seen one has seen all below it.
4. Upsert the rows, those of a higher position alone, numbered from there; agreements, rules, sweeps and ticks.
5. Set the offsets, the numbers taken, and the recipients' standing; tell who listens, which is heard after the commit.

An answer to COMMIT that is lost leaves open whether it was done. Whoever gives the same batch again learns it from the
offsets, which step 1 reads only once the lost transaction has ended.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from sinks import release_rows, signal_rows
from sinks.postgres import row_security, tables, texts
from sinks.postgres.connecting import BROKEN, Connection, connect, ours
from sinks.postgres.copying import copy
from sinks.view_batch import KEY, UNNUMBERED, Row, ViewBatch, as_text, newest_per_key
from sinks.views import Change, StaleBatchError

IDLE_SECONDS = 10.0
"""A sink that is paused within a batch holds locks that others wait for: then PostgreSQL gives the batch up."""
GIVEN_UP = "SELECT set_config('idle_in_transaction_session_timeout', %s, false)"
CHANNEL = "throughline_views"
"""Of LISTEN and NOTIFY."""
_UNNUMBERED_SIGNAL = [name for name in signal_rows.COLUMNS.names if name != "seq"]
# Made once a connection; each transaction leaves them empty.
TEMPORARY = f"""
CREATE TEMPORARY TABLE release_batch ON COMMIT DELETE ROWS AS
  SELECT {", ".join(UNNUMBERED.names)}, 0::bigint AS place FROM {texts.RELEASES} WITH NO DATA;
CREATE TEMPORARY TABLE signal_batch ON COMMIT DELETE ROWS AS
  SELECT {", ".join(_UNNUMBERED_SIGNAL)}, 0::bigint AS place FROM {texts.SIGNALS} WITH NO DATA;
"""
LOCK_OFFSETS = """
INSERT INTO throughline.sink_offset AS s
SELECT * FROM unnest(%s::text[], %s::integer[], %s::bigint[]) AS b (topic, partition, read_from) ORDER BY 1, 2
ON CONFLICT (topic, partition) DO UPDATE SET next_offset = s.next_offset RETURNING topic, partition, next_offset
"""
LOCK_RECIPIENTS = """
INSERT INTO throughline.recipient_standing AS s (recipient, last_seq)
SELECT recipient, (SELECT value - 1 FROM throughline.meta WHERE name = 'first_seq')
FROM unnest(%s::text[]) AS b (recipient) ORDER BY 1
ON CONFLICT (recipient) DO UPDATE SET last_seq = s.last_seq
"""


def _numbered(batch: str, columns: Iterable[str]) -> str:
    return f"""
    SELECT {", ".join(f"b.{name}" for name in columns)},
      s.last_seq + row_number() OVER (PARTITION BY b.recipient ORDER BY b.place) AS seq
    FROM pg_temp.{batch} b JOIN throughline.recipient_standing s USING (recipient)"""


def _replaced(names: Iterable[str]) -> str:
    return ", ".join(f"{name} = excluded.{name}" for name in names)


# Who is asked for at every reading stands in a column of its own, as in DuckDB.
UPSERT_RELEASES = f"""
INSERT INTO {texts.RELEASES} AS r ({", ".join([*UNNUMBERED.names, "seq", "case_manager_id"])})
SELECT b.*, CASE WHEN family = 'caseload' THEN body::json ->> 'case_manager_id' END
FROM ({_numbered("release_batch", UNNUMBERED.names)}) b
ON CONFLICT ({", ".join(KEY)}) DO UPDATE
SET {_replaced([*(name for name in UNNUMBERED.names if name not in KEY), "seq", "case_manager_id"])}
WHERE excluded.position > r.position RETURNING {", ".join(f"r.{name}" for name in release_rows.CHANGE)}
"""
_SAID = [name for name in _UNNUMBERED_SIGNAL if name != "source_offset"]
_OLD, _NEW = (", ".join(f"{table}.{name}" for name in _SAID) for table in ("s", "excluded"))
UPSERT_SIGNALS = f"""
INSERT INTO {texts.SIGNALS} AS s ({", ".join([*_UNNUMBERED_SIGNAL, "seq"])})
{_numbered("signal_batch", _UNNUMBERED_SIGNAL)}
ON CONFLICT (signal_id) DO UPDATE SET {_replaced([*_UNNUMBERED_SIGNAL[1:], "seq"])}
WHERE excluded.source_offset > s.source_offset
  OR excluded.source_offset = s.source_offset AND ({_OLD}) IS DISTINCT FROM ({_NEW})
RETURNING s.seq, s.recipient, s.person_id, s.signal_id, 'signal', s.state
"""
SET_LAST_SEQS = """
UPDATE throughline.recipient_standing s SET last_seq = b.seq
FROM unnest(%s::text[], %s::bigint[]) AS b (recipient, seq) WHERE s.recipient = b.recipient
"""
RAISE_IN_FORCE = """
UPDATE throughline.recipient_standing SET in_force_changed = in_force_changed + 1 WHERE recipient = ANY(%s)
"""
# What is told again, to fill a view anew, was in force before that: the lower place counts.
PUT_AGREEMENT = """
INSERT INTO throughline.agreement AS a VALUES (%s, %s, %s, %s, %s) ON CONFLICT (recipient, agreement_id, version)
DO UPDATE SET position = excluded.position WHERE excluded.position < a.position
"""
PUT_RULES = """
INSERT INTO throughline.rules AS r VALUES (%s, %s, %s, %s) ON CONFLICT (recipient, version)
DO UPDATE SET position = excluded.position WHERE excluded.position < r.position
"""
PUT_SWEPT = """
INSERT INTO throughline.swept AS s VALUES (%s, %s, %s, %s) ON CONFLICT (recipient, partition)
DO UPDATE SET position = excluded.position, partitions = excluded.partitions WHERE excluded.position > s.position
"""
PUT_TICKS = """
INSERT INTO throughline.clock AS c SELECT * FROM unnest(%s::text[], %s::bigint[]) ON CONFLICT (recipient)
DO UPDATE SET tick_at = excluded.tick_at WHERE excluded.tick_at > c.tick_at
"""
SET_OFFSETS = """
UPDATE throughline.sink_offset s SET next_offset = greatest(s.next_offset, b.next_offset)
FROM unnest(%s::text[], %s::integer[], %s::bigint[]) AS b (topic, partition, next_offset)
WHERE s.topic = b.topic AND s.partition = b.partition
"""
PUT_NUMBERS = """
INSERT INTO throughline.number_taken SELECT * FROM unnest(%s::text[], %s::bigint[], %s::bigint[])
ON CONFLICT (source) DO UPDATE SET generation = excluded.generation, value = excluded.value
"""
PUT_ERASED = f"INSERT INTO throughline.meta VALUES ('{tables.ERASED}', 1) ON CONFLICT DO NOTHING"
OFFSETS = "SELECT topic, partition, next_offset FROM throughline.sink_offset"
NUMBERS = "SELECT source, generation, value FROM throughline.number_taken"


class Writer:
    """One sink's way to the views; for one thread. It connects anew by itself where a connection broke."""

    def __init__(self, dsn: str, idle_seconds: float = IDLE_SECONDS) -> None:
        """To the database of a connection string, by a role that may write.

        Raises:
            ViewsError: it is not to be used; the message says why.
        """
        self._dsn, self._idle_seconds = dsn, idle_seconds
        self._connection: Connection | None = None
        self._in_doubt: tuple[ViewBatch, list[Change]] | None = None
        with self._connected():
            pass

    def __enter__(self) -> Self:
        """Be closed at the end of a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def apply(self, batch: ViewBatch) -> list[Change]:
        """Write a batch; the rows that it really changed, by recipient and change number.

        Raises:
            ViewFormatError: the views are of another format by now; nothing was written.
            StaleBatchError: another sink has written what it begins with; nothing was written.
            ViewsAwayError: the database does not answer; the same batch is to be given again.
            ViewsRefusedError: it refuses the batch; nothing was written.
        """
        doubt = self._in_doubt
        changes: list[Change] = []
        with self._connected() as connection:
            with connection.transaction():
                tables.check_format(connection)
                held = _lock_offsets(connection, batch)
                if doubt and doubt[0] is batch and _is_done(held, batch):
                    changes = doubt[1]
                else:
                    _refuse_stale(held, batch)
                    changes = _write(connection, batch)
                self._in_doubt = batch, changes
            self._in_doubt = None
        return changes

    def offsets(self) -> dict[tuple[str, int], int]:
        """Topic and partition to the offset to read next."""
        with self._connected() as connection:
            return {(topic, part): next_ for topic, part, next_ in connection.execute(OFFSETS)}

    def numbers(self) -> dict[str, tuple[int, int]]:
        """Topic/partition/stage to the last number taken, in its generation."""
        with self._connected() as connection:
            return {source: (generation, value) for source, generation, value in connection.execute(NUMBERS)}

    def content_hash(self) -> str:
        """SHA-256 of what the views show; the same as that of views in DuckDB that show the same."""
        digest = hashlib.sha256()
        with self._connected() as connection, connection.transaction():
            for number, query in enumerate(texts.CONTENT_IN_ORDER):
                with connection.cursor(f"content_{number}") as cursor:
                    for row in cursor.execute(query.encode()):
                        digest.update(f"{row!r}\n".encode())
        return digest.hexdigest()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with ours():
            try:
                if self._connection is None or self._connection.closed:
                    self._connection = _open(self._dsn, self._idle_seconds)
                yield self._connection
            except BROKEN:
                self.close()
                raise


def _open(dsn: str, idle_seconds: float) -> Connection:
    connection = connect(dsn)
    try:
        tables.check_format(connection)
        row_security.check_writer(connection)
        connection.execute(TEMPORARY.encode())
        connection.execute(GIVEN_UP.encode(), [str(round(idle_seconds * 1_000))])
    except BaseException:
        connection.close()
        raise
    return connection


def _lock_offsets(connection: Connection, batch: ViewBatch) -> dict[tuple[str, int], int]:
    """What is to be read next of each partition; locked until the transaction ends."""
    if not batch.offsets:
        return {}
    begins = {place: batch.read_from.get(place, 0) for place in batch.offsets}
    return {(topic, part): next_ for topic, part, next_ in connection.execute(LOCK_OFFSETS, _columns(begins))}


def _is_done(held: Mapping[tuple[str, int], int], batch: ViewBatch) -> bool:
    return bool(held) and all(held[place] >= next_ for place, next_ in batch.offsets.items())


def _refuse_stale(held: Mapping[tuple[str, int], int], batch: ViewBatch) -> None:
    others = {place: next_ for place, next_ in held.items() if batch.read_from.get(place, next_) != next_}
    if others:
        raise StaleBatchError(others)


def _write(connection: Connection, batch: ViewBatch) -> list[Change]:
    releases, signals = newest_per_key(batch.releases), signal_rows.newest_per_signal(batch.signals)
    _copy(connection, "pg_temp.release_batch", releases)
    _copy(connection, "pg_temp.signal_batch", signal_rows.to_columns(signals, 0).drop_columns("seq"))
    concerned = {*releases.column("recipient").to_pylist(), *(row["recipient"] for row in signals), *batch.ticks}
    told = _recipients_told(batch)
    if concerned or told:
        connection.execute(LOCK_RECIPIENTS, [sorted(concerned | told)])
    changes = _upsert(connection, UPSERT_RELEASES) if releases.num_rows else []
    changes += _upsert(connection, UPSERT_SIGNALS) if signals else []  # numbered after what the releases took
    _put_in_force(connection, batch)
    if told:
        connection.execute(RAISE_IN_FORCE, [sorted(told)])
    if batch.ticks:
        connection.execute(PUT_TICKS, [list(batch.ticks), list(batch.ticks.values())])
    if pc.index(batch.releases.column("reason"), tables.ERASED).as_py() >= 0:
        connection.execute(PUT_ERASED.encode())
    if batch.offsets:
        connection.execute(SET_OFFSETS, _columns(batch.offsets))
    if batch.numbers:
        generations, values = zip(*batch.numbers.values(), strict=True)
        connection.execute(PUT_NUMBERS, [list(batch.numbers), list(generations), list(values)])
    _tell(connection, changes, told | batch.ticks.keys())
    return sorted(changes, key=lambda change: (change.recipient, change.seq))


def _copy(connection: Connection, into: str, rows: pa.Table) -> None:
    if rows.num_rows:
        copy(connection, into, rows.append_column("place", pa.array(range(rows.num_rows), pa.int64())))


def _recipients_told(batch: ViewBatch) -> set[str]:
    """Who gets agreements, rules, or the end of a sweep."""
    names = [recipient for recipient, _ in (*batch.agreements, *batch.rules, *batch.swept)]
    return set(names)


def _upsert(connection: Connection, statement: str) -> list[Change]:
    changes = [Change._make(row) for row in connection.execute(statement.encode())]
    if changes:
        last = {change.recipient: change.seq for change in sorted(changes)}
        connection.execute(SET_LAST_SEQS, [list(last), list(last.values())])
    return changes


def _put_in_force(connection: Connection, batch: ViewBatch) -> None:
    agreements = [
        (to, row["agreement_id"], row["version"], row["position"], _text(row)) for to, row in batch.agreements
    ]
    rules = [(to, row["version"], row["position"], row["document"]) for to, row in batch.rules]
    swept = [(to, part, row["position"], row["partitions"]) for (to, part), row in batch.swept.items()]
    with connection.cursor() as cursor:
        for statement, rows in ((PUT_AGREEMENT, agreements), (PUT_RULES, rules), (PUT_SWEPT, swept)):
            if rows:
                cursor.executemany(statement.encode(), rows)


def _text(agreement: Row) -> str:
    return as_text({name: value for name, value in agreement.items() if name != "position"})


def _tell(connection: Connection, changes: Sequence[Change], news: Iterable[str]) -> None:
    """One notice a recipient: its name, the change numbers, and whether it brings what decides of any row."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for change in changes:
        numbers[change.recipient].append(change.seq)
    for recipient in sorted({*numbers, *news}):
        seqs = numbers.get(recipient, [])
        said = [recipient, min(seqs, default=0), max(seqs, default=0), recipient in news]
        connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, orjson.dumps(said).decode()])


def _columns(offsets: Mapping[tuple[str, int], int]) -> list[list[Any]]:
    return [[topic for topic, _ in offsets], [part for _, part in offsets], list(offsets.values())]
