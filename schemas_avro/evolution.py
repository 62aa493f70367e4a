"""Columns of an older version of a schema, brought to the newest: Avro's schema resolution, on Arrow.

All versions of a subject can be read by all others (``compatibility.py``, full-transitive), and the lint lets a default
be nothing but null. So versions differ in fields that may be null, and in their order: no value is ever changed.
"""

import pyarrow as pa


def resolved(rows: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Rows with the columns of a schema: by name; those that they lack are null, those that it lacks are left out."""
    columns = dict(zip(rows.schema.names, rows.columns, strict=True))
    return pa.RecordBatch.from_arrays([_cell(columns, one, rows.num_rows) for one in schema], schema=schema)


def _cell(columns: dict[str, pa.Array], wanted: pa.Field, count: int) -> pa.Array:
    found = columns.get(wanted.name)
    return pa.nulls(count, wanted.type) if found is None else _column(found, wanted.type)


def _column(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """A column as one of another type that differs in the fields of records alone."""
    if column.type == kind:
        return column
    if pa.types.is_struct(kind):
        fields = {field.name: column.field(i) for i, field in enumerate(column.type)}
        cells = [_cell(fields, one, len(column)) for one in kind]
        return pa.StructArray.from_arrays(cells, fields=list(kind), mask=column.is_null())
    if pa.types.is_list(kind):
        items = _column(column.flatten(), kind.value_type)
        starts = pa.concat_arrays([pa.array([0], pa.int32()), pa.array(_ends(column), pa.int32())])
        return pa.ListArray.from_arrays(starts, items, type=kind, mask=column.is_null())
    return column.cast(kind)


def _ends(column: pa.ListArray) -> list[int]:
    """Where each list ends among the items of all that are not null."""
    ends, end = [], 0
    for length in column.value_lengths().fill_null(0).to_pylist():
        end += length
        ends.append(end)
    return ends
