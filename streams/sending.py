"""Step 4 of a stage's batch: its records and the group's offsets, in one Kafka transaction."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition

from processors.records import SEQUENCE, Outs
from streams import clients
from streams.clients import place_of
from streams.store import Partition

STEP_SECONDS = clients.TRANSACTION_TIMEOUT_MS / 1_000
"""For each step of a transaction; by then the broker has ended it."""
SECONDS = STEP_SECONDS + 1
"""For all of it, from when it is waited for: no later answer is a yes."""
BY_KEY = -1
"""Of a record that was stored before a stage chose partitions itself: the client does."""


class Moves:
    """How far a batch moves its group."""

    def __init__(self, consumer: Consumer, offsets: Mapping[Partition, int], said: str) -> None:
        """Next offsets of a consumer's group, and what their metadata say: the batch (``positions.said_of``)."""
        self.group: Any = consumer.consumer_group_metadata()
        self.offsets = [TopicPartition(*place, next_, metadata=said) for place, next_ in offsets.items()]


def send(producer: Producer, outs: Outs, moves: Moves, ends: dict[Partition, int]) -> None:
    """One transaction, from its beginning to its commit.

    Args:
        producer: transactional, with no transaction open.
        outs: what is sent.
        moves: of the group.
        ends: gets, by partition sent to, the offset behind the last record.

    Raises:
        KafkaException: it is not known to be committed.
        BufferError: the client takes no more.
    """

    def delivered(error: KafkaError | None, message: Message) -> None:
        if error is None:
            ends[place_of(message)] = int(message.offset() or 0) + 1

    producer.begin_transaction()
    _produce(producer, outs, delivered)
    producer.send_offsets_to_transaction(moves.offsets, moves.group, STEP_SECONDS)
    producer.commit_transaction(STEP_SECONDS)


def send_alone(producer: Producer, outs: Outs) -> None:
    """One transaction that moves no group.

    Raises:
        KafkaException: it is not known to be committed.
        BufferError: the client takes no more.
    """
    producer.begin_transaction()
    _produce(producer, outs, _unheard)
    producer.commit_transaction(STEP_SECONDS)


def _produce(producer: Producer, outs: Outs, delivered: Callable[[KafkaError | None, Message], None]) -> None:
    """Hand records to the client, each with its id, its number if it has one, and what else it says."""
    # A transaction with a record that was not delivered does not commit, so only where a topic ends is asked for.
    told = set({topic: i for i, topic in enumerate(outs.topics)}.values())
    produce: Any = producer.produce
    for i, (topic, value, key, partition, id_, sequence, more) in enumerate(_sendable(outs)):
        headers = [("ce_id", id_), (SEQUENCE, sequence)] if sequence else [("ce_id", id_)]
        if more:
            headers += more.items()
        asked = delivered if i in told else None
        while True:
            try:
                to = BY_KEY if partition is None else partition
                # An empty value is none: the broker is to forget what a compacted topic had under the key.
                produce(topic, value or None, key, to, headers=headers, on_delivery=asked)
            except BufferError:
                producer.poll(0.1)
            else:
                break


def _unheard(error: KafkaError | None, message: Message) -> None:
    del error, message


def _sendable(outs: Outs) -> Iterable[tuple[str, bytes, str, int | None, str, str, Mapping[str, Any]]]:
    columns = outs.topics, outs.values, outs.keys, outs.partitions, outs.ids, outs.sequences(), outs.headers
    return zip(*columns, strict=True)
