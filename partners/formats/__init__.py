"""File formats: a file becomes physical rows, or says by place, field and code why one of its rows cannot."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from partners.formats import archive, csv_file, edfi, edfi_json, jsonl, parquet_file
from partners.formats.reading import (
    Aside,
    Bad,
    Code,
    Cursor,
    Document,
    FileError,
    Found,
    Good,
    Reader,
    finished,
    is_undated_change,
    latest_day,
    parts_lacking,
)
from partners.formats.sources import Source
from partners.rows import logical_fields

FORMATS: dict[str, Callable[..., Iterator[Found]]] = {
    ".csv": csv_file.documents,
    ".tsv": csv_file.documents,
    ".parquet": parquet_file.documents,
    ".pq": parquet_file.documents,
    ".xml": edfi.documents,
    ".jsonl": jsonl.documents,
    ".ndjson": jsonl.documents,
    ".json": jsonl.documents,
}
GO_ON: set[Callable[..., Iterator[Found]]] = {csv_file.documents, jsonl.documents, parquet_file.documents}
"""Formats that can go on in the middle of a file."""
FIRST_YEAR = 2000
"""No event was published before."""
WORKBOOKS = {".xlsx", ".xls", ".xlsm", ".ods"}


class NoDayError(FileError):
    """Its rows can be read, and say no day; the faults of each may tell why."""


def reader_of(path: Source, family: str) -> Reader:
    """How a file is read that says by its ending what it is.

    Raises:
        FileError: the file is not there, or its ending names no format that holds this family.
    """
    check_is_file(path)
    check_is_of_rows(path)
    read = FORMATS.get(path.suffix.lower())
    if read is None:
        raise FileError(f"{path.name}: the ending is none of {', '.join(sorted(FORMATS))}; rename the file")
    if read is jsonl.documents and edfi_json.is_resources(path):
        read = edfi_json.documents
    if read in {edfi.documents, edfi_json.documents} and family not in edfi.ELEMENTS:
        raise FileError(f"Ed-Fi is read for families {', '.join(sorted(edfi.ELEMENTS))}; say one with --family")
    if read in GO_ON:
        return Reader(partial(read, path, family), is_table_of_text=read is csv_file.documents)
    return Reader(lambda _: read(path, family))


def check_is_of_rows(path: Source) -> None:
    """See that a file has rows itself, and is no box of files that have.

    Raises:
        FileError: its name says that it is one.
    """
    if path.suffix.lower() in WORKBOOKS:
        raise FileError(f"{path.name} is a workbook; export it as CSV UTF-8")
    if path.suffix.lower() == ".zip":
        raise FileError(
            f"{path.name} is an archive: without --family and --mapping a set of Ed-Fi or OneRoster is published from "
            "it as a whole; else unpack it, and name the file in it"
        )
    archive.check_not_packed(path.name)


def check_is_file(path: Source) -> None:
    """See that a file is there.

    Raises:
        FileError: it is not, or it is a folder.
    """
    if not isinstance(path, Path):
        return
    if path.is_dir():
        raise FileError(f"{path} is a folder; name the file in it")
    if not path.is_file():
        raise FileError(f"no file {path.name} there; check the path")


def documents(path: Source, family: str, reader: Reader | None = None, cursor: Cursor | None = None) -> Iterator[Found]:
    """Every row of a file as JSON values, whatever the format.

    Raises:
        FileError: the file is not there, or nothing says how it is read.
    """
    return (reader or reader_of(path, family)).documents(cursor or Cursor())


def rows(
    path: Source, partner: str, family: str, as_of: datetime, reader: Reader | None = None, cursor: Cursor | None = None
) -> Iterator[Good | Bad | Aside]:
    """Every row of a file: physical, complete and valid, or bad.

    Args:
        path: of the file.
        partner: who publishes.
        family: of every row.
        as_of: when the file was made; see ``partners.formats.reading``.
        reader: of the file; None: by its ending.
        cursor: where to begin, and how far it has come; None: from its beginning.

    Raises:
        FileError: the file is not there, or its ending names no format that holds this family.
    """
    for found in documents(path, family, reader, cursor):
        yield finished(found, partner, family, as_of) if isinstance(found, Document) else found


def day_of_file(path: Source, family: str, reader: Reader | None = None, *, is_export: bool = False) -> date:
    """The latest day that a file speaks of as past: it cannot have been made before.

    Args:
        path: of the file.
        family: of its rows.
        reader: of the file; None: by its ending.
        is_export: a snapshot, which finds out by itself what is corrected.

    Raises:
        NoDayError: the file speaks of no such day since 2000.
        FileError: it is not there, names no format, has no row or none that can be read, or has a correction or
            retraction, which dated so might lose to what it answers to.
    """
    day: date | None = None
    unread: Bad | None = None
    is_any_read = False
    for found in documents(path, family, reader):
        if not isinstance(found, Document):
            unread = unread or (found if isinstance(found, Bad) else None)
            continue
        if lacking := parts_lacking(found.content):
            unread = unread or Bad(found.place, Code.MISSING_FIELD, lacking[0])
            continue
        is_any_read = True
        if is_undated_change(found) and not is_export:
            raise FileError(
                f"row {found.place} of {path.name} corrects or retracts, and nothing says when: dated by the days "
                "in it, it could lose to what it answers to; say when the file was made with --as-of YYYY-MM-DD"
            )
        day = max(filter(None, (day, latest_day(found, family))), default=None)
    if not is_any_read:
        raise FileError(_unreadable(path, family, unread))
    if day is None or day.year < FIRST_YEAR:
        aside = " (birth dates do not count)" if "birth_date" in logical_fields(family)["body"] else ""
        raise NoDayError(
            f"no date that can be read in {path.name} tells when it was made{aside}; say so with --as-of YYYY-MM-DD"
        )
    return day


def _unreadable(path: Source, family: str, first: Bad | None) -> str:
    """What is wrong with a file of which no row can be read."""
    if first is None:
        return f"{path.name}: {nothing_in(path, family)}"
    return f"{path.name}: no row in it can be read; row {first.place}: {first.field or 'the row'}: {first.code}"


def nothing_in(path: Source, family: str) -> str:
    """How a person is told that a file has nothing to publish, as "no Student in it"."""
    is_xml = FORMATS.get(path.suffix.lower()) is edfi.documents
    return f"no {' or '.join(edfi.ELEMENTS[family])} in it" if is_xml else "no rows in it"


def encoding_of(path: Source, reader: Reader) -> str | None:
    """How a file's text is encoded, where its format leaves that open; None elsewhere.

    Raises:
        FileError: in no way that is read.
    """
    return csv_file.encoding_of(path) if reader.is_table_of_text else None


def midnight(day: date) -> datetime:
    """Its first moment, UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


__all__ = [
    "FIRST_YEAR",
    "Aside",
    "Bad",
    "Code",
    "Cursor",
    "FileError",
    "Good",
    "NoDayError",
    "Reader",
    "check_is_file",
    "day_of_file",
    "documents",
    "encoding_of",
    "midnight",
    "nothing_in",
    "reader_of",
    "rows",
]
