"""References of Ed-Fi interchanges that point at an element of their file by its ``id``, in place of its keys."""

from collections.abc import Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement  # no parsing: that is defusedxml's

from partners.formats.edfi_elements import name_of
from partners.formats.sources import Source
from partners.formats.xml_elements import BreakError, Child, children

KEYS = {
    "AssessmentIdentifier", "EducationOrganizationId", "InterventionIdentificationCode", "LocalCourseCode",
    "Namespace", "ProgramName", "SchoolId", "SectionIdentifier", "SessionName", "StudentUniqueId",
}  # fmt: skip
"""By which elements are known, of those that are read."""
WITHIN = ("Identity", "Reference")
"""How the names of elements end that have keys in them."""
MOST = 100_000
"""Elements with an id that are kept of a file; who points at others has no key, and is told so."""
MOST_FILLED = 100
"""Elements that are put into one row: references may point at others, and some in a circle."""


class Keys(NamedTuple):
    """An element with what it is known by."""

    name: str
    text: str | None
    within: tuple["Keys", ...]


def filled(source: Source) -> Iterator[Child]:
    """Each element below the root, its references with the keys of what they point at.

    Raises:
        OSError: the file cannot be read.
        BreakError: it cannot be read from some place on.
    """
    kept: dict[str, Keys] | None = None
    for child in children(source):
        if child.has_ref and child.element is not None:
            kept = _kept(source) if kept is None else kept
            _fill(child.element, kept)
        yield child


def _kept(source: Source) -> dict[str, Keys]:
    """The elements of a file that have an id; of a file that breaks off, those before."""
    kept: dict[str, Keys] = {}
    try:
        for child in children(source):
            if child.has_id and child.element is not None:
                for one in child.element.iter():
                    if (name := one.get("id")) and len(kept) < MOST:
                        kept.setdefault(name, _keys(one))
    except BreakError:  # whoever publishes the file is told
        pass
    return kept


def _keys(element: Element) -> Keys:
    within = (one for one in element if name_of(one) in KEYS or name_of(one).endswith(WITHIN))
    text = f"#{ref}" if (ref := element.get("ref")) else element.text
    return Keys(name_of(element), text, tuple(map(_keys, within)))


def _fill(element: Element, kept: dict[str, Keys]) -> None:
    """Put keys into an element's references that have none."""
    left = MOST_FILLED
    pointing = [(one, one.get("ref")) for one in element.iter()]
    while pointing:
        one, ref = pointing.pop()
        if ref not in kept or len(one) or left <= 0:
            continue
        put = [(one, keys) for keys in kept[ref].within]
        while put and left > 0:
            target, keys = put.pop()
            left -= 1
            made = SubElement(target, keys.name)
            if keys.text and keys.text.startswith("#") and keys.name.endswith(WITHIN):
                pointing.append((made, keys.text[1:]))
            else:
                made.text = keys.text
            put += [(made, inner) for inner in keys.within]
