"""A CSV file of a OneRoster set: its rows by the names of their columns, in whatever order and case those are."""

import codecs
import operator
from collections.abc import Iterator, Sequence

from partners.formats import csv_file
from partners.formats.faults import Bad
from partners.formats.reading import Cursor
from partners.formats.sources import Source

Cells = dict[str, str]
"""What a row says, by name in lower case; empty cells are not there."""


class _Known:
    """Names of columns in any case."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = frozenset(names)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._names


def rows_of(source: Source, names: Sequence[str]) -> Iterator[tuple[int, Cells] | Bad]:
    """Every row that says anything: the line on which it begins, and its cells.

    Args:
        source: the file; one without even a header has no rows.
        names: of the columns that are wanted, in lower case; others are passed over.

    Raises:
        FileError: it is no text that is read.
        OSError: it cannot be read.
    """
    if _is_blank(source):
        return
    with csv_file.table(source, _Known(names), Cursor()) as table:
        places = {name.strip().lower(): number for number, name in reversed(list(enumerate(table.names)))}
        wanted = [(name, operator.itemgetter(places[name])) for name in names if name in places]
        for record in table.records:
            if isinstance(record, tuple):
                place, cells = record
                yield place, {name: text for name, take in wanted if (text := take(cells).strip())}
            elif isinstance(record, Bad):
                yield record


def _is_blank(source: Source) -> bool:
    """Whether a file has nothing in it, not even a header."""
    with source.open("rb") as file:
        return not file.read(csv_file.BLOCK_BYTES).removeprefix(codecs.BOM_UTF8).strip()
