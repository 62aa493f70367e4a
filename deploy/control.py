"""Writing to control topics, as commands do: a few records, and the broker has taken every one or it is an error."""

from collections.abc import Sequence

from confluent_kafka import KafkaException

from processors.drafts import Draft, encode_drafts
from streams import clients
from streams.errors import ThroughlineError

CONTROL_SECONDS = 10


def send(address: str, drafts: Sequence[Draft]) -> None:
    """Put records onto their control topics.

    Raises:
        ThroughlineError: the broker does not answer, has no such topic, or did not take one.
    """
    producer = clients.producer(address, None, **{"message.timeout.ms": CONTROL_SECONDS * 1_000})
    try:
        topics_there = producer.list_topics(timeout=CONTROL_SECONDS).topics
    except KafkaException as error:
        raise clients.away(error.args[0]) from error
    if missing := [draft.topic for draft in drafts if draft.topic not in topics_there]:
        raise ThroughlineError(f"no topic {missing[0]}; run `throughline topics create`")
    failed: list[str] = []
    for out in encode_drafts(drafts):
        producer.produce(out.topic, out.value, out.key, headers=[("ce_id", out.id.encode())],
                         on_delivery=lambda error, _: failed.append(error.name()) if error else None)  # fmt: skip
    if producer.flush(CONTROL_SECONDS * 2) or failed:
        raise ThroughlineError("the broker did not take it; is it up? Nothing is lost by doing it again")
