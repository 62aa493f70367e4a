"""Events a second that one log carries, and a partitioned one would, by what an event and a move cost; a core each."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.moves.tally import PARTITIONS, Told

SECOND = 1_000_000
"""Microseconds."""


@dataclass(frozen=True)
class Costs:
    """Microseconds."""

    consent: float
    """CPU of consent an event that moves nothing (docs/benchmarks.md, ``make bench``)."""
    resolve: float
    """CPU of resolve an event of a known record (the same)."""
    move: float
    """CPU of a move within one log; one that crosses is taken to cost as much again."""
    transaction: float
    """From the end of a batch until what it sends is read by another worker (docs/decisions/0004)."""


def table(moves_per_event: float, costs: Costs, rounds: Mapping[int, int], events: int) -> Told:
    """By partitions: events a second where persons wait, and where all of a partition does.

    Args:
        moves_per_event: as they were counted.
        costs: of which it is made.
        rounds: by partitions, in which a log was decided where all waits; none, where nobody has counted them.
        events: in that log.
    """
    one = {"persons_wait": round(_persons(1, moves_per_event, costs))}
    found: Told = {"moves_per_event": moves_per_event, "resolve_writes": round(SECOND / costs.resolve), "1": one}
    for count in PARTITIONS:
        alone = _persons(count, moves_per_event, costs)
        found[str(count)] = carried = {"persons_wait": round(alone)}
        if count in rounds:
            seconds = events / alone + rounds[count] * costs.transaction / SECOND
            carried["all_waits"] = round(events / seconds)
    return found


def _persons(partitions: int, moves: float, costs: Costs) -> float:
    crossing = (partitions - 1) / partitions
    return partitions * SECOND / (costs.consent + moves * costs.move * (1 + crossing))
