"""A folder of Ed-Fi interchanges is published whole; every element in it is counted once."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import orjson
import pytest
from support.partner_topics import partner_of_its_own
from support.sets import looked_at

from deploy.publish.district import check_is_set
from partners.district import surveyed
from partners.formats import FileError, NoDayError, edfi
from streams.errors import ThroughlineError

ROOT = Path(__file__).parents[2]
APP = (
    "import typer, sys; from deploy.commands.publish import publish; "
    "from deploy.commands.population import population; from deploy.console import guarded; "
    "app = typer.Typer(); app.command()(publish); app.command()(population); sys.exit(guarded(app))"
)
STUDENT = (
    "<StudentReference><StudentIdentity><StudentUniqueId>604821</StudentUniqueId></StudentIdentity></StudentReference>"
)
SCHOOL = "<SchoolReference><SchoolIdentity><SchoolId>255901107</SchoolId></SchoolIdentity></SchoolReference>"
ENROLLED = f"<StudentSchoolAssociation>{STUDENT}{SCHOOL}<EntryDate>2021-08-23</EntryDate></StudentSchoolAssociation>"
WRONG = f"<StudentSchoolAssociation>{STUDENT}{SCHOOL}</StudentSchoolAssociation>"
PERSON = "<Student><StudentUniqueId>604821</StudentUniqueId></Student>"


def write(folder: Path, name: str, *elements: str, version: str = "5.2.0", root: str = "InterchangeAny") -> Path:
    """An interchange of these elements."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'<{root} xmlns="http://ed-fi.org/{version}">{"".join(elements)}</{root}>')
    return path


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """``publish``, run in a folder where nothing is set."""
    unset = {name: value for name, value in os.environ.items() if not name.startswith("THROUGHLINE_")}
    return subprocess.run(
        [sys.executable, "-c", APP, "publish", *words], cwd=folder, capture_output=True, text=True, check=False,
        env=unset | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"},
    )  # fmt: skip


def test_elements_are_of_a_family_or_reference_or_counted_by_their_names(tmp_path: Path) -> None:
    write(tmp_path, "Enrollment.xml", ENROLLED, WRONG, "<GraduationPlan/>", "<StudentTransportation/>")
    write(tmp_path, "descriptors/Grades.xml", "<GradeLevelDescriptor/>", "<GradeLevelDescriptor/>")
    write(tmp_path, "Discipline.xml", "<DisciplineAction/>", "<DisciplineAction/>", "<DisciplineIncident/>")
    outcome = looked_at(tmp_path)
    told = outcome.to_document(is_look=True)
    assert told.pop("rows_per_second")
    assert told == {
        "rows": 9, "published": 0, "valid": 1, "rejected": 5, "reference": 3,
        "reasons": {"missing_field": 1, "no_family": 4},
        "not_carried": {"DisciplineAction": 2, "DisciplineIncident": 1, "StudentTransportation": 1},
    }  # fmt: skip
    assert outcome.is_mendable


def test_what_no_family_carries_is_nothing_to_mend(tmp_path: Path) -> None:
    write(tmp_path, "a.xml", ENROLLED, "<StudentTransportation/>")
    assert not looked_at(tmp_path).is_mendable


def test_who_the_people_are_goes_first_whatever_the_files_are_called(tmp_path: Path) -> None:
    write(tmp_path, "a.xml", ENROLLED, PERSON)
    write(tmp_path, "z.xml", PERSON)
    with surveyed(tmp_path) as district:
        parts = [(part.name, part.family) for part in district.parts]
    assert parts == [("a.xml", "identity"), ("z.xml", "identity"), ("a.xml", "enrollment")]


def test_the_whole_is_as_of_the_latest_day_in_any_file(tmp_path: Path) -> None:
    write(tmp_path, "a.xml", PERSON)
    write(tmp_path, "b.xml", ENROLLED)
    write(tmp_path, "c.xml", ENROLLED.replace("2021-08-23", "2021-09-01"))
    with surveyed(tmp_path) as district:
        assert district.day == date(2021, 9, 1)
    with surveyed(tmp_path / "a.xml") as district, pytest.raises(NoDayError, match="--as-of"):
        assert district.day


@pytest.mark.parametrize("version", ["5.2.0", "6.1.0"])
def test_an_interchange_without_a_family_said_is_read_in_any_version(tmp_path: Path, version: str) -> None:
    outcome = looked_at(write(tmp_path, "a.xml", ENROLLED, PERSON, version=version))
    assert (outcome.rows, outcome.total("valid"), outcome.rejected) == (2, 2, 0)


def test_a_file_that_breaks_off_is_told_once_and_what_comes_before_counts(tmp_path: Path) -> None:
    write(tmp_path, "a.xml", ENROLLED, "<Student>")
    write(tmp_path, "b.xml", "<School/>", "<Contact>")
    (tmp_path / "c.xml").write_text('<!DOCTYPE x [<!ENTITY a "aa">]><InterchangeStudent>&a;</InterchangeStudent>')
    outcome = looked_at(tmp_path)
    assert (outcome.rows, outcome.total("valid"), outcome.reference) == (5, 1, 1)
    assert outcome.codes == {"not_xml": 3}


def test_names_that_a_file_makes_up_are_counted_and_not_kept_without_end(tmp_path: Path) -> None:
    path = write(tmp_path, "a.xml", *(f"<Made{n}/>" for n in range(500)), "<né.e/>")
    with surveyed(path) as district:
        others = district.others
    assert others.total() == 501
    assert len(others) == 201


def test_xml_that_is_no_interchange_and_a_folder_without_any_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"no Ed-Fi interchange \(\.xml\)"), surveyed(tmp_path):
        pass
    (tmp_path / "readme.txt").write_text("x")
    write(tmp_path, "feed.xml", "<entry/>", root="feed")
    with pytest.raises(FileError, match=r"feed\.xml is XML, and no Ed-Fi interchange"), surveyed(tmp_path):
        pass


def test_files_of_other_kinds_are_left_out_and_counted(tmp_path: Path) -> None:
    write(tmp_path, "a.xml", ENROLLED)
    (tmp_path / "readme.txt").write_text("x")
    with surveyed(tmp_path) as district:
        assert district.left_out == ["readme.txt"]


def test_a_folder_takes_no_family() -> None:
    check_is_set(Path("a"), None)
    with pytest.raises(ThroughlineError, match="--family out"):
        check_is_set(Path("a"), "enrollment")


@pytest.fixture
def partner(broker: str) -> Iterator[str]:
    """A partner with topics for all that Ed-Fi files hold, gone afterwards."""
    with partner_of_its_own(broker, *edfi.ELEMENTS) as name:
        yield name


def test_the_sample_district_goes_whole_in_one_command_and_again_changes_nothing(
    tmp_path: Path, ed_fi: Path, broker: str, partner: str
) -> None:
    newer = tmp_path / "6.1"
    shutil.copytree(ed_fi, newer, copy_function=_as_newest)
    told = []
    for place in (ed_fi, newer):
        done = run(tmp_path, str(place), "--partner", partner, "--bootstrap", broker, "--json")
        assert done.returncode == 0, done.stderr
        told.append(orjson.loads(done.stdout.splitlines()[-1]))
    first, again = told
    assert first["rows"] == first["published"] + first["rejected"] + first["reference"] == 9_985
    assert first["new"] == first["published"] == 1_996
    assert first["reasons"] == {"no_family": sum(first["not_carried"].values())}
    assert again["new"] == 0
    other = dict.fromkeys(("new", "rows_per_second", "submission"))
    assert {**again, **other} == {**first, **other}
    assert again["submission"] != first["submission"]


def _as_newest(source: str, target: str) -> None:
    """A copy with the namespace of version 6.1."""
    text = Path(source).read_text(encoding="utf-8")
    Path(target).write_text(text.replace("http://ed-fi.org/5.2.0", "http://ed-fi.org/6.1.0"), encoding="utf-8")


def test_of_a_family_without_a_topic_nothing_is_sent(tmp_path: Path, broker: str) -> None:
    write(tmp_path / "export", "a.xml", ENROLLED)
    done = run(tmp_path, "export", "--partner", "nobody", "--bootstrap", broker)
    assert done.returncode == 2
    assert "no topic partner.nobody.enrollment" in done.stderr
