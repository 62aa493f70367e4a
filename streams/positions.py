"""Whether what a store remembers of its topics is still so: a worker stops rather than jump over records."""

from collections.abc import Mapping, Sequence

from confluent_kafka import Consumer, KafkaException, TopicCollection, TopicPartition

from streams import clients
from streams.errors import StoppedError, TransientError
from streams.store import Partition, Standing, Store

SECONDS = 10.0


def check(bootstrap: str, group: str, store: Store, standing: Standing, topics: Sequence[str]) -> Mapping[str, str]:
    """Compare store, group and topics, before topics are followed by the group's offsets; Kafka's ids of the topics.

    Raises:
        StoppedError: the group is ahead of the store, records are gone, or a topic was made anew.
        TransientError: the broker does not answer.
    """
    consumer = clients.consumer(bootstrap, group)
    try:
        ids = _know(bootstrap, group, store, standing, topics)
        there = consumer.list_topics(timeout=SECONDS).topics
        places = [TopicPartition(name, part) for name in topics for part in there[name].partitions]
        for committed in consumer.committed(places, SECONDS):
            _check(consumer, group, committed, standing.offsets)
    except KafkaException as error:
        raise TransientError(f"the broker does not answer: {error.args[0].str()}") from error
    finally:
        consumer.close()
    return ids


def _know(bootstrap: str, group: str, store: Store, standing: Standing, topics: Sequence[str]) -> Mapping[str, str]:
    admin = clients.admin(bootstrap)  # held until it has answered
    described = admin.describe_topics(TopicCollection(list(topics)), request_timeout=SECONDS)
    ids = {name: str(future.result().topic_id) for name, future in described.items()}
    for name, id_ in ids.items():
        if standing.topics.get(name, id_) != id_:
            raise StoppedError(f"{group}: {name} is not the topic that was read: it was made anew; {_remedy(group)}")
    store.know_topics(standing.token, ids)
    return ids


def _check(consumer: Consumer, group: str, committed: TopicPartition, offsets: Mapping[Partition, int]) -> None:
    topic, part = committed.topic, committed.partition
    next_ = offsets.get((topic, part))
    if committed.offset > (next_ or 0):
        raise StoppedError(
            f"{group}: the store is behind its group in {topic}/{part} (store {next_}, group {committed.offset}): "
            f"it was restored or lost; {_remedy(group)}"
        )
    low, high = consumer.get_watermark_offsets(TopicPartition(topic, part), timeout=SECONDS)
    if next_ is not None and not low <= next_ <= high:
        raise StoppedError(
            f"{group}: {topic}/{part} holds offsets {low} to {high}, the store expects {next_}: records were deleted; "
            f"{_remedy(group)}"
        )


def _remedy(group: str) -> str:
    return (
        f"put its backup back, or remove state/{group}.sqlite, delete the consumer group {group} and have every "
        "recipient's releases sent again (`throughline agreements reissue`)"
    )
