"""A table in a file, whatever its format: the names of its columns, and a record of cells a row; a row in memory."""

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from partners.formats.csv_columns import CellError, Column
from partners.formats.faults import Bad, Code, Fault
from partners.formats.lost_zeros import organizations_with_lost_zeros
from partners.formats.reading import Aside, Document, Found

Cells = Sequence[str]
Record = tuple[int, Cells] | Bad | Aside
"""Place and cells of a row, as many as there are columns; or why they cannot be had, or that they are not wanted."""
Take = Callable[[Cells], str]
Write = Callable[[str], str]
Part = tuple[Column, Take, Write | None]
"""A field, what takes its cell from those of a row, and what writes it as ``csv_columns`` has cells, if it must."""
MOST_KEPT, LONG = 1_000, 100
"""Cells of a column whose values are kept, and how long none of them is."""


@dataclass(frozen=True)
class Table:
    """A table that is read once, from its first row to its last."""

    names: Sequence[str]
    """Of its columns, in their order."""
    records: Iterator[Record]
    """Every row that says anything."""
    dated: frozenset[str] = frozenset()
    """Columns that are days or times by their type, and so are written as ours already."""


def documents_of(table: Table, parts: Sequence[Part]) -> Iterator[Found]:
    """Every row of a table, as JSON values.

    Args:
        table: as it is in the file.
        parts: the fields that its rows tell.
    """
    cells = [_Told(column, *column.plain, take, _Kept(column, write).__getitem__) for column, take, write in parts]
    for record in table.records:
        yield _document(*record, cells) if isinstance(record, tuple) else record


def same_cells(columns: Sequence[Column]) -> list[Part]:
    """Fields that have a column each, in the order of the file, written as we write them."""
    return [(column, operator.itemgetter(number), None) for number, column in enumerate(columns)]


class _Kept(dict[str, Any]):
    """What the cells of a column say, each worked out once while they are few."""

    def __init__(self, column: Column, write: Write | None) -> None:
        super().__init__()
        self._value_of, self._write = column.value_of, write

    def __missing__(self, cell: str) -> Any:
        value = self._value_of(cell if self._write is None else self._write(cell))
        if len(self) < MOST_KEPT and len(cell) < LONG:
            self[cell] = value
        return value


class _Told(NamedTuple):
    """A field, and how what a row says of it is had: worked out once, since it is asked a million times."""

    column: Column
    name: str | None
    """In its part of a row; None: the column knows where its value goes."""
    is_of_body: bool
    take: Take
    value_of: Callable[[str], Any]


def _document(place: int, cells: Cells, parts: Sequence[_Told]) -> Document:
    envelope: dict[str, Any] = {}
    body: dict[str, Any] = {}
    row: dict[str, Any] = {"envelope": envelope, "body": body}
    faults: list[Fault] = []
    for column, name, is_of_body, take, value_of in parts:
        try:
            value = value_of(take(cells))
        except CellError as error:
            faults.append(Fault(error.code, column.name, error.told))
            continue
        if value is None:
            continue
        if name is None:
            column.put(row, value)
        elif is_of_body:
            body[name] = value
        else:
            envelope[name] = value
    lost = organizations_with_lost_zeros(body)
    faults += [Fault(Code.LOST_LEADING_ZEROS, f"body.{name}") for name in lost]
    return Document(place, row, tuple(faults))
