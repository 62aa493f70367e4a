"""A bare loop: librdkafka, columns and transactions; no store, no metrics, nothing proven after a crash."""

import argparse
import signal
import threading

import pyruhvro
from confluent_kafka import Message, TopicPartition

from bench.stage.columns import hashed, know_schemas
from bench.stage.job import EVENT, FRAME, HASHED, IDS, frame_head
from schemas_avro.catalog import catalog
from streams import clients, memory

SECONDS = 30.0


def main() -> None:
    """Carry events until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("bootstrap", "name", "source", "target"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--partitions", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    asked = parser.parse_args()
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    know_schemas()
    memory.prepare()
    consumer = clients.consumer(asked.bootstrap, asked.name, **clients.LOOPING)
    consumer.assign([TopicPartition(asked.source, part, 0) for part in range(asked.partitions)])
    producer = clients.producer(asked.bootstrap, asked.name)
    producer.init_transactions(SECONDS)
    while not stopping.is_set():
        if messages := consumer.consume(asked.batch, 0.02):
            producer.begin_transaction()
            for message, payload in zip(messages, _made_of(messages), strict=True):
                producer.produce(asked.target, payload, message.key())
            read = {m.partition(): m.offset() + 1 for m in messages}
            offsets = [TopicPartition(asked.source, part, next_) for part, next_ in read.items()]
            producer.send_offsets_to_transaction(offsets, consumer.consumer_group_metadata(), SECONDS)
            producer.commit_transaction(SECONDS)
    consumer.close()


def _made_of(messages: list[Message]) -> list[bytes]:
    head = frame_head(HASHED)
    payloads = [message.value()[FRAME.size :] for message in messages]
    rows = hashed(pyruhvro.deserialize_array(payloads, catalog()[IDS[EVENT]].physical))
    [made] = pyruhvro.serialize_record_batch(rows, catalog()[IDS[HASHED]].physical, 1)
    return [head + payload for payload in made.to_pylist()]


if __name__ == "__main__":
    main()
