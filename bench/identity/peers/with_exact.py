"""No engine at all: records with the same number, or the same names and birth date as typed, are one person's.

What the engines are worth shows beside it. Needs no library: ``python -m bench.identity.peers.with_exact --people
FOLDER --febrl3 FOLDER --febrl4 FOLDER``.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.identity import sets
from bench.identity.components import components
from bench.identity.peers.measured import Lap, main

Key = tuple[str, ...]


def resolve(folder: Path, lap: Lap) -> dict[str, str]:
    """Cluster by record id."""
    records = sets.records(folder)
    lap("preparing")
    pairs = (pair for key in (_number, _names_and_birth) for pair in _same(records, key))
    return components([row["record_id"] for row in records], pairs)


def _number(row: sets.Row) -> Key:
    return (sets.number(row["ssn"]),)


def _names_and_birth(row: sets.Row) -> Key:
    return tuple(row[column].strip().casefold() for column in ("first_name", "last_name", "dob"))


def _same(records: Sequence[sets.Row], key: Callable[[sets.Row], Key]) -> Iterator[tuple[str, str]]:
    """Each record whose key has no part missing, and the first record that has the same."""
    first: dict[Key, str] = {}
    for row in records:
        values = key(row)
        if all(values):
            yield first.setdefault(values, row["record_id"]), row["record_id"]


if __name__ == "__main__":
    main({"people": resolve, "febrl3": resolve, "febrl4": resolve})
