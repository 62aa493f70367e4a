"""What is read of an element of an Ed-Fi interchange, whatever it is of."""

from collections.abc import Iterator
from typing import IO, Any
from xml.etree.ElementTree import Element, ParseError  # the types only: parsing is defusedxml's

from defusedxml.ElementTree import iterparse

from partners.formats.edfi_codes import code_of
from partners.formats.faults import Code, Fault
from partners.formats.sources import Source
from partners.rows import Row

SYSTEM = "Ed-Fi"
DIGITS = 9
"""Of a number, at most: more is none that anything has."""
Faults = list[Fault]
"""What of an element has no place in our schema, gathered as it is mapped."""
MOST_BYTES, MOST_DEPTH = 4 << 20, 100
"""Of one element below the root, and of what is in it: the standard's largest are some kilobytes, a dozen deep."""


class BrokenError(Exception):
    """A file that is no XML from some place on, has a document type or entities, or is in an unknown encoding."""


class TooLargeError(Exception):
    """An element that would not fit into memory, had it no end."""


BREAKS = (BrokenError, TooLargeError)
"""What ends the reading of a file."""


def children(source: Source) -> Iterator[tuple[Element, Element]]:
    """The root with each of its children, which is forgotten when the next is asked for.

    Raises:
        OSError: the file cannot be read.
        BrokenError: it cannot be read from some place on.
        TooLargeError: an element is larger or deeper than any of the standard.
    """
    depth, root = 0, None
    with source.open("rb") as file:
        counted = _Counted(file)
        for event, element in _events(counted):
            depth += 1 if event == "start" else -1
            root = element if root is None else root
            if depth > MOST_DEPTH:
                raise TooLargeError
            if event == "end" and depth == 1:
                counted.bytes = 0
                yield root, element
                root.clear()


class _Counted:
    """A file of which nothing more is given once an element has had its share."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.bytes = 0

    def read(self, size: int) -> bytes:
        self.bytes += size
        if self.bytes > MOST_BYTES:
            raise TooLargeError
        return self._file.read(size)


def _events(file: _Counted) -> Iterator[tuple[str, Element]]:
    try:
        yield from iterparse(file, ("start", "end"), forbid_dtd=True)
    except (ParseError, LookupError, ValueError):  # the last for what is forbidden, too, and for encodings
        raise BrokenError from None


def code_of_break(error: Exception) -> Code:
    """How it is called that a file is read no further."""
    return Code.TOO_LARGE if isinstance(error, TooLargeError) else Code.NOT_XML


def name_of(element: Element) -> str:
    """An element's name, in whatever namespace: every version of the standard has its own."""
    name: str = element.tag.rpartition("}")[2]
    return name


def text(element: Element, *names: str) -> str | None:
    """Text of a descendant, by its path of names in whatever namespace."""
    found = first_text(element, names)
    return found.strip() if found and found.strip() else None


def first_text(element: Element, names: tuple[str, ...]) -> str | None:
    """The same as ``findtext`` has it, in a quarter of its time; empty where the descendant has none."""
    name, *rest = names
    for child in element:
        if child.tag.rpartition("}")[2] == name:
            found = first_text(child, tuple(rest)) if rest else child.text or ""
            if found is not None:
                return found
    return None


def descriptor(element: Element, *names: str) -> str | None:
    """A descriptor's URI; also of one that is written as code and namespace apart, where a namespace is said."""
    found = text(element, *names)
    if found is not None:
        return found
    word = text(element, *names, "CodeValue")
    return None if word is None else f"{text(element, *names, 'Namespace') or ''}#{word}"


def required(element: Element, faults: Faults, field: str, *names: str) -> str:
    """Text of a descendant that must be there; empty where it is not, which is a fault of the field.

    A reference may have its keys without the identity around them, as some systems write it.
    """
    found = text(element, *names) or text(element, *(name for name in names if not name.endswith("Identity")))
    if found is None:
        faults.append(Fault(Code.MISSING_FIELD, field))
    return found or ""


def code(element: Element, faults: Faults, field: str, crosswalk: str, *names: str) -> str | None:
    """Our symbol of a descriptor by a crosswalk, for a field that takes no others."""
    uri = descriptor(element, *names)
    if uri is None:
        return None
    found = code_of(uri, crosswalk)
    if found is None:
        faults.append(Fault(Code.UNMAPPED_DESCRIPTOR, field))
    return found


def code_or_uri(element: Element, crosswalk: str, *names: str) -> str | None:
    """Our code of a descriptor where a crosswalk has one, else the descriptor itself."""
    uri = descriptor(element, *names)
    return None if uri is None else code_of(uri, crosswalk) or uri


def row(source_record_id: str, token: str, body: Row, **envelope: Any) -> Row:
    """A row as a file of ours would have it; what is None is not said."""
    head = {"source_system_name": SYSTEM, "source_record_id": source_record_id, "subject_token": token, **envelope}
    said = {name: value for name, value in body.items() if value is not None}
    return {"envelope": {name: value for name, value in head.items() if value is not None}, "body": said}


def whole(element: Element, faults: Faults, field: str, *names: str) -> int | None:
    """A whole number of a descendant, for a field; None where it has none."""
    found = text(element, *names)
    if found is None:
        return None
    if found.isascii() and found.isdigit() and len(found) <= DIGITS:
        return int(found)
    faults.append(Fault(Code.WRONG_VALUE, field))
    return None
