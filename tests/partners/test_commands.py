"""``throughline publish`` and ``throughline population``, as a person runs them."""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from support.partner_commands import run
from support.partner_topics import partner_of_its_own

from deploy.publish.advice import advice_on
from partners.formats import Code
from partners.formats.faults import Fault
from schemas_avro.ids import is_event_id

ROW = {
    "envelope": {"source_record_id": "e-1", "subject_token": "t-1"},
    "body": {"organization_id": "1", "organization_id_system": "CDS", "entry_date": "2026-08-12"},
}


def looked_at(
    folder: Path, *lines: object, more: tuple[str, ...] = ("--dry-run", "--json")
) -> subprocess.CompletedProcess[str]:
    """``publish`` on a file of these lines."""
    (folder / "rows.jsonl").write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return run(folder, "publish", "rows.jsonl", "--partner", "cde_k12", "--family", "enrollment", *more)


@pytest.fixture
def partner(broker: str) -> Iterator[str]:
    """A partner with a topic for enrollments, gone afterwards."""
    with partner_of_its_own(broker, "enrollment") as name:
        yield name


def test_a_dry_run_of_good_rows_ends_with_zero_and_counts_them(tmp_path: Path) -> None:
    done = looked_at(tmp_path, ROW, ROW)
    assert done.returncode == 0, done.stderr
    said = orjson.loads(done.stdout.splitlines()[-1])
    assert said.pop("rows_per_second") > 0
    seen = {name: said.pop(name) for name in ("fields", "flags")}
    assert said == {
        "rows": 2, "published": 0, "rejected": 0, "reasons": {}, "valid": 2,
        "errors": [], "read": 2, "persons": 1, "facts": 1, "repeated_facts": 1, "repeated_events": 1,
    }  # fmt: skip
    assert {one["flag"] for one in seen["flags"]} == {"repeated_record_id", "repeated_event"}
    assert {"field": "body.entry_date", "kind": "date", "filled_percent": 100, "values": None} in seen["fields"]


def test_a_bad_row_ends_with_one_and_is_named_without_its_value(tmp_path: Path) -> None:
    bad = {**ROW, "body": {**ROW["body"], "entry_date": "Quetzal"}}
    done = looked_at(tmp_path, ROW, bad)
    assert done.returncode == 1
    assert orjson.loads(done.stdout)["reasons"] == {"bad_date": 1}
    assert done.stderr == "row 2: body.entry_date: bad_date: days are written 2026-09-01\n"


def test_all_faults_of_a_row_are_told_at_once_up_to_five(tmp_path: Path) -> None:
    body = {"organization_id": 7, "entry_date": "Quetzal", "exit_date": "soon", "entry_grade_level": "G14"}
    done = looked_at(
        tmp_path, ROW, {"envelope": {"subject_token": "t-1", "event_id": "E"}, "body": body | {"Quetzal": 1}}
    )
    told = [": ".join(line.removeprefix("row 2: ").split(": ")[:2]) for line in done.stderr.splitlines()]
    assert told[-1] == "and 2 faults more"
    assert len(told) == 6
    assert {"body.entry_date: bad_date", "body.organization_id: wrong_type"} <= set(told)
    assert "Quetzal" not in done.stderr
    assert orjson.loads(done.stdout)["rejected"] == 1


def test_faults_of_cells_are_told_together_with_those_of_the_schema(tmp_path: Path) -> None:
    header = "source_record_id,subject_token,organization_id,organization_id_system,entry_date,exit_date,entry_type"
    (tmp_path / "rows.csv").write_text(f"{header}\ne-1,t-1,1,CSD,8/20/2026,2026-99-01,1821\n")
    done = run(
        tmp_path, "publish", "rows.csv", "--partner", "cde_k12", "--family", "enrollment",
        "--as-of", "2026-09-01", "--dry-run",
    )  # fmt: skip
    told = {": ".join(line.split(": ")[:3]) for line in done.stderr.splitlines()}
    assert told == {
        "row 2: body.entry_date: spreadsheet_date",
        "row 2: body.entry_type: lost_leading_zeros",
        "row 2: body.organization_id_system: not_in_code_set",
        "row 2: body.exit_date: bad_date",
    }


@pytest.mark.parametrize(
    ("partner", "family", "said"),
    [
        ("quetzal", "enrollment", "no agreement in force that is known here lets quetzal publish enrollment: ask"),
        ("edd", "enrollment", "lets edd publish enrollment; its agreement is for employment: ask"),
        ("lea_grandbend", "enrollment", "did you mean lea_grand_bend? no agreement in force"),
    ],
)
def test_a_dry_run_without_an_agreement_tells_its_rows_and_then_what_sending_needs(
    tmp_path: Path, partner: str, family: str, said: str
) -> None:
    (tmp_path / "rows.jsonl").write_bytes(orjson.dumps(ROW) + b"\n")
    done = run(tmp_path, "publish", "rows.jsonl", "--partner", partner, "--family", family, "--dry-run")
    assert done.returncode == 0
    assert "1 row, 1 valid, none sent" in done.stdout
    assert done.stderr.startswith("before it is sent: ")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "ccc" not in done.stderr


def test_without_an_agreement_the_exit_code_of_a_dry_run_is_still_that_of_its_rows(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_bytes(orjson.dumps(ROW) + b"\n{}\n")
    done = run(tmp_path, "publish", "rows.jsonl", "--partner", "quetzal", "--family", "enrollment", "--dry-run")
    assert done.returncode == 1


def test_event_ids_go_into_a_file_by_row_and_nothing_else_of_a_row_does(tmp_path: Path) -> None:
    own = "4c2f6a0e-7d1b-4f7e-9a53-0d5b8c1e2f31"
    with_id = {**ROW, "envelope": {**ROW["envelope"], "event_id": own}}
    done = looked_at(tmp_path, ROW, {"body": {}}, with_id, more=("--dry-run", "--ids", "ids.csv"))
    header, made, last = (tmp_path / "ids.csv").read_text().splitlines()
    assert (header, last) == ("row,event_id,operation", f"3,{own},assert")
    assert re.fullmatch("1,[0-9a-f-]{36},assert", made)
    assert "event ids are in ids.csv" in done.stdout


def test_where_nothing_would_be_sent_the_file_of_ids_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "ids.csv").write_text("of yesterday")
    of_none = looked_at(tmp_path, {"body": {}}, more=("--dry-run", "--as-of", "2026-09-01", "--ids", "ids.csv"))
    look = looked_at(tmp_path, ROW, more=("--dry-run", "--snapshot", "--ids", "ids.csv"))
    assert (tmp_path / "ids.csv").read_text() == "of yesterday"
    for done in (of_none, look):
        assert "no event was sent, so no ids were written" in done.stdout
    looked_at(tmp_path, ROW, more=("--dry-run", "--snapshot", "--ids", "new.csv"))
    assert not (tmp_path / "new.csv").exists()


def test_a_first_snapshot_names_the_folder_that_knows_of_none_and_a_look_makes_no_folder(tmp_path: Path) -> None:
    done = looked_at(tmp_path, ROW, more=("--dry-run", "--snapshot"))
    folder = tmp_path / ".throughline" / "snapshots"
    assert f"first snapshot known here: nothing is remembered in {folder}\n" in done.stdout
    assert not folder.parent.exists()
    assert orjson.loads(looked_at(tmp_path, ROW, more=("--dry-run", "--snapshot", "--json")).stdout)["first"] is True


@pytest.mark.parametrize("more", [("--dry-run",), ()])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "rows.jsonl: no rows in it"),
        (b"{", "no row in it can be read; row 1: the row: not_json"),
        (orjson.dumps(ROW["body"]), "no row in it can be read; row 1: envelope: missing_field"),
    ],
)
def test_a_file_without_a_row_says_so_and_speaks_of_no_date(
    tmp_path: Path, more: tuple[str, ...], content: bytes, said: str
) -> None:
    (tmp_path / "rows.jsonl").write_bytes(content)
    done = run(tmp_path, "publish", "rows.jsonl", "--partner", "cde_k12", "--family", "enrollment", *more)
    assert done.returncode == 2
    assert said in done.stderr
    assert "--as-of" not in done.stderr


def test_xml_of_other_elements_says_which_element_is_looked_for(tmp_path: Path) -> None:
    (tmp_path / "rows.xml").write_text("<InterchangeStudent><School/></InterchangeStudent>")
    words = ("publish", "rows.xml", "--partner", "cde_k12", "--family", "identity", "--dry-run")
    assert run(tmp_path, *words).stderr.endswith("rows.xml: no Student in it\n")
    assert "0 rows (no Student in it)" in run(tmp_path, *words, "--as-of", "2026-09-01").stdout


def test_a_row_is_told_how_it_is_written_right_and_never_what_it_says(tmp_path: Path) -> None:
    row = {
        "envelope": {"source_record_id": "e-1", "event_id": "QUETZAL", "partner_id": "quetzal"},
        "body": {**ROW["body"], "units_attempted_hundredths": "Quetzal"},
    }
    flat = {**ROW["body"]}
    done = looked_at(
        tmp_path,
        row,
        {**row, "body": {**ROW["body"], "quetzal": 1}},
        {**row, "body": ROW["body"]},
        flat,
        {"envelope": {"subject_token": "t"}, "body": ROW["body"]},
    )
    told = done.stderr
    for said in (
        "wrong_type: a whole number, in hundredths (12.5 is 1250)",
        "unknown_key: there is no such field; `throughline schemas columns enrollment` has them",
        "bad_event_id: a UUID in lower case, or leave it out",
        "wrong_partner: the row names another partner than --partner",
        'row 4: envelope: missing_field: a row is {"envelope": {…}, "body": {…}}',
        "row 5: envelope.source_record_id: missing_field: the row does not say it",
    ):
        assert said in told
    assert "quetzal" not in told.lower()


def test_an_empty_cell_is_told_so_and_a_second_row_of_a_fact_where_the_first_is(tmp_path: Path) -> None:
    written(tmp_path, "e-1,t-1,255901001,SCHOOL,2026-08-12", "e-1,t-1,255901001,SCHOOL,2026-08-13", "e-2,t-2,,,")
    told = run(tmp_path, *LOOK, "--snapshot").stderr
    assert "row 3: envelope.source_record_id: duplicate_row: row 2 is of the same fact; the first counts" in told
    assert "row 4: body.organization_id: missing_field: the cell is empty" in told


def test_every_code_has_its_advice() -> None:
    for code in Code:
        counted = "6 cells" if code in {Code.WRONG_COLUMN_COUNT, Code.DUPLICATE_ROW} else ""
        assert advice_on(Fault(code, "body.entry_grade_level", counted), "enrollment", ".csv"), code


def test_a_share_takes_its_sign_and_a_folder_is_told_to_be_one(tmp_path: Path) -> None:
    assert looked_at(tmp_path, ROW, more=("--dry-run", "--snapshot", "--max-retract-percent", "30%")).returncode == 0
    for wrong in ("130", "many", "-1"):
        done = looked_at(tmp_path, ROW, more=("--dry-run", "--snapshot", "--max-retract-percent", wrong))
        assert (done.returncode, "from 0 to 100" in done.stderr) == (2, True)
    done = run(tmp_path, "publish", ".", "--partner", "cde_k12", "--family", "aid")
    assert ". is a folder; name the file in it" in done.stderr


def test_event_ids_that_cannot_be_written_are_told_before_anything_is_sent(tmp_path: Path) -> None:
    done = looked_at(tmp_path, ROW, more=("--dry-run", "--ids", "nowhere/ids.csv"))
    assert done.returncode == 2
    assert "name another file with --ids" in done.stderr


def written(folder: Path, *lines: str) -> None:
    header = "source_record_id,subject_token,organization_id,organization_id_system,entry_date"
    (folder / "rows.csv").write_text("\n".join([header, *lines]) + "\n")


LOOK = ("publish", "rows.csv", "--partner", "cde_k12", "--family", "enrollment", "--dry-run")


def test_a_row_of_too_few_cells_says_how_many_and_a_spreadsheets_date_how_days_are_written(tmp_path: Path) -> None:
    written(tmp_path, "e-1,t-1,255901001,SCHOOL,2026-08-12", "e-2,t-2,255901001", "e-3,t-3,255901001,SCHOOL,8/12/2026")
    said = run(tmp_path, *LOOK).stderr.splitlines()
    assert said[0] == "row 3: the row: wrong_column_count: 3 cells, the header has 5"
    assert said[1].startswith("row 4: body.entry_date: spreadsheet_date: days are written 2026-09-01")


def test_a_look_at_a_file_that_nothing_dates_tells_its_faults_and_then_that(tmp_path: Path) -> None:
    written(tmp_path, "e-1,t-1,255901001,SCHOOL,8/12/2026")
    done = run(tmp_path, *LOOK)
    assert done.returncode == 2
    first, last = done.stderr.splitlines()
    assert "spreadsheet_date" in first
    assert "--as-of YYYY-MM-DD" in last


def test_a_file_that_its_own_days_date_says_so(tmp_path: Path) -> None:
    written(tmp_path, "e-1,t-1,255901001,SCHOOL,2026-08-12")
    assert "as of 2026-08-12T00:00:00+00:00 (the latest day in it): 1 row" in run(tmp_path, *LOOK).stdout
    assert "(the latest day" not in run(tmp_path, *LOOK, "--as-of", "2026-09-01").stdout


@pytest.mark.parametrize("operation", ["correct", "retract"])
def test_a_correction_that_nothing_dates_is_refused_as_it_could_lose(tmp_path: Path, operation: str) -> None:
    change = {**ROW, "envelope": {**ROW["envelope"], "operation": operation}}
    refused = looked_at(tmp_path, ROW, change)
    assert refused.returncode == 2
    assert refused.stderr.startswith("throughline: row 2 of rows.jsonl corrects or retracts")
    assert "--as-of" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert looked_at(tmp_path, ROW, change, more=("--dry-run", "--as-of", "2026-09-15")).returncode == 0
    dated = {**change, "envelope": {**change["envelope"], "published_at": "2026-09-15T08:00:00Z"}}
    assert looked_at(tmp_path, ROW, dated).returncode == 0


def test_a_snapshot_finds_out_by_itself_what_is_corrected(tmp_path: Path) -> None:
    change = {**ROW, "envelope": {**ROW["envelope"], "operation": "correct"}}
    done = looked_at(tmp_path, change, more=("--dry-run", "--snapshot"))
    assert done.returncode == 0, done.stderr


def test_of_a_code_set_the_symbols_are_named_a_dozen_of_them(tmp_path: Path) -> None:
    done = looked_at(tmp_path, {**ROW, "body": {**ROW["body"], "entry_grade_level": "Quetzal"}})
    assert "row 1: body.entry_grade_level: not_in_code_set: one of " in done.stderr
    assert "see `throughline schemas columns enrollment`" in done.stderr
    assert "Quetzal" not in done.stderr


def test_an_operation_in_upper_case_is_told_to_be_in_lower_case(tmp_path: Path) -> None:
    done = looked_at(tmp_path, {**ROW, "envelope": {**ROW["envelope"], "operation": "RETRACT"}})
    assert "one of assert, correct, retract; in lower case" in done.stderr


def test_a_row_that_no_message_can_hold_is_rejected(tmp_path: Path) -> None:
    done = looked_at(tmp_path, {**ROW, "body": {**ROW["body"], "organization_id": "9" * 70_000}})
    assert orjson.loads(done.stdout)["reasons"] == {"too_large": 1}


@pytest.mark.broker
def test_a_file_is_published_and_again_and_is_the_same_events(tmp_path: Path, broker: str, partner: str) -> None:
    (tmp_path / "rows.jsonl").write_bytes(orjson.dumps(ROW) + b"\n")
    words = ("publish", "rows.jsonl", "--partner", partner, "--family", "enrollment", "--bootstrap", broker)
    first, second = run(tmp_path, *words), run(tmp_path, *words, "--json")
    assert first.returncode == second.returncode == 0, first.stderr
    assert f"1 row, 1 published to partner.{partner}.enrollment, 0 rejected" in first.stdout
    assert "event ids of 1 row were made from their content" in first.stdout
    said = orjson.loads(second.stdout)
    assert said.pop("rows_per_second") >= 0
    assert is_event_id(submission := said.pop("submission"))
    assert f"throughline partner receipt {submission} " not in first.stdout
    assert f"--partner {partner} --wait 180" in first.stdout
    assert said == {"rows": 1, "published": 1, "rejected": 0, "reasons": {}, "new": 0}
    assert f"1 published to partner.{partner}.enrollment, none of them new, 0 rejected" in run(tmp_path, *words).stdout


@pytest.mark.broker
def test_of_a_file_that_was_sent_in_part_before_it_is_told_how_much_is_new(
    tmp_path: Path, broker: str, partner: str
) -> None:
    words = ("publish", "rows.csv", "--partner", partner, "--family", "enrollment", "--bootstrap", broker)
    first, second = "e-1,t-1,255901001,SCHOOL,2026-08-12", "e-2,t-2,255901001,SCHOOL,2026-08-12"
    written(tmp_path, first)
    run(tmp_path, *words)
    written(tmp_path, first, second)
    done = run(tmp_path, *words)
    assert f"2 rows, 2 published to partner.{partner}.enrollment, 1 of them new here, 0 rejected" in done.stdout


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("publish", "nofile.jsonl", "--partner", "csac", "--family", "aid"), "check the path"),
        (("publish", "rows.jsonl", "--partner", "csac", "--family", "aids"), "did you mean aid? --family is one of"),
        (("publish", "rows.xlsx", "--partner", "csac", "--family", "aid"), "is a workbook; export it as CSV UTF-8"),
        (("publish", "rows.jsonl", "--partner", "C S", "--family", "aid"), "lower-case"),
        (("publish", "rows.jsonl", "--partner", "csac", "--family", "aid", "--as-of", "soon"), "2026-09-01T12:00:00Z"),
        (("publish", "rows.jsonl", "--partner", "csac", "--family", "aid", "--as-of", "2199-01-01"), "lies ahead"),
        (("publish", "rows.jsonl", "--partner", "csac", "--family", "enrollment"), "THROUGHLINE_BOOTSTRAP"),
        (("population", "--out", "people", "--as-of", "2199-01-01"), "lies ahead"),
    ],
)
def test_what_cannot_be_done_so_ends_with_two_and_one_line_with_the_remedy(
    tmp_path: Path, words: tuple[str, ...], remedy: str
) -> None:
    (tmp_path / "rows.jsonl").write_bytes(orjson.dumps(ROW) + b"\n")
    (tmp_path / "rows.xlsx").touch()
    done = run(tmp_path, *words)
    assert done.returncode == 2
    assert remedy in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_where_no_broker_is_known_the_folder_is_named_in_which_a_demos_was_looked_for(tmp_path: Path) -> None:
    done = looked_at(tmp_path, ROW, more=())
    assert done.stderr.endswith(f"is looked for in {tmp_path / '.throughline'}\n")


@pytest.mark.broker
def test_a_topic_that_is_not_there_ends_with_two_and_the_command_that_makes_it(tmp_path: Path, broker: str) -> None:
    (tmp_path / "rows.jsonl").write_bytes(orjson.dumps(ROW) + b"\n")
    done = run(
        tmp_path, "publish", "rows.jsonl", "--partner", "nobody", "--family", "enrollment", "--bootstrap", broker
    )
    assert done.returncode == 2
    assert "ask the operator for an agreement" in done.stderr
    assert "did you mean" not in done.stderr


@pytest.mark.broker
def test_a_partner_that_is_mistyped_is_told_who_was_perhaps_meant(tmp_path: Path, broker: str, partner: str) -> None:
    (tmp_path / "rows.jsonl").write_bytes(orjson.dumps(ROW) + b"\n")
    words = ("publish", "rows.jsonl", "--family", "enrollment", "--bootstrap", broker, "--partner")
    done = run(tmp_path, *words, f"{partner}_")
    assert f"did you mean {partner}? `throughline topics list` has what agreements call for" in done.stderr


def test_a_population_is_written_with_its_totals(tmp_path: Path) -> None:
    done = run(tmp_path, "population", "--people", "40", "--seed", "3", "--out", "people", "--json")
    assert done.returncode == 0, done.stderr
    totals = orjson.loads(done.stdout)["totals"]
    truth = orjson.loads((tmp_path / "people" / "truth.json").read_bytes())
    assert truth["totals"] == totals
    assert (tmp_path / "people" / "history" / "csac.aid.jsonl").exists()
    assert tomllib.loads((tmp_path / "people" / "signals.toml").read_text())["fafsa_days_before"] > 30
    named = tomllib.loads((tmp_path / "people" / "organizations.toml").read_text())["organizations"]
    assert {"CDS", "UNITID", "OTHER"} == {one["system"] for one in named}


def test_a_populations_truth_is_judged_for_the_day_that_is_named(tmp_path: Path) -> None:
    arguments = ("population", "--people", "60", "--seed", "3", "--json", "--out")
    first, later = (run(tmp_path, *arguments, "a"), run(tmp_path, *arguments, "b", "--decided-on", "2027-10-20"))
    assert orjson.loads(first.stdout)["totals"] != orjson.loads(later.stdout)["totals"]
    assert "--decided-on takes a date" in run(tmp_path, *arguments, "b", "--decided-on", "soon").stderr


@pytest.mark.parametrize("command", ["publish", "population"])
def test_help_shows_an_example(tmp_path: Path, command: str) -> None:
    assert f"Example: throughline {command} " in run(tmp_path, command, "--help").stdout
