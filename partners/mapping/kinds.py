"""What kind of value a field holds, as a mapping file is checked against it."""

from collections.abc import Sequence
from typing import Any, Literal

from partners.formats.csv_columns import Column
from partners.mapping.cells import scale_of
from schemas_avro import catalog

Kind = Literal["text", "enum", "list", "flag", "whole", "scaled", "day", "time"]


def kind_of(family: str, column: Column) -> Kind:
    """The kind of a field."""
    if column.inner is not None:
        return "text"
    kind = _kind(_type(family, column))
    return "scaled" if kind == "whole" and scale_of(column.path[1]) is not None else kind


def symbols_of(family: str, column: Column) -> Sequence[str]:
    """The symbols of a field that takes no others; none of any other field."""
    if column.inner is not None:
        return ()
    return next((one["symbols"] for one in _named(_type(family, column)) if one["type"] == "enum"), ())


def _type(family: str, column: Column) -> Any:
    source = "envelope" if column.path[0] == "envelope" else f"families/{family}"
    return next(field["type"] for field in catalog.read(source)["fields"] if field["name"] == column.path[1])


def _kind(schema: Any) -> Kind:
    if isinstance(schema, list):
        return _kind(schema[1])
    if isinstance(schema, str):
        plain: dict[str, Kind] = {"string": "text", "int": "whole", "long": "whole", "boolean": "flag"}
        return plain.get(schema, "enum")
    if "logicalType" in schema:
        return "day" if schema["logicalType"] == "date" else "time"
    return "list" if schema["type"] == "array" else "enum"


def _named(schema: Any) -> list[Any]:
    """Types that are named in a type; those of the envelope too that families call by name."""
    own = list(catalog.named_types(schema))
    called = {name for name in _names(schema) if isinstance(name, str)}
    every = [one for field in catalog.read("envelope")["fields"] for one in catalog.named_types(field["type"])]
    return own + [one for one in every if one["name"] in called]


def _names(schema: Any) -> list[Any]:
    if isinstance(schema, list):
        return [name for one in schema for name in _names(one)]
    if isinstance(schema, dict):
        return _names(schema.get("items", []))
    return [schema]
