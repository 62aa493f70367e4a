"""The state store of a stage: state, offsets, batch number and pending output change in one durable write.

One process at a time has it. A commit is on the disk before Kafka hears of it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from processors.records import Outs
from processors.state import Changes
from streams import migrations, rows
from streams.errors import DiskError, StaleError
from streams.memory import STORE_CACHE_MB
from streams.rocks import Rocks
from streams.rows import Partition, Row

__all__ = ["Partition", "Standing", "Store", "path_of"]
NOT_OURS = "this worker is no longer the stage's owner"
PAGE = 10_000
"""Rows of the whole content that are read at once."""


def path_of(data_dir: Path, stage: str) -> Path:
    """Where a stage's store is: a folder."""
    return data_dir / "state" / f"{stage}{migrations.SUFFIX}"


@dataclass(frozen=True)
class Standing:
    """Where a stage stands."""

    token: int
    """Of the present owner; a later owner has a higher one."""
    batch: int
    """Number of the last batch."""
    offsets: Mapping[Partition, int]
    """Next offset to read."""
    topics: Mapping[str, str] = field(default_factory=dict)
    """Kafka's id of each topic that is read: one made anew has another."""
    pending: Outs = field(default_factory=Outs, repr=False)
    """What the last batch sends; kept until the next batch replaces it."""


class Engine(Protocol):
    """What keeps the rows: ``streams.rocks.Rocks``, which says what each does and raises."""

    def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Value of each key."""

    def scan(self, first: bytes, end: bytes, limit: int | None = None) -> list[tuple[bytes, bytes]]:
        """Keys between two, in order, and their values."""

    def write(self, rows: Iterable[Row]) -> None:
        """Make rows durable, all or none."""

    def let_go(self, ranges: Iterable[tuple[bytes, bytes]]) -> None:
        """Have no file hold what was deleted or replaced."""

    def mend(self) -> None:
        """Find out what became of a write that failed."""

    def close(self) -> None:
        """Let go of it."""


class Store:
    """A stage's state. Tables are named by the stage; keys are text, values bytes."""

    def __init__(self, engine: Engine) -> None:
        """Use ``open``."""
        self._engine = engine
        self._in_doubt: tuple[int, int] | None = None
        """Token and number of a batch of which the disk did not say whether it took it."""

    @classmethod
    def open(cls, path: Path, cache_mb: int = STORE_CACHE_MB) -> Self:
        """Open or make the store, for this process alone; one of an older format is brought to the present one.

        Args:
            path: of its folder.
            cache_mb: mebibytes of it that may be kept in memory.

        Raises:
            StoreLockedError: another process has it.
            StoreError: it is of a newer format, damaged, or no store.
        """
        migrations.bring_up(path)
        return cls(Rocks(path, cache_mb))

    def take_over(self) -> Standing:
        """Become the owner: a new token, and where the stage stands.

        Raises:
            DiskError: the disk is full or does not answer.
        """
        token, batch, offsets = self._standing()
        self._engine.write([rows.standing(token + 1, batch, offsets)])
        topics, heads, content = self._engine.get([rows.TOPICS, rows.HEADS, rows.CONTENT])
        return Standing(token + 1, batch, offsets, rows.topics_of(topics), rows.pending_of(heads, content))

    def _standing(self) -> tuple[int, int, dict[Partition, int]]:
        self._engine.mend()
        return rows.standing_of(*self._engine.get([rows.STANDING]))

    def know_topics(self, token: int, ids: Mapping[str, str]) -> None:
        """Remember Kafka's ids of topics, before the first record of theirs is read.

        Raises:
            StaleError: the token is not the store's.
            DiskError: the disk is full or does not answer.
        """
        self._owned(token)
        known = rows.topics_of(*self._engine.get([rows.TOPICS]))
        self._engine.write([rows.topics(known | dict(ids))])

    def _owned(self, token: int) -> None:
        if self._standing()[0] != token:
            raise StaleError(NOT_OURS)

    def adopt(self, token: int, batch: int, offsets: Mapping[Partition, int], topics: Mapping[str, str]) -> None:
        """Stand where another store of the same stage stood, with nothing pending.

        Args:
            token: what the owner got from ``take_over``.
            batch: number of the last batch.
            offsets: next offset of each partition, in place of those here.
            topics: Kafka's ids of the topics.

        Raises:
            StaleError: the token is not the store's.
            DiskError: the disk is full or does not answer.
        """
        self._owned(token)
        own = [rows.standing(token, batch, offsets), rows.topics(topics)]
        self._engine.write([*own, (rows.HEADS, None), (rows.CONTENT, None)])

    def content(self, without: Collection[str] = ()) -> Iterator[tuple[str, str, bytes]]:
        """Every table's rows but those of some tables: table, key and value, in order."""
        at = rows.FIRST
        while page := self._engine.scan(at, rows.END, PAGE):
            for raw, value in page:
                table, key = rows.named(raw)
                if table in without:
                    at = rows.behind(table)
                    break
                yield table, key, value
                at = raw + b"\0"

    def commit(
        self, token: int, batch: int, changes: Changes, offsets: Mapping[Partition, int], pending: Outs,
        undone: Changes | None = None,
    ) -> int:  # fmt: skip
        """Make a batch's effects durable, all or none; the new batch number.

        Args:
            token: what the owner got from ``take_over``.
            batch: number of the batch before this one.
            changes: by table and key.
            offsets: next offset of each partition that the batch read.
            pending: what it sends; replaces what the batch before sent.
            undone: what else is to be so once this batch is undone; None: it cannot be.

        Raises:
            StaleError: token or batch number are not the store's; nothing was changed.
            DiskError: the disk is full or does not answer. The same batch is to be committed again: nothing was
                changed, or the disk took it after all, and then that is found out.
        """
        found_token, found_batch, found_offsets = self._standing()
        sent = rows.pending(pending)
        if (found_token, found_batch - 1) == (token, batch) == self._in_doubt and self._holds(sent):
            return found_batch
        if (found_token, found_batch) != (token, batch):
            raise StaleError(NOT_OURS)
        stands = rows.standing(token, batch + 1, found_offsets | dict(offsets))
        try:
            changed = list(rows.changed(changes))
            self._engine.write([*changed, *self._before(batch + 1, changed, undone), *sent, stands])
        except DiskError:
            self._in_doubt = (token, batch)
            raise
        return batch + 1

    def _before(self, batch: int, changed: Sequence[Row], undone: Changes | None) -> list[Row]:
        """What a batch's undoing takes, or that there is none."""
        if undone is None:
            return [] if self._engine.get([rows.BEFORE]) == [None] else [(rows.BEFORE, None)]
        keys = [key for key, _ in changed]
        content = dict(zip(keys, self._engine.get(keys), strict=True)) | dict(rows.changed(undone))
        return [rows.before(batch, content.items())]

    def undo(self) -> bool:
        """Be as before the last batch, with nothing pending and at no offsets; False: that batch cannot be undone.

        Raises:
            DiskError: the disk is full or does not answer.
        """
        token, batch, _ = self._standing()
        [raw] = self._engine.get([rows.BEFORE])
        undone, content = (0, []) if raw is None else rows.before_of(raw)
        if not undone or undone != batch:
            return False
        gone = [(key, None) for key in (rows.BEFORE, rows.HEADS, rows.CONTENT)]
        self._engine.write([*content, rows.standing(token + 1, batch - 1, {}), *gone])
        return True

    def keep(self) -> None:
        """Have the last batch be undone no more: what it deleted would stay for that.

        Raises:
            DiskError: the disk is full or does not answer.
        """
        if self._engine.get([rows.BEFORE]) != [None]:
            self._engine.write([(rows.BEFORE, None)])

    def _holds(self, sent: Sequence[Row]) -> bool:
        return self._engine.get([key for key, _ in sent]) == [value for _, value in sent]

    def get_many(self, table: str, keys: Collection[str]) -> dict[str, bytes]:
        """Values of those keys that there are."""
        begins = rows.beginning(table)
        found = self._engine.get([begins + key.encode() for key in keys])
        return {key: value for key, value in zip(keys, found, strict=True) if value is not None}

    def scan(self, table: str, prefix: str, limit: int | None = None, after: str = "") -> list[tuple[str, bytes]]:
        """Keys that begin with a prefix and come after another, in order, and their values."""
        begins = rows.beginning(table)
        first = begins + prefix.encode()
        start = max(first, begins + after.encode() + b"\0") if after else first
        return [(raw[len(begins) :].decode(), v) for raw, v in self._engine.scan(start, first + rows.END, limit)]

    def let_go(self, tables: Collection[str], keys: Collection[str]) -> None:
        """Have no file hold what was deleted under some keys, or was of an earlier batch; from any thread, for seconds.

        Args:
            tables: of which.
            keys: or what they begin with.

        Raises:
            DiskError: the disk is full or does not answer; do it again.
            StoreError: the store was closed meanwhile, or is damaged.
        """
        begins = [rows.beginning(table) + key.encode() for table in tables for key in keys]
        begins += [rows.BEFORE, rows.HEADS, rows.CONTENT]
        self._engine.let_go([(first, first + rows.END) for first in begins])

    def note_let_go(self, number: int) -> None:
        """Have ``let_go_of`` tell a number of keys that files have let go of.

        Raises:
            DiskError: the disk is full or does not answer.
        """
        self._engine.write([(rows.LET_GO, b"%d" % number)])

    def let_go_of(self) -> int:
        """The number that was noted last; 0: none was."""
        return int(self._engine.get([rows.LET_GO])[0] or 0)

    def close(self) -> None:
        """Let go of it."""
        self._engine.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()
