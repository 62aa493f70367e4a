"""What a stage reads while it catches up, off a real broker: its partitions as one log, by when they were appended."""

import itertools
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from confluent_kafka import Message, TopicPartition
from confluent_kafka.cimpl import NewTopic
from support.beside import beside

from processors.records import Arrivals
from streams import clients, reading, resolve
from streams.reading import MERGED, Ahead, Input
from streams.store import Partition
from tests.streams.tiny import Tiny

pytestmark = pytest.mark.broker
SIZE, SECONDS = 500, 0.02
Said = tuple[Partition, int, int]
"""Of a record: partition, offset, moment."""


def at_once(topic: str) -> int:
    """No topic's records are read ahead of others'."""
    del topic
    return 0


def made(broker: str, logs: Sequence[Sequence[int]]) -> list[Partition]:
    """A topic whose partitions hold records of these moments; partitions."""
    topic, admin = f"test.{uuid.uuid4().hex[:8]}", clients.admin(broker)
    admin.create_topics([NewTopic(topic, len(logs), 1)])[topic].result(30)
    places = [(topic, number) for number in range(len(logs))]
    send(broker, dict(zip(places, logs, strict=True)))
    return places


def send(broker: str, logs: Mapping[Partition, Sequence[int]]) -> None:
    """Further records, of these moments in milliseconds."""
    producer = clients.producer(broker)
    for (topic, number), moments in logs.items():
        for moment in moments:
            while True:
                try:
                    producer.produce(topic, b"x" * 300, partition=number, timestamp=moment)
                    break
                except BufferError:
                    producer.poll(0.1)
    assert producer.flush(60) == 0


@contextmanager
def reader(broker: str, places: Sequence[Partition], ahead: Ahead | None = at_once) -> Iterator[Input]:
    """As a stage reads them from their beginnings."""
    consumer = clients.consumer(broker, "never-kept", **clients.LOOPING, **MERGED)
    consumer.incremental_assign([TopicPartition(*place, 0) for place in places])
    yield Input(consumer, lambda _: True, time.monotonic, ahead, set(places), set(places))
    consumer.close()


def said(messages: Sequence[Message]) -> list[Said]:
    """What counts of them."""
    return [((str(m.topic()), m.partition() or 0), m.offset() or 0, m.timestamp()[1]) for m in messages]


def taken(input_: Input, count: int) -> list[Said]:
    """So many records, in the order in which they are taken."""
    found, deadline = list[Said](), time.monotonic() + 60
    while len(found) < count:
        assert time.monotonic() < deadline, f"{len(found)} of {count} came"
        found += said(input_.take(SIZE, SECONDS))
    return found


def assert_contiguous(found: Sequence[Said]) -> None:
    """Each partition's records came once each, in its order."""
    places = {place for place, _, _ in found}
    offsets = {place: [offset for at, offset, _ in found if at == place] for place in places}
    assert offsets == {place: list(range(len(known))) for place, known in offsets.items()}


def inversions(found: Sequence[Said]) -> int:
    """How often something older comes next."""
    return sum(next_ < one for (_, _, one), (_, _, next_) in pairwise(found))


@pytest.mark.parametrize("held_bytes", [reading.HELD_BYTES, 60_000])
def test_a_backlog_comes_by_append_time_also_where_little_of_it_can_be_held(
    broker: str, monkeypatch: pytest.MonkeyPatch, held_bytes: int
) -> None:
    monkeypatch.setattr(reading, "HELD_BYTES", held_bytes)
    logs = [list(range(1, 20_001)), list(range(1, 20_001, 10)), list(range(5_000, 6_000)), [], [19_999]]
    with reader(broker, made(broker, logs)) as input_:
        found = taken(input_, sum(map(len, logs)))
        assert_contiguous(found)
        assert inversions(found) == 0
        assert (input_.take(SIZE, SECONDS), input_.unread) == ([], set())


def test_what_does_not_merge_takes_what_comes(broker: str) -> None:
    logs = [list(range(1, 2_001)), list(range(1, 2_001))]
    with reader(broker, made(broker, logs), None) as input_:
        found = taken(input_, 4_000)
        assert_contiguous(found)
        assert inversions(found) > 0


def test_what_is_read_ahead_counts_as_older_than_it_is(broker: str) -> None:
    who, what = made(broker, [[10, 2_000, 5_000]])[0], made(broker, [[1, 1_500, 3_500]])[0]
    with reader(broker, [who, what], lambda topic: 1_000 if topic == who[0] else 0) as input_:
        assert [moment for _, _, moment in taken(input_, 6)] == [10, 1, 2_000, 1_500, 3_500, 5_000]


def taken_at_once(input_: Input) -> list[Said]:
    """The next records, for which nobody's silence is waited."""
    while not (found := input_.take(SIZE, SECONDS)):
        pass
    return said(found)


def test_once_all_ends_were_reached_records_come_as_they_are_fetched(broker: str) -> None:
    one, other = made(broker, [[1, 3], [2, 4]])
    with reader(broker, [one, other]) as input_:
        taken(input_, 4)
        while input_.unread:
            assert input_.take(SIZE, SECONDS) == []
        send(broker, {one: [9]})
        assert taken_at_once(input_) == [(one, 2, 9)]
        send(broker, {other: [5]})
        assert taken_at_once(input_) == [(other, 2, 5)]


def test_a_partition_that_brings_nothing_is_not_waited_for_without_end_however_much_others_bring(broker: str) -> None:
    [place] = made(broker, [[1]])
    silent = ("test.whose-broker-is-away", 0)
    with reader(broker, [place]) as input_, sending(broker, place):
        input_.assigned.add(silent)
        input_.unread.add(silent)
        assert_contiguous(taken(input_, 100))
        assert input_.unread == {silent}


@contextmanager
def sending(broker: str, place: Partition) -> Iterator[None]:
    """Further records, one after the other."""
    producer = clients.producer(broker, **{"linger.ms": 0})

    def send_on(stopping: threading.Event) -> None:
        for moment in itertools.count(2):
            producer.produce(place[0], b"", partition=place[1], timestamp=moment)
            if stopping.wait(0.005):
                return

    with beside(send_on):
        yield
    assert producer.flush(30) == 0


def test_a_stage_decides_a_backlog_by_append_time(broker: str, tmp_path: Path) -> None:
    tiny, decided = Tiny(broker, tmp_path), list[int]()
    tiny.topic("out")
    one, other = tiny.topic("in1"), tiny.topic("in2", 2)
    send(broker, {(one, 0): range(1, 31, 3), (other, 0): range(2, 31, 3), (other, 1): range(3, 31, 3)})

    def deciding(arrivals: Arrivals) -> None:
        decided.extend(arrivals.appended_at)

    tiny.deciding = deciding
    with beside(tiny.run) as ended:
        tiny.wait_for(30)
    assert ended == []
    assert decided == list(range(1, 31))


def test_resolve_reads_who_people_are_a_day_ahead_of_what_is_told_of_them() -> None:
    assert [resolve.ahead(f"partner.csac.{family}") for family in ("identity", "aid", "contact")] == [86_400_000, 0, 0]
