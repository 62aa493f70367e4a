"""From a row of a file, as JSON values, to a complete and valid physical row.

Files repeat themselves and correct each other, and a broker may get both twice. So what a row leaves out is filled by
a rule that gives the same bytes for the same file, whoever reads it and whenever:

1. A file has one moment, ``as_of``: when it was made. A row without ``published_at`` was published then, and a row
   without ``observed_at`` was learned of when it was published. The default is the latest day that the file speaks of
   as past (its first moment, UTC), since no file can be older than what it tells. The clock and the file's own time
   on disk are no use: both differ between two readings of one file.
2. A row without ``event_id`` gets the UUIDv5 of its whole content: partner, fact, body, and its times. The same file
   again is the same events, which change nothing.
3. A correction is the same ``source_record_id`` in a file of a later ``as_of``. It wins, as versions are ordered by
   (published_at, event_id). The times are part of the id because a fact may go back to what it was: A, then B, then A
   again is three versions; without its time the third would have the id of the first and count as its repeat.
4. Two files of one day have no order that anybody could know: give the later one a later ``--as-of``, which takes a
   time of day too.
"""

import dataclasses
import difflib
import functools
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import orjson
from pydantic import ValidationError

from partners.rows import Row, logical_fields, to_row
from schemas_avro import catalog
from schemas_avro.masked import Event
from schemas_avro.models import EVENTS
from streams.errors import ThroughlineError

FILE_ROWS = uuid.UUID("0b6f2f0e-5c1d-5f0a-8b43-1f0a6b7f4d11")
"""Namespace of the ids of rows that have none of their own."""
PROMISES = {"effective_to", "valid_until"}
"""Dates that may lie ahead of the file which tells them."""
EVENT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
BITS = {"int": 31, "long": 63}


class Code(StrEnum):
    """Why a row cannot be published: a closed set."""

    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    """A row is an object with envelope and body, both objects."""
    NOT_CSV = "not_csv"
    """Quotes that do not match, or a cell of more than a message may have."""
    WRONG_COLUMN_COUNT = "wrong_column_count"
    """A CSV row with more or fewer cells than the header."""
    LOST_LEADING_ZEROS = "lost_leading_zeros"
    """An identifier of a fixed number of digits has too few: a spreadsheet took it for a number."""
    SPREADSHEET_DATE = "spreadsheet_date"
    """A date as a spreadsheet shows it, 11/24/2026: day and month could be either."""
    SCIENTIFIC_NOTATION = "scientific_notation"
    """A number as a spreadsheet shortens it, 1.23E+09: its digits are gone."""
    NOT_XML = "not_xml"
    """Not well-formed, or with entities or a document type; reading ends there."""
    TOO_LARGE = "too_large"
    """More than a message may have."""
    UNKNOWN_KEY = "unknown_key"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    BAD_DATE = "bad_date"
    """Not an ISO date, as 2026-09-01."""
    BAD_TIME = "bad_time"
    """Not an ISO time with its zone, as 2026-09-01T08:00:00Z."""
    NOT_IN_CODE_SET = "not_in_code_set"
    OUT_OF_RANGE = "out_of_range"
    """A number that the field's type cannot hold."""
    WRONG_VALUE = "wrong_value"
    DUPLICATE_ROW = "duplicate_row"
    """In a snapshot: a second row of one fact; the first counts."""
    UNMAPPED_DESCRIPTOR = "unmapped_descriptor"
    """An Ed-Fi descriptor that our code set has no symbol for."""
    BAD_EVENT_ID = "bad_event_id"
    WRONG_PARTNER = "wrong_partner"
    WRONG_EVENT_TYPE = "wrong_event_type"


class FileError(ThroughlineError):
    """A file as a whole cannot be read so; one line with the remedy."""


@dataclass(frozen=True)
class Bad:
    """A row that cannot be published; its repr never has a value of it."""

    place: int
    """Line of a JSON-lines or CSV file (where the row begins), or number of the element of an XML file, from 1."""
    code: Code
    field: str | None = None
    """Of our schema, as body.entry_date."""
    source_record_id: str | None = dataclasses.field(default=None, repr=False, compare=False)
    """Of the fact that the row is about, where that could be read; never shown."""


@dataclass(frozen=True)
class Document:
    """A row of a file as JSON values, not yet looked at."""

    place: int
    content: Row = field(repr=False)


@dataclass(frozen=True)
class Good:
    """A row that can be published."""

    place: int
    row: Row = field(repr=False)


Found = Document | Bad


def finished(document: Document, partner: str, family: str, as_of: datetime) -> Good | Bad:
    """The physical row of a document, with what it leaves out; or why there is none.

    Args:
        document: of the file.
        partner: who publishes.
        family: of the row.
        as_of: when the file was made; must know its zone.
    """
    found = _finished(document, partner, family, as_of)
    return found if isinstance(found, Good) else replace(found, source_record_id=source_in(document.content))


def source_in(content: Row) -> str | None:
    """The source_record_id of a row that may be anything."""
    envelope = content.get("envelope")
    source = envelope.get("source_record_id") if isinstance(envelope, Mapping) else None
    return source if isinstance(source, str) and source else None


def _finished(document: Document, partner: str, family: str, as_of: datetime) -> Good | Bad:
    filled = _filled(document.content, partner, family, as_of)
    if filled is None:
        return Bad(document.place, Code.NOT_AN_OBJECT)
    try:
        event = EVENTS[family].model_validate_json(orjson.dumps(filled), strict=True)
    except ValidationError as error:
        return _why(document, family, error)
    except TypeError:  # a whole number that JSON's 64 bits cannot hold
        return Bad(document.place, Code.OUT_OF_RANGE)
    return _checked(document, event, partner, family)


def latest_day(document: Document, family: str) -> date | None:
    """The latest day that a document speaks of as past; what is no date counts as none."""
    return max(_days(document.content, family), default=None)


def _days(content: Row, family: str) -> Iterator[date]:
    for part, kinds in logical_fields(family).items():
        fields = content.get(part)
        told = [fields.get(name) for name in kinds if name not in PROMISES] if isinstance(fields, Mapping) else []
        for value in told:
            try:
                yield date.fromisoformat(str(value)[:10])
            except ValueError:
                continue


def _filled(content: Any, partner: str, family: str, as_of: datetime) -> Row | None:
    """The document with its envelope complete but for the id; None where it is no row at all."""
    if not isinstance(content, dict) or not isinstance(content.get("body"), dict):
        return None
    said = content.get("envelope", {})
    if not isinstance(said, dict):
        return None
    said = {name: value for name, value in said.items() if value is not None}
    published = said.get("published_at", as_of.isoformat())
    usual = {
        "event_id": "",
        "event_type": f"{family}.recorded.v1",
        "schema_version": "1.0",
        "partner_id": partner,
        "operation": "assert",
        "published_at": published,
        "observed_at": published,
        "identifiers": [],
        "data_categories": [],
    }
    return {**content, "envelope": {**usual, **said}}


def _checked(document: Document, event: Event, partner: str, family: str) -> Good | Bad:
    """The valid event's row, where it is this partner's and family's, with its id."""
    row = to_row(event)
    envelope = row["envelope"]
    if envelope["partner_id"] != partner:
        return Bad(document.place, Code.WRONG_PARTNER, "envelope.partner_id")
    if envelope["event_type"] != f"{family}.recorded.v1":
        return Bad(document.place, Code.WRONG_EVENT_TYPE, "envelope.event_type")
    if name := next(_overflowing(family, row["body"]), None):
        return Bad(document.place, Code.OUT_OF_RANGE, f"body.{name}")
    envelope["event_id"] = envelope["event_id"] or id_of_content(row)
    if not EVENT_ID.fullmatch(envelope["event_id"]):
        return Bad(document.place, Code.BAD_EVENT_ID, "envelope.event_id")
    return Good(document.place, row)


def id_of_content(row: Row) -> str:
    """The id of a row that has none: UUIDv5 of everything else that it says."""
    said = {**row, "envelope": {**row["envelope"], "event_id": ""}}
    return str(uuid.uuid5(FILE_ROWS, orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode()))


def _overflowing(family: str, body: Row) -> Iterator[str]:
    """Fields of whole numbers that the field's type has no room for."""
    for name, bits in _rooms(family).items():
        value = body[name]
        if isinstance(value, int) and not -(1 << bits) <= value < 1 << bits:
            yield name


@functools.cache
def _rooms(family: str) -> dict[str, int]:
    """Bits of each field of a whole number."""
    found: dict[str, int] = {}
    for field_ in catalog.read(f"families/{family}")["fields"]:
        kinds = field_["type"] if isinstance(field_["type"], list) else [field_["type"]]
        for kind in kinds:
            if isinstance(kind, str) and kind in BITS:
                found[field_["name"]] = BITS[kind]
    return found


def _why(document: Document, family: str, error: ValidationError) -> Bad:
    """The first thing that is wrong, without its value; rather with what the row says than with what was filled in."""
    errors = error.errors(include_input=False, include_context=False, include_url=False)
    paths = [[part for part in one["loc"] if isinstance(part, str)] for one in errors]
    first = next((place for place, path in enumerate(paths) if _said(document.content, path)), 0)
    code, path = _code(errors[first]["type"]), paths[first]
    return Bad(document.place, code, _near(path, family) if code is Code.UNKNOWN_KEY else ".".join(path))


def _said(content: Row, path: list[str]) -> bool:
    """Whether the row itself says the field at a path."""
    part = content.get(path[0])
    return len(path) > 1 and isinstance(part, dict) and path[1] in part


def _code(kind: str) -> Code:
    """Our code for pydantic's kind of error."""
    exact = {"missing": Code.MISSING_FIELD, "extra_forbidden": Code.UNKNOWN_KEY, "enum": Code.NOT_IN_CODE_SET}
    if kind in exact:
        return exact[kind]
    if kind.startswith("date_"):
        return Code.BAD_DATE
    if kind.startswith(("datetime_", "timezone_")):
        return Code.BAD_TIME
    return Code.WRONG_TYPE if kind.endswith("_type") else Code.WRONG_VALUE


def _near(path: list[str], family: str) -> str:
    """Where an unknown key stands, and the field likely meant; the key itself may be anything, so it is not shown."""
    part, key = (path[0], path[-1]) if len(path) > 1 else ("", path[-1])
    source = {"envelope": "envelope", "body": f"families/{family}"}.get(part)
    known = [f["name"] for f in catalog.read(source)["fields"]] if source else ["envelope", "body"]
    close = difflib.get_close_matches(key, known, 1)
    return part + (f" (near {close[0]})" if close else "")
