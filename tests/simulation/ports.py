"""The stage's port to Kafka, onto the simulated broker: what of librdkafka's clients it calls, and their errors.

Every call goes through a ``Turn`` first: the scheduler may let others go on before it, make it fail, or end its worker.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from confluent_kafka import KafkaError, KafkaException, TopicCollection, TopicPartition
from simulation.broker import NO_OFFSET, Broker, Place, RefusedError
from simulation.messages import ClusterMetadata, Message, TopicDescription, TopicMetadata

from streams.ports import Answer, Ports

T = TypeVar("T")
PARTITIONED = [TopicMetadata(dict.fromkeys(range(count))) for count in range(4)]
CODES = {
    "INVALID_PRODUCER_EPOCH": KafkaError._FENCED,  # noqa: SLF001  # as librdkafka tells it
    "ILLEGAL_GENERATION": KafkaError.ILLEGAL_GENERATION,
}


class Turn(Protocol):
    """One worker's way to everything outside of it."""

    def __call__(self, name: str, act: Callable[[], T], trouble: Callable[[], Exception]) -> T:
        """Do something, when it is its turn; or else raise the trouble."""

    def now(self) -> float:
        """Seconds."""

    def draw(self, most: int) -> int:
        """A number from 0 to the most."""


def kafka_error(code: int) -> KafkaException:
    """An error as the clients raise it."""
    return KafkaException(KafkaError(code))


def timed_out() -> Exception:
    """Nobody answers."""
    return kafka_error(KafkaError._TIMED_OUT)  # noqa: SLF001  # its name


def refused(act: Callable[[], T]) -> T:
    """Do something; the broker's no, as the clients raise it."""
    try:
        return act()
    except RefusedError as error:
        raise kafka_error(CODES[str(error)]) from error


@dataclass
class Consumer:
    """A consumer that is assigned by hand and reads committed records."""

    broker: Broker
    group: str
    turn: Turn
    says_ends: bool = False
    positions: dict[Place, int] = field(default_factory=dict)
    _at_end: dict[Place, int] = field(default_factory=dict)

    def incremental_assign(self, partitions: Iterable[TopicPartition]) -> None:
        """Read these too."""
        self.positions.update({(p.topic, p.partition): p.offset for p in partitions})

    def incremental_unassign(self, partitions: Iterable[TopicPartition]) -> None:
        """Read these no longer."""
        for partition in partitions:
            del self.positions[partition.topic, partition.partition]

    def consume(self, most: int, seconds: float) -> list[Message]:
        """What there is; a fetch that fails is one that brings nothing."""
        del seconds
        if not self.positions:
            return []
        try:
            self.turn("read", lambda: None, timed_out)
        except KafkaException:
            return []  # what was fetched and did not come is fetched again
        return self._consume(most)

    def _consume(self, most: int) -> list[Message]:
        found: list[Message] = []
        for place, position in self.positions.items():
            log = self.broker.partition(place)
            if not log.low <= position <= log.high:
                return [*found, Message(place, None, KafkaError._AUTO_OFFSET_RESET)]  # noqa: SLF001  # its name
            slots, self.positions[place] = log.read(position, most - len(found))
            found += [Message(place, slot) for slot in slots]
            if self.says_ends and self._at_end.get(place) != (end := self.positions[place]) == log.stable():
                self._at_end[place] = end
                found.append(Message(place, None, KafkaError._PARTITION_EOF))  # noqa: SLF001  # its name
        return found

    def committed(self, partitions: Sequence[TopicPartition], timeout: float) -> list[TopicPartition]:
        """Offsets and metadata of the group."""
        del timeout

        def ask() -> list[TopicPartition]:
            kept = self.broker.group(self.group).offsets
            found = [(p, *kept.get((p.topic, p.partition), (NO_OFFSET, ""))) for p in partitions]
            return [TopicPartition(p.topic, p.partition, offset, metadata=text) for p, offset, text in found]

        return self.turn("committed", ask, timed_out)

    def list_topics(self, topic: str | None = None, timeout: float = -1) -> ClusterMetadata:
        """What topics there are."""
        del topic, timeout

        def ask() -> ClusterMetadata:
            return ClusterMetadata({n: PARTITIONED[len(t.partitions)] for n, t in self.broker.topics.items()})

        return self.turn("list topics", ask, timed_out)

    def get_watermark_offsets(self, partition: TopicPartition, timeout: float = 0) -> tuple[int, int]:
        """First offset and the one behind the last."""
        del timeout

        def ask() -> tuple[int, int]:
            log = self.broker.partition((partition.topic, partition.partition))
            return log.low, log.high

        return self.turn("watermarks", ask, timed_out)

    def consumer_group_metadata(self) -> tuple[str, int]:
        """Group and generation; who is assigned by hand has none."""
        return self.group, -1

    def close(self) -> None:
        """Let go."""
        self.positions.clear()


@dataclass
class Producer:
    """A transactional producer. What is produced waits here, and goes out before the transaction ends."""

    broker: Broker
    id: str
    turn: Turn
    epoch: int = -1
    _waiting: list[Callable[[], None]] = field(default_factory=list)

    def init_transactions(self, timeout: float) -> None:
        """End what a predecessor left open."""
        del timeout

        def begin() -> int:
            return self.broker.begin(self.id)

        self.epoch = self.turn("init", begin, timed_out)

    def begin_transaction(self) -> None:
        """Begin; the broker hears of it with the first record."""
        self._waiting = []

    def produce(
        self, topic: str, value: bytes, key: str, partition: int, *, headers: Sequence[tuple[str, str | bytes]],
        on_delivery: Callable[[KafkaError | None, Message], None] | None = None,
    ) -> None:  # fmt: skip
        """One record, to be sent."""
        place, sent = (topic, partition), [(n, v.encode() if isinstance(v, str) else v) for n, v in headers]

        def send() -> None:
            offset = self.broker.produce(self.id, self.epoch, place, key.encode(), value, sent)
            if on_delivery is not None:
                on_delivery(None, Message(place, self.broker.partition(place).slots[-1]))
            assert offset >= 0

        self._waiting.append(send)

    def poll(self, seconds: float) -> int:
        """Nothing waits to be told."""
        del seconds
        return 0

    def _flush(self, most: int) -> None:
        now, self._waiting = self._waiting[:most], self._waiting[most:]
        for send in now:
            refused(send)

    def send_offsets_to_transaction(
        self, offsets: Sequence[TopicPartition], group: tuple[str, int], timeout: float
    ) -> None:
        """The group's offsets, with the transaction."""
        del timeout
        self._flush(self.turn.draw(len(self._waiting)))
        moved = {(p.topic, p.partition): (p.offset, p.metadata or "") for p in offsets}
        add, epoch = self.broker.add_offsets, self.epoch
        self.turn("send offsets", lambda: refused(lambda: add(self.id, epoch, *group, moved)), timed_out)

    def commit_transaction(self, timeout: float) -> None:
        """Send what still waits; end the transaction."""
        del timeout
        self.turn("flush", lambda: self._flush(len(self._waiting)), timed_out)
        epoch = self.epoch
        self.turn("end", lambda: refused(lambda: self.broker.commit(self.id, epoch)), timed_out)


@dataclass
class Admin:
    """Says topics' ids."""

    broker: Broker
    turn: Turn

    def list_topics(self, topic: str, timeout: float) -> None:
        """Where a cluster's nodes are: there is one, and it stays."""

    def describe_topics(self, topics: TopicCollection, request_timeout: float) -> dict[str, TopicDescription]:
        """Each topic's id."""
        del request_timeout
        names: list[str] = topics.topic_names  # type: ignore[attr-defined]  # set by its constructor

        def ask() -> dict[str, TopicDescription]:
            return {name: TopicDescription(self.broker.topics[name].id) for name in names}

        return self.turn("describe", ask, timed_out)


def beside(act: Callable[[], object], turn: Turn) -> Answer:
    """Do something by the time that it is waited for: at once, or not before then, with all that its worker does first.

    In between would be no different: what one worker reads and decides meanwhile, and what it sends, do not meet.
    """
    if turn.draw(1):
        return lambda _: act()
    try:
        act()
    except Exception as error:  # noqa: BLE001  # told when asked for
        known = error
    else:
        return lambda _: None

    def fail(_: float) -> None:
        raise known

    return fail


def ports(broker: Broker, turn: Turn) -> Ports:
    """Everything that a stage moves records with, of one worker."""

    def consumer(bootstrap: str, group: str, **more: Any) -> Any:
        del bootstrap
        return Consumer(broker, group, turn, bool(more.get("enable.partition.eof")))

    def producer(bootstrap: str, transactional_id: str) -> Any:
        del bootstrap
        return Producer(broker, transactional_id, turn)

    def admin(bootstrap: str) -> Any:
        del bootstrap
        return Admin(broker, turn)

    return Ports(consumer, producer, admin, lambda act: beside(act, turn), turn.now)
