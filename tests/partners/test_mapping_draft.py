"""``throughline partner map``: a draft from names and forms, that is a mapping file, and shows no cell."""

import os
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli import app_of
from partners import formats
from partners.formats import FileError, Good
from partners.formats.fixed_file import Span
from partners.formats.tables import Table
from partners.mapping import load, reader_by
from partners.mapping.draft import Draft, drafted
from partners.mapping.forms import form_of, settled
from partners.mapping.layouts import spans_in
from partners.mapping.toml_text import key
from streams.errors import ThroughlineError

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "partner-files"
AS_OF = datetime(2026, 8, 31, tzinfo=UTC)
CALPADS = (
    "SSID,Local Student ID,School of Attendance,Enrollment Start Date,Enrollment Exit Date,"
    "Student Exit Reason Code,Notes"
)
ROWS = (
    "7000000001,900101,19647331932334,20250820,,,",
    "7000000002,900102,19647331932334,20250820,20260115,T160,moved 219-09-9998",
)


def draft(header: str, *rows: str, family: str = "enrollment") -> Draft:
    """Of a CSV file."""
    cells = [row.split(",") for row in rows]
    return drafted(Table(header.split(","), iter(list(enumerate(cells, 2)))), "lea_grand_bend", family, "csv", {}, 0)


def test_names_of_a_standard_are_known_and_the_draft_reads_the_file(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(draft(CALPADS, *ROWS).text)
    (tmp_path / "rows.csv").write_text("\n".join([CALPADS, *ROWS, ""]))
    mapped = load(tmp_path / "m.toml")
    assert (mapped.partner, mapped.family, mapped.left_out) == ("lea_grand_bend", "enrollment", {"Notes"})
    rows = list(
        formats.rows(
            tmp_path / "rows.csv", "lea_grand_bend", "enrollment", AS_OF, reader_by(tmp_path / "rows.csv", mapped)
        )
    )
    assert [type(row) for row in rows] == [Good, Good]
    said = rows[1].row  # type: ignore[union-attr]
    assert said["envelope"]["source_record_id"] == "900102|19647331932334|20250820"
    assert said["envelope"]["identifiers"] == [{"system": "SSID", "value": "7000000002", "assigner": None}]
    assert (said["body"]["organization_id_system"], said["body"]["calpads_exit_reason"]) == ("CDS", "T160")


def test_no_cell_stands_in_a_draft_and_numbers_in_a_text_are_flagged() -> None:
    made = draft(CALPADS, *ROWS)
    assert made.flagged == ("Notes",)
    for row in ROWS:
        for cell in row.split(","):
            assert len(cell) < 2 or cell not in made.text


@pytest.mark.parametrize(
    ("header", "family", "field"),
    [
        ("userSourcedId", "enrollment", 'subject_token = "userSourcedId"'),
        ("StudentUniqueId", "identity", 'subject_token = "StudentUniqueId"'),
        ("STU_FST_NM", "identity", 'first_name = "STU_FST_NM"'),
        ("LastSurname", "identity", 'last_name = "LastSurname"'),
        ("Student Legal Last Name", "identity", 'last_name = "Student Legal Last Name"'),
        ("DOB", "identity", 'birth_date = "DOB"'),
        ("ExitWithdrawDate", "enrollment", 'exit_date = "ExitWithdrawDate"'),
        ("GI03", "enrollment", 'term_id = "GI03"'),
        ("Gr", "enrollment", 'entry_grade_level = "Gr"'),
        ("TOTAL_SUBJECT_WAGES", "employment", 'quarterly_earnings_cents = "TOTAL_SUBJECT_WAGES"'),
        ("SAI", "aid", 'student_aid_index_usd = "SAI"'),
        ("employee_ssn", "employment", '"identifier.SSN" = "employee_ssn"'),
    ],
)
def test_a_column_is_known_by_what_the_standards_call_it(header: str, family: str, field: str) -> None:
    assert f"\n{field}  # " in draft(header, family=family).text


@pytest.mark.parametrize("header", ["SCHOOL", "District", "PROGRAM", "Institution", "FAMILY", "other"])
def test_a_column_called_as_who_counts_is_nobodys_number(header: str) -> None:
    made = draft(f"StudentID,{header}", "900101,255901107", "900102,255901107")
    assert "identifier" not in made.text


def test_a_column_called_school_holds_the_organization() -> None:
    assert 'organization_id = "SCHOOL"' in draft("StudentID,SCHOOL", "900101,255901107", "900102,255901107").text


def test_an_id_of_nine_digits_is_asked_about() -> None:
    said = "see that it is no social security number"
    assert said in draft("Student ID", "900100001").text
    assert said not in draft("Student ID", "90010001").text


def test_a_column_meant_for_numbers_of_social_security_is_mapped_and_not_flagged() -> None:
    made = draft("employee_ssn", "219-09-9998", "219-09-9997", family="employment")
    assert made.flagged == ()
    assert '"identifier.SSN" = { column = "employee_ssn", digits = true }' in made.text


def test_a_column_with_what_looks_like_numbers_of_social_security_is_not_even_perhaps_a_field() -> None:
    assert "perhaps" in draft("Student ID,Session", "A1,Fall", "A2,Spring").text
    assert "perhaps" not in draft("Student ID,Session", "A1,219-09-9998", "A2,Spring").text


def test_an_id_is_made_only_of_what_tells_the_first_rows_apart() -> None:
    header = "Student ID,Award Year,Award Amt"
    assert (
        'columns = ["Student ID", "Award Year"]' in draft(header, "1,2025-2026,5", "2,2025-2026,5", family="aid").text
    )
    assert draft(header, "1,2025-2026,5", "1,2025-2026,7", family="aid").lacking == ("source_record_id",)


def test_a_row_that_stands_twice_and_rows_that_lack_a_part_of_the_id_are_passed_over_for_it() -> None:
    rows = ("1,2025-2026,5", "1,2025-2026,5", ",2025-2026,5", ",2025-2026,7")
    assert draft("Student ID,Award Year,Award Amt", *rows, family="aid").lacking == ()


def test_months_by_their_names_say_nothing_of_numbers_and_years_of_two_digits_are_told() -> None:
    made = draft("Student ID,Enroll Dt,Exit Dt", "A1,20-Aug-25,5/6/26").text
    assert 'date = "D-MMM-YY" }  # 100 %; 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068' in made
    assert "which is the month? no day is beyond 12, so it may be D/M/YY" in made


def test_where_days_of_a_file_tell_two_ways_of_writing_them_they_tell_nothing_of_others() -> None:
    looks = {name: form_of([cell]) for name, cell in (("a", "20/8/2025"), ("b", "8/20/2025"), ("c", "5/6/2026"))}
    assert settled(looks) == looks


def test_what_nobody_could_guess_is_left_out_and_what_is_lacking_is_said() -> None:
    made = draft("Lunch,Bus Route", "free,7")
    assert made.lacking == ("subject_token", "source_record_id", "organization_id", "organization_id_system")
    assert (made.mapped, made.left_out) == (0, 2)
    assert '# organization_id = "…"  # needed, and no column looks like it' in made.text


def test_forms_say_how_a_column_is_written() -> None:
    assert form_of(["8/12/2026", "1/31/2026"]).dates == ("M/D/YYYY",)
    assert form_of(["13/12/2026"]).dates == ("D/M/YYYY",)
    assert form_of(["1/2/2026"]).dates == ("M/D/YYYY", "D/M/YYYY")
    assert form_of(["20261", "20254"]).dates == ("YYYYQ",)
    assert form_of(["12-Aug-2026", "1-SEP-2026"]).dates == ("D-MMM-YYYY",)
    assert form_of(["8/31/26"]).dates == ("M/D/YY",)
    assert form_of(["1200", "12.5"]).is_decimal
    assert form_of(["1200", "12.5", "n/a"]).is_decimal
    assert not form_of(["12.5", "n/a", "some"]).is_decimal
    assert (form_of(["Y", "N", ""]).yes, form_of(["y", "n"]).no) == (("Y",), ("n",))
    assert form_of(["see 219-09-9998"]).has_ssn
    assert not form_of(["000-12-1234", "5219-09-99981"]).has_ssn
    assert "219" not in repr(form_of(["see 219-09-9998"]))


@pytest.mark.parametrize("header", ["900101,Quetzal,2025-08-20", "SSID,SSID,DOB", "a,b,Zoë Quetzal"])
def test_a_first_line_that_is_no_header_is_told_by_number(header: str) -> None:
    with pytest.raises(FileError, match="--no-header") as raised:
        draft(header)
    assert "Quetzal" not in str(raised.value)


@pytest.mark.parametrize("name", ["stay-in_1", "Straße", "two words", 'a "name"', "a.b", "\x7f", ""])
def test_a_column_of_any_name_is_a_key(name: str) -> None:
    assert tomllib.loads(f"{key(name)} = 1") == {name: 1}


def test_a_layout_is_a_table_of_names_and_places(tmp_path: Path) -> None:
    assert spans_in(EXAMPLES / "wages.layout.csv")["SSN"] == Span(10, 9)
    for text in ("name,start\nSSN,1\n", "name,start,width\nSSN,0,9\n", "name,start,width\nSSN,1,9\nSSN,1,9\n", ""):
        (tmp_path / "layout.csv").write_text(text)
        with pytest.raises(FileError, match="no layout"):
            spans_in(tmp_path / "layout.csv")


@dataclass
class Done:
    """What a command did."""

    returncode: int
    stdout: str
    stderr: str


def run(folder: Path, *words: str) -> Done:
    """A command, in a folder where nothing is set."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in [name for name in os.environ if name.startswith("THROUGHLINE_")]:
            patch.delenv(name)
        done = CliRunner().invoke(app_of(words[:1]), words)
    is_told = isinstance(done.exception, ThroughlineError)
    assert is_told or done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Done(2 if is_told else done.exit_code, done.stdout, done.stderr + (str(done.exception) if is_told else ""))


def test_a_fixed_width_file_is_drafted_corrected_and_looked_at(tmp_path: Path) -> None:
    words = ("--partner", "edd", "--family", "employment", "--layout", str(EXAMPLES / "wages.layout.csv"))
    done = run(tmp_path, "partner", "map", str(EXAMPLES / "wages.txt"), *words)
    assert done.returncode == 0, done.stderr
    assert "9 columns mapped, 1 left out" in done.stdout
    again = run(tmp_path, "partner", "map", str(EXAMPLES / "wages.txt"), *words)
    assert (again.returncode, "is there already" in again.stderr) == (2, True)
    look = ("publish", str(EXAMPLES / "wages.txt"), "--mapping", "mapping.toml", "--dry-run", "--json")
    text = (tmp_path / "mapping.toml").read_text()
    assert 'reference_period_end = { column = "YEARQTR", date = "YYYYQ", day = "last" }' in text
    text = text.replace("[columns]", 'only = { column = "RECORD", is = ["W"] }\n[columns]').replace('  "RECORD",', "")
    text = text.replace("codes = {}", 'codes = { 01 = "state_ui" }')
    (tmp_path / "mapping.toml").write_text(text)
    done = run(tmp_path, *look)
    assert (done.returncode, done.stderr) == (0, "")
    assert '"rows":5,"published":0,"rejected":0,"left_out":2' in done.stdout


def test_bad_cells_are_told_in_the_words_of_the_file(tmp_path: Path) -> None:
    text = (EXAMPLES / "aid.txt").read_text().replace("20250915", "20251315").replace("I     ", "Z     ")
    (tmp_path / "aid.txt").write_text(text)
    done = run(
        tmp_path,
        "publish",
        "aid.txt",
        "--mapping",
        str(EXAMPLES / "aid.toml"),
        "--dry-run",
        "--json",
        "--as-of",
        "2025-10-01",
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr.splitlines() == [
        "row 1: SENT (envelope.occurred_on): bad_date: no day written YYYYMMDD, as the mapping says",
        "row 2: STATUS (body.application_status): not_in_code_set: the code is not in codes of the mapping",
    ]


def test_partner_and_family_are_the_mappings_and_another_is_refused(tmp_path: Path) -> None:
    words = ("publish", str(EXAMPLES / "aid.txt"), "--mapping", str(EXAMPLES / "aid.toml"), "--dry-run")
    done = run(tmp_path, *words)
    assert (done.returncode, "3 rows, 3 valid, none sent, 0 rejected" in done.stdout) == (0, True), done.stderr
    other = run(tmp_path, *words, "--partner", "ccc")
    assert (other.returncode, "--partner is ccc, the mapping's partner is csac" in other.stderr) == (2, True)
    none = run(tmp_path, "publish", "rows.csv", "--family", "aid")
    assert (none.returncode, "say --partner" in none.stderr) == (2, True)
