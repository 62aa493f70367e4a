"""An event keeps its content through all its forms: model, physical row, JSON document, Avro bytes."""

from datetime import UTC
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partners import rows
from partners.events import framed, schema_id_of
from schemas_avro import catalog, codec, wire
from schemas_avro.models import EVENTS

ZONES = st.just(UTC)
DATES = st.dates().map(rows.days)
MOMENTS = st.datetimes(timezones=ZONES).map(rows.micros)
BASIC: dict[str, st.SearchStrategy[Any]] = {
    "null": st.none(),
    "string": st.text(max_size=12),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "boolean": st.booleans(),
}


def values(schema: Any, known: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Any value of a physical form of a schema."""
    if isinstance(schema, list):
        return st.one_of([values(branch, known) for branch in schema])
    if isinstance(schema, str):
        return BASIC[schema] if schema in BASIC else values(known[schema], known)
    if "logicalType" in schema:
        return DATES if schema["logicalType"] == "date" else MOMENTS
    if schema["type"] == "array":
        return st.lists(values(schema["items"], known), max_size=3)
    if schema["type"] == "enum":
        return st.sampled_from(schema["symbols"])
    return st.fixed_dictionaries({field["name"]: values(field["type"], known) for field in schema["fields"]})


def events(family: str) -> st.SearchStrategy[rows.Row]:
    """Any physical row of a family."""
    schema = catalog.partner_schema(family)
    return values(schema, {named["name"]: named for named in catalog.named_types(schema)})


@pytest.mark.parametrize("family", catalog.FAMILIES)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_row_made_a_model_and_back_is_the_same_row(family: str, data: st.DataObject) -> None:
    row = data.draw(events(family))
    assert rows.to_row(rows.from_row(family, row)) == row


@pytest.mark.parametrize("family", catalog.FAMILIES)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_row_made_json_and_read_back_strictly_is_the_same_row(family: str, data: st.DataObject) -> None:
    row = data.draw(events(family))
    text = orjson.dumps(rows.to_document(family, row))
    assert rows.to_row(EVENTS[family].model_validate_json(text, strict=True)) == row


@pytest.mark.parametrize("family", catalog.FAMILIES)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_row_is_framed_with_its_familys_id_and_the_referee_reads_it_back(family: str, data: st.DataObject) -> None:
    row = data.draw(events(family))
    [value] = framed(family, [row])
    assert wire.schema_id_of(value) == schema_id_of(family)
    assert codec.decode_strictly(schema_id_of(family), wire.payload_of(value)) == row


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_every_date_and_time_of_a_family_stands_directly_in_envelope_or_body(family: str) -> None:
    schema = str(catalog.partner_schema(family))
    found = rows.logical_fields(family)
    assert schema.count("'logicalType'") == sum(len(fields) for fields in found.values())
