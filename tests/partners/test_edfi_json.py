"""Resources of the Ed-Fi API as JSON: the same facts as in an interchange are the same events."""

import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.sets import AS_OF, looked_at

from partners import formats
from partners.district import surveyed
from partners.formats import Bad, Code, Good
from partners.formats.census import facts

URI = "uri://ed-fi.org/"
STUDENT = {"studentUniqueId": "604821", "link": {"rel": "Student", "href": "/ed-fi/students/1"}}
ENROLLED = {
    "id": "0a", "schoolReference": {"schoolId": 255901107}, "studentReference": STUDENT, "entryDate": "2021-08-23",
    "entryGradeLevelDescriptor": f"{URI}GradeLevelDescriptor#First grade", "fullTimeEquivalency": 0.5,
    "_etag": "5", "_lastModifiedDate": "2021-08-24T00:00:00Z", "_ext": {"tx": {"x": [1]}},
}  # fmt: skip
ATTENDED = {
    "schoolReference": {"schoolId": 255901107}, "studentReference": STUDENT, "eventDate": "2021-09-01",
    "sessionReference": {"schoolId": 255901107, "schoolYear": 2022, "sessionName": "Fall"},
    "attendanceEventCategoryDescriptor": f"{URI}AttendanceEventCategoryDescriptor#Tardy",
}  # fmt: skip


def read(path: Path, family: str) -> list[Good | Bad]:
    """What one file has of a family."""
    return [one for one in formats.rows(path, "lea_grand_bend", family, AS_OF) if isinstance(one, Good | Bad)]


def write(folder: Path, name: str, content: object) -> Path:
    """A file: a text as it is, anything else as JSON."""
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20)
DAYS = st.dates(min_value=datetime(1990, 1, 1, tzinfo=UTC).date()).map(str)


def xml(name: str, parts: list[tuple[str, str | None]]) -> str:
    """An element with texts at paths, written by hand; of one path only what is said."""
    inside = ""
    for path, text in parts:
        if text is not None:
            names = path.split("/")
            inside += "".join(f"<{one}>" for one in names) + escape(text)
            inside += "".join(f"</{one}>" for one in reversed(names))
    return f'<InterchangeAny xmlns="http://ed-fi.org/5.2.0"><{name}>{inside}</{name}></InterchangeAny>'


def same(folder: Path, family: str, name: str, parts: list[tuple[str, str, str | None]]) -> None:
    """See that an element and its resource become the same row.

    Args:
        folder: to write into.
        family: of both.
        name: of the element.
        parts: path in the element, path in the resource, what is said.
    """
    resource: dict[str, Any] = {"id": "x", "_etag": "1"}
    for _, path, text in parts:
        *over, last = path.split(".")
        target = resource
        for one in over:
            target = target.setdefault(one, {})
        target[last] = text
    one = read(write(folder, "a.xml", xml(name, [(path, text) for path, _, text in parts])), family)
    other = read(write(folder, f"{name}s.json", [resource]), family)
    assert one == other
    if isinstance(one[0], Good) and isinstance(other[0], Good):
        assert one[0].row == other[0].row


OF_STUDENT = ("StudentReference/StudentIdentity/StudentUniqueId", "studentReference.studentUniqueId")
OF_SCHOOL = ("SchoolReference/SchoolIdentity/SchoolId", "schoolReference.schoolId")
FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
GRADES = st.sampled_from(["First grade", "Twelfth grade", "No such grade"])


@FOLDER
@given(first=TEXTS, last=st.none() | TEXTS, born=st.none() | DAYS | st.just("13/13/13"), number=TEXTS)
def test_a_student_is_the_same_in_both(
    tmp_path: Path, first: str, last: str | None, born: str | None, number: str
) -> None:
    parts = [
        ("StudentUniqueId", "studentUniqueId", number),
        ("Name/FirstName", "firstName", first),
        ("BirthData/BirthDate", "birthDate", born),
    ]
    if last is not None:
        parts = [parts[0], ("Name/LastSurname", "lastSurname", last), parts[2]]
    same(tmp_path, "identity", "Student", parts)


@FOLDER
@given(student=TEXTS, school=TEXTS, entry=st.none() | DAYS, left=st.none() | DAYS, grade=GRADES)
def test_an_enrollment_is_the_same_in_both(
    tmp_path: Path, student: str, school: str, entry: str | None, left: str | None, grade: str
) -> None:
    said = [
        (*OF_STUDENT, student),
        (*OF_SCHOOL, school),
        ("EntryDate", "entryDate", entry),
        ("ExitWithdrawDate", "exitWithdrawDate", left),
        ("EntryGradeLevel", "entryGradeLevelDescriptor", f"{URI}GradeLevelDescriptor#{grade}"),
    ]
    same(tmp_path, "enrollment", "StudentSchoolAssociation", said)


@FOLDER
@given(student=TEXTS, school=TEXTS, day=DAYS, session=st.none() | TEXTS, kind=st.sampled_from(["Tardy", "Nothing"]))
def test_a_day_at_school_is_the_same_in_both(
    tmp_path: Path, student: str, school: str, day: str, session: str | None, kind: str
) -> None:
    event = f"</EventDate><AttendanceEventCategory>{URI}AttendanceEventCategoryDescriptor#{kind}"
    path = write(
        tmp_path,
        "a.xml",
        xml("StudentSchoolAttendanceEvent", [
            (OF_STUDENT[0], student), (OF_SCHOOL[0], school),
            ("SessionReference/SessionIdentity/SessionName", session), ("AttendanceEvent/EventDate", "DAY"),
        ]).replace("DAY</EventDate>", f"{day}{event}</AttendanceEventCategory>"),
    )  # fmt: skip
    resource = ATTENDED | {
        "studentReference": {"studentUniqueId": student}, "schoolReference": {"schoolId": school}, "eventDate": day,
        "sessionReference": {"sessionName": session},
        "attendanceEventCategoryDescriptor": f"{URI}AttendanceEventCategoryDescriptor#{kind}",
    }  # fmt: skip
    assert read(path, "attendance") == read(write(tmp_path, "x.jsonl", resource), "attendance")


def test_a_test_has_its_score_its_level_and_its_subject_from_the_assessment_beside_it(tmp_path: Path) -> None:
    method = "AssessmentReportingMethodDescriptor"
    write(tmp_path, "assessments.json", [{
        "assessmentIdentifier": "T1", "namespace": "n", "assessmentTitle": "Algebra test",
        "academicSubjects": [{"academicSubjectDescriptor": f"{URI}AcademicSubjectDescriptor#Mathematics"}],
    }])  # fmt: skip
    write(tmp_path, "studentAssessments.json", [{
        "studentAssessmentIdentifier": "9", "studentReference": STUDENT, "administrationDate": "2021-05-05T08:00:00Z",
        "assessmentReference": {"assessmentIdentifier": "T1", "namespace": "n"},
        "scoreResults": [
            {"result": "71", "assessmentReportingMethodDescriptor": f"{URI}{method}#Percentile"},
            {"result": "580", "assessmentReportingMethodDescriptor": f"{URI}{method}#Scale score"},
        ],
        "performanceLevels": [{"performanceLevelDescriptor": f"{URI}PerformanceLevelDescriptor#Met"}],
        "items": [{"a": 1}, {"a": 2}],
    }])  # fmt: skip
    outcome = looked_at(tmp_path)
    assert (outcome.rows, outcome.total("valid"), outcome.reference, outcome.rejected) == (2, 1, 1, 0)
    assert outcome.unsaid == {"ScoreResult": 1, "StudentAssessmentItem": 2}
    with surveyed(tmp_path) as district:
        [part] = district.parts
        [found] = facts(part.member, "assessment", AS_OF.date())
    body = found.content["body"]  # type: ignore[union-attr]
    assert (body["assessment_title"], body["score_value"], body["academic_subject"]) == ("Algebra test", "580", "01166")
    assert body["administered_on"] == "2021-05-05"


def test_each_resource_finds_its_family_by_the_name_of_its_file_or_by_its_keys(tmp_path: Path) -> None:
    write(tmp_path, "studentSchoolAssociations.json", [ENROLLED, {**ENROLLED, "entryDate": None}])
    write(tmp_path, "ed-fi.students-0001.jsonl", '{"studentUniqueId": "1"}\n\n{"studentUniqueId": "2"}\n')
    write(tmp_path, "page-3.json", [ATTENDED, {"studentReference": STUDENT, "what": 1}])
    write(tmp_path, "schools.json", [{"schoolId": 1}, {"schoolId": 2}])
    write(tmp_path, "disciplineActions.json", [{"studentReference": STUDENT, "disciplineActionIdentifier": "1"}])
    write(tmp_path, "entryTypeDescriptors.json", [{"codeValue": "x"}])
    write(tmp_path, "package.json", {"name": "x"})
    write(tmp_path, "events.jsonl", {"envelope": {}, "body": {}})
    outcome = looked_at(tmp_path)
    told = outcome.to_document(is_look=True)
    told.pop("rows_per_second")
    assert told == {
        "rows": 10, "published": 0, "valid": 4, "rejected": 3, "reference": 3,
        "reasons": {"missing_field": 1, "no_family": 2}, "not_carried": {"DisciplineAction": 1, "Page": 1},
    }  # fmt: skip
    with surveyed(tmp_path) as district:
        assert sorted(district.left_out) == ["events.jsonl", "package.json"]


BROKEN = [
    ('[{"studentUniqueId": "1"}, 5, {"studentUniqueId": "2"}]', [1, 3], [Bad(2, Code.NOT_AN_OBJECT)]),
    ('[{"studentUniqueId": "1"}, {"studentUniqueId": "2"', [1], [Bad(2, Code.NOT_JSON)]),
    ('[{"studentUniqueId": "1"} {"studentUniqueId": "2"}]', [1], [Bad(2, Code.NOT_JSON)]),
    ('[{"studentUniqueId": "1"}, ]', [1], [Bad(2, Code.NOT_JSON)]),
    ('[{"studentUniqueId": "1"}] x', [1], [Bad(2, Code.NOT_JSON)]),
    ('[{"studentUniqueId": "1", "x": NaN}]', [], [Bad(1, Code.NOT_JSON)]),
    ('[{"studentUniqueId": {"a": 1}}, {"studentUniqueId": "2"}]', [2], [Bad(1, Code.WRONG_TYPE)]),
    ('[{"studentUniqueId": ["1"]}, {"studentUniqueId": "2"}]', [2], [Bad(1, Code.WRONG_TYPE)]),
    ('﻿ [ {"studentUniqueId": "1"} ] ', [1], []),
    ("[]", [], []),
    (" \n" * 50_000 + '[{"studentUniqueId": "1"}, {"studentUniqueId": "2"}]', [1, 2], []),
    ('[{"studentUniqueId": true}, {"studentUniqueId": 1e999}]', [], [Bad(n, Code.WRONG_TYPE) for n in (1, 2)]),
    ('[{"studentUniqueId": 7, "multipleBirthStatus": true}]', [1], []),
    ("[" + "[" * 100_000, [], [Bad(1, Code.NOT_JSON)]),
    (
        '[{"studentUniqueId": "1", "studentUniqueId": "2"}, {"studentUniqueId": "\\ud800"}]',
        [1],
        [Bad(2, Code.WRONG_VALUE)],
    ),
    ('{"studentUniqueId": "1"}\n{"studentUniqueId":\n{"studentUniqueId": "3"}\n', [1, 3], [Bad(2, Code.NOT_JSON)]),
]


@pytest.mark.parametrize(("text", "good", "bad"), BROKEN)
def test_what_is_no_resource_is_named_by_its_place(tmp_path: Path, text: str, good: list[int], bad: list[Bad]) -> None:
    found = read(write(tmp_path, "students.json", text), "identity")
    assert [one.place for one in found if isinstance(one, Good)] == good
    assert [Bad(one.place, one.code) for one in found if isinstance(one, Bad)] == bad
    outcome = looked_at(tmp_path)
    assert (outcome.rows, outcome.rejected) == (len(good) + len(bad), len(bad))


def test_a_flag_says_what_it_says(tmp_path: Path) -> None:
    said = [{"studentUniqueId": "1", "multipleBirthStatus": flag} for flag in (True, False, None)]
    found = read(write(tmp_path, "students.json", said), "identity")
    assert [one.row["body"]["multiple_birth"] for one in found if isinstance(one, Good)] == [True, False, None]


def test_bytes_that_are_no_text_end_the_reading(tmp_path: Path) -> None:
    (tmp_path / "students.json").write_bytes(b'[{"studentUniqueId": "1"}, {"studentUniqueId": "\xff\xff"}]' + b" " * 9)
    assert [one.code for one in read(tmp_path / "students.json", "identity") if isinstance(one, Bad)] == ["not_json"]


def test_a_large_array_is_read_with_little_memory_whatever_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "students.json"

    def chunks() -> Iterator[str]:
        yield '[{"studentUniqueId": "0"}'
        for number in range(1, 60_000):
            yield f', {{"studentUniqueId": "{number}", "x": "{"y" * 200}"}}'
        yield ', {"studentUniqueId": "z", "x": "' + "y" * 20_000_000 + '"}]'

    with path.open("w") as file:
        file.writelines(chunks())
    tracemalloc.start()
    good, bad = 0, []
    for one in formats.rows(path, "lea_grand_bend", "identity", AS_OF):
        good += isinstance(one, Good)
        bad += [one] if isinstance(one, Bad) else []
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (good, bad) == (60_000, [Bad(60_001, Code.TOO_LARGE)])
    assert most < 60_000_000
