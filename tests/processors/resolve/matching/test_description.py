"""Descriptions: what a row says in one form, without the number; and by what key a row is known."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.descriptions import KEY, described

from processors.records import keyed_hash
from processors.resolve.matching.columns import Columns
from processors.resolve.matching.description import Description
from processors.resolve.matching.records import COLUMNS, description_of, record_key_of

NUMBER = "517482936"
SAID = (
    "r1", "school", "s1", "2026-09-01", "María", "R.", "de la Cruz", "Jr.", "01/02/2005", "Female", "517-48-2936",
    "12 Elm Street Apt 4", "Los Angeles", "90001-1234", " Maria@Example.org ",
)  # fmt: skip
ROW = dict(zip(COLUMNS, SAID, strict=True))
SAME = described(
    "Maria, R, Cruz", suffix="JR", born="2005-01-02", sex="F", ssn=NUMBER, address="12 ELM ST", zip_code="90001",
    email="maria@example.org", own=f"school:{keyed_hash(KEY, 'record', 'school', 's1')}",
)  # fmt: skip


def test_a_row_is_read_into_one_form() -> None:
    assert description_of(ROW, KEY) == SAME


def test_a_column_that_is_missing_or_empty_is_not_known() -> None:
    assert description_of({}, KEY) == description_of(dict.fromkeys(COLUMNS, ""), KEY) == Description()


def test_a_description_survives_being_kept() -> None:
    full = described("Ana, Reyes", ssn=NUMBER, phone="2135550101", others=["SSID:77", "CIN:1"])
    assert Description.from_json(full.to_json()) == full
    assert full.others == ("CIN:1", "SSID:77")
    assert Description.from_json(Description().to_json()) == Description()


TEXT = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\\\t\n\r\x1f\x00;a"), max_size=8)
SOME = st.sets(TEXT.filter(bool), max_size=3)


@given(st.lists(TEXT, min_size=14, max_size=14), st.integers(0, 99_999_999), SOME)
def test_a_description_survives_being_a_line_whatever_is_in_it(texts: list[str], born: int, others: set[str]) -> None:
    said = Description(*texts[:4], born, *texts[4:13], tuple(sorted(others)), texts[13])
    line = said.to_line()
    assert Description.from_line(line) == said
    assert b"\n" not in line
    assert b"\r" not in line


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=6))
def test_lines_are_read_as_columns_whatever_is_in_them(told: list[tuple[str, str]]) -> None:
    rows = [Description(email=email, own=own) for email, own in told]
    columns = Columns.of(rows)
    for codes, texts in ((columns.email, [email for email, _ in told]), (columns.own, [own for _, own in told])):
        assert [code == 0 for code in codes.tolist()] == [not text for text in texts]
        assert [[a == b for b in codes.tolist()] for a in codes.tolist()] == [[a == b for b in texts] for a in texts]


def test_neither_the_number_nor_anything_else_shows() -> None:
    assert NUMBER not in str(SAME.to_json())
    assert repr(SAME) == "Description()"


WITHOUT_ID = {**ROW, "source_local_id": ""}
WITH_NUMBER = {"record_id": "r2", "ssn": NUMBER, "address": "7 Oak Ave", "dob": ""}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (ROW, {"record_id": "r2"}),
        (ROW, {"record_id": "r2", "first_name": "Ana", "ssn": ""}),
        (WITHOUT_ID, WITH_NUMBER),
    ],
    ids=count(),
)
def test_a_row_is_known_by_its_sources_id_or_else_by_number_and_name(row: dict[str, str], said: dict[str, str]) -> None:
    assert _key({**row, **said}) == _key(row)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (ROW, {"source": "college"}),
        (ROW, {"source_local_id": "s2"}),
        (ROW, {"source_local_id": ""}),
        (WITHOUT_ID, {"source": "college"}),
        (WITHOUT_ID, {"ssn": "517482937"}),
        (WITHOUT_ID, {"first_name": "Ana"}),
        (WITHOUT_ID, {"middle_name": "S"}),
        (WITHOUT_ID, {"last_name": "Reyes"}),
    ],
    ids=count(),
)
def test_a_row_of_which_one_of_these_is_another_is_another_record(row: dict[str, str], said: dict[str, str]) -> None:
    assert _key({**row, **said}) != _key(row)


def test_a_row_without_a_number_either_is_known_by_itself() -> None:
    row = {**WITHOUT_ID, "ssn": "000-00-0000"}
    assert _key(row) == _key({**row, "first_name": "Ana"})
    assert _key(row) != _key({**row, "record_id": "r2"})


def _key(row: dict[str, str]) -> str:
    return record_key_of(row, description_of(row, KEY), KEY)
