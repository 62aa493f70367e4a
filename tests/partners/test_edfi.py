"""Ed-Fi interchange XML: the standard's own sample district becomes identity and enrollment, every element of it."""

import re
import tracemalloc
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring
from support.events import Message, arrival
from support.worlds import shipped_agreements

from partners import events, formats
from partners.formats import Bad, Code, Good
from partners.formats.edfi_elements import first_text
from partners.rows import Row, days
from processors.records import Arrivals
from processors.resolve import gate
from schemas_avro.codes import Crosswalk, crosswalks
from schemas_avro.models import GradeLevel

AS_OF = datetime(2026, 8, 31, tzinfo=UTC)
URI = "uri://ed-fi.org/"


def read(path: Path, family: str) -> list[Good | Bad]:
    """What a file holds."""
    return list(formats.rows(path, "lea_grand_bend", family, AS_OF))


def enrollment(**elements: str) -> str:
    """One StudentSchoolAssociation; words replace or add elements."""
    usual = {
        "StudentReference": "<StudentIdentity><StudentUniqueId>604821</StudentUniqueId></StudentIdentity>",
        "SchoolReference": "<SchoolIdentity><SchoolId>255901107</SchoolId></SchoolIdentity>",
        "EntryDate": "2021-08-23",
        "EntryGradeLevel": f"{URI}GradeLevelDescriptor#First grade",
    }
    inside = "".join(f"<{name}>{text}</{name}>" for name, text in (usual | elements).items() if text)
    return f"<StudentSchoolAssociation>{inside}</StudentSchoolAssociation>"


def interchange(tmp_path: Path, *elements: str, head: str = "") -> Path:
    """A file with these elements."""
    path = tmp_path / "StudentEnrollment.xml"
    root = "InterchangeStudentEnrollment"
    path.write_text(f'<?xml version="1.0"?>{head}<{root} xmlns="http://ed-fi.org/5.2.0">{"".join(elements)}</{root}>')
    return path


def one(tmp_path: Path, **elements: str) -> Row:
    """Body and envelope of one association."""
    [good] = read(interchange(tmp_path, enrollment(**elements)), "enrollment")
    assert isinstance(good, Good)
    return good.row


@pytest.mark.parametrize(
    ("name", "family", "count"),
    [
        ("Student", "identity", 960),
        ("StudentEnrollment", "enrollment", 972),
        ("StudentIntervention", "intervention", 25),
        ("StudentAssessment-SAT", "assessment", 39),
    ],
)
def test_every_element_of_the_sample_district_maps(ed_fi: Path, name: str, family: str, count: int) -> None:
    found = read(ed_fi / f"{name}.xml", family)
    assert [row for row in found if isinstance(row, Bad)] == []
    facts = {row.row["envelope"]["source_record_id"] for row in found if isinstance(row, Good)}
    assert len(found) == len(facts) == count


def test_each_enrollment_of_the_sample_district_is_of_one_of_its_students(ed_fi: Path) -> None:
    tokens = [
        {row.row["envelope"]["subject_token"] for row in read(ed_fi / name, family) if isinstance(row, Good)}
        for name, family in (("Student.xml", "identity"), ("StudentEnrollment.xml", "enrollment"))
    ]
    assert tokens[1] <= tokens[0]


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Student", "identity"),
        ("StudentEnrollment", "enrollment"),
        ("StudentIntervention", "intervention"),
        ("StudentAssessment-SAT", "assessment"),
    ],
)
def test_the_gate_lets_the_whole_sample_district_in(ed_fi: Path, name: str, family: str) -> None:
    rows = [good.row for good in read(ed_fi / f"{name}.xml", family) if isinstance(good, Good)]
    topic = f"partner.lea_grand_bend.{family}"
    sent = zip(rows, events.framed(family, rows), strict=True)
    arrivals = Arrivals.of(arrival(Message(topic, events.key_of(row), value, {})) for row, value in sent)
    mous = {a.party: a for a in shipped_agreements() if a.tier == "mou"}
    passed, rejected = gate.admit(arrivals, mous)
    assert (len(passed), rejected) == (len(rows), {})


def test_a_students_preferred_names_are_other_names_and_the_suffix_stays_apart(ed_fi: Path) -> None:
    bodies = [row.row["body"] for row in read(ed_fi / "Student.xml", "identity") if isinstance(row, Good)]
    assert sum(body["other_first_name"] is not None for body in bodies) == 18
    assert sum(body["name_suffix"] is not None for body in bodies) == 15
    assert all(body["birth_date"] is not None for body in bodies)


def test_an_association_is_known_by_student_school_and_entry_date(tmp_path: Path) -> None:
    envelope = one(tmp_path)["envelope"]
    assert envelope["source_record_id"] == "604821|255901107|2021-08-23"
    assert envelope["subject_token"] == str(604821)
    assert envelope["effective_from"] == days(date(2021, 8, 23))


@pytest.mark.parametrize(("text", "hundredths"), [("1.00", 100), ("0.5", 50), ("1", 100), ("0.33", 33)])
def test_full_time_equivalency_becomes_whole_hundredths(tmp_path: Path, text: str, hundredths: int) -> None:
    body = one(tmp_path, FullTimeEquivalency=text)["body"]
    assert body["full_time_equivalency_hundredths"] == hundredths


def test_an_exit_with_a_known_crosswalk_is_a_ceds_code_and_ends_the_enrollment(tmp_path: Path) -> None:
    left = {"ExitWithdrawDate": "2022-01-10", "ExitWithdrawType": f"{URI}ExitWithdrawTypeDescriptor#Graduated"}
    row = one(tmp_path, **left)
    assert row["body"]["exit_type"] == "01921"
    assert row["body"]["enrollment_status"] == "previously_enrolled"
    assert row["envelope"]["effective_to"] == row["body"]["exit_date"] == days(date(2022, 1, 10))


def test_an_exit_without_a_crosswalk_carries_its_own_descriptor(tmp_path: Path) -> None:
    uri = f"{URI}ExitWithdrawTypeDescriptor#Transferred"
    assert one(tmp_path, ExitWithdrawType=uri)["body"]["exit_type"] == uri


def test_every_grade_level_of_the_standard_has_a_symbol_of_ours(ed_fi: Path) -> None:
    text = (ed_fi / "descriptors" / "GradeLevelDescriptor.xml").read_text(encoding="utf-8")
    codes = {part.partition("<")[0] for part in text.split("<CodeValue>")[1:]}
    grades = crosswalks()["edfi_grade_level"].codes
    assert codes == set(grades)
    assert set(grades.values()) <= {level.value for level in GradeLevel}


@pytest.mark.parametrize(
    "walk", [walk for walk in crosswalks().values() if walk.name.startswith("edfi_")], ids=lambda walk: walk.name
)
def test_a_crosswalk_begins_at_codes_of_the_standards_own_descriptors(ed_fi: Path, walk: Crosswalk) -> None:
    [descriptor] = re.findall(r"Ed-Fi (\w+Descriptor)", walk.source)
    text = (ed_fi / "descriptors" / f"{descriptor}.xml").read_text(encoding="utf-8")
    codes = {part.partition("<")[0] for part in text.split("<CodeValue>")[1:]}
    assert set(walk.codes) <= codes
    assert (set(walk.codes) == codes) == (walk.note == "")


@pytest.mark.parametrize(
    ("elements", "code", "field"),
    [
        (
            {"EntryGradeLevel": "uri://elsewhere.example/GradeLevelDescriptor#First grade"},
            "unmapped_descriptor",
            "entry_grade_level",
        ),
        (
            {"EntryGradeLevel": f"{URI}GradeLevelDescriptor#Fourteenth grade"},
            "unmapped_descriptor",
            "entry_grade_level",
        ),
        ({"FullTimeEquivalency": "0.333"}, "wrong_value", "full_time_equivalency_hundredths"),
        ({"FullTimeEquivalency": "NaN"}, "wrong_value", "full_time_equivalency_hundredths"),
        ({"FullTimeEquivalency": "all"}, "wrong_value", "full_time_equivalency_hundredths"),
        ({"EntryDate": ""}, "missing_field", "entry_date"),
        ({"EntryDate": "23.8.2021"}, "bad_date", None),
        ({"SchoolReference": ""}, "missing_field", "organization_id"),
    ],
)
def test_an_element_that_does_not_map_says_why_and_its_neighbours_flow(
    tmp_path: Path, elements: dict[str, str], code: str, field: str | None
) -> None:
    before, bad, after = read(interchange(tmp_path, enrollment(), enrollment(**elements), enrollment()), "enrollment")
    assert isinstance(bad, Bad)
    assert (bad.place, bad.code.value) == (2, code)
    assert field is None or bad.field == f"body.{field}"
    assert isinstance(before, Good)
    assert isinstance(after, Good)


def test_an_element_says_all_that_does_not_map(tmp_path: Path) -> None:
    wrong = {"EntryGradeLevel": f"{URI}GradeLevelDescriptor#Fourteenth grade", "FullTimeEquivalency": "all"}
    [bad] = read(interchange(tmp_path, enrollment(**wrong)), "enrollment")
    assert isinstance(bad, Bad)
    assert [fault.code.value for fault in bad.faults] == ["unmapped_descriptor", "wrong_value"]
    assert bad.source_record_id == "604821|255901107|2021-08-23"


def test_a_file_that_breaks_off_gives_the_elements_before(tmp_path: Path) -> None:
    path = interchange(tmp_path, enrollment(), "<StudentSchoolAssociation>")
    assert [row.code if isinstance(row, Bad) else "good" for row in read(path, "enrollment")] == ["good", Code.NOT_XML]


@pytest.mark.parametrize("encoding", ["UTF-7000", "utf-7", "shift_jis", "idna"])
def test_an_encoding_that_is_not_read_ends_the_reading(tmp_path: Path, encoding: str) -> None:
    path = interchange(tmp_path, enrollment())
    path.write_text(path.read_text().replace('version="1.0"', f'version="1.0" encoding="{encoding}"'))
    assert read(path, "enrollment") == [Bad(1, Code.NOT_XML)]


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
        '<!DOCTYPE x SYSTEM "file:///etc/hostname">',
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>',
    ],
    ids=["entities", "external type", "external entity"],
)
def test_a_document_type_ends_the_reading(tmp_path: Path, head: str) -> None:
    assert read(interchange(tmp_path, enrollment(), head=head), "enrollment") == [Bad(1, Code.NOT_XML)]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = interchange(tmp_path, *(enrollment() for _ in range(4_000)))
    tracemalloc.start()
    try:
        count = sum(1 for _ in formats.documents(path, "enrollment"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 4_000
    assert peak < path.stat().st_size / 2


def test_a_family_that_ed_fi_xml_does_not_hold_is_refused_with_those_that_it_does(tmp_path: Path) -> None:
    with pytest.raises(formats.FileError, match="assessment, attendance, enrollment, identity, intervention"):
        read(interchange(tmp_path), "aid")


@pytest.mark.parametrize(
    "text",
    ["<e/>", "<e><a/></e>", "<e><a><b/></a><a><b>x</b></a></e>", "<e><a/><a><b>x</b></a></e>", "<e><b>y</b></e>",
     "<e><c/><a><c/><b> x </b></a></e>"],
)  # fmt: skip
def test_a_descendants_text_is_that_which_the_standard_library_finds(text: str) -> None:
    element = fromstring(text)
    for names in (("a",), ("b",), ("a", "b")):
        found = element.findtext("/".join(f"{{*}}{name}" for name in names))
        assert first_text(element, names) == found
