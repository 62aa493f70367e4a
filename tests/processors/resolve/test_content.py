"""What fields may say: every text, number and list of every family is looked at, and what is found is told by row."""

from typing import Any

import pyarrow as pa
import pytest
from support.events import Row, body, envelope
from support.worlds import ssn

from processors.resolve import content, texts
from processors.resolve.codes import Code, Faults
from schemas_avro import catalog, codec, codes, rules

SENT: dict[str, Row] = {
    "consent": {
        "event_state": "given", "controllers": ["a"], "records_covered": ["education"], "purposes": ["a"],
        "recipients": ["a"],
    },
}  # fmt: skip
NUMBER = "219-09-9998"


def fields(schema: str) -> list[Row]:
    """Fields of the envelope or of a family's body."""
    return list(catalog.read(schema if schema == "envelope" else f"families/{schema}")["fields"])


def of_type(*types: Any) -> list[tuple[str, str]]:
    """Family and field of every body, of some types."""
    return [(family, f["name"]) for family in catalog.FAMILIES for f in fields(family) if f["type"] in types]


def batch(family: str, *said: Row) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Columns of envelope and body of some events; words that name envelope fields go there."""
    known = {f["name"] for f in fields("envelope")}
    rows = []
    for words in said:
        changed = {k: v for k, v in words.items() if k in known}
        inside = SENT.get(family, {}) | {k: v for k, v in words.items() if k not in known}
        rows.append({"envelope": envelope("ccc", family, "s1", "e1") | changed, "body": body(family, **inside)})
    schema_id = catalog.id_of(f"partner.{family}.v1")
    decoded = codec.decode(schema_id, codec.encode_rows(schema_id, rows)).rows
    return tuple(pa.RecordBatch.from_struct_array(decoded.column(part)) for part in ("envelope", "body"))


def faults(family: str, *said: Row) -> Faults:
    return content.faults(family, *batch(family, *said))


@pytest.mark.parametrize(("family", "name"), of_type("string", ["null", "string"]))
def test_every_text_of_every_family_is_looked_at(family: str, name: str) -> None:
    found = faults(family, {}, {name: "a\0"}, {}, {name: f"a {NUMBER}"})
    rightly = name in texts.OWN_PLACE
    assert {row: field for row, (_, field) in found.items()} == {1: name} | ({} if rightly else {3: name})
    if name not in content.forms_of(family):
        assert {code for code, _ in found.values()} - {Code.SSN_IN_TEXT} == {Code.CONTROL_CHARACTER}


@pytest.mark.parametrize(("family", "name"), of_type({"type": "array", "items": "string"}))
def test_every_text_of_every_list_is_looked_at(family: str, name: str) -> None:
    found = faults(family, {}, {name: ["a", "a\0"]}, {name: ["a"]}, {name: ["a", NUMBER, "b"]})
    assert found == {1: (Code.CONTROL_CHARACTER, name), 3: (Code.SSN_IN_TEXT, name)}


@pytest.mark.parametrize(
    "name", [f["name"] for f in fields("envelope") if "string" in f["type"] and f["name"] not in texts.CHECKED]
)
def test_every_text_of_the_envelope_is_looked_at(name: str) -> None:
    found = faults("contact", {}, {name: "a\0"}, {}, {name: NUMBER})
    assert found == {1: (Code.CONTROL_CHARACTER, name), 3: (Code.SSN_IN_TEXT, name)}


def test_texts_inside_the_envelopes_records_are_looked_at() -> None:
    found = faults(
        "contact",
        {"claimed_authority": {"statute": "a\0", "agreement_id": None}},
        {},
        {"claimed_authority": {"statute": None, "agreement_id": NUMBER}},
        {"identifiers": [ssn(NUMBER), ssn("1") | {"assigner": NUMBER}]},
        {"identifiers": [ssn(NUMBER)]},
    )
    assert found == {
        0: (Code.CONTROL_CHARACTER, "claimed_authority"),
        2: (Code.SSN_IN_TEXT, "claimed_authority"),
        3: (Code.SSN_IN_TEXT, "identifiers"),
    }


def test_no_text_stands_deeper_than_the_checks_look() -> None:
    for family in catalog.FAMILIES:
        for field in fields(family):
            inner = field["type"][1] if isinstance(field["type"], list) else field["type"]
            kind = inner if isinstance(inner, str) else inner["type"]
            if catalog.symbols_of(f"families/{family}", field["name"])[0] == kind:  # an enum, called by its name
                continue
            assert kind in {"string", "int", "long", "boolean", "enum", "array"}
            assert kind != "array" or isinstance(inner["items"], str)


def test_every_number_has_bounds_and_every_moment_too() -> None:
    numbers = {name for _, name in of_type("int", "long", ["null", "int"], ["null", "long"])}
    assert numbers == rules.BOUNDS.keys()


@pytest.mark.parametrize(("family", "name"), of_type("int", "long", ["null", "int"], ["null", "long"]))
def test_a_number_may_be_within_its_bounds_and_nothing_else(family: str, name: str) -> None:
    low, high = rules.BOUNDS[name]
    found = faults(family, {name: low}, {name: low - 1}, {name: high}, {name: high + 1}, {})
    assert found == dict.fromkeys((1, 3), (Code.NUMBER_OUT_OF_RANGE, name))


def test_every_field_whose_name_says_an_address_to_be_fetched_has_a_form() -> None:
    named = {f["name"] for family in catalog.FAMILIES for f in fields(family) if f["name"].endswith(("_uri", "_url"))}
    assert named == {"notice_uri"} <= content.FORMS.keys()


def test_every_field_with_a_code_set_has_a_table_or_a_form() -> None:
    open_sets = {"controllers", "purposes", "recipients"}  # compared with what an agreement names
    for family in catalog.FAMILIES:
        named = {f["name"] for f in fields(family) if f.get("code_set")}
        assert named - open_sets <= content.forms_of(family).keys()


@pytest.mark.parametrize(
    ("family", "name"), [(family, name) for family in catalog.FAMILIES for name in codes.tables_of(family)]
)
def test_every_code_of_a_table_is_taken_and_where_it_is_complete_no_other(family: str, name: str) -> None:
    table = codes.tables_of(family)[name]
    assert faults(family, *({name: code} for code in table.codes)) == {}
    found = faults(family, {name: "none such"}, {name: next(iter(table.codes))}, {name: ""})
    anything = not table.is_complete and table.form is None
    assert found == ({} if anything else dict.fromkeys((0, 2), (Code.UNKNOWN_CODE, name)))


@pytest.mark.parametrize(
    ("family", "name", "code"),
    [
        ("enrollment", "calpads_exit_reason", "T165"),
        ("enrollment", "entry_type", "E1"),
        ("early_care", "drdp_domain", "VPA"),
        ("early_care", "subsidy_fund", "MIGRANT"),
        ("credential", "ccc_award_type", "L"),
    ],
)
def test_a_code_that_an_incomplete_table_lacks_is_carried(family: str, name: str, code: str) -> None:
    assert code not in codes.tables_of(family)[name].codes
    assert faults(family, {name: code}) == {}


def test_a_date_that_stands_for_a_month_is_its_first_day() -> None:
    months = ["2026-08-01", "2026-08-02", "2024-02-29", "2026-01-01", "1969-12-31", "1969-12-01"]
    found = faults("social_service", {}, *({"benefit_month": month} for month in months))
    assert found == dict.fromkeys((2, 3, 5), (Code.DATE_OUT_OF_RANGE, "benefit_month"))


@pytest.mark.parametrize(
    ("name", "sound", "unsound"),
    [
        ("responsible_county", ["01", "19", "58"], ["00", "59", "1", "Los Angeles", "019"]),
        ("exit_reason", ["02214", "09999"], ["2214", "moved away", "022140", "12345"]),
        ("aid_code", ["3N", "82"], ["3n", "823", ""]),
        ("responsible_agency", ["la_county_foster"], ["", "LA County", "la county"]),
    ],
)
def test_codes_of_social_services_are_codes_and_no_words(name: str, sound: list[str], unsound: list[str]) -> None:
    assert faults("social_service", *({name: code} for code in sound)) == {}
    found = faults("social_service", *({name: code} for code in unsound))
    assert found == dict.fromkeys(range(len(unsound)), (Code.UNKNOWN_CODE, name))


def test_texts_of_neighbours_do_not_make_a_number_together() -> None:
    assert faults("contact", {"preferred_name": "219-09-"}, {"preferred_name": "9998"}, {"city": "219"}) == {}


def test_what_is_found_first_is_told_once() -> None:
    found = faults("contact", {"preferred_name": f"a\0 {NUMBER}", "source_record_id": "b\0"})
    assert found == {0: (Code.CONTROL_CHARACTER, "source_record_id")}
