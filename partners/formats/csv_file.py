"""CSV as spreadsheets and databases write it: a header of field names, then a row a fact; a row in memory.

- Columns are named as the schema's fields: ``entry_date``, or with its part ``body.entry_date``. Identifiers have a
  column for each system, ``identifier.SSN``; the claimed authority ``claimed_authority.statute``.
- Lists are ``a;b``; dates and times ISO; money and hundredths whole numbers, as the schema has them; flags true or
  false. An empty cell is null. Everything else is data as it stands, also ``=SUM(A1)``.
- UTF-8, with or without byte-order mark; what is no UTF-8 is read as Windows-1252, which Latin-1 is a part of.
- Commas, semicolons or tabs: whichever makes the header's names known ones.
"""

import codecs
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from partners.formats.csv_columns import CellError, Column, HeaderError, columns_in, columns_of
from partners.formats.faults import Bad, Code, Fault
from partners.formats.lost_zeros import organization_has_lost_zeros
from partners.formats.reading import Document, FileError, Found

DELIMITERS = ",;\t"
BLOCK_BYTES = 1 << 20
MOST_LINE_CHARACTERS = 1_000_000
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
UTF_8, WINDOWS = "utf-8", "windows-1252"


def documents(path: Path, family: str) -> Iterator[Found]:
    """Every row that says anything.

    Args:
        path: of the file.
        family: of its rows.

    Raises:
        FileError: it is no text, or its header does not fit; one line with the remedy.
        OSError: it cannot be read.
    """
    with _opened(path) as lines:
        header, dialect = _header(path, lines, family)
        try:
            columns = columns_in(header, family)
        except HeaderError as error:
            raise FileError(f"{path.name}: {error}") from None
        for place, cells in _records(path, lines, dialect):
            if isinstance(cells, Code):
                yield Bad(place, cells)
            elif any(cell.strip() for cell in cells):
                yield _document(place, cells, columns)


def encoding_of(path: Path) -> str:
    """utf-8 where the whole file is, else windows-1252.

    Raises:
        FileError: it is neither.
    """
    with path.open("rb") as file:
        if file.read(2) in UTF_16:
            raise FileError(f"{path.name} is UTF-16; save it as CSV UTF-8")
    return UTF_8 if _decodes(path, UTF_8) else WINDOWS if _decodes(path, "cp1252") else _unreadable(path)


def _unreadable(path: Path) -> str:
    raise FileError(f"{path.name} is neither UTF-8 nor Windows-1252; save it as CSV UTF-8")


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while block := file.read(BLOCK_BYTES):
                if "\0" in decoder.decode(block):
                    return False
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _opened(path: Path) -> TextIO:
    """The file as text; its line ends stay as they are, so that quoted ones do."""
    encoding = "utf-8-sig" if encoding_of(path) == UTF_8 else "cp1252"
    return path.open(encoding=encoding, newline="")


def _header(path: Path, lines: TextIO, family: str) -> tuple[list[str], str]:
    """The header's cells by the delimiter that makes most of them known, and that delimiter."""
    line = next(_bounded(path, lines), "")
    known = columns_of(family)
    try:
        found = [(next(csv.reader([line], delimiter=d), []), d) for d in DELIMITERS]
    except csv.Error:
        raise FileError(f"{path.name}: the first line is no header; write the names of the fields there") from None
    header, delimiter = max(found, key=lambda one: sum(cell.strip() in known for cell in one[0]))
    if not header:
        raise FileError(f"{path.name} has no header; write the names of the fields into its first line")
    return header, delimiter


def _bounded(path: Path, lines: TextIO) -> Iterator[str]:
    while line := lines.readline(MOST_LINE_CHARACTERS):
        if len(line) == MOST_LINE_CHARACTERS:
            raise FileError(f"{path.name} has a line of a million characters; is it a CSV file?")
        yield line


def _records(path: Path, lines: TextIO, delimiter: str) -> Iterator[tuple[int, list[str] | Code]]:
    """Every record with the line that it begins on; what is no CSV is told so, and reading goes on at the next line."""
    reader = csv.reader(_bounded(path, lines), delimiter=delimiter, strict=True)
    while True:
        place = reader.line_num + 2  # the header was read before
        try:
            yield place, next(reader)
        except csv.Error:
            yield place, Code.NOT_CSV
        except StopIteration:
            return


def _document(place: int, cells: Sequence[str], columns: Sequence[Column]) -> Found:
    row: dict[str, Any] = {"envelope": {}, "body": {}}
    if len(cells) != len(columns):
        counted = f"{len(cells)} cells, the header has {len(columns)}"
        return Bad(place, Code.WRONG_COLUMN_COUNT, counted=counted)
    faults = []
    for column, cell in zip(columns, cells, strict=True):
        try:
            column.put(row, cell)
        except CellError as error:
            faults.append(Fault(error.code, column.name))
    if organization_has_lost_zeros(row["body"]):
        faults.append(Fault(Code.LOST_LEADING_ZEROS, "body.organization_id"))
    return Document(place, row, tuple(faults))
