"""The same way over a real Apache Kafka: stages, signals and sink in threads, real stores, real views."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson
from confluent_kafka import Consumer, IsolationLevel, Producer, TopicPartition
from confluent_kafka.admin import OffsetSpec

from deploy.agreements_folder import load_agreements
from deploy.commands.topics import activate_agreements, create_topics
from deploy.commands.worker import run_signals, run_stage
from deploy.stack import WORKERS
from deploy.topic_reader import TopicReader
from processors import names
from processors.records import Arrival
from sinks.case_views import CaseViews
from sinks.questions import Questions
from streams import clients, consent, resolve, signals
from streams.settings import Settings
from streams.sink import Sink
from streams.stops import Stops
from support.brokers import fresh_broker
from support.calendars import around, to_toml
from support.events import Message
from support.worlds import Row, World

SETTLE_SECONDS = 40.0
PARTITIONS = {"THROUGHLINE_RELEASED_PARTITIONS": "2", "THROUGHLINE_PARTNER_PARTITIONS": "2"}
"""What a command over a world needs to be told."""
LOG = TopicPartition(names.RESOLVED_EVENTS, 0)


class KafkaWorld(World):
    """A broker of its own in a folder; a context manager that starts and ends it all."""

    settle_seconds = SETTLE_SECONDS

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held = ExitStack()
        self._stopping = threading.Event()
        self._stages = ExitStack()
        self._failed: list[BaseException] = []
        self._sent: set[str] = set()
        self._erasures: set[str] = set()
        self.topics: dict[str, list[Arrival]] = defaultdict(list)

    def __enter__(self) -> Self:
        """Start broker, topics, stages and sink."""
        with ExitStack() as held:
            address = held.enter_context(fresh_broker(self._folder / "kafka"))
            chosen = Settings(
                bootstrap=address,
                data_dir=self._folder / "data",
                released_partitions=2,
                partner_partitions=2,
                signals_file=self._folder / "calendar.toml",
            )
            chosen.calendar.write_text(to_toml(around(datetime.now(UTC).date())))
            self.settings = chosen
            create_topics(address, chosen)
            activate_agreements(address, load_agreements(chosen.agreements))
            self._producer: Producer = clients.producer(address)
            self._admin = clients.admin(address)
            self._group = held.enter_context(closing(committed_by(address, consent.NAME)))
            self._signals_group = held.enter_context(closing(clients.consumer(address, signals.NAME)))
            self._reader = held.enter_context(closing(TopicReader(address, _is_output)))
            views = held.enter_context(closing(CaseViews.open(self._folder / "views.duckdb")))
            self._views, self._questions = views, Questions(views)
            held.callback(self.stop)
            self.go_on()
            self._start(held, lambda: run_signals(chosen, address, self._stopping))
            self._start(held, lambda: Sink(address, views, _unheard).run(self._stopping))
            held.callback(self._stopping.set)
            self._held = held.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the threads, then the broker."""
        self._held.close()

    def go_on(self) -> None:
        """Start resolve and consent, where they were stopped."""
        self.stop()
        stopping, chosen = threading.Event(), self.settings
        for role in (resolve.NAME, consent.NAME):
            self._start(self._stages, lambda r=role: run_stage(r, chosen, str(chosen.bootstrap), stopping))  # type: ignore[misc]
        self._stages.callback(stopping.set)

    def stop(self) -> None:
        """Stop resolve and consent."""
        self._stages.close()

    def _start(self, held: ExitStack, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001  # raised again where the test waits
                self._failed.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        held.callback(thread.join, 30)

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: dict[str, bytes] | None = None) -> None:
        """One record onto an input topic."""
        id_ = (headers or {})["ce_id"].decode()
        (self._erasures if topic == names.ERASURES else self._sent).add(id_)
        self._producer.produce(topic, value, key, headers=list((headers or {}).items()))

    def publish_all(self, *messages: Message) -> None:
        """Partner events, and wait until each has ended."""
        for sent in messages:
            self.send(*sent)
        self.settle()

    def wait_for(self, event_id: str) -> Self:
        """Wait until an event that somebody else sent has ended."""
        self._sent.add(event_id)
        return self.settle()

    def settle(self) -> Self:
        """Wait until every event has an outcome, consent is at the end of the log, and the views hold all of it."""
        assert self._producer.flush(self.settle_seconds) == 0
        self._wait(lambda: self._sent <= self.outcomes().keys())
        self._wait(lambda: not self._erasures or self._erasures <= self._erased())
        self._wait(lambda: self._group.committed([LOG], 5)[0].offset >= self._ends()[LOG.topic, 0])
        self._wait(self._no_transaction_is_open)
        self._wait(self._signals_are_level)
        self._wait(self._no_transaction_is_open)
        self._wait(self._views_are_full)
        return self

    def _erased(self) -> set[str]:
        """Erasures that the log tells of."""
        return {row["erasure_id"] for row in self.rows(names.RESOLVED_EVENTS) if row["schema"] == "person_erased"}

    def _no_transaction_is_open(self) -> bool:
        """Of one transaction a partition may show its records before another does: whose marker is still to come."""
        topics = self._admin.list_topics(timeout=10).topics
        asked = {
            TopicPartition(name, part): OffsetSpec.latest()
            for name, topic in topics.items()
            if name.startswith(("released.", "signals."))
            for part in topic.partitions
        }
        committed, all_there = (
            {
                place: future.result().offset
                for place, future in self._admin.list_offsets(asked, isolation_level=level).items()
            }
            for level in (IsolationLevel.READ_COMMITTED, IsolationLevel.READ_UNCOMMITTED)
        )
        return committed == all_there

    def _signals_are_level(self) -> bool:
        ends = self._ends_of("released.")
        committed = self._signals_group.committed([TopicPartition(*place) for place in ends], 5)
        return all(p.offset >= ends[p.topic, p.partition] for p in committed)

    def _views_are_full(self) -> bool:
        known = self._views.offsets()
        return all(known.get(place, 0) >= end for place, end in self._ends_of("released.", "signals.").items())

    def _ends_of(self, *beginnings: str) -> dict[tuple[str, int], int]:
        return {place: end for place, end in self._ends().items() if place[0].startswith(beginnings)}

    def _ends(self) -> dict[tuple[str, int], int]:
        """The offset behind the last record of each partition."""
        return {(a.topic, a.partition): a.offset + 1 for arrivals in self.topics.values() for a in arrivals}

    def _wait(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + self.settle_seconds
        while True:
            if self._failed:
                raise self._failed[0]
            stops = [Stops(role, self.settings.data_dir).noted() for role in WORKERS]
            assert stops == [None] * len(WORKERS)
            for arrival in self._reader.arrivals():
                self.topics[arrival.topic].append(arrival)
            if done():
                return
            assert time.monotonic() < deadline, "the stages did not settle"
            time.sleep(0.02)

    def view(self, recipient: str) -> dict[tuple[str, str], Row]:
        """What stands in a recipient's view, by person and event."""
        rows = [row for row in self._rows(recipient) if row["state"] == "released"]
        return {(r["person_id"], r["event_id"]): {"release": r, "body": orjson.loads(r["body"])} for r in rows}

    def signals(self, recipient: str) -> list[Row]:
        """Signals to a recipient that are raised, as the portal would ask for them."""
        persons = sorted({row["person_id"] for row in self._rows(recipient)})
        return [asdict(signal) for signal in self._questions.signals(recipient, persons)]

    def _rows(self, recipient: str) -> list[Row]:
        """Every row of a recipient's releases, those that were taken back too."""
        with self._views.cursor() as cursor:
            answer = cursor.execute("SELECT * FROM release_row WHERE recipient = ?", [recipient])
            columns = [column[0] for column in answer.description or ()]
            return [dict(zip(columns, values, strict=True)) for values in answer.fetchall()]


def committed_by(address: str, group: str) -> Consumer:
    """Who can be asked what a group has committed, also while a transaction that a killed worker left is open."""
    return clients.consumer(address, group, **{"isolation.level": "read_uncommitted"})


def _is_output(topic: str) -> bool:
    return not topic.startswith(("partner.", "control."))


def _unheard(*_: object) -> None:
    """Nobody is told of what the sink wrote; the view is asked."""
