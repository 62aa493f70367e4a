"""Parquet: columns as they are typed, written as ``partners.formats.csv_columns`` has cells; a row group in memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from partners.formats.csv_columns import HeaderError, columns_in
from partners.formats.faults import Bad, Code
from partners.formats.reading import Cursor, FileError, Found
from partners.formats.tables import Cells, Record, Table, documents_of, same_cells

BATCH_ROWS = 1_000
UNREADABLE = (ValueError, OverflowError, pa.ArrowException)
"""How a value fails that Python has none for: bytes that are no UTF-8, a day beyond the year 9999."""
Write = Callable[[pa.Array], list[str]]
EXACT = 1 << 53
"""Below it every whole number has a float of its own."""


def documents(path: Path, family: str, cursor: Cursor | None = None) -> Iterator[Found]:
    """Every row that says anything; columns are named as the schema's fields.

    Args:
        path: of the file.
        family: of its rows.
        cursor: where to begin, and how far it has come.

    Raises:
        FileError: it is no Parquet, or its columns do not fit; one line with the remedy.
    """
    with table(path, cursor or Cursor()) as found:
        try:
            columns = columns_in(found.names, family)
        except HeaderError as error:
            raise FileError(
                f"{path.name}: {error}".replace("the first line is no header", "these are no columns")
            ) from None
        yield from documents_of(found, same_cells(columns))


@contextmanager
def table(path: Path, cursor: Cursor) -> Iterator[Table]:
    """A file's columns and rows, while it is open.

    Args:
        path: of the file.
        cursor: where to begin, and how far it has come.

    Raises:
        FileError: it is no Parquet, or a column is of a type that no cell has.
    """
    try:
        file = pq.ParquetFile(path)
        names, fields = file.schema_arrow.names, list(file.schema_arrow)
    except (*UNREADABLE, OSError):
        raise FileError(f"{path.name} is no Parquet file, or cut off; export it again") from None
    with file:
        writers = [_writer(path, number, field) for number, field in enumerate(fields, 1)]
        dated = frozenset(field.name for field in fields if pa.types.is_date(field.type))
        yield Table(names, _records(file, writers, cursor), dated)


def _records(file: Any, writers: list[Write], cursor: Cursor) -> Iterator[Record]:
    _, done = cursor.start or (1, 0)
    first, place = _group_of(file, done)
    cursor.mark = lambda: (place + 1, place)
    batches = file.iter_batches(batch_size=BATCH_ROWS, row_groups=range(first, file.num_row_groups))
    while True:
        try:
            batch = next(batches, None)
        except (*UNREADABLE, OSError):
            yield Bad(place + 1, Code.NOT_PARQUET)
            return
        if batch is None:
            return
        for cells in _rows(batch, writers):
            place += 1
            if place > done and isinstance(cells, Code):
                yield Bad(place, cells)
            elif place > done and any(cell.strip() for cell in cells):
                yield place, cells


def _rows(batch: pa.RecordBatch, writers: list[Write]) -> Iterator[Cells | Code]:
    """The cells of each row; a code where a row has what no cell is, as a day that no calendar has."""
    try:
        columns = [write(column) for write, column in zip(writers, batch.columns, strict=True)]
    except UNREADABLE:
        if batch.num_rows == 1:
            yield Code.WRONG_VALUE
            return
        for number in range(batch.num_rows):
            yield from _rows(batch.slice(number, 1), writers)
    else:
        yield from zip(*columns, strict=True)


def _group_of(file: Any, done: int) -> tuple[int, int]:
    """The row group in which reading goes on behind so many rows, and how many rows are before it."""
    before = 0
    for number in range(file.num_row_groups):
        count = file.metadata.row_group(number).num_rows
        if before + count > done:
            return number, before
        before += count
    return file.num_row_groups, before


def _writer(path: Path, number: int, field: pa.Field) -> Write:
    """What writes the cells of a column.

    Raises:
        FileError: none is known for its type.
    """
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    write = next((write for is_it, write in WRITERS if is_it(kind)), None)
    if write is None:
        raise FileError(f"{path.name}: column {number} is of type {kind}, which no cell is; export it as text")
    return lambda column: [write(value) if value is not None else "" for value in _plain(column).to_pylist()]


def _plain(column: pa.Array) -> pa.Array:
    """A column without a dictionary, and without nanoseconds, which no Python value has."""
    column = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        return column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return column


def _time(value: Any) -> str:
    """A time with its zone in UTC; one without stays so, and is refused where a zone is needed."""
    return str(value.astimezone(UTC).isoformat() if value.tzinfo else value.isoformat())


def _float(value: float) -> str:
    """Whole numbers without a point: a column with gaps is written as floats by some programs."""
    if value != value:  # noqa: PLR0124  # not a number, which those programs write for a gap
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < EXACT else repr(value)


def _list(value: list[Any]) -> str:
    return ";".join(str(one) for one in value if one is not None)


def _is_list_of_texts(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind)) and _is_text(kind.value_type)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _flag(value: Any) -> str:
    return "true" if value else "false"


WRITERS: list[tuple[Callable[[pa.DataType], bool], Callable[[Any], str]]] = [
    (_is_text, str),
    (pa.types.is_integer, str),
    (pa.types.is_boolean, _flag),
    (pa.types.is_date, lambda day: day.isoformat()),
    (pa.types.is_timestamp, _time),
    (pa.types.is_decimal, lambda number: f"{number:f}"),
    (pa.types.is_floating, _float),
    (pa.types.is_null, str),
    (_is_list_of_texts, _list),
]
"""By type: how a value is written."""
