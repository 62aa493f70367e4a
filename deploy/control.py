"""Writing to control topics, as commands do: a few records, and the broker has taken every one or it is an error."""

import time
from collections.abc import Collection, Sequence

from confluent_kafka import KafkaException, Producer

from processors.drafts import Draft, encode_drafts
from streams import clients
from streams.errors import ThroughlineError

CONTROL_SECONDS = 10
HEARD_SECONDS, LOOK_SECONDS = 3.0, 0.2
"""Of several brokers the one that is asked may not have heard yet of a topic that was made just now."""


def send(address: str, drafts: Sequence[Draft]) -> None:
    """Put records onto their control topics.

    Raises:
        ThroughlineError: the broker does not answer, has no such topic, or did not take one.
    """
    producer = clients.producer(address, None, **{"message.timeout.ms": CONTROL_SECONDS * 1_000})
    if missing := _missing(producer, [draft.topic for draft in drafts]):
        raise ThroughlineError(f"no topic {missing[0]}; run `throughline topics create`")
    failed: list[str] = []
    for out in encode_drafts(drafts):
        producer.produce(out.topic, out.value, out.key, headers=[("ce_id", out.id.encode())],
                         on_delivery=lambda error, _: failed.append(error.name()) if error else None)  # fmt: skip
    if producer.flush(CONTROL_SECONDS * 2) or failed:
        raise ThroughlineError("the broker did not take it; is it up? Nothing is lost by doing it again")


def _missing(producer: Producer, topics: Collection[str]) -> list[str]:
    """Topics that are not there, nor are made in a few seconds.

    Raises:
        ThroughlineError: the broker does not answer.
    """
    deadline = time.monotonic() + HEARD_SECONDS
    while True:
        try:
            there = producer.list_topics(timeout=CONTROL_SECONDS).topics
        except KafkaException as error:
            raise clients.away(error.args[0]) from error
        missing = [topic for topic in topics if topic not in there]
        if not missing or time.monotonic() > deadline:
            return missing
        time.sleep(LOOK_SECONDS)
