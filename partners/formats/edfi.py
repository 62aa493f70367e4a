"""Ed-Fi interchange XML: which elements become rows of which family, one element in memory."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element  # the type only: parsing is defusedxml's

from partners.formats.edfi_codes import code_of
from partners.formats.edfi_elements import (
    Faults,
    code,
    code_or_uri,
    day,
    descriptor,
    name_of,
    required,
    row,
    text,
)
from partners.formats.edfi_known import Known, known_in
from partners.formats.edfi_references import filled
from partners.formats.edfi_school import program_day, school_day, section_day, taking_part
from partners.formats.edfi_tests import left_unsaid, result
from partners.formats.faults import Bad, Code, Fault, bad_of
from partners.formats.midnights import day_of, if_day
from partners.formats.reading import Document, Found
from partners.formats.sources import Source
from partners.formats.xml_elements import BreakError, Child
from partners.rows import Row

Mapped = Callable[[Element, Faults, Known], Row]


def documents(source: Source, family: str, beside: Iterable[Source] = ()) -> Iterator[Found]:
    """Every element of a family's kind; a file that is no XML from some place on ends in one bad row there.

    Args:
        source: the file.
        family: of the elements.
        beside: other files, with what the elements point at: tests, and interventions in which people take part.

    Raises:
        KeyError: no element is known that holds this family.
        OSError: the file cannot be read.
    """
    wanted = ELEMENTS[family]
    known = known_in([*beside, source]) if family in POINTING else Known()
    number = 0
    try:
        for child in filled(source):
            if child.name in wanted:
                number += 1
                yield row_of(number, child, known)
    except BreakError as error:
        yield Bad(number + 1, error.code, line=error.line)


def row_of(number: int, child: Child, known: Known) -> Found:
    """An element of a file as a row of its family, or why it is none.

    Args:
        number: of the element among those of its family.
        child: one of ``FAMILY_OF``.
        known: what elements point at.
    """
    if child.element is None:
        return Bad(number, Code.TOO_LARGE, line=child.line)
    return document(number, child.element, known, child.line)


def document(number: int, element: Element, known: Known, line: int | None = None) -> Found:
    """An element of a family as a row, or why it is none.

    Args:
        number: of the element.
        element: one of ``FAMILY_OF``.
        known: what elements point at.
        line: on which it begins; None: nobody knows.

    Raises:
        KeyError: no family is read from it.
    """
    faults: Faults = []
    name = name_of(element)
    content = ELEMENTS[FAMILY_OF[name]][name](element, faults, known)
    if faults:
        return bad_of(number, faults, _source(element), line)
    return Document(number, content, unsaid=tuple(left_unsaid(element, content["body"])), line=line)


def _source(element: Element) -> str | None:
    """The source_record_id that the element's row would have; None where a part of it is missing."""
    if unique_id := text(element, "StudentUniqueId"):
        return unique_id
    student = text(element, "StudentReference", "StudentIdentity", "StudentUniqueId")
    parts = (student, text(element, "SchoolReference", "SchoolIdentity", "SchoolId"), day(element, "EntryDate"))
    return "|".join(part for part in parts if part) if all(parts) else None


def _identity(student: Element, faults: Faults, _: Known) -> Row:
    unique_id = required(student, faults, "envelope.subject_token", "StudentUniqueId")
    multiple = text(student, "BirthData", "MultipleBirthStatus")
    body = {
        "first_name": text(student, "Name", "FirstName"),
        "middle_name": text(student, "Name", "MiddleName"),
        "last_name": text(student, "Name", "LastSurname"),
        "name_suffix": text(student, "Name", "GenerationCodeSuffix"),
        "other_first_name": text(student, "Name", "PreferredFirstName"),
        "other_last_name": text(student, "Name", "PreferredLastSurname"),
        "birth_date": day(student, "BirthData", "BirthDate"),
        "birth_city": text(student, "BirthData", "BirthCity"),
        "sex": code(student, faults, "body.sex", "edfi_sex", "BirthData", "BirthSex"),
        "multiple_birth": None if multiple is None else multiple in {"true", "1"},
    }
    return row(unique_id, unique_id, body)


def _enrollment(association: Element, faults: Faults, _: Known) -> Row:
    student = required(
        association, faults, "envelope.subject_token", "StudentReference", "StudentIdentity", "StudentUniqueId"
    )
    school = required(association, faults, "body.organization_id", "SchoolReference", "SchoolIdentity", "SchoolId")
    entry = day_of(required(association, faults, "body.entry_date", "EntryDate"))
    left = day(association, "ExitWithdrawDate")
    status = code_of(descriptor(association, "EnrollmentType") or "", "edfi_enrollment_type")
    body = {
        "organization_id": school,
        "organization_id_system": "SCHOOL",
        "enrollment_status": "previously_enrolled" if left else status,
        "entry_date": entry,
        "entry_type": descriptor(association, "EntryType"),
        "entry_grade_level": code(association, faults, "body.entry_grade_level", "edfi_grade_level", "EntryGradeLevel"),
        "exit_date": left,
        "exit_type": code_or_uri(association, "edfi_exit_type", "ExitWithdrawType"),
        "full_time_equivalency_hundredths": _hundredths(association, faults),
    }
    begins = if_day(entry)
    times = {"occurred_on": begins, "effective_from": begins, "effective_to": if_day(left)}
    return row(f"{student}|{school}|{entry}", student, body, **times)


def _hundredths(association: Element, faults: Faults) -> int | None:
    """Full-time equivalency as whole hundredths: 1.00 is 100."""
    said = text(association, "FullTimeEquivalency")
    if said is None:
        return None
    try:
        hundredths = Decimal(said) * 100
        if hundredths == int(hundredths):
            return int(hundredths)
    except (InvalidOperation, OverflowError, ValueError):
        pass
    faults.append(Fault(Code.WRONG_VALUE, "body.full_time_equivalency_hundredths"))
    return None


ELEMENTS: dict[str, dict[str, Mapped]] = {
    "identity": {"Student": _identity},
    "enrollment": {"StudentSchoolAssociation": _enrollment},
    "attendance": {
        "StudentSchoolAttendanceEvent": school_day,
        "StudentSectionAttendanceEvent": section_day,
        "StudentProgramAttendanceEvent": program_day,
    },
    "assessment": {"StudentAssessment": result},
    "intervention": {"StudentInterventionAssociation": taking_part},
}
"""The elements that hold a family, and what makes a row of each."""
POINTING = {"assessment", "intervention"}
"""Families of which the elements point at others that say more."""
FAMILY_OF = {name: family for family, names in ELEMENTS.items() for name in names}
"""By the name of an element."""
