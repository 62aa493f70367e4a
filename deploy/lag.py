"""Whether the sink has written all releases and signals: its group's offsets follow the views' own."""

from confluent_kafka import TopicPartition

from streams import clients
from streams.sink import GROUP, READ


def sink_is_level(bootstrap: str) -> bool:
    """Whether nothing is left to write of what is committed now."""
    consumer = clients.consumer(bootstrap, GROUP)
    topics = consumer.list_topics(timeout=10).topics
    places = [TopicPartition(n, p) for n, t in topics.items() if n.startswith(READ) for p in t.partitions]
    committed = consumer.committed(places, 10)
    # One offset behind the end is a transaction's marker.
    level = all(
        c.offset >= consumer.get_watermark_offsets(p, timeout=10)[1] - 1 for p, c in zip(places, committed, strict=True)
    )
    consumer.close()
    return level
