"""Records that Kafka's client cannot unpack: of a stranger's, each is rejected unseen, and reading goes on behind it.

A batch of a hundred megabytes may travel as a few kilobytes, and pass the broker's limit; librdkafka then refuses to
unpack it (zstd, from some 64 MB on), says so, and asks for it again for ever. Damage on the way looks the same, so it
is asked a few times first.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from processors.records import Arrival
from streams.store import Partition

log = structlog.get_logger()
TRIES = 3


def place_of(message: Message) -> Partition:
    """Topic and partition of a message."""
    return str(message.topic()), int(message.partition() or 0)


def is_packed(message: Message) -> bool:
    """Whether it is no record but says that a batch cannot be unpacked."""
    error = message.error()
    return error is not None and error.code() == KafkaError._BAD_COMPRESSION  # noqa: SLF001  # its name


@dataclass
class Unpacking:
    """How often which batch could not be unpacked."""

    may_skip: Callable[[str], bool]
    """Topics whose batches may be given up."""
    _failed: Counter[tuple[Partition, int]] = field(default_factory=Counter)

    def given_up(
        self, consumer: Consumer, messages: Iterable[Message], read: Iterable[Arrival], next_: Mapping[Partition, int]
    ) -> list[Arrival]:
        """Records to reject unseen, at most one a partition; the consumer goes on behind it.

        Args:
            consumer: that the messages are from.
            messages: what it gave.
            read: the records among them; where a partition gave some, what is behind them waits for the next time.
            next_: where each partition is to be read on.
        """
        busy = {(arrival.topic, arrival.partition) for arrival in read}
        packed = {place_of(m): int(m.offset() or 0) for m in messages if is_packed(m) and self.may_skip(str(m.topic()))}
        found = []
        for place, base in packed.items():
            self._failed[place, base] += 1
            offset = max(base, next_.get(place, 0))
            if self._failed[place, base] >= TRIES and place not in busy and _go_behind(consumer, place, offset):
                found.append(Arrival(*place, offset, time.time_ns() // 1_000_000, None, None, is_packed=True))
                log.error("not_unpacked", position=found[-1].position)
        return found


def _go_behind(consumer: Consumer, place: Partition, offset: int) -> bool:
    """Let the consumer go on behind a record; false: it cannot just now."""
    try:
        consumer.seek(TopicPartition(*place, offset + 1))
    except KafkaException:
        return False
    return True
