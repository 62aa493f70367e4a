"""From Ed-Fi what a school says of a person's days and of the interventions in which the person takes part."""

from xml.etree.ElementTree import Element  # the type only: parsing is defusedxml's

from partners.formats.edfi_codes import code_of
from partners.formats.edfi_elements import Faults, code, descriptor, name_of, required, row, text, whole
from partners.formats.edfi_known import ORGANIZATION, Known
from partners.formats.faults import Code, Fault
from partners.formats.midnights import day_of, if_day
from partners.rows import Row

STUDENT = ("StudentReference", "StudentIdentity", "StudentUniqueId")
SCHOOL = ("SchoolReference", "SchoolIdentity", "SchoolId")
SESSION = ("SessionReference", "SessionIdentity", "SessionName")
SECTION = ("SectionReference", "SectionIdentity")
OFFERING = (*SECTION, "CourseOfferingReference", "CourseOfferingIdentity")
PROGRAM = ("ProgramReference", "ProgramIdentity", "ProgramName")
INTERVENTION = ("InterventionReference", "InterventionIdentity")
EVENT = "AttendanceEvent"


def school_day(event: Element, faults: Faults, _: Known) -> Row:
    """A StudentSchoolAttendanceEvent as a row of attendance."""
    return _day(event, faults, "daily", "SCHOOL", SCHOOL, SESSION)


def section_day(event: Element, faults: Faults, _: Known) -> Row:
    """A StudentSectionAttendanceEvent as a row of attendance; its school is that of the course."""
    course = ((*OFFERING, *SESSION), (*OFFERING, "LocalCourseCode"), (*SECTION, "SectionIdentifier"))
    return _day(event, faults, "class_section", "SCHOOL", (*OFFERING, *SCHOOL), *course)


def program_day(event: Element, faults: Faults, _: Known) -> Row:
    """A StudentProgramAttendanceEvent as a row of attendance; which program stays with the source."""
    return _day(event, faults, "program", "OTHER", ORGANIZATION, PROGRAM)


def _day(
    event: Element, faults: Faults, kind: str, system: str, organization: tuple[str, ...], *known_by: tuple[str, ...]
) -> Row:
    """How a day was attended; it is known by what the standard knows it by, its category too."""
    student = required(event, faults, "envelope.subject_token", *STUDENT)
    place = required(event, faults, "body.organization_id", *organization)
    day = day_of(required(event, faults, "body.attendance_date", EVENT, "EventDate"))
    category = descriptor(event, EVENT, "AttendanceEventCategory") or ""
    if not category:
        faults.append(Fault(Code.MISSING_FIELD, "body.attendance_status"))
    crosswalk = "edfi_attendance_event"
    body = {
        "organization_id": place,
        "organization_id_system": system,
        "attendance_event_type": kind,
        "attendance_date": day,
        "attendance_status": code(event, faults, "body.attendance_status", crosswalk, EVENT, "AttendanceEventCategory"),
    }
    within = [text(event, *names) or "" for names in known_by]
    source = "|".join([student, kind, place, *within, day, category.rpartition("#")[2]])
    return row(source, student, body, occurred_on=if_day(day))


def taking_part(association: Element, faults: Faults, known: Known) -> Row:
    """A StudentInterventionAssociation as a row of intervention, with what its Intervention says of all in it.

    When the Intervention began is not when the person came to it, so no day is said.
    """
    student = required(association, faults, "envelope.subject_token", *STUDENT)
    place = required(association, faults, "body.organization_id", *INTERVENTION, *ORGANIZATION)
    name = required(association, faults, "body.intervention_id", *INTERVENTION, "InterventionIdentificationCode")
    minutes = whole(association, faults, "body.dosage_minimum_minutes", "Dosage")
    own = {} if minutes is None else {"dosage_minimum_minutes": minutes, "dosage_maximum_minutes": minutes}
    body = {
        "organization_id": place,
        "organization_id_system": "OTHER",
        "intervention_id": name,
        **known.interventions.get((place, name), {}),
        **own,
        "effectiveness": _effectiveness(association),
    }
    return row(f"{student}|{place}|{name}", student, body)


def _effectiveness(association: Element) -> str | None:
    """What came of it, where that is the same for all that it was for."""
    every = (one for one in association if name_of(one) == "InterventionEffectiveness")
    ratings = (descriptor(one, "InterventionEffectivenessRating") or "" for one in every)
    found = {code_of(rating, "edfi_intervention_effectiveness") for rating in ratings}
    return found.pop() if len(found) == 1 else None
