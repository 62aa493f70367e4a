"""Signals in the case views: their table, its columns, and a signal as readers get it."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from sinks.view_batch import Row

COLUMNS = pa.schema(
    [
        ("signal_id", pa.string()),
        ("recipient", pa.string()),
        ("person_id", pa.string()),
        ("rule", pa.string()),
        ("about", pa.string()),
        ("state", pa.string()),
        ("urgency", pa.string()),
        ("raised_at", pa.timestamp("us")),
        ("changed_at", pa.timestamp("us")),
        ("due_on", pa.date32()),
        ("evidence_event_ids", pa.list_(pa.string())),
        ("source_offset", pa.int64()),
        ("seq", pa.int64()),
    ]
)
"""Columns of the table ``signal_row``, in order."""

TABLE = """
CREATE TABLE signal_row (
    signal_id VARCHAR NOT NULL, recipient VARCHAR NOT NULL, person_id VARCHAR NOT NULL, rule VARCHAR, about VARCHAR,
    state VARCHAR NOT NULL, urgency VARCHAR, raised_at TIMESTAMP, changed_at TIMESTAMP, due_on DATE,
    evidence_event_ids VARCHAR[] NOT NULL, source_offset BIGINT NOT NULL, seq BIGINT NOT NULL);
"""

_VERSION = {"source_offset", "seq"}
_SAID = ", ".join(name for name in COLUMNS.names if name not in _VERSION)
_OLD, _NEW = (", ".join(f"{t}.{name}" for name in COLUMNS.names if name not in _VERSION) for t in "sb")
_REPLACED = ", ".join(f"{name} = b.{name}" for name in COLUMNS.names if name != "signal_id")
# A person's signals come from one partition in its order, so of two with the same offset the later counts; one that
# says what stands there already is a repeat, and no change. A higher offset is always kept: a lower one may yet come.
MERGE = f"""
MERGE INTO signal_row s USING batch b ON (s.signal_id = b.signal_id)
WHEN MATCHED AND (b.source_offset > s.source_offset
  OR b.source_offset = s.source_offset AND ({_OLD}) IS DISTINCT FROM ({_NEW})) THEN UPDATE SET {_REPLACED}
WHEN NOT MATCHED THEN INSERT ({", ".join(COLUMNS.names)}) VALUES ({", ".join(f"b.{name}" for name in COLUMNS.names)})
RETURNING seq, recipient, person_id, signal_id, 'signal', state
"""  # noqa: S608  # column names only, from a constant
CONTENT_IN_ORDER = f"SELECT {_SAID} FROM signal_row WHERE state <> 'retracted' ORDER BY signal_id"  # noqa: S608  # likewise

LEFT_BY_RETRACTION: Row = {
    "rule": None, "about": None, "urgency": None, "raised_at": None, "changed_at": None, "due_on": None,
    "evidence_event_ids": [],
}  # fmt: skip
"""What a retraction leaves of what a signal said: nothing."""


@dataclass(frozen=True)
class StoredSignal:
    """One signal as the view keeps it."""

    signal_id: str
    recipient: str
    person_id: str
    rule: str
    """fafsa_incomplete, stopped_out or sap_lost"""
    about: str
    """Aid year or term."""
    state: str
    """raised or closed"""
    urgency: str
    """high, medium or low"""
    raised_at: dt.datetime
    """UTC"""
    changed_at: dt.datetime
    """UTC"""
    due_on: dt.date | None
    """The deadline that it is about."""
    evidence_event_ids: tuple[str, ...]
    """Events of the rows that it rests on: it may be shown only where all of them may."""
    source_offset: int
    seq: int

    @classmethod
    def from_row(cls, values: Iterable[object]) -> "StoredSignal":
        """Of the values of the table's columns, in their order."""
        row: Row = dict(zip(COLUMNS.names, values, strict=True))
        times = {name: row[name].replace(tzinfo=dt.UTC) for name in ("raised_at", "changed_at")}
        return cls(**{**row, **times, "evidence_event_ids": tuple(row["evidence_event_ids"])})


def newest_per_signal(rows: Sequence[Row]) -> list[Row]:
    """Of the rows of one signal the one with the highest offset; of equal ones the last."""
    kept: dict[str, Row] = {}
    for row in rows:
        known = kept.get(row["signal_id"])
        if known is None or row["source_offset"] >= known["source_offset"]:
            kept[row["signal_id"]] = row
    return list(kept.values())


def to_columns(rows: Sequence[Row], first_seq: int) -> pa.Table:
    """The rows as columns of ``signal_row``, numbered from ``first_seq``; a retracted one loses what it said."""
    stored = [_stored(row, first_seq + i) for i, row in enumerate(rows)]
    columns = [pa.array([row[name] for row in stored], COLUMNS.field(name).type) for name in COLUMNS.names]
    return pa.Table.from_arrays(columns, schema=COLUMNS)


def _stored(row: Row, seq: int) -> Row:
    left = LEFT_BY_RETRACTION if row["state"] == "retracted" else {}
    return {**row, **left, "seq": seq}
