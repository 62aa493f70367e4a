"""``throughline schemas``, as a person runs it."""

from pathlib import Path

import orjson
import pytest
from support.commands import throughline

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
