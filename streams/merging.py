"""Records of several partitions, merged by the moment at which the broker appended them.

A queue for each partition; next comes the oldest of the heads (as Kafka Streams' tasks choose, KIP-353). Nothing here
knows Kafka: whom to wait for, and when to stop fetching of whom, its owner decides.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence, Sized
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

from streams.store import Partition

T = TypeVar("T", bound=Sized)
OVERHEAD_BYTES = 600
"""What Python holds of a record beside its value."""


@dataclass
class _Queue(Generic[T]):
    """What is held of one partition, in its order."""

    records: list[T] = field(default_factory=list)
    moments: list[int] = field(default_factory=list)
    """Never falling, also where a broker's clock was put back: order within a partition is that of its offsets."""
    begin: int = 0
    """Records before it were taken."""
    size: int = 0
    """In bytes."""

    def __len__(self) -> int:
        return len(self.records) - self.begin

    def put(self, records: Sequence[T], moments: Sequence[int]) -> None:
        del self.records[: self.begin], self.moments[: self.begin]
        self.begin = 0
        newest = self.moments[-1] if self.moments else moments[0]
        for moment in moments:
            newest = max(newest, moment)
            self.moments.append(newest)
        self.records += records
        self.size += _bytes(records)

    def take(self, most: int, until: int | None) -> list[T]:
        """At least one, and those behind it that were appended by a moment; None: all."""
        end = min(len(self.records), self.begin + most)
        if until is not None:
            end = max(self.begin + 1, bisect_right(self.moments, until, self.begin, end))
        taken = self.records[self.begin : end]
        self.size -= _bytes(taken)
        self.begin = end
        if not self:  # nothing may come again to replace what was taken
            self.records, self.moments, self.begin = [], [], 0
        return taken


def _bytes(records: Collection[Sized]) -> int:
    return sum(map(len, records)) + OVERHEAD_BYTES * len(records)


class Merging(Generic[T]):
    """Queues of records by partition."""

    def __init__(self) -> None:
        """Nothing is held."""
        self._queues: dict[Partition, _Queue[T]] = {}

    def __len__(self) -> int:
        """How many records are held."""
        return sum(map(len, self._queues.values()))

    def put(self, place: Partition, records: Sequence[T], moments: Sequence[int]) -> None:
        """Hold what was fetched of a partition, and the moments that each of it counts as appended at."""
        self._queues.setdefault(place, _Queue()).put(records, moments)

    def bare(self, places: Collection[Partition]) -> set[Partition]:
        """Those of some partitions of which nothing is held."""
        return {place for place in places if not self._queues.get(place)}

    def larger_than(self, size: float) -> set[Partition]:
        """Partitions of which more than so many bytes are held."""
        return {place for place, queue in self._queues.items() if queue.size > size}

    def take(self, most: int, awaited: Collection[Partition]) -> list[T]:
        """Up to so many, the oldest first.

        Args:
            most: records.
            awaited: partitions of which older records may be still to come: nothing is taken past one that is bare.
        """
        taken: list[T] = []
        if self.bare(awaited):
            return taken
        heads = [(queue.moments[queue.begin], place) for place, queue in self._queues.items() if queue]
        heapify(heads)
        while heads and len(taken) < most:
            place = heappop(heads)[1]
            queue = self._queues[place]
            taken += queue.take(most - len(taken), heads[0][0] if heads else None)
            if queue:
                heappush(heads, (queue.moments[queue.begin], place))
            elif place in awaited:
                break
        return taken
