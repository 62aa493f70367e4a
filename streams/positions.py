"""Whether what a store remembers of its topics is still so: a worker stops rather than jump over records."""

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence

from confluent_kafka import Consumer, KafkaException, Message, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from processors.records import Arrival
from processors.state import Changes
from streams import changelog, clients, newer
from streams.errors import BROKER_AWAY, REBUILD, Stop, StoppedError, TransientError
from streams.store import Partition, Standing, Store

SECONDS = 10.0
DESCRIBE_SECONDS = 3.0
"""As long as a cluster takes to find that a broker is dead: by then there is another controller to ask."""
LIST_SECONDS = 30.0
STORE = "the store expects"
LAST = "last_read"
"""Table of a stage's store: what the last record of each partition was that it has read."""
LOOKS, LOOK_SECONDS = 100, 0.1
SMALL = {"enable.partition.eof": True, "max.partition.fetch.bytes": 65_536}
"""For a consumer that wants one record of each partition."""


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
    ids = topic_ids(admin, topics, standing.topics, group, remedy_of(group))
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
    if not topics:
        return {}
    # Topics are described by the broker that the client takes for the controller, or by nobody. That this one is gone
    # the client learns from a list of topics alone, for which it does not ask by itself (seen with librdkafka 2.16: a
    # stage waited as long as one broker of three was down).
    admin.list_topics(topics[0], timeout=SECONDS)
    described = admin.describe_topics(TopicCollection(list(topics)), request_timeout=DESCRIBE_SECONDS)
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


def last_read(last: Mapping[Partition, Arrival]) -> Changes:
    """What a commit is to remember of the last record of each partition: by a checksum, so nothing about anybody."""
    return {LAST: {_key(place): _identity(arrival) for place, arrival in last.items()}} if last else {}


def check_last(
    consumer: Callable[..., Consumer], bootstrap: str, who: str, store: Store, places: Sequence[Partition]
) -> None:
    """See that partitions still hold what was read of them last: one that lost its end may have grown again.

    Args:
        consumer: makes one.
        bootstrap: address of the broker.
        who: the stage.
        store: its store.
        places: of which the store's next offset is there.

    Raises:
        StoppedError: one holds another record there.
        TransientError: the broker does not answer.
    """
    known = store.get_many(LAST, [_key(place) for place in places])
    left = {place: known[_key(place)] for place in places if _key(place) in known}
    if not left:
        return
    reader = consumer(bootstrap, who, **SMALL)
    try:
        reader.incremental_assign([TopicPartition(*place, _offset(one)) for place, one in left.items()])
        for _ in range(LOOKS + len(left)):
            for message in reader.consume(1, LOOK_SECONDS):
                if (expected := left.pop(clients.place_of(message), None)) is not None:
                    # Let go of it, for what waits behind its record would come before the other partitions'.
                    reader.incremental_unassign([TopicPartition(*clients.place_of(message))])
                    _compare(reader, who, message, expected)
            if not left:
                return
    except KafkaException as error:
        raise clients.trouble(error) from error
    finally:
        reader.close()
    raise TransientError(BROKER_AWAY, "the last records read")


def _compare(reader: Consumer, who: str, message: Message, expected: bytes) -> None:
    """Hold what is there now to what was read, but for what was removed since from the beginning of the log."""
    topic, part = clients.place_of(message)
    offset = _offset(expected)
    if message.error() is None and [_identity(one) for one in clients.arrivals([message])] == [expected]:
        return
    low, _ = reader.get_watermark_offsets(TopicPartition(topic, part), timeout=SECONDS)
    if low <= offset:
        line = (
            f"{who}: {topic}/{part} holds another record at offset {offset} than the one that was read: its end was "
            f"lost, and it has grown again; {REBUILD}"
        )
        raise StoppedError(line, Stop.LOG_CUT)


def _key(place: Partition) -> str:
    return f"{place[0]}/{place[1]}"


def _identity(arrival: Arrival) -> bytes:
    checksum = zlib.crc32(arrival.value or b"", zlib.crc32(arrival.key or b""))
    return b"%d %d %d" % (arrival.offset, arrival.appended_at, checksum)


def _offset(identity: bytes) -> int:
    return int(identity.partition(b" ")[0])


def places(consumer: Consumer, takes: Callable[[str], bool]) -> list[TopicPartition]:
    """Every partition of the topics that are taken, of those that there are.

    Raises:
        KafkaException: the broker does not answer.
    """
    topics = consumer.list_topics(timeout=LIST_SECONDS).topics
    return [TopicPartition(name, part) for name, topic in topics.items() if takes(name) for part in topic.partitions]


def said_of(batch: int, owner: str, format_: int = changelog.FORMAT) -> str:
    """What a group's offsets say in their metadata.

    Args:
        batch: its number.
        owner: whose turn it was of; empty: of no lease.
        format_: of the rows that it left; told where it is not the first.
    """
    told = (str(batch), owner, str(format_) if format_ > 1 else "")
    return " ".join(told).rstrip()


def last_batch(committed: Iterable[TopicPartition]) -> tuple[int, str]:
    """The last batch that a stage has sent, by the metadata of its group's offsets: number, 0 for none, and owner.

    Raises:
        StoppedError: it left rows of a newer format than this version knows.
    """
    last = 0, ""
    for place in committed:
        if place.metadata:
            number, owner, format_ = (*place.metadata.split(" "), "", "")[:3]
            newer.check_format(f"what batch {number} left", int(format_ or 1), changelog.FORMAT)
            last = max(last, (int(number), owner))
    return last


def batch_of(committed: Iterable[TopicPartition]) -> int:
    """Number of the last batch that a stage has sent; 0: none."""
    return last_batch(committed)[0]


def _check(consumer: Consumer, group: str, committed: TopicPartition, offsets: Mapping[Partition, int]) -> None:
    place = topic, part = committed.topic, committed.partition
    next_ = offsets.get(place)
    if committed.offset > (next_ or 0):
        raise StoppedError(
            f"{group}: the store is behind its group in {topic}/{part} (store {next_}, group {committed.offset}): "
            f"it was restored or lost; {remedy_of(group)}",
            Stop.STORE_BEHIND,
        )
    start_of(consumer, place, offsets, f"records were deleted; {remedy_of(group)}", f"{group}: ")


def remedy_of(group: str) -> str:
    """What is to be done where the store of signals is not what it was."""
    return (
        f"put its backup back, or run `throughline {group} reset`, start it again and have every recipient's releases "
        "sent again (`throughline agreements reissue`): see docs/keep-it-running.md, 'Backup'"
    )
