"""Draining: a worker reads to the ends that its topics have, does what it has taken, and ends; one after the other.

Nothing but locks and committed offsets is asked, so it is all the same who started a worker, and how well it answers.
Of several that stand by for one another, those that say that they stand by end first: else one of them would act.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

from deploy import named, processes
from deploy.checks import locked_by
from deploy.processes import Started
from deploy.scrape import see
from deploy.stack import SERVE
from streams import clients, consent, resolve, shared_signals, shared_sink, signals, sink
from streams.clients import place_of
from streams.errors import StoreLockedError, ThroughlineError
from streams.positions import batch_of
from streams.reading import is_end
from streams.settings import Settings
from streams.stops import Stops
from streams.store import Partition, Store, path_of

POLL_SECONDS = 0.2
ANSWER_SECONDS = 10.0

SINK = "sink"
State = Literal[
    "drained", "stood_by", "not_running", "stopped", "behind", "not_ended", "ended_early", "not_sent", "started_again"
]
FINE: tuple[State, ...] = ("drained", "stood_by", "not_running")
Groups = Mapping[str, int | None]
"""Groups that are to have read everything, and of which partition; none: of all."""


@dataclass(frozen=True)
class Way:
    """What makes a worker one that can be drained."""

    role: str
    lock: Path | None
    """What one without a name holds locked, in the data directory; None: each has a lock by its name."""
    group: str
    reads: Callable[[str], bool]
    """Topics that are to be read to their ends; none, where they are partners' and may wait."""
    numbers_batches: bool = False
    """Whether its group's offsets tell which batch was sent."""
    of_shares: Callable[[int], Groups] | None = None
    """Groups of workers that have names, by how many partitions there are; None: as of one without."""


def _none(topic: str) -> bool:
    del topic
    return False


def _views(topic: str) -> bool:
    return topic.startswith(sink.READ)


WAYS = (
    Way(resolve.NAME, path_of(Path(), resolve.NAME), resolve.NAME, _none, numbers_batches=True),
    Way(consent.NAME, path_of(Path(), consent.NAME), consent.NAME, consent.inputs, numbers_batches=True),
    Way(
        signals.NAME, path_of(Path(), signals.NAME), signals.NAME, shared_signals.inputs,
        of_shares=lambda shares: {shared_signals.stage_of(share): share for share in range(shares)},
    ),
    Way(SINK, None, shared_sink.GROUP, _views),
    Way(SERVE, Path("views", "case.duckdb"), sink.GROUP, _views),
)  # fmt: skip
"""In the order of the way: who writes before who reads it. Either sinks or ``serve`` write the views."""


def ways_of(chosen: Settings) -> list[Way]:
    """Those that there are by the settings."""
    without = SERVE if chosen.views_dsn is not None else SINK
    return [way for way in WAYS if way.role != without]


@dataclass(frozen=True)
class Drained:
    """How it went with one worker."""

    role: str
    """And its name, where it has one."""
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
            "stood_by": f"stood by, and has ended in {self.seconds:.1f} s",
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


@dataclass(frozen=True)
class Worker:
    """One that runs."""

    name: str
    lock: Path
    process: Started


def drain(way: Way, data_dir: Path, bootstrap: str, shares: int, deadline: float) -> Iterator[Drained]:
    """Drain the workers of a role; done when they have ended, or at the deadline.

    Args:
        way: the role's.
        data_dir: over which they run.
        bootstrap: address of the broker.
        shares: how many partitions recipients' topics have.
        deadline: a reading of ``time.monotonic``.

    Raises:
        ThroughlineError: the broker does not answer, or a process cannot be told from here.
    """
    workers = running(way, data_dir)
    standing_by = [one for one in workers if way.of_shares is None and _stands_by(one, data_dir)]
    stood_by = list(_ended(standing_by, "stood_by", deadline))
    yield from stood_by
    if not all(one.is_fine for one in stood_by):  # it would act, once the one that acts has ended
        return
    acting = [one for one in workers if one not in standing_by]
    try:
        yield from _drained(way, data_dir, bootstrap, acting, _groups(way, data_dir, acting, shares), deadline)
    except KafkaException as error:
        raise clients.away(error.args[0]) from error


def _groups(way: Way, data_dir: Path, workers: Sequence[Worker], shares: int) -> Groups:
    """Groups that are to have read everything: those of the workers that run, else of those that ran last."""
    is_named = [one.name != way.role for one in workers] or [bool(named.names(data_dir, way.role))]
    return way.of_shares(shares) if way.of_shares is not None and all(is_named) else {way.group: None}


def _drained(
    way: Way, data_dir: Path, bootstrap: str, workers: Sequence[Worker], groups: Groups, deadline: float
) -> Iterator[Drained]:  # fmt: skip
    """Those that act: one, or all that share what there is to read, which together have it read."""
    began = time.monotonic()

    def found(state: State) -> Iterator[Drained]:
        seconds = time.monotonic() - began
        told = (Drained(one.name, state, seconds, one.process.pid) for one in workers)
        return told if workers else iter([Drained(way.role, state, seconds)])

    if still := [one for one in workers if _stands_still(one, data_dir)]:
        yield from _ended(still, "stopped", deadline)
        return
    ends = _ends(bootstrap, way.reads)
    for group, partition in groups.items():
        mine = {place: end for place, end in ends.items() if partition in {None, place[1]}}
        with closing(_reader(bootstrap, group)) as reader:
            while not _is_level(reader, mine):
                if not workers or time.monotonic() > deadline:
                    yield from found("behind")
                    return
                if not any(processes.is_running(one.process) for one in workers):
                    yield from found("ended_early")
                    return
                time.sleep(POLL_SECONDS)
    told = list(_ended(workers, "drained", deadline, began)) or list(found("not_running"))
    if way.numbers_batches and all(one.is_fine for one in told):
        told = [_sent(one, way, data_dir, bootstrap) for one in told]
    yield from told


def _sent(told: Drained, way: Way, data_dir: Path, bootstrap: str) -> Drained:
    """The same, but where the store of a worker that has ended holds what was not sent."""
    with closing(_reader(bootstrap, way.group)) as group:
        return replace(told, state=_unsent(path_of(data_dir, told.role), group) or told.state)


def _ended(workers: Sequence[Worker], state: State, deadline: float, began: float | None = None) -> Iterator[Drained]:
    """End some of them, all at once."""
    began = time.monotonic() if began is None else began
    processes.ask_to_end([one.process for one in workers])
    for one in workers:
        left = processes.wait([one.process], max(0.0, deadline - time.monotonic()))
        yield Drained(one.name, "not_ended" if left else state, time.monotonic() - began, one.process.pid)


def _stands_still(worker: Worker, data_dir: Path) -> bool:
    stop = Stops(worker.name, data_dir).noted()
    return stop is not None and stop.process == worker.process.pid


def _stands_by(worker: Worker, data_dir: Path) -> bool:
    """Whether it says so; of one that does not answer it cannot be known, and it is taken for one that acts."""
    return any(sample.value == 0 for sample in see(worker.name, data_dir).of("throughline_acting"))


def running(way: Way, data_dir: Path) -> list[Worker]:
    """The processes that hold the locks of a role's workers, whoever started them.

    Raises:
        ThroughlineError: they cannot be told, or one is not of this machine or container.
    """
    if sys.platform != "linux":
        raise ThroughlineError("workers are found by their locks, on Linux only: send SIGTERM to each, resolve first")
    locks = {name: named.lock_of(data_dir, name) for name in named.names(data_dir, way.role)}
    if way.lock is not None:
        locks[way.role] = data_dir / way.lock
    found = ((name, path, _holder(name, path)) for name, path in locks.items())
    return [Worker(name, path, process) for name, path, process in found if process is not None]


def _holder(name: str, path: Path) -> Started | None:
    pid = locked_by(path) if path.exists() else None
    if pid is None:
        return None
    if pid <= 0:
        raise ThroughlineError(f"{path.name} is in use by a process of another container or machine: drain it there")
    return processes.of_pid(name, pid)


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
