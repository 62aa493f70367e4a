"""A histogram that takes many values at once: the library's takes 2 microseconds a value, a view's batch has 5,000."""

import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector


class BulkHistogram(Collector):
    """Looks to Prometheus like any other histogram."""

    def __init__(
        self, name: str, what: str, labels: Sequence[str], bounds: Sequence[float], registry: CollectorRegistry
    ) -> None:
        """Empty; ``bounds`` are the buckets' upper bounds, rising, without infinity."""
        self._name, self._what, self._labels, self._bounds = name, what, tuple(labels), tuple(bounds)
        self._buckets: dict[tuple[str, ...], list[int]] = {}
        self._sums: dict[tuple[str, ...], float] = {}
        self._lock = threading.Lock()
        registry.register(self)

    def observe_all(self, values: Iterable[float], *labels: str) -> None:
        """Take values in."""
        with self._lock:
            counts = self._buckets.setdefault(labels, [0] * (len(self._bounds) + 1))
            for value in values:
                counts[bisect_left(self._bounds, value)] += 1
                self._sums[labels] = self._sums.get(labels, 0.0) + value

    def describe(self) -> Iterator[HistogramMetricFamily]:
        """Its name, for the registry."""
        yield HistogramMetricFamily(self._name, self._what, labels=self._labels)

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Its standing."""
        family = HistogramMetricFamily(self._name, self._what, labels=self._labels)
        names = [*(str(float(bound)) for bound in self._bounds), "+Inf"]
        with self._lock:
            for labels, counts in sorted(self._buckets.items()):
                buckets = [(name, float(n)) for name, n in zip(names, accumulate(counts), strict=True)]
                family.add_metric(labels, buckets, self._sums.get(labels, 0.0))
        yield family
