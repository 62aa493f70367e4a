"""Memory and lag while a backlog drains."""

import itertools
from collections.abc import Callable
from typing import Any

from bench.recovery.people import in_parts
from bench.recovery.place import LOOK_SECONDS, Place, Worker

FIRST = 1_000_000_000
"""Number of the backlog's first event: none that was sent before has it."""
FACTS_A_PERSON = 20
AT_ONCE = 20_000
LOOKS_A_SAMPLE = round(1 / LOOK_SECONDS)
SECONDS = 7_200.0


def measure(place: Place, events: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Let a backlog wait, start the worker, and watch it until nothing is left."""
    among = max(1, min(place.people.count, events // FACTS_A_PERSON))
    for first, last in in_parts(events, AT_ONCE):
        place.send(place.people.events(FIRST + first, FIRST + last, among, place.keys))
    say(f"{events} events wait")
    lags = [place.lag()]
    before, place.rss_mb_max = place.rss_mb_max, 0.0
    worker = Worker(place)
    looks = 0

    def drained() -> bool:
        nonlocal looks
        looks += 1
        if looks % LOOKS_A_SAMPLE == 0:
            lags.append(place.lag())
            say(f"{lags[-1]} behind, {place.rss_mb_max:.0f} MB")
        return lags[-1] == 0

    took = place.until(drained, worker, SECONDS)
    worker.stop()
    mine, place.rss_mb_max = place.rss_mb_max, max(before, place.rss_mb_max)
    return {
        "backlog": events,
        "backlog_seconds": round(took, 1),
        "backlog_rss_mb_max": round(mine),
        "lag_monotone": all(after <= one for one, after in itertools.pairwise(lags)),
        "lag_samples": len(lags),
    }
