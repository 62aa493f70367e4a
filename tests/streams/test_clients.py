"""Clients: everything of one key goes to the partition that Java's and every other Kafka client would choose."""

import uuid

import pytest
from confluent_kafka import Message, TopicPartition
from confluent_kafka.cimpl import NewTopic

from processors.records import Arrival
from streams import clients

JAVA_MURMUR2 = {
    b"21": -973932308, b"foobar": -790332482, b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829, b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}  # fmt: skip
"""From the tests of Apache Kafka's own Java client, UtilsTest.testMurmur2."""
PARTITIONS = 7


def made_topic(broker: str, partitions: int) -> str:
    """A topic of a test's own."""
    topic, admin = f"test.{uuid.uuid4().hex[:8]}", clients.admin(broker)
    admin.create_topics([NewTopic(topic, partitions, 1)])[topic].result(30)
    return topic


@pytest.mark.broker
def test_partitions_are_those_of_the_java_client(broker: str) -> None:
    topic = made_topic(broker, PARTITIONS)
    found: dict[bytes, int] = {}

    def delivered(error: object, message: Message) -> None:
        assert error is None
        found[message.key() or b""] = message.partition() or 0

    producer = clients.producer(broker)
    for key in JAVA_MURMUR2:
        producer.produce(topic, b"", key, on_delivery=delivered)
    assert producer.flush(30) == 0
    assert found == {key: (number & 0x7FFFFFFF) % PARTITIONS for key, number in JAVA_MURMUR2.items()}


@pytest.mark.broker
def test_an_arrival_is_what_was_sent_and_where_it_lies(broker: str) -> None:
    topic = made_topic(broker, 1)
    producer = clients.producer(broker)
    producer.produce(topic, b"\x00value", b"key", headers=[("ce_id", b"\xff1"), ("none", None)])
    producer.produce(topic, None, None)
    assert producer.flush(30) == 0
    consumer = clients.consumer(broker, "arrivals")
    consumer.assign([TopicPartition(topic, 0, 0)])
    arrivals: list[Arrival] = []
    while len(arrivals) < 2:
        arrivals += clients.arrivals([m for m in consumer.consume(2, 1) if not m.error()])
    consumer.close()
    first, second = arrivals
    assert (first.key, first.value, first.headers) == (b"key", b"\x00value", {"ce_id": b"\xff1"})
    assert (second.key, second.value, second.headers) == (None, None, {})
    assert (first.position, second.position) == (f"{topic}/0/0", f"{topic}/0/1")
    assert "key" not in repr(first).replace(topic, "")
