"""JSON lines: what a row may leave out, and what is said of a row that cannot be published."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from partners import formats
from partners.formats import Bad, Code, Good, midnight
from partners.rows import Row, micros
from schemas_avro import ids

AS_OF = datetime(2026, 8, 31, tzinfo=UTC)
HIDDEN = "Zacarías Quetzal"


def line(**changed: Any) -> Row:
    """A sound row of one enrollment."""
    envelope = {"source_record_id": "e-1", "subject_token": "t-1"} | changed.pop("envelope", {})
    body = {"organization_id": "1", "organization_id_system": "CDS", "entry_date": "2026-08-12"} | changed
    return {"envelope": envelope, "body": body}


def read(tmp_path: Path, *lines: Any, as_of: datetime = AS_OF) -> list[Good | Bad]:
    """What a file of these lines holds."""
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"".join((x if isinstance(x, bytes) else orjson.dumps(x)) + b"\n" for x in lines))
    return list(formats.rows(path, "csac", "enrollment", as_of))


def only(tmp_path: Path, row: Any, as_of: datetime = AS_OF) -> Row:
    """The envelope and body of a file's only row."""
    [good] = read(tmp_path, row, as_of=as_of)
    assert isinstance(good, Good)
    return good.row


def test_what_a_row_leaves_out_of_its_envelope_is_filled(tmp_path: Path) -> None:
    envelope = only(tmp_path, line())["envelope"]
    assert envelope["partner_id"] == "csac"
    assert envelope["event_type"] == "enrollment.recorded.v1"
    assert envelope["operation"] == "assert"
    assert envelope["published_at"] == envelope["observed_at"] == micros(AS_OF)


def test_what_a_row_says_of_itself_stands(tmp_path: Path) -> None:
    said = {
        "published_at": "2026-08-30T10:00:00+02:00",
        "operation": "correct",
        "event_id": str(formats.reading.FILE_ROWS),
    }
    envelope = only(tmp_path, line(envelope=said))["envelope"]
    assert envelope["published_at"] == micros(datetime(2026, 8, 30, 8, tzinfo=UTC))
    assert (envelope["operation"], envelope["event_id"]) == ("correct", said["event_id"])


def test_the_same_file_again_is_the_same_events(tmp_path: Path) -> None:
    assert only(tmp_path, line()) == only(tmp_path, line())


def test_a_correction_in_a_later_file_is_a_later_version(tmp_path: Path) -> None:
    first, second = (
        only(tmp_path, line()),
        only(tmp_path, line(entry_date="2026-08-13"), datetime(2026, 9, 1, tzinfo=UTC)),
    )
    assert first["envelope"]["source_record_id"] == second["envelope"]["source_record_id"]
    assert first["envelope"]["event_id"] != second["envelope"]["event_id"]
    assert first["envelope"]["published_at"] < second["envelope"]["published_at"]


def test_a_fact_that_goes_back_to_what_it_was_is_a_version_of_its_own(tmp_path: Path) -> None:
    first, third = only(tmp_path, line()), only(tmp_path, line(), datetime(2026, 9, 2, tzinfo=UTC))
    assert first["envelope"]["event_id"] != third["envelope"]["event_id"]


def test_a_file_is_as_old_as_the_latest_day_it_tells_of_as_past(tmp_path: Path) -> None:
    read(tmp_path, line(), line(entry_date="2026-08-20", envelope={"effective_to": "2027-06-10"}))
    day = formats.day_of_file(tmp_path / "rows.jsonl", "enrollment")
    assert midnight(day) == datetime(2026, 8, 20, tzinfo=UTC)


def test_a_birth_date_is_not_when_a_file_was_made(tmp_path: Path) -> None:
    envelope = {"source_record_id": "s1", "subject_token": "s1"}
    (tmp_path / "rows.jsonl").write_bytes(orjson.dumps({"envelope": envelope, "body": {"birth_date": "2008-03-04"}}))
    with pytest.raises(formats.FileError, match=re.escape("(birth dates do not count); say so with --as-of")):
        formats.day_of_file(tmp_path / "rows.jsonl", "identity")


def test_a_workbook_is_to_be_exported_first(tmp_path: Path) -> None:
    for name in ("rows.xlsx", "rows.XLS"):
        (tmp_path / name).write_bytes(b"PK")
        with pytest.raises(formats.FileError, match=f"{name} is a workbook; export it as CSV UTF-8"):
            formats.day_of_file(tmp_path / name, "enrollment")


def test_a_file_that_tells_of_no_day_asks_for_one(tmp_path: Path) -> None:
    read(tmp_path, line(entry_date=None))
    with pytest.raises(formats.FileError, match="--as-of"):
        formats.day_of_file(tmp_path / "rows.jsonl", "enrollment")


def test_a_flat_object_lacks_envelope_and_body(tmp_path: Path) -> None:
    (bad,) = read(tmp_path, {**line()["envelope"], **line()["body"]})
    assert isinstance(bad, Bad)
    assert [(fault.code, fault.field) for fault in bad.faults] == [
        (Code.MISSING_FIELD, "envelope"), (Code.MISSING_FIELD, "body"),
    ]  # fmt: skip


def test_a_list_that_a_row_does_not_say_is_empty_as_it_is_in_csv(tmp_path: Path) -> None:
    said: dict[str, Any] = {
        "envelope": {"source_record_id": "a-1", "subject_token": "a"},
        "body": {"aid_year": "2025-2026"},
    }
    for name, row in (("short", said), ("long", {**said, "body": {**said["body"], "reject_codes": []}})):
        (tmp_path / f"{name}.jsonl").write_bytes(orjson.dumps(row))
    (tmp_path / "short.csv").write_text("source_record_id,subject_token,aid_year\na-1,a,2025-2026\n")
    rows = [
        good.row
        for name in ("short.jsonl", "long.jsonl", "short.csv")
        for good in formats.rows(tmp_path / name, "csac", "aid", AS_OF)
        if isinstance(good, Good)
    ]
    assert rows[0] == rows[1] == rows[2]
    assert rows[0]["body"]["reject_codes"] == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "rows.jsonl: no rows in it"),
        (b"{\n[\n", "no row in it can be read; row 1: the row: not_json"),
        (b'{"entry_date": "2026-08-12"}', "no row in it can be read; row 1: envelope: missing_field"),
    ],
)
def test_a_file_without_a_row_that_can_be_read_says_so_and_asks_for_no_date(
    tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "rows.jsonl").write_bytes(content)
    with pytest.raises(formats.FileError, match=re.escape(said)) as raised:
        formats.day_of_file(tmp_path / "rows.jsonl", "enrollment")
    assert "--as-of" not in str(raised.value)


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        (b"{", Code.NOT_JSON, None),
        (b"\xff\xfe", Code.NOT_JSON, None),
        ([1], Code.NOT_AN_OBJECT, None),
        ({"envelope": {}}, Code.MISSING_FIELD, "body"),
        ({"envelope": {}, "body": []}, Code.NOT_AN_OBJECT, None),
        ({**line(), "extra": 1}, Code.UNKNOWN_KEY, ""),
        (line(entry_dat=HIDDEN), Code.UNKNOWN_KEY, "body (near entry_date)"),
        (line(envelope={"zip": HIDDEN}), Code.UNKNOWN_KEY, "envelope"),
        (line(organization_id=None), Code.WRONG_TYPE, "body.organization_id"),
        (line(organization_id=7), Code.WRONG_TYPE, "body.organization_id"),
        (line(units_attempted_hundredths="300"), Code.WRONG_TYPE, "body.units_attempted_hundredths"),
        (line(units_attempted_hundredths=2**31), Code.OUT_OF_RANGE, "body.units_attempted_hundredths"),
        (line(entry_date="13.8.2026"), Code.BAD_DATE, "body.entry_date"),
        (line(entry_grade_level="G14"), Code.NOT_IN_CODE_SET, "body.entry_grade_level"),
        (line(envelope={"published_at": "2026-08-30T10:00:00"}), Code.BAD_TIME, "envelope.published_at"),
        (line(envelope={"source_record_id": None}), Code.MISSING_FIELD, "envelope.source_record_id"),
        (line(envelope={"partner_id": "edd"}), Code.WRONG_PARTNER, "envelope.partner_id"),
        (line(envelope={"event_type": "aid.recorded.v1"}), Code.WRONG_EVENT_TYPE, "envelope.event_type"),
        (line(envelope={"event_id": HIDDEN}), Code.BAD_EVENT_ID, "envelope.event_id"),
        (line(envelope={"event_id": ids.NIL}), Code.BAD_EVENT_ID, "envelope.event_id"),
        (b" " * 2_000_000, Code.TOO_LARGE, None),
    ],
)
def test_a_bad_row_is_named_by_place_code_and_field_and_its_neighbours_flow(
    tmp_path: Path, row: Any, code: Code, field: str | None
) -> None:
    before, bad, after = read(tmp_path, line(), row, line())
    assert bad == Bad(2, code, field)
    assert isinstance(before, Good)
    assert isinstance(after, Good)
    assert after.place == 3


def test_what_is_said_of_bad_and_good_rows_holds_no_value(tmp_path: Path) -> None:
    found = read(tmp_path, line(entry_date=HIDDEN), line(**{HIDDEN: HIDDEN}), line(organization_id=HIDDEN))
    assert not re.search("Zacar|Quetzal", repr(found))


def test_blank_lines_and_a_byte_order_mark_are_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, b"\xef\xbb\xbf" + orjson.dumps(line()), b"", line())
    assert [type(row) for row in found] == [Good, Good]
    assert [row.place for row in found] == [1, 3]


def test_an_ending_that_names_no_format_is_told_what_would(tmp_path: Path) -> None:
    (tmp_path / "rows.doc").touch()
    with pytest.raises(
        formats.FileError, match=r"none of \.csv, \.json, \.jsonl, \.ndjson, \.parquet, \.pq, \.tsv, \.xml"
    ):
        list(formats.rows(tmp_path / "rows.doc", "csac", "aid", AS_OF))
