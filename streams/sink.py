"""The sink: every recipient's releases and signals into the case views, a batch and its offsets in one transaction."""

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence

import pyarrow as pa
import structlog
from confluent_kafka import KafkaException, TopicPartition

from processors.records import Arrival
from schemas_avro import catalog, codec, wire
from sinks.case_views import CaseViews, Change
from sinks.view_batch import UNNUMBERED, Row, ViewBatch, released, retracted
from streams import clients
from streams.errors import StoppedError
from streams.stage import next_offsets, usable
from streams.store import Partition

log = structlog.get_logger()
GROUP = "case-views"
DISCOVER_EVERY_BATCHES = 200
RELEASED, SIGNALS = "released.", "signals."
READ = (RELEASED, SIGNALS)
"""How the topics begin that the views are made of."""
Heard = Callable[[Sequence[Change], bool], None]


class Sink:
    """Reads ``released.*`` and ``signals.*``; one thread runs it, and it alone writes to the views."""

    def __init__(
        self, bootstrap: str, views: CaseViews, heard: Heard,
        batch_records: int = 5_000, linger_seconds: float = 0.02,
    ) -> None:  # fmt: skip
        """Read on where the views stand.

        ``heard`` is told of the rows that each batch changed, after its commit, and whether the time or an agreement
        changed too: what may be shown of any row follows from those.
        """
        self._views, self._heard = views, heard
        self._batch_records, self._linger = batch_records, linger_seconds
        self._consumer = clients.consumer(bootstrap, GROUP)
        self._offsets = views.offsets()
        self._assigned: set[Partition] = set()

    def run(self, stopping: threading.Event) -> None:
        """Write batches until told to stop.

        Raises:
            StoppedError: an offset that the views expect is not there.
        """
        turn = 0
        while not stopping.is_set():
            if turn % DISCOVER_EVERY_BATCHES == 0:
                self._patiently_discover(stopping)
            turn += 1
            messages = self._consumer.consume(self._batch_records, self._linger)
            arrivals = [clients.arrival(m) for m in messages if usable(m)]
            if arrivals:
                self._write(arrivals)
        self._consumer.close()

    def _write(self, arrivals: list[Arrival]) -> None:
        moved = next_offsets(arrivals)
        batch = view_batch(arrivals, moved)
        changes = self._views.apply(batch)
        self._offsets.update(moved)
        offsets = [TopicPartition(topic, part, next_) for (topic, part), next_ in moved.items()]
        self._consumer.commit(offsets=offsets, asynchronous=True)  # for lag tools: the views' own offsets count
        self._heard(changes, bool(batch.agreements or batch.ticks))

    def _patiently_discover(self, stopping: threading.Event) -> None:
        while not stopping.is_set():
            try:
                self._discover()
            except KafkaException as error:
                log.warning("waiting", stage=GROUP, why=error.args[0].str(), seconds=1)
                stopping.wait(1)
            else:
                return

    def _discover(self) -> None:
        topics = self._consumer.list_topics(timeout=10).topics
        found = {(name, p) for name, topic in topics.items() if name.startswith(READ) for p in topic.partitions}
        if new := sorted(found - self._assigned):
            starts = [self._start(*place) for place in new]
            self._consumer.incremental_assign(starts)
            self._consumer.commit(offsets=starts, asynchronous=True)  # what a killed predecessor could not say any more
            self._assigned |= set(new)

    def _start(self, topic: str, partition: int) -> TopicPartition:
        low, high = self._consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
        next_ = self._offsets.get((topic, partition), low)
        if not low <= next_ <= high:
            raise StoppedError(
                f"{topic}/{partition} holds offsets {low} to {high}, the views expect {next_}: rebuild them"
            )
        return TopicPartition(topic, partition, next_)


def view_batch(arrivals: Sequence[Arrival], offsets: dict[Partition, int]) -> ViewBatch:
    """What a batch of recipients' records brings to the views."""
    by_schema: dict[int, list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        by_schema[wire.schema_id_of(arrival.value or b"") or 0].append(arrival)
    releases, signals = [], []
    agreements: list[tuple[str, Row]] = []
    ticks: dict[str, int] = {}
    for schema_id, part in by_schema.items():
        family = catalog.catalog()[schema_id].family
        rows = codec.decode_own_columns(schema_id, [wire.payload_of(a.value or b"") for a in part])
        if family == "clock_ticked":
            for arrival, tick_at in zip(part, rows.column("tick_at").to_pylist(), strict=True):
                ticks[_recipient(arrival)] = max(ticks.get(_recipient(arrival), 0), tick_at)
        elif family == "agreement_activated":
            agreements += [(_recipient(a), row) for a, row in zip(part, rows.to_pylist(), strict=True)]
        elif family == "signal_changed":
            signals += rows.to_pylist()
        else:
            releases.append(retracted(rows) if family == "release_retracted" else released(rows))
    return ViewBatch(pa.concat_tables([UNNUMBERED.empty_table(), *releases]), agreements, signals, ticks, offsets)


def _recipient(arrival: Arrival) -> str:
    return arrival.topic.removeprefix(RELEASED)
