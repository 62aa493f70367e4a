"""Files: records, truth and people as CSV, read row by row; errors name file, line and column, never a value."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

from processors.resolve.matching.records import COLUMNS
from streams.errors import ThroughlineError

RECORD_ID = "record_id"
TRUTH = (RECORD_ID, "person_id")
PEOPLE = ("person_id", "household", "twin_of", "junior_of")
Row = dict[str, str]
Made = TypeVar("Made")


@dataclass(frozen=True)
class Source:
    """Records, to be read as often as is wanted, and who they are of."""

    name: str
    rows: Callable[[], Iterator[Row]]
    truth: Callable[[], dict[str, str]] | None = None
    """Person by record id; None: nobody knows."""


def source_of(records: Path, truth: Path | None) -> Source:
    """Records of a CSV file, with or without the truth in another."""
    return Source(records.name, lambda: rows_of(records, (RECORD_ID,)), (lambda: truth_of(truth)) if truth else None)


def truth_of(path: Path) -> dict[str, str]:
    """Person by record id."""
    return {row[RECORD_ID]: row["person_id"] for row in rows_of(path, TRUTH)}


def people_of(path: Path) -> list[Row]:
    """A row a person."""
    return list(rows_of(path, PEOPLE[:1], PEOPLE))


def unknown_columns(path: Path) -> list[str]:
    """Columns of a file of records that mean nothing to us.

    Raises:
        ThroughlineError: as of ``rows_of``.
    """
    with _opened(path) as lines:
        return [name for name in _header(csv.reader(lines), path, (RECORD_ID,)) if name not in COLUMNS]


def rows_of(path: Path, filled: Sequence[str], columns: Sequence[str] = ()) -> Iterator[Row]:
    """Rows of a file, by the names of its first line.

    Args:
        path: of the file.
        filled: columns that must be there, and hold something in every row.
        columns: others that must be there.

    Raises:
        ThroughlineError: it cannot be read, a column is missing, or a line is not as its first one.
    """
    with _opened(path) as lines:
        reader = csv.reader(lines, strict=True)
        header = _header(reader, path, (*filled, *columns))
        for cells in reader:
            if not cells:
                continue  # an empty line
            if len(cells) != len(header):
                raise _in_line(path, reader.line_num, f"{len(cells)} columns, not {len(header)} as line 1: mend it")
            row = dict(zip(header, cells, strict=True))
            for name in filled:
                if not row[name]:
                    raise _in_line(path, reader.line_num, f"no {name}: give every row one")
            yield row


def _in_line(path: Path, line: int, has: str) -> ThroughlineError:
    return ThroughlineError(f"{path.name} line {line} has {has}")


@contextmanager
def _opened(path: Path) -> Iterator[Iterable[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            yield lines
    except OSError as error:
        raise ThroughlineError(f"{path.name} cannot be read ({error.strerror}): name a CSV file") from None
    except UnicodeDecodeError:
        raise ThroughlineError(f"{path.name} is not UTF-8: save it as CSV in UTF-8") from None
    except csv.Error:
        raise ThroughlineError(
            f"{path.name} is no CSV: its quotes do not match, or a cell is too long; save it as CSV again"
        ) from None


def _header(reader: Iterator[list[str]], path: Path, needed: Sequence[str]) -> list[str]:
    """Names of the columns. What else stands there is not told: without a first line of names it is somebody's data."""
    header = [name.strip() for name in next(reader, [])]
    if missing := [name for name in needed if name not in header]:
        raise ThroughlineError(
            f"{path.name} has no column {missing[0]}: its first line names the columns, with commas between them"
        )
    if twice := [name for name in needed if header.count(name) > 1]:
        raise ThroughlineError(f"{path.name} has the column {twice[0]} twice: leave one out")
    return header


def batches(rows: Iterable[Made], size: int) -> Iterator[list[Made]]:
    """Some rows at a time."""
    left = iter(rows)
    while part := list(islice(left, size)):
        yield part


def thinned(rows: Iterable[Row], most: int, made: Callable[[Row], Made]) -> list[Made]:
    """What is made of rows that lie evenly over all: every one, or every second, fourth, ..., so that it is no more."""
    kept: list[Made] = []
    stride = 1
    for number, row in enumerate(rows):
        if number % stride == 0:
            kept.append(made(row))
            if len(kept) > most:
                kept, stride = kept[::2], stride * 2
    return kept


def check_folder(path: Path | None) -> None:
    """Tell before the work that a file cannot be written where it is to be.

    Raises:
        ThroughlineError: its folder is not there.
    """
    if path is not None and not path.absolute().parent.is_dir():
        raise ThroughlineError(f"there is no folder {path.absolute().parent} to write {path.name} into: make it first")


def unwritable(path: Path, error: OSError) -> ThroughlineError:
    """That a file cannot be written, and the remedy."""
    return ThroughlineError(f"{path.name} cannot be written ({error.strerror}): name another file")
