"""Moves among records of a set of people, by the engine that resolve links with: who is whom, without any facts.

A record is as old as it is early in the order of arrival, as in the stage; so the order says whose id a person keeps.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from bench.moves.tally import Tally
from deploy.identity.engine import arrived_of
from deploy.identity.files import Row, batches, rows_of, truth_of
from processors.resolve.matching.index import Arrived, Index
from processors.resolve.matching.model import shipped
from processors.state import Memory, Working

KEY = b"throughline moves of a benchmark"
BATCH = 20
"""Records at a time: what comes in one batch is linked before anybody hears of it, so large ones hide moves."""
WAGES = "UI"


def by_date(row: Row) -> tuple[str, ...]:
    """As things happened."""
    return row["event_date"], row["record_id"]


def by_agency(row: Row) -> tuple[str, ...]:
    """One agency after the other, each as things happened: a state that connects them one by one."""
    return row["source"], *by_date(row)


def wages_first(row: Row) -> tuple[str, ...]:
    """Before all else the rows that know the least of anybody, a number and a name."""
    return str(row["source"] != WAGES), *by_agency(row)


ORDERS: Mapping[str, Callable[[Row], tuple[str, ...]] | None] = {
    "shuffled": None, "by_date": by_date, "by_agency": by_agency, "wages_first": wages_first,
}  # fmt: skip


def people_of(folder: Path, persons: int) -> list[Row]:
    """All rows of the first persons of a set, households together."""
    truth = truth_of(folder / "truth.csv")
    chosen = set(sorted(set(truth.values()))[:persons])
    return [row for row in rows_of(folder / "records.csv", ("record_id",)) if truth[row["record_id"]] in chosen]


def in_order(rows: Sequence[Row], order: str, seed: int) -> list[Row]:
    """Rows in one of the orders of arrival."""
    key = ORDERS[order]
    if key is not None:
        return sorted(rows, key=key)
    return random.Random(seed).sample(rows, len(rows))  # noqa: S311  # an order, not a secret


def moves(rows: Sequence[Row]) -> Tally:
    """Enter rows in their order, and count the moves."""
    tally, store, known = Tally(), Memory(), set[str]()
    for number, arrived in enumerate(batches(_arriving(rows), BATCH)):
        working = Working(store)
        changes = Index(working, shipped(), KEY).take(arrived)
        store.apply(working.changes())
        moved = [change for change in changes if change.record_key in known]
        tally.moved(number * BATCH, [(change.before, change.after) for change in moved])
        known |= {one.record_key for one in arrived}
    tally.events, tally.records = len(rows), len(known)
    return tally


def _arriving(rows: Sequence[Row]) -> Iterator[Arrived]:
    for number, one in enumerate(arrived_of(rows, KEY)):
        yield Arrived(one.record_key, (number, str(number)), one.description)
