"""What a person who writes a file is told of its columns: which there are, which are needed, how a cell is written."""

import functools
from dataclasses import dataclass
from typing import Any

from partners.formats.csv_columns import Column, columns_of, needed
from schemas_avro import catalog

FORMS = {
    "string": "text",
    "boolean": "true or false",
    "int": "whole number",
    "long": "whole number",
    "double": "number",
    "date": "day, as 2026-09-01",
    "timestamp-micros": "time, as 2026-09-01T08:00:00Z",
}
FILLED = {"event_id", "event_type", "schema_version", "partner_id", "operation", "published_at", "observed_at"}
"""Of the envelope, that are filled by rule where a file does not say them."""


@dataclass(frozen=True)
class Told:
    """One column."""

    name: str
    is_needed: bool
    form: str
    """How a cell is written."""
    meaning: str


def told_of(family: str) -> list[Told]:
    """The columns of a family's file: those needed, the body's, the envelope's, by their shortest names.

    Raises:
        FileNotFoundError: there is no such family.
    """
    short = {column: name for name, column in reversed(columns_of(family).items())}
    lacked = {*needed(family), "subject_token"}
    found = [_told(name, column, lacked, family) for column, name in reversed(short.items())]
    return sorted(found, key=lambda one: (not one.is_needed, one.name not in _body(family)))


def _body(family: str) -> set[str]:
    return {name for name, column in columns_of(family).items() if column.path[0] == "body"}


def _told(name: str, column: Column, lacked: set[str], family: str) -> Told:
    source = "envelope" if column.path[0] == "envelope" else f"families/{family}"
    field = next(f for f in catalog.read(source)["fields"] if f["name"] == column.path[1])
    is_needed = column.path[1] in lacked
    form = "text" if column.inner else _form(field["type"])
    filled = "Filled by rule where left out. " if column.path[1] in FILLED else ""
    return Told(name, is_needed, form, filled + str(field["doc"]))


def _form(schema: Any) -> str:
    if isinstance(schema, list):
        return _form(schema[1])
    if isinstance(schema, str):
        return FORMS[schema] if schema in FORMS else _form(_enums()[schema])
    if "logicalType" in schema:
        return FORMS[schema["logicalType"]]
    if schema["type"] == "array":
        return f"several with ; between: {_form(schema['items'])}"
    return f"one of {', '.join(schema['symbols'])}"


@functools.cache
def _enums() -> dict[str, Any]:
    """Enums of the envelope, which families call by name."""
    found = [named for field in catalog.read("envelope")["fields"] for named in catalog.named_types(field["type"])]
    return {str(one["name"]): one for one in found if one["type"] == "enum"}
