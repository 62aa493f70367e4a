"""How resources of the Ed-Fi API are written, told as elements of an interchange: one mapping then reads both.

Source: Ed-Fi ODS/API 5 to 7, resources of Data Standard 3 to 5. A reference there has its keys in one flat object where
an interchange has an identity within an identity, a descriptor's name ends so, and a part that may repeat is a list.
"""

import math
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement

Path = tuple[str, ...]
Json = Mapping[str, Any]


class ShapeError(ValueError):
    """A list or an object where a value belongs, or the other way round."""


STUDENT = {"studentReference.studentUniqueId": "StudentReference/StudentIdentity/StudentUniqueId"}
SCHOOL = {"schoolReference.schoolId": "SchoolReference/SchoolIdentity/SchoolId"}
EVENT = {
    "eventDate": "AttendanceEvent/EventDate",
    "attendanceEventCategoryDescriptor": "AttendanceEvent/AttendanceEventCategory",
}
ORGANIZATION = "EducationOrganizationReference/EducationOrganizationIdentity/EducationOrganizationId"
OFFERING = "SectionReference/SectionIdentity/CourseOfferingReference/CourseOfferingIdentity"
SHAPES: Mapping[str, Mapping[str, str]] = {
    "Student": {
        "studentUniqueId": "StudentUniqueId",
        "firstName": "Name/FirstName",
        "middleName": "Name/MiddleName",
        "lastSurname": "Name/LastSurname",
        "generationCodeSuffix": "Name/GenerationCodeSuffix",
        "preferredFirstName": "Name/PreferredFirstName",
        "preferredLastSurname": "Name/PreferredLastSurname",
        "birthDate": "BirthData/BirthDate",
        "birthCity": "BirthData/BirthCity",
        "birthSexDescriptor": "BirthData/BirthSex",
        "multipleBirthStatus": "BirthData/MultipleBirthStatus",
    },
    "StudentSchoolAssociation": {
        **STUDENT,
        **SCHOOL,
        "entryDate": "EntryDate",
        "entryTypeDescriptor": "EntryType",
        "entryGradeLevelDescriptor": "EntryGradeLevel",
        "enrollmentTypeDescriptor": "EnrollmentType",
        "exitWithdrawDate": "ExitWithdrawDate",
        "exitWithdrawTypeDescriptor": "ExitWithdrawType",
        "fullTimeEquivalency": "FullTimeEquivalency",
    },
    "StudentSchoolAttendanceEvent": {
        **STUDENT,
        **SCHOOL,
        **EVENT,
        "sessionReference.sessionName": "SessionReference/SessionIdentity/SessionName",
    },
    "StudentSectionAttendanceEvent": {
        **STUDENT,
        **EVENT,
        "sectionReference.sectionIdentifier": "SectionReference/SectionIdentity/SectionIdentifier",
        "sectionReference.localCourseCode": f"{OFFERING}/LocalCourseCode",
        "sectionReference.schoolId": f"{OFFERING}/SchoolReference/SchoolIdentity/SchoolId",
        "sectionReference.sessionName": f"{OFFERING}/SessionReference/SessionIdentity/SessionName",
    },
    "StudentProgramAttendanceEvent": {
        **STUDENT,
        **EVENT,
        "educationOrganizationReference.educationOrganizationId": ORGANIZATION,
        "programReference.programName": "ProgramReference/ProgramIdentity/ProgramName",
    },
    "StudentInterventionAssociation": {
        **STUDENT,
        "interventionReference.educationOrganizationId": f"InterventionReference/InterventionIdentity/{ORGANIZATION}",
        "interventionReference.interventionIdentificationCode": (
            "InterventionReference/InterventionIdentity/InterventionIdentificationCode"
        ),
        "dosage": "Dosage",
        "interventionEffectivenesses[].interventionEffectivenessRatingDescriptor": (
            "InterventionEffectiveness/InterventionEffectivenessRating"
        ),
    },
    "StudentAssessment": {
        **STUDENT,
        "studentAssessmentIdentifier": "StudentAssessmentIdentifier",
        "assessmentReference.assessmentIdentifier": "AssessmentReference/AssessmentIdentity/AssessmentIdentifier",
        "assessmentReference.namespace": "AssessmentReference/AssessmentIdentity/Namespace",
        "administrationDate": "AdministrationDate",
        "whenAssessedGradeLevelDescriptor": "WhenAssessedGradeLevel",
        "scoreResults[].result": "ScoreResult/Result",
        "scoreResults[].assessmentReportingMethodDescriptor": "ScoreResult/AssessmentReportingMethod",
        "performanceLevels[].performanceLevelDescriptor": "PerformanceLevel/PerformanceLevel",
        "studentObjectiveAssessments[]": "StudentObjectiveAssessment",
        "items[]": "StudentAssessmentItem",
    },
    "Assessment": {
        "assessmentIdentifier": "AssessmentIdentifier",
        "namespace": "Namespace",
        "assessmentTitle": "AssessmentTitle",
        "assessmentCategoryDescriptor": "AssessmentCategory",
        "academicSubjects[].academicSubjectDescriptor": "AcademicSubject",
    },
    "Intervention": {
        "educationOrganizationReference.educationOrganizationId": ORGANIZATION,
        "interventionIdentificationCode": "InterventionIdentificationCode",
        "interventionClassDescriptor": "InterventionClass",
        "deliveryMethodDescriptor": "DeliveryMethod",
        "minDosage": "MinDosage",
        "maxDosage": "MaxDosage",
    },
}
"""By the name of an element: paths in the resource, and in the element. Of a list (``[]``) each is an element."""
FLAGS = {"multipleBirthStatus"}
"""Paths in a resource of what is true or false."""
KEYS = {
    "StudentAssessment": {"studentAssessmentIdentifier", "assessmentReference"},
    "StudentInterventionAssociation": {"studentReference", "interventionReference"},
    "StudentSectionAttendanceEvent": {"studentReference", "sectionReference", "attendanceEventCategoryDescriptor"},
    "StudentProgramAttendanceEvent": {"studentReference", "programReference", "attendanceEventCategoryDescriptor"},
    "StudentSchoolAttendanceEvent": {"studentReference", "schoolReference", "attendanceEventCategoryDescriptor"},
    "StudentSchoolAssociation": {"studentReference", "schoolReference", "entryDate"},
    "Student": {"studentUniqueId", "lastSurname"},
}
"""Of a resource, that no other has together; for files whose names do not tell."""


def element_of(name: str, content: Json) -> Element:
    """A resource as an element.

    Args:
        name: of the element, as Student.
        content: of the resource.

    Raises:
        ShapeError: a part of it is no value, object or list where it should be.
    """
    root = Element(name)
    for source, target in SHAPES.get(name, {}).items():
        listed, _, within = source.partition("[]")
        path = tuple(target.split("/"))
        if within or source.endswith("[]"):
            _put_each(root, path, _list(content.get(listed)), within.removeprefix("."))
        elif (text := _text(_at(content, source), is_flag=source in FLAGS)) is not None:
            _below(root, path).text = text
    return root


def _put_each(root: Element, path: Path, items: list[Any], within: str) -> None:
    """An element for each of a list; of fields of one list each fills in those that are there."""
    first, *rest = path
    own = [child for child in root if child.tag == first]
    for number, item in enumerate(items):
        target = own[number] if number < len(own) else SubElement(root, first)
        text = _text(_at(item, within)) if within else None
        if text is not None:
            (_below(target, tuple(rest)) if rest else target).text = text


def _below(element: Element, path: Path) -> Element:
    """The descendant at a path, made where it is not there."""
    for name in path:
        found = element.find(name)
        element = SubElement(element, name) if found is None else found
    return element


def _at(content: Any, path: str) -> Any:
    for name in path.split("."):
        if content is None:
            return None
        if not isinstance(content, Mapping):
            raise ShapeError
        content = content.get(name)
    return content


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ShapeError
    return value


def _text(value: Any, *, is_flag: bool = False) -> str | None:
    """A value as an element has it; an id that is true or without end would be that of many."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        if is_flag:
            return "true" if value else "false"
    elif isinstance(value, int | float) and math.isfinite(value):
        return str(value)
    raise ShapeError
