"""Framed Avro bytes to Arrow record batches and back, a batch at a time, by schema id.

``pyruhvro`` does the work on columns; fastavro is the referee: a batch that does not decode, or does not encode back to
the same bytes, is taken apart record by record, so that the bad ones are found and their neighbours flow on.
Dates are days and times are microseconds since 1970-01-01 UTC here; enums are their symbols.
"""

import functools
import io
import json
import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.compute as pc
import pyruhvro

from schemas_avro import evolution
from schemas_avro.catalog import Entry, catalog, newest_of

Row = dict[str, Any]


@dataclass(frozen=True)
class Decoded:
    """A batch taken from its bytes."""

    rows: pa.RecordBatch
    """The good ones, in order."""
    good: tuple[int, ...]
    """Place in the input of each row."""
    bad: tuple[int, ...]
    """Places in the input of payloads that are not the canonical bytes of any record."""


@dataclass
class _Switch:
    arrow: bool = True


_switch = _Switch()


def use_arrow(on: bool) -> None:  # noqa: FBT001  # a switch, called by its name
    """Let columns carry the batches (the default), or put the referee in charge of everything."""
    _switch.arrow = on


def uses_arrow() -> bool:
    """Whether columns carry the batches."""
    return _switch.arrow


def decode(schema_id: int, payloads: Sequence[bytes]) -> Decoded:
    """Decode Avro payloads (without the five-byte header) of one schema.

    Rows of an older version of a subject are brought to its newest: what that has besides is null.

    Raises:
        KeyError: the catalog has no such schema.
    """
    entry = catalog()[schema_id]
    every = tuple(range(len(payloads)))
    if _switch.arrow and (rows := _decode_columns(entry, payloads)) is not None:
        return Decoded(_current(schema_id, rows), every, ())
    found = {i: row for i in every if (row := decode_strictly(schema_id, payloads[i])) is not None}
    batch = pa.RecordBatch.from_pylist(list(found.values()), schema=arrow_schema(schema_id))
    return Decoded(_current(schema_id, batch), tuple(found), tuple(i for i in every if i not in found))


def _current(schema_id: int, rows: pa.RecordBatch) -> pa.RecordBatch:
    """Rows of a schema as those of its subject's newest version."""
    newest = newest_of(schema_id)
    return rows if newest == schema_id else evolution.resolved(rows, arrow_schema(newest))


def decode_each(schema_ids: Sequence[int], payloads: Sequence[bytes]) -> pa.RecordBatch:
    """Rows of payloads that Throughline itself wrote, each by a version of one subject, in their order.

    Raises:
        KeyError: the catalog has no such schema.
        ValueError: one of them is not what we wrote.
    """
    if len(set(schema_ids)) == 1:
        return decode_own_columns(schema_ids[0], payloads)
    places = {
        one: [i for i, schema_id in enumerate(schema_ids) if schema_id == one] for one in dict.fromkeys(schema_ids)
    }
    parts = [decode_own_columns(one, [payloads[i] for i in where]) for one, where in places.items()]
    order = [i for where in places.values() for i in where]
    back = sorted(range(len(order)), key=order.__getitem__)
    return pa.concat_batches(parts).take(pa.array(back, pa.int64()))


def decode_own(schema_id: int, payloads: Sequence[bytes]) -> list[Row]:
    """Rows of payloads that Throughline itself wrote.

    Raises:
        KeyError: the catalog has no such schema.
        ValueError: one of them is not what we wrote; nobody may go on from there.
    """
    return _pylist(catalog()[newest_of(schema_id)], decode_own_columns(schema_id, payloads))


def decode_own_columns(schema_id: int, payloads: Sequence[bytes]) -> pa.RecordBatch:
    """The same, as columns.

    Raises:
        KeyError: the catalog has no such schema.
        ValueError: one of them is not what we wrote.
    """
    decoded = decode(schema_id, payloads)
    if decoded.bad:
        raise ValueError(f"{len(decoded.bad)} records of schema {schema_id} are damaged")
    return decoded.rows


def encode(schema_id: int, rows: pa.RecordBatch) -> list[bytes]:
    """Avro payloads of a batch of one schema, without the five-byte header.

    Raises:
        KeyError: the catalog has no such schema, or the batch lacks a column.
        ValueError: a value that must not be null is, or a symbol is none of its enum's.
    """
    entry = catalog()[schema_id]
    for name, shape in _shape_of(schema_id).parts:
        if (gap := _gap(name, shape, rows.column(name))) is not None:
            raise ValueError(f"{gap} of {entry.subject} must not be null")
    if not _switch.arrow:
        return [_write(schema_id, row) for row in _pylist(entry, rows)]
    chunks = pyruhvro.serialize_record_batch(_unsliced(rows), entry.physical, 1)
    return [cell for chunk in chunks for cell in chunk.to_pylist()]


def encode_rows(schema_id: int, rows: Sequence[Row]) -> list[bytes]:
    """Avro payloads of rows of physical values. A key that a row lacks is null, one that the schema lacks is left out.

    The text of an error may show the value at fault.

    Raises:
        KeyError: the catalog has no such schema.
        ValueError: a value that must not be null is, an int or a symbol is out of its range, a text no UTF-8.
        OverflowError: an int beyond 64 bits.
        TypeError: another type of value.
    """
    if not rows:
        return []
    schema = arrow_schema(schema_id)
    columns = _columns(rows, list(schema))
    return encode(schema_id, pa.RecordBatch.from_arrays(columns, schema=schema))


def _column(values: list[Any], kind: pa.DataType) -> pa.Array:
    """Values as a column; records field by field, which is several times as fast as one by one."""
    if not pa.types.is_struct(kind) or any(type(value) is not dict for value in values):
        return pa.array(values, kind)
    fields = list(kind)
    return pa.StructArray.from_arrays(_columns(values, fields), fields=fields)


def _columns(rows: Sequence[Row], fields: list[pa.Field]) -> list[pa.Array]:
    """The columns of rows; a key that a row lacks is null."""
    names = [field.name for field in fields]
    try:
        values = zip(*map(operator.itemgetter(*names), rows), strict=True) if len(names) > 1 else ()
        cells = list(map(list, values))
    except KeyError:
        cells = []
    if not cells:
        cells = [[row.get(name) for row in rows] for name in names]
    return [_column(column, field.type) for column, field in zip(cells, fields, strict=True)]


@functools.cache
def arrow_schema(schema_id: int) -> pa.Schema:
    """Columns of a schema of the catalog."""
    return pyruhvro.avro_to_arrow_schema(catalog()[schema_id].physical)


def _unsliced(rows: pa.RecordBatch) -> pa.RecordBatch:
    """The batch, copied where it begins inside another: there ``pyruhvro`` panics on a column of records."""
    if not any(column.offset for column in rows.columns):
        return rows
    return rows.take(pa.array(range(rows.num_rows), pa.int64()))


def _pylist(entry: Entry, rows: pa.RecordBatch) -> list[Row]:
    """Rows as fastavro takes them: maps as dicts.

    Raises:
        KeyError: a map has a key twice.
    """
    if _has_maps(entry):
        return list(rows.to_pylist(maps_as_pydicts="strict"))
    # Arrow makes Python's values ten times as fast where it need not look for maps.
    columns, names = [column.to_pylist() for column in rows.columns], rows.schema.names
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _has_maps(entry: Entry) -> bool:
    return '"map"' in entry.physical


@dataclass(frozen=True)
class _Shape:
    """Where in a type nulls may stand."""

    nullable: bool = False
    parts: tuple[tuple[str, "_Shape"], ...] = ()
    """Of a record: its fields."""
    inner: "_Shape | None" = None
    """Of an array or map: its items or values."""


@functools.cache
def _shape_of(schema_id: int) -> _Shape:
    return _shape(catalog()[schema_id].schema, {})


def _shape(schema: Any, named: dict[str, _Shape]) -> _Shape:
    match schema:
        case ["null", other]:
            return replace(_shape(other, named), nullable=True)
        case {"type": "record", "name": name, "fields": fields}:
            named[name] = _Shape(parts=tuple((f["name"], _shape(f["type"], named)) for f in fields))
            return named[name]
        case {"type": "array", "items": items}:
            return _Shape(inner=_shape(items, named))
        case {"type": "map", "values": values}:
            return _Shape(inner=_shape(values, named))
        case str():
            return named.get(schema, _Shape())
    return _Shape()


def _gap(place: str, shape: _Shape, column: pa.Array) -> str | None:
    """Place of a null where none may be; None if there is no such place.

    ``pyruhvro`` looks at the outermost columns only; in records and arrays it writes an empty text or a zero instead.
    """
    if column.null_count and not shape.nullable:
        return place
    if shape.parts:
        cells = dict(zip((field.name for field in column.type), column.drop_null().flatten(), strict=True))
        return next((gap for name, part in shape.parts if (gap := _gap(f"{place}.{name}", part, cells[name]))), None)
    if shape.inner is None:
        return None
    return _gap(f"{place}[]", shape.inner, _items(column))


def _items(column: pa.Array) -> pa.Array:
    """Items of arrays, or values of maps, one after the other; none that lie beyond a slice or in what is null."""
    if not pa.types.is_map(column.type):
        return column.flatten()
    return column.take(pc.indices_nonzero(column.is_valid())).items


def _decode_columns(entry: Entry, payloads: Sequence[bytes]) -> pa.RecordBatch | None:
    """The batch as columns; None where it does not decode as a whole or is not canonical."""
    if not payloads:
        return None
    try:
        rows = pyruhvro.deserialize_array(list(payloads), entry.physical)
        rows.validate(full=True)
        again = pa.concat_arrays(pyruhvro.serialize_record_batch(rows, entry.physical, 1))
        if _has_maps(entry):
            _pylist(entry, rows)  # raises on a key that a map has twice; fastavro keeps the last
    except BaseException as error:
        # Whatever the young library says, the referee decides; its panic is no Exception.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            return None
        raise
    return rows if again.equals(pa.array(payloads, pa.binary())) else None


def decode_strictly(schema_id: int, payload: bytes) -> Row | None:
    """One record by fastavro; None unless these are its canonical bytes and every value is in its type's range."""
    schema = _parsed(schema_id)
    source = io.BytesIO(payload)
    try:
        row: Any = fastavro.schemaless_reader(source, schema, None)
        whole = source.tell() == len(payload) and _write(schema_id, row) == payload
        return dict(row) if whole and fastavro.validate(row, schema, raise_errors=False) else None
    except Exception:  # noqa: BLE001  # every way in which hostile bytes fail is the same answer
        return None


def _write(schema_id: int, row: Row) -> bytes:
    target = io.BytesIO()
    fastavro.schemaless_writer(target, _parsed(schema_id), row)
    return target.getvalue()


@functools.cache
def _parsed(schema_id: int) -> Any:
    return fastavro.parse_schema(json.loads(catalog()[schema_id].physical))
