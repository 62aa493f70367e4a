"""Confluent's wire format: what comes before the Avro bytes of every message."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas_avro import wire

IDS = st.integers(0, 2**32 - 1)


def test_a_value_is_a_zero_byte_the_id_big_endian_and_the_bytes() -> None:
    assert wire.frame(103, b"avro") == b"\x00\x00\x00\x00\x67avro"
    assert wire.frame(2**32 - 1, b"") == b"\x00\xff\xff\xff\xff"


@given(IDS, st.binary())
def test_what_was_framed_is_taken_apart_again(schema_id: int, payload: bytes) -> None:
    value = wire.frame(schema_id, payload)
    assert wire.schema_id_of(value) == schema_id
    assert wire.payload_of(value) == payload


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\x00",
        b"\x00\x00\x00\x67",
        b"\x01\x00\x00\x00\x67avro",
        b"\xff\x00\x00\x00\x67avro",
        b'{"a": 1}',
        b"<a/>..",
    ],
)
def test_other_bytes_have_no_schema_id(value: bytes) -> None:
    """Too short, another magic byte (1 is Confluent's GUID framing), JSON, XML."""
    assert wire.schema_id_of(value) is None


@given(st.binary())
def test_any_bytes_have_an_id_or_none(value: bytes) -> None:
    schema_id = wire.schema_id_of(value)
    assert (schema_id is None) == (len(value) < 5 or value[0] != 0)
    assert schema_id is None or wire.frame(schema_id, wire.payload_of(value)) == value


def test_a_header_alone_has_no_payload() -> None:
    assert wire.payload_of(wire.frame(1, b"")) == b""


@pytest.mark.parametrize("schema_id", [-1, 2**32])
def test_an_id_beyond_four_bytes_is_refused(schema_id: int) -> None:
    with pytest.raises(struct.error):
        wire.frame(schema_id, b"")


def test_places_of_values_stand_together_by_schema_in_the_order_of_the_values() -> None:
    values = [
        wire.frame(7, b"a"),
        b"\x00\x00",
        wire.frame(300, b""),
        None,
        wire.frame(7, b"b"),
        b"\x01\x00\x00\x00\x07",
        b"",
    ]
    assert list(wire.places_by_schema(values).items()) == [(7, [0, 4]), (None, [1, 3, 5, 6]), (300, [2])]
    assert wire.places_by_schema([]) == {}


@given(
    st.lists(st.none() | st.binary(max_size=6) | st.builds(wire.frame, st.sampled_from([1, 2]), st.binary(max_size=1)))
)
def test_every_place_stands_once_and_where_its_value_belongs(values: list[bytes | None]) -> None:
    found = wire.places_by_schema(values)
    placed = {place: id_ for id_, places in found.items() for place in places}
    assert placed == {place: wire.schema_id_of(value or b"") for place, value in enumerate(values)}
    assert all(places == sorted(set(places)) for places in found.values())
