"""Batches to bytes and back: the columns' way and the referee's, held to fastavro byte for byte."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas_avro import catalog, codec, lint
from tests.schemas_avro.avro import (
    BOTH,
    EVERY,
    ROW,
    Row,
    carried_by,
    entered,
    field,
    pylist,
    record,
    rows_of,
    schemas,
    written,
)

ENTRIES = [entry for entry in catalog.catalog().values() if catalog.newest_of(entry.id) == entry.id]
DRAWN = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def assert_held_to_fastavro(schema_id: int, schema: Row, rows: Sequence[Row]) -> None:
    """Rows encode to fastavro's bytes and these decode to the rows, whoever carries them."""
    payloads = written(schema, list(rows))
    for arrow in BOTH:
        with carried_by(arrow):
            assert codec.encode_rows(schema_id, rows) == payloads
            decoded = codec.decode(schema_id, payloads)
            assert pylist(decoded.rows) == list(rows)
            assert (decoded.good, decoded.bad) == (tuple(range(len(rows))), ())
            assert codec.encode(schema_id, decoded.rows) == payloads


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.subject)
def test_every_schema_of_the_catalog_is_written_and_read_as_fastavro_does(entry: catalog.Entry) -> None:
    @settings(DRAWN, max_examples=15)
    @given(st.lists(rows_of(entry.schema), min_size=1, max_size=2))
    def holds(rows: list[Row]) -> None:
        assert_held_to_fastavro(entry.id, entry.schema, rows)

    holds()


@settings(DRAWN, max_examples=100)
@given(st.data())
def test_every_schema_of_the_subset_is_written_and_read_as_fastavro_does(data: st.DataObject) -> None:
    """So the lint admits nothing that the columns cannot carry."""
    schema = data.draw(schemas())
    rows = data.draw(st.lists(rows_of(schema), min_size=1, max_size=3))
    assert lint.lint(schema) == []
    with entered(schema) as schema_id:
        assert_held_to_fastavro(schema_id, schema, rows)


def test_long_arrays_and_long_texts_go_both_ways() -> None:
    row = {**ROW, "texts": ["🎒" * 50] * 20_000, "text": "é" * 60_000, "inners": ROW["inners"] * 5_000}
    with entered(EVERY) as schema_id:
        assert_held_to_fastavro(schema_id, EVERY, [ROW, row, ROW])


@pytest.mark.parametrize("arrow", BOTH)
def test_no_payloads_are_no_rows(arrow: bool) -> None:  # noqa: FBT001  # both ways
    with entered(EVERY) as schema_id, carried_by(arrow):
        decoded = codec.decode(schema_id, [])
        assert (decoded.rows.num_rows, decoded.good, decoded.bad) == (0, (), ())
        assert decoded.rows.schema == codec.arrow_schema(schema_id)
        assert codec.encode_rows(schema_id, []) == []


def test_columns_are_the_same_whoever_carried_them() -> None:
    """So that who reads a batch need not know whether it held a bad record."""
    with entered(EVERY) as schema_id:
        sound = codec.encode_rows(schema_id, [ROW])[0]
        clean, mixed = codec.decode(schema_id, [sound, sound]), codec.decode(schema_id, [sound, b"", sound])
        assert mixed.rows.schema == clean.rows.schema
        assert mixed.rows.equals(clean.rows)
        assert (mixed.good, mixed.bad) == ((0, 2), (1,))


@pytest.mark.parametrize(("start", "count"), [(0, 2), (0, 3), (1, 2), (2, 1), (1, 0), (3, 0)])
@pytest.mark.parametrize("arrow", BOTH)
def test_a_slice_of_a_batch_encodes_like_the_rows_in_it(start: int, count: int, arrow: bool) -> None:  # noqa: FBT001
    rows = [{**ROW, "text": str(i), "inner": None if i == 1 else ROW["inner"]} for i in range(3)]
    with entered(EVERY) as schema_id, carried_by(arrow):
        payloads = codec.encode_rows(schema_id, rows)
        batch = codec.decode(schema_id, payloads).rows
        assert codec.encode(schema_id, batch.slice(start, count)) == payloads[start : start + count]


MISSING: list[tuple[dict[str, Any], str]] = [
    ({"text": None}, "text"),
    ({"texts": None}, "texts"),
    ({"texts": ["a", None]}, "texts[]"),
    ({"counts": {"a": None}}, "counts[]"),
    ({"inner": {"name": None, "states": []}}, "inner.name"),
    ({"inner": {"states": []}}, "inner.name"),
    ({"inner": {"name": "n", "states": None}}, "inner.states"),
    ({"inner": {"name": "n", "states": ["GRANT", None]}}, "inner.states[]"),
    ({"inners": [None]}, "inners[]"),
    ({"inners": [{"name": "n", "states": []}, {"name": None, "states": []}]}, "inners[].name"),
]


@pytest.mark.parametrize(("changed", "place"), MISSING, ids=str)
@pytest.mark.parametrize("arrow", BOTH)
def test_a_null_where_none_may_be_is_refused_by_its_place(changed: Row, place: str, arrow: bool) -> None:  # noqa: FBT001
    """Left alone, pyruhvro would write an empty text or a zero for it."""
    with entered(EVERY) as schema_id, carried_by(arrow):
        with pytest.raises(ValueError, match="must not be null") as refusal:
            codec.encode_rows(schema_id, [ROW, {**ROW, **changed}, ROW])
        assert str(refusal.value) == f"{place} of internal.sample{schema_id}.v1 must not be null"


def test_nulls_in_what_is_null_itself_or_beyond_a_slice_are_nobodys_gap() -> None:
    rows = [{**ROW, "inner": None}, {**ROW, "inner": {"name": None, "states": None}}, {**ROW, "inner": None}]
    with entered(EVERY) as schema_id:
        batch = pa.RecordBatch.from_pylist(rows, schema=codec.arrow_schema(schema_id))
        assert codec.encode(schema_id, batch.slice(2)) == written(EVERY, [rows[2]])
        assert codec.encode(schema_id, batch.slice(0, 1)) == written(EVERY, [rows[0]])


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"state": "WITHDRAW"}, ValueError),
        ({"count": 2**31}, ValueError),
        ({"count": "1"}, ValueError),
        ({"text": 1}, TypeError),
        ({"total": 2**63}, OverflowError),
        ({"text": "\ud800"}, ValueError),
    ],
)
@pytest.mark.parametrize("arrow", BOTH)
def test_a_value_that_its_type_cannot_hold_is_refused(changed: Row, error: type[Exception], arrow: bool) -> None:  # noqa: FBT001
    """A lone surrogate is no text: it has no UTF-8."""
    with entered(EVERY) as schema_id, carried_by(arrow), pytest.raises(error):
        codec.encode_rows(schema_id, [{**ROW, **changed}])


def test_a_nul_is_text_like_any_other() -> None:
    """The codec carries it; whether a field may hold it is the gate's business."""
    with entered(EVERY) as schema_id:
        assert_held_to_fastavro(schema_id, EVERY, [{**ROW, "text": "a\x00b"}])


def test_keys_that_the_schema_lacks_are_left_out_and_nullable_ones_that_the_row_lacks_are_null() -> None:
    row = {key: value for key, value in ROW.items() if key != "maybe"} | {"unknown": 1}
    with entered(EVERY) as schema_id:
        assert codec.encode_rows(schema_id, [row]) == written(EVERY, [ROW])


@pytest.mark.parametrize("arrow", BOTH)
def test_what_we_wrote_ourselves_reads_back_as_rows(arrow: bool) -> None:  # noqa: FBT001  # both ways
    with entered(EVERY) as schema_id, carried_by(arrow):
        assert codec.decode_own(schema_id, written(EVERY, [ROW, ROW])) == [ROW, ROW]


def test_what_we_wrote_ourselves_and_is_damaged_stops_us_without_showing_it() -> None:
    with entered(EVERY) as schema_id, pytest.raises(ValueError, match=r"^1 records of schema \d+ are damaged$"):
        codec.decode_own(schema_id, [*written(EVERY, [ROW]), b"secret"])


def test_an_unknown_id_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        codec.decode(1, [b""])
    with pytest.raises(KeyError):
        codec.encode_rows(1, [{}])


def test_a_shape_that_makes_the_columns_panic_is_left_to_the_referee() -> None:
    """The lint refuses bytes; should such a shape come in all the same, no panic may stop a worker."""
    schema = record(field("blob", "bytes"))
    with entered(schema) as schema_id:
        assert codec.decode_strictly(schema_id, b"\x02a") == {"blob": b"a"}
        assert codec._decode_columns(catalog.catalog()[schema_id], [b"\x02a"]) is None  # noqa: SLF001  # the guard itself
