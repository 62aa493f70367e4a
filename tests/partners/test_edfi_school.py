"""Ed-Fi attendance events and interventions become rows of attendance and intervention."""

from contextlib import nullcontext
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from partners import formats
from partners.district import publish_district, surveyed
from partners.formats import Bad, Code, Good, Reader, edfi
from partners.formats.census import facts
from partners.formats.reading import Document
from partners.rows import Row, days

AS_OF = datetime(2026, 8, 31, tzinfo=UTC)
URI = "uri://ed-fi.org/"
STUDENT = (
    "<StudentReference><StudentIdentity><StudentUniqueId>604821</StudentUniqueId></StudentIdentity></StudentReference>"
)
SCHOOL = "<SchoolReference><SchoolIdentity><SchoolId>255901107</SchoolId></SchoolIdentity></SchoolReference>"
SESSION = "<SessionReference><SessionIdentity><SessionName>Fall</SessionName></SessionIdentity></SessionReference>"
OFFERING = f"<LocalCourseCode>ALG-1</LocalCourseCode>{SCHOOL}{SESSION}"
SECTION = (
    "<SectionReference><SectionIdentity><SectionIdentifier>S7</SectionIdentifier><CourseOfferingReference>"
    f"<CourseOfferingIdentity>{OFFERING}</CourseOfferingIdentity></CourseOfferingReference></SectionIdentity></SectionReference>"
)
DISTRICT = (
    "<EducationOrganizationReference><EducationOrganizationIdentity><EducationOrganizationId>255901"
    "</EducationOrganizationId></EducationOrganizationIdentity></EducationOrganizationReference>"
)
PROGRAM_NAME = "<ProgramName>Bilingual</ProgramName>"
PROGRAM = f"<ProgramReference><ProgramIdentity>{DISTRICT}{PROGRAM_NAME}</ProgramIdentity></ProgramReference>"
CODE = "<InterventionIdentificationCode>Check and Connect</InterventionIdentificationCode>"
INTERVENTION = (
    f"<Intervention><InterventionClass>{URI}InterventionClassDescriptor#Practice</InterventionClass>"
    f"<DeliveryMethod>{URI}DeliveryMethodDescriptor#Whole Class</DeliveryMethod><BeginDate>2021-08-23</BeginDate>"
    f"{DISTRICT}{CODE}<MinDosage>10</MinDosage><MaxDosage>30</MaxDosage></Intervention>"
)


def attended(kind: str, inside: str, category: str = "Excused Absence", day: str = "2021-09-07") -> str:
    """An attendance event."""
    descriptor = f"{URI}AttendanceEventCategoryDescriptor#{category}"
    event = f"<EventDate>{day}</EventDate><AttendanceEventCategory>{descriptor}</AttendanceEventCategory>"
    name = f"Student{kind}AttendanceEvent"
    return f"<{name}><AttendanceEvent>{event}</AttendanceEvent>{STUDENT}{inside}</{name}>"


def takes_part(*more: str) -> str:
    """A StudentInterventionAssociation."""
    pointed = (
        f"<InterventionReference><InterventionIdentity>{DISTRICT}{CODE}</InterventionIdentity></InterventionReference>"
    )
    return f"<StudentInterventionAssociation>{STUDENT}{pointed}{''.join(more)}</StudentInterventionAssociation>"


def write(path: Path, *elements: str) -> Path:
    """An interchange."""
    path.write_text(f'<InterchangeAny xmlns="http://ed-fi.org/5.2.0">{"".join(elements)}</InterchangeAny>')
    return path


def read(path: Path, family: str, *beside: Path) -> list[Good | Bad]:
    """What a file holds."""
    reader = Reader(lambda _: edfi.documents(path, family, beside))
    return [row for row in formats.rows(path, "lea_grand_bend", family, AS_OF, reader) if isinstance(row, Good | Bad)]


def one(path: Path, family: str, *beside: Path) -> Row:
    """The only row of a file."""
    [good] = read(path, family, *beside)
    assert isinstance(good, Good)
    return good.row


@pytest.mark.parametrize(
    ("kind", "inside", "said", "source"),
    [
        ("School", SCHOOL + SESSION, ("255901107", "SCHOOL", "daily"), "daily|255901107|Fall"),
        ("Section", SECTION, ("255901107", "SCHOOL", "class_section"), "class_section|255901107|Fall|ALG-1|S7"),
        ("Program", DISTRICT + PROGRAM, ("255901", "OTHER", "program"), "program|255901|Bilingual"),
    ],
)
def test_a_day_at_school_in_class_or_in_a_program_is_attendance(
    tmp_path: Path, kind: str, inside: str, said: tuple[str, ...], source: str
) -> None:
    row = one(write(tmp_path / "a.xml", attended(kind, inside)), "attendance")
    body, envelope = row["body"], row["envelope"]
    assert (body["organization_id"], body["organization_id_system"], body["attendance_event_type"]) == said
    assert (body["attendance_date"], body["attendance_status"]) == (days(date(2021, 9, 7)), "excused_absence")
    assert envelope["occurred_on"] == days(date(2021, 9, 7))
    assert envelope["source_record_id"] == f"604821|{source}|2021-09-07|Excused Absence"
    assert body["days_expected_hundredths"] is None


def test_two_things_of_one_day_are_two_facts(tmp_path: Path) -> None:
    every = [attended("School", SCHOOL + SESSION, category) for category in ("Tardy", "Early departure")]
    found = read(write(tmp_path / "a.xml", *every), "attendance")
    assert len({row.row["envelope"]["source_record_id"] for row in found if isinstance(row, Good)}) == 2


@pytest.mark.parametrize(
    ("element", "code", "field"),
    [
        (attended("School", SCHOOL, "Partial"), Code.UNMAPPED_DESCRIPTOR, "body.attendance_status"),
        (attended("School", SESSION), Code.MISSING_FIELD, "body.organization_id"),
        (attended("School", SCHOOL, day="07.09.2021"), Code.BAD_DATE, "body.attendance_date"),
        (f"<StudentSchoolAttendanceEvent>{STUDENT}{SCHOOL}</StudentSchoolAttendanceEvent>", Code.MISSING_FIELD,
         "body.attendance_date"),
    ],
)  # fmt: skip
def test_an_attendance_event_that_does_not_map_says_why_and_its_neighbours_flow(
    tmp_path: Path, element: str, code: Code, field: str
) -> None:
    good = attended("School", SCHOOL)
    before, bad, after = read(write(tmp_path / "a.xml", good, element, good), "attendance")
    assert isinstance(bad, Bad)
    assert (bad.place, bad.code, bad.field) == (2, code, field)
    assert isinstance(before, Good)
    assert isinstance(after, Good)


@pytest.mark.parametrize("is_beside", [True, False])
def test_who_takes_part_is_told_with_what_the_intervention_says(tmp_path: Path, is_beside: bool) -> None:  # noqa: FBT001
    beside = write(tmp_path / "i.xml", INTERVENTION)
    path = write(tmp_path / "a.xml", takes_part(), *([] if is_beside else [INTERVENTION]))
    body = one(path, "intervention", *([beside] if is_beside else []))["body"]
    assert (body["organization_id"], body["intervention_id"]) == ("255901", "Check and Connect")
    assert (body["intervention_class"], body["delivery_method"]) == ("practice", "whole_class")
    assert (body["dosage_minimum_minutes"], body["dosage_maximum_minutes"]) == (10, 30)
    assert body["begin_date"] is None


def test_a_folder_reads_interventions_of_all_its_files(tmp_path: Path) -> None:
    write(tmp_path / "i.xml", INTERVENTION)
    write(tmp_path / "a.xml", takes_part())
    with surveyed(tmp_path) as seen:
        outcome = publish_district(seen, AS_OF, "lea_grand_bend", lambda _: nullcontext())
    [[taken]] = [list(facts(part.member, part.family, AS_OF.date())) for part in outcome.by_part]
    assert isinstance(taken, Document)
    assert taken.content["body"]["intervention_class"] == "practice"


def test_the_minutes_of_the_person_are_nearer_than_those_of_all(tmp_path: Path) -> None:
    body = one(write(tmp_path / "a.xml", INTERVENTION, takes_part("<Dosage>15</Dosage>")), "intervention")["body"]
    assert (body["dosage_minimum_minutes"], body["dosage_maximum_minutes"]) == (15, 15)
    [bad] = read(write(tmp_path / "a.xml", takes_part("<Dosage>long</Dosage>")), "intervention")
    assert isinstance(bad, Bad)
    assert bad.code is Code.WRONG_VALUE


@pytest.mark.parametrize(
    ("ratings", "effect"),
    [
        (("Positive Effects",), "positive_effects"),
        (("Mixed Effects", "Mixed Effects"), "mixed_effects"),
        (("Positive Effects", "Negative Effects"), None),
        ((), None),
    ],
)
def test_what_came_of_it_is_told_where_it_is_one_thing(
    tmp_path: Path, ratings: tuple[str, ...], effect: str | None
) -> None:
    told = (
        f"<InterventionEffectiveness><InterventionEffectivenessRating>{URI}InterventionEffectivenessRatingDescriptor#{one_}"
        "</InterventionEffectivenessRating></InterventionEffectiveness>"
        for one_ in ratings
    )
    assert one(write(tmp_path / "a.xml", takes_part(*told)), "intervention")["body"]["effectiveness"] == effect
