"""CSV: what spreadsheets and databases write, and what they break."""

import re
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest

from partners import formats
from partners.formats import Bad, Code, FileError, Good, csv_columns, csv_file
from partners.formats.csv_columns import columns_of
from partners.publishing import publish_file
from partners.rows import Row
from schemas_avro import catalog

AS_OF = datetime(2026, 8, 31, tzinfo=UTC)
HEADER = "source_record_id,subject_token,organization_id,organization_id_system,entry_date,units_attempted_hundredths"
ROW = "e-1,t-1,19647331932334,CDS,2026-08-12,300"
CDS = "19647331932334"
HIDDEN = "Zacarías Quetzal"


def read(tmp_path: Path, text: str | bytes, family: str = "enrollment", name: str = "rows.csv") -> list[Good | Bad]:
    """What a file holds."""
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(formats.rows(path, "cde_k12", family, AS_OF))


def only(tmp_path: Path, text: str | bytes, family: str = "enrollment") -> Row:
    """The only row of a file."""
    [good] = read(tmp_path, text, family)
    assert isinstance(good, Good), good
    return good.row


def enrollment(tmp_path: Path, column: str, cell: str) -> Good | Bad:
    """A sound enrollment but for one cell of one column."""
    names, cells = HEADER.split(","), ROW.split(",")
    if column not in names:
        names, cells = [*names, column], [*cells, ""]
    cells[names.index(column)] = f'"{cell}"'
    [found] = read(tmp_path, f"{','.join(names)}\n{','.join(cells)}\n")
    return found


def test_a_row_is_the_event_that_json_lines_would_make_of_it(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(
        '{"envelope": {"source_record_id": "e-1", "subject_token": "t-1"}, "body": {"organization_id":'
        ' "19647331932334",'
        ' "organization_id_system": "CDS", "entry_date": "2026-08-12", "units_attempted_hundredths": 300}}\n'
    )
    [same] = formats.rows(tmp_path / "rows.jsonl", "cde_k12", "enrollment", AS_OF)
    assert read(tmp_path, f"{HEADER}\n{ROW}\n") == [Good(2, same.row)]  # type: ignore[union-attr]


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_every_field_of_a_family_has_a_column(family: str) -> None:
    fields = {("envelope", f["name"]) for f in catalog.read("envelope")["fields"]}
    fields |= {("body", f["name"]) for f in catalog.read(f"families/{family}")["fields"]}
    assert {column.path for column in columns_of(family).values()} == fields


def test_identifiers_lists_flags_and_the_long_names_of_columns_are_read(tmp_path: Path) -> None:
    text = (
        "envelope.source_record_id,subject_token,identifier.SSN,identifier.CCCID,data_categories,body.multiple_birth\n"
    )
    row = only(tmp_path, text + "i-1,t-1,012345678,ABC1234,aid; wage,TRUE\n", "identity")
    assert [(i["system"], i["value"]) for i in row["envelope"]["identifiers"]] == [
        ("SSN", "012345678"), ("CCCID", "ABC1234"),
    ]  # fmt: skip
    assert row["envelope"]["data_categories"] == ["aid", "wage"]
    assert row["body"]["multiple_birth"] is True


def test_a_list_that_a_file_says_nothing_of_is_empty(tmp_path: Path) -> None:
    text = "source_record_id,subject_token,aid_year\na-1,t-1,2026-2027\n"
    assert only(tmp_path, text, "aid")["body"]["reject_codes"] == []


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_delimiters_and_a_byte_order_mark_make_no_difference(
    tmp_path: Path, ending: str, delimiter: str, mark: bytes
) -> None:
    text = f"{HEADER}\n{ROW}\n".replace(",", delimiter).replace("\n", ending)
    assert read(tmp_path, mark + text.encode()) == read(tmp_path, f"{HEADER}\n{ROW}\n")


def test_the_delimiter_is_the_headers_whatever_the_rows_hold(tmp_path: Path) -> None:
    text = f"{HEADER},entry_type\n{ROW},a;b;c;d;e;f;g;h;i\n"
    assert only(tmp_path, text)["body"]["entry_type"] == "a;b;c;d;e;f;g;h;i"


def test_quoted_line_ends_belong_to_the_cell_and_places_are_lines(tmp_path: Path) -> None:
    text = f'{HEADER},entry_type\n{ROW},"two\r\nlines"\n\n{ROW},x,y\n,,,,,,\n{ROW},"a ""b"""\n'
    first, ragged, last = read(tmp_path, text)
    assert isinstance(first, Good)
    assert isinstance(last, Good)
    assert (first.place, first.row["body"]["entry_type"]) == (2, "two\r\nlines")
    assert ragged == Bad(5, Code.WRONG_COLUMN_COUNT)
    assert (last.place, last.row["body"]["entry_type"]) == (7, 'a "b"')


def test_windows_letters_are_read_and_said(tmp_path: Path) -> None:
    text = "source_record_id,subject_token,first_name\ni-1,t-1,Zoë € Ñuñez\n".encode("cp1252")
    assert only(tmp_path, text, "identity")["body"]["first_name"] == "Zoë € Ñuñez"
    outcome = publish_file(tmp_path / "rows.csv", "identity", AS_OF, "cde_k12")
    assert outcome.to_document()["encoding"] == "windows-1252"


def test_an_accent_far_behind_the_first_block_is_still_read_as_what_it_is(tmp_path: Path) -> None:
    rows = "".join(f"i-{n},t-{n},{'x' * 400}\n" for n in range(3_000))
    text = f"source_record_id,subject_token,first_name\n{rows}i,t,Zoë\n".encode("latin-1")
    *_, last = read(tmp_path, text, "identity")
    assert isinstance(last, Good)
    assert last.row["body"]["first_name"] == "Zoë"


def test_an_empty_cell_is_null_and_a_formula_is_data(tmp_path: Path) -> None:
    text = "source_record_id,subject_token,preferred_name,language,email\nc-1,t-1,=SUM(A1),, \n"
    body = only(tmp_path, text, "contact")["body"]
    assert body["preferred_name"] == "=SUM(A1)"
    assert body["language"] is body["email"] is None


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("identifier.SSN", "12345678"),
        ("identifier.SSID", "123456789"),
        ("organization_id", CDS[1:]),
        ("entry_type", "1821"),
        ("exit_type", "1921"),
        ("cip_code", "1.0101"),
    ],
)
def test_an_identifier_that_lost_its_zeros_is_rejected_and_its_column_named(
    tmp_path: Path, column: str, cell: str
) -> None:
    found = enrollment(tmp_path, column, cell)
    assert isinstance(found, Bad)
    assert found.code is Code.LOST_LEADING_ZEROS
    assert str(found.field).removeprefix("body.") == column


@pytest.mark.parametrize(
    ("column", "cell", "family"), [("ssn", "1234567", "identity"), ("postal_code", "2134", "identity")]
)
def test_numbers_of_identity_that_lost_their_zeros_are_rejected(
    tmp_path: Path, column: str, cell: str, family: str
) -> None:
    [found] = read(tmp_path, f"source_record_id,subject_token,{column}\ni-1,t-1,{cell}\n", family)
    assert found == Bad(2, Code.LOST_LEADING_ZEROS, f"body.{column}")


@pytest.mark.parametrize(
    ("system", "id_", "is_sound"),
    [
        ("CDS", "01611190130229", True), ("CDS", "1611190130229", False), ("OPEID", "00115500", True),
        ("OPEID", "001155", True), ("OPEID", "1155", False), ("OPEID", "115500", True), ("UNITID", "110635", True),
        ("UNITID", "10635", False), ("NCES", "0622710", True), ("NCES", "622710", False), ("OTHER", "7", True),
        ("CDS", "school", True),
    ],
)  # fmt: skip
def test_an_organizations_digits_are_counted_by_its_list(
    tmp_path: Path,
    system: str,
    id_: str,
    is_sound: bool,  # noqa: FBT001  # a parameter of the table above
) -> None:
    [found] = read(
        tmp_path,
        f"source_record_id,subject_token,organization_id,organization_id_system\ne,t,{id_},{system}\n",
    )
    assert isinstance(found, Good) is is_sound
    if isinstance(found, Bad):
        assert (found.code, found.field) == (Code.LOST_LEADING_ZEROS, "body.organization_id")


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("entry_date", "11/24/2026", Code.SPREADSHEET_DATE),
        ("entry_date", "24.11.26", Code.SPREADSHEET_DATE),
        ("entry_date", "2026/11/24", Code.SPREADSHEET_DATE),
        ("entry_date", "46350", Code.SPREADSHEET_DATE),
        ("published_at", "8/31/2026 10:00", Code.SPREADSHEET_DATE),
        ("entry_date", "24 Nov", Code.BAD_DATE),
        ("entry_date", "2026-02-30", Code.BAD_DATE),
        ("published_at", "2026-08-30T10:00:00", Code.BAD_TIME),
        ("subject_token", "1.23E+09", Code.SCIENTIFIC_NOTATION),
        ("identifier.SSID", "1.23457E+09", Code.SCIENTIFIC_NOTATION),
        ("units_attempted_hundredths", "3E+05", Code.SCIENTIFIC_NOTATION),
        ("units_attempted_hundredths", "3,00", Code.WRONG_TYPE),
        ("units_attempted_hundredths", "3000000000", Code.OUT_OF_RANGE),
        ("entry_grade_level", "12", Code.NOT_IN_CODE_SET),
        ("operation", "delete", Code.NOT_IN_CODE_SET),
        ("organization_id", "", Code.MISSING_FIELD),
        ("source_record_id", "", Code.MISSING_FIELD),
        ("partner_id", "edd", Code.WRONG_PARTNER),
    ],
)
def test_a_cell_that_cannot_be_is_rejected_by_its_own_code(tmp_path: Path, column: str, cell: str, code: Code) -> None:
    found = enrollment(tmp_path, column, cell)
    assert isinstance(found, Bad)
    assert found.code is code
    assert column.rsplit(".", maxsplit=1)[-1] in str(found.field)


def test_quotes_that_do_not_match_are_one_rejected_row_and_reading_goes_on(tmp_path: Path) -> None:
    first, bad, last = read(tmp_path, f'{HEADER}\n{ROW}\n"e-2"x,t\n{ROW}\n')
    assert [type(first), bad, type(last)] == [Good, Bad(3, Code.NOT_CSV), Good]


def test_a_quote_that_is_never_closed_does_not_swallow_the_file_in_silence(tmp_path: Path) -> None:
    rows = read(tmp_path, f'{HEADER}\n{ROW}\n"e-2,t\n' + f"{ROW}\n" * 10_000)
    assert Bad(3, Code.NOT_CSV) in rows
    assert isinstance(rows[-1], Good)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (f"{HEADER},entry_date", "column body.entry_date is there twice; keep one of them"),
        (f"{HEADER},body.entry_date", "column body.entry_date is there twice"),
        (f"{HEADER},exit_dat", "column 7 (exit_dat) is no field of enrollment; did you mean exit_date?"),
        (f"{HEADER},{HIDDEN}", "column 7 is no field of enrollment; `throughline schemas columns enrollment` has them"),
        (
            ROW,
            "the first line is no header of enrollment fields; where the columns are your own system's, `throughline",
        ),
        (
            HEADER.replace("source_record_id", "entry_type"),
            "no column source_record_id; every enrollment file needs it",
        ),
        (HEADER.replace("organization_id,", ""), "no column organization_id; every"),
        (
            HEADER.replace("source_record_id,subject_token,", ""),
            "no columns subject_token, source_record_id; every enrollment file needs them",
        ),
        (
            f"{HEADER},exit_dat,Zz,{HIDDEN}",
            "no fields of enrollment are columns 7 (exit_dat), near exit_date; 8 (Zz); 9; `throughline schemas columns",
        ),
        (f"{HEADER},{','.join(f'q{n}' for n in range(6))}", "11 (q4); and 1 more; `throughline"),
        (
            HEADER.replace("organization_id,", "") + ",zz",
            "no field of enrollment; `throughline schemas columns enrollment` has them; no column organization_id",
        ),
        (HEADER.replace("subject_token,", ""), "no column subject_token; every"),
        ("", "has no header; write the names of the fields into its first line"),
        ("x" * 200_000, "the first line is no header"),
        ("x" * 2_000_000, "a line of a million characters"),
    ],
)
def test_a_header_that_does_not_fit_is_one_line_that_names_the_column(tmp_path: Path, header: str, said: str) -> None:
    with pytest.raises(formats.FileError, match=re.escape(said)) as raised:
        read(tmp_path, f"{header}\n{ROW}\n")
    assert len(str(raised.value).splitlines()) == 1
    assert not re.search("Zacar|Quetzal|t-1", str(raised.value))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f"{HEADER}\n{ROW}\n".encode("utf-16"), "is UTF-16; save it as CSV UTF-8"),
        (f"{HEADER}\n{ROW}\n".encode() + b"\x81\xff", "neither UTF-8 nor Windows-1252"),
        (f"{HEADER}\n{ROW}\n\0".encode(), "neither UTF-8 nor Windows-1252"),
    ],
)
def test_what_is_no_text_that_is_read_is_told_how_to_become_one(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(formats.FileError, match=said):
        read(tmp_path, content)


def test_what_is_said_of_bad_rows_holds_no_value(tmp_path: Path) -> None:
    found = [enrollment(tmp_path, name, HIDDEN) for name in ("entry_date", "entry_grade_level", "published_at")]
    assert not re.search("Zacar|Quetzal", repr(found))


def test_a_long_file_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    """The file is 9 MB; as rows in memory it would be more than a hundred."""
    path = tmp_path / "long.csv"
    with path.open("w") as file:
        file.write(f"{HEADER}\n")
        file.writelines(f"e-{n},t-{n},{CDS},CDS,2026-08-12,{n}\n" for n in range(200_000))
    assert _peak(_short(tmp_path)) < 5_000_000  # schemas are in memory now
    assert _peak(path) < 5_000_000


def _peak(path: Path) -> int:
    """Bytes that reading a file takes at most."""
    tracemalloc.start()
    try:
        for found in formats.documents(path, "enrollment"):
            assert not isinstance(found, Bad)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _short(tmp_path: Path) -> Path:
    (tmp_path / "short.csv").write_text(f"{HEADER}\n{ROW}\n")
    return tmp_path / "short.csv"


def test_of_thousands_of_unknown_columns_near_names_are_looked_for_only_for_those_that_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def noted(name: str, *_: object) -> list[str]:
        looked.append(name)
        return []

    monkeypatch.setattr(csv_columns.difflib, "get_close_matches", noted)
    header = ",".join(["entry_date"] * 1_000 + [f"{'x' * 200}{n}" for n in range(400)])
    (tmp_path / "wide.csv").write_text(header + "\n")
    with pytest.raises(FileError):
        list(csv_file.documents(tmp_path / "wide.csv", "enrollment"))
    assert len(looked) == csv_columns.UNKNOWN_TOLD
    assert max(map(len, looked)) == csv_columns.LONGEST_MEANT
