"""The sink: every recipient's releases and signals into the case views, a batch and its offsets in one transaction."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
import structlog
from confluent_kafka import KafkaException, TopicPartition

from processors.numbers import Number, Sifted, sifted
from processors.records import Arrivals
from schemas_avro import catalog, codec, wire
from sinks.view_batch import UNNUMBERED, Row, ViewBatch, released, retracted
from sinks.views import Change, Writable
from streams import clients, newer, positions
from streams.errors import REBUILD, TransientError
from streams.pulse import Pulse, Standing, Written
from streams.reading import usable
from streams.stage import appended, last_of, next_offsets, standings
from streams.store import Partition
from streams.waiting import Waiting

log = structlog.get_logger()
GROUP = "case-views"
DISCOVER_EVERY_BATCHES, TRY_SECONDS = 200, 1.0
RELEASED, SIGNALS = "released.", "signals."
READ = (RELEASED, SIGNALS)
"""How the topics begin that the views are made of."""
Heard = Callable[[Sequence[Change], bool], None]


def nobody(batch: Written) -> None:
    """Tell nobody of a batch."""
    del batch


class Sink:
    """Reads ``released.*`` and ``signals.*``; one thread runs it, and it alone writes to the views."""

    def __init__(
        self, bootstrap: str, views: Writable, heard: Heard,
        batch_records: int = 5_000, linger_seconds: float = 0.02,
        pulse: Pulse | None = None, told: Callable[[Written], None] = nobody,
    ) -> None:  # fmt: skip
        """Read on where the views stand.

        ``heard`` is told of the rows that each batch changed, after its commit, and whether it brought anything that
        decides of any row whether it may be shown. ``told`` is told the same as figures.
        """
        self._views, self._heard, self._told = views, heard, told
        self._pulse = Pulse() if pulse is None else pulse
        self._waiting = Waiting(GROUP, self._pulse, [TRY_SECONDS])
        self._batch_records, self._linger = batch_records, linger_seconds
        self._consumer = clients.consumer(bootstrap, GROUP, **clients.LOOPING)
        self._offsets, self._numbers = views.offsets(), views.numbers()
        self._assigned: set[Partition] = set()

    def run(self, stopping: threading.Event) -> None:
        """Write batches until told to stop.

        Raises:
            StoppedError: an offset that the views expect is not there.
        """
        turn = 0
        while not stopping.is_set():
            self._pulse.turned()
            if turn % DISCOVER_EVERY_BATCHES == 0:
                try:
                    self._waiting.until_done(self._discover, stopping)
                except TransientError:
                    return  # told to stop
                self._pulse.settled()
            turn += 1
            messages = self._consumer.consume(self._batch_records, self._linger)
            if arrivals := clients.arrivals([m for m in messages if usable(m)]):
                self._write(arrivals)
        self._consumer.close()

    def _write(self, arrivals: Arrivals) -> None:
        began, moved = time.monotonic(), next_offsets(last_of(arrivals))
        new = sifted(arrivals, self._numbers)
        for position in new.gaps:
            log.error("gap", stage=GROUP, position=position)
        batch = view_batch(new.fresh, moved, new.taken)
        changes = self._views.apply(batch)
        self._numbers.update(new.taken)
        self._pulse.answered()
        seconds, before = time.monotonic() - began, dict(self._offsets)
        self._offsets.update(moved)
        offsets = [TopicPartition(topic, part, next_) for (topic, part), next_ in moved.items()]
        self._consumer.commit(offsets=offsets, asynchronous=True)  # for lag tools: the views' own offsets count
        self._heard(changes, batch.decides_anew)
        self._told(written(arrivals, new, batch, changes, before, seconds))

    def standings(self) -> list[Standing]:
        """How far each assigned partition is read, as the client knows; for the sink's own thread."""
        return standings(self._consumer, tuple(self._assigned), self._offsets)

    def _discover(self) -> None:
        try:
            topics = self._consumer.list_topics(timeout=10).topics
            found = {(name, p) for name, topic in topics.items() if name.startswith(READ) for p in topic.partitions}
            starts = [self._start(place) for place in sorted(found - self._assigned)]
            if starts:
                self._consumer.incremental_assign(starts)
                self._consumer.commit(offsets=starts, asynchronous=True)  # what a killed predecessor could not say
        except KafkaException as error:
            raise clients.trouble(error) from error
        self._assigned |= found
        self._offsets.update({(p.topic, p.partition): p.offset for p in starts})
        self._pulse.answered(partitions=len(self._assigned))

    def _start(self, place: Partition) -> TopicPartition:
        so = f"rebuild them: {REBUILD}"
        return positions.start_of(self._consumer, place, self._offsets, so, keeper="the views expect")


def written(
    arrivals: Arrivals, new: Sifted, batch: ViewBatch, changes: Sequence[Change],
    before: Mapping[Partition, int], seconds: float,
) -> Written:  # fmt: skip
    """A batch as figures.

    Args:
        arrivals: what was read.
        new: what of it was not taken before.
        batch: what it brought to the views.
        changes: what it changed there.
        before: next offset of each partition before this batch.
        seconds: how long it took.
    """
    now, since_published = time.time(), defaultdict[str, list[float]](list)
    names = ("state", "family", "published_at")
    state, family, published = (batch.releases.column(name) for name in names)
    columns = (state.to_pylist(), family.to_pylist(), published.cast(pa.int64()).to_pylist())
    for is_, of, at in zip(*columns, strict=True):
        if is_ == "released":
            since_published[of].append(now - at / 1_000_000)
    changed = {change.event_id for change in changes if change.family == "signal"}
    signals = {row["signal_id"]: (row["rule"], row["state"]) for row in batch.signals if row["signal_id"] in changed}
    since_released = [now - at / 1_000 for at in arrivals.appended_at]
    return Written(
        len(arrivals), appended(last_of(arrivals)), seconds, skipped(arrivals, before), new.repeats, new.missing,
        since_published, since_released, tuple(signals.values()),
    )  # fmt: skip


def skipped(arrivals: Arrivals, before: Mapping[Partition, int]) -> int:
    """Offsets passed over, beside the one marker that follows each transaction: of transactions given up, or lost."""
    next_, found = dict(before), 0
    places = zip(arrivals.topics, arrivals.partitions, strict=True)
    for place, offset in zip(places, arrivals.offsets, strict=True):
        found += max(0, offset - next_.get(place, offset) - 1)
        next_[place] = offset + 1
    return found


def view_batch(
    arrivals: Arrivals, offsets: Mapping[Partition, int], numbers: Mapping[str, Number],
    read_from: Mapping[Partition, int] | None = None,
) -> ViewBatch:  # fmt: skip
    """What a batch of recipients' records brings to the views; ``read_from``: where others may write them too.

    Raises:
        StoppedError: a record is of a newer version.
    """
    newer.check_schemas("views", arrivals)
    releases, signals = [], []
    agreements: list[tuple[str, Row]] = []
    rules: list[tuple[str, Row]] = []
    swept: dict[tuple[str, int], Row] = {}
    ticks: dict[str, int] = {}
    for schema_id, places in wire.places_by_schema(arrivals.values).items():
        family = catalog.catalog()[schema_id or 0].family
        rows = codec.decode_own_columns(schema_id or 0, wire.payloads_of(arrivals.values[i] for i in places))
        recipients = [arrivals.topics[i].removeprefix(RELEASED) for i in places]
        if family == "clock_ticked":
            for recipient, tick_at in zip(recipients, rows.column("tick_at").to_pylist(), strict=True):
                ticks[recipient] = max(ticks.get(recipient, 0), tick_at)
        elif family == "agreement_activated":
            agreements += zip(recipients, rows.to_pylist(), strict=True)
        elif family == "rules_activated":
            rules += zip(recipients, rows.to_pylist(), strict=True)
        elif family == "sweep_ended":
            partitions = [arrivals.partitions[i] for i in places]
            swept.update(zip(zip(recipients, partitions, strict=True), rows.to_pylist(), strict=True))
        elif family == "signal_changed":
            signals += rows.to_pylist()
        else:
            releases.append(retracted(rows) if family == "release_retracted" else released(rows))
    found = pa.concat_tables([UNNUMBERED.empty_table(), *releases])
    return ViewBatch(found, agreements, rules, swept, signals, ticks, offsets, numbers, read_from or {})
