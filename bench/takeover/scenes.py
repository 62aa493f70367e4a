"""Consent over a store that is filled with many persons, and resolve over as many records as it has really entered."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from confluent_kafka import OFFSET_END, Producer, TopicPartition

from bench import made_up
from bench.recovery.kills import Decided, Live
from bench.recovery.place import LOOK_SECONDS, Place, Worker, settings_of
from bench.takeover.turns import say
from deploy.agreements_folder import load_agreements
from deploy.commands.topics import activate_agreements, create_topics
from deploy.local_kafka import LocalKafka
from deploy.topic_reader import decoded
from partners import events
from processors import names
from streams import clients, consent, resolve
from streams.reading import usable
from streams.store import path_of

SECONDS = 120.0
AT_ONCE = 1_000


class _Scene:
    """What both have: workers, of which none may end by itself, and waiting."""

    role: str

    def __init__(self) -> None:
        self._held = ExitStack()
        self._workers: list[Worker] = []

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything."""
        for worker in self._workers:
            worker.kill()
        self._held.close()

    def until(self, done: Callable[[], bool], seconds: float = SECONDS) -> None:
        """Wait until something is so.

        Raises:
            RuntimeError: it is not so by then.
        """
        started = time.monotonic()
        while not done():
            if time.monotonic() - started > seconds:
                raise RuntimeError(f"{self.role} does not come to it")
            time.sleep(LOOK_SECONDS)


class ConsentScene(_Scene):
    """Over a store of many persons."""

    role = consent.NAME

    def __init__(self, folder: Path, persons: int, rate: int) -> None:
        """Of so many persons, with so many events a second."""
        super().__init__()
        self._place, self._rate = Place(folder, persons, say), rate
        self.data_dir = self._place.settings.data_dir

    def __enter__(self) -> Self:
        """Fill the store, and begin to send."""
        with ExitStack() as held:
            place = held.enter_context(self._place)
            place.store_path.rename(path_of(self.data_dir, f"{self.role}-a"))
            self._decided = held.enter_context(closing(Decided(place.bootstrap)))
            self._live = held.enter_context(Live(place, self._rate))
            self._held = held.pop_all()
        return self

    def start(self, instance: str) -> Worker:
        """Start a worker by its name."""
        self._workers.append(Worker(self._place, instance))
        return self._workers[-1]

    def sent(self) -> int:
        """How many events have been sent."""
        return self._live.sent

    def newest(self) -> int:
        """Highest number of those that were decided."""
        return self._decided.newest()

    def end(self) -> tuple[int, int]:
        """Send no more, and wait until all is decided."""
        self._live.stop()
        self.until(lambda: self.newest() >= self.sent() - 1)
        return self.sent() - len(self._decided.seen), self._decided.doubled


class ResolveScene(_Scene):
    """Over records that a partner has told of."""

    role = resolve.NAME

    def __init__(self, folder: Path, records: int, rate: int) -> None:
        """Of so many records, with so many events a second."""
        super().__init__()
        self.settings, self._folder = settings_of(folder), folder
        self.data_dir, self.rss_mb_max = self.settings.data_dir, 0.0
        self._records, self._rate = records, rate
        self._stopping, self._sent = threading.Event(), 0
        self._numbers: dict[str, int] = {}
        self._seen: dict[int, int] = {}

    def __enter__(self) -> Self:
        """Publish who there is, and begin to send what is told of them."""
        with ExitStack() as held:
            self.bootstrap = held.enter_context(LocalKafka(self._folder / "kafka")).bootstrap
            create_topics(self.bootstrap, self.settings)
            activate_agreements(self.bootstrap, load_agreements(self.settings.agreements))
            self._producer: Producer = clients.producer(self.bootstrap)
            for first in range(0, self._records, AT_ONCE):
                people = range(first, min(first + AT_ONCE, self._records))
                self._publish("identity", [made_up.identity(made_up.PARTNER, person) for person in people])
            # What consent has not done after half a second holds facts back.
            self._workers.append(Worker(self, role=consent.NAME))
            self._log = held.enter_context(closing(clients.consumer(self.bootstrap, "takeover")))
            self._log.assign([TopicPartition(names.RESOLVED_EVENTS, 0, OFFSET_END)])
            self._log.consume(1, 1.0)
            self._sender = threading.Thread(target=self._send)
            self._sender.start()
            held.callback(self._sender.join)
            held.callback(self._stopping.set)
            self._held = held.pop_all()
        return self

    def _publish(self, family: str, rows: Sequence[dict[str, Any]]) -> None:
        topic = names.partner_topic(made_up.PARTNER, family)
        for row, value in zip(rows, events.framed(family, rows), strict=True):
            while True:
                try:
                    self._producer.produce(topic, value, row["envelope"]["subject_token"].encode())
                    break
                except BufferError:
                    self._producer.poll(0.1)
        self._producer.flush()

    def _send(self) -> None:
        count = max(1, self._rate // 20)
        while not self._stopping.wait(count / self._rate):
            rows = [made_up.fact(n % self._records, f"live {n}") for n in range(self._sent, self._sent + count)]
            self._numbers |= {row["envelope"]["event_id"]: self._sent + n for n, row in enumerate(rows)}
            self._publish("enrollment", rows)
            self._sent += count

    def start(self, instance: str) -> Worker:
        """Start a worker by its name."""
        self._workers.append(Worker(self, instance, self.role))
        return self._workers[-1]

    def sent(self) -> int:
        """How many events have been sent."""
        return self._sent

    def newest(self) -> int:
        """Highest number of those that stand in the log."""
        messages = self._log.consume(1_000, 0.01)
        for read in decoded(list(clients.arrivals([m for m in messages if usable(m)]))):
            number = self._numbers.get(read.row.get("event_id", ""))
            if number is not None:
                self._seen[number] = self._seen.get(number, 0) + 1
        return max(self._seen, default=-1)

    def end(self) -> tuple[int, int]:
        """Send no more, and wait until all stands in the log."""
        self._stopping.set()
        self._sender.join()
        self.until(lambda: self.newest() >= self._sent - 1)
        return self._sent - len(self._seen), sum(times - 1 for times in self._seen.values())
