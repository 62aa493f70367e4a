"""Reading topics as an outsider does: all that is committed, from the beginning or near the end, decoded."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import OffsetSpec  # type: ignore[attr-defined]  # it is exported all the same

from deploy.acl.wanted import LOOKING
from processors.records import Arrival
from schemas_avro import catalog, codec, wire
from streams import clients
from streams.clients import place_of

BATCH = 10_000
LATEST, EARLIEST = OffsetSpec.latest(), OffsetSpec.earliest()  # type: ignore[no-untyped-call]  # it has no types
TRIES, PAUSE_SECONDS = 20, 0.5
PASSING = {
    KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.FENCED_LEADER_EPOCH, KafkaError.UNKNOWN_TOPIC_OR_PART,
}  # fmt: skip
"""What is said of a partition whose leader changes hands, or that was made just now."""


GONE = "gone"
"""In place of a schema's name: a compacted topic is to forget what it had under a key."""


@dataclass(frozen=True)
class Read:
    """One record of an internal topic."""

    topic: str
    partition: int
    offset: int
    appended_at: int
    """LogAppendTime in milliseconds since 1970-01-01 UTC."""
    name: str
    """Second word of its schema's subject, or ``GONE``."""
    row: dict[str, Any] = field(repr=False)


class TopicReader:
    """Reads topics from the beginning, again and again up to what is there now; goes on where it stopped."""

    def __init__(
        self, bootstrap: str, wanted: Callable[[str], bool], last: int | None = None, group: str = LOOKING
    ) -> None:
        """``wanted`` chooses topics by name; ``last``: only so many offsets of each partition, the last ones.

        ``group``: one that the user may know of; nothing is committed in it.
        """
        self._consumer = clients.consumer(bootstrap, group, **{"enable.partition.eof": True})
        self._bootstrap, self._admin = bootstrap, clients.admin(bootstrap)
        self._wanted, self._last = wanted, last
        self._assigned: set[tuple[str, int]] = set()
        self._ends: dict[tuple[str, int], int] = {}
        """Where each partition's end was last reached, at first where it begins; behind the last may stand a marker."""

    def poll(self) -> Iterator[Read]:
        """Records up to the present end of every partition, decoded.

        Raises:
            ThroughlineError: the broker does not answer.
        """
        for arrivals in self._batches():
            yield from decoded(arrivals)

    def arrivals(self) -> Iterator[Arrival]:
        """The same, as they are."""
        for batch in self._batches():
            yield from batch

    def _batches(self) -> Iterator[list[Arrival]]:
        try:
            open_ends = self._patiently_assign()
            while open_ends:
                messages = self._consumer.consume(BATCH, 0.05)
                for message in messages:
                    error = message.error()
                    if error is not None and error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # its name
                        place = place_of(message)
                        self._ends[place] = int(message.offset() or 0)
                        open_ends.discard(place)
                    elif error is not None:
                        raise clients.away(error)
                yield list(clients.arrivals([m for m in messages if m.error() is None]))
        except KafkaException as error:
            raise clients.away(error.args[0]) from error

    def _patiently_assign(self) -> set[tuple[str, int]]:
        """A partition's leader may change hands just now: that passes, but not for a client that knew the one before.

        It asks again and again with the leader's number that it has (seen with librdkafka 2).
        """
        for _ in range(TRIES):
            try:
                return self._assign()
            except KafkaException as error:
                if error.args[0].code() not in PASSING:
                    raise
                time.sleep(PAUSE_SECONDS)
                self._admin = clients.admin(self._bootstrap)
        return self._assign()

    def _assign(self) -> set[tuple[str, int]]:
        """Assign new partitions; those whose end is still to be reached, which are all."""
        topics = self._consumer.list_topics(timeout=10).topics
        found = {(name, p) for name, topic in topics.items() if self._wanted(name) for p in topic.partitions}
        new = sorted(found - self._assigned)
        ends = self._offsets(self._assigned | found, LATEST)
        self._ends |= self._offsets(new, EARLIEST)
        if new:
            self._consumer.incremental_assign([TopicPartition(*place, self._start(place, ends)) for place in new])
            self._assigned |= set(new)
        return {place for place in self._assigned if ends[place] > self._ends[place]}

    def _start(self, place: tuple[str, int], ends: Mapping[tuple[str, int], int]) -> int:
        return int(OFFSET_BEGINNING) if self._last is None else max(self._ends[place], ends[place] - self._last)

    def _offsets(self, places: Collection[tuple[str, int]], spec: OffsetSpec) -> dict[tuple[str, int], int]:
        """Where partitions begin or end, asked for all at once."""
        if not places:
            return {}
        asked = self._admin.list_offsets({TopicPartition(*place): spec for place in places}, request_timeout=10)
        return {(one.topic, one.partition): int(found.result().offset) for one, found in asked.items()}

    def close(self) -> None:
        """Let go of it."""
        self._consumer.close()


def decoded(arrivals: list[Arrival]) -> Iterator[Read]:
    """Rows of records that Throughline itself wrote; a schema at a time, so not in the order given.

    Of what a compacted topic is to forget the key alone is told, behind all others: it never comes again.
    """
    for schema_id, places in wire.places_by_schema([arrival.value for arrival in arrivals]).items():
        if schema_id is None and not any(arrivals[i].value for i in places):
            continue
        part = [arrivals[i] for i in places]
        name = catalog.catalog()[schema_id or 0].family
        rows = codec.decode_own(schema_id or 0, wire.payloads_of(a.value for a in part))
        for a, row in zip(part, rows, strict=True):
            yield Read(a.topic, a.partition, a.offset, a.appended_at, name, row)
    for a in arrivals:
        if not a.value:
            yield Read(a.topic, a.partition, a.offset, a.appended_at, GONE, {"key": (a.key or b"").decode()})


def reads(bootstrap: str, wanted: Callable[[str], bool]) -> Iterator[Read]:
    """What is on some topics now, as it is read.

    Raises:
        ThroughlineError: the broker does not answer.
    """
    with closing(TopicReader(bootstrap, wanted)) as reader:
        yield from reader.poll()


def all_of(bootstrap: str, wanted: Callable[[str], bool]) -> list[Read]:
    """Everything on some topics now."""
    return list(reads(bootstrap, wanted))
