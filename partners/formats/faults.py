"""What can be wrong with a row of a file: codes of a closed set, and all that are true of one row; never a value."""

import dataclasses
import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pydantic import ValidationError

from partners.formats.near import near
from partners.rows import Row
from schemas_avro import catalog


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
    NOT_PARQUET = "not_parquet"
    """Damaged from this row on; reading ends there."""
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
    NUMBER_OUT_OF_RANGE = "number_out_of_range"
    """A number that cannot be, or is more than the whole of which it is a part."""
    DATES_OUT_OF_ORDER = "dates_out_of_order"
    """A last day before the first."""
    CATEGORY_MISSING = "category_missing"
    """A code tells of a category, as disability, that the row does not name."""
    DATE_OUT_OF_RANGE = "date_out_of_range"
    """A date or time that cannot be, or lies ahead where it may not."""
    UNKNOWN_CODE = "unknown_code"
    """A text that is not of its field's form, as a NAICS code."""
    BAD_URI = "bad_uri"
    CONTROL_CHARACTER = "control_character"
    SSN_IN_TEXT = "ssn_in_text"
    """A number of social security where none belongs."""
    MISSING_SUBJECT = "missing_subject"
    """Neither an id of the record, nor a valid SSN with a name."""
    CONSENT_SCOPE = "consent_scope"
    CONSENT_NOT_AUTHORISED = "consent_not_authorised"
    WRONG_VALUE = "wrong_value"
    DUPLICATE_ROW = "duplicate_row"
    """In a snapshot: a second row of one fact; the first counts."""
    UNMAPPED_DESCRIPTOR = "unmapped_descriptor"
    """An Ed-Fi descriptor that our code set has no symbol for."""
    NO_FAMILY = "no_family"
    """An Ed-Fi element about somebody that no family carries; counted by its name."""
    NOT_IN_SET = "not_in_set"
    """It points at a row of another file of its set which that file does not have."""
    BAD_EVENT_ID = "bad_event_id"
    WRONG_PARTNER = "wrong_partner"
    WRONG_EVENT_TYPE = "wrong_event_type"


OF_THE_UNSAID = {Code.MISSING_FIELD, Code.UNKNOWN_KEY}
"""What is wrong with a field that a row does not say; anything else follows from what it was filled with."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a row."""

    code: Code
    field: str | None = None
    """Of our schema, as body.entry_date; None: the row."""
    counted: str = dataclasses.field(default="", compare=False)
    """What was counted, as "6 cells, the header has 7"; numbers of things, never a value."""
    near: str = dataclasses.field(default="", compare=False)
    """The code of the field's code set that was likely meant; never what was sent."""


@dataclass(frozen=True)
class Bad:
    """A row that cannot be published; its repr never has a value of it."""

    place: int
    """Line of a JSON-lines or CSV file (where the row begins), or number of the element of an XML file, from 1."""
    code: Code
    """Of its first fault, by which it is counted."""
    field: str | None = None
    source_record_id: str | None = dataclasses.field(default=None, repr=False, compare=False)
    """Of the fact that the row is about, where that could be read; never shown."""
    others: tuple[Fault, ...] = ()
    """What else is wrong with it, as far as can be told beside the first."""
    counted: str = dataclasses.field(default="", compare=False)
    """As of its first fault."""
    near: str = dataclasses.field(default="", compare=False)
    """Likewise."""
    line: int | None = dataclasses.field(default=None, compare=False)
    """On which it begins, where its place is another number and the format knows; of a file that is broken, where."""

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All that is wrong with it."""
        return (Fault(self.code, self.field, self.counted, self.near), *self.others)


def bad_of(place: int, faults: Iterable[Fault], source_record_id: str | None = None, line: int | None = None) -> Bad:
    """A row with these faults; of one field only the first.

    Args:
        place: of the row.
        faults: at least one.
        source_record_id: of the row, where it could be read.
        line: on which it begins, as of a bad row.
    """
    by_field: dict[str | None, Fault] = {}
    for fault in faults:
        by_field.setdefault(fault.field, fault)
    first, *others = by_field.values()
    return Bad(place, first.code, first.field, source_record_id, tuple(others), first.counted, first.near, line)


def faults_of(content: Row, family: str, error: ValidationError) -> list[Fault]:
    """What a model has against a row, without values; what the row says stands before what it leaves out.

    Args:
        content: the row, before it was filled.
        family: of the row.
        error: the model's.
    """
    errors = error.errors(include_input=False, include_context=False, include_url=False)
    paths = [[part for part in one["loc"] if isinstance(part, str)] for one in errors]
    said = [_said(content, path) for path in paths]
    found = [_fault(one["type"], path, family, content) for one, path in zip(errors, paths, strict=True)]
    own = [fault for fault, is_said in zip(found, said, strict=True) if is_said]
    lacking = [
        f for f, is_said in zip(found, said, strict=True) if not is_said and (f.code in OF_THE_UNSAID or not own)
    ]
    return [*own, *lacking]


def _fault(kind: str, path: list[str], family: str, content: Row) -> Fault:
    code = _code(kind)
    if code is Code.UNKNOWN_KEY:
        return Fault(code, _near(path, family))
    is_coded = code is Code.NOT_IN_CODE_SET and path[0] == "body" and _said(content, path)
    return Fault(code, ".".join(path), near=near(content["body"][path[1]], family, path[1]) if is_coded else "")


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
