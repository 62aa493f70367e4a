"""``throughline schemas``, as a person runs it."""

import csv
import re
from pathlib import Path

import orjson
import pytest
from support.commands import throughline
from typer.testing import CliRunner

from deploy.commands.schemas import app
from partners.formats.csv_columns import HeaderError, columns_in, columns_of
from schemas_avro import catalog, examples
from schemas_avro.codes import code_sets, crosswalks


def said(*words: str) -> str:
    """What ``throughline schemas`` says, asked in this process: a process for each family takes long."""
    return CliRunner().invoke(app, words).stdout


def test_every_schema_is_listed_with_its_id(tmp_path: Path) -> None:
    listed = orjson.loads(throughline(tmp_path, "schemas", "list", "--json").stdout)
    assert {(row["id"], row["subject"], row["version"]) for row in listed} == {
        (e.id, e.subject, e.version) for e in catalog.catalog().values()
    }


@pytest.mark.parametrize(
    ("name", "id_"), [("104", 104), ("partner.aid.v1:1", 104), ("partner.aid.v1", 115), ("partner.aid.v1:2", 115)]
)
def test_a_schema_is_shown_by_id_and_by_subject_with_or_without_version(name: str, id_: int) -> None:
    assert orjson.loads(said("show", name)) == catalog.catalog()[id_].schema


def test_a_schema_that_is_not_there_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    done = throughline(tmp_path, "schemas", "show", "nothing")
    assert done.returncode == 2
    assert done.stderr == "throughline: the catalog has no such schema; `throughline schemas list` has them all\n"


def test_a_family_is_no_schema_and_the_words_for_both_are_named(tmp_path: Path) -> None:
    done = throughline(tmp_path, "schemas", "show", "enrollment")
    assert done.returncode == 2
    assert "partner.enrollment.v1" in done.stderr
    assert "`throughline schemas columns enrollment`" in done.stderr


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_the_header_of_a_family_is_one_that_a_file_may_have_with_every_column_once(family: str) -> None:
    header = said("columns", family, "--header").strip().split(",")
    assert set(columns_in(header, family)) == set(columns_of(family).values())


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_without_a_needed_column_a_file_is_refused_and_with_them_alone_it_is_not(family: str) -> None:
    told = orjson.loads(said("columns", family, "--json"))
    needed = [one["column"] for one in told if one["needed"]]
    assert "source_record_id" in needed
    columns_in(needed, family)
    for name in needed:
        with pytest.raises(HeaderError, match=name):
            columns_in([one for one in needed if one != name], family)


def test_a_column_says_how_a_cell_is_written(tmp_path: Path) -> None:
    told = {
        one["column"]: one
        for one in orjson.loads(throughline(tmp_path, "schemas", "columns", "enrollment", "--json").stdout)
    }
    assert told["entry_date"]["form"] == "day, as 2026-09-01"
    assert told["unit_type"]["form"] == "one of semester, quarter, other"
    assert told["identifier.SSID"]["form"] == "text"
    assert told["data_categories"]["form"].startswith("several with ; between: one of directory")
    assert "envelope.event_id" not in told
    assert told["event_id"]["meaning"].startswith("Filled by rule where left out.")


def test_columns_of_what_is_no_family_are_one_line_with_those_that_there_are(tmp_path: Path) -> None:
    done = throughline(tmp_path, "schemas", "columns", "grades")
    assert done.returncode == 2
    assert "enrollment" in done.stderr


def test_a_code_set_is_shown_with_its_edition_its_source_and_whether_it_is_whole(tmp_path: Path) -> None:
    said = throughline(tmp_path, "schemas", "codes", "calpads_exit_reason").stdout
    assert "Completed grade 12" in said
    assert "Not complete: the table of CALPADS was not read as a whole." in said
    whole = orjson.loads(throughline(tmp_path, "schemas", "codes", "ceds_separation_type", "--json").stdout)
    assert whole["is_complete"] is True
    assert set(whole["codes"]) == {"Involuntary", "MutualAgreement", "Other", "Voluntary"}


def test_every_code_set_and_crosswalk_is_listed_with_the_fields_that_it_is_of(tmp_path: Path) -> None:
    listed = {one["name"]: one for one in orjson.loads(throughline(tmp_path, "schemas", "codes", "--json").stdout)}
    assert listed["us_state"]["of"] == "employment.employment_location"
    assert listed["edfi_grade_level"]["of"] == "to GradeLevel"
    assert {*code_sets(), *crosswalks()} == listed.keys()


def test_a_code_set_that_is_not_there_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    done = throughline(tmp_path, "schemas", "codes", "nothing")
    assert (done.returncode, done.stderr) == (
        2, "throughline: no such code set; `throughline schemas codes` has them all\n",
    )  # fmt: skip


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_an_example_is_printed_as_a_file_that_publish_takes(family: str) -> None:
    assert orjson.loads(said("example", family)) == orjson.loads(said("example", family, "--json"))
    assert orjson.loads(said("example", family)) == examples.example(family)
    header, row = csv.reader(said("example", family, "--csv").splitlines())
    columns_in(header, family)
    assert dict(zip(header, row, strict=True)) == examples.cells(family)


def test_an_example_of_what_is_no_family_is_one_line_with_those_that_there_are(tmp_path: Path) -> None:
    done = throughline(tmp_path, "schemas", "example", "grades")
    assert (done.returncode, done.stderr.split(";")[0]) == (2, "throughline: no such family")


def test_the_dictionary_is_written_as_files_that_need_no_server(tmp_path: Path) -> None:
    done = throughline(tmp_path, "schemas", "dictionary", "--out", str(tmp_path / "made"), "--json")
    pages = orjson.loads(done.stdout)["pages"]
    assert pages == ["index.html", *(f"{name}.html" for name in (*catalog.FAMILIES, "envelope"))]
    for name in pages:
        text = (tmp_path / "made" / name).read_text(encoding="utf-8")
        loaded = re.findall(r'href="(static/[^"]*)"', text)
        assert len(loaded) == 3
        assert all((tmp_path / "made" / one).is_file() for one in loaded)
