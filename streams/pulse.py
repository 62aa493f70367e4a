"""What a loop tells of itself while it runs: batches done, waits, whether the broker answers, how far it is behind."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from processors.consent.chain import Reached
from processors.state import Named
from streams.errors import BROKER_AWAY, Stop
from streams.store import Partition

LIVE_SECONDS = 120.0
"""Longer than any single step may take; a loop that has not turned for so long hangs."""
LOOK_SECONDS = 1.0
ANSWER_SECONDS = 15.0
"""A broker that has not answered for so long is away."""


@dataclass(frozen=True)
class Done:
    """A batch that is done: what it decided is on the disk and on the broker."""

    records: int
    read: Mapping[Partition, int]
    """Next offset of each partition that it read."""
    appended: Mapping[Partition, int]
    """LogAppendTime in milliseconds of the last record that it read of each partition."""
    sent: Mapping[Partition, int]
    """Next offset behind the last record that went to each topic, in this batch or one before it; by its partition."""
    outs: int
    """Records sent."""
    counts: Mapping[Named, int] = field(default_factory=dict)
    """What the decision counted."""
    newest: Mapping[Named, int] = field(default_factory=dict)
    """The highest values that the decision noted."""
    seconds: float = 0.0
    """From having read to having sent."""
    repeats: int = 0
    """Records that were taken before, by their numbers."""
    missing: int = 0
    """Numbers passed over by what it read."""
    at: float = 0.0
    """When it was sent: seconds of the stage's clock."""
    reached: Reached | None = None
    """How far the audit's chain is by it; None: the stage has none."""


@dataclass(frozen=True)
class Written:
    """A batch that the sink has written."""

    records: int
    appended: Mapping[Partition, int]
    """LogAppendTime in milliseconds of the last record that it read of each partition."""
    seconds: float
    """From having read to having written."""
    skipped: int = 0
    """Offsets passed over, a marker after each transaction not among them."""
    repeats: int = 0
    """Records that were taken before, by their numbers."""
    missing: int = 0
    """Numbers passed over by what it read."""
    since_published: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """By family: seconds from each release's ``published_at``."""
    since_released: Sequence[float] = ()
    """Seconds from each record's LogAppendTime."""
    signals: Sequence[tuple[str, str]] = ()
    """Rule and state of each signal that changed."""


@dataclass(frozen=True)
class Standing:
    """How far one partition is read."""

    place: Partition
    low: int
    """First offset that the broker still holds."""
    next: int
    """Offset to be read next."""
    end: int
    """Offset behind the last record."""


@dataclass(frozen=True)
class Progress:
    """How far a sweep is."""

    sweep: str
    """day, everyone, model or rights."""
    is_running: bool
    done: int = 0
    """Persons decided again; of a model, records compared and moved; of rights, records looked at."""
    persons: int = 0
    """In all; 0: not known."""


def unheard(done: Done) -> None:
    """Tell nobody."""
    del done


def nothing() -> Sequence[Any]:
    """None at all."""
    return ()


class Pulse:
    """How a loop is. The loop writes it, anybody may read it, from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Has just begun; ``clock`` gives seconds."""
        self._clock, self._lock = clock, threading.Lock()
        self._turned_at = clock()
        self._answered_at = float("-inf")
        self._is_settled = False
        self._partitions = 0
        self._ended = False
        self._stop: tuple[Stop, str] | None = None
        self._waits_for: tuple[str, str] | None = None
        self._looks: list[Callable[[], None]] = []
        self._looked_at = float("-inf")
        self._waits: Counter[str] = Counter()

    @property
    def waits_by_friend(self) -> Counter[str]:
        """How often whom was waited for."""
        return self._waits

    def each_second(self, look: Callable[[], None]) -> None:
        """Have the loop look at something of its own, about once a second, between two turns."""
        self._looks.append(look)

    def turned(self) -> None:
        """The loop has begun a turn."""
        self._turned_at = self._clock()
        if self._turned_at - self._looked_at >= LOOK_SECONDS:
            self._looked_at = self._turned_at
            for look in self._looks:
                look()

    def answered(self, partitions: int | None = None) -> None:
        """The broker has answered; perhaps with how many partitions are assigned."""
        self._answered_at = self._clock()
        if partitions is not None:
            self._partitions = partitions

    def follows(self, topics: int) -> None:
        """The loop follows so many topics, with what an earlier run left settled."""
        self.answered(partitions=topics)
        self.settled()
        self.goes_on()

    def settled(self) -> None:
        """What an earlier run left is settled."""
        self._is_settled = True

    def waits(self, friend: str, why: str | None = None) -> None:
        """The loop waits for somebody who is away, broker or store; ``why`` is the fact, as the log has it."""
        with self._lock:
            self._waits[friend] += 1
        self._waits_for = friend, why or f"the {friend} does not answer"
        self.turned()

    def goes_on(self) -> None:
        """Nobody is waited for."""
        self._waits_for = None

    def ended(self) -> None:
        """The loop is over, whyever."""
        self._ended = True

    def stopped(self, why: Stop, line: str) -> None:
        """The loop stands still rather than jump; starting it again would not help."""
        self._stop = why, line

    @property
    def stop(self) -> Stop | None:
        """Why the loop stands still; None: it does not."""
        return None if self._stop is None else self._stop[0]

    def why_not_live(self) -> list[str]:
        """What shows that the loop does not go round and that a new start would mend it; empty: nothing."""
        if self._stop is not None:
            return []
        if self._ended:
            return ["the loop has ended"]
        still = self._clock() - self._turned_at
        return [f"the loop has not turned for {still:.0f} seconds"] if still > LIVE_SECONDS else []

    def why_not_ready(self) -> list[str]:
        """What keeps it from its work, each fact once and its consequences not; empty: nothing."""
        if self._stop is not None:
            return [self._stop[1]]
        waits_for = self._waits_for
        if waits_for is None and self._is_silent():
            waits_for = "broker", BROKER_AWAY
        if waits_for is not None:
            return [*self.why_not_live(), waits_for[1]]
        checks = {
            "no topic to read is there yet: run `throughline topics create`": self._partitions > 0,
            "what an earlier run may have left is not settled yet": self._is_settled,
        }
        return self.why_not_live() + [why for why, holds in checks.items() if not holds]

    def is_cut_off(self) -> bool:
        """Whether the loop turns and hears nothing of the broker: then how far it is behind cannot be known."""
        if self._waits_for is not None:
            return self._waits_for[0] == "broker"
        return self._is_silent() and self._clock() - self._turned_at <= ANSWER_SECONDS

    def _is_silent(self) -> bool:
        return self._clock() - self._answered_at > ANSWER_SECONDS


class Pulses(Pulse):
    """Of a process that has several loops, and one that looks after them."""

    def __init__(self, parts: Sequence[Pulse]) -> None:
        """Of the loops' own pulses."""
        super().__init__()
        self._parts = parts

    @property
    def waits_by_friend(self) -> Counter[str]:
        """How often whom was waited for, by any."""
        return sum((part.waits_by_friend for part in self._parts), Counter[str]())

    @property
    def stop(self) -> Stop | None:
        """Why one of the loops stands still; None: none does."""
        return next((part.stop for part in self._parts if part.stop is not None), None)

    def why_not_live(self) -> list[str]:
        """What shows that one of them does not go round."""
        return _each_once([super().why_not_live(), *(part.why_not_live() for part in self._parts)])

    def why_not_ready(self) -> list[str]:
        """What keeps one of them from its work."""
        return _each_once(part.why_not_ready() for part in self._parts)

    def is_cut_off(self) -> bool:
        """Whether any of them hears nothing of the broker."""
        return any(part.is_cut_off() for part in self._parts)


def _each_once(lists: Iterable[Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(line for lines in lists for line in lines))
