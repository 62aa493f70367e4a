"""Ed-Fi results of tests become rows of assessment: one score each, and what is not carried is counted."""

from contextlib import nullcontext
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from partners import formats
from partners.district import publish_district, surveyed
from partners.formats import Bad, Code, Good
from partners.rows import Row, days

AS_OF = datetime(2026, 8, 31, tzinfo=UTC)
URI = "uri://ed-fi.org/"
STUDENT_ID = "<StudentUniqueId>604821</StudentUniqueId>"
STUDENT = f"<StudentReference><StudentIdentity>{STUDENT_ID}</StudentIdentity></StudentReference>"
KNOWN_BY = "<AssessmentIdentifier>M11</AssessmentIdentifier><Namespace>uri://state.example/a</Namespace>"
MET = f"{URI}PerformanceLevelDescriptor#Met Standard"
LEVEL = f"<PerformanceLevel><PerformanceLevel>{MET}</PerformanceLevel></PerformanceLevel>"
SUBJECT = f"<AcademicSubject>{URI}AcademicSubjectDescriptor#Mathematics</AcademicSubject>"


def score(method: str, number: str) -> str:
    """A ScoreResult."""
    descriptor = f"{URI}AssessmentReportingMethodDescriptor#{method}"
    reported = f"<AssessmentReportingMethod>{descriptor}</AssessmentReportingMethod>"
    return f"<ScoreResult><Result>{number}</Result>{reported}</ScoreResult>"


def sat(*more: str, day: str = "2021-05-01T16:00:00", number: str = "a1") -> str:
    """A StudentAssessment."""
    reference = f"<AssessmentReference><AssessmentIdentity>{KNOWN_BY}</AssessmentIdentity></AssessmentReference>"
    head = f"<StudentAssessmentIdentifier>{number}</StudentAssessmentIdentifier>"
    when = f"<AdministrationDate>{day}</AdministrationDate>"
    return f"<StudentAssessment>{head}{when}{''.join(more)}{STUDENT}{reference}</StudentAssessment>"


def metadata(title: str, *more: str) -> str:
    """An Assessment."""
    return f"<Assessment>{KNOWN_BY}<AssessmentTitle>{title}</AssessmentTitle>{''.join(more)}</Assessment>"


def category(word: str) -> str:
    """What kind of test it is."""
    return f"<AssessmentCategory>{URI}AssessmentCategoryDescriptor#{word}</AssessmentCategory>"


def read(tmp_path: Path, *elements: str) -> list[Good | Bad]:
    """What an interchange of these elements holds."""
    path = tmp_path / "a.xml"
    path.write_text(f'<InterchangeAny xmlns="http://ed-fi.org/5.2.0">{"".join(elements)}</InterchangeAny>')
    return [row for row in formats.rows(path, "lea_grand_bend", "assessment", AS_OF) if isinstance(row, Good | Bad)]


def one(tmp_path: Path, *elements: str) -> Row:
    """The only row."""
    [good] = read(tmp_path, *elements)
    assert isinstance(good, Good)
    return good.row


def test_a_result_is_told_with_title_and_subject_of_its_test(tmp_path: Path) -> None:
    grade = f"<WhenAssessedGradeLevel>{URI}GradeLevelDescriptor#Eleventh grade</WhenAssessedGradeLevel>"
    result = sat(score("Scale score", "2650"), grade, LEVEL)
    row = one(tmp_path, metadata("State Summative", SUBJECT), result)
    body, envelope = row["body"], row["envelope"]
    assert (body["assessment_title"], body["academic_subject"]) == ("State Summative", "01166")
    assert (body["score_value"], body["score_metric"]) == ("2650", "03479")
    assert (body["grade_assessed"], body["performance_level_label"]) == ("G11", "Met Standard")
    assert body["administered_on"] == envelope["occurred_on"] == days(date(2021, 5, 1))
    assert envelope["source_record_id"] == "604821|M11|a1"
    assert envelope["data_categories"] == []


def test_without_its_test_a_result_has_the_tests_identifier_and_no_subject(tmp_path: Path) -> None:
    body = one(tmp_path, sat())["body"]
    assert (body["assessment_title"], body["academic_subject"]) == ("M11", None)


def test_of_a_test_of_two_subjects_none_is_told(tmp_path: Path) -> None:
    science = SUBJECT.replace("Mathematics", "Science")
    assert one(tmp_path, metadata("Both", SUBJECT, science), sat())["body"]["academic_subject"] is None


@pytest.mark.parametrize(
    ("methods", "carried", "left"),
    [
        (["Raw score", "Scale score"], "1", 1),
        (["Raw score", "Percentile"], "0", 1),
        (["National College-Bound Percentile", "Raw score", "Theta"], "1", 2),
        (["Theta"], None, 1),
        ([], None, 0),
    ],
)
def test_one_score_is_carried_and_the_others_are_counted(
    tmp_path: Path, methods: list[str], carried: str | None, left: int
) -> None:
    scores = [score(method, str(n)) for n, method in enumerate(methods)]
    [good] = read(tmp_path, sat(*scores, "<StudentObjectiveAssessment/>", LEVEL))
    assert isinstance(good, Good)
    assert good.row["body"]["score_value"] == carried
    assert good.unsaid.count("ScoreResult") == left
    assert set(good.unsaid) - {"ScoreResult"} == {"StudentObjectiveAssessment"}


def test_a_folder_counts_what_of_its_rows_is_not_carried(tmp_path: Path) -> None:
    read(tmp_path, metadata("State"), sat(score("Raw score", "1"), score("Theta", "2")), sat(number="a2"))
    with surveyed(tmp_path) as district:
        outcome = publish_district(district, AS_OF, "lea_grand_bend", lambda _: nullcontext())
    told = outcome.to_document(is_look=True)
    assert (told["rows"], told["valid"], told["reference"]) == (3, 2, 1)
    assert told["parts_not_carried"] == {"ScoreResult": 1}


@pytest.mark.parametrize(
    ("about", "named"),
    [
        (metadata("Alternate Assessment of Mathematics"), ["disability"]),
        (metadata("State", category("Alternative assessment/modified standards")), ["disability"]),
        (metadata("State", category("State alternate assessment/ELL")), []),
        (metadata("State", category("State summative assessment 3-8 general")), []),
    ],
)
def test_a_test_for_pupils_with_a_disability_is_named_so(tmp_path: Path, about: str, named: list[str]) -> None:
    assert one(tmp_path, about, sat())["envelope"]["data_categories"] == named


def test_a_result_that_does_not_map_says_why_and_its_neighbours_flow(tmp_path: Path) -> None:
    unknown = f"<WhenAssessedGradeLevel>{URI}GradeLevelDescriptor#Fourteenth grade</WhenAssessedGradeLevel>"
    found = read(tmp_path, sat(), sat(unknown), sat(day="spring"), sat(number=""), sat())
    assert [row.code if isinstance(row, Bad) else None for row in found] == [
        None, Code.UNMAPPED_DESCRIPTOR, Code.BAD_DATE, Code.MISSING_FIELD, None,
    ]  # fmt: skip
