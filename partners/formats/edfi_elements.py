"""What is read of an element of an Ed-Fi interchange, whatever it is of."""

from typing import Any
from xml.etree.ElementTree import Element  # the type only: parsing is defusedxml's

from partners.formats.edfi_codes import code_of
from partners.formats.faults import Code, Fault
from partners.formats.midnights import day_of
from partners.rows import Row

SYSTEM = "Ed-Fi"
DIGITS = 9
"""Of a number, at most: more is none that anything has."""
Faults = list[Fault]
"""What of an element has no place in our schema, gathered as it is mapped."""


def name_of(element: Element) -> str:
    """An element's name, whatever its prefix."""
    name: str = element.tag.rpartition(":")[2]
    return name


def text(element: Element, *names: str) -> str | None:
    """Text of a descendant, by its path of names in whatever namespace."""
    found = first_text(element, names)
    return found.strip() if found and found.strip() else None


def first_text(element: Element, names: tuple[str, ...]) -> str | None:
    """The same as ``findtext`` has it, in a quarter of its time; empty where the descendant has none."""
    name, *rest = names
    for child in element:
        if child.tag.rpartition(":")[2] == name:
            found = first_text(child, tuple(rest)) if rest else child.text or ""
            if found is not None:
                return found
    # A reference may have its keys without the identity around them, as some systems write it.
    return first_text(element, tuple(rest)) if rest and name.endswith("Identity") else None


def day(element: Element, *names: str) -> str | None:
    """The day of a descendant; None where it says none."""
    found = text(element, *names)
    return None if found is None else day_of(found)


def descriptor(element: Element, *names: str) -> str | None:
    """A descriptor's URI; also of one that is written as code and namespace apart, where a namespace is said."""
    found = text(element, *names)
    if found is not None:
        return found
    word = text(element, *names, "CodeValue")
    return None if word is None else f"{text(element, *names, 'Namespace') or ''}#{word}"


def required(element: Element, faults: Faults, field: str, *names: str) -> str:
    """Text of a descendant that must be there; empty where it is not, which is a fault of the field."""
    found = text(element, *names)
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
