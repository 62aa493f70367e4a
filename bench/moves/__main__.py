"""How many records change persons, by order of arrival, how many of them between partitions, and what goes with them.

Decisions alone, in memory: no Kafka. Its last line is one JSON object. Run: ``make bench-moves``.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from bench.moves import cost, linked, load, waiting, whole
from bench.moves.tally import PARTITIONS, Tally, Told

BATCH = 5_000
"""Most records that a stage takes at once, by its usual settings."""


def main() -> None:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=Path, help="folder of a set with its truth; without it that part is null")
    parser.add_argument("--persons", type=int, default=5_000, help="of that set")
    parser.add_argument("--population", type=int, default=400, help="made-up people, with all that is published")
    parser.add_argument("--sets", type=int, default=5, help="of people joined by mistake")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--consent-us", type=float, default=133, help="of CPU an event, by make bench")
    parser.add_argument("--resolve-us", type=float, default=53, help="the same")
    parser.add_argument("--transaction-us", type=float, default=25_000, help="by docs/decisions/0004")
    asked = parser.parse_args()
    measured = cost.cost(whole.told_of(asked.population, asked.seed), asked.seed)
    costs = load.Costs(asked.consent_us, asked.resolve_us, measured.one_log, asked.transaction_us)
    found = {
        "cpu_us": told("CPU of a move", asdict(measured)),
        "linked": None if asked.people is None else people(asked.people, asked.persons, asked.seed, costs),
        "population": population(asked.population, asked.seed, costs),
        "mistaken": told("joined by mistake", whole.moves(whole.mistaken(asked.sets, asked.seed)).told()),
    }
    print(json.dumps(found))


def people(folder: Path, persons: int, seed: int, costs: load.Costs) -> dict[str, Told]:
    """Of a set of people, by order of arrival."""
    rows, found = linked.people_of(folder, persons), dict[str, Told]()
    for order in linked.ORDERS:
        tally = linked.moves(linked.in_order(rows, order, seed))
        waits = rounds(tally)
        per_second = load.table(len(tally.placed) / len(rows), costs, waits, len(rows))
        more = {"rounds_if_all_waits": waits, "events_per_second": per_second}
        found[order] = told(f"{len(rows)} rows {order}", tally.told() | more)
    return found


def rounds(tally: Tally) -> dict[int, int]:
    """By partitions: in how many rounds the log is decided, where all of a partition waits."""
    return {count: waiting.rounds(tally.placed, tally.events, count, BATCH) for count in PARTITIONS}


def population(count: int, seed: int, costs: load.Costs) -> dict[str, Told]:
    """Of the made-up population, by order of arrival."""
    found = dict[str, Told]()
    for order in ("as_published", "by_agency", "shuffled"):
        tally = whole.moves(whole.population(count, seed, order))
        per_second = load.table(len(tally.placed) / tally.events, costs, {}, 0)
        found[order] = told(f"{count} made-up people {order}", tally.told() | {"events_per_second": per_second})
    return found


def told(what: str, figures: Told) -> Told:
    """Figures, which whoever waits sees as they come."""
    print(f"{what}: {figures}", file=sys.stderr)
    return figures


if __name__ == "__main__":
    main()
