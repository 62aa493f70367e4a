"""The rows of a partner's own file, as a mapping file says that they are read."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from partners.formats import check_is_file, check_is_of_rows, csv_file, fixed_file, parquet_file
from partners.formats.csv_columns import SAYABLE, CellError, Column, columns_of
from partners.formats.faults import Code
from partners.formats.reading import Aside, Cursor, FileError, Found, Reader
from partners.formats.tables import Cells, Part, Record, Table, Take, Write, documents_of
from partners.mapping.cells import take
from partners.mapping.model import Format, Identifiers, Mapped, Only, Source
from partners.rows import logical_fields

ENDINGS: dict[str, Format] = {".csv": "csv", ".tsv": "tsv", ".parquet": "parquet", ".pq": "parquet"}
TOLD = 5
"""Columns that are named in an error."""


def reader_by(path: Path, mapped: Mapped) -> Reader:
    """How a file is read by a mapping.

    Args:
        path: of the file.
        mapped: by what.

    Raises:
        FileError: it is not there, or nothing says its format.
    """
    check_is_file(path)
    check_is_of_rows(path)
    return Reader(partial(documents, path, mapped), is_table_of_text=format_of(path, mapped) != "parquet")


def documents(path: Path, mapped: Mapped, cursor: Cursor) -> Iterator[Found]:
    """Every row that is a fact of the family.

    Args:
        path: of the file.
        mapped: how it is read.
        cursor: where to begin, and how far it has come.

    Raises:
        FileError: the file and its mapping do not fit; one line with the remedy.
        OSError: it cannot be read.
    """
    with opened(path, mapped, cursor) as table:
        check_columns(path, table.names, mapped)
        check_dates(path, table.dated, mapped)
        index = {name.strip(): number for number, name in enumerate(table.names)}
        yield from documents_of(_only(table, mapped.only, index), parts_of(mapped, index))


def opened(path: Path, mapped: Mapped, cursor: Cursor) -> AbstractContextManager[Table]:
    """The table in a file.

    Raises:
        FileError: neither the mapping nor the file's ending says its format, or it cannot be read as that.
    """
    form = format_of(path, mapped)
    if form == "parquet":
        return parquet_file.table(path, cursor)
    if form == "fixed":
        return fixed_file.table(path, mapped.columns, mapped.width, cursor, is_trimmed=mapped.is_trimmed)
    return csv_file.table(path, set(mapped.used) | mapped.left_out, cursor, has_header=mapped.has_header)


def format_of(path: Path, mapped: Mapped) -> Format:
    """The format of a file: what its mapping says, or else what its ending does.

    Raises:
        FileError: neither does.
    """
    form = mapped.format or ENDINGS.get(path.suffix.lower())
    if form is None:
        raise FileError(
            f"{path.name}: its ending is none of {', '.join(ENDINGS)}; say its format in {mapped.path.name}, as "
            '[file] format = "csv"'
        )
    return form


def check_columns(path: Path, names: Sequence[str], mapped: Mapped) -> None:
    """See that a file has the columns of its mapping, and no other.

    Raises:
        FileError: it does not; names at most a few columns, and none that could be a value.
    """
    there = [name.strip() for name in names]
    known = [*mapped.used, *mapped.left_out]
    if lacking := [name for name in known if name not in there]:
        raise FileError(
            f"{path.name} has no {_columns(lacking)}, which {mapped.path.name} names; mend it there, or take it out"
        )
    if twice := [name for name in known if there.count(name) > 1]:
        raise FileError(f"{path.name} has {_columns(twice[:1])} twice; take one of them out of the export")
    if others := [number for number, name in enumerate(there, 1) if name not in known]:
        told = [_said(number, there[number - 1]) for number in others[:TOLD]]
        more = f" and {len(others) - TOLD} more" if len(others) > TOLD else ""
        raise FileError(
            f"{path.name}: {mapped.path.name} says nothing of column {', '.join(told)}{more}; map it, or name it in "
            "[leave_out] columns"
        )


def check_dates(path: Path, dated: frozenset[str], mapped: Mapped) -> None:
    """See that no pattern is said for a column that is a day by its type.

    Raises:
        FileError: one is.
    """
    for column, source in mapped.fields.items():
        if source.date is not None and dated & set(source.columns):
            raise FileError(
                f"{path.name}: column {source.columns[0]} is a day by its type; take date out of the line of "
                f"{column.path[1]} in {mapped.path.name}"
            )


def _said(number: int, name: str) -> str:
    """A column that only the file names: its number, and its name where that can be no value."""
    return f"{number} ({name})" if SAYABLE.fullmatch(name) else str(number)


def _columns(names: Sequence[str]) -> str:
    more = f" and {len(names) - TOLD} more" if len(names) > TOLD else ""
    return ("column " if len(names) == 1 else "columns ") + ", ".join(names[:TOLD]) + more


def parts_of(mapped: Mapped, index: dict[str, int]) -> list[Part]:
    """What a row tells, field by field.

    Args:
        mapped: by a mapping.
        index: number of each column in a row.
    """
    parts: list[Part] = [
        (column, *_taken(column, mapped.family, source, index)) for column, source in mapped.fields.items()
    ]
    return parts + [part for one in mapped.identifiers for part in _by_system(one, mapped.family, index)]


def _taken(column: Column, family: str, source: Source, index: dict[str, int]) -> tuple[Take, Write | None]:
    part, name = column.path
    is_time = logical_fields(family)[part].get(name) == "timestamp-micros"
    return take(name, is_time, source, index)


def _by_system(pair: Identifiers, family: str, index: dict[str, int]) -> list[Part]:
    """An identifier in as many columns as there are systems that another may say; the first tells of faults."""
    number, system = (_whole(source, index) for source in (pair.number, pair.system))
    must_say = pair.system.unlisted == "reject"

    def of_system(wanted: str, *, is_first: bool) -> Callable[[Cells], str]:
        def taken(cells: Cells) -> str:
            try:
                value = number(cells)
                said = system(cells) if value.strip() else ""
            except CellError:
                if is_first:
                    raise
                return ""
            if is_first and must_say and value.strip() and not said.strip():
                raise CellError(Code.MISSING_FIELD, "the row does not say whose number it is")
            return value if said == wanted else ""

        return taken

    columns = [columns_of(family)[f"identifier.{one}"] for one in sorted(set((pair.system.codes or {}).values()))]
    return [(column, of_system(column.inner or "", is_first=column is columns[0]), None) for column in columns]


def _whole(source: Source, index: dict[str, int]) -> Take:
    """What takes a cell from those of a row and writes it."""
    taken, write = take("identifiers", False, source, index)  # noqa: FBT003  # no time
    return (lambda cells: write(taken(cells))) if write else taken


def _only(table: Table, only: Only | None, index: dict[str, int]) -> Table:
    """The rows that are facts of the family."""
    if only is None:
        return table
    place = index[only.column]

    def kept() -> Iterator[Record]:
        for record in table.records:
            if not isinstance(record, tuple) or record[1][place].strip() in only.words:
                yield record
            else:
                yield Aside(record[0])

    return Table(table.names, kept())
