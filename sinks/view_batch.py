"""What one transaction brings to the case views, as columns. No SQL here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

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
        ("rules", pa.list_(pa.string())),
        ("obligations", pa.list_(pa.string())),
        ("notice", pa.string()),
        ("body", pa.string()),
        ("reason", pa.string()),
        ("seq", pa.int64()),
    ]
)
"""Columns of the table ``release_row``, in order."""

UNNUMBERED = pa.schema([column for column in COLUMNS if column.name != "seq"])
"""The same, before change numbers are given."""
KEY = ("recipient", "person_id", "event_id")
Key = tuple[str, ...]
"""The values of ``KEY``."""
CONTENT = {"occurred_on", "effective_from", "effective_to", "expires_on", "body"}
LISTS = {"consent_event_ids", "groups", "rules", "obligations"}
"""What a retraction leaves of a release's content: nothing, or an empty list."""


@dataclass(frozen=True)
class ViewBatch:
    """Everything that one transaction writes."""

    releases: pa.Table = field(default_factory=UNNUMBERED.empty_table)
    """Releases and retractions as ``UNNUMBERED`` columns, in any order, repeats allowed."""
    agreements: Sequence[tuple[str, Row]] = ()
    """Recipient, and the physical row of ``agreement_activated.avsc``."""
    rules: Sequence[tuple[str, Row]] = ()
    """Recipient, and the physical row of ``rules_activated.avsc``."""
    swept: Mapping[tuple[str, int], Row] = field(default_factory=dict)
    """Recipient and partition to the newest physical row of ``sweep_ended.avsc``."""
    signals: Sequence[Row] = ()
    """Physical rows of ``signal_changed.avsc``, those of one signal in their order, repeats allowed."""
    ticks: Mapping[str, int] = field(default_factory=dict)
    """Recipient to time in microseconds since 1970-01-01 UTC."""
    offsets: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """Topic and partition to the offset to read next."""
    numbers: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Topic/partition/stage to the last number taken, in its generation."""
    read_from: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """Topic and partition to what was to be read next before this batch: where several write, it tells that they do."""

    @property
    def changes_in_force(self) -> bool:
        """Whether it brings agreements, rules, or the end of a sweep by one of them."""
        return bool(self.agreements or self.rules or self.swept)

    @property
    def decides_anew(self) -> bool:
        """Whether it brings what decides of any row whether it may be shown: those, or the time."""
        return self.changes_in_force or bool(self.ticks)


def released(rows: pa.RecordBatch) -> pa.Table:
    """Columns of decoded releases of one schema."""
    nothing = pa.nulls(rows.num_rows, pa.string())
    return _columns(rows.column("release"), "released", texts(rows.column("body")), nothing)


def retracted(rows: pa.RecordBatch) -> pa.Table:
    """Columns of decoded retractions; nothing of the content stays."""
    nothing = pa.nulls(rows.num_rows, pa.string())
    return _columns(rows.column("release"), "retracted", nothing, rows.column("reason"))


def _columns(heads: pa.StructArray, state: str, body: pa.Array, reason: pa.Array) -> pa.Table:
    """The heads' fields, and what stands beside them."""
    parts = dict(zip((f.name for f in heads.type), heads.flatten(), strict=True))
    if state == "retracted":
        parts |= {name: pa.nulls(len(heads)) for name in CONTENT}
        parts |= {name: pa.array([[]] * len(heads), pa.list_(pa.string())) for name in LISTS}
    parts |= {"state": pa.array([state] * len(heads)), "body": body, "reason": reason}
    columns = [_cast(parts[column.name], column.type) for column in UNNUMBERED]
    return pa.Table.from_arrays(columns, schema=UNNUMBERED)


def _cast(column: pa.Array, kind: pa.DataType) -> pa.Array:
    return column if column.type == kind else column.cast(kind)


def newest_per_key(table: pa.Table) -> pa.Table:
    """Of the rows with one recipient, person and event, the one with the highest position; of equal ones the first."""
    keys = keys_of(table)
    if len(set(keys)) == len(keys):
        return table
    kept: dict[Key, tuple[int, int]] = {}
    for place, (key, position) in enumerate(zip(keys, table.column("position").to_pylist(), strict=True)):
        if position > kept.setdefault(key, (position, place))[0]:
            kept[key] = (position, place)
    return table.take(pa.array([place for _, place in kept.values()], pa.int64()))


def keys_of(table: pa.Table) -> list[Key]:
    """Recipient, person and event of each row."""
    return list(zip(*(table.column(name).to_pylist() for name in KEY), strict=True))


def numbered(table: pa.Table, first_seq: int) -> pa.Table:
    """The rows with their change numbers, from ``first_seq``."""
    return table.append_column(COLUMNS.field("seq"), pa.array(range(first_seq, first_seq + table.num_rows), pa.int64()))


def as_text(value: Any) -> str:
    """JSON text, the same for equal values."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def texts(rows: pa.StructArray) -> pa.StringArray:
    """What ``as_text`` makes of each row: written a column at a time, since most values of a column are alike."""
    columns = sorted(zip((field.name for field in rows.type), rows.flatten(), strict=True), key=itemgetter(0))
    members = [_members("," if i else "{", name, column) for i, (name, column) in enumerate(columns)]
    return pc.binary_join_element_wise(*members, "}", "")


def _members(before: str, name: str, column: pa.Array) -> pa.StringArray:
    """A column's values as a member of an object, and what stands before it."""
    head = f'{before}"{name}":'
    if pa.types.is_nested(column.type):  # such values have no dictionary
        return pa.array([head + as_text(value) for value in column.to_pylist()], pa.string())
    alike = column.dictionary_encode(null_encoding="encode")
    return pa.array([head + as_text(value) for value in alike.dictionary.to_pylist()], pa.string()).take(alike.indices)
