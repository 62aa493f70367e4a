"""Processes as their endpoints show them: whether they answer, are ready, and what their metrics say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import orjson
from prometheus_client.parser import text_string_to_metric_families

from streams.errors import Stop
from streams.health import LIVE, METRICS, READY, noted
from streams.stops import Stopped, Stops

ANSWER_SECONDS = 5.0


@dataclass(frozen=True)
class Sample:
    """One value of a metric."""

    name: str
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class Seen:
    """One process, as it was seen."""

    role: str
    address: str | None
    """Of its endpoints; None: it has noted none."""
    is_up: bool = False
    why_not_live: tuple[str, ...] = ()
    why_not_ready: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = field(default=(), repr=False)
    noted: Stopped | None = None
    """Its last stop, where no record was done since; also after it has ended."""

    @property
    def stopped(self) -> Stop | None:
        """Why it stands still, or ended after it had; None: it does neither."""
        if self.is_up:
            return next((Stop(s.labels["why"]) for s in self.of("throughline_stopped") if s.value), None)
        return None if self.noted is None else self.noted.why

    def of(self, name: str, **labels: str) -> Iterator[Sample]:
        """Its values of a metric, of those labels."""
        return (s for s in self.samples if s.name == name and labels.items() <= s.labels.items())

    def has(self, name: str) -> bool:
        """Whether it tells a metric at all."""
        return any(sample.name == name for sample in self.samples)

    def total(self, name: str, **labels: str) -> float:
        """The sum of them."""
        return sum(sample.value for sample in self.of(name, **labels))

    def highest(self, name: str, **labels: str) -> float:
        """The highest of them; 0 where there are none."""
        return max((sample.value for sample in self.of(name, **labels)), default=0.0)


def see(role: str, data_dir: Path) -> Seen:
    """Look at a process by the address that it has noted in the data directory."""
    address, stop = noted(data_dir).get(role), Stops(role, data_dir).noted()
    if address is None:
        return Seen(role, None, noted=stop)
    try:
        with httpx.Client(base_url=address, timeout=ANSWER_SECONDS, trust_env=False) as client:
            why = [tuple(orjson.loads(client.get(path).content)["why"]) for path in (LIVE, READY)]
            samples = tuple(_samples(client.get(METRICS).text))
            return Seen(role, address, True, why[0], why[1], samples, stop)  # noqa: FBT003
    except (httpx.HTTPError, orjson.JSONDecodeError, KeyError, ValueError):
        return Seen(role, address, noted=stop)


def _samples(text: str) -> Iterator[Sample]:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield Sample(sample.name, sample.labels, sample.value)
