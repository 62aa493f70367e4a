"""What the fields of a sound record may say: dates, numbers, codes, lists and texts, looked at a batch at a time.

Each check asks a whole column first, and goes through rows only where something is found: a batch that is sound, as
nearly all are, pays under two microseconds an event for all of them.
"""

import functools
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from processors.resolve import texts, together
from processors.resolve.codes import Code, Fault, Faults
from schemas_avro import catalog, codes, rules

FIRST_DAY, LAST_DAY = -36_524, 84_006
"""1870-01-01 and 2200-01-01: what a date of this field may be."""
MICROS_PER_DAY = 86_400_000_000
LIST_ITEMS_MAX = 1_000
AID_YEAR = re.compile(r"(1[89]|2[01])[0-9]{2}-[0-9]{4}")
HOST = r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+(?!local\b|internal\b|localhost\b)([a-z]{2,63}|xn--[a-z0-9-]{2,59})"
NOTICE = re.compile(rf"https?://{HOST}(:[0-9]{{1,5}})?([/?#][!-~]{{0,2000}})?", re.IGNORECASE)


def is_aid_year(text: str) -> bool:
    """Whether a text is two years in a row, as 2026-2027: a rule of signals compares them as texts."""
    return AID_YEAR.fullmatch(text) is not None and int(text[:4]) + 1 == int(text[5:])


def is_public_address(text: str) -> bool:
    """Whether a text is a web address at a public host's name: no number of a host, no file, no password in it.

    Nothing here ever fetches one, but somebody who reads it may.
    """
    return NOTICE.fullmatch(text) is not None


def _is(form: str) -> Callable[[str], bool]:
    pattern = re.compile(form)
    return lambda text: pattern.fullmatch(text) is not None


FORMS: dict[str, tuple[Code, Callable[[str], bool]]] = {
    "aid_year": (Code.DATE_OUT_OF_RANGE, is_aid_year),
    "notice_uri": (Code.BAD_URI, is_public_address),
    "cip_code": (Code.UNKNOWN_CODE, _is(r"[0-9]{2}(\.[0-9]{2}([0-9]{2})?)?")),
    "naics_code": (Code.UNKNOWN_CODE, _is("[0-9]{2,6}")),
    "responsible_agency": (Code.UNKNOWN_CODE, _is("[a-z0-9_]{1,100}")),
    "aid_code": (Code.UNKNOWN_CODE, _is("[0-9A-Z]{2}")),
}
"""Fields whose texts have one form, beside those whose code sets are tables (``schemas_avro/codes.py``)."""

MONTHS = {"benefit_month"}
"""Dates that stand for a month: its first day."""


def faults(family: str, envelope: pa.RecordBatch, body: pa.RecordBatch) -> Faults:
    """What is wrong with the content of a batch, of each row the first that is found.

    Args:
        family: of all rows.
        envelope: columns of ``envelope.avsc``.
        body: columns of the family's own schema.
    """
    found = _outside_of(dates(family), body, FIRST_DAY, LAST_DAY)
    found = _outside_of(times(family), body, FIRST_DAY * MICROS_PER_DAY, LAST_DAY * MICROS_PER_DAY) | found
    forms = forms_of(family)
    for name in body.schema.names:
        if name in rules.BOUNDS:
            found = _outside(body, name, *rules.BOUNDS[name], Code.NUMBER_OUT_OF_RANGE) | found
        elif name in forms:
            found = _malformed(body, name, *forms[name]) | found
        elif name in MONTHS:
            found = _within_month(body, name) | found
    found = together.faults(family, envelope, body) | found
    return texts.faults(family, envelope, body) | _long_lists(body) | _long_lists(envelope) | found


@functools.cache
def forms_of(family: str) -> dict[str, tuple[Code, Callable[[str], bool]]]:
    """Text fields of a family that have a form or a code set: what is said of others, and what is none of these."""
    return FORMS | {field: (Code.UNKNOWN_CODE, table.takes) for field, table in codes.tables_of(family).items()}


def unlisted(family: str, body: pa.RecordBatch, partners: Sequence[str]) -> Counter[tuple[str, str]]:
    """Codes of a batch that the table of their field lacks, where it is known to lack some, by partner and code set.

    Args:
        family: of all rows.
        body: columns of the family's own schema.
        partners: whose each row is.
    """
    found: Counter[tuple[str, str]] = Counter()
    for name, table in codes.tables_of(family).items():
        column = body.column(name)
        if table.is_complete or column.null_count == len(column):
            continue
        lacking = pc.invert(pc.is_in(column, value_set=pa.array(list(table.codes), pa.string())))
        for row in pc.indices_nonzero(pc.and_(lacking, pc.is_valid(column))).to_pylist():
            found[partners[row], table.name] += 1
    return found


@functools.cache
def dates(family: str) -> tuple[str, ...]:
    """Names of a body's date fields."""
    return _of_type(family, '"date"')


@functools.cache
def times(family: str) -> tuple[str, ...]:
    """Names of a body's fields of a moment."""
    return _of_type(family, '"timestamp-micros"')


def _of_type(family: str, mark: str) -> tuple[str, ...]:
    return tuple(f["name"] for f in catalog.read(f"families/{family}")["fields"] if mark in json.dumps(f["type"]))


def _outside_of(names: Sequence[str], rows: pa.RecordBatch, low: int, high: int) -> Faults:
    found: Faults = {}
    for name in names:
        found = _outside(rows, name, low, high, Code.DATE_OUT_OF_RANGE) | found
    return found


def _outside(rows: pa.RecordBatch, name: str, low: int, high: int, code: Code) -> Faults:
    """Rows whose number is below or above what it may be."""
    column = rows.column(name)
    ends = pc.min_max(column)
    lowest, highest = ends["min"].as_py(), ends["max"].as_py()
    if lowest is None or (low <= lowest and highest <= high):
        return {}
    return _at(pc.or_(pc.less(column, low), pc.greater(column, high)), (code, name))


def _malformed(rows: pa.RecordBatch, name: str, code: Code, is_sound: Callable[[str], bool]) -> Faults:
    """Rows whose text is not of its field's form, or no code of its code set."""
    column = rows.column(name)
    if column.null_count == len(column):
        return {}
    wrong = [text for text in pc.unique(column).to_pylist() if text is not None and not is_sound(text)]
    return _at(pc.is_in(column, value_set=pa.array(wrong, column.type)), (code, name)) if wrong else {}


def _within_month(rows: pa.RecordBatch, name: str) -> Faults:
    """Rows whose date stands for a month and is not its first day."""
    column = rows.column(name)
    if column.null_count == len(column):
        return {}
    return _at(pc.not_equal(pc.day(column.cast(pa.date32())), 1), (Code.DATE_OUT_OF_RANGE, name))


def _long_lists(rows: pa.RecordBatch) -> Faults:
    found: Faults = {}
    for name, column in zip(rows.schema.names, rows.columns, strict=True):
        if pa.types.is_list(column.type) and len(column.values) > LIST_ITEMS_MAX:
            too_long = pc.greater(pc.list_value_length(column), LIST_ITEMS_MAX)
            found = _at(too_long, (Code.TOO_LARGE, name)) | found
    return found


def _at(wrong: pa.BooleanArray, fault: Fault) -> Faults:
    return dict.fromkeys(pc.indices_nonzero(pc.fill_null(wrong, False)).to_pylist(), fault)  # noqa: FBT003  # Arrow's
