"""Versions of a schema: all of them read all of them, and what an older one wrote comes as the newest would have it."""

import copy
import io
import json
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas_avro import catalog, codec, compatibility, evolution, lint
from tests.schemas_avro.avro import BOTH, Row, carried_by, entered, field, record, rows_of, written

SUBJECTS = sorted({entry.subject for entry in catalog.catalog().values()})
OLDER = [entry for entry in catalog.catalog().values() if catalog.newest_of(entry.id) != entry.id]


def with_body(change: Any) -> Row:
    """Version 2 of partner.aid.v1 with something done to its body's fields."""
    schema = copy.deepcopy(catalog.catalog()[115].schema)
    change(schema["fields"][1]["type"]["fields"])
    return schema


def read_as(payload: bytes, writer: Row, reader: Row) -> Any:
    """By fastavro's own schema resolution."""
    return fastavro.schemaless_reader(io.BytesIO(payload), fastavro.parse_schema(writer), fastavro.parse_schema(reader))


def physical(entry: catalog.Entry) -> Row:
    return dict(json.loads(entry.physical))


def test_aid_has_two_versions_and_the_newest_is_meant_where_none_is_named() -> None:
    assert [(one.id, one.version) for one in catalog.versions_of("partner.aid.v1")] == [(104, 1), (115, 2)]
    assert catalog.id_of("partner.aid.v1") == 115
    added = compatibility.differences(catalog.catalog()[104].schema, catalog.catalog()[115].schema)
    assert added == ["+ body.application_submitted_on: date or null"]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_versions_are_numbered_from_one_and_every_one_can_follow_every_one_before(subject: str) -> None:
    every = catalog.versions_of(subject)
    assert [one.version for one in every] == list(range(1, len(every) + 1))
    assert [one.id for one in every] == sorted(one.id for one in every)
    for place, one in enumerate(every):
        assert lint.lint(one.schema) == []
        assert compatibility.faults(one.schema, [(older.version, older.schema) for older in every[:place]]) == []


@pytest.mark.parametrize("entry", OLDER, ids=lambda entry: str(entry.id))
@pytest.mark.parametrize("arrow", BOTH)
def test_rows_of_an_older_version_are_those_that_avros_resolution_gives(entry: catalog.Entry, arrow: bool) -> None:  # noqa: FBT001
    newest = catalog.catalog()[catalog.newest_of(entry.id)]

    @settings(deadline=None, max_examples=8)
    @given(st.lists(rows_of(entry.schema), min_size=1, max_size=3))
    def holds(rows: list[Row]) -> None:
        payloads = written(physical(entry), rows)
        with carried_by(arrow):
            decoded = codec.decode(entry.id, [*payloads, payloads[0][:-1]])
        assert decoded.bad == (len(rows),)
        assert decoded.rows.to_pylist() == [read_as(one, physical(entry), physical(newest)) for one in payloads]
        assert decoded.rows.schema == codec.arrow_schema(newest.id)
        codec.encode(newest.id, decoded.rows)

    holds()


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_fields_may_come_go_and_change_places_at_any_depth(data: st.DataObject) -> None:
    """Whatever is in lists, in records that may be null, and in both."""
    fields = [field(name, ["null", "string"]) for name in "abc"]
    kept = data.draw(st.permutations(fields).flatmap(lambda each: st.integers(1, 3).map(lambda n: each[:n])))

    def version(inner: list[Row]) -> Row:
        inside = record(*inner, name="Inner")
        return record(
            field("always", "int"),
            field("one", ["null", inside]),
            field("many", {"type": "array", "items": "Inner"}),
            field("perhaps_many", ["null", {"type": "array", "items": ["null", "Inner"]}]),
        )

    older, newer = (version(each) for each in data.draw(st.permutations([fields, kept])))
    rows = data.draw(st.lists(rows_of(older), min_size=1, max_size=4))
    payloads = written(older, rows)
    with entered(older) as old, entered(newer) as new:
        found = evolution.resolved(codec.decode(old, payloads).rows, codec.arrow_schema(new))
        assert found.to_pylist() == [read_as(one, older, newer) for one in payloads]
        assert evolution.resolved(found.slice(1), found.schema).to_pylist() == found.to_pylist()[1:]


def test_what_versions_of_one_subject_wrote_is_read_in_order() -> None:
    old, new = (catalog.catalog()[id_] for id_ in (204, 215))
    row = {f["name"]: None for f in new.schema["fields"]} | {"aid_year": "2026-2027", "reject_codes": []}
    rows = [row | {"aid_year": f"{year}-{year + 1}"} for year in range(2020, 2025)]
    ids = [new.id, old.id, old.id, new.id, old.id]
    payloads = [codec.encode_rows(new.id, [one])[0] if id_ == new.id else written(physical(old), [one])[0]
                for id_, one in zip(ids, rows, strict=True)]  # fmt: skip
    assert codec.decode_each(ids, payloads).to_pylist() == rows


REFUSED = {
    "a field removed that had to be there": (lambda fields: fields.pop(0), "its readers cannot read this"),
    "a field added that has no default": (
        lambda fields: fields.append(field("one_more", "string")), "it cannot read what was written by it",
    ),
    "a text that becomes a number": (
        lambda fields: fields[0].update(type="long"), "type mismatch",
    ),
    "a number that becomes a wider one": (
        lambda fields: _named(fields, "isir_transaction_number").update(type=["null", "long"]),
        "its readers cannot read this",
    ),
    "a field that may be null and no longer": (
        lambda fields: _named(fields, "sap_status").update(type="string"), "it cannot read what was written by it",
    ),
    "a symbol more": (
        lambda fields: _named(fields, "verification_group")["type"][1]["symbols"].append("V6"),
        "its readers cannot read this",
    ),
    "a symbol less": (
        lambda fields: _named(fields, "verification_group")["type"][1]["symbols"].pop(),
        "it cannot read what was written by it",
    ),
    "symbols in another order": (
        lambda fields: _named(fields, "verification_group")["type"][1]["symbols"].reverse(), "are in another order",
    ),
    "a type of another name": (
        lambda fields: _named(fields, "verification_group")["type"][1].update(name="Other"),
        "it cannot read what was written by it",
    ),
    "a day that becomes a count": (
        lambda fields: _named(fields, "application_submitted_on").update(type=["null", "int"]),
        "was date or null, is int or null",
    ),
}  # fmt: skip


def _named(fields: list[Row], name: str) -> Row:
    return next(one for one in fields if one["name"] == name)


@pytest.mark.parametrize("what", REFUSED)
def test_what_not_every_version_could_read_is_no_version(what: str) -> None:
    change, why = REFUSED[what]
    found = compatibility.faults(with_body(change), [(2, catalog.catalog()[115].schema)])
    assert any(why in line for line in found), found
    assert all(line.startswith("version 2: ") and "\n" not in line for line in found)


def test_a_version_is_held_against_all_before_it_not_the_last_alone() -> None:
    """A field that comes back as something else is read by the last version, and not by the first."""
    gone = with_body(lambda fields: fields.remove(_named(fields, "isir_transaction_number")))
    back = with_body(lambda fields: _named(fields, "isir_transaction_number").update(type=["null", "string"]))
    before = [(1, catalog.catalog()[115].schema), (2, gone)]
    assert compatibility.faults(gone, before[:1]) == []
    assert {line.split(":")[0] for line in compatibility.faults(back, before)} == {"version 1"}


def test_docs_and_new_fields_that_may_be_null_are_nothing_against_a_version() -> None:
    schema = with_body(lambda fields: fields.insert(0, field("one_more", ["null", "string"])))
    schema["doc"] = "In other words."
    assert compatibility.faults(schema, [(2, catalog.catalog()[115].schema)]) == []
