"""A set of records with its truth: a folder with records.csv and truth.csv, and people.csv where it tells of persons.

Asks for no library: the peers import it in environments of their own.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

Row = dict[str, str]
COLUMNS = (
    "record_id",
    "source",
    "source_local_id",
    "event_date",
    "first_name",
    "middle_name",
    "last_name",
    "suffix",
    "dob",
    "sex",
    "ssn",
    "address",
    "city",
    "zip",
    "email",
)
"""Of records.csv, in order of arrival; any but the first may be empty."""
TRUTH = ("record_id", "person_id")


def rows(path: Path) -> Iterator[Row]:
    """Rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def records(folder: Path) -> list[Row]:
    """Records of a set, in order of arrival."""
    return list(rows(folder / "records.csv"))


def truth(folder: Path) -> Row:
    """Person by record id."""
    return {row["record_id"]: row["person_id"] for row in rows(folder / "truth.csv")}


def people(folder: Path) -> list[Row]:
    """What is known of the persons; empty where the set does not tell."""
    path = folder / "people.csv"
    return list(rows(path)) if path.exists() else []


def number(text: str) -> str:
    """The digits of a number; none of the dummies that offices type where they have no number."""
    digits = "".join(filter(str.isdigit, text))
    return "" if len(set(digits)) == 1 or digits == "123456789" else digits


def write(folder: Path, records_: Iterable[Mapping[str, str]], persons: Mapping[str, str]) -> None:
    """Write a set into a folder, which is made.

    Args:
        folder: of the set.
        records_: with any of the columns.
        persons: person by record id.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "records.csv", COLUMNS, records_)
    _write(folder / "truth.csv", TRUTH, ({"record_id": r, "person_id": p} for r, p in persons.items()))


def _write(path: Path, columns: tuple[str, ...], rows_: Iterable[Mapping[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows_)


def first(folder: Path, count: int, into: Path) -> None:
    """Write the first records of a set, with their truth and all its people, as a set of its own."""
    persons = truth(folder)
    chosen = records(folder)[:count]
    write(into, chosen, {row["record_id"]: persons[row["record_id"]] for row in chosen})
    known = folder / "people.csv"
    if known.exists():
        (into / "people.csv").write_bytes(known.read_bytes())
