"""What fields of one event say together: days in order, no part more than the whole, and kinds of data named."""

import pytest
from support.events import Row

from processors.resolve.codes import Code
from schemas_avro import catalog, rules
from tests.processors.resolve.test_content import faults

DAYS = [(family, *pair) for family, pairs in rules.IN_ORDER.items() for pair in pairs]
PARTS = [(family, *pair) for family, pairs in rules.PARTS.items() for pair in pairs]


@pytest.mark.parametrize(("family", "first", "last"), DAYS)
def test_a_last_day_before_the_first_is_rejected(family: str, first: str, last: str) -> None:
    told: list[Row] = [
        {first: "2026-04-01", last: "2026-04-01"},
        {first: "2026-04-02", last: "2026-04-01"},
        {first: "2026-04-01", last: "2026-04-02"},
    ]
    assert faults(family, *told) == {1: (Code.DATES_OUT_OF_ORDER, last)}


@pytest.mark.parametrize(("family", "first", "last"), [one for one in DAYS if one[0] != "employment"])
def test_a_day_alone_is_in_order(family: str, first: str, last: str) -> None:
    assert faults(family, {first: "2026-04-01"}, {last: "2026-04-01"}, {}) == {}


@pytest.mark.parametrize(("family", "part", "whole"), PARTS)
def test_a_part_is_no_more_than_the_whole(family: str, part: str, whole: str) -> None:
    told: list[Row] = [{part: 50, whole: 50}, {part: 51, whole: 50}, {part: 51}, {whole: 50}, {}]
    assert faults(family, *told) == {1: (Code.NUMBER_OUT_OF_RANGE, part)}


@pytest.mark.parametrize("program", ["early_intervention_part_c", "early_childhood_special_education"])
def test_a_program_that_tells_of_a_disability_names_it(program: str) -> None:
    told: list[Row] = [
        {"program_type": program},
        {"program_type": program, "data_categories": ["health"]},
        {"program_type": program, "data_categories": ["health", "disability"]},
        {"program_type": "head_start"},
    ]
    assert faults("early_care", *told) == dict.fromkeys((0, 1), (Code.CATEGORY_MISSING, "data_categories"))


@pytest.mark.parametrize(
    ("program", "category"),
    [("FOSTER_CARE", "child_welfare"), ("EXTENDED_FOSTER_CARE", "child_welfare"), ("MEDI_CAL", "health"),
     ("DDS", "disability")],
)  # fmt: skip
def test_a_social_program_that_tells_of_more_than_welfare_names_it(program: str, category: str) -> None:
    told: list[Row] = [
        {"program": program},
        {"program": program, "data_categories": [category]},
        {"program": "CALFRESH"},
    ]
    assert faults("social_service", *told) == {0: (Code.CATEGORY_MISSING, "data_categories")}


def test_what_is_taken_back_may_have_been_wrong_in_just_this() -> None:
    wrong = {"period_start": "2026-04-02", "period_end": "2026-04-01"}
    assert faults(
        "attendance", wrong, {**wrong, "operation": "retract"}, {**wrong, "operation": "correct"}
    ) == dict.fromkeys((0, 2), (Code.DATES_OUT_OF_ORDER, "period_end"))


def test_a_withdrawal_of_consent_is_taken_whatever_days_it_says() -> None:
    assert "consent" not in rules.IN_ORDER
    said = {"event_state": "withdrawn", "valid_from": "2026-04-02", "valid_until": "2026-04-01"}
    assert faults("consent", said) == {}


def test_every_rule_is_of_fields_that_there_are() -> None:
    for family, pairs in [*rules.IN_ORDER.items(), *rules.PARTS.items()]:
        named = {f["name"] for f in catalog.read(f"families/{family}")["fields"]}
        assert {name for pair in pairs for name in pair} <= named
    for family, (field, told) in rules.REVEALS.items():
        [kind] = [f["type"] for f in catalog.read(f"families/{family}")["fields"] if f["name"] == field]
        assert set(told) <= set(kind["symbols"])
