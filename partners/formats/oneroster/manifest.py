"""The manifest of a OneRoster set: its version, and which of its files are whole, changes, or not there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from partners.formats.oneroster.table import rows_of
from partners.formats.reading import FileError
from partners.formats.sources import Source

MANIFEST = "manifest.csv"
FILE = "file."
VERSION = "oneroster.version"
VERSIONS = re.compile(r"1\.[12](\.\d{1,2})?")
REMEDY = "export the set again, or mend manifest.csv"


class Mode(StrEnum):
    """What a file has."""

    ABSENT = "absent"
    BULK = "bulk"
    """All that there is."""
    DELTA = "delta"
    """What changed: rows that are so now, and rows that are to be deleted."""


@dataclass(frozen=True)
class Manifest:
    """What a set says of itself."""

    modes: Mapping[str, Mode]
    """By the name of a file in lower case, without its ending."""

    @property
    def is_whole(self) -> bool:
        """Whether no file has changes only."""
        return Mode.DELTA not in self.modes.values()


def is_manifest(source: Source) -> bool:
    """Whether a file is the manifest of a OneRoster set, and not any other of this name.

    Raises:
        FileError: it is no text that is read.
        OSError: it cannot be read.
    """
    return source.name.lower() == MANIFEST and any("propertyname" in cells for _, cells in _rows(source))


def manifest_of(source: Source) -> Manifest:
    """What a manifest says.

    Raises:
        FileError: of a version that is not read, or what it says of a file is not one of three words.
        OSError: it cannot be read.
    """
    said = {cells["propertyname"].lower(): cells.get("value", "") for _, cells in _rows(source)}
    if not VERSIONS.fullmatch(said.get(VERSION, "")):
        raise FileError(f"{source.name} does not say {VERSION} 1.1 or 1.2; {REMEDY}")
    modes = {name.removeprefix(FILE): text.lower() for name, text in said.items() if name.startswith(FILE)}
    if not set(modes.values()) <= set(Mode):
        raise FileError(f"{source.name}: what it says of a file is none of {', '.join(Mode)}; {REMEDY}")
    return Manifest({name: Mode(text) for name, text in modes.items()})


def _rows(source: Source) -> list[tuple[int, dict[str, str]]]:
    rows = rows_of(source, ("propertyname", "value"))
    return [row for row in rows if isinstance(row, tuple) and "propertyname" in row[1]]
