"""Schemas that commands are given: of the catalog by name, or in a file that may hold anything."""

import itertools
import json
from pathlib import Path
from typing import Any

from schemas_avro import catalog, compatibility
from schemas_avro.catalog import Entry, Schema
from schemas_avro.lint import lint
from streams.errors import ThroughlineError

FILE_BYTES_MAX = 1 << 20
NESTED_MAX = 64
"""Lists and objects in a file within one another: more than any schema that the lint lets pass."""
REGISTRATION = {"schema", "schemaType", "references"}
"""What a registry is sent: the schema as text, and what it refers to."""


class RefusedError(Exception):
    """A file holds no schema at all; the text is one line."""


def entry_of(name: str) -> Entry | None:
    """What an id, a subject (its newest version) or ``subject:version`` names; None: the catalog has no such schema."""
    for entry in sorted(catalog.catalog().values(), key=lambda one: one.version, reverse=True):
        if name in {str(entry.id), entry.subject, f"{entry.subject}:{entry.version}"}:
            return entry
    return None


def schema_of(name: str) -> Schema:
    """A sound schema, of the catalog or of a file.

    Raises:
        ThroughlineError: there is no such schema, or the lint has something against it.
    """
    if (entry := entry_of(name)) is not None:
        return entry.schema
    try:
        schema = schema_in(Path(name))
    except RefusedError as error:
        raise ThroughlineError(f"{Path(name).name}: {error}") from None
    if found := lint(schema):
        raise ThroughlineError(f"{Path(name).name}: {found[0]}; `throughline schemas check` tells all")
    return dict(schema)


def faults_of(path: Path, subject: str | None) -> tuple[str | None, list[str]]:
    """The subject that a file's schema would be a version of (None: a new one), and what is against it.

    Raises:
        ThroughlineError: the file cannot be read, or there is no such subject.
    """
    if subject is not None and entry_of(subject) is None:
        raise ThroughlineError("the catalog has no such subject; `throughline schemas list` has them all")
    try:
        schema = schema_in(path)
    except RefusedError as error:
        return subject, [str(error)]
    if found := lint(schema):
        return subject, found
    of = subject or _subject_of(schema)
    before = catalog.versions_of(of) if of else ()
    return of, compatibility.faults(schema, [(one.version, one.schema) for one in before])


def _subject_of(schema: Schema) -> str | None:
    """Whose version a schema is by the name of its record; None: nobody's, or a projection's: these are many."""
    named = {one.subject for one in catalog.catalog().values() if one.schema["name"] == schema["name"]}
    return named.pop() if len(named) == 1 else None


def schema_in(path: Path) -> Any:
    """What a file has where a schema should be; a body with the shared types that it calls by name.

    Raises:
        RefusedError: it is no JSON, or such that nobody should go on reading.
        ThroughlineError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise ThroughlineError(f"{path.name}: {error.strerror or 'it cannot be read'}") from None
    if len(raw) > FILE_BYTES_MAX:
        raise RefusedError("a schema has no more than a mebibyte")
    found = _parsed(raw)
    if isinstance(found, dict) and isinstance(found.get("schema"), str):
        found = _registered(found)
    return _composed(found)


def _parsed(raw: bytes | str) -> Any:
    try:
        found = json.loads(raw, object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError:
        raise RefusedError("nested too deep") from None
    except ValueError as error:  # of text, encoding, numbers that are too long
        said = error.msg if isinstance(error, json.JSONDecodeError) else "no UTF-8, or a number that is none"
        raise RefusedError(f"it is no JSON: {said}") from None
    if _depth(found) > NESTED_MAX:
        raise RefusedError("nested too deep")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RefusedError("an object has a name twice: programs differ in which of the two counts")
    return found


def _no_number(_: str) -> None:
    raise RefusedError("it is no JSON: NaN and Infinity are no numbers of it")


def _depth(node: Any) -> int:
    """How deep lists and objects are within one another, as far as ``NESTED_MAX`` and one more."""
    level: list[Any] = [node]
    for depth in itertools.count():
        level = [one for one in level if isinstance(one, list | dict)]
        if not level or depth > NESTED_MAX:
            return depth
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return 0


def _registered(body: dict[str, Any]) -> Any:
    """The schema of what a registry would be sent: with nothing beside it that changes what it means."""
    if strange := sorted(key for key, value in body.items() if key not in REGISTRATION and value):
        raise RefusedError(f"{strange[0][:40]!a} has no place here: rules and properties of a registry decide nothing")
    if body.get("references"):
        raise RefusedError("references have no place here: a schema is whole in itself")
    if body.get("schemaType") not in (None, "AVRO"):
        raise RefusedError("schemaType is AVRO")
    return _parsed(body["schema"])


def _composed(schema: Any) -> Any:
    """A body's file as the catalog has it; what cannot be composed is left for the lint to refuse."""
    if not isinstance(schema, dict) or "family" not in schema:
        return schema
    try:
        return catalog.compose(schema)
    except (KeyError, TypeError, AttributeError):
        return schema
