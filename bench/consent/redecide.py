"""What it takes to decide a person again who has many events: the real stage over RocksDB, the commit included."""

import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import made_up
from bench.consent import world
from bench.decisions.way import Way
from processors import names
from processors.consent.law.documents import row_of
from processors.names import RESOLVED_EVENTS
from processors.records import Arrival, Arrivals
from schemas_avro import catalog, codec, wire

Row = dict[str, Any]
BATCH = 5_000


def figures(persons: int, events: int) -> Row:
    """Milliseconds that a withdrawal takes which retracts all of a person's events from two recipients; medians."""
    with ExitStack() as held:
        way = Way(Path(held.enter_context(tempfile.TemporaryDirectory(prefix="throughline-bench-"))), held)
        who = served_by_two(persons)
        _take(way, [*way.control(), _rules(way)])
        for partner, family, rows in made_up.setup(max(who) + 1):
            _take(way, way.published(partner, family, rows))
        for person in who:
            facts = [made_up.fact(person, f"fact {person} {n}") for n in range(events)]
            _take(way, way.published(made_up.PARTNER, "enrollment", facts))
        taken = [_withdrawn(way, person) for person in who]
    cpu, wall, retracted = zip(*taken, strict=True)
    return {
        "redecide_1000_events_ms": round(statistics.median(cpu) * 1_000, 1),
        "redecide_wall_ms": round(statistics.median(wall) * 1_000, 1),
        "redecide_retractions": statistics.median(retracted),
    }


def served_by_two(count: int) -> list[int]:
    """Numbers of the first so many people whom two recipients see."""
    return [n for n in range(4 * count + 10) if len(made_up.recipients_of(n)) > 1][:count]


def _rules(way: Way) -> Arrival:
    rules_id = catalog.id_of("internal.rules_activated.v1")
    value = wire.frame(rules_id, codec.encode_rows(rules_id, [row_of(world.rules(), 2)])[0])
    return way.topics.append(names.AGREEMENTS, b"rules", value, {})


def _take(way: Way, arrivals: list[Arrival]) -> None:
    for start in range(0, len(arrivals), BATCH):
        outs = way.stages["resolve"].take(Arrivals.of(arrivals[start : start + BATCH]))
        way.stages["consent"].take(way.topics.sent(outs, lambda topic: topic == RESOLVED_EVENTS))


def _withdrawn(way: Way, person: int) -> tuple[float, float, int]:
    """CPU and wall seconds of consent's batch that has the withdrawal in it, and retractions that it sent."""
    outs = way.stages["resolve"].take(
        Arrivals.of(way.published(made_up.PARTNER, "consent", [made_up.withdrawal(person)]))
    )
    log = way.topics.sent(outs, lambda topic: topic == RESOLVED_EVENTS)
    cpu, wall = time.process_time(), time.perf_counter()
    sent = way.stages["consent"].take(log)
    took = time.process_time() - cpu, time.perf_counter() - wall
    return *took, sum(out.topic.startswith("released.") for out in sent)
