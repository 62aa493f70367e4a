"""``throughline schemas``, as a person runs it."""

from pathlib import Path

import orjson
import pytest
from support.commands import throughline

from partners.formats.csv_columns import HeaderError, columns_in, columns_of
from schemas_avro import catalog


def test_every_schema_is_listed_with_its_id(tmp_path: Path) -> None:
    listed = orjson.loads(throughline(tmp_path, "schemas", "list", "--json").stdout)
    assert {(row["id"], row["subject"]) for row in listed} == {(e.id, e.subject) for e in catalog.catalog().values()}


@pytest.mark.parametrize("name", ["104", "partner.aid.v1"])
def test_a_schema_is_shown_by_id_and_by_subject(tmp_path: Path, name: str) -> None:
    assert orjson.loads(throughline(tmp_path, "schemas", "show", name).stdout) == catalog.catalog()[104].schema


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
def test_the_header_of_a_family_is_one_that_a_file_may_have_with_every_column_once(tmp_path: Path, family: str) -> None:
    header = throughline(tmp_path, "schemas", "columns", family, "--header").stdout.strip().split(",")
    assert set(columns_in(header, family)) == set(columns_of(family).values())


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_without_a_needed_column_a_file_is_refused_and_with_them_alone_it_is_not(tmp_path: Path, family: str) -> None:
    told = orjson.loads(throughline(tmp_path, "schemas", "columns", family, "--json").stdout)
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
