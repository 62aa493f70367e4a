"""A draft looks at cells of coded columns: each becomes one of our codes or is to be filled in; no other is shown."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from partners.formats import FileError
from partners.formats.tables import Table
from partners.mapping import load
from partners.mapping.draft import Draft, drafted
from partners.mapping.forms import FEW


def draft(header: str, *rows: str, family: str = "enrollment") -> Draft:
    """Of a CSV file."""
    cells = [row.split(",") for row in rows]
    return drafted(Table(header.split(","), iter(list(enumerate(cells, 2)))), "oak_valley", family, "csv", {}, 0)


def fields(text: str) -> dict[str, Any]:
    """What a draft says."""
    return tomllib.loads(text)


def of(column: str, cells: Sequence[str], family: str = "enrollment") -> str:
    """The draft of a file with an id and one more column."""
    return draft(f"Student ID,{column}", *(f"A{n},{cell}" for n, cell in enumerate(cells)), family=family).text


def line(text: str, field: str) -> str:
    return next(one for one in text.splitlines() if one.startswith(f"{field} = "))


def test_a_header_alone_makes_no_column_sure_whose_cells_are_no_codes() -> None:
    text = of("Exit Reason", ["Graduated", "Moved", "T160", "", "Moved"])
    assert fields(text)["codes"] == {
        "calpads_exit_reason": {"Graduated": "FILL IN", "Moved": "FILL IN", "T160": "T160"}
    }
    assert line(text, "calpads_exit_reason") == (
        'calpads_exit_reason = { column = "Exit Reason", codes = "calpads_exit_reason" }  # 67 %; 1 of 3 different '
        "cells are known, 2 to be filled in: see [codes.calpads_exit_reason]"
    )
    assert "`throughline schemas codes calpads_exit_reason` (version 2026)" in text


def test_a_column_of_our_codes_needs_no_table_and_is_sure() -> None:
    text = of("Exit Reason", ["T160", "E230", ""])
    assert line(text, "calpads_exit_reason") == 'calpads_exit_reason = "Exit Reason"  # 100 %'
    assert "codes" not in fields(text)


def test_a_code_that_our_table_lacks_is_told_and_carried() -> None:
    said = line(of("Exit Reason", ["T160", "Z999"]), "calpads_exit_reason")
    assert said.startswith('calpads_exit_reason = "Exit Reason"  # 75 %; 1 of 2 different codes our table lacks')


@pytest.mark.parametrize(
    ("cells", "codes"),
    [
        (["9", "09", "10", "KN", "TK"], {"9": "G09", "09": "G09", "10": "G10", "KN": "KG", "TK": "TK"}),
        (["9th", "9th Grade", "Grade 9"], {"9th": "G09", "9th Grade": "G09", "Grade 9": "G09"}),
        (["g9", "Ninth grade", "Pre-K"], {"g9": "FILL IN", "Ninth grade": "G09", "Pre-K": "PR"}),
        (["K", "12", "1"], {"K": "KG", "12": "G12", "1": "G01"}),
    ],
)
def test_what_differs_from_a_standard_in_form_alone_is_known(cells: list[str], codes: dict[str, str]) -> None:
    assert fields(of("Grade", cells))["codes"]["entry_grade_level"] == codes


def test_a_guess_is_told_from_what_is_known() -> None:
    text = of("Grade", ["K", "9"])
    assert ('K = "KG"  # a guess' in text, '9 = "G09"\n' in text) == (True, True)
    assert "1 of 2 different cells are known, 1 guessed: see" in text


def test_a_table_that_ships_is_named_where_it_has_all() -> None:
    assert 'codes = "calpads_grade_level"' in of("Grade", ["09", "10", "KN"])


@pytest.mark.parametrize(
    "cell",
    [
        "2025-08-20",
        "8/20/2025",
        "219-09-9998",
        "900101223",
        "90010",
        "Mo\u00adved",
        "ana@example.org",
        "555-010-9999",
        "Ana Beispiel",
        "x" * 41,
    ],
)
def test_what_may_tell_of_a_person_stands_in_no_draft(cell: str) -> None:
    text = of("Exit Reason", ["Moved", "T160", cell])
    assert cell not in text
    assert "FILL IN" in text or "left out, as Exit Reason has what looks like social security numbers" in text


def test_words_like_a_name_are_codes_where_they_are_said_over_and_over() -> None:
    assert '"Dropped Out" = "FILL IN"' in of("Exit Reason", ["Dropped Out"] * 4)
    assert "Dropped" not in of("Exit Reason", ["Dropped Out"] * 3)
    assert "1 look like no codes and are not shown" in of("Exit Reason", ["T160", *["Dropped Out"] * 3])


def test_of_more_different_cells_than_codes_have_none_is_shown_and_it_is_half_as_sure() -> None:
    cells = [f"w{one}" for one in range(FEW + 1)]
    text = of("Exit Reason", cells)
    assert line(text, "calpads_exit_reason").startswith(
        'calpads_exit_reason = "Exit Reason"  # 50 %; more than 40 different cells: is it a column of codes?'
    )
    assert not any(cell in text for cell in cells)


def test_where_no_cell_may_be_shown_there_is_no_table() -> None:
    text = of("Grade", ["Ana Beispiel", "Kim Muster"])
    assert "no cell looks like a code: is it a column of codes?" in line(text, "entry_grade_level")
    assert "[codes." not in text
    assert "Ana" not in text


def test_a_column_that_is_not_coded_is_never_in_a_table() -> None:
    text = of("Homeroom", ["Blue", "Red"]) + of("Term", ["Fall", "Spring"]) + of("First Name", ["Ana"], "identity")
    assert "[codes." not in text
    assert not any(cell in text for cell in ("Blue", "Fall", "Ana"))


def test_a_mapping_with_codes_to_fill_in_is_refused_by_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text(
        'partner = "p"\nfamily = "enrollment"\n[codes.exits]\nT160 = "T160"\nMoved = "FILL IN"\nGone = "FILL IN"\n'
    )
    with pytest.raises(FileError, match=r"m\.toml line 5: FILL IN stands there, and in 1 more: write our code"):
        load(path)
    path.write_text('partner = "p"\nfamily = "enrollment"\n[fields]\norganization_id = "FILL IN"\n')
    with pytest.raises(FileError, match=r"m\.toml line 4: FILL IN stands there: write"):
        load(path)


def test_days_are_known_although_some_cells_are_none_and_that_is_told() -> None:
    text = of("Enroll Dt", ["8/20/2025", "8/21/2025", "9/1/2025", "n/a"])
    assert line(text, "entry_date") == (
        'entry_date = { column = "Enroll Dt", date = "M/D/YYYY" }  # 100 %; 1 of 4 cells are written otherwise: '
        'mend them, or say empty = ["…"]'
    )


def test_which_is_the_month_is_asked_unless_other_days_of_the_file_tell() -> None:
    alone = line(of("Exit Dt", ["6/5/2026"]), "exit_date")
    assert "which is the month? no day is beyond 12, so it may be D/M/YYYY" in alone
    both = draft("Student ID,Enroll Dt,Exit Dt", "A1,20/8/2025,5/6/2026").text
    assert 'date = "D/M/YYYY" }  # 100 %; which is the month is told by the file\'s other days alone' in line(
        both, "exit_date"
    )
    assert '"D/M/YYYY" }  # 100 %' in line(both, "entry_date")


def test_days_in_no_one_form_are_told() -> None:
    text = of("Entry Date", ["8/20/2025", "2025-08-20", "20.8.2025"])
    assert line(text, "entry_date") == (
        'entry_date = "Entry Date"  # 90 %; its cells are days in no one form; say it, as date = "M/D/YYYY"'
    )


def test_an_id_is_made_of_no_column_that_is_left_out() -> None:
    made = draft("Student ID,School Code,Enroll Dt", "219-09-9998,255901001,8/20/2025")
    assert made.flagged == ("Student ID",)
    assert made.lacking[:2] == ("subject_token", "source_record_id")
    assert "columns = [\n" in made.text
    assert 'join = "|"' not in made.text
