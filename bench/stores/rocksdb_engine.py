"""RocksDB under the contract: a log-structured merge tree; a batch is one synced WriteBatch."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
from rocksdict import (
    BlockBasedOptions,
    Cache,
    DBCompressionType,
    Options,
    Rdict,
    WriteBatch,
    WriteOptions,
)

from processors.records import Outs
from processors.state import Changes
from streams.errors import StaleError
from streams.store import LAST_CHARACTER, NOT_OURS, Partition, Standing, _packed, _unpacked

CACHE_BYTES = 256 << 20
"""As much as SQLite's."""
BUFFER_BYTES = 64 << 20
STANDING, HEADS, CONTENT = b"\0standing", b"\0heads", b"\0content"


class RocksdbEngine:
    """One key space: table, a null byte, key."""

    def __init__(self, db: Rdict) -> None:
        """Use ``open``."""
        self._db = db
        self._synced = WriteOptions()
        self._synced.sync = True

    @classmethod
    def open(cls, path: Path) -> "RocksdbEngine":
        """Open or make the store."""
        path.parent.mkdir(parents=True, exist_ok=True)
        return cls(Rdict(str(path), _options()))

    @classmethod
    def load(cls, path: Path, parts: Iterable[Changes]) -> None:
        """In unsynced batches; then compacted, as it would be by and by."""
        made = cls.open(path)
        made.put_all(parts)
        made.close()

    def put_all(self, parts: Iterable[Changes]) -> None:
        """Every row in unsynced batches, then compacted."""
        for changes in parts:
            self._db.write(_written(changes))
        self._db.flush()
        self._db.compact_range(None, None)

    def take_over(self) -> Standing:
        """Become the owner: a new token, and where the stage stands."""
        token, batch, offsets = self._standing()
        self._write(_with_standing(WriteBatch(raw_mode=True), token + 1, batch, offsets))
        heads, content = self._db.get(HEADS), self._db.get(CONTENT)
        return Standing(token + 1, batch, offsets, {}, _unpacked(heads, content) if heads else Outs())

    def _standing(self) -> tuple[int, int, dict[Partition, int]]:
        raw = self._db.get(STANDING)
        token, batch, offsets = orjson.loads(raw) if raw else (0, 0, [])
        return token, batch, {(topic, part): next_ for topic, part, next_ in offsets}

    def _write(self, batch: WriteBatch) -> None:
        self._db.write(batch, self._synced)

    def commit(self, token: int, batch: int, changes: Changes, offsets: Mapping[Partition, int], pending: Outs) -> int:
        """Make a batch's effects durable, all or none; the new batch number."""
        *standing, before = self._standing()
        if standing != [token, batch]:
            raise StaleError(NOT_OURS)
        written = _written(changes)
        heads, content = _packed(pending)
        written.put(HEADS, heads)
        written.put(CONTENT, content)
        self._write(_with_standing(written, token, batch + 1, before | dict(offsets)))
        return batch + 1

    def get_many(self, table: str, keys: Collection[str]) -> dict[str, bytes]:
        """Values of those keys that there are."""
        wanted = list(keys)
        found = self._db.get([_key(table, key) for key in wanted])
        return {key: value for key, value in zip(wanted, found, strict=True) if value is not None}

    def scan(self, table: str, prefix: str, limit: int | None = None, after: str = "") -> list[tuple[str, bytes]]:
        """Keys that begin with a prefix and come after another, in order, and their values."""
        end, passed, cut = _key(table, prefix + LAST_CHARACTER), _key(table, after), len(table) + 1
        found: list[tuple[str, bytes]] = []
        for key, value in self._db.items(from_key=max(_key(table, prefix), passed)):
            if key >= end or (limit is not None and len(found) >= limit):
                break
            if key != passed or not after:
                found.append((key[cut:].decode(), value))
        return found

    def close(self) -> None:
        """Let go of it."""
        self._db.close()


def _options() -> Options:
    blocks = BlockBasedOptions()
    blocks.set_block_cache(Cache(CACHE_BYTES))
    blocks.set_bloom_filter(10, block_based=False)
    options = Options(raw_mode=True)
    options.create_if_missing(create_if_missing=True)
    options.set_block_based_table_factory(blocks)
    options.set_compression_type(DBCompressionType.lz4())
    options.set_write_buffer_size(BUFFER_BYTES)
    options.increase_parallelism(2)
    return options


def _key(table: str, key: str) -> bytes:
    return f"{table}\0{key}".encode()


def _written(changes: Changes) -> WriteBatch:
    batch: Any = WriteBatch(raw_mode=True)
    for table, rows in changes.items():
        for key, value in rows.items():
            if value is None:
                batch.delete(_key(table, key))
            else:
                batch.put(_key(table, key), value)
    return batch


def _with_standing(batch: WriteBatch, token: int, number: int, offsets: Mapping[Partition, int]) -> WriteBatch:
    rows = [(topic, part, next_) for (topic, part), next_ in offsets.items()]
    batch.put(STANDING, orjson.dumps((token, number, rows)))
    return batch
