"""How far a reader is behind: in events, in seconds, and in events that it has lost for ever; by kinds of topics."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from processors import counts, names
from streams.pulse import Standing, nothing
from streams.store import Partition

IN_TRANSACTIONS = (names.RESOLVED_EVENTS, "released.")
"""How the topics begin whose last offset is a transaction's marker, which nobody ever reads."""
STALE_SECONDS = 15.0
"""A loop that has not looked for so long may be behind by all of it."""


@dataclass(frozen=True)
class Behind:
    """How far a reader is behind on one kind of topic."""

    topics: str
    events: int
    """Not yet read; between transactions their markers are counted too."""
    seconds: float
    """Age of the oldest that is not read, at most; 0: all is read. Rises too where the loop hangs."""
    missing: int
    """Not read, and no longer held by the broker."""


class LagWatch:
    """Remembers where a reader stands and when it was level. The reader's loop looks, anybody may ask.

    Only the loop: a consumer of confluent-kafka serves one thread at a time, and who asks it from another waits until
    its reading pauses, seconds on a busy machine (seen with 2.16).
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """Of a reader that begins now; ``clock`` gives seconds since 1970."""
        self._clock = clock
        self.standings: Callable[[], Sequence[Standing]] = nothing
        """Asked at every look."""
        self._lock = threading.Lock()
        self._begun_at = self._looked_at = clock()
        self._found: Sequence[Standing] = ()
        self._done_until: dict[Partition, float] = {}
        """By partition: nothing older than this is unread."""

    def read(self, appended: Mapping[Partition, int]) -> None:
        """The reader has read on, up to records of these times, in milliseconds since 1970."""
        with self._lock:
            for place, at in appended.items():
                self._raise(place, at / 1_000)

    def look(self) -> None:
        """Look where it stands: for the reader's own loop."""
        found, now = self.standings(), self._clock()
        with self._lock:
            self._found, self._looked_at = found, now
            for standing in found:
                if not _unread(standing):
                    self._raise(standing.place, now)

    def behind(self) -> list[Behind]:
        """How far it is behind now, as it stood at the last look, by kind of topic."""
        now, found = self._clock(), defaultdict[str, list[tuple[int, float, int]]](list)
        with self._lock:
            for standing in self._found:
                found[kind_of(standing.place[0])].append(self._of(standing, now))
        return [
            Behind(kind, sum(e for e, _, _ in rows), max(s for _, s, _ in rows), sum(m for _, _, m in rows))
            for kind, rows in sorted(found.items())
        ]

    def _of(self, standing: Standing, now: float) -> tuple[int, float, int]:
        events, since = _unread(standing), self._done_until.get(standing.place, self._begun_at)
        is_late = events > 0 or now - self._looked_at > STALE_SECONDS
        return events, max(0.0, now - since) if is_late else 0.0, max(0, standing.low - standing.next)

    def _raise(self, place: Partition, at: float) -> None:
        self._done_until[place] = max(at, self._done_until.get(place, at))


def _unread(standing: Standing) -> int:
    markers = 1 if standing.place[0].startswith(IN_TRANSACTIONS) else 0
    return max(0, standing.end - standing.next - markers)


def kind_of(topic: str) -> str:
    """A topic as a label: partners and recipients are left out, an unknown one is ``other``."""
    first, *rest = topic.split(".")
    if first == "partner" and rest:
        return f"partner.*.{counts.family_of(rest[-1])}"
    if first in {"released", "signals", "deadletter"}:
        return f"{first}.*"
    return topic if topic in {names.AGREEMENTS, names.STEWARDS, names.ERASURES, names.RESOLVED_EVENTS} else counts.OTHER
