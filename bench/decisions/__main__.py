"""What deciding costs: CPU an event of resolve, consent and sink in one process, real stores, no Kafka.

Facts of known records, under consent and caseload, as in ``bench/pipeline.py``. Its last line is one JSON object.
Run: ``make bench-decisions`` (``EVENTS=…``); ``python -m bench.decisions --profile FILE`` writes cProfile's table too.
"""

import argparse
import cProfile
import json
import pstats
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

from bench import made_up
from bench.decisions.parts import Clock
from bench.decisions.way import Way
from processors.names import RESOLVED_EVENTS
from processors.records import Arrival, Arrivals
from streams import memory

BATCHES = (2_000, 500)
MICROS = 1_000_000


def main() -> None:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=40_000, help="of each size of batch")
    parser.add_argument("--batches", type=int, nargs="*", default=BATCHES)
    parser.add_argument("--profile", type=Path, help="file for a table of functions; the figures are then no figures")
    asked = parser.parse_args()
    memory.prepare()  # as workers do
    profile = cProfile.Profile() if asked.profile else None
    found = {str(batch): figures(asked.events, batch, profile) for batch in asked.batches}
    if profile:
        with asked.profile.open("w") as file:
            pstats.Stats(profile, stream=file).sort_stats("tottime").print_stats(80)
    print(json.dumps({"events": asked.events, "cpu_us_per_event": found}))


def figures(events: int, batch: int, profile: cProfile.Profile | None = None) -> dict[str, Any]:
    """CPU microseconds an event of each stage in batches of a size: as a whole, then by parts in a second run."""
    with ExitStack() as held:
        way = Way(Path(held.enter_context(tempfile.TemporaryDirectory(prefix="throughline-bench-"))), held)
        people = max(made_up.WATCHED, events // made_up.FACTS_A_PERSON)
        print(f"batches of {batch}: setting up {people} people", file=sys.stderr)
        take(way, list(way.control()), batch, Clock())
        for partner, family, rows in made_up.setup(people):
            take(way, way.published(partner, family, rows), batch, Clock())
        whole, parts = Clock(), Clock()
        facts = way.published(made_up.PARTNER, "enrollment", list(made_up.facts(people, 2 * events)))
        with profile or nullcontext():
            take(way, facts[:events], batch, whole)
        with parts.by_parts():
            take(way, facts[events:], batch, parts)
    totals = {stage: sum(seconds.values()) for stage, seconds in whole.seconds.items()}
    per_event = MICROS / events
    return {
        **{stage: round(seconds * per_event, 1) for stage, seconds in totals.items()},
        "parts": {
            stage: {part: round(s * per_event, 1) for part, s in seconds.items()}
            for stage, seconds in parts.seconds.items()
        },
    }


def take(way: Way, arrivals: list[Arrival], batch: int, clock: Clock) -> None:
    """Through all three, a batch at a time."""
    for part in map(Arrivals.of, _cut(arrivals, batch)):
        with clock.stage("resolve"):
            outs = way.stages["resolve"].take(part)
        log = way.topics.sent(outs, lambda topic: topic == RESOLVED_EVENTS)
        with clock.stage("consent"):
            outs = way.stages["consent"].take(log)
        releases = way.topics.sent(outs, lambda topic: topic.startswith("released."))
        with clock.stage("sink"):
            way.write(releases)


def _cut(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    return (list(items[start : start + size]) for start in range(0, len(items), size))


if __name__ == "__main__":
    main()
