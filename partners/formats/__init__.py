"""File formats: a file becomes physical rows, or says by place, field and code why one of its rows cannot."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from partners.formats import csv_file, edfi, jsonl
from partners.formats.reading import (
    Bad,
    Code,
    FileError,
    Found,
    Good,
    finished,
    is_undated_change,
    latest_day,
    parts_lacking,
)
from partners.rows import logical_fields

FORMATS = {
    ".csv": csv_file.documents,
    ".tsv": csv_file.documents,
    ".xml": edfi.documents,
    ".jsonl": jsonl.documents,
    ".ndjson": jsonl.documents,
    ".json": jsonl.documents,
}
FIRST_YEAR = 2000
"""No event was published before."""
WORKBOOKS = {".xlsx", ".xls", ".xlsm", ".ods"}


class NoDayError(FileError):
    """Its rows can be read, and say no day; the faults of each may tell why."""


def documents(path: Path, family: str) -> Iterator[Found]:
    """Every row of a file as JSON values, whatever the format.

    Raises:
        FileError: the file is not there, or its ending names no format that holds this family.
    """
    if path.is_dir():
        raise FileError(f"{path} is a folder; name the file in it")
    if not path.is_file():
        raise FileError(f"no file {path.name} there; check the path")
    if path.suffix.lower() in WORKBOOKS:
        raise FileError(f"{path.name} is a workbook; export it as CSV UTF-8")
    read = FORMATS.get(path.suffix.lower())
    if read is None:
        raise FileError(f"{path.name}: the ending is none of {', '.join(sorted(FORMATS))}; rename the file")
    if read is edfi.documents and family not in edfi.ELEMENTS:
        raise FileError(f"Ed-Fi XML is read for families {' and '.join(sorted(edfi.ELEMENTS))}; say one with --family")
    return read(path, family)


def rows(path: Path, partner: str, family: str, as_of: datetime) -> Iterator[Good | Bad]:
    """Every row of a file: physical, complete and valid, or bad.

    Args:
        path: of the file.
        partner: who publishes.
        family: of every row.
        as_of: when the file was made; see ``partners.formats.reading``.

    Raises:
        FileError: the file is not there, or its ending names no format that holds this family.
    """
    for found in documents(path, family):
        yield found if isinstance(found, Bad) else finished(found, partner, family, as_of)


def day_of_file(path: Path, family: str, *, is_export: bool = False) -> date:
    """The latest day that a file speaks of as past: it cannot have been made before.

    Args:
        path: of the file.
        family: of its rows.
        is_export: a snapshot, which finds out by itself what is corrected.

    Raises:
        NoDayError: the file speaks of no such day since 2000.
        FileError: it is not there, names no format, has no row or none that can be read, or has a correction or
            retraction, which dated so might lose to what it answers to.
    """
    day: date | None = None
    unread: Bad | None = None
    is_any_read = False
    for found in documents(path, family):
        if isinstance(found, Bad):
            unread = unread or found
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


def _unreadable(path: Path, family: str, first: Bad | None) -> str:
    """What is wrong with a file of which no row can be read."""
    if first is None:
        return f"{path.name}: {nothing_in(path, family)}"
    return f"{path.name}: no row in it can be read; row {first.place}: {first.field or 'the row'}: {first.code}"


def nothing_in(path: Path, family: str) -> str:
    """How a person is told that a file has nothing to publish, as "no Student in it"."""
    is_xml = FORMATS.get(path.suffix.lower()) is edfi.documents
    return f"no {edfi.ELEMENTS[family][0]} in it" if is_xml else "no rows in it"


def encoding_of(path: Path) -> str | None:
    """How a file's text is encoded, where its format leaves that open; None elsewhere.

    Raises:
        FileError: in no way that is read.
    """
    is_csv = FORMATS.get(path.suffix.lower()) is csv_file.documents
    return csv_file.encoding_of(path) if is_csv and path.is_file() else None


def midnight(day: date) -> datetime:
    """Its first moment, UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


__all__ = [
    "Bad",
    "Code",
    "FileError",
    "Good",
    "NoDayError",
    "day_of_file",
    "documents",
    "encoding_of",
    "midnight",
    "nothing_in",
    "rows",
]
