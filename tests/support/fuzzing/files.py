"""Partners' files: every format that is read, mapping files and drafts of them, days and cells as partners write them.

Whatever is in a file, each of its rows becomes one that can be published or a fault; a row that can be published has
bytes, and these have the row.
"""

import io
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from partners import formats
from partners.events import schema_id_of
from partners.formats import Bad, FileError, Good, Reader, csv_file, fixed_file
from partners.formats.csv_columns import CellError
from partners.formats.fixed_file import Span
from partners.formats.reading import Cursor
from partners.mapping import load, reader_by
from partners.mapping.cells import take
from partners.mapping.dates import PatternError, day_reader, time_reader
from partners.mapping.draft import drafted
from partners.mapping.layouts import spans_in
from partners.mapping.model import Source
from partners.mapping.names import short_names
from schemas_avro import catalog, codec, examples
from support.fuzzing.target import MARK, BrokenError, Target

AS_OF = datetime(2026, 8, 31, tzinfo=UTC)
EXAMPLES = Path(__file__).parents[3] / "docs" / "examples" / "partner-files"
STUDENT = (
    "<StudentReference><StudentIdentity><StudentUniqueId>604821</StudentUniqueId></StudentIdentity></StudentReference>"
)
SCHOOL = "<SchoolReference><SchoolIdentity><SchoolId>255901107</SchoolId></SchoolIdentity></SchoolReference>"
ELEMENTS = {
    "identity": f"<Student><StudentUniqueId>604821</StudentUniqueId><Name><FirstName>{MARK}</FirstName><LastSurname>"
    f"{MARK}</LastSurname><GenerationCodeSuffix>Jr</GenerationCodeSuffix></Name><BirthData><BirthDate>2009-04-30"
    "</BirthDate><BirthSex>uri://ed-fi.org/SexDescriptor#Female</BirthSex><MultipleBirthStatus>false"
    "</MultipleBirthStatus></BirthData></Student>",
    "enrollment": f"<StudentSchoolAssociation>{STUDENT}{SCHOOL}<EntryDate>2021-08-23</EntryDate><EntryGradeLevel>"
    "uri://ed-fi.org/GradeLevelDescriptor#Ninth grade</EntryGradeLevel><ExitWithdrawDate>2022-05-27</ExitWithdrawDate>"
    "<FullTimeEquivalency>1.00</FullTimeEquivalency></StudentSchoolAssociation>",
    "attendance": f"<StudentSchoolAttendanceEvent>{STUDENT}{SCHOOL}<EventDate>2021-09-01</EventDate>"
    "<AttendanceEventCategory>uri://ed-fi.org/AttendanceEventCategoryDescriptor#Excused Absence"
    "</AttendanceEventCategory><EventDuration>0.5</EventDuration></StudentSchoolAttendanceEvent>",
    "assessment": f"<StudentAssessment>{STUDENT}<StudentAssessmentIdentifier>{MARK}</StudentAssessmentIdentifier>"
    "<AdministrationDate>2021-05-01T08:00:00</AdministrationDate><AssessmentReference><AssessmentIdentity>"
    "<AssessmentIdentifier>SAT</AssessmentIdentifier><Namespace>uri://ed-fi.org</Namespace></AssessmentIdentity>"
    "</AssessmentReference><ScoreResult><Result>1340</Result><ResultDatatypeType>uri://ed-fi.org/R#Integer"
    "</ResultDatatypeType></ScoreResult></StudentAssessment>",
    "intervention": f"<StudentInterventionAssociation>{STUDENT}<InterventionReference><InterventionIdentity>"
    "<InterventionIdentificationCode>Tutoring</InterventionIdentificationCode></InterventionIdentity>"
    "</InterventionReference></StudentInterventionAssociation>",
}  # fmt: skip
TAGS = (b"<!DOCTYPE a [<!ENTITY a 'b'>]>", b"<?xml version='1.0' encoding='utf-7'?>", b"<![CDATA[", b"]]>", b"<!--",
        b"&#0;", b"&#x110000;", b"xmlns:a='b'", b"encoding='utf-16'", b"</", b"/>")  # fmt: skip
MAPPING = """partner = "cde_k12"
family = "enrollment"
[file]
empty = ["N/A"]
only = { column = "KIND", is = ["S"] }
[fields]
source_record_id = { columns = ["STU", "SCHOOL", "IN"], join = "|" }
subject_token = { column = "STU", zero_fill = 9 }
organization_id = { column = "SCHOOL", digits = true }
organization_id_system = { value = "SCHOOL" }
entry_date = { column = "IN", date = "MM/DD/YYYY" }
exit_date = { column = "OUT", date = "YYYYQ", day = "last" }
observed_at = { column = "AT", date = "YYYY-MM-DD HH:mm:ss", zone = "America/Los_Angeles" }
full_time_equivalency_hundredths = { column = "FTE", decimal = true }
entry_grade_level = { column = "GRADE", codes = "grades", unlisted = "empty" }
identifiers = { column = "ID", system = { column = "TYPE", codes = { S = "SSID" } } }
[codes.grades]
9 = "G09"
[leave_out]
columns = ["NOTE"]
"""
MAPPED = (
    "STU,SCHOOL,IN,OUT,AT,FTE,GRADE,ID,TYPE,NOTE,KIND\n"
    f"604821,255901107,08/23/2021,20222,2021-08-23 09:00:00,0.75,9,1234567890,S,{MARK},S\n"
    f"604822,255901107,08/24/2021,N/A,2021-11-07 01:30:00,$1,K,,,{MARK},S\n\n604823,x,1/1/1,,,,,,,,T\n"
)
KEYS = tuple(
    word.encode() for word in (
        "column = ", "columns = [", "join = ", "value = ", "empty = [", "digits = true", "zero_fill = 9", "prefix = ",
        'date = "YYYYMMDD"', 'day = "first"', 'zone = "UTC"', "decimal = true", "yes = [", "no = [", "codes = {",
        'unlisted = "keep"', '[file]\nformat = "fixed"\nwidth = 80\n', "[columns]\n", "{ start = 1, width = 9 }",
        "[[fields]]", "1979-05-27", "[codes.a]\n", "'''", "identifiers = [", "header = false", "trimmed = true",
    )
)  # fmt: skip
PATTERNS = ("MM/DD/YYYY|08/23/2021", "YYYYQ|20212", "YYYY 'Q'Q|2021 Q2", "YYYY-MM-DD HH:mm:ss|2021-11-07 01:30:00",
            "M/D/YYYY|2/29/2023", "YYYYMM|999912", "DMMMYY|9Sep21", "YYYY-MM-DD HH:mm|0001-01-01 00:00")  # fmt: skip
TOKENS = tuple(
    token.encode() for token in ("YYYY", "MM", "M", "DD", "D", "Q", "HH", "mm", "ss", "'", "|", "/", "(?P<", "\\d")
)


def marked(family: str) -> dict[str, object]:
    """The example event of a family as a file has it, marks in its free texts."""
    event = examples.example(family)
    for name in ("first_name", "last_name", "preferred_name", "address_line", "source_system_name", "subject_name"):
        for part in event.values():
            if name in part:
                part[name] = MARK
    return event


def _rows(found: Iterator[Good | Bad | formats.Aside], family: str) -> Iterator[object]:
    """What is told of the rows of a file; each must be whole."""
    schema_id = schema_id_of(family)
    for one in found:
        yield one if not isinstance(one, Good) else (one, one.unlisted, one.unsaid)
        if isinstance(one, Good):
            row = {part: dict(one.row[part]) for part in ("envelope", "body")}
            [payload] = codec.encode_rows(schema_id, [row])
            if codec.decode_strictly(schema_id, payload) is None:
                raise BrokenError("a row that can be published is none when it is read")


def _file(data: bytes, folder: Path, suffix: str, families: tuple[str, ...], mapped: str = "") -> Iterator[object]:
    """A file, read as each of some families; also where in it it can go on."""
    path = folder / f"rows{suffix}"
    path.write_bytes(data)
    for family in families:
        reader: Reader | None = None
        if mapped:
            (folder / "m.toml").write_text(mapped, encoding="utf-8")
            reader = reader_by(path, load(folder / "m.toml"))
        try:
            yield from _rows(formats.rows(path, "cde_k12", family, AS_OF, reader, Cursor()), family)
            yield formats.day_of_file(path, family, reader)
        except FileError as error:
            yield error


def _csv_seeds(families: tuple[str, ...], between: str = ",") -> list[bytes]:
    texts = [examples.csv_of(family) for family in families]
    return [
        text.replace(",", between).encode()
        for text in (*texts, *(f"{text}{text.splitlines()[1]}\n\n" for text in texts))
    ]


def table_target(name: str, suffix: str, between: str) -> Target:
    """A table of text, by a separator."""
    families = ("enrollment", "consent")
    words = (between.encode(), b'"', b'""', b"\r", *(n.encode() for n in list(short_names("enrollment"))[:20]))
    seeds = partial(_csv_seeds, families, between)
    return Target(name, seeds, lambda data, folder: _file(data, folder, suffix, families), (), words)


def _fixed(data: bytes, folder: Path) -> Iterator[object]:
    return _file(data, folder, ".txt", ("employment",), (EXAMPLES / "wages.toml").read_text(encoding="utf-8"))


def _fixed_seeds() -> list[bytes]:
    return [(EXAMPLES / "wages.txt").read_bytes()]


def _parquet_seeds() -> list[bytes]:
    """Of texts, and of every type that columns may have."""
    found = []
    for family in ("enrollment", "identity"):
        cells = examples.cells(family)
        found.append(_parquet({name: [value] * 3 for name, value in cells.items()}))
    cells = examples.cells("enrollment")
    days = pa.array([18_000, None, 2**31 - 1], pa.date32())
    more = {
        "entry_date": days, "term_id": pa.array([1, None, 3]).dictionary_encode(),
        "observed_at": pa.array([0, None, 2**62], pa.timestamp("us", "UTC")),
        "year": pa.array([1.0, None, float("nan")]),
        "full_time_equivalency_hundredths": pa.array([1, None, -(2**63)]),
    }  # fmt: skip
    return [*found, _parquet({**{name: [value] * 3 for name, value in cells.items()}, **more})]


def _parquet(columns: dict[str, object]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def _jsonl_seeds() -> list[bytes]:
    return [orjson.dumps(marked(family)) + b"\n" for family in catalog.FAMILIES]


def _jsonl(data: bytes, folder: Path) -> Iterator[object]:
    return _file(data, folder, ".jsonl", tuple(catalog.FAMILIES)[:4])


def edfi_seeds() -> list[bytes]:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<InterchangeAny xmlns="http://ed-fi.org/5.2.0">'
    one = [f"{head}{element}</InterchangeAny>".encode() for element in ELEMENTS.values()]
    return [*one, f"{head}{''.join(ELEMENTS.values())}</InterchangeAny>".encode()]


def _edfi(data: bytes, folder: Path) -> Iterator[object]:
    return _file(data, folder, ".xml", tuple(ELEMENTS))


def _mapping(data: bytes, folder: Path) -> Iterator[object]:
    (folder / "m.toml").write_bytes(data)
    (folder / "rows.csv").write_text(MAPPED, encoding="utf-8")
    mapped = load(folder / "m.toml")
    rows = formats.rows(folder / "rows.csv", "cde_k12", mapped.family, AS_OF, reader_by(folder / "rows.csv", mapped))
    yield from _rows(rows, mapped.family)


def _mapped(data: bytes, folder: Path) -> Iterator[object]:
    return _file(data, folder, ".csv", ("enrollment",), MAPPING)


def _draft(data: bytes, folder: Path) -> Iterator[object]:
    """A draft names columns, and has no cell; it is a mapping file, or lacks what the engineer is told to say."""
    path = folder / "rows.csv"
    path.write_bytes(data)
    for has_header in (True, False):
        with csv_file.table(path, set(short_names("enrollment")), Cursor(), has_header=has_header) as table:
            draft = drafted(table, "cde_k12", "enrollment", "csv", {}, 0, has_header=has_header)
        tomllib.loads(draft.text)
        yield from (draft.flagged, draft.lacking) if has_header else (draft.text,)
        (folder / "m.toml").write_text(draft.text, encoding="utf-8")
        if not draft.lacking:
            yield load(folder / "m.toml").family


def _layout(data: bytes, folder: Path) -> Iterator[object]:
    path = folder / "layout.csv"
    path.write_bytes(data)
    spans = spans_in(path)
    yield len(spans)
    (folder / "rows.txt").write_bytes((EXAMPLES / "wages.txt").read_bytes())
    width = max(span.end for span in spans.values())
    with fixed_file.table(folder / "rows.txt", _few(spans), width, Cursor(), is_trimmed=True) as table:
        yield from drafted(table, "edd", "employment", "fixed", spans, width).lacking


def _few(spans: dict[str, Span]) -> dict[str, Span]:
    return dict(list(spans.items())[:200])


def _dates(data: bytes, _: Path) -> Iterator[object]:
    pattern, _mid, cell = data.decode("utf-8", "replace").partition("|")
    makers: tuple[Callable[[], Callable[[str], str]], ...] = (
        partial(day_reader, pattern, None), partial(day_reader, pattern, "first"), partial(day_reader, pattern, "last"),
        partial(time_reader, pattern, "America/Los_Angeles"), partial(time_reader, "YYYY-MM-DD HH:mm", pattern),
    )  # fmt: skip
    for make in makers:
        try:
            read = make()
        except PatternError:
            continue
        try:
            yield read(cell)
        except (ValueError, OverflowError):
            yield "no day"


def _cells(data: bytes, _: Path) -> Iterator[object]:
    cell = data.decode("utf-8", "replace")
    column = ("A",)
    sources = [
        ("award_amount_cents", Source(columns=column, decimal=True)),
        ("subject_token", Source(columns=("A", "A"), join="|")),
        ("subject_token", Source(columns=column, zero_fill=9, digits=True)),
        ("multiple_birth", Source(columns=column, yes=frozenset({"Y"}), no=frozenset({"N"}))),
        ("sex", Source(columns=column, codes={"F": "female"}, codes_name="edfi_sex", unlisted="keep")),
        ("entry_date", Source(columns=column, date="MM/DD/YYYY")),
    ]
    for name, source in sources:
        taken, write = take(name, False, source, {"A": 0})  # noqa: FBT003  # no time
        try:
            yield bool((write or str)(taken([cell])))
        except CellError as error:
            yield error.code, error.told


def _cell_seeds() -> list[bytes]:
    return [f"{MARK}|".encode(), b"$1,234.50", b"1E+9", b"uri://ed-fi.org/SexDescriptor#Female", b"08/23/2021", b"Y"]


def _resource_seeds() -> list[bytes]:
    """Resources of the Ed-Fi API, as an array and as lines."""
    student, school = {"studentUniqueId": "604821"}, {"schoolId": 255901107}
    about = {"_etag": "1", "studentReference": student, "schoolReference": school}
    found: list[dict[str, object]] = [
        {
            **about,
            "entryDate": "2021-08-23",
            "entryGradeLevelDescriptor": "uri://ed-fi.org/GradeLevelDescriptor#Ninth grade",
        },
        {**about, "eventDate": "2021-09-01", "attendanceEventCategoryDescriptor": "uri://ed-fi.org/A#Tardy"},
        {"_etag": "1", **student, "firstName": MARK, "lastSurname": MARK, "birthDate": "2009-04-30"},
    ]
    return [*(orjson.dumps([one] * 2) for one in found), b"\n".join(map(orjson.dumps, found)), orjson.dumps(found)]


def _resources(data: bytes, folder: Path) -> Iterator[object]:
    return _file(data, folder, ".json", ("enrollment", "attendance", "identity"))


TARGETS = (
    table_target("csv", ".csv", ","),
    table_target("tsv", ".tsv", "\t"),
    table_target("bars", ".csv", "|"),
    Target("fixed_width", _fixed_seeds, _fixed),
    Target("parquet", _parquet_seeds, lambda data, folder: _file(data, folder, ".parquet", ("enrollment",))),
    Target("json_lines", _jsonl_seeds, _jsonl, (), (b'"envelope":', b'"body":{}', b"null", b"true", b"\n", b'"SSN"')),
    Target("ed_fi_json", _resource_seeds, _resources, (), (b"null", b"[", b"{", b'"_etag"', b'"studentReference":')),
    Target("ed_fi_xml", edfi_seeds, _edfi, (), TAGS),
    Target(
        "mapping_file", lambda: [MAPPING.encode(), (EXAMPLES / "aid.toml").read_bytes()], _mapping, (FileError,), KEYS
    ),
    Target("mapped_csv", lambda: [MAPPED.encode()], _mapped, (), (b",", b'"', b"N/A")),
    Target("mapping_draft", lambda: [MAPPED.encode(), *_csv_seeds(("enrollment",))], _draft, (FileError,), (b",",)),
    Target("layout", lambda: [(EXAMPLES / "wages.layout.csv").read_bytes()], _layout, (FileError,), (b"start", b",")),
    Target("dates", lambda: [one.encode() for one in PATTERNS], _dates, (), TOKENS),
    Target("cells", _cell_seeds, _cells),
)
