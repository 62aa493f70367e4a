"""May one version of a schema follow another? Full-transitive: each reads what every other wrote.

Avro's own checker says who can read what. Refused beyond that are symbols in another order, which some readers know by
their numbers, and a day or a moment that becomes a plain number. ``differences`` says field by field what is otherwise.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.schema import Schema as AvroSchema
from avro.schema import parse

from schemas_avro.catalog import Schema, named_types, without_logical_types


def unreadable(reader: Schema, writer: Schema) -> list[str]:
    """Why a reader of one schema cannot read what a writer of another wrote, each with its place; none: it can.

    Both are schemas that the lint has nothing against.
    """
    checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]  # it says no types there
    found = checker.get_compatibility(_parsed(reader), _parsed(writer))
    if found.compatibility is not SchemaCompatibilityType.incompatible:
        return []
    kinds = ", ".join(dict.fromkeys(one.value.replace("_", " ") for one in found.incompatibilities))
    return [f"{kinds} ({', '.join(sorted(map(str, found.messages)))}) at {', '.join(sorted(found.locations))}"]


def _parsed(schema: Schema) -> AvroSchema:
    """Without logical types: they change no bytes, and that a date stays a date ``differences`` sees."""
    return parse(json.dumps(without_logical_types(schema)))


def faults(schema: Schema, before: Sequence[tuple[int, Schema]]) -> list[str]:
    """What is against a schema's following others, as (version, schema), under full-transitive compatibility."""
    return [f"version {version}: {line}" for version, older in before for line in _faults(schema, older)]


def _faults(schema: Schema, older: Schema) -> Iterator[str]:
    yield from (f"it cannot read what was written by it: {line}" for line in unreadable(schema, older))
    yield from (f"its readers cannot read this: {line}" for line in unreadable(older, schema))
    symbols = {one["name"]: one["symbols"] for one in named_types(older) if one["type"] == "enum"}
    for one in named_types(schema):
        known = symbols.get(one["name"], []) if one["type"] == "enum" else []
        if known and known != one["symbols"] and sorted(known) == sorted(one["symbols"]):
            yield f"the symbols of {one['name']} are in another order"
    for place, kinds in _logical_changes(older, schema):
        yield f"{place} was {kinds[0]}, is {kinds[1]}"


def _logical_changes(older: Schema, newer: Schema) -> Iterator[tuple[str, tuple[str, str]]]:
    """Fields whose bytes are the same and mean something else: a date is no count of anything."""
    before, after = dict(fields(older)), dict(fields(newer))
    for place in before.keys() & after.keys():
        was, now = said(before[place]["type"]), said(after[place]["type"])
        if was != now and {was.split()[0], now.split()[0]} & {"date", "timestamp-micros"}:
            yield place, (was, now)


def differences(older: Schema, newer: Schema) -> list[str]:
    """Lines that say what of one schema is otherwise in another: fields gone (-), new (+), changed (~)."""
    before, after = dict(fields(older)), dict(fields(newer))
    lines = [f"- {place}: {said(one['type'])}" for place, one in before.items() if place not in after]
    for place, one in after.items():
        if place not in before:
            lines.append(f"+ {place}: {said(one['type'])}")
            continue
        was = before[place]
        for part in sorted({*was, *one} - {"name", "doc"}):
            told = [said(each.get(part)) if part == "type" else json.dumps(each.get(part)) for each in (was, one)]
            lines += [f"~ {place}: {part} {told[0]} -> {told[1]}"] if told[0] != told[1] else []
    enums = {one["name"]: one for one in named_types(older) if one["type"] == "enum"}
    for one in named_types(newer):
        known = enums.get(one["name"])
        if known is not None and known["symbols"] != one.get("symbols"):
            gone = [f"-{symbol}" for symbol in known["symbols"] if symbol not in one["symbols"]]
            new = [f"+{symbol}" for symbol in one["symbols"] if symbol not in known["symbols"]]
            lines.append(f"~ {one['name']}: {' '.join([*gone, *new]) or 'another order'}")
    return lines


def fields(schema: Any, place: str = "", named: dict[str, Schema] | None = None) -> Iterator[tuple[str, Schema]]:
    """Every field of every record, by its place: ``body.aid_year``, ``envelope.identifiers[].value``."""
    named = {one["name"]: one for one in named_types(schema)} if named is None else named
    match schema:
        case [_, other]:
            yield from fields(other, place, named)
        case {"type": "array", "items": inner} | {"type": "map", "values": inner}:
            yield from fields(inner, f"{place}[]", named)
        case {"type": "record", "fields": own}:
            for one in own:
                where = f"{place}.{one['name']}" if place else one["name"]
                yield where, one
                yield from fields(one["type"], where, named)
        case str() if schema in named:
            yield from fields(named[schema], place, named)


def said(kind: Any) -> str:
    """A type in few words."""
    match kind:
        case ["null", other]:
            return f"{said(other)} or null"
        case {"logicalType": str() as logical}:
            return logical
        case {"type": "array", "items": inner}:
            return f"array of {said(inner)}"
        case {"type": "map", "values": inner}:
            return f"map of {said(inner)}"
        case {"type": "record" | "enum" as what, "name": name}:
            return f"{what} {name}"
    return str(kind)
