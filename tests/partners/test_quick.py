"""The short way of plain rows gives what the model gives, for whatever a file may say."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from partners.formats import quick
from partners.formats.csv_columns import columns_of
from partners.formats.reading import Document, finished
from partners.formats.tables import Table, documents_of, same_cells
from partners.rows import Row
from schemas_avro import catalog

AS_OF = datetime(2026, 8, 31, tzinfo=UTC)
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=5), st.just("\ud800"),
    st.lists(st.text(max_size=3), max_size=2), st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=1),
    st.sampled_from(["2026-08-12", "2026-02-30", "2026-08-12T00:00:00", "2026-08-12T08:00:00Z", "20260812", "17549"]),
    st.sampled_from(["2026-08-12T08:00:00.1234567Z", "2026-08-12T08:00:00+23:59", "0001-01-01", "9999-12-31", "-1"]),
)  # fmt: skip
CELLS = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        ["", " ", "2026-08-12", " 2026-08-12", "8/12/2026", "1.2E+09", "true", "TRUE", "1", "01", "a;b", "99" * 12]
    ),
)


def fields_of(source: str) -> dict[str, Any]:
    """Types by field."""
    return {field["name"]: field["type"] for field in catalog.read(source)["fields"]}


def right(schema: Any) -> st.SearchStrategy[Any]:
    """Mostly right values of a type, as JSON has them."""
    if isinstance(schema, list):
        return st.none() | right(schema[1])
    if isinstance(schema, str):
        known: dict[str, st.SearchStrategy[Any]] = {
            "string": st.text(max_size=8), "int": st.integers(-10, 10), "long": st.integers(), "boolean": st.booleans(),
        }  # fmt: skip
        return known.get(schema, st.sampled_from(["aid", "wage", "SSN", "assert"]))
    if "logicalType" in schema:
        return (
            st.dates().map(str)
            if schema["logicalType"] == "date"
            else st.datetimes().map(lambda t: f"{t.isoformat()}Z")
        )
    if schema["type"] == "array":
        return st.lists(right(schema["items"]), max_size=2)
    if schema["type"] == "enum":
        return st.sampled_from(schema["symbols"])
    return st.fixed_dictionaries({}, optional={field["name"]: right(field["type"]) for field in schema["fields"]})


def objects(source: str, needed: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """Objects with fields of a schema: most right, some odd, some missing, now and then one too many."""
    values = {name: st.one_of(right(kind), right(kind), right(kind), ODD) for name, kind in fields_of(source).items()}
    some = st.fixed_dictionaries(
        {name: values[name] for name in needed}, optional={n: v for n, v in values.items() if n not in needed}
    )
    return st.one_of(some, some, some, st.builds(lambda one, key: {**one, key: 1}, some, st.text(max_size=4)), ODD)


def both_ways(document: Document, family: str) -> None:
    """The same by the short way as without it."""
    short = finished(document, "csac", family, AS_OF)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quick, "row_of", lambda *_: None)
        long = finished(document, "csac", family, AS_OF)
    assert short == long
    assert repr(short) == repr(long)
    assert getattr(short, "has_own_id", None) == getattr(long, "has_own_id", None)
    assert getattr(short, "faults", None) == getattr(long, "faults", None)


VALUES: list[Any] = [
    None, True, False, 0, -1, 1 << 31, 1 << 63, 1 << 64, -(1 << 63), -(1 << 63) - 1, 0.5, 1.0, float("nan"),
    float("inf"),
    "", " ", "x", "Zoë", "\ud800", "a\x00b", "2026-08-12", " 2026-08-12", "2026-8-12", "2026-02-30", "0000-01-01",
    "20677",
    "2026-08-12T00:00:00", "2026-08-12T00:00:00Z", "2026-08-12T08:00:00+02:00", "2026-08-12T08:00:00.1234567Z",
    "2026-08-12 08:00:00Z", "2026-08-12t08:00:00z", "2026-08-12T24:00:00Z", "2026-08-12T23:59:60Z", "1754956800",
    [], ["x"], [None], ["aid"], ["aid", "x"], [1], {}, {"x": 1}, {"statute": "s"}, {"statute": 1}, {"statute": None},
    [{}], [{"system": "SSN", "value": "1"}], [{"system": "SSN", "value": "1", "assigner": None}],
    [{"system": "ssn", "value": "1"}], [{"system": "SSN"}], [{"system": "SSN", "value": "1", "x": 1}], "SSN", "assert",
]  # fmt: skip
"""What a field may be told."""


def least(family: str) -> Row:
    """A right document that says no more than it must."""
    plain = {"string": "x", "int": 1, "long": 1, "boolean": True}
    body: Row = {}
    for field in catalog.read(f"families/{family}")["fields"]:
        kind = field["type"]
        if "default" not in field and isinstance(kind, str):
            body[field["name"]] = plain[kind]
        elif "default" not in field and "logicalType" in kind:
            body[field["name"]] = "2026-08-12" if kind["logicalType"] == "date" else "2026-08-12T08:00:00Z"
        elif "default" not in field and kind["type"] == "enum":
            body[field["name"]] = kind["symbols"][0]
    return {"envelope": {"source_record_id": "a", "subject_token": "t"}, "body": body}


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_whatever_one_field_says_the_short_way_agrees_with_the_model(family: str) -> None:
    both_ways(Document(1, least(family)), family)
    for part, source in (("envelope", "envelope"), ("body", f"families/{family}")):
        for name in fields_of(source):
            for value in VALUES:
                row = least(family)
                row[part][name] = value
                both_ways(Document(1, row), family)


@pytest.mark.parametrize("family", catalog.FAMILIES)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_a_row_by_the_short_way_is_that_of_its_model(family: str, data: st.DataObject) -> None:
    needed = tuple(f["name"] for f in catalog.read(f"families/{family}")["fields"] if "default" not in f)
    envelope = data.draw(objects("envelope", ("source_record_id",)))
    both_ways(Document(1, {"envelope": envelope, "body": data.draw(objects(f"families/{family}", needed))}), family)


@example(cells=["a", "b", "2026-2027"], more=[("award_amount_cents", "12")])
@settings(max_examples=60, deadline=None)
@given(
    cells=st.lists(CELLS, min_size=3, max_size=3),
    more=st.lists(
        st.tuples(st.sampled_from(sorted(columns_of("aid"))), CELLS), max_size=4, unique_by=lambda one: one[0]
    ),
)
def test_cells_that_are_kept_say_what_they_say_at_first(cells: list[str], more: list[tuple[str, str]]) -> None:
    names = ["source_record_id", "subject_token", "aid_year", *(name for name, _ in more)]
    row = [*cells, *(cell for _, cell in more)]
    parts = same_cells([columns_of("aid")[name] for name in names])
    once = list(documents_of(Table(names, iter([(2, row)])), parts))
    twice = list(documents_of(Table(names, iter([(2, row), (2, row)])), parts))
    assert twice == once * 2
    for found in once:
        assert isinstance(found, Document)
        both_ways(found, "aid")


def test_most_plain_rows_go_the_short_way() -> None:
    usual = {"event_id": "", "event_type": "e", "schema_version": "1.0", "partner_id": "csac", "operation": "assert"}
    usual |= {"published_at": "2026-08-12T08:00:00Z", "observed_at": "2026-08-12T08:00:00Z"}
    begun = quick.started("aid", {**usual, "identifiers": [], "data_categories": []}, {"reject_codes": []})
    said = {"source_record_id": "a", "subject_token": "t"}
    assert quick.row_of("aid", begun, said, {"aid_year": "2026-2027"}) is not None
    assert quick.row_of("aid", begun, {}, {"aid_year": "2026-2027"}) is None
