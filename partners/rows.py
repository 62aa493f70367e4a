"""Between a partner event's three forms: frozen model, physical row (what Avro and Arrow carry), JSON document.

In a physical row dates are days and times microseconds since 1970-01-01 UTC, enums their symbols, tuples lists.
"""

import functools
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from schemas_avro import catalog
from schemas_avro.masked import Event
from schemas_avro.models import EVENTS

Row = dict[str, Any]
"""One event: ``{"envelope": {...}, "body": {...}}``."""
EPOCH_DAY = date(1970, 1, 1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def days(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH_DAY).days


def day_of(count: int) -> date:
    """The date so many days after 1970-01-01."""
    return EPOCH_DAY + timedelta(days=count)


def micros(moment: datetime) -> int:
    """Microseconds since 1970-01-01 UTC of a moment that knows its zone."""
    return (moment - EPOCH) // MICROSECOND


def moment_of(count: int) -> datetime:
    """The moment so many microseconds after 1970-01-01 UTC."""
    return EPOCH + count * MICROSECOND


def to_row(event: Event) -> Row:
    """Physical row of a model."""
    return {part: physical(value) for part, value in event.model_dump().items()}


def from_row(family: str, row: Row) -> Event:
    """Model of a physical row.

    Raises:
        KeyError: there is no such family.
        pydantic.ValidationError: the row is no event of the family; its text shows no value.
    """
    return EVENTS[family].model_validate(_converted(family, row, day_of, moment_of))


def to_document(family: str, row: Row) -> Row:
    """JSON document of a physical row: ISO dates, ISO times with zone; fields that are null are left out."""
    document = _converted(family, row, _iso_day, _iso_moment)
    return {part: {k: v for k, v in fields.items() if v is not None} for part, fields in document.items()}


def physical(value: Any) -> Any:
    """A value of a model as Avro's underlying types have it."""
    match value:
        case StrEnum() | str():
            return str(value)
        case datetime():
            return micros(value)
        case date():
            return days(value)
        case Mapping():
            return {key: physical(part) for key, part in value.items()}
        case list() | tuple():
            return [physical(part) for part in value]
    return value


@functools.cache
def logical_fields(family: str) -> dict[str, dict[str, str]]:
    """Logical type by field, of the envelope and of a family's body; no nested type has one.

    Raises:
        FileNotFoundError: there is no such family.
    """
    schemas = {"envelope": catalog.read("envelope"), "body": catalog.read(f"families/{family}")}
    return {
        part: {field["name"]: kind for field in schema["fields"] if (kind := _logical_type(field["type"]))}
        for part, schema in schemas.items()
    }


def _logical_type(schema: Any) -> str | None:
    """The logical type of a schema, or of a branch of a union."""
    branches = schema if isinstance(schema, list) else [schema]
    return next((str(b["logicalType"]) for b in branches if isinstance(b, dict) and "logicalType" in b), None)


def _converted(family: str, row: Row, to_day: Callable[[int], Any], to_moment: Callable[[int], Any]) -> Row:
    """A copy of a physical row with its dates and times made into something else."""
    converted = {part: dict(fields) for part, fields in row.items()}
    for part, kinds in logical_fields(family).items():
        fields = converted[part]
        for name, kind in kinds.items():
            if fields.get(name) is not None:
                fields[name] = to_day(fields[name]) if kind == "date" else to_moment(fields[name])
    return converted


def _iso_day(count: int) -> str:
    return day_of(count).isoformat()


def _iso_moment(count: int) -> str:
    return moment_of(count).isoformat()
