"""An Apache Kafka in memory, as far as the stage can tell: logs, transactions, groups. One thread, no clock of its own.

What it models, and ``test_broker.py`` holds to the real one: a transaction's records are seen together or never, in the
order of offsets and not before those of an older open one; markers take an offset; a new producer of a transactional
id ends what the one before it left open, whose every later word is refused; offsets of a group change with a
transaction; a topic made anew has another id, and its groups have forgotten it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

Place = tuple[str, int]
"""Topic and partition."""
NO_OFFSET = -1001


class RefusedError(Exception):
    """The broker says no, by the name of Kafka's error."""


class Fate(Enum):
    """What has become of a record."""

    OPEN = "open"
    COMMITTED = "committed"
    ABORTED = "aborted"
    MARKER = "marker"


@dataclass(slots=True)
class Slot:
    """What stands at one offset."""

    offset: int
    appended_at: int
    fate: Fate
    key: bytes | None = field(default=None, repr=False)
    value: bytes | None = field(default=None, repr=False)
    headers: Sequence[tuple[str, bytes]] = ()


@dataclass
class Partition:
    """One log."""

    slots: list[Slot] = field(default_factory=list)
    deleted: list[Slot] = field(default_factory=list)
    """What no reader finds any more."""
    low: int = 0
    """First offset that is still held."""
    _closed: int = 0
    """Below this offset no record is open."""

    @property
    def high(self) -> int:
        """Offset behind the last."""
        return self.slots[-1].offset + 1 if self.slots else self.low

    def closed_before(self, offset: int) -> None:
        """No more is known than what stands before an offset."""
        self._closed = min(self._closed, offset)

    def stable(self) -> int:
        """Offset behind which a reader of committed records does not see yet."""
        at = max(0, self._closed - self.low)
        while at < len(self.slots) and self.slots[at].fate is not Fate.OPEN:
            at += 1
        self._closed = self.low + at
        return self._closed

    def read(self, position: int, most: int) -> tuple[list[Slot], int]:
        """Committed records from a position, and where to read on."""
        found: list[Slot] = []
        end = self.stable()
        for slot in self.slots[max(0, position - self.low) :]:
            if slot.offset >= end or len(found) == most:
                break
            if slot.fate is Fate.COMMITTED:
                found.append(slot)
            position = slot.offset + 1
        return found, position


@dataclass
class Topic:
    """Partitions under a name; made anew it has another id."""

    id: str
    partitions: list[Partition]


@dataclass
class Group:
    """A consumer group's committed offsets, each with its metadata."""

    offsets: dict[Place, tuple[int, str]] = field(default_factory=dict)
    generation: int = 0


@dataclass
class Transactional:
    """What the coordinator knows of a transactional id."""

    epoch: int = -1
    is_open: bool = False
    slots: list[Slot] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    offsets: dict[str, dict[Place, tuple[int, str]]] = field(default_factory=dict)


Told = Callable[[str, Mapping[Place, tuple[int, str]]], None]


class Broker:
    """Topics, transactions and groups."""

    def __init__(self, now: Callable[[], int]) -> None:
        """Empty; ``now`` gives milliseconds since 1970."""
        self._now = now
        self.topics: dict[str, Topic] = {}
        self.groups: dict[str, Group] = {}
        self._transactional: dict[str, Transactional] = {}
        self._made = 0
        self.told: list[Told] = []
        """Told of every group's offsets that a transaction commits."""

    def make(self, name: str, partitions: int = 1) -> None:
        """Make a topic, anew where there is one."""
        self._made += 1
        self.topics[name] = Topic(f"id-{self._made}", [Partition() for _ in range(partitions)])
        for group in self.groups.values():
            group.offsets = {place: kept for place, kept in group.offsets.items() if place[0] != name}

    def partition(self, place: Place) -> Partition:
        """One log."""
        return self.topics[place[0]].partitions[place[1]]

    def group(self, name: str) -> Group:
        """A group, made where there is none."""
        return self.groups.setdefault(name, Group())

    def delete_before(self, place: Place, offset: int) -> None:
        """Forget what stands before an offset."""
        log = self.partition(place)
        high = log.high
        log.deleted += [slot for slot in log.slots if slot.offset < offset]
        log.slots = [slot for slot in log.slots if slot.offset >= offset]
        log.low = min(offset, high)

    def cut(self, place: Place, offset: int) -> None:
        """Lose what stands from an offset on, as an unclean election does."""
        log = self.partition(place)
        log.slots = [slot for slot in log.slots if slot.offset < offset]
        log.closed_before(offset)

    def append(self, place: Place, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]) -> int:
        """One record outside of any transaction; its offset."""
        return self._append(place, Fate.COMMITTED, key, value, headers).offset

    def _append(
        self, place: Place, fate: Fate, key: bytes | None = None, value: bytes | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> Slot:  # fmt: skip
        log = self.partition(place)
        slot = Slot(log.high, self._now(), fate, key, value, headers)
        log.slots.append(slot)
        return slot

    def begin(self, id_: str) -> int:
        """A new producer of a transactional id: ends what was open; its epoch."""
        known = self._transactional.setdefault(id_, Transactional())
        self._finish(known, is_committed=False)
        known.epoch += 1
        return known.epoch

    def expire(self, id_: str) -> None:
        """The time of an open transaction is over: it ends, and whoever began it is refused from now on."""
        if self._transactional.get(id_, Transactional()).is_open:
            self.begin(id_)

    def produce(
        self, id_: str, epoch: int, place: Place, key: bytes | None, value: bytes | None,
        headers: Sequence[tuple[str, bytes]],
    ) -> int:  # fmt: skip
        """One record within a transaction; its offset.

        Raises:
            RefusedError: there is a newer producer.
        """
        known = self._of(id_, epoch)
        known.is_open = True
        slot = self._append(place, Fate.OPEN, key, value, headers)
        known.slots.append(slot)
        if place not in known.places:
            known.places.append(place)
        return slot.offset

    def add_offsets(
        self, id_: str, epoch: int, group: str, generation: int, offsets: Mapping[Place, tuple[int, str]]
    ) -> None:
        """Offsets of a group, to change with a transaction.

        Raises:
            RefusedError: there is a newer producer, or the group has gone on to another generation.
        """
        known = self._of(id_, epoch)
        if generation not in {-1, self.group(group).generation}:
            raise RefusedError("ILLEGAL_GENERATION")
        known.is_open = True
        known.offsets.setdefault(group, {}).update(offsets)

    def commit(self, id_: str, epoch: int) -> None:
        """End a transaction: everything of it counts.

        Raises:
            RefusedError: there is a newer producer.
        """
        self._finish(self._of(id_, epoch), is_committed=True)

    def abort(self, id_: str, epoch: int) -> None:
        """End a transaction: nothing of it counts.

        Raises:
            RefusedError: there is a newer producer.
        """
        self._finish(self._of(id_, epoch), is_committed=False)

    def _of(self, id_: str, epoch: int) -> Transactional:
        known = self._transactional[id_]
        if epoch != known.epoch:
            raise RefusedError("INVALID_PRODUCER_EPOCH")
        return known

    def _finish(self, known: Transactional, *, is_committed: bool) -> None:
        if not known.is_open:
            return
        for slot in known.slots:
            slot.fate = Fate.COMMITTED if is_committed else Fate.ABORTED
        for place in known.places:
            self._append(place, Fate.MARKER)
        if is_committed:
            for name, offsets in known.offsets.items():
                self.group(name).offsets.update(offsets)
                for hear in self.told:
                    hear(name, offsets)
        known.is_open, known.slots, known.places, known.offsets = False, [], [], {}
