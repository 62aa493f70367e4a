"""The catalog: every schema by id and subject, composed from the .avsc files; projections for recipients.

``catalog.json`` fixes the ids and is reviewed like code: an id, once given, is never given again. A subject has one
version or more, each with an id of its own: the newest is composed, the ones before it stand in ``history/<id>.avsc``
as they were (``docs/decisions/0019-versions.md``).
"""

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any

Schema = dict[str, Any]

PROJECTED = (
    "enrollment", "aid", "employment", "contact", "caseload", "social_service", "attendance", "assessment",
    "intervention", "early_care", "credential", "transfer",
)  # fmt: skip
"""Families that recipients may see; identity and consent never leave."""
FAMILIES = ("identity", "consent", *PROJECTED)
CORE = "core"
"""The field group in every projection: what identifies the fact."""


@dataclass(frozen=True)
class Entry:
    """One schema of the catalog."""

    id: int
    subject: str
    """partner.<family>.v1, body.<family>.v1, released.<family>.v1.<groups> or internal.<name>.v1"""
    version: int
    """Of the subject: 1, 2 and so on."""
    schema: Schema
    """Composed: every named type is defined inside it."""

    @property
    def family(self) -> str:
        """Second word of the subject: the family, or the name of an internal schema."""
        return self.subject.split(".")[1]

    @functools.cached_property
    def text(self) -> str:
        """The schema as JSON text, as a registry would serve it."""
        return json.dumps(self.schema, ensure_ascii=False)

    @functools.cached_property
    def physical(self) -> str:
        """The schema without logical types: dates are days, times are microseconds since 1970-01-01 UTC."""
        return json.dumps(without_logical_types(self.schema))


def read(name: str) -> Schema:
    """One .avsc file as it stands, by its path without ending."""
    text = resources.files(__package__).joinpath(f"{name}.avsc").read_text(encoding="utf-8")
    return dict(json.loads(text))


def without_logical_types(schema: Any) -> Any:
    """A copy in which each logical type is its underlying type."""
    if isinstance(schema, list):
        return [without_logical_types(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    if "logicalType" in schema:
        return schema["type"]
    return {k: without_logical_types(v) if k in {"type", "fields", "items", "values"} else v for k, v in schema.items()}


def is_named(schema: Schema) -> bool:
    """Whether a node defines a type that can be referred to by name."""
    return schema.get("type") == "record" or schema.get("type") == "enum"


def named_types(schema: Any) -> Iterator[Schema]:
    """Every record and enum defined inside a schema, outermost first."""
    if isinstance(schema, list):
        for branch in schema:
            yield from named_types(branch)
    elif isinstance(schema, dict):
        if is_named(schema):
            yield schema
        for part in (schema.get("type"), schema.get("items"), schema.get("values"), schema.get("fields")):
            if isinstance(part, dict | list):
                yield from named_types(part)


def symbols_of(source: str, field: str) -> tuple[str, tuple[str, ...]]:
    """Name and symbols of the enum that a field takes or lists; an empty name where it takes none.

    Args:
        source: ``envelope``, or ``families/<family>``.
        field: by its name.
    """
    schema = read(source)
    enums = {one["name"]: tuple(one["symbols"]) for one in _enums(schema)}
    for one in schema["fields"]:
        if one["name"] == field:
            said = json.dumps(one["type"])
            return next(((name, symbols) for name, symbols in enums.items() if f'"{name}"' in said), ("", ()))
    return "", ()


def _enums(schema: Schema) -> Iterator[Schema]:
    """Of a body and the envelope, whose types bodies call by name."""
    for source in (schema, read("envelope")):
        yield from (named for named in named_types(source) if named["type"] == "enum")


@functools.cache
def _shared() -> dict[str, Schema]:
    """Named types that other schemas refer to by name."""
    sources = (read("envelope"), read("internal/release"))
    return {named["name"]: named for source in sources for named in named_types(source)}


def compose(schema: Schema) -> Schema:
    """A schema with each reference to a shared type replaced, at its first use, by the definition."""
    own = {named["name"] for named in named_types(schema)}
    return dict(_compose(schema, set(), own))


def _compose(schema: Any, seen: set[str], own: set[str]) -> Any:
    if isinstance(schema, list):
        return [_compose(s, seen, own) for s in schema]
    if isinstance(schema, str):
        if schema in seen or schema in own or schema not in _shared():
            return schema
        return _compose(_shared()[schema], seen, own)
    if not isinstance(schema, dict):
        return schema
    if is_named(schema) and schema["name"] in seen:
        return schema["name"]
    if is_named(schema):
        seen.add(schema["name"])
    return {k: _compose(v, seen, own) if k in {"type", "fields", "items", "values"} else v for k, v in schema.items()}


def partner_schema(family: str) -> Schema:
    """What partners publish: the envelope, then the family's body."""
    body = read(f"families/{family}")
    return compose(_pair(f"{body['name']}Recorded", "envelope", "Envelope", body))


def released_schema(family: str, groups: frozenset[str]) -> Schema:
    """What a recipient gets: the release, then the body's fields of the permitted groups."""
    body = read(f"families/{family}")
    fields = [field for field in body["fields"] if field.get("group") in groups]
    return compose(_pair(f"{body['name']}Released", "release", "Release", {**body, "fields": fields}))


def _pair(name: str, head: str, head_type: str, body: Schema) -> Schema:
    fields = [
        {"name": head, "type": head_type, "doc": "What is said about the event.", "classification": "operational"},
        {"name": "body", "type": body, "doc": "What the event says.", "classification": body["family"]},
    ]
    return {"type": "record", "name": name, "namespace": "throughline", "doc": body["doc"], "fields": fields}


def groups_of(family: str) -> tuple[str, ...]:
    """Field groups of a family, core first. A field without a group is in no projection."""
    found = {field["group"] for field in read(f"families/{family}")["fields"] if "group" in field}
    return (CORE, *sorted(found - {CORE}))


def schema_for(subject: str) -> Schema:
    """Compose the schema that a subject names."""
    kind, name, _, *groups = subject.split(".")
    if kind == "partner":
        return partner_schema(name)
    if kind == "body":
        return compose(read(f"families/{name}"))
    if kind == "released":
        return released_schema(name, frozenset(groups[0].split("-")))
    return compose(read(f"internal/{name}"))


def rows() -> list[dict[str, Any]]:
    """Ids with subject and version, as ``catalog.json`` has them; where it says none, the version is 1."""
    text = resources.files(__package__).joinpath("catalog.json").read_text(encoding="utf-8")
    return [{"version": 1, **row} for row in json.loads(text)]


@functools.cache
def catalog() -> dict[int, Entry]:
    """Every entry by id."""
    return {row["id"]: Entry(row["id"], row["subject"], row["version"], _schema(row)) for row in rows()}


def _schema(row: dict[str, Any]) -> Schema:
    return read(f"history/{row['id']}") if row["id"] in _newer() else schema_for(row["subject"])


def _newest(every: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The row of each subject's newest version."""
    return {row["subject"]: row for row in sorted(every, key=lambda row: int(row["version"]))}


@functools.cache
def id_of(subject: str) -> int:
    """Id of a subject's newest version.

    Raises:
        KeyError: the catalog has no such subject.
    """
    return versions_of(subject)[-1].id


@functools.cache
def versions_of(subject: str) -> tuple[Entry, ...]:
    """Every version of a subject, the newest last.

    Raises:
        KeyError: the catalog has no such subject.
    """
    return _by_subject()[subject]


@functools.cache
def _by_subject() -> dict[str, tuple[Entry, ...]]:
    found: dict[str, tuple[Entry, ...]] = {}
    for entry in sorted(catalog().values(), key=lambda entry: entry.version):
        found[entry.subject] = (*found.get(entry.subject, ()), entry)
    return found


@functools.cache
def _newer() -> dict[int, int]:
    """Id of the newest version by that of each older one."""
    newest = _newest(rows())
    return {row["id"]: newest[row["subject"]]["id"] for row in rows() if row != newest[row["subject"]]}


def newest_of(schema_id: int) -> int:
    """Id of the newest version of the subject that an id is of."""
    return _newer().get(schema_id, schema_id)


def released_subject(family: str, groups: frozenset[str]) -> str:
    """Subject of the projection of a family onto field groups."""
    return f"released.{family}.v1.{'-'.join(sorted(groups))}"
