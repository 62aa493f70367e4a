"""The contract holds together: catalog, models, lint and codec agree with the .avsc files and with fastavro."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import fastavro
import pytest
from fastavro.utils import generate_many
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas_avro import catalog, codec, generate, models
from schemas_avro.lint import lint
from schemas_avro.masked import MASK

ENTRIES = sorted(catalog.catalog().values(), key=lambda entry: entry.id)
BY_ID = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.subject)
FAMILY = pytest.mark.parametrize("family", catalog.FAMILIES)
PINNED = {
    101: "partner.identity.v1",
    103: "partner.enrollment.v1",
    201: "body.identity.v1",
    309: "internal.resolved_event.v1",
}


def body_of(family: str) -> dict[str, Any]:
    return catalog.read(f"families/{family}")


def written_by_fastavro(schema: Any, row: dict[str, Any]) -> bytes:
    target = io.BytesIO()
    fastavro.schemaless_writer(target, fastavro.parse_schema(schema), row)
    return target.getvalue()


@BY_ID
def test_every_schema_of_the_catalog_passes_the_lint_and_stands_alone(entry: catalog.Entry) -> None:
    assert lint(entry.schema) == []
    fastavro.parse_schema(json.loads(entry.text))


@pytest.mark.parametrize(
    ("type_", "said"),
    [("bytes", "bytes"), ("double", "double"), ({"type": "bytes", "logicalType": "decimal", "precision": 9}, "cents"),
     ({"type": "array", "items": "null"}, "null"), ("Root", "recurs")],
)  # fmt: skip
def test_the_lint_names_what_columns_cannot_carry(type_: Any, said: str) -> None:
    field = {"name": "x", "type": type_, "doc": "A field.", "classification": "operational"}
    schema = {"type": "record", "name": "Root", "namespace": "throughline", "doc": "A record.", "fields": [field]}
    assert any(said in fault.lower() for fault in lint(schema)), lint(schema)


def test_a_field_without_doc_or_classification_does_not_pass() -> None:
    schema = {
        "type": "record",
        "name": "Root",
        "namespace": "throughline",
        "doc": "A record.",
        "fields": [{"name": "x", "type": "int"}],
    }
    assert {"doc", "classification"} <= {word for fault in lint(schema) for word in fault.replace(",", " ").split()}


def test_ids_are_given_once_and_those_given_stay() -> None:
    assert len({entry.subject for entry in ENTRIES}) == len(ENTRIES)
    assert {id_: catalog.catalog()[id_].subject for id_ in PINNED} == PINNED


def test_catalog_and_models_are_what_the_generator_writes(tmp_path: Path) -> None:
    rows = json.loads((Path(catalog.__file__).parent / "catalog.json").read_text())
    assert generate.extended(rows) == rows
    fresh = tmp_path / "models.py"
    fresh.write_text(generate.models())
    ruff = [sys.executable, "-m", "ruff", "format", "--quiet", "--isolated", "--line-length", "120", str(fresh)]
    subprocess.run(ruff, check=True)
    committed = tmp_path / "committed.py"
    committed.write_text(Path(models.__file__).read_text())
    subprocess.run([*ruff[:-1], str(committed)], check=True)
    assert fresh.read_text() == committed.read_text(), "run `make schemas`"


@FAMILY
def test_a_model_has_the_fields_of_its_schema_in_their_order(family: str) -> None:
    model = models.EVENTS[family].model_fields["body"].annotation
    assert list(getattr(model, "model_fields", {})) == [field["name"] for field in body_of(family)["fields"]]


@FAMILY
def test_a_model_takes_no_unknown_field_and_shows_no_value_in_its_error(family: str) -> None:
    model: Any = models.EVENTS[family].model_fields["body"].annotation
    with pytest.raises(ValidationError) as error:
        model.model_validate({"unheard_of": "Quorblatt"})
    assert "Quorblatt" not in str(error.value)


def test_what_identifies_a_person_shows_as_a_mask() -> None:
    body = models.Identity(first_name="Zyxqvanna", birth_date="2008-03-04", sex="Female", multiple_birth=True)
    assert not {"Zyxqvanna", "2008", "Female", "True"} & set(repr(body).replace("=", " ").replace(",", " ").split())
    assert MASK in repr(body)
    assert body.first_name == "Zyxqvanna"


@pytest.mark.parametrize("family", catalog.PROJECTED)
def test_a_projection_has_the_fields_of_its_groups_and_no_other(family: str) -> None:
    for entry in [e for e in ENTRIES if e.subject.startswith(f"released.{family}.")]:
        groups = set(entry.subject.split(".")[3].split("-"))
        names = [f["name"] for f in body_of(family)["fields"] if f.get("group") in groups]
        assert [f["name"] for f in entry.schema["fields"][1]["type"]["fields"]] == names


def test_identity_and_consent_are_in_no_released_schema() -> None:
    released = [entry for entry in ENTRIES if entry.subject.startswith("released.")]
    assert {entry.family for entry in released} == set(catalog.PROJECTED)
    texts = [json.dumps(entry.schema) for entry in released]
    assert not [text for text in texts if '"classification": "identity"' in text or "pit_wages" in text]


@BY_ID
def test_columns_write_what_fastavro_writes_and_read_it_back(entry: catalog.Entry) -> None:
    physical = json.loads(entry.physical)
    rows: list[Any] = list(generate_many(physical, 30))
    payloads = codec.encode_rows(entry.id, rows)
    assert payloads == [written_by_fastavro(physical, row) for row in rows]
    assert codec.decode(entry.id, payloads).rows.to_pylist() == rows


@BY_ID
def test_the_referee_alone_comes_to_the_same(entry: catalog.Entry) -> None:
    rows: list[Any] = list(generate_many(json.loads(entry.physical), 5))
    payloads = codec.encode_rows(entry.id, rows)
    codec.use_arrow(on=False)
    try:
        assert codec.encode_rows(entry.id, rows) == payloads
        assert codec.decode(entry.id, payloads).rows.to_pylist() == rows
    finally:
        codec.use_arrow(on=True)


GOOD = codec.encode_rows(103, list(generate_many(json.loads(catalog.catalog()[103].physical), 2)))  # type: ignore[arg-type]
HOSTILE = {
    "nothing": b"", "trailing junk": GOOD[0] + b"x",
    "a negative length": b"\x01", "a length of 2**40": b"\x80" * 5 + b"\x40",
    "an endless number": b"\xff" * 30, "a text that is no UTF-8": b"\x04\xff\xfe" + GOOD[0],
    **{f"cut at byte {n}": GOOD[0][:n] for n in range(0, len(GOOD[0]), 7)},
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_bytes_are_bad_and_their_neighbours_flow(what: str) -> None:
    decoded = codec.decode(103, [GOOD[0], HOSTILE[what], GOOD[1]])
    assert (decoded.good, decoded.bad) == ((0, 2), (1,))
    assert codec.encode(103, decoded.rows) == GOOD


@given(st.binary(max_size=300))
def test_no_bytes_make_the_codec_raise_and_what_it_takes_is_canonical(payload: bytes) -> None:
    decoded = codec.decode(103, [payload])
    assert decoded.bad == (0,) or codec.encode(103, decoded.rows) == [payload]
