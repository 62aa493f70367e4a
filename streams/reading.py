"""What a stage reads: one consumer, the partitions that it is assigned, and in which order their records come.

Once it has reached the ends of its partitions, records come as they are fetched: nobody waits for another's. Before,
while it catches up, those of several partitions can come merged by append time, so that less is decided that has to be
taken back. No result depends on the order between partitions; how much is moved and sent again does.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby

import structlog
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from streams import clients
from streams.clients import place_of
from streams.errors import Stop, StoppedError
from streams.merging import Merging
from streams.store import Partition

log = structlog.get_logger()
HELD_BYTES = 32_000_000
"""May be held of all partitions together; of one that holds its share, nothing more is fetched for now."""
PATIENCE_SECONDS, LOOK_SECONDS = 0.5, 0.02
"""How long to wait for partitions that bring nothing before the others go on without them, and how often to look."""
ENDS = {"enable.partition.eof": True}
"""For a consumer that is to say where partitions end."""
MERGED = {**ENDS, "max.partition.fetch.bytes": 131_072, "fetch.queue.backoff.ms": 20}
"""For the consumer of partitions that are merged. To have the first record of each, one chunk of each has to be held,
and none may wait for the second that librdkafka rests where another's records fill its queue."""
Ahead = Callable[[str], int]
"""Milliseconds by which a topic's records count as older than they are."""


@dataclass
class Input:
    """One consumer and what it is assigned."""

    consumer: Consumer
    takes: Callable[[str], bool]
    clock: Callable[[], float]
    """Seconds, from anywhere."""
    ahead: Ahead | None = None
    """How partitions are merged while it catches up; None: they are not."""
    assigned: set[Partition] = field(default_factory=set)
    unread: set[Partition] = field(default_factory=set)
    """Those of it whose end was not reached yet, where the consumer says so."""
    _merging: Merging[Message] = field(default_factory=Merging)
    _next: dict[Partition, int] = field(default_factory=dict)
    """Offsets behind what was held last."""
    _resting: set[Partition] = field(default_factory=set)
    """Of which nothing is fetched for now."""
    _missed: set[Partition] = field(default_factory=set)
    """For which the others have waited since the last batch."""
    _silent: set[Partition] = field(default_factory=set)
    """Of which nothing came then: not waited for again before something does."""
    _bare: set[Partition] = field(default_factory=set)
    """Which are waited for, and since when."""
    _since: float = 0.0

    def take(self, size: int, seconds: float) -> list[Message]:
        """What records there are, at most so many, waiting for them at most so long; and which ends it reaches."""
        is_catching_up = len(self.assigned) > 1 and bool(self.unread)
        if self.ahead is None or not (is_catching_up or self._merging):
            return self._fetch(size, seconds)[0]
        taken = self._merging.take(size, self._awaited)
        while len(taken) < size and self._hold_more(size, 0 if taken else seconds, self.ahead):
            taken += self._merging.take(size - len(taken), self._awaited)
        self._share()
        self._missed, self._bare = set(), set()
        return taken

    @property
    def _awaited(self) -> set[Partition]:
        return self.unread - self._silent

    def _hold_more(self, size: int, seconds: float, ahead: Ahead) -> bool:
        """Fetch; whether there may be more to take than before."""
        self._share()
        bare = self._still_bare()
        one, has_come = self._fetch(1, max(seconds, LOOK_SECONDS) if bare else seconds)
        more, has_more = self._fetch(size, 0)
        for place, records in groupby([*one, *more], place_of):
            self._hold(place, list(records), ahead(place[0]))
        return has_come or has_more or bool(bare)

    def _still_bare(self) -> set[Partition]:
        """Partitions for which the others wait; those that bring nothing are waited for in vain, and not any more."""
        self.unread -= {place for place in self._merging.bare(self._awaited) if self._is_at_end(place)}
        bare, now = self._merging.bare(self._awaited), self.clock()
        if bare != self._bare:
            self._bare, self._since = bare, now
        elif now - self._since > PATIENCE_SECONDS:
            self._silent |= bare
        self._missed |= bare
        return bare

    def _hold(self, place: Partition, records: list[Message], ahead: int) -> None:
        self._silent.discard(place)
        self._next[place] = int(records[-1].offset() or 0) + 1
        self._merging.put(place, records, [record.timestamp()[1] - ahead for record in records])

    def _is_at_end(self, place: Partition) -> bool:
        """Whether all was held that was there when something was last fetched of it."""
        if place not in self._next:
            return False
        end = self.consumer.get_watermark_offsets(TopicPartition(*place), cached=True)[1]
        return bool(0 <= end <= self._next[place])

    def _share(self) -> None:
        """Let partitions rest of which enough is held; go on with those of which half is gone.

        By assignment, not by pausing: both throw away what librdkafka has fetched of a partition, but one that is
        resumed while nothing else is fetched waits for up to a second until its thread looks; assigning wakes that.
        """
        share = HELD_BYTES / len(self.assigned)
        if full := self._merging.larger_than(share) - self._resting - self._missed:
            self.consumer.incremental_unassign([TopicPartition(*place) for place in sorted(full)])
        if wanted := self._resting - self._merging.larger_than(share / 2):
            starts = [TopicPartition(*place, self._next[place]) for place in sorted(wanted)]
            self.consumer.incremental_assign(starts)
        self._resting = (self._resting | full) - wanted

    def _fetch(self, size: int, seconds: float) -> tuple[list[Message], bool]:
        """Records that come, and whether anything has come, were it that an end is reached."""
        messages = self.consumer.consume(size, seconds)
        if not (faults := clients.faults(messages)):
            return messages, bool(messages)
        self.unread -= {place_of(fault) for fault in faults if is_end(fault)}
        return [message for message in messages if usable(message)], True


def is_end(message: Message) -> bool:
    """Whether it is no record but says that a partition's end was reached, of a consumer that asked for that."""
    error = message.error()
    return error is not None and error.code() == KafkaError._PARTITION_EOF  # noqa: SLF001  # its name


def usable(message: Message) -> bool:
    """Whether it is a record.

    Raises:
        StoppedError: the offset that was asked for is not there.
        TransientError: the broker is away.
    """
    error = message.error()
    if error is None:
        return True
    if is_end(message):
        return False
    if error.code() in {KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._AUTO_OFFSET_RESET}:  # noqa: SLF001  # its name
        line = f"{message.topic()}: records that the store expects were deleted or the topic was made anew"
        raise StoppedError(line, Stop.RECORDS_GONE)
    log.warning("read_failed", topic=message.topic(), error=error.name())
    return False
