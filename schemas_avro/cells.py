"""How a cell of a CSV is written, by the type of its field, in words for people."""

from collections.abc import Sequence
from typing import Any

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


def form_of(schema: Any, symbols: Sequence[str]) -> str:
    """How a cell is written.

    Args:
        schema: the field's type.
        symbols: of its enum, where it takes or lists one.
    """
    if isinstance(schema, list):
        return form_of(schema[1], symbols)
    if isinstance(schema, dict) and "logicalType" in schema:
        return FORMS[schema["logicalType"]]
    if isinstance(schema, dict) and schema["type"] == "array":
        return f"several with ; between: {form_of(schema['items'], symbols)}"
    return f"one of {', '.join(symbols)}" if symbols else FORMS[schema]
