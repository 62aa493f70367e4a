"""The asynchronous client, against a real Apache Kafka: it waits without holding the loop up, and can be cancelled."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator

import pytest

import partners
from deploy.local_kafka import LocalKafka
from partners import AsyncPublisher, Publisher, PublishError, RefusedEventError
from partners.rows import Row
from tests.partners.test_client import NOWHERE, arrived, enrollment, partner, rows, topics

__all__ = ["partner"]
LATEST_SECONDS = 60.0
"""Within which what is cancelled has ended; far below the time-out that it would wait for otherwise."""


async def ticks(while_running: "asyncio.Task[None]") -> int:
    """How often the loop comes round while a task is under way."""
    count = 0
    while not while_running.done():
        await asyncio.sleep(0.01)
        count += 1
    return count


def no_thread_is_left() -> bool:
    """Whether publishers' threads have ended, soon."""
    deadline = time.monotonic() + LATEST_SECONDS
    while any(thread.name.startswith("publisher") for thread in threading.enumerate()):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@pytest.mark.broker
def test_events_rows_and_streams_of_rows_all_arrive_in_order(broker: str, partner: str) -> None:
    sent = rows(partner, 2_500)

    async def streamed() -> AsyncIterator[Row]:
        for row in sent[1_250:]:
            yield row

    async def publish() -> list[str]:
        async with AsyncPublisher(broker, partner) as publisher:
            await publisher.require_topic("enrollment")
            await publisher.publish(enrollment(partner, 9_999, "alone"))
            await publisher.publish_many(iter(sent[:1_250]), "enrollment")
            await publisher.publish_many(streamed(), "enrollment")
        return publisher.report.acknowledged

    ids = [row["envelope"]["event_id"] for row in sent]
    assert sorted(asyncio.run(publish())) == sorted([*ids, enrollment(partner, 9_999).envelope.event_id])
    found = arrived(broker, f"partner.{partner}.enrollment", len(sent) + 1)
    of_one = [dict(message.headers() or [])["ce_id"] for message in found if message.key() == b"t-7"]
    assert of_one == [ids[number].encode() for number in (7, 1_007, 2_007)]


@pytest.mark.broker
def test_a_full_queue_makes_it_wait_while_the_loop_goes_on_and_nothing_is_lost(
    broker: str, partner: str
) -> None:  # fmt: skip
    async def publish() -> tuple[int, int]:
        async with AsyncPublisher(broker, partner, queued_messages=200) as publisher:
            task = asyncio.create_task(publisher.publish_many(rows(partner, 2_000), "enrollment"))
            count = await ticks(task)
            await task
        return count, len(set(publisher.report.acknowledged))

    count, acknowledged = asyncio.run(publish())
    assert acknowledged == 2_000
    assert count > 3


def test_where_the_broker_is_away_it_says_so_and_the_loop_goes_on() -> None:
    async def publish() -> None:
        async with AsyncPublisher(NOWHERE, "csac", timeout_seconds=0.5) as publisher:
            await publisher.publish(enrollment("csac", 1))

    async def watched() -> int:
        task = asyncio.create_task(publish())
        count = await ticks(task)
        with pytest.raises(PublishError, match=r"the broker at 127\.0\.0\.1:9 does not answer; see that it is up"):
            await task
        return count

    assert asyncio.run(watched()) > 3
    assert no_thread_is_left()


def test_an_event_that_must_not_be_sent_is_refused_as_by_the_other_publisher() -> None:
    async def publish() -> None:
        async with AsyncPublisher(NOWHERE, "csac") as publisher:
            await publisher.publish(enrollment("ccc", 1))

    with pytest.raises(RefusedEventError, match="names another partner"):
        asyncio.run(publish())


@pytest.mark.parametrize("queued", [10, 100_000])
def test_cancelled_while_it_waits_for_room_or_for_the_broker_it_ends_at_once(queued: int) -> None:
    async def publish() -> None:
        async with AsyncPublisher(NOWHERE, "csac", timeout_seconds=600, queued_messages=queued) as publisher:
            await publisher.publish_many(rows("csac", 2_000), "enrollment")

    async def cancelled() -> None:
        task = asyncio.create_task(publish())
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    began = time.monotonic()
    asyncio.run(cancelled())
    assert no_thread_is_left()
    assert time.monotonic() - began < LATEST_SECONDS


def test_an_error_of_the_programs_own_lets_go_of_what_is_under_way() -> None:
    async def publish() -> None:
        async with AsyncPublisher(NOWHERE, "csac", timeout_seconds=600) as publisher:
            await publisher.publish(enrollment("csac", 1))
            raise LookupError

    began = time.monotonic()
    with pytest.raises(LookupError):
        asyncio.run(publish())
    assert no_thread_is_left()
    assert time.monotonic() - began < LATEST_SECONDS


@pytest.mark.broker
def test_what_is_published_while_the_broker_is_down_is_sent_again_once_it_is_back(own_broker: LocalKafka) -> None:
    with topics(own_broker.bootstrap, {"partner.p.enrollment"}):
        with Publisher(own_broker.bootstrap, "p") as publisher:
            publisher.publish_many(rows("p", 100), "enrollment")
            own_broker.kill()
            publisher.publish_many(rows("p", 200)[100:], "enrollment")
            own_broker.start()
        found = arrived(own_broker.bootstrap, "partner.p.enrollment", 200)
        ids = [dict(message.headers() or [])["ce_id"] for message in found]
        assert len(publisher.report.acknowledged) == len(found) == len(set(ids)) == 200


def test_reading_files_alone_loads_no_kafka_client() -> None:
    program = "import sys, partners, partners.rows; sys.exit('confluent_kafka' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    assert set(partners.__all__) == {"AsyncPublisher", "PublishError", "Publisher", "RefusedEventError", "Report"}
    with pytest.raises(AttributeError, match="has no attribute 'Publishr'"):
        partners.Publishr  # noqa: B018
