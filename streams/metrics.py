"""Every metric that there is, and one process's values of them. What each means for operators: ``docs/metrics.md``.

Labels come from closed sets; no value about a person and no topic's partition is ever among them.
"""

import platform
import threading
from collections import Counter as Tally
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from processors import counts
from processors.resolve.codes import Code
from processors.state import Named
from schemas_avro.version import VERSION
from streams.errors import Stop
from streams.histogram import BulkHistogram
from streams.lag import LagWatch
from streams.pulse import Done, Progress, Pulse, Standing, Written, nothing

FRIENDS = ("broker", "store", "database", "views")
LAG = ("throughline_lag_events", "throughline_lag_seconds", "throughline_missing_events")
MICROS = 1_000_000
LATENCIES = (0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400)
BATCH_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
BATCH_RECORDS = (1, 10, 50, 100, 250, 500, 1_000, 2_000, 5_000, 20_000, 100_000)

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # twice the series, for a time that process_start_time_seconds tells


@dataclass(frozen=True)
class Spec:
    """One metric."""

    name: str
    kind: type[Any]
    labels: tuple[str, ...]
    what: str
    bounds: tuple[float, ...] = ()
    """Of a histogram's buckets."""


SPECS = (
    Spec("throughline_build_info", Info, (), "Version of Throughline and of Python."),
    Spec("throughline_live", Gauge, ("stage",), "1: the loop goes round."),
    Spec("throughline_ready", Gauge, ("stage",), "1: nothing keeps the process from its work."),
    Spec("throughline_stopped", Gauge, ("stage", "why"), "1: it stands still rather than skip or double something."),
    Spec("throughline_acting", Gauge, ("stage",), "1: it acts; 0: it stands by for one that does."),
    Spec("throughline_standby_level", Gauge, ("stage",), "1: it stands by and has the state of the one that acts."),
    Spec("throughline_waits_total", Counter, ("stage", "friend"), "Waits for a friend that did not answer."),
    Spec("throughline_events_total", Counter, ("stage", "family", "outcome", "reason"), "Events by their outcome."),
    Spec("throughline_denials_total", Counter, ("family", "reason"), "Denials, one a recipient, of events just come."),
    Spec("throughline_releases_total", Counter, ("recipient", "kind", "reason"), "Releases and retractions sent."),
    Spec("throughline_dead_letters_total", Counter, ("partner", "code"), "Events that cannot travel."),
    Spec("throughline_unlisted_codes_total", Counter, ("partner", "table"), "Codes that an open table lacks."),
    Spec("throughline_partner_arrived_timestamp_seconds", Gauge, ("partner",), "When a partner's last event came."),
    Spec("throughline_partner_published_timestamp_seconds", Gauge, ("partner",), "The newest that a partner has said."),
    Spec("throughline_batch_seconds", Histogram, ("stage",), "A batch, from read to sent or written.", BATCH_SECONDS),
    Spec("throughline_batch_records", Histogram, ("stage",), "Records that a batch took.", BATCH_RECORDS),
    Spec("throughline_sent_records_total", Counter, ("stage",), "Records sent to topics."),
    Spec("throughline_lag_events", Gauge, ("stage", "topics"), "Records that there are and that are not read yet."),
    Spec("throughline_lag_seconds", Gauge, ("stage", "topics"), "Age of the oldest record not read yet."),
    Spec("throughline_missing_events", Gauge, ("stage", "topics"), "Records not read that the broker holds no more."),
    Spec("throughline_skipped_offsets_total", Counter, ("stage",), "Offsets passed over: transactions given up."),
    Spec("throughline_repeats_total", Counter, ("stage",), "Records dropped, since their number was taken before."),
    Spec("throughline_gap_records_total", Counter, ("stage",), "Records missing, by the numbers of those that came."),
    Spec("throughline_delivery_seconds", BulkHistogram, ("family",), "From published_at to the view.", LATENCIES),
    Spec("throughline_release_seconds", BulkHistogram, (), "From the release on its topic to the view.", LATENCIES),
    Spec("throughline_signals_total", Counter, ("rule", "state"), "Changes of signals written to the view."),
    Spec("throughline_identity_changes_total", Counter, ("kind",), "Records that joined or changed persons."),
    Spec("throughline_identity_vetoes_total", Counter, ("veto",), "Pairs that a veto parted."),
    Spec("throughline_identity_links_total", Counter, ("partner", "other"), "Links of records that changed persons."),
    Spec("throughline_identity_reviews_opened_total", Counter, ("reason",), "Questions to stewards that were opened."),
    Spec("throughline_identity_reviews_closed_total", Counter, ("reason",), "Questions to stewards that were closed."),
    Spec("throughline_identity_decisions_total", Counter, ("decision",), "Decisions of stewards, by what they say."),
    Spec("throughline_identity_models_refused_total", Counter, ("reason",), "Chosen models that cannot be taken."),
    Spec("throughline_identity_blocks_total", Counter, (), "Blocking keys under which candidates were looked for."),
    Spec("throughline_identity_blocks_capped_total", Counter, (), "Those of them with more records than count."),
    Spec("throughline_erasures_total", Counter, ("reason",), "Requests to erase somebody."),
    Spec("throughline_erased_records_total", Counter, ("stage", "reason"), "Records that were erased."),
    Spec("throughline_disclosure_orders_total", Counter, ("step", "outcome", "reason"), "Steps of orders, by outcome."),
    Spec("throughline_registry_schemas", Gauge, ("found",), "Partners' schemas by what a registry has instead."),
    Spec("throughline_audit_unsigned_records", Gauge, (), "Records of the audit that no signed head covers yet."),
    Spec("throughline_audit_unsigned_seconds", Gauge, (), "For how long the first of them has been in the log."),
    Spec("throughline_sweep_running", Gauge, ("sweep",), "1: many people are being decided again."),
    Spec("throughline_sweep_persons", Gauge, ("sweep",), "Persons whom the sweep under way goes over; 0: not known."),
    Spec("throughline_sweep_done_persons", Gauge, ("sweep",), "Persons whom the sweep under way has done."),
    Spec("throughline_swept_persons_total", Counter, ("sweep",), "Persons whom sweeps have decided again."),
)  # fmt: skip


class Metrics:
    """The metrics of one process, in a registry of its own."""

    def __init__(self, stage: str, pulse: Pulse, sweep_progress: Callable[[], Sequence[Progress]] = nothing) -> None:
        """Of a stage: its pulse, and how far its sweeps are; both are asked at every scrape."""
        self.registry = CollectorRegistry()
        self._stage, self._pulse, self._sweep_progress = stage, pulse, sweep_progress
        self.lag = LagWatch()
        self._waits_told: Tally[str] = Tally()
        self._newest: dict[Named, int] = {}
        self._lag_told: set[str] = set()
        self._lock = threading.Lock()
        self._unsigned: Callable[[], tuple[int, float]] | None = None
        self._turns: Callable[[], tuple[bool, bool]] | None = None
        self._registry: Callable[[], Mapping[str, int]] = dict
        self.registry.register(_Before(self._refresh))
        self._of: dict[str, Any] = {spec.name: _made(spec, self.registry) for spec in SPECS}
        ProcessCollector(registry=self.registry)
        self._of["throughline_build_info"].info({"version": VERSION, "python": platform.python_version()})
        for friend in FRIENDS:  # a rate needs a first value to rise from
            self._named("throughline_waits_total", stage, friend)
        self._numbers(0, 0)

    def follow(self, standings: Callable[[], Sequence[Standing]]) -> None:
        """Have the loop look how far what is assigned is read; before the loop begins, and anew in each turn of it."""
        if self.lag.standings is nothing:
            self._pulse.each_second(self.lag.look)
        self.lag.standings = standings

    def follow_audit(self, unsigned: Callable[[], tuple[int, float]]) -> None:
        """Ask at every scrape how many records of the audit no head covers, and for how many seconds."""
        self._unsigned = unsigned

    def follow_turns(self, told: Callable[[], tuple[bool, bool]]) -> None:
        """Ask at every scrape whether it acts, and else whether it has the state of the one that does."""
        self._turns = told

    def follow_registry(self, found: Callable[[], Mapping[str, int]]) -> None:
        """Ask at every scrape how many of partners' schemas a registry has how."""
        self._registry = found

    def know_partners(self, partners: Sequence[str]) -> None:
        """Begin every count of dead letters at 0, so that the first one is seen as a rise."""
        for partner in (*partners, counts.OTHER):
            for code in Code:
                self._named("throughline_dead_letters_total", partner, code.value)

    def begin_identity(self) -> None:
        """Begin what is counted of identity at 0, likewise; not of pairs of partners, which are many."""
        for kind in counts.KINDS_OF_CHANGES:
            self._counter(counts.CHANGES, kind)
        for veto in counts.NAMES_OF_VETOES:
            self._counter(counts.VETOES, veto)
        for reason in counts.REASONS_OF_REVIEWS:
            self._counter(counts.REVIEWS_OPENED, reason)
            self._counter(counts.REVIEWS_CLOSED, reason)
        for decision in counts.KINDS_OF_DECISIONS:
            self._counter(counts.DECISIONS, decision)
        for reason in counts.REASONS_OF_ERASURES:
            self._counter(counts.ERASED_RECORDS, self._stage, reason)
            self._counter(counts.ERASURES, reason)
        for refusal in counts.REFUSALS_OF_MODELS:
            self._counter(counts.MODELS_REFUSED, refusal)

    def begin_orders(self) -> None:
        """Begin what is counted of orders of disclosure at 0, likewise."""
        for step in counts.STEPS_OF_ORDERS:
            self._counter(counts.ORDERS, step, counts.CARRIED, counts.NONE)
            for reason in counts.REFUSALS_OF_ORDERS:
                self._counter(counts.ORDERS, step, counts.WITHHELD, reason)

    def done(self, done: Done) -> None:
        """A stage's batch is done."""
        self.lag.read(done.appended)
        self._batch(done.records, done.seconds)
        self._numbers(done.repeats, done.missing)
        self._named("throughline_sent_records_total", self._stage).inc(done.outs)
        for named, times in done.counts.items():
            self._count(named, times)
        for named, value in done.newest.items():
            self._newest[named] = max(value, self._newest.get(named, value))
            name, *labels = named
            self._named(f"throughline_partner_{name}_timestamp_seconds", *labels).set(self._newest[named] / MICROS)

    def written(self, written: Written) -> None:
        """The sink's batch is written."""
        self.lag.read(written.appended)
        self._batch(written.records, written.seconds)
        self._numbers(written.repeats, written.missing)
        self._named("throughline_skipped_offsets_total", self._stage).inc(written.skipped)
        for family, seconds in written.since_published.items():
            self._of["throughline_delivery_seconds"].observe_all(seconds, counts.family_of(family))
        self._of["throughline_release_seconds"].observe_all(written.since_released)
        for rule, state in written.signals:
            self._named("throughline_signals_total", rule, state).inc()

    def text(self) -> bytes:
        """What Prometheus scrapes."""
        return prometheus_client.generate_latest(self.registry)

    def _named(self, name: str, *labels: str) -> Any:
        return self._of[name].labels(*labels) if labels else self._of[name]

    def _counter(self, name: str, *labels: str) -> Any:
        """By its name among ``processors/counts.py``."""
        return self._named(f"throughline_{name}_total", *labels)

    def _batch(self, records: int, seconds: float) -> None:
        self._named("throughline_batch_seconds", self._stage).observe(seconds)
        self._named("throughline_batch_records", self._stage).observe(records)

    def _numbers(self, repeats: int, missing: int) -> None:
        self._named("throughline_repeats_total", self._stage).inc(repeats)
        self._named("throughline_gap_records_total", self._stage).inc(missing)

    def _count(self, named: Named, times: int) -> None:
        name, *labels = named
        if name in {counts.EVENTS, counts.ERASED_RECORDS}:
            labels = [self._stage, *labels]
        self._counter(name, *labels).inc(times)

    def _refresh(self) -> None:
        """Ask for what is known only now."""
        with self._lock:
            self._named("throughline_live", self._stage).set(not self._pulse.why_not_live())
            self._named("throughline_ready", self._stage).set(not self._pulse.why_not_ready())
            for why in Stop:
                self._named("throughline_stopped", self._stage, why.value).set(self._pulse.stop is why)
            waits = Tally(self._pulse.waits_by_friend)
            for friend, times in (waits - self._waits_told).items():
                self._named("throughline_waits_total", self._stage, friend).inc(times)
            self._waits_told = waits
        self._refresh_lag()
        if self._unsigned is not None:
            records, seconds = self._unsigned()
            self._named("throughline_audit_unsigned_records").set(records)
            self._named("throughline_audit_unsigned_seconds").set(seconds)
        if self._turns is not None:
            is_acting, is_level = self._turns()
            self._named("throughline_acting", self._stage).set(is_acting)
            self._named("throughline_standby_level", self._stage).set(is_level)
        for found, many in self._registry().items():
            self._named("throughline_registry_schemas", found).set(many)
        for progress in self._sweep_progress():
            self._named("throughline_sweep_running", progress.sweep).set(progress.is_running)
            self._named("throughline_sweep_persons", progress.sweep).set(progress.persons)
            self._named("throughline_sweep_done_persons", progress.sweep).set(progress.done)

    def _refresh_lag(self) -> None:
        """What cannot be measured is not there: the last value known would pass for the present one."""
        found = [] if self._pulse.is_cut_off() else self.lag.behind()
        with self._lock:
            for topics in self._lag_told - {behind.topics for behind in found}:
                for name in LAG:
                    self._of[name].remove(self._stage, topics)
            self._lag_told = {behind.topics for behind in found}
            for behind in found:
                for name, value in zip(LAG, (behind.events, behind.seconds, behind.missing), strict=True):
                    self._named(name, self._stage, behind.topics).set(value)


class _Before(Collector):
    """Does something before a registry is read: it is the first in it, and has nothing of its own."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act

    def describe(self) -> Iterator[Metric]:
        """No metrics."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """No metrics."""
        self._act()
        return iter(())


def _made(spec: Spec, registry: CollectorRegistry) -> Any:
    if spec.kind is BulkHistogram:
        return BulkHistogram(spec.name, spec.what, spec.labels, spec.bounds, registry)
    name = spec.name.removesuffix("_info") if spec.kind is Info else spec.name
    more: dict[str, Any] = {"buckets": spec.bounds} if spec.bounds else {}
    return spec.kind(name, spec.what, spec.labels, registry=registry, **more)
