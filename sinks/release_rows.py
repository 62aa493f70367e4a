"""Releases in the case views: their table, and the statements that write it."""

from collections.abc import Iterable
from typing import Any

import duckdb
import pyarrow as pa

from sinks.view_batch import COLUMNS, KEY, keys_of

TABLE = """
CREATE TABLE release_row (
    recipient VARCHAR NOT NULL, person_id VARCHAR NOT NULL, event_id VARCHAR NOT NULL,
    position BIGINT NOT NULL, state VARCHAR NOT NULL, family VARCHAR NOT NULL, partner_id VARCHAR NOT NULL,
    operation VARCHAR NOT NULL, fact_id VARCHAR NOT NULL, occurred_on DATE, effective_from DATE, effective_to DATE,
    observed_at TIMESTAMP NOT NULL, published_at TIMESTAMP NOT NULL, purpose VARCHAR NOT NULL,
    agreement_id VARCHAR NOT NULL, agreement_version INTEGER NOT NULL, basis VARCHAR NOT NULL,
    consent_event_ids VARCHAR[] NOT NULL, expires_on DATE, groups VARCHAR[] NOT NULL, rules VARCHAR[] NOT NULL,
    obligations VARCHAR[] NOT NULL, notice VARCHAR NOT NULL,
    body VARCHAR, reason VARCHAR, seq BIGINT NOT NULL, case_manager_id VARCHAR);
"""

CHANGE = ("seq", "recipient", "person_id", "event_id", "family", "state")
"""What is told of a row that was changed."""
# Who is asked for at every reading stands in a column of its own: to look for it in bodies takes four times as long.
_MANAGER = "CASE WHEN b.family = 'caseload' THEN b.body->>'case_manager_id' END"
_REPLACED = ", ".join([*(f"{n} = b.{n}" for n in COLUMNS.names if n not in KEY), f"case_manager_id = {_MANAGER}"])
_STORED = ", ".join([*COLUMNS.names, "case_manager_id"])
_VALUES = ", ".join([*(f"b.{name}" for name in COLUMNS.names), _MANAGER])
INSERT = f"INSERT INTO release_row ({_STORED}) SELECT {_VALUES} FROM batch b"  # noqa: S608  # column names only
# Measured at 200,000 rows, 5,000 a batch: MERGE on a table without a primary key takes 83 ms, with one 405 ms, INSERT
# ON CONFLICT 501 ms. Keys are unique all the same: one thread writes, and a batch holds each key once. It goes through
# the whole table, though, so what is known to be new is inserted.
MERGE = f"""
MERGE INTO release_row r USING batch b ON ({" AND ".join(f"r.{name} = b.{name}" for name in KEY)})
WHEN MATCHED AND b.position > r.position THEN UPDATE SET {_REPLACED}
WHEN NOT MATCHED THEN INSERT ({_STORED}) VALUES ({_VALUES})
RETURNING {", ".join(CHANGE)}
"""  # noqa: S608  # column names only, from a constant
CONTENT_IN_ORDER = f"""
SELECT {", ".join(name for name in COLUMNS.names if name not in {"position", "seq"})} FROM release_row
WHERE state = 'released' ORDER BY recipient, person_id, event_id
"""  # noqa: S608  # column names only, from a constant
KEYS = f"SELECT {', '.join(KEY)} FROM release_row"  # noqa: S608  # likewise
MOST_KNOWN = 1_000_000
"""Rows that are known by heart, at some 80 bytes each; where there are more, none is, and every batch is merged."""
Changed = tuple[Any, ...]
"""The values of ``CHANGE``."""


class ReleaseWriter:
    """Writes releases; knows by the hashes of their keys which rows there may be already."""

    def __init__(self, writer: duckdb.DuckDBPyConnection) -> None:
        """Over the one connection that writes."""
        self._known: set[int] | None = set()
        answer = writer.execute(KEYS)
        while rows := answer.fetchmany(10_000):
            self._learn(map(hash, rows))

    def write(self, writer: duckdb.DuckDBPyConnection, rows: pa.Table) -> list[Changed]:
        """Write rows of different keys within a transaction; those that changed something.

        A transaction that fails leaves more known than there is, which only has those rows merged.
        """
        if self._known is None:
            return _merged(writer, rows)
        hashes = list(map(hash, keys_of(rows)))
        is_new = [one not in self._known for one in hashes]
        self._learn(hashes)
        if all(is_new):
            return _inserted(writer, rows)
        there = pa.array([not new for new in is_new])
        return _inserted(writer, rows.filter(pa.array(is_new))) + _merged(writer, rows.filter(there))

    def _learn(self, hashes: Iterable[int]) -> None:
        if self._known is not None:
            self._known.update(hashes)
            if len(self._known) > MOST_KNOWN:
                self._known = None


def _inserted(writer: duckdb.DuckDBPyConnection, rows: pa.Table) -> list[Changed]:
    if rows.num_rows:
        writer.register("batch", rows)  # takes the place of the batch before it
        writer.execute(INSERT)
    return list(zip(*(rows.column(name).to_pylist() for name in CHANGE), strict=True))


def _merged(writer: duckdb.DuckDBPyConnection, rows: pa.Table) -> list[Changed]:
    if not rows.num_rows:
        return []
    writer.register("batch", rows)
    return writer.execute(MERGE).fetchall()
