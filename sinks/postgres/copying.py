"""A batch's columns as the CSV that PostgreSQL's COPY reads, written by Arrow a column at a time."""

import io

import pyarrow as pa
import pyarrow.csv

from sinks.postgres.connecting import Connection

# Nothing at all stands for null, quotation marks with nothing between them for a text without characters.
OPTIONS = pyarrow.csv.WriteOptions(include_header=False, quoting_style="all_valid")


def copy(connection: Connection, into: str, table: pa.Table) -> None:
    """Append rows to a table that has a column of the same name for each."""
    with connection.cursor() as cursor:
        head = f"COPY {into} ({', '.join(table.column_names)}) FROM STDIN (FORMAT csv)"
        with cursor.copy(head.encode()) as copying:
            copying.write(as_csv(table))


def as_csv(table: pa.Table) -> bytes:
    """The rows, lists as PostgreSQL writes arrays."""
    # One chunk: of a chunk without rows Arrow's writer makes bytes of whatever was in its buffer (pyarrow 26).
    table = table.combine_chunks()
    columns = [_arrays(column) if pa.types.is_list(column.type) else column for column in table.columns]
    written = io.BytesIO()
    pyarrow.csv.write_csv(pa.Table.from_arrays(columns, names=table.column_names), written, OPTIONS)
    return written.getvalue()


def _arrays(column: pa.ChunkedArray) -> pa.Array:
    known: dict[tuple[str, ...], str] = {}  # most lists of a column are alike
    texts = []
    for values in column.to_pylist():
        key = tuple(values)
        if (text := known.get(key)) is None:
            text = known[key] = "{" + ",".join(map(_quoted, key)) + "}"
        texts.append(text)
    return pa.array(texts, pa.string())


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
