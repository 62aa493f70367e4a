"""Writes what follows from the .avsc files: ids for new subjects and versions, and the models. Run by ``make schemas``.

With the name of a family, ``envelope`` or the name of an internal schema it keeps the versions that there are, before
its file is changed: ``make schemas KEEP=aid``. The next run gives ids to the versions that came of the change.
"""

import itertools
import json
import pathlib
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from schemas_avro import catalog

HERE = pathlib.Path(__file__).parent
FIRST_ID = {"partner": 101, "body": 201, "internal": 301, "released": 401}
NONE: Mapping[int, catalog.Schema] = MappingProxyType({})
HEAD = '"""Frozen models of what partners publish. Written by schemas_avro/generate.py; do not edit."""\n'
SCALARS = {"string": "str", "int": "int", "long": "int", "double": "float", "boolean": "bool", "null": "None"}
LOGICAL = {"date": "date", "timestamp-micros": "AwareDatetime"}
MASKED_LOGICAL = {**LOGICAL, "date": "MaskedDate"}


def subjects() -> list[str]:
    """Every subject that the files call for, in a fixed order."""
    internal = sorted(path.stem for path in (HERE / "internal").glob("*.avsc") if path.stem != "release")
    found = [f"partner.{family}.v1" for family in catalog.FAMILIES]
    found += [f"body.{family}.v1" for family in catalog.FAMILIES]
    found += [f"internal.{name}.v1" for name in internal]
    for family in catalog.PROJECTED:
        _, *others = catalog.groups_of(family)
        for size in range(len(others) + 1):
            for chosen in itertools.combinations(others, size):
                found.append(catalog.released_subject(family, frozenset({catalog.CORE, *chosen})))
    return found


def extended(rows: list[dict[str, Any]], kept: Mapping[int, catalog.Schema] = NONE) -> list[dict[str, Any]]:
    """The catalog's rows with an id for each new subject and version; rows that stand are never changed.

    Args:
        rows: what ``catalog.json`` has.
        kept: schemas that were kept, by id: where a subject's newest is among them and differs, it has a new one.
    """
    rows = list(rows)
    for subject in subjects():
        of_subject = sorted((row for row in rows if row["subject"] == subject), key=lambda row: row.get("version", 1))
        if of_subject and kept.get(of_subject[-1]["id"]) in (None, catalog.schema_for(subject)):
            continue
        kind = subject.split(".")[0]
        taken = [row["id"] for row in rows if row["subject"].startswith(f"{kind}.")]
        row = {"id": max(taken, default=FIRST_ID[kind] - 1) + 1, "subject": subject}
        rows.append(row | ({"version": len(of_subject) + 1} if of_subject else {}))
    return sorted(rows, key=lambda row: int(row["id"]))


def keep(name: str) -> list[pathlib.Path]:
    """Write down the newest versions of what a file makes, as they are now; the files written."""
    files = []
    for subject in subjects():
        if (name == "envelope" and subject.startswith("partner.")) or name == subject.split(".")[1]:
            files.append(HERE / "history" / f"{catalog.id_of(subject)}.avsc")
            files[-1].write_text(json.dumps(catalog.schema_for(subject), indent=2, ensure_ascii=False) + "\n")
    return files


def _kept() -> dict[int, catalog.Schema]:
    return {int(path.stem): json.loads(path.read_text()) for path in (HERE / "history").glob("*.avsc")}


def models() -> str:
    """Source text of ``models.py``."""
    envelope = catalog.read("envelope")
    bodies = [catalog.read(f"families/{family}") for family in catalog.FAMILIES]
    done: set[str] = set()
    classes = [text for schema in (envelope, *bodies) for text in _classes(schema, done)]
    events = [_event(body) for body in bodies]
    names = "".join(
        f'    "{family}": {body["name"]}Recorded,\n' for family, body in zip(catalog.FAMILIES, bodies, strict=True)
    )
    head = [HEAD, "from datetime import date\nfrom enum import StrEnum\n", "from pydantic import AwareDatetime\n"]
    tail = f"EVENTS: dict[str, type[Event]] = {{\n{names}}}\n"
    return "\n".join(
        [
            *head,
            "from schemas_avro.masked import Event, Frozen, Hidden, Masked, MaskedDate\n\n",
            *classes,
            *events,
            tail,
        ]
    )


def _classes(schema: catalog.Schema, done: set[str]) -> list[str]:
    """Class texts of a schema's named types, inner ones first."""
    found = [named for named in catalog.named_types(schema) if named["name"] not in done]
    done.update(named["name"] for named in found)
    return [_enum(named) if named["type"] == "enum" else _record(named) for named in reversed(found)]


def _enum(schema: catalog.Schema) -> str:
    members = "".join(f'    {symbol.upper()} = "{symbol}"\n' for symbol in schema["symbols"])
    return f'class {schema["name"]}(StrEnum):\n    """Symbols of {schema["name"]}."""\n\n{members}\n'


def _record(schema: catalog.Schema) -> str:
    fields = "".join(_field(field) for field in schema["fields"])
    return f'class {schema["name"]}(Frozen):\n    """{schema["doc"]}"""\n\n{fields}\n'


def _field(field: catalog.Schema) -> str:
    default = " = None" if "default" in field else ""
    kind = _type(field["type"], masked(field))
    if masked(field) and not _masks_itself(field["type"]):
        kind = f"Hidden[{kind}]"
    return f'    {field["name"]}: {kind}{default}\n    """{field["doc"]}"""\n'


def _masks_itself(schema: Any) -> bool:
    """Whether a type's values have a repr that is a mask: texts, dates, and records by their own fields."""
    match schema:
        case "string" | {"logicalType": "date"} | {"type": "record"}:
            return True
        case ["null", other] | {"type": "array", "items": other}:
            return _masks_itself(other)
    return False


def masked(field: catalog.Schema) -> bool:
    """Whether a field's value must never show in a repr."""
    return field.get("classification") in {"identity", "contact", "address"}


def _type(schema: Any, mask: bool) -> str:  # noqa: FBT001  # a private helper of one caller
    if isinstance(schema, list):
        return " | ".join(_type(branch, mask) for branch in reversed(schema))
    if isinstance(schema, str):
        return "Masked" if mask and schema == "string" else SCALARS.get(schema, schema)
    if "logicalType" in schema:
        return (MASKED_LOGICAL if mask else LOGICAL)[schema["logicalType"]]
    if schema["type"] == "array":
        return f"tuple[{_type(schema['items'], mask)}, ...]"
    return str(schema["name"])


def _event(body: catalog.Schema) -> str:
    return (
        f'class {body["name"]}Recorded(Event):\n    """Envelope and body of {body["name"]}."""\n\n'
        f"    envelope: Envelope\n    body: {body['name']}\n\n"
    )


def main(*names: str) -> None:
    """Keep what is named; rewrite catalog.json and models.py in place."""
    for name in names:
        if not keep(name):
            sys.exit(f"{name} is no family, no internal schema and not the envelope")
    if names:
        return
    path = HERE / "catalog.json"
    rows = json.loads(path.read_text()) if path.exists() else []
    rows, kept = extended(rows, _kept()), _kept()
    path.write_text("[\n" + ",\n".join("  " + json.dumps(row) for row in rows) + "\n]\n")
    (HERE / "models.py").write_text(models())
    for row in newest(rows):  # what did not change after all is not written down twice
        if row["id"] in kept:
            (HERE / "history" / f"{row['id']}.avsc").unlink()


def newest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of subjects' newest versions."""
    return list({row["subject"]: row for row in sorted(rows, key=lambda row: row.get("version", 1))}.values())


if __name__ == "__main__":
    main(*sys.argv[1:])
