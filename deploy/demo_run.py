"""The demo's main job: publish the population by phases, wait for the end of every event, compare with the truth."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from deploy import demo_signals
from deploy.demo_reader import Reader
from deploy.demo_signals import Signals
from deploy.ledger import CARRIED, REJECTED, WITHHELD, Ledger, LiveLedger
from deploy.stack import Stack
from partners.client import Publisher, PublishError
from partners.population import Planned, Population, Truth
from partners.population.send import send, turns
from streams.errors import ThroughlineError

STALLED_SECONDS = 60.0
"""No event ends for so long: something is wrong."""
VISIBLE_SECONDS = 10.0
POLL_SECONDS = 0.005
PARTNER = "population"


class Progress(Protocol):
    """Told what is under way."""

    def __call__(self, name: str, done: int, total: int) -> None:
        """Name of it, how many are done, of how many."""


@dataclass
class Figures:
    """What a run shows."""

    acknowledged: set[str] = field(default_factory=set)
    latencies_ms: list[float] = field(default_factory=list)
    events_per_second: float = 0.0
    book: Ledger = field(default_factory=Ledger)
    signals: Signals = field(default_factory=Signals)

    def to_document(self) -> dict[str, object]:
        """The JSON object of the last line."""
        book = self.book
        counts = {outcome: book.count(self.acknowledged, outcome) for outcome in (CARRIED, WITHHELD, REJECTED)}
        ended = sum(counts.values())
        return {
            "published": len(self.acknowledged),
            **counts,
            "unaccounted": len(self.acknowledged) - ended + len(book.twice),
            "persons": book.person_count,
            "signals": len(self.signals.raised),
            "latency_ms": {"p50": percentile(self.latencies_ms, 50), "p99": percentile(self.latencies_ms, 99)},
            "events_per_second": round(self.events_per_second),
        }


def percentile(values: Sequence[float], part: int) -> float | None:
    """Nearest-rank percentile, one decimal; None of nothing."""
    ranked = sorted(values)
    return round(ranked[max(0, -(-len(ranked) * part // 100) - 1)], 1) if ranked else None


def wait_until_ended(stack: Stack, ledger: LiveLedger, event_ids: set[str], progress: Callable[[int], None]) -> None:
    """Wait until each of the events has ended.

    Raises:
        ThroughlineError: a process of the stack has ended, or nothing moves any more.
    """
    moved_at, left = time.monotonic(), len(event_ids)
    while left:
        stack.check()
        waiting = event_ids - ledger.catch_up().outcomes.keys()
        if len(waiting) < left:
            moved_at = time.monotonic()
        elif time.monotonic() - moved_at > STALLED_SECONDS:
            raise ThroughlineError(f"{len(waiting)} events have not ended; see the logs in {stack.data_dir / 'logs'}")
        left = len(waiting)
        progress(len(event_ids) - left)


def send_checked(stack: Stack, publisher: Publisher, events: Sequence[Planned]) -> set[str]:
    """Send events; ids acknowledged.

    Raises:
        ThroughlineError: a process of the stack has ended, the broker perhaps; or the broker did not take one.
    """
    try:
        return send(publisher, events)
    except PublishError:
        stack.check()
        raise


def run_phase(
    stack: Stack, publisher: Publisher, ledger: LiveLedger, events: Sequence[Planned], progress: Callable[[int], None]
) -> tuple[set[str], float]:
    """Publish a phase, turn by turn, and wait for the end of each; ids acknowledged and seconds taken."""
    started = time.monotonic()
    acknowledged = set[str]()
    for turn in turns(events):
        acknowledged |= send_checked(stack, publisher, turn)
        wait_until_ended(stack, ledger, acknowledged, progress)
    return acknowledged, time.monotonic() - started


def trickle_and_time(publisher: Publisher, readers: Sequence[Reader], events: Iterable[Planned]) -> list[float]:
    """Publish events one at a time and see each come into a view; milliseconds from publishing to visible.

    Raises:
        ThroughlineError: one does not come.
    """
    found = []
    for event in events:
        started = time.perf_counter()
        send(publisher, [event])
        deadline = started + VISIBLE_SECONDS
        while not any(event.event_id in reader.changed() for reader in readers):
            if time.perf_counter() > deadline:
                raise ThroughlineError(f"event {event.event_id} is not visible after {VISIBLE_SECONDS:.0f} s")
            time.sleep(POLL_SECONDS)
        found.append((time.perf_counter() - started) * 1_000)
    return found


def run_once(stack: Stack, made: Population, readers: Callable[[], list[Reader]], progress: Progress) -> Figures:
    """Every phase of the population; the figures, and ``stack`` left with everything ended."""
    ledger = LiveLedger(stack.bootstrap)
    figures = Figures(book=ledger.book)
    with Publisher(stack.bootstrap, PARTNER) as publisher:
        for phase in ("history", "changes"):
            events = made.phases[phase]
            ids, seconds = run_phase(stack, publisher, ledger, events, partial(progress, phase, total=len(events)))
            figures.acknowledged |= ids
            figures.events_per_second = max(figures.events_per_second, len(ids) / seconds)
        trickled = made.phases["trickle"]
        figures.latencies_ms = trickle_and_time(publisher, readers(), trickled)
        figures.acknowledged |= {event.event_id for event in trickled} & set(publisher.report.acknowledged)
        wait_until_ended(
            stack, ledger, figures.acknowledged, partial(progress, "trickle", total=len(figures.acknowledged))
        )
    ledger.close()
    figures.signals = demo_signals.wait_for_signals(stack.bootstrap, made.truth, stack.check)
    return figures


def differences(made: Truth, figures: Figures) -> list[str]:
    """Where a run's figures differ from the truth, a line each."""
    document, book = figures.to_document(), figures.book
    expected = {**vars(made.final), "unaccounted": 0, "signals": len(made.signals[list(made.signals)[-1]])}
    found = [f"{name}: {document[name]}, the truth says {n}" for name, n in expected.items() if document[name] != n]
    outcomes = made.outcomes[list(made.outcomes)[-1]]
    wrong = sorted(event_id for event_id, outcome in outcomes.items() if book.outcomes.get(event_id) != outcome)
    found += [f"event {e}: {book.outcomes.get(e)}, the truth says {outcomes[e]}" for e in wrong[:10]]
    return found + demo_signals.differences(made, figures.signals)[:10]


def now() -> datetime:
    """The caller's clock for the endless trickle."""
    return datetime.now(UTC)
