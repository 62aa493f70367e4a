"""What one transaction brings to the case views, and its columns. No SQL here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import pyarrow as pa

Row = dict[str, Any]
"""The fields of ``release.avsc`` in physical values (days, microseconds), and ``body``, ``state`` and ``reason``."""

COLUMNS = pa.schema(
    [
        ("recipient", pa.string()),
        ("person_id", pa.string()),
        ("event_id", pa.string()),
        ("position", pa.int64()),
        ("state", pa.string()),
        ("family", pa.string()),
        ("partner_id", pa.string()),
        ("operation", pa.string()),
        ("fact_id", pa.string()),
        ("occurred_on", pa.date32()),
        ("effective_from", pa.date32()),
        ("effective_to", pa.date32()),
        ("observed_at", pa.timestamp("us")),
        ("published_at", pa.timestamp("us")),
        ("purpose", pa.string()),
        ("agreement_id", pa.string()),
        ("agreement_version", pa.int32()),
        ("basis", pa.string()),
        ("consent_event_ids", pa.list_(pa.string())),
        ("expires_on", pa.date32()),
        ("groups", pa.list_(pa.string())),
        ("notice", pa.string()),
        ("body", pa.string()),
        ("reason", pa.string()),
        ("seq", pa.int64()),
    ]
)
"""Columns of the table ``release_row``, in order."""

CONTENT: dict[str, Any] = {
    "occurred_on": None,
    "effective_from": None,
    "effective_to": None,
    "consent_event_ids": [],
    "expires_on": None,
    "groups": [],
    "body": None,
}
"""What a retraction leaves of a release's content: nothing."""


@dataclass(frozen=True)
class ViewBatch:
    """Everything that one transaction writes."""

    rows: Sequence[Row] = ()
    """Releases and retractions, in any order, repeats allowed."""
    agreements: Sequence[tuple[str, Row]] = ()
    """Recipient, and the physical row of ``agreement_activated.avsc``."""
    signals: Sequence[Row] = ()
    """Physical rows of ``signal_changed.avsc``, those of one signal in their order, repeats allowed."""
    ticks: Mapping[str, int] = field(default_factory=dict)
    """Recipient to time in microseconds since 1970-01-01 UTC."""
    offsets: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """Topic and partition to the offset to read next."""


def newest_per_key(rows: Sequence[Row]) -> list[Row]:
    """Of the rows with one recipient, person and event, the one with the highest position; of equal ones the first."""
    kept: dict[tuple[str, str, str], Row] = {}
    for row in rows:
        key = (row["recipient"], row["person_id"], row["event_id"])
        if key not in kept or row["position"] > kept[key]["position"]:
            kept[key] = row
    return list(kept.values())


def to_columns(rows: Sequence[Row], first_seq: int) -> pa.Table:
    """The rows as columns of ``release_row``, numbered from ``first_seq``; a retracted row loses its content."""
    stored = [_stored(row, first_seq + i) for i, row in enumerate(rows)]
    columns = [pa.array([row[name] for row in stored], COLUMNS.field(name).type) for name in COLUMNS.names]
    return pa.Table.from_arrays(columns, schema=COLUMNS)


def _stored(row: Row, seq: int) -> Row:
    if row["state"] == "retracted":
        return {**row, **CONTENT, "seq": seq}
    return {**row, "body": as_text(row["body"]), "reason": None, "seq": seq}


def as_text(value: Row) -> str:
    """JSON text, the same for equal values."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
