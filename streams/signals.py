"""Worker signals: every recipient's releases in, its signals out, by Faust. What it decides is ``processors/signals``.

The order of effects, for every batch:

1. Take what has come, up to N events; drop what lies below the store's next offset of its partition.
2. Decide: a pure function from records and look-ups to changes and signals.
3. One store transaction: token and batch number compared; changes, next offsets, the signals *pending*.
4. Send the signals, and wait until the broker has each.
5. Acknowledge the events to Faust, which commits the group's offsets behind them.

A crash after 3 sends the pending signals again before anything else, a crash before 3 does the events again: the same
ids and versions, of which a view keeps one. What was sent is thus always what was stored: were it sent first, a batch
cut elsewhere after a crash could decide without the half that was sent. Faust's own tables and exactly_once have no
part in it (``docs/decisions/0005-faust.md``): an event is acknowledged last, so the group is never ahead of the store.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
from aiokafka.errors import KafkaError
from confluent_kafka import KafkaException
from faust.exceptions import FaustError
from pydantic import ValidationError

from processors import names
from processors.records import Arrival, Arrivals, Outs
from processors.signals import decide as signals
from processors.signals.calendar import Calendar
from processors.state import Changes, Working
from streams import clients, faust_app, layout, newer, positions, toml_file
from streams.errors import BROKER_AWAY, Stop, StoppedError, ThroughlineError, TransientError
from streams.forgetting import Forgetting
from streams.numbering import Numbering
from streams.pulse import Done, Pulse, Standing, unheard
from streams.settings import Settings
from streams.stage import appended, last_of, next_offsets
from streams.store import Store
from streams.telemetry import where
from streams.toml_file import NotTomlError
from streams.waiting import Waiting

log = structlog.get_logger()
NAME = "signals"
RELEASED = "released."
OWN = (RELEASED, "signals.")
"""How the names of topics begin that it reads or writes."""
DECISION_PAUSES = (0.1, 0.5, 2.0)
"""After each try of a decision that raises; then it is a bug that waiting does not mend."""
LOOK_SECONDS = 0.02
DISCOVER_SECONDS = 5.0
SEND_SECONDS = 7.0
AWAY = (TransientError, KafkaError, FaustError, KafkaException, OSError)
"""What may pass: the broker or the disk does not answer."""


def load_calendar(path: Path) -> Calendar:
    """The calendar of a file.

    Raises:
        ThroughlineError: there is none, or it is no calendar; names file and place.
    """
    try:
        return Calendar.model_validate(toml_file.read(path))
    except (OSError, NotTomlError) as error:
        raise ThroughlineError(f"{path.name} cannot be read as TOML: {error}; see THROUGHLINE_SIGNALS_FILE") from error
    except ValidationError as error:
        raise ThroughlineError(f"{path.name} is no calendar: {toml_file.faults_in(error)[0]}") from None


class Signals:
    """The worker over its store. ``run`` until told to stop."""

    def __init__(
        self, settings: Settings, bootstrap: str, store: Store,
        pulse: Pulse | None = None, told: Callable[[Done], None] = unheard,
    ) -> None:  # fmt: skip
        """Take over the store; ``told`` is told of every batch that is done.

        Raises:
            ThroughlineError: the calendar cannot be used.
        """
        self._settings, self._bootstrap, self._store = settings, bootstrap, store
        self._pulse, self._told = Pulse() if pulse is None else pulse, told
        self._app: faust_app.App | None = None
        self._context = signals.Context(load_calendar(settings.calendar))
        self._standing = store.take_over()
        self._numbering = Numbering(NAME, store)
        self._forgetting = Forgetting(NAME, store, lambda _: ["person"])
        self._partitions: dict[str, int] = {}
        """Of the topics that signals go to; such a number never changes."""
        self._is_unfinished = True
        """Whether there is more to do though nothing new has come: so at the start, where the calendar may be new."""

    def run(self, stopping: threading.Event) -> None:
        """Do batches until told to stop; the batch under way is finished.

        Raises:
            ThroughlineError: what no waiting mends.
        """
        asyncio.run(self._run(stopping))

    async def _run(self, stopping: threading.Event) -> None:
        stopped = asyncio.Event()
        watching = asyncio.create_task(_pass_on(stopping, stopped))
        try:
            await self._patiently(stopped)
        finally:
            watching.cancel()

    async def _patiently(self, stopped: asyncio.Event) -> None:
        """Follow what topics there are; what may pass is waited for, longer each time."""
        tries = 0
        while not stopped.is_set():
            self._pulse.turned()
            try:
                if topics := await asyncio.to_thread(self._find_topics):
                    await self._follow(topics, stopped)
                tries = 0
                await _pause(0 if topics else DISCOVER_SECONDS, stopped)
            except AWAY as error:
                await _pause(Waiting(NAME, self._pulse).says(_away(error), tries), stopped)
                tries += 1

    async def _follow(self, topics: Sequence[str], stopped: asyncio.Event) -> None:
        """Do batches of these topics, until told to stop or there are others: Faust follows no pattern."""
        ids = await asyncio.to_thread(positions.check, self._bootstrap, NAME, self._store, self._standing, topics)
        self._standing = replace(self._standing, topics={**self._standing.topics, **ids})
        app = faust_app.build(NAME, self._bootstrap, self._settings.data_dir, topics)
        reading = faust_app.reading(app, topics, self._settings.batch_records, stopped)
        async with reading as events, self._looking_for_others(topics) as found:
            if not stopped.is_set():
                await self._send(app)
            self._app = app
            self._pulse.follows(len(topics))
            self._forgetting.go_on()
            while not (stopped.is_set() or found.done()):
                self._pulse.turned()
                if app.crashed:
                    raise TransientError(BROKER_AWAY, f"Faust has stopped: {type(app.crash_reason).__name__}")
                await self._do_batch(app, events)

    @asynccontextmanager
    async def _looking_for_others(self, topics: Sequence[str]) -> AsyncIterator[asyncio.Task[None]]:
        """A task that is done when there are other topics than these."""

        async def look() -> None:
            found = list(topics)
            while found == topics:
                await asyncio.sleep(DISCOVER_SECONDS)
                found = await asyncio.to_thread(self._find_topics)

        task = asyncio.create_task(look())
        try:
            yield task
            if task.done():
                await task
        finally:
            task.cancel()

    def _find_topics(self) -> list[str]:
        """Recipients' topics that there are.

        Raises:
            StoppedError: a topic has another number of partitions than the settings say.
            TransientError: one has no topic for its signals, or another number of partitions there.
        """
        there = clients.admin(self._bootstrap).list_topics(timeout=10).topics
        layout.check({name: len(topic.partitions) for name, topic in there.items()}, self._settings, OWN)
        found = sorted(name for name in there if name.startswith(RELEASED))
        for name in found:
            own = names.signals_topic(name.removeprefix(RELEASED))
            if own not in there or len(there[own].partitions) != len(there[name].partitions):
                raise TransientError(f"no topic {own} like {name}: run `throughline topics create`")
            self._partitions[own] = len(there[own].partitions)
        self._pulse.answered()
        return found

    async def _do_batch(self, app: faust_app.App, events: asyncio.Queue[Any]) -> None:
        taken = await self._take(events)  # 1
        arrivals = self._new(taken)
        if arrivals or self._is_unfinished:
            began = time.monotonic()
            new = self._numbering.sift(arrivals)
            outs, changes = await self._decide(new.fresh)  # 2
            self._numbering.number(outs, self._partitions.__getitem__)
            changes |= self._numbering.changes(new)
            last = last_of(arrivals)
            moved = next_offsets(last)
            batch = self._store.commit(self._standing.token, self._standing.batch, changes, moved, outs)  # 3
            self._numbering.keep()
            offsets = {**self._standing.offsets, **moved}
            self._standing = replace(self._standing, batch=batch, offsets=offsets, pending=outs)
            await self._send(app)  # 4
            self._pulse.answered()
            if self._forgetting.is_waiting or signals.ERASED in changes:
                self._forgetting.go_on()
            seconds = time.monotonic() - began
            told = Done(len(arrivals), moved, appended(last), {}, len(outs), seconds=seconds)
            self._told(replace(told, repeats=new.repeats, missing=new.missing))
        for event in taken:  # 5
            event.ack()

    async def _take(self, events: asyncio.Queue[Any]) -> list[Any]:
        """Step 1. Never ``wait_for(get())``: cut off at the wrong moment it would lose what it has got."""
        if events.empty() and not self._is_unfinished:
            await asyncio.sleep(LOOK_SECONDS)
        elif not events.full():
            await asyncio.sleep(self._settings.linger_seconds)
        return [events.get_nowait() for _ in range(min(events.qsize(), self._settings.batch_records))]

    def _new(self, taken: Sequence[Any]) -> Arrivals:
        """What the store has not had: after a crash, and after every change of topics, Faust brings events again."""
        found, offsets = [], dict(self._standing.offsets)
        for message in (event.message for event in taken):
            place = (message.topic, message.partition)
            if message.offset >= offsets.get(place, 0):
                offsets[place] = message.offset + 1
                appended_at = int((message.timestamp or 0) * 1_000)
                found.append(Arrival(*place, message.offset, appended_at, message.key, message.value))
        return Arrivals.of(found)

    def standings(self) -> list[Standing]:
        """How far each partition is read, as Faust knows; for the loop's own thread."""
        return [] if self._app is None else faust_app.standings(self._app, dict(self._standing.offsets))

    async def _decide(self, arrivals: Arrivals) -> tuple[Outs, Changes]:
        """Step 2. No event is left out: where the decision raises again and again, the worker stops.

        Raises:
            StoppedError: it does, or a record is of a newer version.
        """
        newer.check_schemas(NAME, arrivals)
        for pause in DECISION_PAUSES:
            working = Working(self._store)
            try:
                outs = signals.decide(list(arrivals), working, self._context)
                self._is_unfinished = signals.is_unfinished(working)
            except ThroughlineError:
                raise
            except Exception as error:  # noqa: BLE001  # of a bug its type and place, then again
                log.error("decision_failed", stage=NAME, error=type(error).__name__, where=where(error))  # noqa: TRY400
                await asyncio.sleep(pause)
            else:
                return outs, working.changes()
        first = next((a.position for a in arrivals), "no record")
        line = f"signals cannot decide the batch from {first}: report this; nothing after it was decided"
        raise StoppedError(line, Stop.UNDECIDABLE)

    async def _send(self, app: faust_app.App) -> None:
        """Step 4, of what is pending.

        Raises:
            OSError: the broker did not take all of them in time.
            faust.exceptions.FaustError: the producer does not take one.
            aiokafka.errors.KafkaError: the broker does not.
        """
        async with asyncio.timeout(SEND_SECONDS):
            sent = [await faust_app.send(app, out) for out in self._standing.pending]
            await asyncio.gather(*sent)
        self._standing = replace(self._standing, pending=Outs())


def _away(error: Exception) -> TransientError:
    """What is waited for; of Faust's errors the type alone, since their texts quote what they were given."""
    if isinstance(error, TransientError):
        return error
    return (
        clients.trouble(error)
        if isinstance(error, KafkaException)
        else TransientError(BROKER_AWAY, type(error).__name__)
    )


async def _pass_on(stopping: threading.Event, stopped: asyncio.Event) -> None:
    """From the event that signals set to the one that tasks wait for."""
    while not stopping.is_set():  # noqa: ASYNC110  # no loop wakes on a threading.Event
        await asyncio.sleep(LOOK_SECONDS)
    stopped.set()


async def _pause(seconds: float, stopped: asyncio.Event) -> None:
    """Wait, or until told to stop."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stopped.wait(), seconds)
