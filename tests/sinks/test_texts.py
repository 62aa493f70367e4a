"""Bodies as text: written by columns, they read as if each had been written by itself."""

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas_avro import catalog, codec
from sinks.view_batch import as_text, texts
from tests.schemas_avro.avro import Row, rows_of

RELEASES = [entry for entry in catalog.catalog().values() if entry.subject.startswith("released.")]
DRAWN = settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("entry", RELEASES, ids=lambda entry: entry.subject)
def test_every_body_that_can_be_released_is_its_own_text(entry: catalog.Entry) -> None:
    [body] = [field["type"] for field in entry.schema["fields"] if field["name"] == "body"]
    kind = codec.arrow_schema(entry.id).field("body").type

    @DRAWN
    @given(st.lists(rows_of(body), min_size=1, max_size=4))
    def holds(rows: list[Row]) -> None:
        assert texts(pa.array([*rows, *rows], kind)).to_pylist() == [as_text(row) for row in [*rows, *rows]]

    holds()


def test_records_within_a_body_are_sorted_by_name_too() -> None:
    rows = [{"z": 1, "a": {"y": [{"q": None, "b": True}], "b": "é\n"}}, {"z": None, "a": None}]
    assert texts(pa.array(rows)).to_pylist() == [
        '{"a":{"b":"é\\n","y":[{"b":true,"q":null}]},"z":1}',
        '{"a":null,"z":null}',
    ]


def test_of_no_bodies_there_are_no_texts() -> None:
    assert texts(pa.array([{"a": 1}]).slice(1)).to_pylist() == []
