"""Faust as we have it: what is committed and nothing else, offsets that go on over gaps, a dead member replaced."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from aiokafka import codec
from confluent_kafka import TopicPartition
from confluent_kafka.cimpl import NewTopic

from processors.records import Out
from streams import clients, faust_app

pytestmark = pytest.mark.broker
SECONDS = 60


class Place:
    """A topic of one partition, and a group, of their own."""

    def __init__(self, bootstrap: str, folder: Path) -> None:
        self.bootstrap, self.folder, self.name = bootstrap, folder, f"faust-{uuid.uuid4().hex[:8]}"
        admin = clients.admin(bootstrap)
        admin.create_topics([NewTopic(self.name, 1, 1)])[self.name].result(30)

    def send(self, transactions: list[list[bytes]], *, abort: bool = False) -> None:
        """Records in transactions."""
        producer = clients.producer(self.bootstrap, self.name)
        producer.init_transactions(30)
        for values in transactions:
            producer.begin_transaction()
            for value in values:
                producer.produce(self.name, value, b"k")
            producer.flush()
            if abort:
                producer.abort_transaction(30)
            else:
                producer.commit_transaction(30)

    def committed(self) -> int:
        """Offset that the group has committed."""
        consumer = clients.consumer(self.bootstrap, self.name)
        found = consumer.committed([TopicPartition(self.name, 0)], 30)[0].offset
        consumer.close()
        return int(found)

    def follow(self, work: Callable[[faust_app.App, asyncio.Queue[Any]], Awaitable[None]]) -> None:
        """Run an app, and do this with what it reads."""

        async def run() -> None:
            app = faust_app.build(self.name, self.bootstrap, self.folder, [self.name])
            async with faust_app.reading(app, [self.name], 10_000, asyncio.Event()) as events:
                await work(app, events)

        asyncio.run(asyncio.wait_for(run(), SECONDS))


@pytest.fixture
def place(broker: str, tmp_path: Path) -> Place:
    """A topic and a group."""
    return Place(broker, tmp_path)


async def take(events: asyncio.Queue[Any], count: int, *, acknowledge: bool = True) -> list[bytes]:
    """Values of so many events."""
    taken = [await events.get() for _ in range(count)]
    for event in taken if acknowledge else ():
        event.ack()
    return [event.message.value for event in taken]


async def until(true: Callable[[], bool]) -> None:
    """Wait for something to come true."""
    while not await asyncio.to_thread(true):  # noqa: ASYNC110  # a broker sets no event
        await asyncio.sleep(0.02)


def test_what_was_aborted_is_never_read_and_the_group_moves_on_over_every_marker(place: Place) -> None:
    place.send([[b"a", b"b"]] * 3)
    place.send([[b"never"]] * 3, abort=True)
    place.send([[b"c"]] * 50)
    seen: list[bytes] = []

    async def work(app: faust_app.App, events: asyncio.Queue[Any]) -> None:
        del app
        seen.extend(await take(events, 56))

    place.follow(work)
    assert seen == [b"a", b"b"] * 3 + [b"c"] * 50
    last = 3 * 3 + 3 * 2 + 50 * 2 - 2
    assert place.committed() == last + 1


def test_the_codec_that_we_lend_opens_what_librdkafka_has_packed() -> None:
    """Every record above came packed in lz4; here a large one, of several blocks."""
    value = b"".join(n.to_bytes(4, "big") for n in range(200_000))
    assert codec.lz4_decode(pa.compress(value, "lz4", asbytes=True)) == value


def test_what_was_not_acknowledged_comes_again(place: Place) -> None:
    place.send([[b"a", b"b", b"c"]])
    seen: list[list[bytes]] = []

    async def work(app: faust_app.App, events: asyncio.Queue[Any]) -> None:
        del app
        seen.append(await take(events, 1))
        seen.append(await take(events, 2, acknowledge=False))

    async def again(app: faust_app.App, events: asyncio.Queue[Any]) -> None:
        del app
        seen.append(await take(events, 2))

    place.follow(work)
    place.follow(again)
    assert seen == [[b"a"], [b"b", b"c"], [b"b", b"c"]]


def test_a_commit_that_is_not_taken_is_made_when_it_can_be_though_nothing_new_comes(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.send([[b"a"]])
    refused: list[object] = []

    async def refuse(thread: object, offsets: object) -> bool:
        """As where the group's coordinator is away."""
        del thread
        refused.append(offsets)
        return False

    async def work(app: faust_app.App, events: asyncio.Queue[Any]) -> None:
        del app
        monkeypatch.setattr(faust_app._ConsumerThread, "_commit", refuse)  # noqa: SLF001
        await take(events, 1)
        await until(lambda: bool(refused))
        monkeypatch.undo()
        await until(lambda: place.committed() == 1)

    place.follow(work)


def test_a_member_that_died_is_replaced_at_once_not_after_its_session(place: Place) -> None:
    """By its static name; without it the new one waits for the old one's session, ten seconds here."""
    place.send([[b"a"]])
    waited: list[float] = []

    async def first(app: faust_app.App, events: asyncio.Queue[Any]) -> None:
        await take(events, 1, acknowledge=False)
        loop = asyncio.get_running_loop()
        second, started = faust_app.build(place.name, place.bootstrap, place.folder, [place.name]), loop.time()
        async with faust_app.reading(second, [place.name], 10, asyncio.Event()) as others:
            await take(others, 1)
        waited.append(loop.time() - started)
        del app

    place.follow(first)
    assert waited[0] < faust_app.SESSION_SECONDS


def test_a_record_goes_where_it_is_told_with_its_id_and_the_broker_says_so(place: Place) -> None:
    answers: list[Any] = []

    async def work(app: faust_app.App, events: asyncio.Queue[Any]) -> None:
        answers.append(await (await faust_app.send(app, Out(place.name, "key", b"value", "id-1", 0))))
        [event] = [await events.get()]
        answers.append((event.message.key, event.message.value, dict(event.message.headers)))

    place.follow(work)
    assert (answers[0].topic, answers[0].partition, answers[0].offset) == (place.name, 0, 0)
    assert answers[1] == (b"key", b"value", {"ce_id": b"id-1"})


def test_nothing_is_left_on_the_disk_and_no_topic_is_made(place: Place) -> None:
    before = set(clients.admin(place.bootstrap).list_topics(timeout=10).topics)

    async def work(app: faust_app.App, events: asyncio.Queue[Any]) -> None:
        del app, events

    place.follow(work)
    assert list(place.folder.iterdir()) == []
    made = set(clients.admin(place.bootstrap).list_topics(timeout=10).topics) - before
    assert made <= {"__consumer_offsets"}


def test_what_is_sent_counts_when_all_replicas_in_sync_have_it() -> None:
    assert faust_app.build("a", "localhost:9092", Path(), ["b"]).conf.producer_acks == faust_app.ALL_REPLICAS
