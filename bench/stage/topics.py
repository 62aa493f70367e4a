"""The topics of a run: loaded once with the same bytes for every engine, and read back to check what each made."""

from collections.abc import Iterator
from contextlib import suppress

import pyarrow as pa
from confluent_kafka import KafkaException, Message, TopicPartition
from confluent_kafka.cimpl import NewTopic

from bench.stage import columns
from bench.stage.job import EVENT, HASHED, IDS, frame_head
from schemas_avro import codec
from streams import clients
from streams.reading import is_end, usable

PARTITIONS = 4
SECONDS = 30.0
AT_ONCE = 20_000


def make(bootstrap: str, name: str) -> None:
    """Make an empty topic."""
    admin = clients.admin(bootstrap)  # kept until it has answered
    for future in admin.create_topics([NewTopic(name, PARTITIONS, 1)]).values():
        future.result(SECONDS)


def remove(bootstrap: str, name: str) -> None:
    """Remove a topic that nobody needs any more."""
    admin = clients.admin(bootstrap)
    for future in admin.delete_topics([name]).values():
        future.result(SECONDS)


def load(bootstrap: str, name: str, count: int) -> None:
    """Make a topic with so many events, keyed by their records."""
    make(bootstrap, name)
    producer = clients.producer(bootstrap)
    head = frame_head(EVENT)
    for chunk in columns.events(count):
        keys = chunk.column("source_record_id").to_pylist()
        for key, payload in zip(keys, codec.encode(IDS[EVENT], chunk), strict=True):
            producer.produce(name, head + payload, key)
        producer.flush()


def made(bootstrap: str, name: str) -> pa.Table:
    """What readers of committed records find in an output topic, in the order of ids.

    Raises:
        ValueError: a record is not framed as the output's, or not canonical.
    """
    consumer = clients.consumer(bootstrap, f"check-{name}", **{"enable.partition.eof": True})
    consumer.assign([TopicPartition(name, part, 0) for part in range(PARTITIONS)])
    head = frame_head(HASHED)
    chunks = [columns.made_of([m.value() or b"" for m in messages], head) for messages in _whole(consumer)]
    consumer.close()
    return columns.in_order(pa.Table.from_batches(chunks, schema=codec.arrow_schema(IDS[HASHED])))


def _whole(consumer: clients.Consumer) -> Iterator[list[Message]]:
    ended: set[int | None] = set()
    while len(ended) < PARTITIONS:
        messages = consumer.consume(AT_ONCE, 0.2)
        ended |= {message.partition() for message in messages if is_end(message)}
        if found := [message for message in messages if usable(message)]:
            yield found


class Progress:
    """How many events of a topic an engine has done and committed, by the offsets of its group."""

    def __init__(self, bootstrap: str, group: str, topic: str) -> None:
        """Ask this broker, as a consumer that is no member of the group."""
        self._consumer = clients.consumer(bootstrap, group)
        self._places = [TopicPartition(topic, part) for part in range(PARTITIONS)]
        self._done = 0

    def done(self) -> int:
        """So many by now; the topic holds nothing but events, so offsets count them."""
        with suppress(KafkaException):  # a group's coordinator may be on its way; what was known still holds
            committed = self._consumer.committed(self._places, SECONDS)
            self._done = sum(max(place.offset, 0) for place in committed)
        return self._done

    def close(self) -> None:
        """Let go of it."""
        self._consumer.close()
