"""CSV as spreadsheets and databases write it: a header of field names, then a row a fact; a row in memory.

- Columns are named as the schema's fields: ``entry_date``, or with its part ``body.entry_date``. Identifiers have a
  column for each system, ``identifier.SSN``; the claimed authority ``claimed_authority.statute``.
- Lists are ``a;b``; dates and times ISO; money and hundredths whole numbers, as the schema has them; flags true or
  false. An empty cell is null. Everything else is data as it stands, also ``=SUM(A1)``.
- UTF-8, with or without byte-order mark; what is no UTF-8 is read as Windows-1252, which Latin-1 is a part of.
- Commas, semicolons, tabs or bars: whichever makes the header's names known ones.
"""

import codecs
import csv
from collections.abc import Container, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from itertools import chain
from typing import TextIO

from partners.formats.csv_columns import HeaderError, columns_in, columns_of
from partners.formats.faults import Bad, Code
from partners.formats.reading import Cursor, FileError, Found
from partners.formats.sources import Source
from partners.formats.tables import Record, Table, documents_of, same_cells

DELIMITERS = ",;\t|"
BLOCK_BYTES = 1 << 20
MOST_LINE_CHARACTERS = 1_000_000
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
UTF_8, WINDOWS = "utf-8", "windows-1252"


def documents(path: Source, family: str, cursor: Cursor | None = None) -> Iterator[Found]:
    """Every row that says anything.

    Args:
        path: of the file.
        family: of its rows.
        cursor: where to begin, and how far it has come.

    Raises:
        FileError: it is no text, or its header does not fit; one line with the remedy.
        OSError: it cannot be read.
    """
    with table(path, columns_of(family), cursor or Cursor()) as found:
        try:
            columns = columns_in(found.names, family)
        except HeaderError as error:
            raise FileError(f"{path.name}: {error}") from None
        yield from documents_of(found, same_cells(columns))


@contextmanager
def table(path: Source, known: Container[str], cursor: Cursor, *, has_header: bool = True) -> Iterator[Table]:
    """A file's header and rows, while it is open.

    Args:
        path: of the file.
        known: names of columns; the delimiter is the one that makes most of the header known, or else most cells.
        cursor: where to begin, and how far it has come.
        has_header: whether the first line has the names; else they are 1, 2, 3 and so on.

    Raises:
        FileError: it is no text, or has no header.
        OSError: it cannot be read.
    """
    with opened(path) as lines:
        first = next(bounded(path, lines), "")
        header, delimiter = _header(path, first, known)
        names = header if has_header else [str(number) for number in range(1, len(header) + 1)]
        if cursor.start is None and not has_header:
            yield Table(names, _records(chain([first], bounded(path, lines)), delimiter, len(names), 1, lines, cursor))
            return
        place, offset = cursor.start or (2, lines.tell())
        lines.seek(offset)
        yield Table(names, _records(bounded(path, lines), delimiter, len(names), place, lines, cursor))


def encoding_of(path: Source) -> str:
    """utf-8 where the whole file is, else windows-1252.

    Raises:
        FileError: it is neither.
    """
    with path.open("rb") as file:
        if file.read(2) in UTF_16:
            raise FileError(f"{path.name} is UTF-16; save it as CSV UTF-8")
    return UTF_8 if _decodes(path, UTF_8) else WINDOWS if _decodes(path, "cp1252") else _unreadable(path)


def _unreadable(path: Source) -> str:
    raise FileError(f"{path.name} is neither UTF-8 nor Windows-1252; save it as CSV UTF-8")


def _decodes(path: Source, encoding: str) -> bool:
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


def opened(path: Source) -> TextIO:
    """The file as text; its line ends stay as they are, so that quoted ones do.

    Raises:
        FileError: it is no text that is read.
    """
    encoding = "utf-8-sig" if encoding_of(path) == UTF_8 else "cp1252"
    return TextIOWrapper(path.open("rb"), encoding, newline="")


def _header(path: Source, line: str, known: Container[str]) -> tuple[list[str], str]:
    """The header's cells by the delimiter that makes most of them known, and that delimiter."""
    try:
        found = [(next(csv.reader([line], delimiter=d), []), d) for d in DELIMITERS]
    except csv.Error:
        raise FileError(f"{path.name}: the first line is no header; write the names of the fields there") from None
    header, delimiter = max(found, key=lambda one: (sum(cell.strip() in known for cell in one[0]), len(one[0])))
    if not header:
        raise FileError(f"{path.name} has no header; write the names of the fields into its first line")
    return header, delimiter


def bounded(path: Source, lines: TextIO) -> Iterator[str]:
    """The lines of a file, with their ends.

    Raises:
        FileError: one of them is longer than any row may be.
    """
    while line := lines.readline(MOST_LINE_CHARACTERS):
        if len(line) == MOST_LINE_CHARACTERS:
            raise FileError(f"{path.name} has a line of a million characters; is it a CSV file?")
        yield line


def _records(
    lines: Iterator[str], delimiter: str, width: int, begin: int, file: TextIO, cursor: Cursor
) -> Iterator[Record]:
    """Every record with the line that it begins on; what is no CSV is told so, and reading goes on at the next line."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    cursor.mark = lambda: (reader.line_num + begin, file.tell())
    while True:
        place = reader.line_num + begin
        try:
            cells = next(reader)
        except csv.Error:
            yield Bad(place, Code.NOT_CSV)
            continue
        except StopIteration:
            cursor.mark = None
            return
        if not any(map(str.strip, cells)):
            continue
        if len(cells) != width:
            yield Bad(place, Code.WRONG_COLUMN_COUNT, counted=f"{len(cells)} cells, the header has {width}")
        else:
            yield place, cells
