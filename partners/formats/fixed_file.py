"""Fixed-width text: a fact a line, each column at its place, as mainframes write and record layouts say."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from partners.formats.csv_file import bounded, opened
from partners.formats.faults import Bad, Code
from partners.formats.reading import Cursor
from partners.formats.tables import Record, Table


@dataclass(frozen=True)
class Span:
    """Where a column stands in a line."""

    start: int
    """Of its first character, from 1, as record layouts count."""
    width: int
    """In characters."""

    @property
    def end(self) -> int:
        """Of its last character, from 1."""
        return self.start + self.width - 1


@contextmanager
def table(path: Path, columns: Mapping[str, Span], width: int, cursor: Cursor, *, is_trimmed: bool) -> Iterator[Table]:
    """A file's rows, while it is open; blanks around a cell are its padding.

    Args:
        path: of the file.
        columns: by their names.
        width: of a line, in characters.
        cursor: where to begin, and how far it has come.
        is_trimmed: whether lines may lack blanks at their end.

    Raises:
        FileError: it is no text.
        OSError: it cannot be read.
    """
    slices = [slice(span.start - 1, span.end) for span in columns.values()]
    with opened(path) as file:
        place, offset = cursor.start or (1, 0)
        file.seek(offset)
        lines = _Numbered(bounded(path, file), place)
        cursor.mark = lambda: (lines.place, file.tell())
        yield Table(list(columns), _records(lines, slices, width, is_trimmed=is_trimmed))
        cursor.mark = None


@dataclass
class _Numbered:
    """Lines with their numbers."""

    lines: Iterator[str]
    place: int
    """Of the line that comes next."""

    def __iter__(self) -> Iterator[tuple[int, str]]:
        for line in self.lines:
            self.place += 1
            yield self.place - 1, line


def _records(lines: _Numbered, slices: list[slice], width: int, *, is_trimmed: bool) -> Iterator[Record]:
    for place, line in lines:
        text = line.rstrip("\r\n")
        if not text.strip(" \x1a"):  # the end-of-file mark of old systems
            continue
        if len(text) != width and not (is_trimmed and len(text) < width):
            yield Bad(place, Code.WRONG_COLUMN_COUNT, counted=f"{len(text)} characters, the layout has {width}")
        else:
            yield place, [text[where].strip() for where in slices]
