"""Of a code that there is not the one that was likely meant is told: a code of ours always, what was sent never."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.commands import throughline

from partners import formats
from partners.formats import Bad, Code, Good
from partners.formats.near import near
from partners.publishing import publish_file
from schemas_avro import catalog
from schemas_avro.codes import tables_of

AS_OF = datetime(2026, 8, 31, tzinfo=UTC)
ENUMS = {
    (family, f["name"]): symbols
    for family in catalog.FAMILIES
    for f in catalog.read(f"families/{family}")["fields"]
    if (symbols := catalog.symbols_of(f"families/{family}", f["name"])[1])
}
CODED = sorted([*ENUMS, *((family, name) for family in catalog.FAMILIES for name in tables_of(family))])


@pytest.mark.parametrize(
    ("family", "field", "sent", "meant"),
    [
        ("enrollment", "entry_grade_level", "11", "G11"),
        ("transfer", "to_organization_id_system", "unitid", "UNITID"),
        ("enrollment", "entry_grade_level", "Eleventh grade", "G11"),
        ("enrollment", "entry_grade_level", "KN", "KG"),
        ("enrollment", "enrollment_status", "Currently-Enrolled", "currently_enrolled"),
        ("enrollment", "enrollment_status", "01811", "currently_enrolled"),
        ("attendance", "attendance_status", "ExcusedAbsence", "excused_absence"),
        ("attendance", "attendance_status", "In Attendance", "present"),
        ("attendance", "attendance_status", "unexcused absense", "unexcused_absence"),
        ("assessment", "academic_subject", "mathematics", "01166"),
        ("assessment", "academic_subject", "Mathematic", "01166"),
        ("assessment", "academic_subject", "1166", "01166"),
        ("aid", "state_programme", "cal grant a", "CAL_GRANT_A"),
        ("aid", "state_programme", "BA", "CCPG"),
        ("social_service", "responsible_county", "Los Angeles County", "19"),
        ("social_service", "responsible_county", "1", "01"),
        ("credential", "award_level", "05", "bachelor"),
        ("employment", "employment_location", "california", "CA"),
    ],
)
def test_the_code_that_is_near_is_told(family: str, field: str, sent: str, meant: str) -> None:
    assert near(sent, family, field) == meant


@pytest.mark.parametrize(
    ("family", "field", "sent"),
    [
        ("assessment", "academic_subject", "Ana Beispiel"),
        ("assessment", "academic_subject", "219-09-9998"),
        ("assessment", "academic_subject", "01167"),
        ("social_service", "responsible_county", "59"),
        ("enrollment", "entry_grade_level", ""),
        ("enrollment", "entry_grade_level", "G" * 5_000),
        ("enrollment", "entry_grade_level", 11),
        ("enrollment", "term_id", "Fall"),
    ],
)
def test_where_nothing_is_near_nothing_is_told(family: str, field: str, sent: object) -> None:
    assert near(sent, family, field) == ""


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CODED), st.text(max_size=90))
def test_whatever_is_sent_what_is_told_is_a_code_of_the_field(coded: tuple[str, str], sent: str) -> None:
    family, field = coded
    table = tables_of(family).get(field)
    codes = set(table.codes) if table else set(ENUMS[coded])
    assert near(sent, family, field) in codes | {""}


def rows(folder: Path, family: str, **body: object) -> list[Good | Bad]:
    """What a file of one row holds."""
    path = folder / "rows.jsonl"
    envelope = {"source_record_id": "a-1", "subject_token": "t-1"}
    path.write_bytes(orjson.dumps({"envelope": envelope, "body": body}))
    return list(formats.rows(path, "csac", family, AS_OF))


def test_a_code_that_a_complete_table_lacks_is_rejected_before_it_is_sent(tmp_path: Path) -> None:
    [bad] = rows(tmp_path, "aid", aid_year="2026-2027", state_programme="cal grant a")
    assert bad == Bad(1, Code.NOT_IN_CODE_SET, "body.state_programme")
    assert bad.near == "CAL_GRANT_A"  # type: ignore[union-attr]


def test_a_code_that_an_incomplete_table_lacks_is_carried_and_told(tmp_path: Path) -> None:
    school = {"organization_id": "255901001", "organization_id_system": "SCHOOL", "calpads_exit_reason": "T999"}
    [good] = rows(tmp_path, "enrollment", **school, exit_type="01921")
    assert isinstance(good, Good)
    assert good.unlisted == ("calpads_exit_reason",)


def test_the_sender_is_told_the_code_that_is_near_and_which_codes_were_carried(tmp_path: Path) -> None:
    head = "source_record_id,subject_token,organization_id,organization_id_system,program_type,assessed_on,subsidy_fund"
    lines = ["1,t1,190001,OTHER,HeadStart,2026-08-20,", "2,t2,190001,OTHER,head_start,2026-08-20,MIGRANT"]
    (tmp_path / "places.csv").write_text("\n".join([head, *lines]) + "\n")
    look = ["publish", str(tmp_path / "places.csv"), "--partner", "cde_elc", "--family", "early_care", "--dry-run"]
    done = throughline(tmp_path, *look)
    assert done.returncode == 1
    assert "row 2: body.program_type: not_in_code_set: did you mean head_start? one of child_care, " in done.stderr
    assert "body.subsidy_fund: 1 row with a code that our table of subsidy_fund lacks; carried" in done.stdout
    assert "MIGRANT" not in done.stdout + done.stderr
    outcome = publish_file(tmp_path / "places.csv", "early_care", AS_OF, "cde_elc")
    assert outcome.to_document()["unlisted"] == {"subsidy_fund": 1}
