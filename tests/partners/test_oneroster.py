"""OneRoster sets, 1.1 and 1.2, as folder and as zip: students become identity and enrollment, every row is counted."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from support.rosters import ONE_1, ONE_2, Files, folder_of, manifest, zip_of
from support.sets import looked_at

from partners.district import DistrictOutcome, surveyed
from partners.formats import Bad, Code, FileError, Good
from partners.formats.census import facts
from partners.formats.reading import Document, finished
from partners.rows import Row, to_document

AS_OF = datetime(2026, 1, 31, tzinfo=UTC)
PARTNER = "lea_grand_bend"


def rows(place: Path, family: str) -> list[Row | Bad]:
    """Its rows of a family, good ones as documents."""
    with surveyed(place) as district:
        parts = [part for part in district.parts if part.family == family]
        found = [one for part in parts for one in facts(part.member, family, AS_OF.date())]
        done = [finished(one, PARTNER, family, AS_OF) if isinstance(one, Document) else one for one in found]
    return [to_document(family, one.row) if isinstance(one, Good) else one for one in done]  # type: ignore[misc]


def said(row: Row | Bad) -> dict[str, Any]:
    """What the body of a row says."""
    assert isinstance(row, dict), row
    return {name: value for name, value in row["body"].items() if value not in ([], None)}


def bads(outcome: DistrictOutcome) -> list[tuple[str, Bad]]:
    """Every rejected row of a family, with its file."""
    return [(part.name, bad) for part, of_part in outcome.by_part.items() for bad in of_part.bad]


@pytest.mark.parametrize(
    ("version", "files", "others"),
    [
        ("1.1", ONE_1, {"demographics": 1, "enrollments.teacher": 1, "users.teacher": 1}),
        ("1.2", ONE_2, {
            "demographics": 1, "enrollments.student": 3, "enrollments.teacher": 1, "roles.teacher": 1,
            "users.teacher": 1,
        }),
    ],
)  # fmt: skip
def test_every_row_is_a_fact_or_reference_or_of_no_family(
    tmp_path: Path, version: str, files: Files, others: dict[str, int]
) -> None:
    for place in (folder_of(tmp_path / "set", files, version), zip_of(tmp_path / "set.zip", files, version)):
        outcome = looked_at(place, AS_OF)
        found = (outcome.rows, outcome.total("valid"), outcome.reference, outcome.others.total())
        assert (bads(outcome), outcome.others) == ([], others)
        assert found[0] == sum(found[1:])
        assert found[0] == sum(text.count("\n") - 1 for text in files.values())
        assert not outcome.is_mendable


def test_a_student_is_told_of_with_names_numbers_and_demographics(tmp_path: Path) -> None:
    first, second = rows(zip_of(tmp_path / "set.zip", ONE_2), "identity")
    assert said(first) == {
        "first_name": "Ana", "last_name": "Ruiz, Vega", "other_first_name": "Anita", "birth_date": "2010-05-06",
        "sex": "Female", "birth_city": "Fresno", "birth_state": "CA", "birth_country": "US",
        "email": "ana@example.org",
    }  # fmt: skip
    assert isinstance(first, dict)
    assert first["envelope"]["identifiers"] == [{"system": "SSID", "value": "1234567890", "assigner": None}]
    assert {first["envelope"][name] for name in ("subject_token", "source_record_id")} == {"s-1"}
    assert said(second)["birth_date"] == "2009-01-02"


def test_a_role_at_a_school_is_an_enrollment_with_its_days(tmp_path: Path) -> None:
    first, second = rows(folder_of(tmp_path, ONE_2), "enrollment")
    school = {"organization_id": "sch-1", "organization_id_system": "SCHOOL"}
    assert said(first) == {**school, "entry_date": "2025-08-11", "entry_grade_level": "G10"}
    assert said(second) == {**school, "entry_date": "2024-08-12", "exit_date": "2025-06-10"}
    assert isinstance(second, dict)
    assert second["envelope"]["effective_to"] == "2025-06-10"


def test_a_role_that_ends_later_than_the_set_was_made_is_no_exit_yet(tmp_path: Path) -> None:
    files = {**ONE_2, "roles": ONE_2["roles"].replace("2025-06-10", "2026-06-10")}
    row = rows(folder_of(tmp_path, files), "enrollment")[1]
    assert "exit_date" not in said(row)
    assert isinstance(row, dict)
    assert row["envelope"]["effective_to"] == "2026-06-10"


def test_without_roles_the_classes_of_a_student_at_a_school_are_one_enrollment(tmp_path: Path) -> None:
    first, second = rows(folder_of(tmp_path, ONE_1, "1.1"), "enrollment")
    school = {"organization_id": "sch-1", "organization_id_system": "SCHOOL"}
    assert said(first) == {**school, "entry_date": "2025-08-11", "entry_grade_level": "G10"}
    assert isinstance(first, dict)
    assert first["envelope"]["source_record_id"] == "s-1|sch-1"
    assert (first["envelope"]["effective_from"], first["envelope"]["effective_to"]) == ("2025-08-11", "2026-06-10")
    assert said(second) == school


def test_a_grade_is_told_only_where_it_is_that_of_entry(tmp_path: Path) -> None:
    for begins, grades, told in (
        ("2025-08-11", "10", "G10"),
        ("2024-08-12", "10", None),
        ("2025-08-11", '"10,11"', None),
    ):
        files = {
            **ONE_2,
            "roles": ONE_2["roles"].replace("2025-08-11", begins),
            "users": ONE_2["users"].replace(",,,,10,", f",,,,{grades},"),
        }
        assert said(rows(folder_of(tmp_path, files), "enrollment")[0]).get("entry_grade_level") == told


def test_columns_may_stand_in_another_order_and_case_and_others_beside_them(tmp_path: Path) -> None:
    roles = "METADATA.x,ROLE,OrgSourcedId,userSourcedID,sourcedId,beginDate\n,Student,sch-1,s-1,r-1,2025-08-11\n"
    users = "﻿" + ONE_2["users"].replace("\n", "\r\n")
    files = {**ONE_2, "roles": roles, "users": users}
    assert said(rows(zip_of(tmp_path / "set.zip", files), "enrollment")[0])["entry_date"] == "2025-08-11"
    first, *others = rows(zip_of(tmp_path / "set.zip", files), "identity")
    assert said(first)["last_name"] == "Ruiz, Vega"
    assert [one.code for one in others if isinstance(one, Bad)] == ["not_in_set"] * 2


def test_windows_text_is_read_and_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    place = folder_of(tmp_path, {**ONE_2, "courses": ""})
    (place / "users.csv").write_bytes(ONE_2["users"].replace("Okafor", "Núñez").encode("cp1252"))
    assert said(rows(place, "identity")[1])["last_name"] == "Núñez"
    assert looked_at(place, AS_OF).rows == 17
    (place / "users.csv").write_text("\n" + ONE_2["users"])
    with pytest.raises(FileError, match=r"users\.csv has no header"):
        looked_at(place, AS_OF)


DELTA = {
    "users": (
        ONE_2["users"].splitlines()[0] + "\n"
        "s-1,active,2026-01-20T10:00:00.000Z,true,ana,,Ana,Vega,,,,,,,,,,,,,,\n"
        "s-2,tobedeleted,2026-01-21T10:00:00.000Z,true,ben,,Ben,Okafor,,,,,,,,,,,,,,\n"
        "s-3,active,,true,cy,,Cy,Doe,,,,,,,,,,,,,,\n"
        "s-4,active,2026-01-20T10:00:00.000Z,true,di,,Di,Doe,,,,,,,,,,,,,,\n"
    ),
    "roles": (
        ONE_2["roles"].splitlines()[0] + "\n"
        "r-1,active,2026-01-20T10:00:00.000Z,s-1,primary,student,2025-08-11,2026-01-16,sch-1,\n"
        "r-2,tobedeleted,2026-01-21T10:00:00.000Z,s-2,primary,student,2024-08-12,,sch-1,\n"
        "r-3,active,2026-01-21T10:00:00.000Z,s-3,primary,student,2025-08-11,2026-06-10,sch-1,\n"
    ),
}


def test_of_a_delta_what_is_to_be_deleted_is_retracted_at_the_time_of_its_change(tmp_path: Path) -> None:
    first, gone, undated, unknown = rows(folder_of(tmp_path, DELTA, mode="delta"), "identity")
    assert isinstance(first, dict)
    assert isinstance(gone, dict)
    assert first["envelope"]["operation"] == "assert"
    assert gone["envelope"]["operation"] == "retract"
    assert gone["envelope"]["published_at"] == "2026-01-21T10:00:00+00:00"
    assert undated == Bad(4, Code.MISSING_FIELD, "envelope.published_at")
    assert unknown == Bad(5, Code.NOT_IN_SET, "role")
    left, taken_back, stays = rows(folder_of(tmp_path, DELTA, mode="delta"), "enrollment")
    assert said(left)["exit_date"] == "2026-01-16"
    assert isinstance(taken_back, dict)
    assert taken_back["envelope"]["operation"] == "retract"
    assert "exit_date" not in said(stays)
    with surveyed(tmp_path) as district:
        assert district.day == date(2026, 1, 21)


def test_changes_of_classes_alone_tell_of_no_enrollment(tmp_path: Path) -> None:
    outcome = looked_at(folder_of(tmp_path, ONE_1, "1.1", "delta", orgs="bulk"), AS_OF)
    assert outcome.others["enrollments.student"] == 3
    assert {part.family for part in outcome.by_part} == {"identity"}


WRONG = [
    ("users", "s-1,,,true,ana", "s-1,gone,,true,ana", "users.csv", Bad(2, Code.NOT_IN_CODE_SET, "envelope.operation")),
    ("users", "{SSID:1234567890}", "{SSID:123456789}", "users.csv", Bad(2, Code.LOST_LEADING_ZEROS, "identifier.SSID")),
    ("users", "Ben,Okafor,,,,,", "Ben,Okafor,,,,,,", "users.csv", Bad(3, Code.WRONG_COLUMN_COUNT)),
    ("demographics", "2010-05-06", "5/6/2010", "users.csv", Bad(2, Code.SPREADSHEET_DATE, "body.birth_date")),
    ("demographics", "2010-05-06", "2010-13-06", "users.csv", Bad(2, Code.BAD_DATE, "body.birth_date")),
    ("demographics", ",female,", ",other,", "users.csv", Bad(2, Code.NOT_IN_CODE_SET, "body.sex")),
    ("roles", "s-1,primary", "s-9,primary", "roles.csv", Bad(2, Code.NOT_IN_SET, "envelope.subject_token")),
    ("roles", ",,sch-1,\nr-2", ",,sch-9,\nr-2", "roles.csv", Bad(2, Code.NOT_IN_SET, "body.organization_id")),
    ("roles", "r-1,", ",", "roles.csv", Bad(2, Code.MISSING_FIELD, "envelope.source_record_id")),
    ("roles", "2025-06-10", "2024-06-10", "roles.csv", Bad(3, Code.DATES_OUT_OF_ORDER, "body.exit_date")),
    ("roles", "student,2025", ",2025", "roles.csv", Bad(2, Code.MISSING_FIELD, "role")),
    ("users", ",,,,10,", ",,,,X1,", "roles.csv", Bad(2, Code.NOT_IN_CODE_SET, "body.entry_grade_level")),
]


@pytest.mark.parametrize(("file", "good", "wrong", "told_of", "bad"), WRONG)
def test_a_bad_row_is_named_by_its_line_and_its_neighbours_flow(
    tmp_path: Path, file: str, good: str, wrong: str, told_of: str, bad: Bad
) -> None:
    assert good in ONE_2[file]
    outcome = looked_at(folder_of(tmp_path, {**ONE_2, file: ONE_2[file].replace(good, wrong, 1)}))
    assert (told_of, bad) in [(name, Bad(one.place, one.code, one.field)) for name, one in bads(outcome)]
    assert outcome.rows == 18
    assert outcome.total("valid") + outcome.rejected + outcome.reference == 18


def test_bad_rows_of_files_about_nobody_and_of_unknown_people_are_counted(tmp_path: Path) -> None:
    files = {**ONE_2, "orgs": ONE_2["orgs"] + "too,few\n", "demographics": ONE_2["demographics"] + "x-9,,,,,,,\n"}
    outcome = looked_at(folder_of(tmp_path, files), AS_OF)
    assert outcome.unplaced == {"wrong_column_count": 1, "not_in_set": 1}
    assert outcome.total("valid") + outcome.rejected + outcome.reference == outcome.rows == 20


def test_a_class_with_a_bad_day_does_not_spoil_those_beside_it(tmp_path: Path) -> None:
    files = {**ONE_1, "enrollments": ONE_1["enrollments"].replace("2025-08-11,2026-06-10", "2025-08-41,2026-06-10")}
    bad, good, _ = sorted(rows(folder_of(tmp_path, files, "1.1"), "enrollment"), key=lambda one: isinstance(one, dict))
    assert bad == Bad(3, Code.BAD_DATE, "body.entry_date")
    assert said(good)["entry_date"] == "2025-08-18"


@pytest.mark.parametrize(
    ("said_of_it", "told"),
    [
        ("propertyName,value\noneroster.version,1.0\n", "1.1 or 1.2"),
        ("propertyName,value\nfile.users,bulk\n", "1.1 or 1.2"),
        (manifest(ONE_2, "1.2", "whole"), "none of absent, bulk, delta"),
        (manifest(ONE_2, "1.2.1", results="bulk"), r"results\.csv is in the set, and it is not"),
    ],
)
def test_a_manifest_that_does_not_fit_stops_the_whole(tmp_path: Path, said_of_it: str, told: str) -> None:
    (folder_of(tmp_path, ONE_2) / "manifest.csv").write_text(said_of_it)
    with pytest.raises(FileError, match=told), surveyed(tmp_path):
        pass


def test_a_file_that_the_manifest_does_not_have_is_left_out(tmp_path: Path) -> None:
    with surveyed(folder_of(tmp_path, ONE_2, courses="absent")) as district:
        assert district.left_out == ["courses.csv"]


def test_results_of_class_work_are_no_assessments(tmp_path: Path) -> None:
    results = "sourcedId,status,dateLastModified,lineItemSourcedId,studentSourcedId,scoreStatus,score\nx,,,l,s-1,,9\n"
    outcome = looked_at(folder_of(tmp_path, {**ONE_2, "results": results}), AS_OF)
    assert outcome.others["results"] == 1
    assert {part.family for part in outcome.by_part} == {"identity", "enrollment"}
