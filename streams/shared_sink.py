"""One of any number of sinks that write the same views in PostgreSQL and share the partitions among them.

Kafka's group says who reads what (cooperative: who keeps a partition goes on reading it while others move); the views
say where to read on. The group alone would not do: a member that was paused, or whose batch
was on its way while its partitions went to another, does not know it. So each batch names the offsets that it was read
from, and views that stand elsewhere refuse it whole (``sinks/postgres/writing.py``); then what the other
has written is left out, and the rest written.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from processors.numbers import Number, sifted
from processors.records import Arrivals
from sinks.views import StaleBatchError, ViewsAwayError, Writable
from streams import clients, positions
from streams.errors import REBUILD, ThroughlineError, TransientError, ViewsSilentError
from streams.pulse import Pulse, Standing, Written
from streams.reading import usable
from streams.sink import READ, nobody, view_batch, written
from streams.stage import last_of, next_offsets, standings
from streams.store import Partition
from streams.waiting import Waiting

log = structlog.get_logger()
T = TypeVar("T")
GROUP = "case-views.shared"
TRY_SECONDS = 1.0
SESSION_MS = 10_000
"""A member that is silent for so long is gone, and its partitions go to others."""
MEMBER = {
    "partition.assignment.strategy": "cooperative-sticky",
    "session.timeout.ms": SESSION_MS,
    "heartbeat.interval.ms": 2_000,
    "topic.metadata.refresh.interval.ms": 5_000,  # how soon a new recipient's topics are found
}
"""No static members: one that comes back in time gets what it had, and topics made meanwhile nobody reads (tried)."""


UNKNOWN = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}  # noqa: SLF001  # their names


class SharedSink:
    """Reads its share of ``released.*`` and ``signals.*``; one thread runs it."""

    def __init__(
        self, bootstrap: str, views: Writable, member: str,
        batch_records: int = 5_000, linger_seconds: float = 0.02,
        pulse: Pulse | None = None, told: Callable[[Written], None] = nobody,
    ) -> None:  # fmt: skip
        """Join the others, under a name that Kafka's tools show. ``told`` is told of each batch in figures."""
        self._views, self._told = views, told
        self._pulse = Pulse() if pulse is None else pulse
        self._waiting = Waiting(GROUP, self._pulse, [TRY_SECONDS])
        self._batch_records, self._linger = batch_records, linger_seconds
        more = {**clients.LOOPING, **MEMBER, "client.id": member}
        self._consumer = clients.consumer(bootstrap, GROUP, **more)
        self._offsets: dict[Partition, int] = {}
        """Of each assigned partition where to read on, as the views have it."""
        self._numbers: dict[str, Number] = {}
        self._later: set[Partition] = set()
        """Assigned, and not read yet."""
        self._failed: ThroughlineError | None = None
        self._looked_at = float("-inf")
        self._stopping = threading.Event()

    def run(self, stopping: threading.Event) -> None:
        """Write batches until told to stop.

        Raises:
            StoppedError: an offset that the views expect is not there.
            ThroughlineError: the views went back, or refuse.
        """
        self._stopping = stopping
        self._consumer.subscribe(
            [f"^{name.replace('.', '[.]')}.*" for name in READ],
            on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked,
        )  # fmt: skip
        self._pulse.settled()
        try:
            while not stopping.is_set():
                self._pulse.turned()
                self._turn()
        except TransientError:
            if not stopping.is_set():
                raise
        finally:
            self._consumer.close()  # one that stops gives its partitions up too, rather than hold what it does not read

    def _turn(self) -> None:
        try:
            messages = [m for m in self._consumer.consume(self._batch_records, self._linger) if usable(m)]
        except TransientError as error:
            self._stopping.wait(self._waiting.says(error))
            return
        if self._later and time.monotonic() - self._looked_at > TRY_SECONDS:
            self._looked_at = time.monotonic()
            self._consumer.incremental_assign(self._starts())
        if self._failed is not None:
            raise self._failed
        self._pulse.goes_on()
        self._pulse.answered(partitions=len(self._offsets))
        if arrivals := clients.arrivals(messages):
            self._write(arrivals)

    def standings(self) -> list[Standing]:
        """How far each assigned partition is read, as the client knows; for the sink's own thread."""
        return standings(self._consumer, tuple(self._offsets), self._offsets)

    def _write(self, arrivals: Arrivals) -> None:
        """Write what of a batch is ours, whatever others have written of it."""
        while mine := self._mine(arrivals):
            began, moved = time.monotonic(), next_offsets(last_of(mine))
            new = sifted(mine, self._numbers)
            read_from = {place: self._offsets[place] for place in moved}
            batch = view_batch(new.fresh, moved, new.taken, read_from)
            try:
                changes = self._patiently(lambda batch=batch: self._views.apply(batch))  # type: ignore[misc]
            except StaleBatchError as error:
                self._follow(error)
                continue
            for position in new.gaps:
                log.error("gap", stage=GROUP, position=position)
            self._numbers.update(new.taken)
            self._offsets |= moved
            offsets = [TopicPartition(*place, next_) for place, next_ in moved.items()]
            self._consumer.commit(offsets=offsets, asynchronous=True)  # for lag tools: the views' own offsets count
            seconds = time.monotonic() - began
            self._told(written(mine, new, batch, changes, read_from, seconds))
            return

    def _mine(self, arrivals: Arrivals) -> Arrivals:
        """What is of a partition that is ours still, and not written yet."""
        places = zip(arrivals.topics, arrivals.partitions, arrivals.offsets, strict=True)
        held = [n for n, (topic, part, at) in enumerate(places) if at >= self._offsets.get((topic, part), at + 1)]
        return arrivals if len(held) == len(arrivals) else arrivals.at(held)

    def _follow(self, stale: StaleBatchError) -> None:
        """Go on from where others have written to."""
        log.info("written_by_another", stage=GROUP, partitions=len(stale.held))
        for place, next_ in stale.held.items():
            if next_ < self._offsets[place]:
                raise ThroughlineError("the views went back, as by a backup that was put back: start this sink again")
            self._offsets[place] = next_
            self._consumer.seek(TopicPartition(*place, next_))
        self._numbers = self._patiently(self._views.numbers)

    def _assigned(self, consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        """Read on where the views stand; whoever had these partitions before may still be writing."""
        self._later |= {(p.topic, p.partition) for p in partitions}
        consumer.incremental_assign(self._starts())

    def _revoked(self, consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        places = [(p.topic, p.partition) for p in partitions]
        self._later -= set(places)
        consumer.incremental_unassign([TopicPartition(*place) for place in places if place in self._offsets])
        for place in places:
            self._offsets.pop(place, None)

    def _starts(self) -> list[TopicPartition]:
        """Where to read what is ours and not read yet; a topic that the client does not know stays for later."""
        # Offsets first: with numbers that are younger a batch is refused, with older ones it would have gaps.
        found = list[TopicPartition]()
        try:
            offsets, self._numbers = self._patiently(self._views.offsets), self._patiently(self._views.numbers)
            for place in sorted(self._later):
                start = self._patiently(lambda place=place: self._start_of(place, offsets))  # type: ignore[misc]
                found += [start] if start else []
        except ThroughlineError as error:
            self._failed = error  # raised by the loop: here Kafka's client would have it
            return []
        self._later -= {(p.topic, p.partition) for p in found}
        self._offsets |= {(p.topic, p.partition): p.offset for p in found}
        return found

    def _start_of(self, place: Partition, offsets: Mapping[Partition, int]) -> TopicPartition | None:
        so = f"rebuild them: {REBUILD}"
        try:
            return positions.start_of(self._consumer, place, offsets, so, keeper="the views expect")
        except KafkaException as error:
            if error.args[0].code() in UNKNOWN:  # deleted, or so new that the client has not heard of it
                return None
            raise

    def _patiently(self, work: Callable[[], T]) -> T:
        """What somebody answers who may be away for a while.

        Raises:
            TransientError: told to stop meanwhile.
        """
        return self._waiting.until_done(lambda: asked(work), self._stopping)


def asked(work: Callable[[], T]) -> T:
    """What views or broker answer.

    Raises:
        TransientError: they are away; that passes.
    """
    try:
        return work()
    except ViewsAwayError as error:
        raise ViewsSilentError(str(error)) from None
    except KafkaException as error:
        raise clients.trouble(error) from error
