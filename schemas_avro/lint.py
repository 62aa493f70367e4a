"""What a schema must keep to before it may enter the catalog: the subset of Avro that columns carry, told in full.

The subset is what ``pyruhvro`` and ``fastavro`` both write to the same bytes and what ``pyarrow`` can build from rows
(measured with pyruhvro 0.4.0, fastavro 1.13.1, pyarrow 26.0.1): so no ``bytes``, ``fixed``, ``decimal`` or ``uuid``
(pyruhvro panics), no union but of null and one type (pyarrow builds no others from rows), no type without bytes (a
message of six makes 200 million of them) and no recursion (5 kB of it end the interpreter).
"""

import json
import keyword
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from schemas_avro.catalog import CORE, FAMILIES, PROJECTED

DEPTH_MAX = 12
"""Types within types, the outermost record being the first and each union one of its own."""
FIELDS_MAX = 200
"""Fields of all records of a schema together."""
COLUMNS_MAX = 1_000
"""Fields where each type stands written out wherever it is named: few types can name each other into millions."""
TEXT_BYTES_MAX = 64 * 1024
"""Bytes of the schema's JSON text."""
GROUPS_MAX = 5
"""Field groups of a family: each set of them is a schema of its own."""

CLASSIFICATIONS = {
    "operational": "Says how the event came and went; nothing about the person by itself.",
    "identity": "Tells who the person is; never leaves the identity zone.",
    "contact": "How to address and reach the person; masked in every repr, released only by permission.",
    "address": "Where the person lives; masked in every repr, apart because some keep it secret (Safe at Home).",
    "consent": "What the person allowed, to whom and until when; never leaves.",
    "caseload": "Who serves the person; the recipient's own words.",
    "education": "An education record after FERPA.",
    "enrollment": "The body of an enrollment event as a whole.",
    "attendance": "The body of an attendance event as a whole.",
    "intervention": "The body of an intervention event as a whole.",
    "early_care": "The body of an early care event as a whole.",
    "credential": "The body of a credential event as a whole.",
    "transfer": "The body of a transfer event as a whole.",
    "assessment": "Results of tests and assessments; a category of education records of its own.",
    "discipline": "Suspensions, and what else was done about a pupil's conduct.",
    "disability": "Tells of a disability, or that one is looked for (IDEA).",
    "aid": "Student aid: applications, awards, progress.",
    "immigration_proxy": "Reveals immigration status to those who can read it; a category of its own.",
    "employment": "The body of an employment event as a whole.",
    "wage": "Wage records of unemployment insurance.",
    "employer": "Who the employer is; confidential by itself (20 CFR 603.4).",
    "social_service": "The body of a social service event as a whole.",
    "welfare": "Records of public social services (Welfare and Institutions Code 10850).",
    "child_welfare": "Foster care, and what courts decide about who cares for a child.",
    "health": "Tells of health, or of what is paid for it.",
    "housing": "That the person has no home, and where the nights are spent.",
}
"""Every classification that a field may have, and what it means."""

PRIMITIVES = frozenset({"string", "int", "long", "boolean"})
LOGICAL = {"date": "int", "timestamp-micros": "long"}
"""Each admitted logical type and the type that carries it."""
INSTEAD = {
    "bytes": "an encrypted payload is a base64 string",
    "fixed": "an encrypted payload is a base64 string",
    "float": "a scaled int or long, its unit in the field's name and doc",
    "double": "a scaled int or long, its unit in the field's name and doc",
    "decimal": "money is a long of cents",
    "uuid": "ids are strings",
    "timestamp-millis": "timestamp-micros",
    "time-millis": "timestamp-micros",
    "time-micros": "timestamp-micros",
    "local-timestamp-millis": "timestamp-micros",
    "local-timestamp-micros": "timestamp-micros",
}
"""What to write instead of the types that are not admitted."""
RESERVED = PRIMITIVES | INSTEAD.keys() | {"null", "record", "enum", "array", "map", "union", "error"}

NAMESPACE = "throughline"
TYPE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
SYMBOL = TYPE_NAME
FIELD_NAME = re.compile(r"[a-z][a-z0-9_]*")
CODE_SET = GROUP = FIELD_NAME  # a group's name stands in subjects between hyphens and dots
CEDS_ID = re.compile(r"[0-9]{6}")
SCRIPT = r"<\s*/?\s*(?:script|svg|img|iframe|object|embed|style|link|meta|base|form|a)\b|javascript:|\{\{|\$\{|\x60"
"""What a page or a template would run."""
DOC = re.compile(rf'(?=.*\S)(?!.*(?:{SCRIPT}))[^"\\\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]*', re.IGNORECASE)
"""One line that says something, runs nowhere, and cannot end the docstring that the models make of it."""
DOC_SAID = "one line of text without quotation marks, backslashes and scripts"

RECORD_PARTS = frozenset({"type", "name", "doc", "fields"})
FIELD_PARTS = frozenset({"name", "type", "doc", "classification"})


def lint(schema: Any) -> list[str]:
    """Faults of a composed schema, each naming its place; none if the schema may enter the catalog.

    Takes whatever JSON may be, hostile too: it goes no deeper than DEPTH_MAX and never raises.
    """
    walk = _Walk()
    if not (isinstance(schema, dict) and schema.get("type") == "record"):
        walk.fault("schema", "the outermost type is a record")
    walk.visit(schema, "schema", _Where())
    if walk.fields > FIELDS_MAX:
        walk.fault("schema", f"{walk.fields} fields; at most {FIELDS_MAX}")
    if not walk.faults and (columns := _columns(schema, {})) > COLUMNS_MAX:
        walk.fault("schema", f"{columns} fields, each type written out where it is named; at most {COLUMNS_MAX}")
    if not walk.faults and (size := len(json.dumps(schema, ensure_ascii=False).encode())) > TEXT_BYTES_MAX:
        walk.fault("schema", f"{size} bytes of text; at most {TEXT_BYTES_MAX}")
    return walk.faults


def _columns(schema: Any, named: dict[str, int]) -> int:
    """Fields of a type that has no faults, those of types that it names counted again wherever it names them."""
    match schema:
        case str():
            return named.get(schema, 0)
        case [_, other] | {"type": "array", "items": other} | {"type": "map", "values": other}:
            return _columns(other, named)
        case {"type": "record", "name": name, "fields": fields}:
            named[name] = sum(1 + _columns(one["type"], named) for one in fields)
            return named[name]
    return 0


def _shown(name: Any) -> str:
    """A name for a fault's line, whatever a stranger put there: short, on one line, without control characters."""
    if not isinstance(name, str):
        return "?"
    return name[:80] if name[:80].isprintable() else ascii(name[:80])


@dataclass(frozen=True)
class _Where:
    """What the types around a node mean for it."""

    depth: int = 1
    around: frozenset[str] = frozenset()
    """Names of the records that the node stands in."""
    classification: str | None = None
    """Of the body's field that the node stands in; None outside of bodies."""

    def deeper(self) -> "_Where":
        return _Where(self.depth + 1, self.around, self.classification)

    def within(self, name: str) -> "_Where":
        return _Where(self.depth + 1, self.around | {name}, self.classification)

    def classified(self, classification: str) -> "_Where":
        return _Where(self.depth, self.around, classification)


@dataclass
class _Walk:
    """One walk through a schema: what it met so far, and the faults."""

    faults: list[str] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    fields: int = 0

    def fault(self, place: str, what: str) -> None:
        self.faults.append(f"{place}: {what}")

    def visit(self, schema: Any, place: str, where: _Where) -> None:  # noqa: PLR0911  # one line a kind of type
        """Any type at all."""
        if where.depth > DEPTH_MAX:
            return self.fault(place, f"nested deeper than {DEPTH_MAX}")
        match schema:
            case str():
                return self._name(schema, place, where)
            case list():
                return self._union(schema, place, where)
            case {"logicalType": _}:
                return self._logical(schema, place)
            case {"type": "record"}:
                return self._record(schema, place, where)
            case {"type": "enum"}:
                return self._enum(schema, place)
            case {"type": "array"}:
                return self._collection(schema, "items", place, where)
            case {"type": "map"}:
                return self._collection(schema, "values", place, where)
            case {"type": str() as kind}:
                return self._wordy(kind, place)
        return self.fault(place, "no type")

    def _name(self, name: str, place: str, where: _Where) -> None:
        """A primitive, or a reference to a type defined before."""
        if name in where.around:
            self.fault(place, f"{name} within itself; no recursion")
        elif name == "null":
            self.fault(place, "null stands only first in a union with one other type")
        elif name in INSTEAD:
            self.fault(place, f"{name} is not admitted; instead: {INSTEAD[name]}")
        elif name not in PRIMITIVES and name not in self.named:
            self.fault(place, "a reference to no type defined before")

    def _wordy(self, kind: str, place: str) -> None:
        """An object with nothing but a name, or a type that needs an object and is not admitted."""
        if kind in INSTEAD:
            self.fault(place, f"{kind} is not admitted; instead: {INSTEAD[kind]}")
        else:
            self.fault(place, "a plain type is written as its name alone")

    def _union(self, branches: list[Any], place: str, where: _Where) -> None:
        if len(branches) != 2 or branches[0] != "null":  # noqa: PLR2004  # null and one other
            self.fault(place, "a union is null, first, and one other type")
        for branch in branches[1:] if branches[:1] == ["null"] else branches:
            if isinstance(branch, list):
                self.fault(place, "a union stands in no union")
            else:
                self.visit(branch, place, where.deeper())

    def _logical(self, schema: dict[str, Any], place: str) -> None:
        self._parts(schema, {"type", "logicalType"}, (), place)
        kind = schema["logicalType"]
        if not isinstance(kind, str) or kind not in LOGICAL:
            instead = INSTEAD.get(kind, "a plain type") if isinstance(kind, str) else "a plain type"
            self.fault(place, f"a logical type that is not admitted; instead: {instead}")
        elif schema.get("type") != LOGICAL[kind]:
            self.fault(place, f"{kind} is carried by {LOGICAL[kind]}")

    def _collection(self, schema: dict[str, Any], inner: str, place: str, where: _Where) -> None:
        self._parts(schema, {"type", inner}, (), place)
        if inner in schema:
            self.visit(schema[inner], f"{place}[]", where.deeper())

    def _enum(self, schema: dict[str, Any], place: str) -> None:
        self._parts(schema, {"type", "name", "symbols"}, ("doc", "namespace"), place)
        self._define(schema, place)
        if "doc" in schema:
            self._text(schema, "doc", DOC, DOC_SAID, place)
        symbols = schema.get("symbols")
        if not isinstance(symbols, list) or not symbols:
            return self.fault(place, "symbols are a list of at least one")
        if not all(isinstance(symbol, str) and SYMBOL.fullmatch(symbol) for symbol in symbols):
            return self.fault(place, "a symbol is letters, digits and underscores, a letter first")
        if len({symbol.upper() for symbol in symbols}) != len(symbols):  # the models name their members so
            return self.fault(place, "two symbols that differ in nothing but case")
        return None

    def _record(self, schema: dict[str, Any], place: str, where: _Where) -> None:
        self._parts(schema, RECORD_PARTS, ("namespace", "family"), place)
        self._text(schema, "doc", DOC, DOC_SAID, place)
        name = self._define(schema, place)
        fields = schema.get("fields")
        if not isinstance(fields, list) or not fields:
            return self.fault(place, "a record without fields has no bytes")
        place = _shown(name) if place == "schema" else place
        self._family(schema, [f for f in fields if isinstance(f, dict)], place)
        self._unlike([f.get("name") for f in fields if isinstance(f, dict)], place)
        for one in fields:
            self._field(one, place, where.within(name), in_body="family" in schema)
        return None

    def _unlike(self, names: list[Any], place: str) -> None:
        texts = [name for name in names if isinstance(name, str)]
        for name in sorted({name for name in texts if texts.count(name) > 1}):
            self.fault(place, f"two fields named {_shown(name)}")

    def _define(self, schema: dict[str, Any], place: str) -> str:
        """Take down a named type; its name, or an empty text where it has none."""
        if schema.get("namespace", NAMESPACE) != NAMESPACE:
            self.fault(place, f"the namespace is {NAMESPACE}")
        self._text(schema, "name", TYPE_NAME, "letters, digits and underscores, a letter first", place)
        name = schema.get("name")
        if not isinstance(name, str):
            return ""
        if name in self.named:
            self.fault(place, f"a second type named {_shown(name)}")
        if name in RESERVED:
            self.fault(place, f"{name} is a word of Avro")
        self.named.add(name)
        return name

    def _field(self, one: Any, place: str, where: _Where, *, in_body: bool) -> None:
        self.fields += 1
        if not isinstance(one, dict):
            return self.fault(place, "a field is an object")
        place = f"{place}.{_shown(one.get('name'))}"
        self._parts(one, FIELD_PARTS, ("default", "group", "ceds_id", "code_set"), place)
        self._words(one, place)
        self._default(one, place)
        if "group" in one and not in_body:
            self.fault(place, "only a body's own fields are in groups")
        classification = one.get("classification")
        if isinstance(classification, str):
            self._classified(classification, place, where)
            where = where.classified(classification) if in_body else where
        return self.visit(one["type"], place, where) if "type" in one else None

    def _words(self, one: dict[str, Any], place: str) -> None:
        """Name, doc, ceds_id, code_set."""
        self._text(one, "name", FIELD_NAME, "lower-case letters, digits and underscores, a letter first", place)
        self._text(one, "doc", DOC, DOC_SAID, place)
        if isinstance(one.get("name"), str) and keyword.iskeyword(one["name"]):
            self.fault(place, "a word of Python; the models need another")
        if "ceds_id" in one:
            self._text(one, "ceds_id", CEDS_ID, "six digits", place)
        if "code_set" in one:
            self._text(one, "code_set", CODE_SET, "a name in lower case", place)
        if one.get("classification") is not None and not isinstance(one["classification"], str):
            self.fault(place, "classification is a word")

    def _classified(self, classification: str, place: str, where: _Where) -> None:
        if classification not in CLASSIFICATIONS:
            self.fault(place, "classification is none of the closed set")
        # Who may see a group is decided on the classifications of the body's own fields alone.
        if where.classification is not None and classification not in {where.classification, "operational"}:
            self.fault(place, f"another classification than {where.classification}, which it stands in")

    def _default(self, one: dict[str, Any], place: str) -> None:
        nullable = isinstance(one.get("type"), list)
        if nullable and one.get("default", ...) is not None:
            self.fault(place, "a nullable field defaults to null")
        if not nullable and "default" in one:
            self.fault(place, "only nullable fields have a default, which is null")

    def _family(self, schema: dict[str, Any], fields: list[dict[str, Any]], place: str) -> None:
        """Groups of a body: none in families that never leave, a core in those that do."""
        if "family" not in schema:
            return
        family = schema["family"]
        if family not in FAMILIES:
            self.fault(place, "no such family")
        groups = {_shown(one["group"]) for one in fields if "group" in one}
        if groups and family not in PROJECTED:
            self.fault(place, "a family that never leaves has no groups")
        if family in PROJECTED and CORE not in groups:
            self.fault(place, f"no field of group {CORE}, which says what fact it is")
        if len(groups) > GROUPS_MAX:
            self.fault(place, f"{len(groups)} groups; at most {GROUPS_MAX}")
        for one in fields:
            self._grouped(one, f"{place}.{_shown(one.get('name'))}")

    def _grouped(self, one: dict[str, Any], place: str) -> None:
        if "group" not in one:
            return
        self._text(one, "group", GROUP, "a name in lower case", place)
        if one.get("classification") == "identity":
            self.fault(place, "identity never leaves, so it is in no group")

    def _text(self, node: dict[str, Any], part: str, form: re.Pattern[str], said: str, place: str) -> None:
        """A part of a node, where it is there, is a text of a form."""
        if part in node and not (isinstance(node[part], str) and form.fullmatch(node[part])):
            self.fault(place, f"{part} is {said}")

    def _parts(self, node: dict[str, Any], needed: Collection[str], allowed: Collection[str], place: str) -> None:
        """A node has the parts it needs and no others: aliases, rules and scripts have no place."""
        for part in sorted(set(needed) - node.keys()):
            self.fault(place, f"no {part}")
        for part in sorted(_shown(part) for part in node.keys() - set(needed) - set(allowed)):
            self.fault(place, f"{part} has no place here")
