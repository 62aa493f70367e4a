"""Records that agencies hold of made-up Californians, with the truth: any number of them, in bounded memory."""

import csv
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from bench.identity.made_up.arrival import Aside
from bench.identity.made_up.people import Person, households, person_id
from bench.identity.made_up.records import Made, of_household
from bench.identity.sets import COLUMNS, Row

PEOPLE = ("person_id", "household", "ethnicity", "sex", "twin_of", "junior_of", "name_changed", "no_ssn")
TRUTH = ("record_id", "person_id", "errors")
TOLD_RECORDS = 100_000


def write(folder: Path, records: int, seed: int, told: Callable[[int], None] = lambda _: None) -> None:
    """Write records.csv, truth.csv and people.csv into a folder, which is made; the same seed gives the same bytes.

    Args:
        folder: of the set.
        records: how many.
        seed: of chance.
        told: hears now and then how many records are made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="parts-", dir=folder) as parts:
        aside = Aside(Path(parts), seed)
        with (folder / "people.csv").open("w", encoding="utf-8", newline="") as file:
            people = csv.DictWriter(file, PEOPLE, lineterminator="\n")
            people.writeheader()
            aside.put(_counted(islice(_made(seed, people), records), told))
        _write(folder, aside)


def _made(seed: int, people: "csv.DictWriter[str]") -> Iterator[Made]:
    for household in households(seed):
        people.writerows(map(_person, household))
        yield from of_household(seed, household)


def _counted(records: Iterator[Made], told: Callable[[int], None]) -> Iterator[Made]:
    for number, made in enumerate(records, 1):
        if number % TOLD_RECORDS == 0:
            told(number)
        yield made


def _person(one: Person) -> Row:
    return {
        "person_id": one.id,
        "household": str(one.household),
        "ethnicity": one.culture,
        "sex": "F" if one.female else "M",
        "twin_of": "" if one.twin_of is None else person_id(one.twin_of),
        "junior_of": "" if one.junior_of is None else person_id(one.junior_of),
        "name_changed": str(int(bool(one.new_surname))),
        "no_ssn": str(int(not one.ssn)),
    }


def _write(folder: Path, aside: Aside) -> None:
    with (
        (folder / "records.csv").open("w", encoding="utf-8", newline="") as records_,
        (folder / "truth.csv").open("w", encoding="utf-8", newline="") as truth_,
    ):
        records, truth = (
            csv.DictWriter(file, columns, lineterminator="\n")
            for file, columns in ((records_, COLUMNS), (truth_, TRUTH))
        )
        records.writeheader()
        truth.writeheader()
        for row, true in aside.arriving():
            records.writerow(row)
            truth.writerow(true)
