"""Whether what a store remembers of its topics is still so: a worker stops rather than jump over records."""

from collections.abc import Mapping, Sequence

from confluent_kafka import Consumer, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from streams import clients
from streams.errors import Stop, StoppedError
from streams.store import Partition, Standing, Store

SECONDS = 10.0
STORE = "the store expects"


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
        raise clients.trouble(error) from error
    finally:
        consumer.close()
    return ids


def _know(bootstrap: str, group: str, store: Store, standing: Standing, topics: Sequence[str]) -> Mapping[str, str]:
    admin = clients.admin(bootstrap)  # held until it has answered
    ids = topic_ids(admin, topics, standing.topics, group, _remedy(group))
    store.know_topics(standing.token, ids)
    return ids


def topic_ids(
    admin: AdminClient, topics: Sequence[str], known: Mapping[str, str], who: str, remedy: str
) -> dict[str, str]:
    """Kafka's ids of topics; one made anew under an old name would be read on in its middle.

    Raises:
        StoppedError: one is not the one that is known; ``who`` and ``remedy`` are of its line.
        KafkaException: the broker does not answer.
    """
    described = admin.describe_topics(TopicCollection(list(topics)), request_timeout=SECONDS) if topics else {}
    ids = {name: str(future.result().topic_id) for name, future in described.items()}
    for name, id_ in ids.items():
        if known.get(name, id_) != id_:
            line = f"{who}: {name} is not the topic that was read: it was made anew; {remedy}"
            raise StoppedError(line, Stop.TOPIC_ANEW)
    return ids


def start_of(
    consumer: Consumer, place: Partition, offsets: Mapping[Partition, int], so: str, who: str = "", keeper: str = STORE
) -> TopicPartition:
    """Where to read a partition on: at the offset that is expected, or at its beginning.

    Raises:
        StoppedError: the topic does not hold it; ``who``, ``keeper`` and ``so`` are of its line.
        KafkaException: the broker does not answer.
    """
    topic, part = place
    low, high = consumer.get_watermark_offsets(TopicPartition(topic, part), timeout=SECONDS)
    next_ = offsets.get(place, low)
    if not low <= next_ <= high:
        line = f"{who}{topic}/{part} holds offsets {low} to {high}, {keeper} {next_}: {so}"
        raise StoppedError(line, Stop.RECORDS_GONE)
    return TopicPartition(topic, part, next_)


def _check(consumer: Consumer, group: str, committed: TopicPartition, offsets: Mapping[Partition, int]) -> None:
    place = topic, part = committed.topic, committed.partition
    next_ = offsets.get(place)
    if committed.offset > (next_ or 0):
        raise StoppedError(
            f"{group}: the store is behind its group in {topic}/{part} (store {next_}, group {committed.offset}): "
            f"it was restored or lost; {_remedy(group)}",
            Stop.STORE_BEHIND,
        )
    start_of(consumer, place, offsets, f"records were deleted; {_remedy(group)}", f"{group}: ")


def _remedy(group: str) -> str:
    return (
        f"put its backup back, or run `throughline {group} reset`, start it again and have every recipient's releases "
        "sent again (`throughline agreements reissue`): see docs/keep-it-running.md, 'Backup'"
    )
