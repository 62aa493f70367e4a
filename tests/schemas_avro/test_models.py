"""The models say what the .avsc files say, field by field, and show nothing that tells who the person is."""

import ast
import json
import pprint
from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import count
from pathlib import Path
from types import GenericAlias
from typing import Any

import pytest
from pydantic import AwareDatetime, BaseModel, ValidationError

from schemas_avro import catalog, models
from schemas_avro.masked import MASK, Event, Frozen, Masked, MaskedDate

Row = dict[str, Any]
SCHEMAS: dict[str, Row] = {
    named["name"]: named
    for source in ("envelope", *(f"families/{family}" for family in catalog.FAMILIES))
    for named in catalog.named_types(catalog.read(source))
}
RECORDS = [schema for schema in SCHEMAS.values() if schema["type"] == "record"]
ENUMS = [schema for schema in SCHEMAS.values() if schema["type"] == "enum"]


def name_of(schema: Row) -> str:
    """For the names of tests."""
    return str(schema["name"])


def model_of(schema: Row) -> type[Frozen]:
    """The model of a record."""
    model: type[Frozen] = getattr(models, schema["name"])
    return model


def is_masked(field: Row) -> bool:
    """Whether a field's value must not show."""
    return field["classification"] in {"identity", "contact", "address"}


def expected(kind: Any, *, mask: bool) -> Any:  # noqa: PLR0911  # one line a kind of type
    """The Python type of an Avro type."""
    match kind:
        case ["null", other]:
            return expected(other, mask=mask) | None
        case {"logicalType": "date"}:
            return MaskedDate if mask else date
        case {"logicalType": "timestamp-micros"}:
            return AwareDatetime
        case {"type": "array", "items": items}:
            return GenericAlias(tuple, (expected(items, mask=mask), ...))
        case {"type": "record" | "enum", "name": name}:
            return getattr(models, name)
        case "string":
            return Masked if mask else str
        case "int" | "long":
            return int
        case "boolean":
            return bool
    return getattr(models, kind)


def docs_of(source: str) -> dict[str, dict[str, str]]:
    """Doc of each field of each class: the text that stands after it."""
    found: dict[str, dict[str, str]] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            pairs = zip(node.body, node.body[1:], strict=False)
            found[node.name] = {
                one.target.id: str(after.value.value)
                for one, after in pairs
                if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
                if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            }  # fmt: skip
    return found


DOCS = docs_of(Path(models.__file__).read_text())


@pytest.mark.parametrize("schema", RECORDS, ids=name_of)
def test_a_model_has_the_fields_of_its_record_in_order(schema: Row) -> None:
    assert list(model_of(schema).model_fields) == [field["name"] for field in schema["fields"]]


@pytest.mark.parametrize("schema", RECORDS, ids=name_of)
def test_a_models_fields_have_the_types_of_its_record(schema: Row) -> None:
    fields = model_of(schema).model_fields
    types = {field["name"]: expected(field["type"], mask=is_masked(field)) for field in schema["fields"]}
    assert {name: field.annotation for name, field in fields.items()} == types


@pytest.mark.parametrize("schema", RECORDS, ids=name_of)
def test_nullable_fields_may_be_left_out_and_no_others(schema: Row) -> None:
    fields = model_of(schema).model_fields
    nullable = {field["name"] for field in schema["fields"] if isinstance(field["type"], list)}
    assert {name for name, field in fields.items() if not field.is_required()} == nullable
    assert [name for name in nullable if fields[name].default is not None] == []


@pytest.mark.parametrize("schema", RECORDS, ids=name_of)
def test_a_models_docs_are_those_of_its_record(schema: Row) -> None:
    assert model_of(schema).__doc__ == schema["doc"]
    assert DOCS[schema["name"]] == {field["name"]: field["doc"] for field in schema["fields"]}


@pytest.mark.parametrize("schema", ENUMS, ids=name_of)
def test_an_enum_has_its_symbols_in_order(schema: Row) -> None:
    enum: type[StrEnum] = getattr(models, schema["name"])
    assert issubclass(enum, StrEnum)
    assert [(member.name, member.value) for member in enum] == [(s.upper(), s) for s in schema["symbols"]]


def test_there_is_an_event_of_every_family_and_a_model_of_every_type_and_no_others() -> None:
    assert list(models.EVENTS) == list(catalog.FAMILIES)
    assert {event.__name__ for event in models.EVENTS.values()} | SCHEMAS.keys() == {
        name for name, one in vars(models).items() if isinstance(one, type) and one.__module__ == models.__name__
    }


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_an_event_is_the_envelope_and_the_familys_body(family: str) -> None:
    schema = catalog.schema_for(f"partner.{family}.v1")
    event = models.EVENTS[family]
    assert issubclass(event, Event)
    assert event.__name__ == schema["name"]
    assert [field.annotation for field in event.model_fields.values()] == [
        models.Envelope, getattr(models, catalog.read(f"families/{family}")["name"]),
    ]  # fmt: skip
    assert list(event.model_fields) == [field["name"] for field in schema["fields"]]


# --- values that can be found again wherever they show ---


class Canaries:
    """Values for every field of a record, each unlike all others, so that each can be found in a text."""

    def __init__(self) -> None:
        self.number = count(7_000_001)
        self.masked: list[str] = []
        """Texts that must never show."""
        self.plain: list[str] = []
        """Texts that do."""

    def value(self, kind: Any, *, mask: bool) -> Any:  # noqa: PLR0911  # one line a kind of type
        """A sound value of a type, taken down as one that may show or not."""
        match kind:
            case ["null", other]:
                return self.value(other, mask=mask)
            case {"logicalType": "date"}:
                day = date.fromordinal(next(self.number) - 6_300_000)
                return self.noted(day, [repr(day), day.isoformat()], mask=mask)
            case {"logicalType": "timestamp-micros"}:
                return datetime(2026, 9, 21, tzinfo=UTC)
            case {"type": "array", "items": items}:
                return [self.value(items, mask=mask)]
            case {"type": "record"}:
                return self.row(kind)
            case {"type": "enum", "symbols": symbols, "name": name}:
                return self.noted(symbols[-1], [f"{name}.{symbols[-1].upper()}"], mask=mask)
            case "int" | "long":
                number = next(self.number)
                return self.noted(number, [str(number)], mask=mask)
            case "boolean":
                return True
            case "string":
                text = f"canary-{next(self.number)}"
                return self.noted(text, [text], mask=mask)
        return self.value(SCHEMAS[kind], mask=mask)

    def noted(self, value: Any, shown: list[str], *, mask: bool) -> Any:
        """The value; the texts that it may show as are taken down, the first being its repr's."""
        if mask:
            self.masked += shown
        else:
            self.plain.append(shown[0])
        return value

    def row(self, record: Row) -> Row:
        """A sound row of a record."""
        return {field["name"]: self.value(field["type"], mask=is_masked(field)) for field in record["fields"]}


def made(family: str) -> tuple[Event, Canaries, Row]:
    """An event in which every field is set."""
    canaries = Canaries()
    row = {part: canaries.row(SCHEMAS[name]) for part, name in parts(family).items()}
    return models.EVENTS[family].model_validate(row), canaries, row


def parts(family: str) -> dict[str, str]:
    """Names of the records of a family's event."""
    return {"envelope": "Envelope", "body": catalog.read(f"families/{family}")["name"]}


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_no_masked_value_shows_in_a_repr_and_the_others_do(family: str) -> None:
    event, canaries, _ = made(family)
    told = [repr(event), str(event), pprint.pformat(event), f"{[event]}", repr(event.body), repr(event.envelope)]  # type: ignore[attr-defined]
    assert [leak for leak in canaries.masked if any(leak in text for text in told)] == []
    assert [lost for lost in canaries.plain if lost not in told[0]] == []
    assert canaries.masked
    assert canaries.plain


@pytest.mark.parametrize("schema", RECORDS, ids=name_of)
def test_each_masked_field_shows_its_mask(schema: Row) -> None:
    model = model_of(schema).model_validate(Canaries().row(schema))
    shown = {name: repr(value) for name, value in model.__repr_args__() if name is not None}
    for field in schema["fields"]:
        if is_masked(field) and not isinstance(getattr(model, field["name"]), tuple):
            assert shown[field["name"]] == MASK
        elif not is_masked(field):
            assert MASK not in shown[field["name"]]


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_data_is_whole_behind_the_masks(family: str) -> None:
    event, _, row = made(family)
    assert json.loads(event.model_dump_json()) == json.loads(json.dumps(row, default=_iso))
    assert models.EVENTS[family].model_validate_json(event.model_dump_json()) == event


def _iso(moment: date) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Path to every value in a document."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from leaves(inner, (*path, place))
    else:
        yield path


def spoiled(row: Row, path: tuple[Any, ...], value: Any) -> Row:
    """A copy of a document with another value at a path."""
    copy: Any = json.loads(json.dumps(row, default=_iso))
    node = copy
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return dict(copy)


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_a_refusal_shows_no_value_whichever_field_is_at_fault(family: str) -> None:
    """Its text, its repr, and its errors without their input."""
    _, canaries, row = made(family)
    wrong = {"canary-0": "canary-1"}  # no field takes an object of unknown keys
    for path in leaves(row):
        with pytest.raises(ValidationError) as refusal:
            models.EVENTS[family].model_validate(spoiled(row, path, list(wrong.values())))
        told = f"{refusal.value}{refusal.value!r}{refusal.value.errors(include_input=False)}"
        assert [leak for leak in ("canary", *canaries.masked) if leak in told] == []
        assert ".".join(map(str, path[:2])) in told


@pytest.mark.parametrize("schema", RECORDS, ids=name_of)
def test_a_model_is_frozen_and_refuses_unknown_fields(schema: Row) -> None:
    row = Canaries().row(schema)
    model = model_of(schema).model_validate(row)
    for field in schema["fields"]:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(model, field["name"], None)
    with pytest.raises(ValidationError, match="extra_forbidden"):
        model_of(schema).model_validate({**row, "unknown": 1})


@pytest.mark.parametrize("schema", RECORDS, ids=name_of)
def test_a_model_refuses_null_where_its_record_does(schema: Row) -> None:
    row = Canaries().row(schema)
    for field in schema["fields"]:
        changed = {**row, field["name"]: None}
        if isinstance(field["type"], list):
            assert getattr(model_of(schema).model_validate(changed), field["name"]) is None
        else:
            with pytest.raises(ValidationError):
                model_of(schema).model_validate(changed)


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_an_events_time_knows_its_zone(family: str) -> None:
    _, _, row = made(family)
    row["envelope"]["published_at"] = datetime(2026, 9, 21)  # noqa: DTZ001  # the fault
    with pytest.raises(ValidationError, match="timezone"):
        models.EVENTS[family].model_validate(row)


def test_every_model_is_a_frozen_one() -> None:
    found = [one for one in vars(models).values() if isinstance(one, type) and issubclass(one, BaseModel)]
    assert [one.__name__ for one in found if not issubclass(one, Frozen)] == []
