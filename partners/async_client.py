"""The client for programs of asyncio: the same publisher, which waits in a thread of its own.

Confluent's own asynchronous producer sends no headers, and ours names the event by one.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from types import TracebackType
from typing import Self, TypeVar

from partners.client import BATCH, FAMILY_OF, Publisher, Report
from partners.rows import Row, to_row
from schemas_avro.masked import Event
from streams.access import Access

Answer = TypeVar("Answer")


class AsyncPublisher:
    """Publishes one partner's events; an asynchronous context manager, whose end waits until the broker has everything.

    While it waits for room or for the broker, the event loop goes on. Calls are carried out one after the other. One
    that is cancelled may still hand over the batch that it had begun; where the block ends by an error or is cancelled,
    what the broker does not have yet is let go of.

    Example:
        >>> async with AsyncPublisher("localhost:9092", "csac") as publisher:  # doctest: +SKIP
        ...     await publisher.publish(event)
    """

    def __init__(
        self, bootstrap: str, partner_id: str, *, timeout_seconds: float = 30.0, queued_messages: int = 100_000,
        access: Access | None = None, submission: str | None = None,
    ) -> None:  # fmt: skip
        """Make a publisher; arguments and errors are those of ``Publisher``."""
        self._publisher = Publisher(
            bootstrap, partner_id, timeout_seconds=timeout_seconds, queued_messages=queued_messages, access=access,
            submission=submission,
        )  # fmt: skip
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="publisher")

    @property
    def report(self) -> Report:
        """What became of what was handed over, as far as the broker has answered."""
        return self._publisher.report

    @property
    def submission(self) -> str:
        """Id by which the partner asks what became of all that is sent."""
        return self._publisher.submission

    async def __aenter__(self) -> Self:
        """Nothing to open: the producer connects by itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for what is under way; after an error, or where this is cancelled, let go of it."""
        del error, trace
        is_whole = False
        try:
            if kind is None:
                await self.flush()
                is_whole = True
        finally:
            if not is_whole:
                self._publisher.give_up()
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def publish(self, event: Event) -> None:
        """Hand over one event.

        Args:
            event: a model of ``schemas_avro.models.EVENTS``.

        Raises:
            PublishError: no room for longer than the time-out, or there is no such topic.
            RefusedEventError: as of ``Publisher``.
        """
        await self.publish_many([to_row(event)], FAMILY_OF[type(event)])

    async def publish_many(self, rows: Iterable[Row] | AsyncIterable[Row], family: str) -> None:
        """Hand over physical rows of one family; they are encoded in batches, so this is the fast way.

        Args:
            rows: as ``partners.rows.to_row`` makes them; kept in order per record. Where they come by a plain iterator,
                it is asked in the publisher's thread.
            family: of all the rows.

        Raises:
            KeyError: there is no such family.
            PublishError: no room for longer than the time-out, or there is no such topic.
            RefusedEventError: as of ``Publisher``.
        """
        if isinstance(rows, AsyncIterable):
            async for batch in _batches(rows):
                await self._in_thread(lambda batch=batch: self._publisher.publish_many(batch, family))  # type: ignore[misc]
            return
        source = iter(rows)
        while await self._in_thread(lambda: self._hand_over(source, family)):
            pass

    async def flush(self) -> None:
        """Wait until the broker has everything.

        Raises:
            PublishError: an event was not delivered, or the time-out has passed.
        """
        await self._in_thread(self._publisher.flush)

    async def require_topic(self, family: str) -> None:
        """Make sure that the broker answers and has the topic.

        Raises:
            PublishError: it does not; says what to do.
        """
        await self._in_thread(lambda: self._publisher.require_topic(family))

    def _hand_over(self, source: Iterator[Row], family: str) -> int:
        """The next batch; how many it was."""
        batch = list(islice(source, BATCH))
        self._publisher.publish_many(batch, family)
        return len(batch)

    async def _in_thread(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


async def _batches(rows: AsyncIterable[Row]) -> AsyncIterator[list[Row]]:
    """Rows as they come, so many at a time."""
    batch: list[Row] = []
    async for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
