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
   So where a row corrects or retracts, the default of 1 will not do: the days that it tells of may be those of the
   version before. Such a file must say when it was made, or its rows when they were published.
4. Two files of one day have no order that anybody could know: give the later one a later ``--as-of``, which takes a
   time of day too.
"""

import functools
import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import orjson
from pydantic import ValidationError

from partners.formats import fitting, quick
from partners.formats.csv_columns import empty_lists
from partners.formats.faults import Bad, Code, Fault, bad_of, faults_of
from partners.rows import Row, logical_fields, to_row
from schemas_avro import catalog
from schemas_avro.ids import is_event_id
from schemas_avro.models import EVENTS
from streams.errors import ThroughlineError

FILE_ROWS = uuid.UUID("0b6f2f0e-5c1d-5f0a-8b43-1f0a6b7f4d11")
"""Namespace of the ids of rows that have none of their own."""
UNDATING = {"birth_date", "effective_to", "valid_until"}
"""Dates that say nothing of when a file was made: of a person's birth, and such as may lie ahead of the file."""
CHANGES = {"correct", "retract"}
"""Operations that answer to an earlier version, so that they must be the later one to count."""
PARTS = ("envelope", "body")
"""Of a row."""
VARIANT = "89ab" * 4
"""First digit of an id's fourth group, by the digest's (RFC 9562)."""
BITS = {"int": 31, "long": 63}


class FileError(ThroughlineError):
    """A file as a whole cannot be read so; one line with the remedy."""


@dataclass(slots=True)  # not frozen: a million are made, and that takes three times as long
class Document:
    """A row of a file as JSON values, not yet looked at."""

    place: int
    content: Row = field(repr=False)
    faults: tuple[Fault, ...] = ()
    """Of what could not even be read into it."""
    unsaid: tuple[str, ...] = ()
    """Names of parts that the file has of it and the row does not."""
    line: int | None = None
    """On which it begins, where its place is another number and the format knows."""


@dataclass(slots=True)  # not frozen: a million are made, and that takes three times as long
class Good:
    """A row that can be published."""

    place: int
    row: Row = field(repr=False)
    has_own_id: bool = field(default=True, compare=False)
    """Whether the file says its event_id; else it is made from the content."""
    unlisted: tuple[str, ...] = field(default=(), compare=False)
    """Fields of the body with a code that its table lacks, where the table is known to lack some: carried, and told."""
    unsaid: tuple[str, ...] = field(default=(), compare=False)
    """As of its document."""
    line: int | None = field(default=None, compare=False)
    """Likewise."""


@dataclass(frozen=True)
class Aside:
    """A row that is no fact of the family, as its mapping says; it is counted and no more."""

    place: int


Found = Document | Bad | Aside


Mark = tuple[int, int]
"""Place of the row that comes next, and where in the file that is, as its format counts."""


@dataclass
class Cursor:
    """Where in a file reading begins, and how far it has come; of formats that can go on in the middle."""

    start: Mark | None = None
    """None: from its beginning."""
    mark: Callable[[], Mark] | None = None
    """Says where it would go on behind the row that was read last; None: it cannot."""


@dataclass(frozen=True)
class Reader:
    """How a file is read."""

    documents: Callable[[Cursor], Iterator[Found]]
    """Reads it from where a cursor begins, or where the format cannot do that from its beginning."""
    is_table_of_text: bool = False
    """Whether its encoding is looked at, since its format leaves that open."""


__all__ = [
    "Aside",
    "Bad",
    "Code",
    "Cursor",
    "Document",
    "FileError",
    "Found",
    "Good",
    "Mark",
    "Reader",
    "finished",
    "is_undated_change",
    "latest_day",
    "parts_lacking",
    "source_in",
]


def finished(document: Document, partner: str, family: str, as_of: datetime) -> Good | Bad:
    """The physical row of a document, with what it leaves out; or why there is none.

    Args:
        document: of the file.
        partner: who publishes.
        family: of the row.
        as_of: when the file was made; must know its zone.
    """
    found = _finished(document, partner, family, as_of)
    if isinstance(found, Good):
        return found
    return replace(found, source_record_id=source_in(document.content), line=document.line)


def source_in(content: Row) -> str | None:
    """The source_record_id of a row that may be anything."""
    envelope = content.get("envelope")
    source = envelope.get("source_record_id") if isinstance(envelope, Mapping) else None
    return source if isinstance(source, str) and source else None


def _finished(document: Document, partner: str, family: str, as_of: datetime) -> Good | Bad:
    content = document.content
    if lacking := parts_lacking(content):
        return bad_of(document.place, [Fault(Code.MISSING_FIELD, part) for part in lacking])
    if (said := _said(content)) is None:
        return Bad(document.place, Code.NOT_AN_OBJECT)
    if len(content) == len(PARTS) - ("envelope" not in content):
        row = quick.row_of(family, _started(partner, family, as_of), *said)
        if row is not None:
            return _checked(document, row, partner, family)
    envelope, body = said
    usual = {"envelope": {**_usual(partner, family, as_of), **envelope}, "body": {**empty_lists(family), **body}}
    return _modelled(document, {**content, **usual}, partner, family)


def _said(content: Any) -> tuple[Row, Row] | None:
    """What a document says of envelope and body; None where it is no row at all."""
    if not isinstance(content, dict) or not isinstance(body := content.get("body"), dict):
        return None
    envelope = content.get("envelope", {})
    if not isinstance(envelope, dict):
        return None
    if None in envelope.values():
        envelope = {name: value for name, value in envelope.items() if value is not None}
    if "published_at" in envelope:
        envelope = {"observed_at": envelope["published_at"], **envelope}
    return envelope, body


def _modelled(document: Document, filled: Row, partner: str, family: str) -> Good | Bad:
    """The row of a document that is not plainly right, by its model."""
    if bare := list(fitting.bare_numbers(filled, family)):
        return bad_of(document.place, [*document.faults, *bare])
    try:
        event = EVENTS[family].model_validate_json(orjson.dumps(filled), strict=True)
    except ValidationError as error:
        return bad_of(document.place, [*document.faults, *faults_of(document.content, family, error)])
    except TypeError as error:  # a whole number that JSON's 64 bits cannot hold; half a character
        code = Code.OUT_OF_RANGE if "64-bit" in str(error) else Code.WRONG_VALUE
        return bad_of(document.place, [*document.faults, Fault(code)])
    return _checked(document, to_row(event), partner, family)


def latest_day(document: Document, family: str) -> date | None:
    """The latest day that a document speaks of as past; none where a cell is faulty, and what is no date is none."""
    return None if document.faults else max(_days(document.content, family), default=None)


def is_undated_change(document: Document) -> bool:
    """Whether a document corrects or retracts, and does not say itself when it was published."""
    envelope = document.content.get("envelope")
    said = envelope if isinstance(envelope, Mapping) else {}
    return said.get("operation") in CHANGES and said.get("published_at") is None


def _days(content: Row, family: str) -> Iterator[date]:
    for part, names in _dating(family):
        fields = content.get(part)
        if not isinstance(fields, Mapping):
            continue
        for name in names:
            if (value := fields.get(name)) is not None and (day := _day_in(str(value)[:10])) is not None:
                yield day


@functools.cache
def _dating(family: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Names of the fields, by part, that may say when a file was made."""
    return tuple(
        (part, tuple(name for name in kinds if name not in UNDATING)) for part, kinds in logical_fields(family).items()
    )


@functools.lru_cache(10_000)
def _day_in(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def parts_lacking(content: Row) -> list[str]:
    """Which of envelope and body a row cannot do without and does not have: both where it is a flat object."""
    return [] if "body" in content else [part for part in PARTS if part not in content]


@functools.lru_cache(100)
def _started(partner: str, family: str, as_of: datetime) -> quick.Started:
    return quick.started(family, _usual(partner, family, as_of), empty_lists(family))


@functools.lru_cache(100)
def _usual(partner: str, family: str, as_of: datetime) -> Row:
    """What an envelope says that says no more than it must; not to be changed."""
    published = as_of.isoformat()
    return {
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


def _checked(document: Document, row: Row, partner: str, family: str) -> Good | Bad:
    """The valid row, where it is this partner's and family's, with its id."""
    envelope = row["envelope"]
    faults = [*document.faults, *_faults_of_row(row, partner, family)]
    if faults:
        return bad_of(document.place, faults)
    has_own_id = bool(envelope["event_id"])
    envelope["event_id"] = envelope["event_id"] or id_of_content(row)
    return Good(document.place, row, has_own_id, fitting.unlisted(row["body"], family), document.unsaid, document.line)


def _faults_of_row(row: Row, partner: str, family: str) -> Iterator[Fault]:
    """What no model sees: another's row, numbers without room, ids that are none."""
    envelope = row["envelope"]
    if envelope["partner_id"] != partner:
        yield Fault(Code.WRONG_PARTNER, "envelope.partner_id")
    if envelope["event_type"] != f"{family}.recorded.v1":
        yield Fault(Code.WRONG_EVENT_TYPE, "envelope.event_type")
    for name in _overflowing(family, row["body"]):
        yield Fault(Code.OUT_OF_RANGE, f"body.{name}")
    yield from fitting.faults(row, family)
    if envelope["event_id"] and not is_event_id(envelope["event_id"]):
        yield Fault(Code.BAD_EVENT_ID, "envelope.event_id")


def id_of_content(row: Row) -> str:
    """The id of a row that has none: UUIDv5 of everything else that it says."""
    said = {**row, "envelope": {**row["envelope"], "event_id": ""}} if row["envelope"]["event_id"] else row
    content = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
    digest = hashlib.sha1(FILE_ROWS.bytes + content, usedforsecurity=False).hexdigest()
    # As uuid.uuid5 has it, in a third of its time.
    variant = VARIANT[int(digest[16], 16)]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"


def _overflowing(family: str, body: Row) -> Iterator[str]:
    """Fields of whole numbers that the field's type has no room for."""
    for name, most in _rooms(family).items():
        value = body[name]
        if value is not None and not -most <= value < most:
            yield name


@functools.cache
def _rooms(family: str) -> dict[str, int]:
    """Of each field of a whole number, what is too large for it."""
    found: dict[str, int] = {}
    for field_ in catalog.read(f"families/{family}")["fields"]:
        kinds = field_["type"] if isinstance(field_["type"], list) else [field_["type"]]
        for kind in kinds:
            if isinstance(kind, str) and kind in BITS:
                found[field_["name"]] = 1 << BITS[kind]
    return found
