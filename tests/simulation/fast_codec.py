"""Remembers what the codec made of the same bytes or rows before: most of a schedule's time would be spent there.

The codec is pure, so nothing changes but the time; a test holds the answers to the codec's own.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import fastavro
import orjson
import pyarrow as pa

from schemas_avro import codec

Row = dict[str, Any]
MOST = 100_000


class Remembering:
    """The codec's four doors, each with a memory."""

    def __init__(self) -> None:
        self._rows: dict[tuple[int, bytes], bytes] = {}
        self._batches: dict[tuple[int, tuple[bytes, ...]], codec.Decoded] = {}
        self._bytes: dict[tuple[int, bytes], bytes] = {}
        self._decode = codec.decode

    def decode_own(self, schema_id: int, payloads: Sequence[bytes]) -> list[Row]:
        """Rows, each the caller's to change."""
        if len(self._rows) > MOST:
            self._rows.clear()
        return [orjson.loads(self._read(schema_id, payload)) for payload in payloads]

    def _read(self, schema_id: int, payload: bytes) -> bytes:
        key = (schema_id, payload)
        if key not in self._rows:
            schema = codec._parsed(schema_id)  # noqa: SLF001  # the referee's
            self._rows[key] = orjson.dumps(fastavro.schemaless_reader(io.BytesIO(payload), schema, None))
        return self._rows[key]

    def decode(self, schema_id: int, payloads: Sequence[bytes]) -> codec.Decoded:
        """Columns, which nobody can change."""
        key = (schema_id, tuple(payloads))
        if key not in self._batches:
            if len(self._batches) > MOST // 10:
                self._batches.clear()
            self._batches[key] = self._decode(schema_id, payloads)
        return self._batches[key]

    def encode_rows(self, schema_id: int, rows: Sequence[Row]) -> list[bytes]:
        """Bytes of rows, by the codec's referee."""
        return [self._written(schema_id, row) for row in rows]

    def encode(self, schema_id: int, rows: pa.RecordBatch) -> list[bytes]:
        """Bytes of columns, by the codec's referee."""
        return [self._written(schema_id, row) for row in rows.to_pylist()]

    def _written(self, schema_id: int, row: Row) -> bytes:
        key = (schema_id, orjson.dumps(row))
        if key not in self._bytes:
            if len(self._bytes) > MOST:
                self._bytes.clear()
            self._bytes[key] = codec._write(schema_id, row)  # noqa: SLF001  # the referee
        return self._bytes[key]


@contextmanager
def remembering() -> Iterator[None]:
    """The codec remembers, until the end of the block."""
    memory = Remembering()
    doors = ("decode_own", "decode", "encode_rows", "encode")
    before = {name: getattr(codec, name) for name in doors}
    for name in doors:
        setattr(codec, name, getattr(memory, name))
    try:
        yield
    finally:
        for name, door in before.items():
            setattr(codec, name, door)
