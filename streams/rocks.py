"""RocksDB, as a store uses it: bytes under keys that are in order, a write of many durable at once, for one process.

It raises text and no kinds of errors; here they become ours. Memory is bounded, whatever the state's size: blocks of
files, their indices and filters share one cache, and what is not in files yet is at most two buffers.
"""

import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from rocksdict import (
    BlockBasedOptions,
    Cache,
    DBCompressionType,
    Options,
    Rdict,
    RdictIter,
    WriteBatch,
    WriteOptions,
)

from streams.errors import REBUILD, DiskError, StoreError, StoreLockedError
from streams.memory import STORE_CACHE_MB

MEGABYTE = 1 << 20
BUFFER_BYTES = 32 * MEGABYTE
"""What is written goes to a file of its own when there is so much of it; what a killed process left is read again."""
BLOCK_BYTES = 8_192
"""That are read for a value: of smaller ones the indices would take more of the cache."""
BITS_A_KEY = 10
"""Of the filters by which a file is known not to hold a key: one in a hundred is opened in vain."""
BUFFER_FILTER = 0.02
"""Share of a buffer for a filter by which it is known not to hold a key: most keys that are asked for are new."""
FILES_UNSORTED, SORTED_BYTES = 8, 1024 * MEGABYTE
"""So many files are merged at once, into so much that is merged with all the rest later: merging less costs less."""
BACKGROUND_JOBS = 2
LOCKED = ("lock hold by current process", "Resource temporarily unavailable", "While lock file")
NO_DISK, NO_FILE = "IO error", "No such file or directory"
Row = tuple[bytes, bytes | None]
"""None: the key is to go."""


class Rocks:
    """One folder of RocksDB's, open for this process alone."""

    def __init__(self, path: Path, cache_mb: int = STORE_CACHE_MB, *, is_new: bool = False) -> None:
        """Open it.

        Args:
            path: of the folder.
            cache_mb: mebibytes of files that may be kept in memory.
            is_new: it is to be made.

        Raises:
            StoreLockedError: another process has it.
            StoreError: it is damaged, or cannot be opened.
        """
        self._path, self._cache_mb = path, cache_mb
        self._synced = WriteOptions()
        self._synced.sync = True
        self._is_broken = False
        self._letting_go = threading.Lock()
        try:
            self._db: Rdict | None = _opened(path, cache_mb, is_new=is_new)
        except Exception as error:
            raise _of_opening(path, error) from error

    def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Value of each key; None where there is none.

        Raises:
            DiskError: the disk does not answer.
            StoreError: what is there is damaged.
        """
        db = self._open()
        try:
            found: list[bytes | None] = db.get(list(keys))  # type: ignore[assignment]  # of a list, a list
        except Exception as error:
            raise _of_use(error) from error
        return found

    def scan(self, first: bytes, end: bytes, limit: int | None = None) -> list[tuple[bytes, bytes]]:
        """Keys from the first to before the end, in order, and their values.

        Raises:
            DiskError: the disk does not answer.
            StoreError: what is there is damaged.
        """
        db = self._open()
        try:
            return _rows(db.iter(), first, end, limit)
        except Exception as error:
            raise _of_use(error) from error

    def write(self, rows: Iterable[Row]) -> None:
        """Make rows durable, all or none.

        Raises:
            DiskError: the disk is full or does not answer. Whether they are there is known after ``mend``.
            StoreError: what is there is damaged.
        """
        batch = WriteBatch(raw_mode=True)
        put, delete = batch.put, batch.delete
        for key, value in rows:
            if value is None:
                delete(key)
            else:
                put(key, value)
        self.mend()
        db = self._open()
        try:
            db.write(batch, self._synced)
        except Exception as error:
            self._is_broken = True
            raise _of_use(error) from error

    def let_go(self, ranges: Iterable[tuple[bytes, bytes]]) -> None:
        """Have no file hold what was deleted or replaced between some keys; otherwise files do until they are merged.

        It may be called beside everything else, from another thread; ``close`` cuts it off.

        Raises:
            DiskError: the disk is full or does not answer; do it again.
            StoreError: it was closed meanwhile, or what is there is damaged.
        """
        with self._letting_go:
            try:
                self._as_it_is().flush(wait=True)  # its log is let go of with that
                for first, end in ranges:
                    self._as_it_is().compact_range(first, end)
            except StoreError:
                raise
            except Exception as error:
                raise _of_use(error) from error

    def _as_it_is(self) -> Rdict:
        """It, never opened anew: for who has no say in that."""
        if self._db is None:
            raise StoreError("the store is closed")
        return self._db

    def mend(self) -> None:
        """Open it anew where a write has failed: RocksDB takes no other before.

        Raises:
            DiskError: the disk is still full or does not answer.
        """
        if self._is_broken:
            self.close()
            self._open()
            self._is_broken = False

    def _open(self) -> Rdict:
        if self._db is None:
            if not self._is_broken:
                raise StoreError("the store is closed")
            try:
                self._db = _opened(self._path, self._cache_mb)
            except Exception as error:
                raise (_of_use(error) if _is_of_disk(error) else _of_opening(self._path, error)) from error
        return self._db

    def close(self) -> None:
        """Let go of it; what was written is in it."""
        db, self._db = self._db, None
        if db is not None:
            if self._letting_go.locked():
                db.cancel_all_background(wait=True)
            with self._letting_go, suppress(Exception):  # of a disk that is full: what was durable stays so
                db.close()


def _rows(found: RdictIter, first: bytes, end: bytes, limit: int | None) -> list[tuple[bytes, bytes]]:
    rows: list[tuple[bytes, bytes]] = []
    left = -1 if limit is None else limit
    found.seek(first)
    while left and found.valid() and (key := found.key()) < end:
        rows.append((key, found.value()))
        found.next()
        left -= 1
    found.status()  # what cannot be read looks like the end otherwise
    return rows


def _opened(path: Path, cache_mb: int, *, is_new: bool = False) -> Rdict:
    options = _options(cache_mb, is_new=is_new)
    # Of its one column family it would otherwise take what the folder's OPTIONS file says, with a cache of 8 MB.
    return Rdict(str(path), options, column_families={"default": options})


def _options(cache_mb: int, *, is_new: bool) -> Options:
    blocks = BlockBasedOptions()
    blocks.set_block_cache(Cache(cache_mb * MEGABYTE))
    blocks.set_cache_index_and_filter_blocks(v=True)
    blocks.set_pin_l0_filter_and_index_blocks_in_cache(v=True)
    blocks.set_bloom_filter(BITS_A_KEY, block_based=False)
    blocks.set_block_size(BLOCK_BYTES)
    options = Options(raw_mode=True)
    options.create_if_missing(is_new)
    options.set_paranoid_checks(enabled=True)
    options.set_block_based_table_factory(blocks)
    options.set_memtable_whole_key_filtering(whole_key_filter=True)
    options.set_memtable_prefix_bloom_ratio(BUFFER_FILTER)
    options.set_compression_type(DBCompressionType.lz4())
    options.set_write_buffer_size(BUFFER_BYTES)
    options.set_level_zero_file_num_compaction_trigger(FILES_UNSORTED)
    options.set_max_bytes_for_level_base(SORTED_BYTES)
    options.set_max_background_jobs(BACKGROUND_JOBS)
    options.set_keep_log_file_num(2)
    options.set_max_log_file_size(MEGABYTE)
    options.set_stats_dump_period_sec(0)
    options.set_stats_persist_period_sec(0)
    return options


def _of_opening(path: Path, error: Exception) -> StoreError:
    said = str(error)
    if any(sign in said for sign in LOCKED):
        return StoreLockedError(f"{path.name} is in use by another worker; stop that one first")
    if _is_of_disk(error):
        return StoreError(f"{path.name} cannot be opened: {said}")
    return StoreError(f"{path.name} is damaged; {REBUILD}")


def _of_use(error: Exception) -> StoreError | DiskError:
    if _is_of_disk(error):
        return DiskError("the store does not answer", str(error))
    return StoreError(f"the store is damaged ({error}); {REBUILD}")


def _is_of_disk(error: Exception) -> bool:
    """Whether it may pass: a file that is missing does not come back, and a lock is not the disk's."""
    said = str(error)
    is_locked = any(sign in said for sign in LOCKED)
    return isinstance(error, OSError) or (said.startswith(NO_DISK) and NO_FILE not in said and not is_locked)
