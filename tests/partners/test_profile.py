"""The profile of a file: what each field says of its closed set, and the flags of what looks odd."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from partners.formats.faults import Code, Fault
from partners.formats.reading import Document
from partners.profile import Flag, Profile, ProfileReport, distinct

TODAY = date(2026, 9, 1)
Row = dict[str, Any]


def seen(bodies: Sequence[Row], envelopes: Sequence[Row] = (), family: str = "enrollment") -> ProfileReport:
    """The report of rows; without envelopes each has ids of its own."""
    profile = Profile(family, TODAY)
    for place, body in enumerate(bodies, 1):
        envelope = (
            envelopes[place - 1] if envelopes else {"source_record_id": f"e-{place}", "subject_token": f"t-{place}"}
        )
        profile.note(Document(place, {"envelope": envelope, "body": body}))
    return profile.report()


def told(report: ProfileReport, name: str) -> dict[str, int | str]:
    """The cells of a field."""
    cells = next(one.cells for one in report.fields if one.field == name)
    assert cells is not None
    return {cell.value: cell.hidden if cell.count is None else cell.count for cell in cells}


def flags(report: ProfileReport) -> set[tuple[Flag, str]]:
    """Flags with their fields."""
    return {(one.flag, one.field) for one in report.flags}


def test_codes_are_counted_with_their_names_and_what_is_none_only_as_other() -> None:
    bodies = [{"exit_type": code} for code in ["01921"] * 20 + ["Quetzal"] * 12 + [""] * 30]
    report = seen(bodies)
    assert told(report, "body.exit_type") == {"01921": 20, "other": 12, "empty": 30}
    (field,) = (one.to_document() for one in report.fields if one.field == "body.exit_type")
    assert field["values"][0] == {"value": "01921", "name": "Graduated", "rows": 20}  # type: ignore[index]
    assert (field["kind"], field["filled_percent"]) == ("code", 52)


def test_a_few_empty_cells_are_not_to_be_had_from_how_full_a_field_is() -> None:
    report = seen([{"entry_grade_level": "G11"}] * 200 + [{}] * 3)
    (field,) = (one for one in report.fields if one.field == "body.entry_grade_level")
    assert field.filled_percent is None
    assert told(report, "body.entry_grade_level") == {"G11": "not shown", "empty": "fewer than 11"}


@pytest.mark.parametrize(
    ("days", "cells"),
    [
        (["2025-08-20"] * 20 + ["2026-01-10"] * 30, {"2025-08": 20, "2026-01": 30}),
        (["2019-08-20"] * 20 + ["2026-01-10"] * 30 + ["soon"] * 11, {"2019": 20, "2026": 30, "other": 11}),
    ],
)
def test_dates_are_told_by_month_where_they_are_of_two_years_and_else_by_year(
    days: list[str], cells: dict[str, int]
) -> None:
    assert told(seen([{"entry_date": day} for day in days]), "body.entry_date") == cells


def test_numbers_are_told_by_coarse_ranges_in_whole_units() -> None:
    numbers = [0] * 12 + [-3] * 13 + [350] * 14 + [2_000] * 15 + ["many"] * 16
    assert told(seen([{"units_attempted_hundredths": n} for n in numbers]), "body.units_attempted_hundredths") == {
        "below 0": 13, "0": 12, "from 2 to below 5": 14, "from 20 to below 50": 15, "other": 16,
    }  # fmt: skip


def test_of_a_list_a_code_is_hidden_where_few_rows_are_without_it() -> None:
    envelopes = [{"data_categories": ["disability", "disability"]}] * 95 + [{"data_categories": ["health"]}] * 40
    report = seen([{}] * 135, envelopes)
    assert told(report, "envelope.data_categories") == {"health": 40, "disability": 95}
    report = seen([{}] * 100, [{"data_categories": ["disability", "health"]}] * 95 + [{}] * 5)
    assert 95 not in told(report, "envelope.data_categories").values()


def test_a_cell_that_cannot_be_read_into_its_field_is_other_and_not_empty() -> None:
    profile = Profile("enrollment", TODAY)
    for place in range(40):
        faults = (Fault(Code.SPREADSHEET_DATE, "body.entry_date"),) if place < 15 else ()
        body = {} if faults else {"entry_date": "2026-08-12"}
        profile.note(Document(place, {"envelope": {}, "body": body}, faults))
    assert told(profile.report(), "body.entry_date") == {"2026-08": 25, "other": 15}


def test_whom_a_row_is_about_that_says_no_fact_is_not_counted() -> None:
    envelopes = [{"source_record_id": "e-1", "subject_token": "t-1"}, {"subject_token": "t-2"}]
    report = seen([{}] * 2, envelopes)
    assert (report.persons, report.facts) == (1, 1)


def test_people_facts_and_repeats_are_counted_by_the_partners_own_ids() -> None:
    envelopes = [{"source_record_id": f"e-{n % 4}", "subject_token": f"t-{n % 3}"} for n in range(6)]
    report = seen([{}] * 6, envelopes)
    assert (report.persons, report.facts, report.repeated_facts) == (3, 4, 2)
    (flag,) = report.flags
    assert (flag.flag, flag.count, flag.places) == (Flag.REPEATED_RECORD_ID, 2, (5, 6))


def test_ids_are_told_apart_in_shares_that_fit_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distinct, "AT_ONCE", 7)
    monkeypatch.setattr(distinct, "WAITING", 4)
    ids = distinct.Distinct()
    texts = [f"t-{n % 70}" for n in range(100)]
    for place, text in enumerate(texts, 1):
        ids.add(place, text)
    assert ids.told() == distinct.Different(100, 70, tuple(range(71, 81)))


def test_an_event_that_comes_twice_is_told_with_the_row_that_repeats_it() -> None:
    profile = Profile("enrollment", TODAY)
    for place, event_id in ((2, "a"), (3, "b"), (4, "a")):
        profile.note_event(place, event_id, "assert")
    (flag,) = profile.report().flags
    assert (flag.flag, flag.count, flag.places) == (Flag.REPEATED_EVENT, 1, (4,))


@pytest.mark.parametrize(
    ("family", "field", "values", "flag"),
    [
        ("enrollment", "term_id", ["20261", "of 123-45-6789"], Flag.SSN_LIKE),
        ("enrollment", "exit_type", ["123-45-6789"], Flag.SSN_LIKE),
        ("enrollment", "term_id", [f"12345{n}" for n in range(6780, 6830)], Flag.SSN_LIKE),
        ("enrollment", "term_id", ["ask ana@example.org"], Flag.PERSONAL_TEXT),
        ("enrollment", "term_id", ["call (916) 555-0134"], Flag.PERSONAL_TEXT),
        ("enrollment", "term_id", ["born 2008-03-04"], Flag.PERSONAL_TEXT),
        (
            "enrollment",
            "term_id",
            [f"Ana Beispiel{'abcdefghijklmnopqrstuvwxyz'[n]}" for n in range(25)],
            Flag.PERSONAL_TEXT,
        ),
        ("enrollment", "term_id", ["1"] * 15 + [""] * 2_000, Flag.NEARLY_EMPTY),
        ("enrollment", "entry_date", [f"{2000 + n}-01-01" for n in range(11)], Flag.FIRST_OF_JANUARY),
        ("enrollment", "entry_date", ["2026-08-12", "2027-08-12"], Flag.LIES_AHEAD),
        ("aid", "reject_codes", [["1", "123-45-6789"]], Flag.SSN_LIKE),
    ],
)
def test_a_column_that_looks_odd_is_flagged(family: str, field: str, values: list[Any], flag: Flag) -> None:
    assert (flag, f"body.{field}") in flags(seen([{field: value} for value in values], family=family))


@pytest.mark.parametrize(
    ("field", "values", "flag"),
    [
        ("subject_token", ["123-45-6789", "t-2"], Flag.TOKEN_IS_SSN),
        ("subject_token", [f"12345{n}" for n in range(6780, 6830)], Flag.TOKEN_IS_SSN),
        (
            "subject_token",
            [f"{n:010}".lstrip("0") for n in range(9_999_999_960, 10_000_000_000)] + ["99"],
            Flag.ZEROS_LOST,
        ),
        ("subject_token", ["t-1"] * 5, Flag.ONE_ID),
        ("source_record_id", ["e-1"] * 5, Flag.ONE_ID),
    ],
)
def test_ids_that_look_odd_are_flagged(field: str, values: list[str], flag: Flag) -> None:
    envelopes = [{"source_record_id": f"e-{n}", field: value} for n, value in enumerate(values)]
    assert (flag, f"envelope.{field}") in flags(seen([{}] * len(values), envelopes))


@pytest.mark.parametrize(
    ("family", "field", "values"),
    [
        ("contact", "email", ["ana@example.org"]),
        ("contact", "phone", ["916-555-0134"]),
        ("contact", "preferred_name", [f"Ana Beispiel{'abcdefghijklmnopqrstuvwxyz'[n]}" for n in range(25)]),
        ("identity", "ssn", ["123-45-6789"]),
        ("identity", "birth_date", ["2008-03-04"]),
        ("employment", "reference_period_start", ["2026-01-01"] * 11),
        ("employment", "employer_token", [f"12345{n}" for n in range(6780, 6830)]),
        ("consent", "valid_until", ["2027-08-12"]),
        ("enrollment", "organization_id_system", ["CDS"] * 20),
    ],
)
def test_what_rightly_stands_in_a_field_is_not_flagged(family: str, field: str, values: list[Any]) -> None:
    assert flags(seen([{field: value} for value in values], family=family)) == set()


def test_rows_of_any_shape_are_looked_at() -> None:
    odd: list[Any] = [
        None,
        7,
        [],
        {},
        {"envelope": 3, "body": []},
        {"body": {"entry_date": {"a": [1]}, "exit_type": [2]}},
    ]
    profile = Profile("enrollment", TODAY)
    for content in odd:
        profile.note(Document(1, content if isinstance(content, dict) else {"body": content}))
    assert profile.report().rows == len(odd)
