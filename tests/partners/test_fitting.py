"""What cannot be is told before it is sent, and the gate says the same of it: the two ask the same tables."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.events import Row, body, envelope

from partners import formats
from partners.formats import Bad, Code, fitting
from partners.formats.lost_zeros import organizations_with_lost_zeros
from partners.formats.reading import Good
from schemas_avro import catalog
from schemas_avro.codes import tables_of
from schemas_avro.rules import BOUNDS, IN_ORDER, PARTS, REVEALS
from tests.processors.resolve.test_content import faults as of_the_gate

AS_OF = datetime(2026, 10, 31, tzinfo=UTC)
SCHOOL = {"organization_id": "255901001", "organization_id_system": "SCHOOL"}
FAMILIES = sorted(family for family in catalog.FAMILIES if family != "consent")
"""But of those whose rows the gate looks at one by one for more."""


def values(family: str) -> st.SearchStrategy[Row]:
    """What a row may say of the fields that rules are of."""
    said: dict[str, st.SearchStrategy[Any]] = {}
    for name in (field["name"] for field in catalog.read(f"families/{family}")["fields"]):
        if name in BOUNDS:
            low, high = BOUNDS[name]
            said[name] = st.sampled_from([None, low - 1, low, low + 5, low + 6, high, high + 1])
    for name, table in tables_of(family).items():
        said[name] = st.sampled_from([None, "none such", "A1", next(iter(table.codes))])
    for pair in IN_ORDER.get(family, ()):
        for name in pair:
            said[name] = st.sampled_from(["2026-04-01", "2026-04-02"])
    if family in REVEALS:
        field, told = REVEALS[family]
        said[field] = st.sampled_from([*told, {"early_care": "other", "social_service": "CALFRESH"}[family]])
        said["data_categories"] = st.sampled_from([[], ["health"], ["disability"], ["child_welfare", "health"]])
    said["operation"] = st.sampled_from(["assert", "correct", "retract"])
    return st.fixed_dictionaries(said)


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(FAMILIES))
def test_a_row_is_rejected_before_it_is_sent_where_the_gate_would(data: st.DataObject, family: str) -> None:
    said = data.draw(values(family))
    known = {field["name"] for field in catalog.read("envelope")["fields"]}
    head = {name: value for name, value in said.items() if name in known}
    row = {
        "envelope": envelope("ccc", family, "s1", "e1") | head,
        "body": body(family, **{name: value for name, value in said.items() if name not in known}),
    }
    told = {(fault.code.value, (fault.field or "").partition(".")[2]) for fault in fitting.faults(row, family)}
    gates = {
        (code.value.replace("unknown_code", "not_in_code_set"), field)
        for code, field in of_the_gate(family, said).values()
    }
    assert gates <= told
    assert bool(gates) == bool(told)


def test_families_with_rules_are_among_them() -> None:
    assert {*IN_ORDER, *PARTS, *REVEALS} <= set(FAMILIES)


LEFT = {"entry_date": "2026-08-12", "exit_date": "2026-08-11"}
MORE = {"days_expected_hundredths": 100, "days_attended_hundredths": 150}
OWED = {"aid_year": "2026-2027", "award_amount_cents": -1}


@pytest.mark.parametrize(
    ("family", "said", "code", "field"),
    [
        ("enrollment", SCHOOL | LEFT, Code.DATES_OUT_OF_ORDER, "exit_date"),
        ("attendance", SCHOOL | MORE, Code.NUMBER_OUT_OF_RANGE, "days_attended_hundredths"),
        ("aid", OWED, Code.NUMBER_OUT_OF_RANGE, "award_amount_cents"),
    ],
)
def test_what_is_wrong_with_a_row_of_a_file_is_told_by_its_field(
    tmp_path: Path, family: str, said: Row, code: Code, field: str
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(orjson.dumps({"envelope": {"source_record_id": "a", "subject_token": "t"}, "body": said}))
    assert list(formats.rows(path, "ccc", family, AS_OF)) == [Bad(1, code, f"body.{field}")]


@pytest.mark.parametrize(("named", "is_good"), [("", False), ("disability", True)])
def test_early_intervention_must_name_what_it_tells_of(tmp_path: Path, named: str, is_good: bool) -> None:  # noqa: FBT001
    path = tmp_path / "rows.csv"
    head = "source_record_id,subject_token,organization_id,organization_id_system,program_type,data_categories"
    path.write_text(f"{head}\n1,t1,190001,OTHER,early_intervention_part_c,{named}\n")
    [found] = formats.rows(path, "cde_elc", "early_care", AS_OF)
    assert isinstance(found, Good) if is_good else found == Bad(2, Code.CATEGORY_MISSING, "envelope.data_categories")


@pytest.mark.parametrize("said", ["20677", "-86400", "+0", "1754956800.5", "0."])
def test_a_number_is_no_day_and_no_time(tmp_path: Path, said: str) -> None:
    path = tmp_path / "rows.jsonl"
    envelope = {"source_record_id": "a", "subject_token": "t", "observed_at": said}
    path.write_bytes(orjson.dumps({"envelope": envelope, "body": SCHOOL | {"entry_date": said}}))
    [found] = formats.rows(path, "ccc", "enrollment", AS_OF)
    assert isinstance(found, Bad)
    assert {(fault.code, fault.field) for fault in found.faults} == {
        (Code.BAD_DATE, "body.entry_date"), (Code.BAD_TIME, "envelope.observed_at"),
    }  # fmt: skip


@pytest.mark.parametrize("end", ["", "from_", "to_"])
def test_each_organization_of_a_row_may_have_lost_its_zeros(end: str) -> None:
    system, name = f"{end}organization_id_system", f"{end}organization_id"
    assert organizations_with_lost_zeros({system: "UNITID", name: "12345"}) == [name]
    assert organizations_with_lost_zeros({system: "UNITID", name: "112345"}) == []
