"""Confluent's wire format: a zero byte, the schema id as four bytes big-endian, then the Avro bytes."""

import struct
from collections import defaultdict
from collections.abc import Iterable, Sequence

HEADER = struct.Struct(">bI")


def frame(schema_id: int, payload: bytes) -> bytes:
    """Put the five-byte header before Avro bytes."""
    return HEADER.pack(0, schema_id) + payload


def framed(schema_id: int, payloads: Iterable[bytes]) -> list[bytes]:
    """The same of many."""
    head = frame(schema_id, b"")
    return [head + payload for payload in payloads]


def schema_id_of(value: bytes) -> int | None:
    """Schema id of a framed value; None where the bytes are not in this format."""
    if len(value) < HEADER.size or value[0] != 0:
        return None
    return int(HEADER.unpack_from(value)[1])


def places_by_schema(values: Sequence[bytes | None]) -> dict[int | None, list[int]]:
    """Places of values by schema id, both in order; under None those that are not in this format."""
    by_head: dict[bytes, list[int]] = defaultdict(list)
    for place, value in enumerate(values):
        by_head[value[: HEADER.size] if value else b""].append(place)
    found: dict[int | None, list[int]] = {}
    for head, places in by_head.items():
        schema_id = schema_id_of(head)
        found[schema_id] = sorted(found.get(schema_id, []) + places)
    return found


def payload_of(value: bytes) -> bytes:
    """Avro bytes of a framed value."""
    return value[HEADER.size :]


def payloads_of(values: Iterable[bytes | None]) -> list[bytes]:
    """The same of many; of none at all, none."""
    return [(value or b"")[HEADER.size :] for value in values]
