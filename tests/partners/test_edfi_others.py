"""Interchanges as others write them: each bad row is named by its number and code, and its neighbours flow."""

import re
from contextlib import nullcontext
from pathlib import Path

import pytest
from support.sets import AS_OF, looked_at

from partners.district import DistrictOutcome, publish_district, surveyed
from partners.formats import Bad, Code
from partners.formats.xml_elements import MOST_DEPTH

URI = "uri://ed-fi.org/"
STUDENT = "<StudentReference><StudentIdentity><StudentUniqueId>7</StudentUniqueId></StudentIdentity></StudentReference>"
SCHOOL = "<SchoolReference><SchoolIdentity><SchoolId>9</SchoolId></SchoolIdentity></SchoolReference>"
GRADE = f"<EntryGradeLevel>{URI}GradeLevelDescriptor#First grade</EntryGradeLevel>"
ENTRY = "<EntryDate>2021-08-23</EntryDate>"
GOOD = f"<StudentSchoolAssociation>{STUDENT}{SCHOOL}{ENTRY}{GRADE}</StudentSchoolAssociation>"
CATEGORY = f"<AttendanceEventCategory>{URI}AttendanceEventCategoryDescriptor#Tardy</AttendanceEventCategory>"
DAY = f"<AttendanceEvent><EventDate>2021-09-01</EventDate>{CATEGORY}</AttendanceEvent>"
PRESENT = f"<StudentSchoolAttendanceEvent>{DAY}{SCHOOL}{STUDENT}</StudentSchoolAttendanceEvent>"
TEST = (
    "<AssessmentReference><AssessmentIdentity><AssessmentIdentifier>T</AssessmentIdentifier>"
    "<Namespace>n</Namespace></AssessmentIdentity></AssessmentReference>"
)
NUMBER = "<StudentAssessmentIdentifier>3</StudentAssessmentIdentifier>"
TESTED = f"<StudentAssessment>{NUMBER}{STUDENT}{TEST}</StudentAssessment>"


def interchange(folder: Path, *elements: str, namespace: str = "http://ed-fi.org/4.0.0") -> Path:
    """A file with these elements."""
    path = folder / "Any.xml"
    path.write_text(f'<InterchangeAny xmlns="{namespace}">{"".join(elements)}</InterchangeAny>', encoding="utf-8")
    return path


def only_bad(outcome: DistrictOutcome) -> Bad:
    """The one row of a family that was rejected."""
    [bad] = [bad for of_part in outcome.by_part.values() for bad in of_part.bad]
    return Bad(bad.place, bad.code, bad.field)


def grade(text: str) -> str:
    """An enrollment with another grade."""
    return GOOD.replace(GRADE, text)


@pytest.mark.parametrize(
    ("element", "code", "field"),
    [
        (GOOD.replace(STUDENT, ""), Code.MISSING_FIELD, "envelope.subject_token"),
        (GOOD.replace(SCHOOL, ""), Code.MISSING_FIELD, "body.organization_id"),
        (GOOD.replace("7</Stu", "  </Stu"), Code.MISSING_FIELD, "envelope.subject_token"),
        (GOOD.replace("2021-08-23", "2021-02-30"), Code.BAD_DATE, "body.entry_date"),
        (GOOD.replace("2021-08-23", "08/23/2021"), Code.BAD_DATE, "body.entry_date"),
        (GOOD.replace(ENTRY, f"{ENTRY}<ExitWithdrawDate>2021-08-22</ExitWithdrawDate>"), Code.DATES_OUT_OF_ORDER,
         "body.exit_date"),
        (grade("<EntryGradeLevel>First grade</EntryGradeLevel>"), Code.UNMAPPED_DESCRIPTOR, "body.entry_grade_level"),
        (grade("<EntryGradeLevel>uri://tea.texas.gov/GradeLevelDescriptor#01</EntryGradeLevel>"),
         Code.UNMAPPED_DESCRIPTOR, "body.entry_grade_level"),
        (grade("<EntryGradeLevel><CodeValue>First grade</CodeValue></EntryGradeLevel>"), Code.UNMAPPED_DESCRIPTOR,
         "body.entry_grade_level"),
        (GOOD.replace(ENTRY, f"{ENTRY}<FullTimeEquivalency>half</FullTimeEquivalency>"), Code.WRONG_VALUE,
         "body.full_time_equivalency_hundredths"),
    ],
)  # fmt: skip
def test_an_enrollment_that_is_wrong_is_named_and_its_neighbours_flow(
    tmp_path: Path, element: str, code: Code, field: str
) -> None:
    outcome = looked_at(interchange(tmp_path, GOOD, element, GOOD.replace("7</Stu", "8</Stu")))
    bad = only_bad(outcome)
    assert (bad.place, bad.code) == (2, code)
    assert bad.field == field
    assert (outcome.rows, outcome.total("valid")) == (3, 2)


@pytest.mark.parametrize(
    ("element", "code", "field"),
    [
        (PRESENT.replace(STUDENT, ""), Code.MISSING_FIELD, "envelope.subject_token"),
        (PRESENT.replace("Descriptor#Tardy", "Descriptor#Asleep"), Code.UNMAPPED_DESCRIPTOR, "body.attendance_status"),
        (PRESENT.replace(URI, "uri://nde.org/"), Code.UNMAPPED_DESCRIPTOR, "body.attendance_status"),
        (PRESENT.replace(CATEGORY, ""), Code.MISSING_FIELD, "body.attendance_status"),
        (PRESENT.replace("2021-09-01", "yesterday"), Code.BAD_DATE, "body.attendance_date"),
    ],
)
def test_a_day_that_is_wrong_is_named_and_its_neighbours_flow(
    tmp_path: Path, element: str, code: Code, field: str
) -> None:
    outcome = looked_at(interchange(tmp_path, PRESENT, element, PRESENT.replace("7</Stu", "8</Stu")))
    assert only_bad(outcome) == Bad(2, code, field)
    assert outcome.total("valid") == 2


@pytest.mark.parametrize(
    ("element", "code", "field"),
    [
        (TESTED.replace(TEST, ""), Code.MISSING_FIELD, "body.assessment_title"),
        (TESTED.replace(NUMBER, ""), Code.MISSING_FIELD, "envelope.source_record_id"),
        (TESTED.replace(TEST, f"{TEST}<AdministrationDate>5/5/2021</AdministrationDate>"), Code.BAD_DATE,
         "body.administered_on"),
        (TESTED.replace(TEST, f"{TEST}<WhenAssessedGradeLevel>uri://x.org/G#1</WhenAssessedGradeLevel>"),
         Code.UNMAPPED_DESCRIPTOR, "body.grade_assessed"),
    ],
)  # fmt: skip
def test_a_test_that_is_wrong_is_named_and_its_neighbours_flow(
    tmp_path: Path, element: str, code: Code, field: str
) -> None:
    outcome = looked_at(interchange(tmp_path, TESTED, element, TESTED.replace("7</Stu", "8</Stu")))
    assert only_bad(outcome) == Bad(2, code, field)
    assert outcome.total("valid") == 2


@pytest.mark.parametrize("namespace", ["http://ed-fi.org/0310", "http://ed-fi.org/6.1.0", "x"])
def test_a_row_is_the_same_in_whatever_version_and_order_and_however_its_references_are_nested(
    tmp_path: Path, namespace: str
) -> None:
    apart = re.sub(r"</?(Student|School)Identity>", "", GOOD)
    turned = f"<StudentSchoolAssociation>{GRADE}{ENTRY}{SCHOOL}{STUDENT}</StudentSchoolAssociation>"
    word = f"<CodeValue>First grade</CodeValue><Namespace>{URI}GradeLevelDescriptor</Namespace>"
    parted = grade(f"<EntryGradeLevel>{word}</EntryGradeLevel>")
    remarked = GOOD.replace("2021-08", "2021<!-- school year -->-08").replace("First grade", "<![CDATA[First grade]]>")
    seen: list[str] = []
    with surveyed(interchange(tmp_path, GOOD, apart, turned, parted, remarked, namespace=namespace)) as district:
        outcome = publish_district(
            district, AS_OF, "lea_grand_bend", lambda _: nullcontext(), on_event=lambda *event: seen.append(event[3])
        )
    assert (outcome.total("valid"), len(set(seen))) == (5, 1)


def test_discipline_is_counted_by_its_names_and_nothing_of_it_is_sent(tmp_path: Path) -> None:
    action = f"<DisciplineAction>{STUDENT}</DisciplineAction>"
    outcome = looked_at(interchange(tmp_path, action, "<DisciplineIncident/>", action, "<School/>"))
    assert (outcome.rows, outcome.reference, outcome.by_part) == (4, 1, {})
    assert outcome.others == {"DisciplineAction": 2, "DisciplineIncident": 1}


def test_an_element_may_be_as_deep_as_the_standard_needs_and_no_deeper(tmp_path: Path) -> None:
    for depth, codes in ((MOST_DEPTH - 2, {}), (MOST_DEPTH - 1, {"too_large": 1})):  # below the root and the row
        nested = "<x>" * depth + "</x>" * depth
        outcome = looked_at(interchange(tmp_path, GOOD.replace(ENTRY, nested + ENTRY)))
        assert outcome.codes == codes


@pytest.mark.parametrize("encoding", ["no-such-code", "utf-32", "utf-7", "hex", "undefined"])
def test_an_encoding_that_nobody_knows_is_no_xml(tmp_path: Path, encoding: str) -> None:
    path = interchange(tmp_path, GOOD)
    path.write_text(f'<?xml version="1.0" encoding="{encoding}"?>{path.read_text()}')
    assert looked_at(path).codes == {"not_xml": 1}
