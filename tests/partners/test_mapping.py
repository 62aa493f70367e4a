"""Mapping files: a partner's own columns become fields as the file says, and nothing else does."""

import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partners import formats
from partners.formats import Bad, Code, FileError, Good
from partners.formats.reading import Aside
from partners.mapping import Mapped, load, reader_by
from partners.mapping.dates import day_reader
from partners.publishing import publish_file
from partners.rows import Row, days

AS_OF = datetime(2026, 8, 31, tzinfo=UTC)
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "partner-files"
HEAD = 'partner = "cde_k12"\nfamily = "enrollment"\n'
FIELDS = """
source_record_id = { columns = ["STU", "SCHOOL", "IN"], join = "|" }
subject_token = "STU"
organization_id = "SCHOOL"
organization_id_system = { value = "SCHOOL" }
entry_date = { column = "IN", date = "MM/DD/YYYY" }
"""
HEADER = "STU,SCHOOL,IN"
ROW = "s-1,255901001,08/12/2026"


def mapped(folder: Path, fields: str = FIELDS, rest: str = "", head: str = HEAD) -> Mapped:
    """A mapping file, read."""
    (folder / "m.toml").write_text(f"{head}[fields]\n{fields}\n{rest}")
    return load(folder / "m.toml")


def read(folder: Path, text: str, by: Mapped, name: str = "rows.csv") -> list[Good | Bad | Aside]:
    """What a file holds by a mapping."""
    (folder / name).write_text(text)
    reader = reader_by(folder / name, by)
    return list(formats.rows(folder / name, by.partner, by.family, AS_OF, reader))


def body(folder: Path, fields: str, header: str, row: str, rest: str = "") -> Row:
    """Of the only row of a file, whose further columns further fields are of."""
    found = read(folder, f"{HEADER},{header}\n{ROW},{row}\n", mapped(folder, FIELDS + fields, rest))
    [good] = found
    assert isinstance(good, Good), good
    return good.row["body"]


def fault(folder: Path, fields: str, header: str, row: str, rest: str = "") -> Bad:
    """Likewise, where the row is wrong."""
    [bad] = read(folder, f"{HEADER},{header}\n{ROW},{row}\n", mapped(folder, FIELDS + fields, rest))
    assert isinstance(bad, Bad), bad
    return bad


def test_a_mapped_row_is_the_event_that_our_own_columns_would_make_of_it(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text(
        "source_record_id,subject_token,organization_id,organization_id_system,entry_date\n"
        "s-1|255901001|08/12/2026,s-1,255901001,SCHOOL,2026-08-12\n"
    )
    own = list(formats.rows(tmp_path / "own.csv", "cde_k12", "enrollment", AS_OF))
    assert read(tmp_path, f"{HEADER}\n{ROW}\n", mapped(tmp_path)) == own


@pytest.mark.parametrize(
    ("pattern", "cell", "day"),
    [
        ('date = "YYYYMMDD"', "20260812", date(2026, 8, 12)),
        ('date = "D.M.YYYY"', "12.8.2026", date(2026, 8, 12)),
        ('date = "YYYYQ", day = "first"', "20264", date(2026, 10, 1)),
        ('date = "YYYYQ", day = "last"', "20264", date(2026, 12, 31)),
        ("""date = "YYYY-'Q'Q", day = "last\"""", "2026-Q4", date(2026, 12, 31)),
        ('date = "YYYY-MM", day = "last"', "2028-02", date(2028, 2, 29)),
        ('date = "D-MMM-YYYY"', "12-AUG-2026", date(2026, 8, 12)),
        ('date = "DDMMMYYYY"', "12Aug2026", date(2026, 8, 12)),
        ('date = "MMM YYYY", day = "last"', "feb 2028", date(2028, 2, 29)),
        ('date = "M/D/YY"', "8/12/68", date(2068, 8, 12)),
    ],
)
def test_days_are_read_as_their_pattern_says(tmp_path: Path, pattern: str, cell: str, day: date) -> None:
    assert body(tmp_path, f'exit_date = {{ column = "OUT", {pattern} }}', "OUT", cell)["exit_date"] == days(day)


@pytest.mark.parametrize(
    ("pattern", "cell"),
    [
        ("YYYYMMDD", "20260230"),
        ("MM/DD/YYYY", "2026-08-12"),
        ("YYYYMMDD", "8"),
        ("D-MMM-YYYY", "12-Agu-2026"),
        ("M/D/YY", "8/12/2026"),
    ],
)
def test_a_day_that_is_not_written_so_is_told_in_the_mappings_words(tmp_path: Path, pattern: str, cell: str) -> None:
    found = fault(tmp_path, f'exit_date = {{ column = "OUT", date = "{pattern}" }}', "OUT", cell)
    assert (found.code, found.field) == (Code.BAD_DATE, "body.exit_date")
    assert pattern in found.counted
    assert load(tmp_path / "m.toml").words("body.exit_date") == "OUT (body.exit_date)"


def test_years_of_two_digits_are_of_one_hundred_years_whatever_the_clock_says() -> None:
    years = [day_reader("D-MMM-YY", None)(f"12-Aug-{cell}")[:4] for cell in ("69", "99", "00", "68")]
    assert years == ["1969", "1999", "2000", "2068"]


def test_a_time_of_a_clock_is_utc_and_one_that_it_shows_twice_is_refused(tmp_path: Path) -> None:
    line = 'published_at = { column = "AT", date = "YYYY-MM-DD HH:mm:ss", zone = "America/Los_Angeles" }'
    [good] = read(tmp_path, f"{HEADER},AT\n{ROW},2026-07-01 08:00:00\n", mapped(tmp_path, FIELDS + line))
    assert isinstance(good, Good)
    assert good.row["envelope"]["published_at"] == int(datetime(2026, 7, 1, 15, tzinfo=UTC).timestamp()) * 1_000_000
    for cell in ("2025-11-02 01:30:00", "2026-03-08 02:30:00"):
        assert fault(tmp_path, line, "AT", cell).code is Code.BAD_TIME


@pytest.mark.parametrize(
    ("cell", "units"),
    [("12.5", 1250), ("12", 1200), (".5", 50), ('"1,200.00"', 120_000), ("12.500", 1250)],
)
def test_a_number_with_a_point_becomes_the_whole_number_of_its_field(tmp_path: Path, cell: str, units: int) -> None:
    line = 'units_attempted_hundredths = { column = "UNITS", decimal = true }'
    assert body(tmp_path, line, "UNITS", cell)["units_attempted_hundredths"] == units


def test_a_number_below_zero_stays_one_and_is_rejected_where_there_can_be_none(tmp_path: Path) -> None:
    line = 'units_attempted_hundredths = { column = "UNITS", decimal = true }'
    [found] = read(tmp_path, f"{HEADER},UNITS\n{ROW},-1.25\n", mapped(tmp_path, FIELDS + line, ""))
    assert isinstance(found, Bad)
    assert found.code is Code.NUMBER_OUT_OF_RANGE


@pytest.mark.parametrize("cell", ["12.505", "1.2.3", "12,50", "many", "1e3", "$", "."])
def test_a_number_that_would_lose_something_is_refused(tmp_path: Path, cell: str) -> None:
    line = 'units_attempted_hundredths = { column = "UNITS", decimal = true }'
    assert fault(tmp_path, line, "UNITS", f'"{cell}"').code is Code.WRONG_TYPE


def test_a_number_of_thousands_of_digits_is_out_of_range(tmp_path: Path) -> None:
    line = 'units_attempted_hundredths = { column = "UNITS", decimal = true }'
    for cell in ("9" * 5_000, f"0.{'0' * 5_000}"):
        assert fault(tmp_path, line, "UNITS", cell).code is Code.OUT_OF_RANGE


def test_codes_flags_words_for_nothing_prefixes_and_zeros_are_said_in_the_mapping(tmp_path: Path) -> None:
    said = body(
        tmp_path,
        """
        entry_grade_level = { column = "GR", codes = "grades" }
        enrollment_status = { column = "ST", codes = { A = "currently_enrolled" }, unlisted = "empty" }
        term_id = { column = "TERM", prefix = "T-" }
        entry_type = { column = "TYPE", zero_fill = 5 }
        cip_code = { column = "CIP", empty = ["NULL"] }
        """,
        "GR,ST,TERM,TYPE,CIP",
        "9,X,20261,1821,NULL",
        '[codes.grades]\n9 = "G09"\n10 = "G10"',
    )
    assert {n: said[n] for n in ("entry_grade_level", "enrollment_status", "term_id", "entry_type", "cip_code")} == {
        "entry_grade_level": "G09", "enrollment_status": None, "term_id": "T-20261", "entry_type": "01821",
        "cip_code": None,
    }  # fmt: skip
    lines = (
        'multiple_birth = { column = "TWIN", yes = ["Y"], no = ["N"] }\nsource_record_id = "ID"\nsubject_token = "ID"'
    )
    by = mapped(tmp_path, lines, head='partner = "cde_k12"\nfamily = "identity"\n')
    yes, no, unsure, neither = read(tmp_path, "ID,TWIN\n1,Y\n2,N\n3,\n4,?\n", by)
    assert [one.row["body"]["multiple_birth"] for one in (yes, no, unsure) if isinstance(one, Good)] == [
        True,
        False,
        None,
    ]
    assert neither == Bad(5, Code.WRONG_TYPE, "body.multiple_birth")


@pytest.mark.parametrize("cell", ["Tenth grade", "uri://ed-fi.org/GradeLevelDescriptor#Tenth grade"])
def test_a_crosswalk_that_ships_is_called_by_its_name(tmp_path: Path, cell: str) -> None:
    line = 'entry_grade_level = { column = "GR", codes = "edfi_grade_level" }'
    assert body(tmp_path, line, "GR", cell)["entry_grade_level"] == "G10"
    assert fault(tmp_path, line, "GR", "uri://other.org/GradeLevelDescriptor#Tenth grade").code is Code.NOT_IN_CODE_SET


def test_a_code_that_no_table_has_is_rejected_and_the_table_named(tmp_path: Path) -> None:
    line = 'entry_grade_level = { column = "GR", codes = "grades" }'
    found = fault(tmp_path, line, "GR", "13", '[codes.grades]\n9 = "G09"')
    assert (found.code, found.counted) == (Code.NOT_IN_CODE_SET, "the code is not in [codes.grades] of the mapping")


def test_an_id_of_joined_cells_is_never_that_of_another_fact(tmp_path: Path) -> None:
    rows = read(tmp_path, f"{HEADER}\na|b,1,08/12/2026\na,,08/12/2026\n", mapped(tmp_path))
    assert [(one.code, one.field) for one in rows if isinstance(one, Bad)] == [
        (Code.WRONG_VALUE, "envelope.source_record_id"), (Code.MISSING_FIELD, "envelope.source_record_id"),
    ]  # fmt: skip


def test_a_number_is_of_the_system_that_another_column_says(tmp_path: Path) -> None:
    line = 'identifiers = { column = "NO", system = { column = "KIND", codes = { S = "SSID", C = "CCCID" } } }'
    text = f"{HEADER},NO,KIND\n{ROW},7000000001,S\n{ROW},ABC1234,C\n{ROW},,\n{ROW},7,\n{ROW},7,X\n"
    first, second, none, unsaid, unknown = read(tmp_path, text, mapped(tmp_path, FIELDS + line))
    told = [[(i["system"], i["value"]) for i in one.row["envelope"]["identifiers"]] for one in (first, second, none)]  # type: ignore[union-attr]
    assert told == [[("SSID", "7000000001")], [("CCCID", "ABC1234")], []]
    assert isinstance(unsaid, Bad)
    assert isinstance(unknown, Bad)
    assert (unsaid.code, unknown.code) == (Code.MISSING_FIELD, Code.NOT_IN_CODE_SET)


def test_rows_of_another_kind_are_counted_and_no_more(tmp_path: Path) -> None:
    head = HEAD + '[file]\nonly = { column = "KIND", is = ["E"] }\n'
    by = mapped(tmp_path, head=head)
    text = f"{HEADER},KIND\n{ROW},E\n{ROW},H\n{ROW},T\n"
    assert read(tmp_path, text, by)[1:] == [Aside(3), Aside(4)]
    outcome = publish_file(
        tmp_path / "rows.csv", "enrollment", AS_OF, "cde_k12", reader=reader_by(tmp_path / "rows.csv", by)
    )
    said = outcome.to_document()
    assert (said["rows"], outcome.valid, said["left_out"], said["rejected"]) == (3, 1, 2, 0)


def test_a_file_without_a_header_names_its_columns_by_number(tmp_path: Path) -> None:
    fields = FIELDS.replace("STU", "1").replace('"SCHOOL"', '"2"', 2).replace('"IN"', '"3"')
    fields = fields.replace('{ value = "2" }', '{ value = "SCHOOL" }')
    by = mapped(tmp_path, fields, head=HEAD + "[file]\nheader = false\n")
    first, second = read(tmp_path, f"{ROW}\n{ROW.replace('s-1', 's-2')}\n", by)
    assert isinstance(first, Good)
    assert isinstance(second, Good)
    assert (first.place, second.place, second.row["envelope"]["subject_token"]) == (1, 2, "s-2")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FIELDS + 'entry_dat = "X"', "line 10: entry_dat is no field of enrollment; did you mean entry_date?"),
        (FIELDS.replace("organization_id =", "#"), "line 3: organization_id is not mapped, and no enrollment goes"),
        (FIELDS.replace('subject_token = "STU"', ""), "line 3: subject_token is not mapped"),
        (
            FIELDS + 'term_id = { column = "T", decimal = true }',
            "line 10: term_id is a text, of which decimal says nothing",
        ),
        (FIELDS + 'term_id = { column = "T", dat = "x" }', "line 10: there is no dat; did you mean date?"),
        (FIELDS + 'exit_date = { column = "T", date = "YYMMWW" }', "line 10: YYMMWW is no pattern"),
        (
            FIELDS + 'exit_date = { column = "T", date = "YYYY YY-MM-DD" }',
            "line 10: YYYY YY-MM-DD says something twice",
        ),
        (FIELDS + 'exit_date = { column = "T", date = "YYYYQ" }', "line 10: YYYYQ names more days than one"),
        (FIELDS + 'entry_grade_level = { value = "G13B" }', "line 10: G13B is no code of ours; did you mean G13?"),
        (FIELDS + 'entry_grade_level = { column = "G", codes = { A = "A1" } }', "line 10: A1 is no code of ours"),
        (FIELDS + 'entry_grade_level = { column = "G", codes = "no" }', "line 10: there is no [codes.no] in the file"),
        (FIELDS + "term_id = 7", 'line 10: write term_id = "COLUMN"'),
        (FIELDS + 'term_id = { column = "T", value = "1" }', "line 10: say one of column, columns and value"),
        (FIELDS + "[leave_out]\ncolumns = ['STU']", "line 10: column STU is used above; take it out here"),
        (FIELDS + "[leave_ou]\n", "line 10: a mapping file has no leave_ou; did you mean leave_out?"),
        (FIELDS + '"body.entry_date" = "X"', "line 10: body.entry_date is mapped twice"),
        (FIELDS + '"identifier.SSN" = "STU"', "no social security number may be in it"),
        ("source_record_id = [", "is no TOML: "),
        ("source_record_id = " + "[" * 5_000, "is no TOML: lists or tables in it are nested too deep"),
        ("a = " + "9" * 5_000, "is no TOML: a number in it has thousands of digits"),
        (
            FIELDS + f'observed_at = {{ column = "T", date = "YYYY-MM-DD HH:mm", zone = "{"a/" * 5_000}a" }}',
            "line 10: there is no such time zone",
        ),
    ],
)
def test_what_a_mapping_does_not_say_right_is_a_line_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(FileError, match=r"m\.toml") as raised:
        mapped(tmp_path, text)
    assert said in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (f"{HEADER},MORE", "m.toml says nothing of column 4 (MORE); map it, or name it in [leave_out] columns"),
        (f"{HEADER},Zoë Quetzal", "m.toml says nothing of column 4; map it"),
        ("STU,SCHOOL", "rows.csv has no column IN, which m.toml names"),
        (f"{HEADER},IN", "rows.csv has column IN twice"),
    ],
)
def test_a_file_has_the_columns_of_its_mapping_and_no_other(tmp_path: Path, header: str, said: str) -> None:
    with pytest.raises(FileError) as raised:
        read(tmp_path, f"{header}\n", mapped(tmp_path))
    assert said in str(raised.value)


@pytest.mark.parametrize("name", ["wages", "aid"])
def test_the_examples_are_read_whole(name: str) -> None:
    by = load(EXAMPLES / f"{name}.toml")
    found = list(
        formats.rows(EXAMPLES / f"{name}.txt", by.partner, by.family, AS_OF, reader_by(EXAMPLES / f"{name}.txt", by))
    )
    assert [type(one) for one in found if not isinstance(one, Aside)] == [Good] * 3
    assert len(found) == (5 if name == "wages" else 3)


def test_a_line_of_another_width_is_told_with_its_length(tmp_path: Path) -> None:
    by = load(EXAMPLES / "wages.toml")
    lines = (EXAMPLES / "wages.txt").read_text().splitlines()
    lines[2] = lines[2][:-1]
    assert Bad(3, Code.WRONG_COLUMN_COUNT) in read(tmp_path, "\r\n".join(lines), by, "w.txt")
    [bad] = [one for one in read(tmp_path, "\r\n".join(lines), by, "w.txt") if isinstance(one, Bad)]
    assert bad.counted == "84 characters, the layout has 85"


def test_the_layout_of_the_wage_example_is_that_of_its_mapping() -> None:
    import csv  # noqa: PLC0415  # only here

    with (EXAMPLES / "wages.layout.csv").open() as file:
        layout = {row["name"]: {"start": int(row["start"]), "width": int(row["width"])} for row in csv.DictReader(file)}
    assert tomllib.loads((EXAMPLES / "wages.toml").read_text())["columns"] == layout


def test_a_typed_column_of_parquet_is_read_as_its_cell_would_be_written(tmp_path: Path) -> None:
    table = pa.table({
        "source_record_id": ["e-1", "e-2"],
        "subject_token": pa.array([1, 2], pa.int64()),
        "organization_id": pa.array(["255901001", "255901001"]).dictionary_encode(),
        "organization_id_system": ["SCHOOL", "SCHOOL"],
        "entry_date": pa.array([date(2026, 8, 12), None], pa.date32()),
        "units_attempted_hundredths": pa.array([300.0, None], pa.float64()),
        "observed_at": pa.array([datetime(2026, 8, 13, 1, 2, 3, 4, tzinfo=UTC), None], pa.timestamp("ns", "UTC")),
        "data_categories": pa.array([["aid", "wage"], None]),
    })  # fmt: skip
    pq.write_table(table, tmp_path / "rows.parquet")
    (tmp_path / "rows.csv").write_text(
        "source_record_id,subject_token,organization_id,organization_id_system,entry_date,units_attempted_hundredths,"
        "observed_at,data_categories\n"
        "e-1,1,255901001,SCHOOL,2026-08-12,300,2026-08-13T01:02:03.000004Z,aid;wage\ne-2,2,255901001,SCHOOL,,,,\n"
    )
    found = list(formats.rows(tmp_path / "rows.parquet", "cde_k12", "enrollment", AS_OF))
    same = list(formats.rows(tmp_path / "rows.csv", "cde_k12", "enrollment", AS_OF))
    assert [one.row for one in found] == [one.row for one in same]  # type: ignore[union-attr]
    assert [one.place for one in found] == [1, 2]


def test_a_file_that_is_no_parquet_or_of_a_type_without_cells_says_so(tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(FileError, match="no Parquet file"):
        list(formats.rows(tmp_path / "rows.parquet", "csac", "aid", AS_OF))
    pq.write_table(pa.table({"aid_year": [{"a": 1}]}), tmp_path / "rows.parquet")
    with pytest.raises(FileError, match="column 1 is of type struct"):
        list(formats.rows(tmp_path / "rows.parquet", "csac", "aid", AS_OF))


def test_a_value_that_no_cell_is_spoils_its_row_alone(tmp_path: Path) -> None:
    days_ = pa.array([20_000, 2_000_000_000, 20_001], pa.int32()).cast(pa.date32())
    names = pa.array([b"e-1", b"e-2", b"e-\xff"], pa.binary()).view(pa.string())
    table = pa.table({"source_record_id": names, "subject_token": ["t"] * 3, "organization_id": ["1"] * 3,
        "organization_id_system": ["SCHOOL"] * 3, "entry_date": days_})  # fmt: skip
    pq.write_table(table, tmp_path / "rows.parquet")
    first, second, third = formats.rows(tmp_path / "rows.parquet", "cde_k12", "enrollment", AS_OF)
    assert isinstance(first, Good)
    assert (second, third) == (Bad(2, Code.WRONG_VALUE), Bad(3, Code.WRONG_VALUE))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0), byte=st.integers(0, 255))
def test_a_damaged_parquet_file_is_told_and_no_more(tmp_path: Path, at: int, byte: int) -> None:
    path = tmp_path / "rows.parquet"
    columns = {
        "source_record_id": [f"a-{n}" for n in range(50)],
        "subject_token": ["t"] * 50,
        "aid_year": ["2026-2027"] * 50,
    }
    pq.write_table(pa.table(columns), path)
    content = bytearray(path.read_bytes())
    content[at % len(content)] = byte
    path.write_bytes(content)
    found, said = either(lambda: list(formats.rows(path, "csac", "aid", AS_OF)))
    assert {type(one) for one in found or ()} <= {Good, Bad}
    assert len(said.splitlines()) <= 1


def either(work: Callable[[], Any]) -> tuple[Any, str]:
    """What comes of it, or what a person is told."""
    try:
        return work(), ""
    except FileError as error:
        return None, str(error)


def toml(value: Any) -> str:
    """A value as TOML has it, tables inline."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return orjson.dumps(value).decode()


WORDS = st.sampled_from(
    ["partner", "family", "fields", "codes", "columns", "file", "entry_date", "column", "date", "x"]
)
VALUES = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-5, 5),
        st.text(max_size=4),
        st.sampled_from(["enrollment", "fixed", "YYYYMMDD", "MM"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.dictionaries(WORDS, VALUES, max_size=6), sure=st.booleans())
def test_whatever_a_mapping_says_is_read_or_told_in_a_line(tmp_path: Path, said: Row, sure: bool) -> None:  # noqa: FBT001
    more = {"partner": "p", "family": "enrollment"} if sure else {}
    lines = [f"{key} = {toml(value)}" for key, value in {**said, **more}.items()]
    (tmp_path / "m.toml").write_text("\n".join(lines), encoding="utf-8")
    found, told = either(lambda: load(tmp_path / "m.toml"))
    assert isinstance(found, Mapped) or len(told.splitlines()) == 1


def test_parquet_is_read_by_a_mapping_too_and_goes_on_in_the_middle(tmp_path: Path) -> None:
    count = 5_000
    columns = {"STU": [f"s-{n}" for n in range(count)], "SCHOOL": ["1"] * count, "IN": ["08/12/2026"] * count}
    pq.write_table(pa.table(columns), tmp_path / "rows.pq", row_group_size=700)
    by = mapped(tmp_path)
    reader = reader_by(tmp_path / "rows.pq", by)
    whole = [one.place for one in reader.documents(formats.Cursor())]
    assert whole == list(range(1, count + 1))
    cursor = formats.Cursor()
    source = reader.documents(cursor)
    first = [next(source).place for _ in range(1_234)]
    assert cursor.mark
    rest = [one.place for one in reader.documents(formats.Cursor(cursor.mark()))]
    assert first + rest == whole


def test_a_column_that_is_a_day_by_its_type_needs_no_pattern(tmp_path: Path) -> None:
    columns = {"STU": ["s-1"], "SCHOOL": ["1"], "IN": pa.array([date(2026, 8, 12)])}
    pq.write_table(pa.table(columns), tmp_path / "rows.parquet")
    with pytest.raises(FileError, match="column IN is a day by its type; take date out"):
        list(reader_by(tmp_path / "rows.parquet", mapped(tmp_path)).documents(formats.Cursor()))


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_reading_goes_on_behind_the_row_that_was_read_last(tmp_path: Path, ending: str, at: int) -> None:
    text = ending.join(["\ufeff" + HEADER, ROW, "", '"Zoë\n x",1,08/12/2026', ROW, ROW, ""])
    path = tmp_path / "rows.csv"
    path.write_bytes(text.encode())
    reader = reader_by(path, mapped(tmp_path))
    whole = [(one.place, getattr(one, "content", None)) for one in reader.documents(formats.Cursor())]
    cursor = formats.Cursor()
    source = reader.documents(cursor)
    for _ in range(at):
        next(source)
    assert cursor.mark
    mark = cursor.mark()
    assert [(one.place, getattr(one, "content", None)) for one in reader.documents(formats.Cursor(mark))] == whole[at:]
