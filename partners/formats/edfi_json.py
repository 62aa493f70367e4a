"""Resources of the Ed-Fi API as JSON, an array or an object a line: the same facts as interchanges have."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from partners.formats import edfi, jsonl
from partners.formats.census import UNTOLD, Fact, Reference, Seen
from partners.formats.edfi_file import DESCRIPTOR, REFERENCE, sort_of
from partners.formats.edfi_known import Known, note
from partners.formats.edfi_shapes import KEYS, SHAPES, ShapeError, element_of
from partners.formats.faults import Bad, Code
from partners.formats.json_array import PassedOver, begins_array, values
from partners.formats.reading import Document, Found
from partners.formats.sources import Source

ENDINGS = {".json", ".jsonl", ".ndjson"}
OURS = {"envelope", "body"}
OF_RESOURCES = re.compile(r"_etag|_lastModifiedDate|_ext|[a-z]\w*(Reference|Descriptor|UniqueId)")
"""Keys that a resource has, of whatever kind, and hardly anything else."""
WORD = re.compile(r"[A-Za-z]+")
NAMED = {name.lower(): name for name in (*SHAPES, *REFERENCE)}
"""Elements whose resources are known, by their names in lower case."""
Item = tuple[int, Mapping[str, Any]] | Bad
"""Place of a resource, and what it says."""


def is_resources(source: Source) -> bool:
    """Whether a file has resources, and not events of ours: by its beginning.

    Raises:
        OSError: it cannot be read.
    """
    if source.suffix.lower() not in ENDINGS:
        return False
    first = next(items(source), None)
    if isinstance(first, tuple) and (OURS & first[1].keys() or any(map(OF_RESOURCES.fullmatch, first[1]))):
        return not OURS & first[1].keys()
    name = element_in(source.name) or ""
    return name in NAMED.values() or name.endswith(DESCRIPTOR)


def element_in(name: str) -> str | None:
    """The element whose resources a file has, by its name: students.json, ed-fi.students-2.jsonl.

    Args:
        name: of the file; it may be called anything.
    """
    words = [singular(word) for word in WORD.findall(name.rpartition(".")[0])]
    known = (NAMED[word.lower()] for word in words if word.lower() in NAMED)
    longest = max(words, key=len, default="")
    return next(known, None) or (f"{longest[0].upper()}{longest[1:]}" if longest else None)


def by_keys(content: Mapping[str, Any]) -> str | None:
    """The element that a resource is, by its keys; None: they do not tell."""
    return next((name for name, keys in KEYS.items() if keys <= content.keys()), None)


def singular(word: str) -> str:
    """A resource's name as one of it: studentSchoolAssociations, localEducationAgencies."""
    return f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s")


def documents(source: Source, family: str) -> Iterator[Found]:
    """Every resource of a family in one file; what others beside it say is not known.

    Raises:
        OSError: the file cannot be read.
    """
    known = Known()
    for row in JsonFile(source, known).seen(None, learns=True):
        if isinstance(row, Fact) and row.family == family:
            yield row.read()
        elif isinstance(row, Bad):
            yield row


@dataclass(frozen=True)
class JsonFile:
    """A file of resources."""

    source: Source
    known: Known = field(compare=False)
    """What elements of the set point at."""

    def seen(self, day: date | None, *, learns: bool = False) -> Iterator[Seen]:
        """Every resource, as ``partners.formats.census.Member`` has it."""
        del day
        said = element_in(self.source.name) or UNTOLD
        is_told = said in SHAPES or isinstance(sort_of(said), Reference)
        numbers: Counter[str] = Counter()
        for item in items(self.source):
            if isinstance(item, Bad):
                yield item
                continue
            place, content = item
            name = said if is_told else by_keys(content) or said
            numbers[name] += 1
            family = edfi.FAMILY_OF.get(name)
            if family is not None:
                yield Fact(family, partial(_document, place, name, content, self.known))
                continue
            if learns and name in SHAPES:
                _learn(name, content, self.known)
            yield sort_of(name)


def _document(place: int, name: str, content: Mapping[str, Any], known: Known) -> Found:
    try:
        element = element_of(name, content)
    except ShapeError:
        return Bad(place, Code.WRONG_TYPE)
    return edfi.document(place, element, known)


def _learn(name: str, content: Mapping[str, Any], known: Known) -> None:
    try:
        note(element_of(name, content), known)
    except ShapeError:  # it is no fact of anybody; who points at it says less
        return


def items(source: Source) -> Iterator[Item]:
    """Every object of an array, or of a line; what is no JSON from some place on ends in one bad row.

    Raises:
        OSError: the file cannot be read.
    """
    if begins_array(source):
        yield from _array(source)
        return
    for found in jsonl.documents(source, ""):
        if isinstance(found, Document):
            yield found.place, found.content
        elif isinstance(found, Bad):
            yield found


def _array(source: Source) -> Iterator[Item]:
    place = 0
    try:
        for value in values(source):
            place += 1
            if isinstance(value, PassedOver):
                yield Bad(place, value.code)
            else:
                yield (place, value) if isinstance(value, dict) else Bad(place, Code.NOT_AN_OBJECT)
    except ValueError:
        yield Bad(place + 1, Code.NOT_JSON)
