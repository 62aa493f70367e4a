"""Ed-Fi interchange XML: Student to identity, StudentSchoolAssociation to enrollment; one element in memory."""

from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError  # the types only: parsing is defusedxml's

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from partners.formats.edfi_codes import ENROLLMENT_STATUSES, EXIT_TYPES, GRADE_LEVELS, SEXES, crosswalk
from partners.formats.faults import Bad, Code, Fault, bad_of
from partners.formats.reading import Document, Found
from partners.rows import Row

SYSTEM = "Ed-Fi"


Faults = list[Fault]
"""What of an element has no place in our schema, gathered as it is mapped."""
Mapped = Callable[[Element, Faults], Row]


def documents(path: Path, family: str) -> Iterator[Found]:
    """Every element of a family's kind; a file that is no XML from some place on ends in one bad row there.

    Raises:
        KeyError: no element is known that holds this family.
        OSError: the file cannot be read.
    """
    wanted, mapped = ELEMENTS[family]
    number = 0
    try:
        for number, element in enumerate(_children(path, wanted), 1):
            yield _document(number, element, mapped)
    except (ParseError, DefusedXmlException):
        yield Bad(number + 1, Code.NOT_XML)


def _children(path: Path, wanted: str) -> Iterator[Element]:
    """The root's children of a name, each forgotten when the next is asked for."""
    depth, root = 0, None
    for event, element in iterparse(path, ("start", "end"), forbid_dtd=True):
        depth += 1 if event == "start" else -1
        root = element if root is None else root
        if event == "end" and depth == 1:
            if element.tag.rpartition("}")[2] == wanted:
                yield element
            root.clear()


def _document(number: int, element: Element, mapped: Mapped) -> Found:
    faults: Faults = []
    row = mapped(element, faults)
    return bad_of(number, faults, _source(element)) if faults else Document(number, row)


def _text(element: Element, *names: str) -> str | None:
    """Text of a descendant, by its path of names in whatever namespace."""
    text = element.findtext("/".join(f"{{*}}{name}" for name in names))
    return text.strip() if text and text.strip() else None


def _required(element: Element, faults: Faults, field: str, *names: str) -> str:
    text = _text(element, *names)
    if text is None:
        faults.append(Fault(Code.MISSING_FIELD, field))
    return text or ""


def _code(element: Element, faults: Faults, field: str, codes: dict[str, str], *names: str) -> str | None:
    """Our symbol of a descriptor, for a field that takes no others."""
    uri = _text(element, *names)
    if uri is None:
        return None
    code = crosswalk(uri, codes)
    if code is None:
        faults.append(Fault(Code.UNMAPPED_DESCRIPTOR, field))
    return code


def _code_or_uri(element: Element, codes: dict[str, str], *names: str) -> str | None:
    """Our code of a descriptor where a crosswalk is known, else the descriptor itself."""
    uri = _text(element, *names)
    return None if uri is None else crosswalk(uri, codes) or uri


def _row(source_record_id: str, token: str, body: Row, **envelope: Any) -> Row:
    head = {"source_system_name": SYSTEM, "source_record_id": source_record_id, "subject_token": token, **envelope}
    said = {name: value for name, value in body.items() if value is not None}
    return {"envelope": {name: value for name, value in head.items() if value is not None}, "body": said}


def _source(element: Element) -> str | None:
    """The source_record_id that the element's row would have; None where a part of it is missing."""
    if unique_id := _text(element, "StudentUniqueId"):
        return unique_id
    student = _text(element, "StudentReference", "StudentIdentity", "StudentUniqueId")
    parts = (student, _text(element, "SchoolReference", "SchoolIdentity", "SchoolId"), _text(element, "EntryDate"))
    return "|".join(part for part in parts if part) if all(parts) else None


def _identity(student: Element, faults: Faults) -> Row:
    unique_id = _required(student, faults, "envelope.subject_token", "StudentUniqueId")
    multiple = _text(student, "BirthData", "MultipleBirthStatus")
    body = {
        "first_name": _text(student, "Name", "FirstName"),
        "middle_name": _text(student, "Name", "MiddleName"),
        "last_name": _text(student, "Name", "LastSurname"),
        "name_suffix": _text(student, "Name", "GenerationCodeSuffix"),
        "other_first_name": _text(student, "Name", "PreferredFirstName"),
        "other_last_name": _text(student, "Name", "PreferredLastSurname"),
        "birth_date": _text(student, "BirthData", "BirthDate"),
        "birth_city": _text(student, "BirthData", "BirthCity"),
        "sex": _code(student, faults, "body.sex", SEXES, "BirthData", "BirthSex"),
        "multiple_birth": None if multiple is None else multiple in {"true", "1"},
    }
    return _row(unique_id, unique_id, body)


def _enrollment(association: Element, faults: Faults) -> Row:
    student = _required(
        association, faults, "envelope.subject_token", "StudentReference", "StudentIdentity", "StudentUniqueId"
    )
    school = _required(association, faults, "body.organization_id", "SchoolReference", "SchoolIdentity", "SchoolId")
    entry = _required(association, faults, "body.entry_date", "EntryDate")
    left = _text(association, "ExitWithdrawDate")
    status = crosswalk(_text(association, "EnrollmentType") or "", ENROLLMENT_STATUSES)
    body = {
        "organization_id": school,
        "organization_id_system": "SCHOOL",
        "enrollment_status": "previously_enrolled" if left else status,
        "entry_date": entry,
        "entry_type": _text(association, "EntryType"),
        "entry_grade_level": _code(association, faults, "body.entry_grade_level", GRADE_LEVELS, "EntryGradeLevel"),
        "exit_date": left,
        "exit_type": _code_or_uri(association, EXIT_TYPES, "ExitWithdrawType"),
        "full_time_equivalency_hundredths": _hundredths(association, faults),
    }
    times = {"occurred_on": entry, "effective_from": entry, "effective_to": left}
    return _row(f"{student}|{school}|{entry}", student, body, **times)


def _hundredths(association: Element, faults: Faults) -> int | None:
    """Full-time equivalency as whole hundredths: 1.00 is 100."""
    text = _text(association, "FullTimeEquivalency")
    if text is None:
        return None
    try:
        hundredths = Decimal(text) * 100
        if hundredths == int(hundredths):
            return int(hundredths)
    except (InvalidOperation, OverflowError, ValueError):
        pass
    faults.append(Fault(Code.WRONG_VALUE, "body.full_time_equivalency_hundredths"))
    return None


ELEMENTS: dict[str, tuple[str, Mapped]] = {
    "identity": ("Student", _identity),
    "enrollment": ("StudentSchoolAssociation", _enrollment),
}
"""The element that holds a family, and what makes a row of it."""
