"""What the lint holds a schema to: the whole catalog passes, and each rule catches a planted fault by its place."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas_avro import catalog, lint
from tests.schemas_avro.avro import EVERY, Row, field, record, schemas

NO_DOC = "doc is one line of text without quotation marks, backslashes and scripts"
NO_FIXED = "fixed is not admitted; instead: an encrypted payload is a base64 string"
NO_SYMBOL = "a symbol is letters, digits and underscores, a letter first"


def body(*fields: Row, family: Any = "aid") -> Row:
    """A family's body, sound by its first field."""
    return record(field("year", "string", classification="aid", group="core"), *fields, family=family)


def nested(levels: int) -> Row:
    """A record whose types go so many levels deep."""
    kind: Any = "string"
    for _ in range(levels - 2):
        kind = {"type": "array", "items": kind}
    return record(field("deep", kind))


@pytest.mark.parametrize("entry", catalog.catalog().values(), ids=lambda entry: entry.subject)
def test_every_schema_of_the_catalog_passes(entry: catalog.Entry) -> None:
    assert lint.lint(entry.schema) == []


def test_every_admitted_type_passes() -> None:
    assert lint.lint(EVERY) == []


def test_every_classification_is_used_and_has_its_sentence() -> None:
    used = {
        one["classification"]
        for entry in catalog.catalog().values()
        for named in catalog.named_types(entry.schema)
        for one in named.get("fields", ())
    }
    assert used == lint.CLASSIFICATIONS.keys()
    assert all(sentence.endswith(".") for sentence in lint.CLASSIFICATIONS.values())


TYPES: list[tuple[Any, str]] = [
    ("bytes", "bytes is not admitted; instead: an encrypted payload is a base64 string"),
    ({"type": "bytes"}, "bytes is not admitted; instead: an encrypted payload is a base64 string"),
    ("fixed", NO_FIXED),
    ({"type": "fixed", "name": "F", "size": 4}, NO_FIXED),
    ("float", "float is not admitted; instead: a scaled int or long, its unit in the field's name and doc"),
    ("double", "double is not admitted; instead: a scaled int or long, its unit in the field's name and doc"),
    (
        {"type": "bytes", "logicalType": "decimal"},
        "a logical type that is not admitted; instead: money is a long of cents",
    ),
    ({"type": "string", "logicalType": "uuid"}, "a logical type that is not admitted; instead: ids are strings"),
    (
        {"type": "long", "logicalType": "timestamp-millis"},
        "a logical type that is not admitted; instead: timestamp-micros",
    ),
    ({"type": "int", "logicalType": "mood"}, "a logical type that is not admitted; instead: a plain type"),
    ({"type": "int", "logicalType": ["date"]}, "a logical type that is not admitted; instead: a plain type"),
    ({"type": "long", "logicalType": "date"}, "date is carried by int"),
    ({"type": "int", "logicalType": "timestamp-micros"}, "timestamp-micros is carried by long"),
    ({"type": "string"}, "a plain type is written as its name alone"),
    ("Nowhere", "a reference to no type defined before"),
    ("Sample", "Sample within itself; no recursion"),
    ({"type": "array", "items": ["null", "Sample"]}, "Sample within itself; no recursion"),
    ("null", "null stands only first in a union with one other type"),
    ({"type": "array", "items": "null"}, "null stands only first in a union with one other type"),
    ({"type": "map", "values": "null"}, "null stands only first in a union with one other type"),
    ({"type": "array", "items": record(name="Empty")}, "a record without fields has no bytes"),
    (
        {"type": "array", "items": record(field("inner", record(name="Empty")), name="Holder")},
        "a record without fields has no bytes",
    ),
    (["null"], "a union is null, first, and one other type"),
    (["string"], "a union is null, first, and one other type"),
    (["string", "null"], "a union is null, first, and one other type"),
    (["null", "string", "long"], "a union is null, first, and one other type"),
    (["null", "null"], "null stands only first in a union with one other type"),
    ([], "a union is null, first, and one other type"),
    (["null", ["null", "string"]], "a union stands in no union"),
    ({"type": "enum", "name": "E", "symbols": []}, "symbols are a list of at least one"),
    ({"type": "enum", "name": "E", "symbols": "AB"}, "symbols are a list of at least one"),
    ({"type": "enum", "name": "E", "symbols": ["A", "not one"]}, NO_SYMBOL),
    ({"type": "enum", "name": "E", "symbols": ["A", 1]}, NO_SYMBOL),
    ({"type": "enum", "name": "E", "symbols": ["A\n"]}, NO_SYMBOL),
    ({"type": "enum", "name": "E", "symbols": ["A", "A"]}, "two symbols that differ in nothing but case"),
    ({"type": "enum", "name": "E", "symbols": ["A", "a"]}, "two symbols that differ in nothing but case"),
    ({"type": "enum", "name": "E", "symbols": ["A"], "default": "A"}, "default has no place here"),
    ({"type": "enum", "name": "E", "symbols": ["A"], "aliases": ["Sample"]}, "aliases has no place here"),
    ({"type": "enum", "name": "E", "symbols": ["A"], "namespace": "elsewhere"}, "the namespace is throughline"),
    ({"type": "enum", "name": "E", "symbols": ["A"], "doc": ""}, NO_DOC),
    ({"type": "enum", "name": "1", "symbols": ["A"]}, "name is letters, digits and underscores, a letter first"),
    ({"type": "enum", "symbols": ["A"]}, "no name"),
    ({"type": "enum", "name": "E"}, "no symbols"),
    ({"type": "enum", "name": "string", "symbols": ["A"]}, "string is a word of Avro"),
    ({"type": "enum", "name": "Sample", "symbols": ["A"]}, "a second type named Sample"),
    ({"type": "array"}, "no items"),
    ({"type": "map"}, "no values"),
    ({"type": "array", "items": "string", "values": "string"}, "values has no place here"),
    ({"type": ["null", "string"]}, "no type"),
    ({"type": {"type": "string"}}, "no type"),
    ({}, "no type"),
    (None, "no type"),
    (7, "no type"),
    ("string ", "a reference to no type defined before"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "fault"), TYPES, ids=lambda part: json.dumps(part)[:60])
def test_a_type_beyond_the_subset_is_a_fault(kind: Any, fault: str) -> None:
    found = lint.lint(record(field("x", kind)))
    assert [line for line in found if line.endswith(f": {fault}")], found
    assert all(line.startswith("Sample.x") for line in found)


FIELDS: list[tuple[Row, str]] = [
    ({"doc": ""}, NO_DOC),
    ({"doc": "  "}, NO_DOC),
    ({"doc": "two\nlines"}, NO_DOC),
    ({"doc": '""" + code'}, NO_DOC),
    ({"doc": "\\"}, NO_DOC),
    ({"doc": "\ud800"}, NO_DOC),
    ({"doc": "two\u2028lines"}, NO_DOC),
    ({"doc": ["a", "b"]}, NO_DOC),
    ({"classification": "secret"}, "classification is none of the closed set"),
    ({"classification": ["aid"]}, "classification is a word"),
    ({"ceds_id": "12345"}, "ceds_id is six digits"),
    ({"ceds_id": "1234567"}, "ceds_id is six digits"),
    ({"ceds_id": "12345\n"}, "ceds_id is six digits"),
    ({"ceds_id": "\N{ARABIC-INDIC DIGIT ZERO}" * 6}, "ceds_id is six digits"),
    ({"ceds_id": 123456}, "ceds_id is six digits"),
    ({"code_set": "no name"}, "code_set is a name in lower case"),
    ({"code_set": ""}, "code_set is a name in lower case"),
    ({"default": None}, "only nullable fields have a default, which is null"),
    ({"default": ""}, "only nullable fields have a default, which is null"),
    ({"type": ["null", "string"]}, "a nullable field defaults to null"),
    ({"type": ["null", "string"], "default": "x"}, "a nullable field defaults to null"),
    ({"type": ["null", "string"], "default": "null"}, "a nullable field defaults to null"),
    ({"group": "core"}, "only a body's own fields are in groups"),
    ({"aliases": ["y"]}, "aliases has no place here"),
    ({"order": "ignore"}, "order has no place here"),
    ({"confluent:rules": "x"}, "confluent:rules has no place here"),
]


@pytest.mark.parametrize(("changed", "fault"), FIELDS, ids=str)
def test_a_field_that_says_too_little_or_too_much_is_a_fault(changed: Row, fault: str) -> None:
    assert lint.lint(record(field("x", "string"))) == []
    assert lint.lint(record(field("x", "string") | changed)) == [f"Sample.x: {fault}"]


@pytest.mark.parametrize("part", ["name", "type", "doc", "classification"])
def test_a_field_lacks_no_part(part: str) -> None:
    less = {key: value for key, value in field("x", "string").items() if key != part}
    assert f"Sample.{less.get('name', '?')}: no {part}" in lint.lint(record(less))


@pytest.mark.parametrize("name", ["Upper", "1x", "a-b", "a.b", "", "_x", "x\n", "naïve", "class", "None", 7, None])
def test_a_field_has_a_name_that_every_language_takes(name: Any) -> None:
    assert lint.lint(record(field("x", "string") | {"name": name})) != []


@pytest.mark.parametrize("name", ["1", "a-b", "a.b", "", "_X", "x\n", "naïve", "string", "record", "decimal", 7, None])
def test_a_record_has_a_name_that_every_language_takes(name: Any) -> None:
    assert lint.lint(record(field("x", "string"), name=name)) != []


@pytest.mark.parametrize("part", ["name", "doc", "fields"])
def test_a_record_lacks_no_part(part: str) -> None:
    less = {key: value for key, value in record(field("x", "string")).items() if key != part}
    assert f"schema: no {part}" in lint.lint(less)


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        (record(field("x", "string"), doc=" "), f"schema: {NO_DOC}"),
        (record(field("x", "string"), namespace="elsewhere"), "schema: the namespace is throughline"),
        (record(field("x", "string"), aliases=["Envelope"]), "schema: aliases has no place here"),
        (record(field("x", "string"), rules=[{"expr": "1"}]), "schema: rules has no place here"),
        (record(), "schema: a record without fields has no bytes"),
        (record("x"), "Sample: a field is an object"),  # type: ignore[arg-type]  # the fault
        (record(field("x", "string"), field("x", "int")), "Sample: two fields named x"),
        (record(field("x", record(field("y", "int"), name="Sample"))), "Sample.x: a second type named Sample"),
        ({"type": "enum", "name": "E", "symbols": ["A"]}, "schema: the outermost type is a record"),
        ("string", "schema: the outermost type is a record"),
        ([record(field("x", "string"))], "schema: the outermost type is a record"),
        (None, "schema: the outermost type is a record"),
    ],
    ids=str,
)  # fmt: skip
def test_a_schema_that_is_no_sound_record_is_a_fault(schema: Any, fault: str) -> None:
    assert fault in lint.lint(schema)


def test_a_type_may_be_named_again_once_it_is_whole_but_not_within_itself() -> None:
    inner = record(field("y", "int"), name="Inner")
    assert lint.lint(record(field("a", inner), field("b", "Inner"))) == []
    assert lint.lint(record(field("a", "Inner"), field("b", inner))) == [
        "Sample.a: a reference to no type defined before"
    ]
    inner = record(field("y", ["null", "Inner"]), name="Inner")
    assert lint.lint(record(field("a", inner))) == ["Sample.a.y: Inner within itself; no recursion"]


BODIES: list[tuple[Row, list[str]]] = [
    (body(), []),
    (body(field("free", "string", classification="aid")), []),
    (record(field("x", "string", classification="consent"), family="consent"), []),
    (body(family="library"), ["Sample: no such family", "Sample: a family that never leaves has no groups"]),
    (body(family=["aid"]), ["Sample: no such family", "Sample: a family that never leaves has no groups"]),
    (body(family="identity"), ["Sample: a family that never leaves has no groups"]),
    (body(family="consent"), ["Sample: a family that never leaves has no groups"]),
    (
        record(field("x", "string", classification="aid", group="amounts"), family="aid"),
        ["Sample: no field of group core, which says what fact it is"],
    ),
    (record(field("x", "string"), family="aid"), ["Sample: no field of group core, which says what fact it is"]),
    (
        body(field("x", "string", classification="identity", group="core")),
        ["Sample.x: identity never leaves, so it is in no group"],
    ),
    (body(field("x", "string", group="a-b")), ["Sample.x: group is a name in lower case"]),
    (body(field("x", "string", group="a.b")), ["Sample.x: group is a name in lower case"]),
    (body(field("x", "string", group=None)), ["Sample.x: group is a name in lower case"]),
    (body(*(field(f"x{i}", "string", group=f"g{i}") for i in range(4))), []),
    (body(*(field(f"x{i}", "string", group=f"g{i}") for i in range(5))), ["Sample: 6 groups; at most 5"]),
    (
        body(field("x", record(field("y", "string", group="core"), name="Inner"), group="core")),
        ["Sample.x.y: only a body's own fields are in groups"],
    ),
    (
        body(
            field(
                "x",
                record(field("y", "string", classification="wage"), name="Inner"),
                classification="aid",
                group="core",
            )
        ),
        ["Sample.x.y: another classification than aid, which it stands in"],
    ),
    (body(field("x", record(field("y", "string"), name="Inner"), classification="aid", group="core")), []),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "faults"), BODIES, ids=lambda part: str(part)[-60:])
def test_a_body_says_what_of_it_may_leave(schema: Row, faults: list[str]) -> None:
    assert lint.lint(schema) == faults


def test_a_schema_is_at_most_so_deep() -> None:
    assert lint.lint(nested(lint.DEPTH_MAX)) == []
    assert lint.lint(nested(lint.DEPTH_MAX + 1)) == [f"Sample.deep{'[]' * 11}: nested deeper than 12"]


def test_depth_counts_records_and_unions_too() -> None:
    kind: Any = "string"
    for level in range(6):
        kind = ["null", record(field("x", kind), name=f"T{level}")]
    assert [line for line in lint.lint(record(field("x", kind))) if line.endswith("nested deeper than 12")]


def test_a_schema_has_at_most_so_many_fields() -> None:
    inner = record(*(field(f"y{i}", "int") for i in range(100)), name="Inner")
    most = [field("inner", inner), *(field(f"x{i}", "int") for i in range(99))]
    assert lint.lint(record(*most)) == []
    assert lint.lint(record(*most, field("one_more", "int"))) == ["schema: 201 fields; at most 200"]


def test_a_schemas_text_is_at_most_so_long() -> None:
    spare = lint.TEXT_BYTES_MAX - len(json.dumps(record(field("x", "string"))))
    assert spare > 0
    doc = "é" * (spare // 2) + "e" * (spare % 2)
    long = record(field("x", "string", doc="A value." + doc))
    assert lint.lint(long) == []
    long["fields"][0]["doc"] += "e"
    assert lint.lint(long) == ["schema: 65537 bytes of text; at most 65536"]


def test_faults_are_all_told_at_once() -> None:
    schema = record(field("a", "bytes"), field("b", "string", doc=""), field("c", "double"))
    assert [line.split(":")[0] for line in lint.lint(schema)] == ["Sample.a", "Sample.b", "Sample.c"]


def test_a_schema_ten_thousand_deep_or_within_itself_is_told_apart_at_once() -> None:
    for levels in (10_000, 100_000):
        assert len(lint.lint(nested(levels))) == 1
    loop: Row = {"type": "array"}
    loop["items"] = loop
    assert len(lint.lint(record(field("x", loop)))) == 1


@pytest.mark.parametrize("part", ["name", "type", "doc", "classification", "ceds_id", "code_set", "group", "default"])
def test_depth_where_no_type_stands_is_told_apart_too(part: str) -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    faults = lint.lint(body(field("x", "string") | {part: deep}))
    assert faults
    assert all(line.startswith(("Sample.x: ", "Sample.?: ")) for line in faults)


@pytest.mark.parametrize("name", ["a\nERROR: b", "\x1b[31m", "\u202ea", "n" * 10_000, "\ud800"])
def test_a_strangers_names_do_no_harm_to_a_log(name: str) -> None:
    faults = lint.lint(body(field("x", "string") | {"name": name, name: 1}, field("x", "string") | {"name": name}))
    assert faults
    assert all(line.isprintable() and len(line) < 200 for line in faults)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["record", "null", "array", "enum"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "name", "fields", "items", "symbols", "family", "group", "doc"]), inner
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_whatever_json_is_registered_the_lint_answers(schema: Any) -> None:
    assert lint.lint(schema) != []


@given(st.data())
def test_whatever_is_put_in_place_of_a_part_the_lint_answers(data: st.DataObject) -> None:
    schema = copy.deepcopy(EVERY)
    node: Any = schema
    while isinstance(node, dict | list) and node:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(node[key], dict | list) or data.draw(st.booleans()):
            node[key] = data.draw(json_values)
            break
        node = node[key]
    assert isinstance(lint.lint(schema), list)


BEYOND: list[Any] = [
    "bytes", "float", "double", "null", "Nowhere",
    {"type": "fixed", "name": "F", "size": 4},
    {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
    {"type": "string", "logicalType": "uuid"},
    {"type": "long", "logicalType": "timestamp-millis"},
    ["null", "string", "long"],
    ["string", "null"],
    {"type": "record", "name": "Empty", "doc": "A sample.", "fields": []},
]  # fmt: skip


def places_of(node: Any, place: str) -> Iterator[tuple[Any, str | int, str]]:
    """Where in a record's types another could stand: its holder, its key, and its place in a fault."""
    for one in node["fields"]:
        yield from _places_in(one, "type", f"{place}.{one['name']}")


def _places_in(holder: Any, key: str | int, place: str) -> Iterator[tuple[Any, str | int, str]]:
    yield holder, key, place
    match holder[key]:
        case ["null", _]:
            yield from _places_in(holder[key], 1, place)
        case {"type": "array"}:
            yield from _places_in(holder[key], "items", f"{place}[]")
        case {"type": "map"}:
            yield from _places_in(holder[key], "values", f"{place}[]")
        case {"type": "record"}:
            yield from places_of(holder[key], place)


@settings(deadline=None)
@given(schemas(), st.sampled_from(BEYOND), st.data())
def test_a_type_beyond_the_subset_is_refused_by_its_place_wherever_in_a_schema_it_stands(
    schema: Row, beyond: Any, data: st.DataObject
) -> None:
    assert lint.lint(schema) == []
    holder, key, place = data.draw(st.sampled_from(list(places_of(schema, schema["name"]))))
    holder[key] = copy.deepcopy(beyond)
    faults = lint.lint(schema)
    assert [fault for fault in faults if fault.startswith(f"{place}: ")], faults
