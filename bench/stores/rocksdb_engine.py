"""RocksDB: the product's own store as it is."""

from collections.abc import Iterable
from pathlib import Path

from processors.records import Outs
from processors.state import Changes
from streams.store import Store


class RocksdbEngine(Store):
    """The product's store."""

    @classmethod
    def load(cls, path: Path, parts: Iterable[Changes]) -> None:
        """Through ``commit``; then compacted, as it would be by and by."""
        with cls.open(path) as made:
            token = made.take_over().token
            for number, changes in enumerate(parts):
                made.commit(token, number, changes, {}, Outs())
            made.adopt(token, 0, {}, {})
            made._engine._db.compact_range(None, None)  # type: ignore[attr-defined]  # noqa: SLF001  # no part of the contract
