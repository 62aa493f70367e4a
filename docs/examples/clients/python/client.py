"""Publishes to a partner's topic and reads a recipient's, with Confluent's own client of Kafka and of a registry.

    client.py publish TOPIC FILE    an event a line, {"envelope": {…}, "body": {…}}; days and microseconds are numbers
    client.py read TOPIC COUNT      so many values from the topic's beginning, one a line

KAFKA: the broker, host:port. REGISTRY: the address of `throughline serve`.
"""

import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext


def publish(topic: str, file: str) -> Iterator[str]:
    """Send every event of a file; their ids."""
    conf = {"auto.register.schemas": False, "use.latest.version": True}
    serializer = AvroSerializer(SchemaRegistryClient({"url": os.environ["REGISTRY"]}), conf=conf)
    failed: list[Any] = []
    producer = Producer(
        {
            "bootstrap.servers": os.environ["KAFKA"],
            "acks": "all",
            "enable.idempotence": True,
            "partitioner": "murmur2_random",  # as Java's client: versions of one record must be in one partition
        }
    )
    for line in Path(file).read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        envelope = event["envelope"]
        producer.produce(
            topic,
            serializer(event, SerializationContext(topic, MessageField.VALUE)),
            key=envelope.get("subject_token") or envelope["source_record_id"],
            headers={"ce_id": envelope["event_id"]},  # a rejected event is found by this header
            on_delivery=lambda error, _: failed.append(error) if error else None,
        )
        yield envelope["event_id"]
    if producer.flush(30) or failed:
        raise KafkaException(*failed)


def read(topic: str, count: str) -> Iterator[str]:
    """Values from the topic's beginning, as JSON."""
    deserializer = AvroDeserializer(SchemaRegistryClient({"url": os.environ["REGISTRY"]}))
    consumer = Consumer({"bootstrap.servers": os.environ["KAFKA"], "group.id": "-", "enable.auto.commit": False})
    parts = consumer.list_topics(topic, 10).topics[topic].partitions
    consumer.assign([TopicPartition(topic, part, OFFSET_BEGINNING) for part in parts])
    left = int(count)
    while left:
        message = consumer.poll(1)
        if message is None:
            continue
        if error := message.error():
            raise KafkaException(error)
        value = deserializer(message.value(), SerializationContext(topic, MessageField.VALUE))
        yield json.dumps(value, default=as_number)
        left -= 1
    consumer.close()


def as_number(value: date | datetime) -> int:
    """Days, or microseconds, since 1970."""
    if isinstance(value, datetime):
        return (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return (value - date(1970, 1, 1)).days


if __name__ == "__main__":
    doing, of, what = sys.argv[1:]
    for said in {"publish": publish, "read": read}[doing](of, what):
        sys.stdout.write(said + "\n")
