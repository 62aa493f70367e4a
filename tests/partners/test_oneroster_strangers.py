"""OneRoster sets as other vendors make them: every row counts once, and what cannot be read is told in a line."""

import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.rosters import ONE_1, ONE_2, Files, folder_of
from support.sets import looked_at

from partners.district import DistrictOutcome, surveyed
from partners.formats import FileError

AS_OF = datetime(2026, 1, 31, tzinfo=UTC)
APPLE_DOUBLE = b"\0\5\x16\7\0\2\0\0Mac OS X"
PROFILES = "sourcedId,status,dateLastModified,userSourcedId,profileType\np-1,,,s-1,x\np-2,,,s-2,x\n"


def told(outcome: DistrictOutcome) -> tuple[int, int, int, dict[str, int]]:
    """Rows, those that are sound, those that are reference, and codes of the others."""
    return outcome.rows, outcome.total("valid"), outcome.reference, dict(outcome.codes)


USUAL = (15, 4, 8, {"no_family": 3})
"""Of the set that all are made from."""


def each(change: Callable[[str], str], *names: str) -> Files:
    """Files of the set, changed."""
    return {name: change(ONE_1[name]) for name in names or ONE_1}


@pytest.mark.parametrize(
    "changed",
    [
        each(lambda text: text.replace("student", "Student").replace("teacher", "TEACHER"), "users", "enrollments"),
        each(lambda text: text.replace(",,10,", ",,9,").replace(",11,", ",KG,"), "users"),
        each(lambda text: text.replace(",,10,", ",,09,"), "users"),
        each(lambda text: text.replace("s-1,,", "s-1,Active,"), "users"),
        each(lambda text: text.replace("true,sch-1", 'true,"sch-1,lea-1"'), "users"),
        each(lambda text: text.replace("2025-08-18", "2025-08-18T00:00:00.000Z"), "enrollments"),
        each(lambda text: text.replace("2025-08-11", "2025-08-11 00:00:00"), "enrollments", "academicSessions"),
        each(lambda text: text.replace("2010-05-06", "2010-05-06T00:00:00"), "demographics"),
        each(lambda text: f"\ufeff{text}"),
        each(lambda text: text.replace(",", ";"), "orgs", "demographics", "enrollments"),
        each(lambda text: text.replace("\n", "\r\n")),
        each(lambda text: text.replace("\n", "\r")),
    ],
)
def test_other_ways_to_write_a_set_are_the_same_rows(tmp_path: Path, changed: Files) -> None:
    assert told(looked_at(folder_of(tmp_path / "set", {**ONE_1, **changed}, "1.1"), AS_OF)) == USUAL


@pytest.mark.parametrize(
    ("changed", "sound", "codes"),
    [
        (each(lambda text: text.replace(",,10,", ",,K,"), "users"), 3, {"not_in_code_set": 1}),
        (each(lambda text: text.replace("s-2,,", "s-2,gone,"), "users"), 3, {"not_in_code_set": 1}),
        (each(lambda text: text.replace("2025-08-18", "8/18/2025"), "enrollments"), 4, {"spreadsheet_date": 1}),
        (each(lambda text: text.replace("2025-08-18", "2025-08-18T08:30:00Z"), "enrollments"), 4, {"bad_date": 1}),
        (each(lambda text: text.replace("2025-08-18", "2025-08-18T08:00:00Z"), "enrollments"), 4, {"bad_date": 1}),
        (
            each(lambda text: text.replace("s-2,,,true,sch-1", "s-2,,,true,sch-1,lea-1"), "users"),
            2,
            {"wrong_column_count": 1, "not_in_set": 2},
        ),
    ],
)
def test_a_row_that_cannot_be_read_counts_once(
    tmp_path: Path, changed: Files, sound: int, codes: dict[str, int]
) -> None:
    outcome = looked_at(folder_of(tmp_path / "set", {**ONE_1, **changed}, "1.1"), AS_OF)
    assert (outcome.rows, outcome.total("valid"), dict(outcome.codes)) == (15, sound, {**codes, "no_family": 3})
    assert outcome.rows == sound + outcome.reference + outcome.rejected


def test_what_a_mac_puts_beside_the_files_of_a_zip_is_none_of_them(tmp_path: Path) -> None:
    made = folder_of(tmp_path / "made", ONE_1, "1.1")
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for path in made.iterdir():
            archive.write(path, f"export of May/{path.name}")
            archive.writestr(f"__MACOSX/export of May/._{path.name}", APPLE_DOUBLE)
        for name in ("__MACOSX/Student.xml", "__MACOSX/._students.json", "export of May/._Student.xml", ".DS_Store"):
            archive.writestr(name, APPLE_DOUBLE)
        archive.writestr("export of May/read me.txt", "x")
    assert told(looked_at(tmp_path / "set.zip", AS_OF)) == USUAL
    with surveyed(tmp_path / "set.zip") as district:
        assert len(district.left_out) == len(ONE_1) + 6


def test_profiles_and_changes_of_classes_alone_are_counted(tmp_path: Path) -> None:
    outcome = looked_at(folder_of(tmp_path / "profiles", {**ONE_2, "userProfiles": PROFILES}), AS_OF)
    assert outcome.others["userProfiles"] == 2
    assert outcome.rows == outcome.total("valid") + outcome.reference + outcome.rejected
    delta = folder_of(tmp_path / "delta", {"enrollments": ONE_1["enrollments"]}, "1.1", "delta")
    assert told(looked_at(delta, AS_OF)) == (4, 0, 0, {"no_family": 4})


def test_a_set_that_has_lost_its_manifest_is_told_so_also_beside_others(tmp_path: Path) -> None:
    (folder_of(tmp_path / "set", ONE_1, "1.1") / "manifest.csv").unlink()
    (tmp_path / "set" / "users.csv").rename(tmp_path / "set" / "Users.CSV")
    (tmp_path / "Student.xml").write_text("<InterchangeStudent/>")
    for place in (tmp_path, tmp_path / "set"):
        with pytest.raises(FileError, match=r"no manifest\.csv of OneRoster"):
            looked_at(place, AS_OF)
