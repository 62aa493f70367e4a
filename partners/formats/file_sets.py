"""Which files of a folder or archive make up what is published together, and how each of them is read."""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import NoReturn

from partners.formats import archive, edfi_json, oneroster
from partners.formats.census import Member
from partners.formats.edfi_file import XmlFile
from partners.formats.edfi_json import JsonFile
from partners.formats.edfi_known import Known
from partners.formats.oneroster.known import Known as KnownPeople
from partners.formats.reading import FileError
from partners.formats.sources import Source

XML, CSV = ".xml", ".csv"
MACOS = "__MACOSX"
"""The folder of a zip in which a Mac keeps what it knows of the other files, under their names."""
TABLES_AND_TREES = {XML, CSV, *edfi_json.ENDINGS}
"""What may be compressed in place: rows.xml.gz; a set is not published without it."""


@dataclass(frozen=True)
class FileSet:
    """Files that are read together."""

    members: Sequence[Member]
    """In the order in which each learns from those before it."""
    left_out: Sequence[str]
    """Names of those that are none of it."""
    is_whole: bool
    """Whether they have all that there is, and not changes only."""


def is_set(place: Path) -> bool:
    """Whether a folder or file says itself which families it has.

    Raises:
        FileError: it is compressed in a way that is not read.
        OSError: it cannot be read.
    """
    if not place.is_file():
        return place.is_dir()
    archive.check_not_packed(place.name)
    return place.suffix.lower() in {XML, archive.ENDING} or edfi_json.is_resources(place)


@contextmanager
def file_set(place: Path) -> Iterator[FileSet]:
    """The files of a folder with all that is below it, of an archive, or a file that is a set by itself; while open.

    Raises:
        FileError: there is none that is read, or they do not fit together.
        OSError: one of them cannot be read.
    """
    with ExitStack() as held:
        sources, folders, unread = _sources(place, held)
        members: list[Member] = []
        is_whole = True
        left_out: list[Source] = []
        known = Known()
        for name in sorted(folders):
            beside = [sources[number] for number in folders[name]]
            manifest = next((source for source in beside if oneroster.is_manifest(source)), None)
            tables = [source for source in beside if source.suffix.lower() == CSV]
            if manifest is not None:
                people = held.enter_context(KnownPeople())
                said = oneroster.manifest_of(manifest)
                files, others = oneroster.files_of(said, tables, people)
                is_whole = is_whole and said.is_whole
                members += files
                left_out += others
            else:
                oneroster.check_is_no_set(tables)
                left_out += tables
            for source in beside:
                if source.suffix.lower() == XML:
                    members.append(XmlFile(source, known))
                elif edfi_json.is_resources(source):
                    members.append(JsonFile(source, known))
                elif source.suffix.lower() != CSV:
                    if TABLES_AND_TREES.intersection(PurePath(source.name.lower()).suffixes[:-1]):
                        archive.check_not_packed(source.name)
                    left_out.append(source)
        if not members:
            raise FileError(
                f"no Ed-Fi interchange (.xml), Ed-Fi resources (.json) or OneRoster set (manifest.csv) in "
                f"{place.name}; a file of another format is published by its name"
            )
        yield FileSet(members, [*unread, *(source.name for source in left_out)], is_whole)


def _sources(place: Path, held: ExitStack) -> tuple[list[Source], dict[str, list[int]], list[str]]:
    """All files, in an order that is the same each time; numbers of those that are looked at, and names of others."""
    found: list[tuple[PurePath, Source]]
    unread: list[str] = []
    if place.suffix.lower() == archive.ENDING and place.is_file():
        found = [(PurePath(entry.path), entry) for entry in held.enter_context(archive.opened(place))]
    elif place.is_file():
        found = [(PurePath(place.name), place)]
    else:
        found, unread = _below(place)
    found.sort(key=lambda one: one[0])
    folders: dict[str, list[int]] = defaultdict(list)
    for number, (path, source) in enumerate(found):
        if path.name.startswith(".") or MACOS in path.parts:
            unread.append(source.name)
        else:
            folders[str(path.parent)].append(number)
    return [source for _, source in found], folders, unread


def _below(place: Path) -> tuple[list[tuple[PurePath, Source]], list[str]]:
    """The files below a folder, and names of what is there and no file, as pipes and links to folders or to nothing.

    Raises:
        OSError: a folder cannot be looked into: what it has would be missing.
    """
    found: list[tuple[PurePath, Source]] = []
    unread: list[str] = []
    for folder, folders, names in os.walk(place, onerror=_raise):
        unread += [name for name in folders if (Path(folder) / name).is_symlink()]
        for path in (Path(folder) / name for name in names):
            if path.is_file():
                found.append((path.relative_to(place), path))
            else:
                unread.append(path.name)
    return found, unread


def _raise(error: OSError) -> NoReturn:
    raise error
