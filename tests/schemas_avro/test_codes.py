"""Code sets and crosswalks: every table is whole, is used, and leads where there is something."""

from typing import Any

import pytest

from schemas_avro import catalog
from schemas_avro.codes import CodeSet, Crosswalk, code_sets, crosswalks, tables_of

SETS, WALKS = list(code_sets().values()), list(crosswalks().values())


def enums() -> dict[str, list[str]]:
    """Symbols of every enum of the contract."""
    sources = ["envelope", *(f"families/{family}" for family in catalog.FAMILIES)]
    named = [one for source in sources for one in catalog.named_types(catalog.read(source))]
    return {one["name"]: one["symbols"] for one in named if one["type"] == "enum"}


@pytest.mark.parametrize("table", SETS, ids=lambda table: table.name)
def test_a_code_set_says_what_it_is_where_it_was_read_and_why_it_is_not_complete(table: CodeSet) -> None:
    assert all((table.title, table.version, table.source, table.codes))
    assert all(said and said == said.strip() for said in table.codes.values())
    assert table.is_complete == (table.note == "")
    assert not (table.is_complete and table.form)
    assert all(table.takes(code) for code in table.codes)


@pytest.mark.parametrize("table", [t for t in SETS if t.form], ids=lambda table: table.name)
def test_every_code_of_a_table_has_the_form_that_others_must_have(table: CodeSet) -> None:
    assert all(CodeSet(**{**vars(table), "codes": {}}).takes(code) for code in table.codes)


def test_every_code_set_is_of_some_field_and_every_field_of_a_standards_list_has_its_table() -> None:
    used = {table.name for family in catalog.FAMILIES for table in tables_of(family).values()}
    assert used == code_sets().keys()
    named = {
        f["code_set"]
        for source in ("envelope", *(f"families/{family}" for family in catalog.FAMILIES))
        for f in catalog.read(source)["fields"]
        if "code_set" in f
    }
    assert named - used == {"partners", "recipients", "purposes", "cip", "naics"}


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.name)
def test_a_crosswalk_leads_to_codes_that_there_are(walk: Crosswalk) -> None:
    assert all((walk.title, walk.version, walk.source, walk.codes))
    targets: Any = code_sets()[walk.to].codes if walk.to in code_sets() else enums()[walk.to]
    assert set(walk.codes.values()) <= set(targets)


@pytest.mark.parametrize("walk", [w for w in WALKS if w.of], ids=lambda walk: walk.name)
def test_a_crosswalk_from_a_code_set_begins_at_codes_of_it(walk: Crosswalk) -> None:
    assert set(walk.codes) <= set(code_sets()[walk.of].codes)


def test_no_crosswalk_is_called_as_a_code_set_is() -> None:
    assert code_sets().keys() & crosswalks().keys() == set()


def test_a_type_of_one_name_is_the_same_in_every_family() -> None:
    found: dict[str, Any] = {}
    for family in catalog.FAMILIES:
        for one in catalog.named_types(catalog.read(f"families/{family}")):
            assert found.setdefault(one["name"], one) == one
