"""Interchanges as strangers make them: every element is sound, rejected by a code or reference, and counts once."""

import gzip
import shutil
from pathlib import Path

import orjson
import pytest
from support.partner_commands import run
from support.partner_topics import partner_of_its_own
from support.sets import AS_OF, looked_at

from partners import formats
from partners.district import DistrictOutcome
from partners.formats import Bad, FileError, Good, edfi, edfi_references
from partners.formats.file_sets import is_set

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
HEAD = f'xmlns="http://ed-fi.org/5.2.0" {XSI} xsi:schemaLocation="http://ed-fi.org/5.2.0 Interchange.xsd"'
SCHOOL = "<SchoolReference><SchoolIdentity><SchoolId>9</SchoolId></SchoolIdentity></SchoolReference>"
Rows = tuple[int, int, int, dict[str, int]]
"""Rows, those that are sound, those that are reference, and codes of the others."""


def uri(kind: str, word: str) -> str:
    """A descriptor of the standard."""
    return f"uri://ed-fi.org/{kind}Descriptor#{word}"


def pupil(number: str = "7") -> str:
    """A reference to a student."""
    identity = f"<StudentIdentity><StudentUniqueId>{number}</StudentUniqueId></StudentIdentity>"
    return f"<StudentReference>{identity}</StudentReference>"


def enrolled(entry: str = "2021-08-23", grade: str = uri("GradeLevel", "First grade"), more: str = "") -> str:
    """An enrollment."""
    said = f"<EntryDate>{entry}</EntryDate><EntryGradeLevel>{grade}</EntryGradeLevel>{more}"
    return f"<StudentSchoolAssociation>{pupil()}{SCHOOL}{said}</StudentSchoolAssociation>"


GOOD = enrolled()
SESSION = (
    f"<SessionReference><SessionIdentity>{SCHOOL}<SchoolYear>2021-2022</SchoolYear><SessionName>Fall</SessionName>"
    "</SessionIdentity></SessionReference>"
)
OFFERING = f"<CourseOfferingIdentity><LocalCourseCode>ALG</LocalCourseCode>{SESSION}{SCHOOL}</CourseOfferingIdentity>"
OFFERED = f"<CourseOfferingReference>{OFFERING}</CourseOfferingReference>"
SECTION = f"<SectionIdentity>{OFFERED}<SectionIdentifier>A1</SectionIdentifier></SectionIdentity>"
HERE = f"<SectionReference>{SECTION}</SectionReference>"


def tardy(kind: str, *parts: str, day: str = "2021-09-01", word: str = "Tardy") -> str:
    """How somebody came."""
    category = f"<AttendanceEventCategory>{uri('AttendanceEventCategory', word)}</AttendanceEventCategory>"
    event = f"<AttendanceEvent><EventDate>{day}</EventDate>{category}</AttendanceEvent>"
    return f"<Student{kind}AttendanceEvent>{event}{''.join(parts)}</Student{kind}AttendanceEvent>"


ATTENDANCE = [
    tardy("School", SCHOOL, SESSION, pupil()),
    tardy("School", SCHOOL, SESSION, pupil(), word="Vanished"),
    tardy("School", SCHOOL, SESSION, pupil(), day="2021-9-1"),
    f"<StudentSchoolAttendanceEvent>{SCHOOL}{SESSION}{pupil()}</StudentSchoolAttendanceEvent>",
    tardy("Section", HERE, pupil()),
    tardy("Section", "<SectionReference/>", pupil()),
    tardy("Intervention", pupil()),
    f"<SectionAttendanceTakenEvent>{HERE}</SectionAttendanceTakenEvent>",
]
TEST = "<AssessmentIdentifier>CAASPP</AssessmentIdentifier><Namespace>uri://cde.ca.gov/Assessment</Namespace>"
ABOUT = f"<AssessmentReference><AssessmentIdentity>{TEST}</AssessmentIdentity></AssessmentReference>"


def scored(number: str, day: str = "2022-05-01T09:00:00", more: str = "") -> str:
    """A result."""
    metric = uri("AssessmentReportingMethod", "Scale score")
    score = f"<Result>2567</Result><AssessmentReportingMethod>{metric}</AssessmentReportingMethod>"
    said = f"<AdministrationDate>{day}</AdministrationDate><ScoreResult>{score}</ScoreResult>"
    key = f"<StudentAssessmentIdentifier>{number}</StudentAssessmentIdentifier>"
    return f"<StudentAssessment>{key}{said}{more}{pupil()}{ABOUT}</StudentAssessment>"


LEVEL = "<PerformanceLevel><PerformanceLevel>uri://cde.ca.gov/PerformanceLevelDescriptor#Met</PerformanceLevel></PerformanceLevel>"
ASSESSMENT = [
    f"<Assessment>{TEST}<AssessmentTitle>ELA 8</AssessmentTitle></Assessment>",
    f"<ObjectiveAssessment><IdentificationCode>R</IdentificationCode>{ABOUT}</ObjectiveAssessment>",
    scored("1", more=LEVEL),
    scored("2", more="<StudentObjectiveAssessment/><StudentObjectiveAssessment/>"),
    scored(""),
    scored("4", day="05/01/2022"),
    scored("5", more=f"<WhenAssessedGradeLevel>{uri('GradeLevel', 'Form II')}</WhenAssessedGradeLevel>"),
    "<StudentObjectiveAssessment/>",
    "<StudentAssessmentRegistration/>",
]
DISCIPLINE = [
    "<DisciplineIncident><IncidentIdentifier>1</IncidentIdentifier></DisciplineIncident>",
    f"<DisciplineAction>{pupil()}</DisciplineAction>",
    f"<StudentDisciplineIncidentBehaviorAssociation>{pupil()}</StudentDisciplineIncidentBehaviorAssociation>",
    f"<StudentDisciplineIncidentNonOffenderAssociation>{pupil()}</StudentDisciplineIncidentNonOffenderAssociation>",
    pupil(),
]
ENROLLMENT = [
    GOOD,
    GOOD,
    "<StudentSchoolAssociation/>",
    GOOD.replace(pupil(), ""),
    GOOD.replace(SCHOOL, ""),
    enrolled(grade="First grade"),
    enrolled(grade="uri://tea.texas.gov/GradeLevelDescriptor#01"),
    enrolled(grade="<CodeValue>First grade</CodeValue>"),
    enrolled(grade=uri("GradeLevel", "first grade")),
    enrolled(grade="<Namespace>uri://ed-fi.org/GradeLevelDescriptor</Namespace><CodeValue>First grade</CodeValue>"),
    enrolled("08/23/2021"),
    enrolled("2021-02-30"),
    enrolled("0"),
    enrolled("1629676800"),
    enrolled("-86400"),
    enrolled("2021-08-23T14:00:00"),
    enrolled(more="<ExitWithdrawDate>2021-08-01</ExitWithdrawDate>"),
    enrolled(more='<ExitWithdrawDate xsi:nil="true"/>'),
    enrolled(more="<FullTimeEquivalency>much</FullTimeEquivalency>"),
    GOOD.replace("<StudentSchoolAssociation>", '<StudentSchoolAssociation xmlns="urn:other">'),
    GOOD.replace("StudentSchoolAssociation", "studentSchoolAssociation"),
]
FILES: dict[str, tuple[list[str], Rows]] = {
    "StudentAttendance": (
        ATTENDANCE,
        (8, 2, 1, {"unmapped_descriptor": 1, "bad_date": 1, "missing_field": 2, "no_family": 1}),
    ),
    "StudentAssessment": (
        ASSESSMENT,
        (9, 2, 2, {"missing_field": 1, "bad_date": 1, "unmapped_descriptor": 1, "no_family": 2}),
    ),
    "StudentDiscipline": (DISCIPLINE, (5, 0, 1, {"no_family": 4})),
    "StudentEnrollment": (
        ENROLLMENT,
        (21, 5, 0, {
            "missing_field": 3, "unmapped_descriptor": 4, "bad_date": 6, "dates_out_of_order": 1, "wrong_value": 1,
            "no_family": 1,
        }),
    ),
    "EducationOrganization": (["<School/>", "<Course/>", "<ClassPeriod/>", "<Program/>"], (4, 0, 4, {})),
    "EducationOrgCalendar": (["<Calendar/>", "<CalendarDate/>", "<Session/>", "<GradingPeriod/>"], (4, 0, 4, {})),
    "StaffAssociation": (["<Staff/>", "<StaffLeave/>", "<OpenStaffPosition/>"], (3, 0, 1, {"no_family": 2})),
    "Mars": (["<Rock/>", "<StudentRock/>"], (2, 0, 0, {"no_family": 2})),
    "Student": ([], (0, 0, 0, {})),
    "Parent": (["<!-- nobody -->", "<?nothing here?>"], (0, 0, 0, {})),
}  # fmt: skip


def write(folder: Path, kind: str, elements: list[str], head: str = HEAD) -> Path:
    """An interchange."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{kind}.xml"
    path.write_text(f"<Interchange{kind} {head}>{''.join(elements)}</Interchange{kind}>", encoding="utf-8")
    return path


def rows_of(outcome: DistrictOutcome) -> Rows:
    """How its rows ended."""
    return outcome.rows, outcome.total("valid"), outcome.reference, dict(outcome.codes)


@pytest.mark.parametrize("kind", FILES)
def test_each_element_of_an_interchange_counts_once(tmp_path: Path, kind: str) -> None:
    elements, rows = FILES[kind]
    assert rows_of(looked_at(write(tmp_path, kind, elements))) == rows


def test_a_folder_of_them_all_counts_what_they_count_each(tmp_path: Path) -> None:
    for kind, (elements, _) in FILES.items():
        write(tmp_path, kind, elements)
    outcome = looked_at(tmp_path)
    assert (outcome.rows, outcome.total("valid"), outcome.reference) == tuple(
        sum(rows[place] for _, rows in FILES.values()) for place in range(3)
    )
    shutil.make_archive(str(tmp_path.parent / "district"), "zip", tmp_path)
    assert rows_of(looked_at(tmp_path.parent / "district.zip")) == rows_of(outcome)


@pytest.mark.parametrize(("kind", "family"), [("StudentAttendance", "attendance"), ("StudentEnrollment", "enrollment")])
def test_a_file_with_its_family_said_has_the_rows_of_that_family(tmp_path: Path, kind: str, family: str) -> None:
    elements, (_, sound, _, codes) = FILES[kind]
    found = list(formats.rows(write(tmp_path, kind, elements), "lea_grand_bend", family, AS_OF))
    assert sum(isinstance(one, Good) for one in found) == sound
    assert sum(isinstance(one, Bad) for one in found) == sum(codes.values()) - codes["no_family"]


DAYS = [
    "2021-08-23Z",
    "2021-08-23-07:00",
    "2021-08-23+02:00",
    "2021-08-23T00:00:00",
    "2021-08-23T00:00:00.000Z",
    "\n2021-08-23 ",
]


@pytest.mark.parametrize("day", DAYS)
def test_a_day_of_xml_may_have_a_zone_or_be_a_midnight_and_is_the_same_fact(tmp_path: Path, day: str) -> None:
    first, second = (
        list(formats.rows(write(tmp_path, "Any", [enrolled(one)]), "lea_grand_bend", "enrollment", AS_OF))
        for one in (day, "2021-08-23")
    )
    assert first == second
    assert isinstance(first[0], Good)


@pytest.mark.parametrize(
    "head", ["", 'xmlns="x"', "xmlns:xsi='x'", f'{XSI} xsi:noNamespaceSchemaLocation="x"', 'xsi:a="b"']
)
def test_namespaces_may_be_any_or_not_be_declared(tmp_path: Path, head: str) -> None:
    path = write(tmp_path, "Any", [GOOD, enrolled(more='<ExitWithdrawDate xsi:nil="true"/>')], head)
    assert rows_of(looked_at(path)) == (2, 2, 0, {})
    path.write_text(path.read_text().replace("<", "<ed:").replace("<ed:/", "</ed:"))
    assert rows_of(looked_at(path)) == (2, 2, 0, {})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252", "iso-8859-1"])
def test_the_encodings_that_a_file_declares_are_read(tmp_path: Path, encoding: str) -> None:
    person = "<Student><StudentUniqueId>3</StudentUniqueId><Name><FirstName>Zoë</FirstName></Name></Student>"
    said = encoding.removesuffix("-sig")
    path = tmp_path / "a.xml"
    path.write_text(
        f'<?xml version="1.0" encoding="{said}"?><InterchangeStudent>{person}</InterchangeStudent>', encoding
    )
    [row] = formats.rows(path, "lea_grand_bend", "identity", AS_OF)
    assert isinstance(row, Good)
    assert row.row["body"]["first_name"] == "Zoë"


BROKEN = [
    f"<InterchangeAny>{GOOD}{GOOD}"[:-90],
    f"<InterchangeAny>{GOOD}{pupil('&nbsp;')}{GOOD}</InterchangeAny>",
    f"<InterchangeAny>{GOOD}<x></y>{GOOD}</InterchangeAny>",
    f"<InterchangeAny>{GOOD}</InterchangeAny>{GOOD}",
]


@pytest.mark.parametrize("text", BROKEN)
def test_what_comes_before_a_break_counts_and_the_break_is_one_row(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.xml").write_text(text)
    assert rows_of(looked_at(tmp_path)) == (2, 1, 0, {"not_xml": 1})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        gzip.compress(b"x", mtime=0),  # no clock in a test's name
        b'<!DOCTYPE a SYSTEM "b"><InterchangeAny/>',
        "<InterchangeAny/>".encode("utf-32"),
    ],
)
def test_what_is_no_xml_from_its_beginning_is_one_row(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.xml").write_bytes(content)
    assert rows_of(looked_at(tmp_path)) == (1, 0, 0, {"not_xml": 1})


@pytest.mark.parametrize("name", ["a.xml.gz", "a.xml.bz2", "a.json.gz", "users.csv.gz", "A.XML.GZ"])
def test_a_compressed_file_is_refused_by_name_alone_or_beside_others(tmp_path: Path, name: str) -> None:
    write(tmp_path, "Any", [GOOD])
    (tmp_path / name).write_bytes(b"x")
    for asked in (lambda: is_set(tmp_path / name), lambda: looked_at(tmp_path)):
        with pytest.raises(FileError, match=f"{name} is compressed; unpack it"):
            asked()
    with pytest.raises(FileError, match="is compressed"):
        list(formats.rows(tmp_path / name, "lea_grand_bend", "identity", AS_OF))


POINTED_AT = [
    f'<StudentReference id="P1">{pupil().removeprefix("<StudentReference>")}',
    '<Student id="P2"><StudentUniqueId>7</StudentUniqueId></Student>',
    f'<SectionReference id="S1">{SECTION}</SectionReference>',
    '<Section id="S2"><SectionIdentifier>A1</SectionIdentifier><CourseOfferingReference ref="C1"/></Section>',
    f'<CourseOffering id="C1"><LocalCourseCode>ALG</LocalCourseCode>{SESSION}{SCHOOL}</CourseOffering>',
]


@pytest.mark.parametrize("student", ["P1", "P2"])
@pytest.mark.parametrize("section", ["S1", "S2"])
@pytest.mark.parametrize("is_before", [True, False])
def test_a_reference_by_id_is_the_same_fact_as_one_by_its_keys(
    tmp_path: Path, student: str, section: str, *, is_before: bool
) -> None:
    pointing = tardy("Section", f'<SectionReference ref="{section}"/>', f'<StudentReference ref="{student}"/>')
    elements = [*POINTED_AT, pointing] if is_before else [pointing, *POINTED_AT]
    by_keys, by_id = (
        list(formats.rows(write(tmp_path, "Any", rows), "lea_grand_bend", "attendance", AS_OF))
        for rows in ([tardy("Section", HERE, pupil())], elements)
    )
    assert by_id == by_keys
    assert isinstance(by_id[0], Good)
    assert rows_of(looked_at(write(tmp_path, "Any", elements))) == (6, 2, 4, {})


@pytest.mark.parametrize("ref", ["P9", "", "C", "C2"])
def test_a_reference_that_points_nowhere_or_in_a_circle_has_no_key(tmp_path: Path, ref: str) -> None:
    circle = '<StudentReference id="C"><StudentReference ref="C"/></StudentReference>'
    other = '<StudentReference id="C2"><StudentReference ref="C3"/><StudentReference ref="C3"/></StudentReference>'
    back = '<StudentReference id="C3"><StudentReference ref="C2"/><StudentReference ref="C2"/></StudentReference>'
    row = enrolled().replace(pupil(), f'<StudentReference ref="{ref}"/>')
    path = write(tmp_path, "Any", [row, circle, other, back, GOOD])
    assert rows_of(looked_at(path)) == (5, 1, 3, {"missing_field": 1})


def test_a_reference_that_has_something_in_it_is_completed_with_nobody_elses_keys(tmp_path: Path) -> None:
    row = enrolled().replace(pupil(), '<StudentReference ref="P1"><StudentIdentity/></StudentReference>')
    assert rows_of(looked_at(write(tmp_path, "Any", [POINTED_AT[0], row]))) == (2, 0, 1, {"missing_field": 1})


def test_only_so_many_elements_with_an_id_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edfi_references, "MOST", 1)
    rows = [enrolled().replace(pupil(), f'<StudentReference ref="{one}"/>') for one in ("P1", "P2")]
    assert rows_of(looked_at(write(tmp_path, "Any", [*POINTED_AT[:2], *rows]))) == (4, 2, 1, {"missing_field": 1})


def test_a_strangers_folder_goes_in_one_command_and_again_nothing_of_it_is_new(tmp_path: Path, broker: str) -> None:
    for kind, (elements, _) in FILES.items():
        write(tmp_path / "export", kind, elements)
    with partner_of_its_own(broker, *edfi.ELEMENTS) as partner:
        words = ["publish", "export", "--as-of", "2026-08-31", "--partner", partner, "--bootstrap", broker, "--json"]
        first, again = (orjson.loads(run(tmp_path, *words).stdout.splitlines()[-1]) for _ in range(2))
        alone = run(tmp_path, "publish", "export/StudentAttendance.xml", "--family", "attendance", *words[2:])
    rows = [sum(rows[place] for _, rows in FILES.values()) for place in range(3)]
    assert [first["rows"], first["published"], first["reference"]] == rows
    assert first["rejected"] == sum(first["reasons"].values()) == rows[0] - rows[1] - rows[2]
    assert (first["new"], again["new"]) == (rows[1] - 4, 0)  # one enrollment is written in five ways
    told = orjson.loads(alone.stdout.splitlines()[-1])
    assert (told["rows"], told["published"], told["rejected"], told["new"]) == (6, 2, 4, 0)
