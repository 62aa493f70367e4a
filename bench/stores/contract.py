"""What an engine must do to be a stage's store: what ``streams.store.Store`` does, as far as a batch asks for it."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Protocol, Self

from processors.records import Outs
from processors.state import Changes
from streams.store import Partition, Standing


class Engine(Protocol):
    """One owner; all or none; durable before ``commit`` returns."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or make the store."""

    def take_over(self) -> Standing:
        """Become the owner: a new token, and where the stage stands."""

    def commit(self, token: int, batch: int, changes: Changes, offsets: Mapping[Partition, int], pending: Outs) -> int:
        """Make a batch's effects durable, all or none; the new batch number.

        Raises:
            StaleError: token or batch number are not the store's; nothing was changed.
        """

    def get_many(self, table: str, keys: Collection[str]) -> dict[str, bytes]:
        """Values of those keys that there are."""

    def scan(self, table: str, prefix: str, limit: int | None = None, after: str = "") -> list[tuple[str, bytes]]:
        """Keys that begin with a prefix and come after another, in order, and their values."""

    def close(self) -> None:
        """Let go of it."""

    @classmethod
    def load(cls, path: Path, parts: Iterable[Changes]) -> None:
        """Make a store of these rows, as fast as the engine can, durable when it returns; no part of the contract."""
