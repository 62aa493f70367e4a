"""Two models side by side: the index of each has its tables under names of its own.

Those of generation 0 are called as they are in ``matching/``; of another one its number stands behind each name.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from processors.resolve.matching.blocks import BLOCK
from processors.resolve.matching.entries import COMPARE
from processors.resolve.matching.reviews import ASKED, REVIEW
from processors.resolve.matching.settling import COMPONENT
from processors.state import Changes, Named, Working

TABLES = (REVIEW, COMPONENT, ASKED, COMPARE, BLOCK)
"""The index's own."""


def table_of(table: str, generation: int) -> str:
    """What a table of the index is called in a generation."""
    return f"{table}.{generation}" if generation and table in TABLES else table


class Generation(Working):
    """A batch's state, with the index's tables of one generation in place of those of generation 0."""

    def __init__(self, state: Working, generation: int, *, is_counted: bool = True) -> None:
        """Over a batch's state, which it changes; what is counted is the batch's too, or is nobody's."""
        self._state, self._generation = state, generation
        self.counts: Counter[Named] = state.counts if is_counted else Counter()
        self.newest: dict[Named, int] = state.newest if is_counted else {}

    def _table(self, table: str) -> str:
        return table_of(table, self._generation)

    def prefetch(self, table: str, keys: Iterable[str]) -> None:
        """As ``Working`` does."""
        self._state.prefetch(self._table(table), keys)

    def get(self, table: str, key: str) -> Any:
        """As ``Working`` does."""
        return self._state.get(self._table(table), key)

    def get_raw(self, table: str, keys: Collection[str]) -> list[bytes | None]:
        """As ``Working`` does."""
        return self._state.get_raw(self._table(table), keys)

    def put_raw(self, table: str, rows: Mapping[str, bytes | None]) -> None:
        """As ``Working`` does."""
        self._state.put_raw(self._table(table), rows)

    def keys(self, table: str, limit: int, after: str = "") -> list[str]:
        """As ``Working`` does."""
        return self._state.keys(self._table(table), limit, after)

    def has_changed(self, table: str) -> bool:
        """As ``Working`` does."""
        return self._state.has_changed(self._table(table))

    def content(self, table: str, key: str) -> bytes | None:
        """As ``Working`` does."""
        return self._state.content(self._table(table), key)

    def put(self, table: str, key: str, value: Any) -> None:
        """As ``Working`` does."""
        self._state.put(self._table(table), key, value)

    def scan(self, table: str, prefix: str, limit: int | None = None, after: str = "") -> list[tuple[str, Any]]:
        """As ``Working`` does."""
        return self._state.scan(self._table(table), prefix, limit, after)

    def changes(self) -> Changes:
        """All of the batch, whatever the generation."""
        return self._state.changes()
