"""Faust, cut to what it is good at here: following topics as a group, handing out events, sending records.

No tables, no web server, no topics of its own, no exactly_once (it loses records, ``docs/decisions``). Some of its ways
are changed, each for a reason found in its source and held by a test in ``tests/streams/test_faust_app.py``.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import faust
import pyarrow as pa
from aiokafka import codec
from faust.transport.drivers import aiokafka
from faust.types import TP
from faust.types.auth import CredentialsT

from processors.records import Out
from streams.access import Access, of_environment
from streams.pulse import Standing
from streams.store import Partition

COMMIT_SECONDS = 0.5
COMMIT_MOST_SECONDS = 2.0
CLOSE_MOST_SECONDS = 5.0
SESSION_SECONDS = 10.0
ALL_REPLICAS = -1
"""How aiokafka calls it: those that are in sync, of which there have to be enough."""


class _Lz4:
    """Opens lz4, as our producers pack: aiokafka asks another library, which would be one more dependency."""

    @staticmethod
    def decompress(packed: Any) -> bytes:
        """One frame."""
        opened: bytes = pa.CompressedInputStream(pa.BufferReader(packed), "lz4").read()
        return opened


class _Codecs:
    lz4 = _Lz4


if codec.cramjam is None:
    codec.cramjam = _Codecs


class _ConsumerThread(aiokafka.AIOKafkaConsumerThread):
    """Reads what is committed; Faust does so only in its exactly_once. A commit takes no longer than it may."""

    def _create_worker_consumer(self, transport: aiokafka.Transport) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"  # noqa: SLF001  # read when it starts; no setting leads there
        return consumer

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Commit, or leave it: aiokafka asks for its coordinator for ever, and Faust does not stop before it has it.

        A group that stays behind its store does no harm: what Faust then brings again, the store has had.
        """
        try:
            async with asyncio.timeout(COMMIT_MOST_SECONDS):
                return bool(await super()._commit(offsets))
        except TimeoutError:
            return False

    async def on_thread_stop(self) -> None:
        """Close the client also where a fetch is waiting to try again: its being cancelled ends aiokafka's own closing.

        The error would end the thread without a word, and Faust would wait for it for its whole time-out.
        """
        with suppress(TimeoutError, asyncio.CancelledError):
            async with asyncio.timeout(CLOSE_MOST_SECONDS):
                await super().on_thread_stop()
            return
        if self._consumer is not None:
            await self._consumer._client.close()  # noqa: SLF001  # the last step of its ``stop``


class _Consumer(aiokafka.Consumer):
    """Commits up to the last record acknowledged: we acknowledge whole batches, in their order.

    Faust's own count of gaps comes to a stop where a transaction's marker stands between records (its issue 606).
    """

    def _new_consumer_thread(self) -> aiokafka.AIOKafkaConsumerThread:
        return _ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def _new_offset(self, tp: TP) -> int | None:
        acknowledged = self._acked.pop(tp, [])
        self._acked_index.pop(tp, None)
        return max(acknowledged) + 1 if acknowledged else None

    async def _commit_offsets(self, offsets: Mapping[TP, int], *more: Any, **named: Any) -> bool:
        """Commit; what is not taken is tried again, as Faust does only where something new has come."""
        before = {place: self._committed_offset[place] for place in offsets}
        is_done = bool(await super()._commit_offsets(offsets, *more, **named))
        if not is_done:
            self._committed_offset.update(before)
            for place, offset in offsets.items():
                self._acked[place].append(offset - 1)
        return is_done

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        del tp, offset_from, offset_to


class _Producer(aiokafka.Producer):
    """Stops also while the broker is away, with what it could not send left: the store holds it as pending."""

    async def flush(self) -> None:
        """Wait for what is under way, as long as that may take."""
        with suppress(TimeoutError):
            async with asyncio.timeout(COMMIT_MOST_SECONDS):
                await super().flush()

    async def on_stop(self) -> None:
        """Close the client, which else would try to send for ever."""
        client = self._producer
        with suppress(TimeoutError):
            async with asyncio.timeout(COMMIT_MOST_SECONDS):
                await super().on_stop()
            return
        if client is not None:
            await client._sender.close()  # noqa: SLF001  # the last steps of its ``stop``
            await client.client.close()


class _Transport(aiokafka.Transport):
    Consumer = _Consumer
    Producer = _Producer


class App(faust.App):
    """A Faust app that leaves no folders behind, over a consumer that reads and commits as ours do."""

    def _new_transport(self) -> Any:
        return _Transport(self.conf.broker_consumer, self)

    def _create_directories(self) -> None:
        """None: there are no tables."""


def build(name: str, bootstrap: str, folder: Path, topics: Sequence[str]) -> App:
    """An app that is its group's only member: one that was killed is replaced at once, not after its session.

    That is by its static name, in which the topics are: Kafka gives a static member that comes back the partitions that
    it had, whatever else it follows now.
    """
    own_name = f"{name}-{hashlib.sha256(' '.join(topics).encode()).hexdigest()[:8]}"
    return App(
        name,
        broker=[f"kafka://{address}" for address in bootstrap.split(",")],
        broker_credentials=_credentials(of_environment()),
        autodiscover=False,
        datadir=folder,
        processing_guarantee="at_least_once",
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=own_name,
        broker_session_timeout=SESSION_SECONDS,
        broker_heartbeat_interval=SESSION_SECONDS / 4,
        broker_commit_interval=COMMIT_SECONDS,
        producer_acks=ALL_REPLICAS,
        stream_wait_empty=False,  # else it would wait for ever, at its end, for events that it has only handed over
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        web_enabled=False,
        key_serializer="raw",
        value_serializer="raw",
    )


def _credentials(access: Access) -> CredentialsT | None:
    """Whom Faust connects as."""
    said, tls = access.for_aiokafka(), access.tls()
    if "sasl_mechanism" in said:
        return faust.SASLCredentials(
            username=said["sasl_plain_username"],
            password=said["sasl_plain_password"],
            mechanism=said["sasl_mechanism"],
            ssl_context=tls,
        )
    return None if tls is None else faust.SSLCredentials(tls)


@asynccontextmanager
async def reading(
    app: App, topics: Sequence[str], most: int, stopped: asyncio.Event
) -> AsyncIterator[asyncio.Queue[Any]]:
    """Run the app, whose agent does nothing but hand events over, so many at a time: one that raised would lose them.

    Every event is to be acknowledged by whoever takes it, in the order of the queue.

    Raises:
        Exception: whatever the app could not start for.
    """
    events: asyncio.Queue[Any] = asyncio.Queue(most)

    async def read(stream: Any) -> None:
        async for event in stream.noack().events():
            await events.put(event)

    channel = app.topic(*topics, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
    app.agent(channel, concurrency=1)(read)
    tasks = starting, ending = asyncio.create_task(app.start()), asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            await starting
        yield events
    finally:
        starting.cancel()
        ending.cancel()
        await app.stop()


async def send(app: App, out: Out) -> Awaitable[Any]:
    """Hand a record to the producer; what comes back is done when the broker has it.

    Raises:
        faust.exceptions.FaustError: the producer does not take it.
    """
    headers = {"ce_id": out.id.encode(), **out.headers}
    sent: Awaitable[Any] = await app.producer.send(
        out.topic, out.key.encode(), out.value, out.partition, None, list(headers.items())
    )
    return sent


def standings(app: App, offsets: Mapping[Partition, int]) -> list[Standing]:
    """How far partitions are read, by the ends of the last fetch; where reading has not begun they are left out."""
    found = []
    for place, next_ in offsets.items():
        with suppress(Exception):  # not assigned yet or any more, or the client is just being closed
            end = app.consumer.highwater(TP(*place))
            found.append(Standing(place, next_, next_, int(end)))
    return found
