"""Draining: a worker reads to the ends that its topics have, does what it has taken, and ends; one after the other.

Nothing but locks and committed offsets is asked, so it is all the same who started a worker, and how well it answers.
"""

import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

from deploy import processes
from deploy.checks import locked_by
from deploy.processes import Started
from deploy.stack import SERVE
from streams import clients, consent, resolve, signals, sink
from streams.errors import StoreLockedError, ThroughlineError
from streams.positions import batch_of, place_of
from streams.reading import is_end
from streams.stops import Stops
from streams.store import Partition, Store, path_of

POLL_SECONDS = 0.2
ANSWER_SECONDS = 10.0

State = Literal["drained", "not_running", "stopped", "behind", "not_ended", "ended_early", "not_sent", "started_again"]
FINE: tuple[State, ...] = ("drained", "not_running")


@dataclass(frozen=True)
class Way:
    """What makes a worker one that can be drained."""

    role: str
    lock: Path
    """What it holds locked, in the data directory."""
    group: str
    reads: Callable[[str], bool]
    """Topics that are to be read to their ends; none, where they are partners' and may wait."""
    numbers_batches: bool = False
    """Whether its group's offsets tell which batch was sent."""


def _none(topic: str) -> bool:
    del topic
    return False


WAYS = (
    Way(resolve.NAME, path_of(Path(), resolve.NAME), resolve.NAME, _none, numbers_batches=True),
    Way(consent.NAME, path_of(Path(), consent.NAME), consent.NAME, consent.inputs, numbers_batches=True),
    Way(signals.NAME, path_of(Path(), signals.NAME), signals.NAME, lambda topic: topic.startswith(signals.RELEASED)),
    Way(SERVE, Path("views", "case.duckdb"), sink.GROUP, lambda topic: topic.startswith(sink.READ)),
)
"""In the order of the way: who writes before who reads it."""


@dataclass(frozen=True)
class Drained:
    """How it went with one worker."""

    role: str
    state: State
    seconds: float
    process: int | None = None

    @property
    def is_fine(self) -> bool:
        """Whether nothing is left that it should have done."""
        return self.state in FINE

    @property
    def line(self) -> str:
        """What a person reads."""
        return {
            "drained": f"drained in {self.seconds:.1f} s",
            "not_running": "was not running, and nothing waits for it",
            "stopped": 'had stopped and has ended: see `throughline status`, and "When a worker stops" in '
            "docs/keep-it-running.md",
            "behind": f"has not read its topics to their ends{self._own}: start it where it does not run, see "
            "`throughline status`, then drain again",
            "not_ended": f"was told to end and has not yet{self._own}: see its log, then drain again",
            "ended_early": "ended before it had read its topics to their ends: see its log, start it, then drain again",
            "not_sent": "ended, and what it stored last is not sent: start it while Kafka answers, then drain again",
            "started_again": "was started again: have its supervisor leave a worker that ends with exit code 0, then "
            "drain again",
        }[self.state]

    @property
    def _own(self) -> str:
        return "" if self.process is None else f" (process {self.process})"


def drain(way: Way, data_dir: Path, bootstrap: str, deadline: float) -> Drained:
    """Drain one worker; done when it has ended, or at the deadline, a reading of ``time.monotonic``.

    Raises:
        ThroughlineError: the broker does not answer, or the process cannot be told from here.
    """
    began, worker = time.monotonic(), running(way, data_dir)

    def found(state: State) -> Drained:
        return Drained(way.role, state, time.monotonic() - began, None if worker is None else worker.pid)

    if worker is not None and _stands_still(way.role, data_dir, worker):
        return found("stopped" if _ends_in_time(worker, deadline) else "not_ended")
    try:
        with closing(_reader(bootstrap, way.group)) as reader:
            ends = _ends(bootstrap, way.reads)
            while not _is_level(reader, ends):
                if worker is None or time.monotonic() > deadline:
                    return found("behind")
                if not processes.is_running(worker):
                    return found("ended_early")
                time.sleep(POLL_SECONDS)
            if worker is not None and not _ends_in_time(worker, deadline):
                return found("not_ended")
            if way.numbers_batches and (state := _unsent(data_dir / way.lock, reader)):
                return found(state)
    except KafkaException as error:
        raise clients.away(error.args[0]) from error
    return found("not_running" if worker is None else "drained")


def _stands_still(role: str, data_dir: Path, worker: Started) -> bool:
    stop = Stops(role, data_dir).noted()
    return stop is not None and stop.process == worker.pid


def _ends_in_time(worker: Started, deadline: float) -> bool:
    processes.ask_to_end([worker])
    return not processes.wait([worker], max(0.0, deadline - time.monotonic()))


def running(way: Way, data_dir: Path) -> Started | None:
    """The process that holds the worker's lock, whoever started it.

    Raises:
        ThroughlineError: it cannot be told, or is not of this machine or container.
    """
    path = data_dir / way.lock
    if sys.platform != "linux":
        raise ThroughlineError("workers are found by their locks, on Linux only: send SIGTERM to each, resolve first")
    pid = locked_by(path) if path.exists() else None
    if pid is None:
        return None
    if pid <= 0:
        raise ThroughlineError(f"{path.name} is in use by a process of another container or machine: drain it there")
    return processes.of_pid(way.role, pid)


def _reader(bootstrap: str, group: str) -> Consumer:
    return clients.consumer(bootstrap, group, **{"enable.partition.eof": True})


def _ends(bootstrap: str, reads: Callable[[str], bool]) -> dict[Partition, int]:
    """Where topics end, with what is not committed yet: a transaction shows in one partition before another."""
    with closing(clients.consumer(bootstrap, "drain", **{"isolation.level": "read_uncommitted"})) as asking:
        topics = asking.list_topics(timeout=ANSWER_SECONDS).topics
        places = [(name, part) for name, topic in topics.items() if reads(name) for part in topic.partitions]
        return {p: int(asking.get_watermark_offsets(TopicPartition(*p), timeout=ANSWER_SECONDS)[1]) for p in places}


def _is_level(reader: Consumer, ends: dict[Partition, int]) -> bool:
    """Whether a group has nothing left to read before these ends; markers and what was aborted are nothing."""
    committed = reader.committed([TopicPartition(*place) for place in ends], ANSWER_SECONDS) if ends else []
    starts = [p for p in committed if p.offset < ends[p.topic, p.partition]]
    for start in starts:
        start.offset = max(start.offset, 0) or OFFSET_BEGINNING
    if not starts:
        return True
    reader.assign(starts)
    deadline, left = time.monotonic() + ANSWER_SECONDS, {(p.topic, p.partition) for p in starts}
    while left and time.monotonic() < deadline:
        for message in reader.consume(1, POLL_SECONDS):
            place = place_of(message)
            if message.error() is not None and not is_end(message):
                continue
            if int(message.offset() or 0) < ends[place]:
                return False
            left.discard(place)
    return not left


def _unsent(path: Path, group: Consumer) -> State | None:
    """Whether the store of a worker that has ended holds what was not sent; None: it was."""
    if not path.exists():
        return None
    try:
        with Store.open(path) as store:
            standing = store.take_over()
    except StoreLockedError:
        return "started_again"
    there = group.list_topics(timeout=ANSWER_SECONDS).topics
    places = [TopicPartition(*place) for place in standing.offsets if place[0] in there]
    committed = group.committed(places, ANSWER_SECONDS) if places else []
    return "not_sent" if batch_of(committed) < standing.batch else None
