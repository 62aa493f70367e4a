"""The exactly-once stage.

Its five effects, in this order, for every batch:

1. Read up to N records, ``read_committed``; drop what was taken before, by its number.
2. Decide: a pure function from records and look-ups to state changes and records to send.
3. One store transaction: token and batch number compared; changes, next offsets, batch number + 1, records *pending*.
4. One Kafka transaction: the pending records, and the offsets with the batch number as their metadata.
5. The next batch replaces the pending records; its step 3 waits for a known step 4.

Step 4 goes on beside steps 1 and 2 of the next batch, which read only what step 3 has made durable.

The proof of exactly-once is the store; Kafka's transaction spares readers the duplicates. After a crash anywhere, the
store's batch number is compared with the committed metadata: where it is ahead, pending is published again. A worker is
its stage's only active one: the store's lock says so, and the token in it makes a late one's commit fail.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

import structlog
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from processors.consent.chain import Reached
from processors.records import Arrival, Arrivals, Outs
from processors.state import Changes, Named, Working
from streams import changelog, clients, positions, sending
from streams.errors import REBUILD, Stop, StoppedError, ThroughlineError, TransientError, TurnLostError
from streams.numbering import Numbering
from streams.ports import REAL, Answer, Ports
from streams.pulse import Done, Progress, Pulse, Standing, nothing
from streams.reading import ENDS, MERGED, Ahead, Input
from streams.store import Partition, Store
from streams.waiting import Waiting

log = structlog.get_logger()
T = TypeVar("T")
INTERNAL_ERRORS_IN_A_ROW = 100
DISCOVER_SECONDS = 2.0
SETTLE_SECONDS = 30.0
LARGE = {"message.max.bytes": changelog.MAX_MESSAGE_BYTES}
NOT_CONFIRMED = (KafkaException, BufferError, TimeoutError)

Decide = Callable[[Arrivals, Working], Outs]


class Keys(Protocol):
    """Keys that a decision may have made."""

    def flush(self) -> None:
        """Make them durable, before anything that is sealed with them leaves."""


def _never() -> bool:
    return False


def _whatever(there: Mapping[str, int]) -> None:
    del there


@dataclass(frozen=True)
class Turn:
    """That a stage acts by a lease, while others stand by."""

    owner: str
    """Whose turn: no two turns have the same."""
    topic: str
    """Where those who stand by are told of all changes."""
    topic_id: str
    """Kafka's id of it."""
    place: changelog.Place
    """Where who stops acting follows on."""
    is_lost: Callable[[], bool] = _never
    """Whether another is known to have the lease."""


@dataclass(frozen=True)
class StageParts:
    """What makes a stage this one."""

    name: str
    """Consumer group and transactional id too: static, so that a successor settles what its predecessor left."""
    first: Callable[[str], bool]
    """Topics that are read before all others: first to their end, then whenever they have something."""
    inputs: Callable[[str], bool]
    """Topics that are read, those of ``first`` among them."""
    decide: Decide
    reject: Callable[[Arrival, Working], Outs]
    """Dead letter of a record on which the decision raised."""
    held_back: Callable[[], bool] = _never
    """Whether to read only what is first for now."""
    ahead: Ahead | None = None
    """How what is not first is merged by append time while the stage catches up; None: it comes as it is fetched."""
    layout: Callable[[Mapping[str, int]], None] = _whatever
    """Raises ``StoppedError`` where topics that there are, by name, have partitions that they must not have."""
    batch_records: int = field(kw_only=True)
    linger_seconds: float = field(kw_only=True)
    after: tuple[Callable[[Done], None], ...] = ()
    """Told of every batch that is done."""
    pulse: Pulse = field(default_factory=Pulse)
    """Where the stage says how it is."""
    errors_before: int = 0
    """Internal errors in a row that an earlier run has met and that no record decided since has ended."""
    sweeps: Callable[[], Sequence[Progress]] = nothing
    """How far it is with what it does between batches."""
    turn: Turn | None = None
    """None: the store's lock alone says who acts."""
    share: int | None = None
    """The one partition of each topic that is read; None: all."""
    remedy: str = REBUILD
    """What is to be done where store, group or a topic are not what they were."""


@dataclass(frozen=True)
class _Decided:
    """What a decision brings about."""

    outs: Outs
    changes: Changes
    counts: Mapping[Named, int]
    newest: Mapping[Named, int]
    reached: Reached | None


@dataclass
class _Sending:
    """A batch whose step 4 is under way."""

    outs: Outs
    done: Done
    """All but the seconds."""
    began: float
    ended: float | None = None
    """Seconds of the clock; None: not that we know."""
    answer: Answer = field(init=False)


class Stage:
    """One single-active stage over its store. ``run`` until told to stop."""

    def __init__(self, parts: StageParts, bootstrap: str, store: Store, keyring: Keys, ports: Ports = REAL) -> None:
        """Take over the store and settle what was left pending.

        Raises:
            StoppedError: the group is ahead of the store.
        """
        self._parts, self._bootstrap, self._store, self._keyring = parts, bootstrap, store, keyring
        self._ports, self._waiting = ports, Waiting(parts.name, parts.pulse)
        merged = {} if parts.ahead is None else MERGED
        self._first = Input(ports.consumer(bootstrap, parts.name, **clients.LOOPING, **ENDS), parts.first, ports.clock)
        self._rest = Input(
            ports.consumer(bootstrap, parts.name, **clients.LOOPING, **merged),
            lambda topic: parts.inputs(topic) and not parts.first(topic),
            ports.clock,
            parts.ahead,
        )
        self._backlog: deque[Arrival] = deque()
        self._errors_in_a_row = parts.errors_before
        self._discovered_at = float("-inf")
        self._standing = store.take_over()
        self._offsets: dict[Partition, int] = dict(self._standing.offsets)
        self._batch = self._standing.batch
        self._topic_ids = dict(self._standing.topics)
        self._admin = ports.admin(bootstrap)
        self._producer: Producer | None = None
        self._sending: _Sending | None = None
        self._sent: dict[Partition, int] = {}
        self._numbering = Numbering(parts.name, store)
        self._owner = "" if parts.turn is None else parts.turn.owner
        self._stored_owner = changelog.owner_in(store.get_many(changelog.LEASE, [changelog.OWNER]))
        """Whose turn the store's last batch was of."""
        self._partitions: dict[str, int] = {}

    def run(self, stopping: threading.Event) -> None:
        """Do batches until told to stop; the batch under way is finished, or left pending where a friend is away.

        Raises:
            ThroughlineError: what no waiting mends.
        """
        try:
            self._patiently(stopping, lambda: self._settle(self._standing.pending))
            while not stopping.is_set():
                self._must_be_ours()
                self._patiently(stopping, self._discover)
                self._do_batch(stopping)
            self._end_sending(stopping)
        except TransientError as error:
            # Told to stop while it waited: the next start goes on with what the store holds.
            self._leave_nothing_open()
            log.warning("stopped_waiting", stage=self._parts.name, why=error.why, error=error.detail)
        except StoppedError:
            self._finish_before_it_stands(stopping)
            raise
        except Exception:
            self._leave_nothing_open()
            raise

    def _must_be_ours(self) -> None:
        if self._parts.turn is not None and self._parts.turn.is_lost():
            raise TurnLostError(f"{self._parts.name}: another worker has the lease")

    def close(self) -> None:
        """Let go of consumers; the store and the keyring are their owner's."""
        self._first.consumer.close()
        self._rest.consumer.close()

    def _do_batch(self, stopping: threading.Event) -> None:
        arrivals = self._read()  # 1
        began = self._ports.clock()
        self._parts.pulse.turned()
        if not self._offsets:  # no topic yet, so no offset whose metadata could hold a batch number
            return
        batch = self._numbering.sift(arrivals)
        decided = self._until_decided(stopping, batch.fresh)  # 2
        self._end_sending(stopping)  # 4 of the batch before
        if decided is None or not (arrivals or decided.outs or decided.changes):
            return
        outs = decided.outs
        self._patiently(stopping, lambda: self._numbering.number(outs, self._partitions_of))
        last, token = last_of(arrivals), self._standing.token
        changes = decided.changes | self._numbering.changes(batch) | positions.last_read(last) | self._owned()
        sent = len(outs)
        undone: Changes | None = None
        if (turn := self._parts.turn) is not None:
            outs = changelog.with_changes(outs, turn.topic, changes)
            changes = {**changes, **changelog.ACTS}
            undone = turn.place.before(self._sent.get((turn.topic, 0)))
        # A batch that read nothing notes its number too, at a place that the store then knows as well as the group.
        moved = next_offsets(last) or dict([min(self._offsets.items())])
        self._patiently(stopping, self._keyring.flush)
        self._batch = self._patiently(
            stopping, lambda: self._store.commit(token, self._batch, changes, moved, outs, undone)
        )  # 3
        self._stored_owner = self._owner
        self._numbering.keep()
        self._offsets.update(moved)
        self._begin_sending(outs, moved, began, Done(
            len(arrivals), moved if arrivals else {}, appended(last), self._sent, sent,
            decided.counts, decided.newest, 0.0, batch.repeats, batch.missing, reached=decided.reached,
        ))  # 4  # fmt: skip

    def _owned(self) -> Changes:
        """What a batch says of whose turn it is of; nothing, where there never was a lease."""
        if not self._owner and not self._stored_owner:
            return {}
        turn = self._parts.turn
        return changelog.owned(self._batch + 1, self._owner, "" if turn is None else turn.topic_id)

    def _tell(self, done: Done) -> None:
        self._parts.pulse.answered()
        for hear in self._parts.after:
            hear(done)

    def _read(self) -> Arrivals:
        """Step 1. What a failed batch left comes first, one record at a time, so that the bad one is found.

        A record that is decided before what its decision rests on was read would be denied: so nothing else is read
        before the ends that the first topics had when they were found.
        """
        if self._backlog:
            return Arrivals.of([self._backlog.popleft()])
        size = self._parts.batch_records
        is_alone = not self._rest.assigned or bool(self._first.unread) or self._parts.held_back()
        messages = self._first.take(size, self._parts.linger_seconds if is_alone else 0)
        if not messages and not is_alone:
            messages = self._rest.take(size, self._parts.linger_seconds)
        return clients.arrivals(messages)

    def _until_decided(self, stopping: threading.Event, arrivals: Arrivals) -> _Decided | None:
        """A look-up that the disk does not answer yet is asked again, with nothing half decided kept."""
        return self._patiently(stopping, lambda: self._decide(arrivals))

    def _partitions_of(self, topic: str) -> int:
        """How many partitions a topic has that is sent to: that never changes.

        Raises:
            TransientError: there is no such topic, or the broker does not answer.
        """
        if topic not in self._partitions:
            try:
                found = len(self._rest.consumer.list_topics(topic, timeout=10).topics[topic].partitions)
            except KafkaException as error:
                raise clients.trouble(error) from error
            if not found:
                raise TransientError(f"no topic {topic}: run `throughline topics create`")
            self._partitions[topic] = found
        return self._partitions[topic]

    def _decide(self, arrivals: Arrivals) -> _Decided | None:
        """Step 2. None: the batch is taken apart, nothing was decided."""
        working = Working(self._store)
        try:
            outs = self._parts.decide(arrivals, working)
        except ThroughlineError:
            raise
        except Exception as error:  # noqa: BLE001  # a bug met by one event must not stop its neighbours
            return self._after_error(arrivals, error)
        if arrivals:
            self._errors_in_a_row = 0
        return _decided(outs, working)

    def _after_error(self, arrivals: Arrivals, error: Exception) -> _Decided | None:
        """A batch is taken apart; a lone record is rejected, and what its decision had begun to change is forgotten."""
        if len(arrivals) != 1:
            if not arrivals:
                raise error
            self._backlog.extend(arrivals)
            return None
        [arrival] = arrivals
        self._errors_in_a_row += 1
        log.error("decision_failed", stage=self._parts.name, position=arrival.position, error=type(error).__name__)
        if self._errors_in_a_row >= INTERNAL_ERRORS_IN_A_ROW:
            line = f"{self._parts.name}: {INTERNAL_ERRORS_IN_A_ROW} internal errors in a row"
            raise StoppedError(line, Stop.INTERNAL_ERRORS) from error
        working = Working(self._store)
        outs = self._parts.reject(arrival, working)
        return _decided(outs, working)

    def _begin_sending(self, outs: Outs, moved: Mapping[Partition, int], began: float, done: Done) -> None:
        """Step 4, beside what comes next; how it ends is met in ``_end_sending``."""
        producer, under_way = self._producer, _Sending(outs, done, began)
        moves = sending.Moves(self._first.consumer, moved, self._said())

        def send() -> None:
            if producer is not None:
                sending.send(producer, outs, moves, self._sent)
                under_way.ended = self._ports.clock()

        under_way.answer = self._ports.beside(send)
        self._sending = under_way

    def _said(self) -> str:
        return positions.said_of(self._batch, self._stored_owner)

    def _end_sending(self, stopping: threading.Event) -> None:
        """Wait until it is known that step 4 of the batch before is done."""
        if (under_way := self._sending) is not None:
            self._patiently(stopping, lambda: self._publish(under_way))
            self._sending = None
            ended = self._ports.clock() if under_way.ended is None else under_way.ended
            self._tell(replace(under_way.done, seconds=ended - under_way.began, at=ended))

    def _publish(self, under_way: _Sending) -> None:
        """An answer that is not plain yes ends the producer; a new one settles what became of it."""
        if self._producer is None:
            self._settle(under_way.outs)
            return
        try:
            under_way.answer(sending.SECONDS)
        except NOT_CONFIRMED as error:
            self._producer = None
            raise clients.trouble(error) from error

    @property
    def _awaited(self) -> _Sending | None:
        """What an answer may still come of: of nothing once its producer was given up and it has to be settled."""
        return None if self._producer is None else self._sending

    def _finish_before_it_stands(self, stopping: threading.Event) -> None:
        """A stage that stops, and then stands still until somebody comes, has sent all that it has stored before."""
        if self._awaited is not None:
            with suppress(ThroughlineError):  # the first reason to stop is the one to tell
                self._end_sending(stopping)

    def _leave_nothing_open(self) -> None:
        """A transaction that is under way where the loop is left is waited for: readers wait for its end too.

        Nothing is settled here: a store that was taken over has a successor, whom a new producer would fence.
        """
        if (under_way := self._awaited) is not None:
            with suppress(*NOT_CONFIRMED):
                under_way.answer(sending.SECONDS)

    def _settle(self, pending: Outs) -> None:
        """Start a producer, which ends what its predecessor left open; publish pending where the group is behind."""
        self._must_be_ours()  # a new producer would fence whose turn it is
        try:
            new = self._ports.producer(self._bootstrap, self._parts.name, **({} if self._parts.turn is None else LARGE))
            new.init_transactions(SETTLE_SECONDS)
            committed = self._committed_batch(self._offsets)
            if committed < self._batch - 1:
                raise StoppedError(
                    f"{self._parts.name}: the group is behind its store (group {committed}, batch {self._batch}): "
                    f"its offsets were reset or have expired, or a topic was deleted; {self._parts.remedy}",
                    Stop.GROUP_BEHIND,
                )
            if committed < self._batch:
                moves = sending.Moves(self._first.consumer, self._offsets, self._said())
                self._ports.beside(lambda: sending.send(new, pending, moves, self._sent))(sending.SECONDS)
        except NOT_CONFIRMED as error:
            raise clients.trouble(error) from error
        self._producer = new
        self._parts.pulse.settled()

    def _committed_batch(self, places: Iterable[Partition]) -> int:
        """Highest batch number among the group's committed offsets.

        Raises:
            StoppedError: the group is ahead of the store.
        """
        partitions = [TopicPartition(topic, part) for topic, part in places]
        committed = self._first.consumer.committed(partitions, SETTLE_SECONDS) if partitions else []
        number, owner = positions.last_batch(committed)
        # Of one number two workers may each have stored a batch, and one of them has sent it.
        if number > self._batch or (number == self._batch > 0 and owner != self._stored_owner):
            raise StoppedError(
                f"{self._parts.name}: the store is behind its group (batch {self._batch}, group {number}): "
                f"it was restored or lost; {self._parts.remedy}",
                Stop.STORE_BEHIND,
            )
        return number

    def _discover(self) -> None:
        """Assign partitions of topics that appeared since; each at the store's offset, or at its beginning."""
        if self._ports.clock() - self._discovered_at < DISCOVER_SECONDS:
            return
        try:
            topics = self._rest.consumer.list_topics(timeout=10).topics
            self._parts.layout({name: len(topic.partitions) for name, topic in topics.items()})
            self._know([name for name in topics if self._parts.inputs(name)])
            for input_ in (self._first, self._rest):
                found = {(n, p) for n, t in topics.items() if input_.takes(n) for p in t.partitions if self._reads(p)}
                if new := sorted(found - input_.assigned):
                    self._committed_batch(new)
                    starts = [self._start(input_.consumer, place) for place in new]
                    positions.check_last(self._ports.consumer, self._bootstrap, self._parts.name, self._store, new)
                    input_.consumer.incremental_assign(starts)
                    input_.assigned |= set(new)
                    input_.unread |= set(new)
        except KafkaException as error:
            raise clients.trouble(error) from error
        self._discovered_at = self._ports.clock()
        self._parts.pulse.answered(partitions=len(self._first.assigned) + len(self._rest.assigned))

    def _reads(self, partition: int) -> bool:
        return self._parts.share in {None, partition}

    def _know(self, topics: list[str]) -> None:
        """Remember which topics these are; one made anew under an old name would be read on in its middle.

        Raises:
            StoppedError: one is not the one that the store has read.
        """
        ids = positions.topic_ids(self._admin, topics, self._topic_ids, self._parts.name, self._parts.remedy)
        if new := {name: id_ for name, id_ in ids.items() if name not in self._topic_ids}:
            self._store.know_topics(self._standing.token, new)
            self._topic_ids |= new

    def _start(self, consumer: Consumer, place: Partition) -> TopicPartition:
        so = f"records were deleted or the topic was made anew; {self._parts.remedy}"
        start = positions.start_of(consumer, place, self._offsets, so, f"{self._parts.name}: ")
        self._offsets[place] = start.offset
        return start

    def _patiently(self, stopping: threading.Event, act: Callable[[], T]) -> T:
        """Do it until it is done.

        Raises:
            TransientError: told to stop before it was done.
        """
        return self._waiting.until_done(act, stopping)

    def standings(self) -> list[Standing]:
        """How far each assigned partition is read, as the client knows; for the loop's own thread."""
        return [
            *standings(self._first.consumer, tuple(self._first.assigned), self._offsets),
            *standings(self._rest.consumer, tuple(self._rest.assigned), self._offsets),
        ]


def _decided(outs: Outs, working: Working) -> _Decided:
    return _Decided(outs, working.changes(), working.counts, working.newest, working.reached)


def standings(consumer: Consumer, places: Iterable[Partition], offsets: Mapping[Partition, int]) -> list[Standing]:
    """How far partitions are read, by the watermarks of the last fetch; one never fetched is left out."""
    found = []
    for place in places:
        try:
            low, end = consumer.get_watermark_offsets(TopicPartition(*place), cached=True)
        except (RuntimeError, KafkaException):  # closed meanwhile, or not fetched yet
            continue
        if end >= 0 and place in offsets:
            found.append(Standing(place, low, offsets[place], end))
    return found


def last_of(arrivals: Arrivals) -> dict[Partition, Arrival]:
    """The last record of each partition; each partition's records come in their order."""
    places = dict(zip(zip(arrivals.topics, arrivals.partitions, strict=True), range(len(arrivals)), strict=True))
    return dict(zip(places, arrivals.at(list(places.values())), strict=True))


def next_offsets(last: Mapping[Partition, Arrival]) -> dict[Partition, int]:
    """Where to read on, by partition, behind the last record of each."""
    return {place: arrival.offset + 1 for place, arrival in last.items()}


def appended(last: Mapping[Partition, Arrival]) -> dict[Partition, int]:
    """LogAppendTime in milliseconds of some partitions' last records."""
    return {place: arrival.appended_at for place, arrival in last.items()}
