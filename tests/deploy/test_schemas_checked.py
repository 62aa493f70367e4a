"""``throughline schemas check|diff``: whatever a file holds, each is told in a line, and nothing breaks."""

import copy
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from deploy.commands.schemas import app
from schemas_avro import catalog
from tests.schemas_avro.avro import Row, field, record

AID = catalog.catalog()[115].schema


def run(*words: str) -> Result:
    """``throughline schemas``, in this process."""
    return CliRunner().invoke(app, words)


def checked(folder: Path, raw: bytes | str, *words: str) -> Result:
    """``check`` of a file with these bytes."""
    file = folder / "schema.avsc"
    file.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    return run("check", str(file), *words)


def changed(part: str, **more: Any) -> str:
    """Aid's schema with something put into a part of it."""
    schema = copy.deepcopy(AID)
    node = {"record": schema, "field": schema["fields"][1]["type"]["fields"][0]}[part]
    node.update(more)
    return json.dumps(schema)


def expanding(levels: int) -> Row:
    """Few types that name each other into millions of fields."""
    inner = record(*(field(f"f{i}", "string") for i in range(9)), name="T0")
    for level in range(1, levels):
        names = [field(f"f{i}", f"T{level - 1}") for i in range(1, 9)]
        inner = record(field("f0", inner), *names, name=f"T{level}")
    return record(field("all", inner))


def arrays(levels: int) -> Any:
    """Of arrays of arrays."""
    return "int" if not levels else {"type": "array", "items": arrays(levels - 1)}


LOOP = record(field("next", ["null", "Sample"]))
PINGPONG = record(field("a", record(field("b", "Sample"), name="Inner")))
HOSTILE: dict[str, tuple[str, bytes | str, str]] = {
    "recursive": ("31", json.dumps(LOOP), "Sample within itself; no recursion"),
    "a loop over two types": ("36", json.dumps(PINGPONG), "Sample within itself; no recursion"),
    "100,000 deep": ("30", "[" * 100_000 + "]" * 100_000, "nested too deep"),
    "100,000 deep and unfinished": ("30", '{"type":' * 100_000, "nested too deep"),
    "arrays 40 deep": (
        "30", json.dumps(record(field("x", arrays(30)))), "deeper",
    ),
    "expanding": ("30", json.dumps(expanding(8)), "each type written out where it is named"),
    "huge": ("30", b" " * (1 << 20) + b"{}", "a schema has no more than a mebibyte"),
    "a text of 70,000": ("30", changed("record", doc="x" * 70_000), "bytes of text; at most 65536"),
    "201 fields": ("30", json.dumps(record(*(field(f"f{i}", "int") for i in range(201)))), "201 fields"),
    "items with no bytes": (
        "14", json.dumps(record(field("x", {"type": "array", "items": record(name="E")}))), "no bytes",
    ),
    "a default of a wrong type": ("32", changed("field", default=7), "only nullable fields have a default"),
    "an alias of a field": ("32", changed("field", aliases=["envelope"]), "aliases has no place here"),
    "an alias of a type": ("32", changed("record", aliases=["ConsentRecorded"]), "aliases has no place here"),
    "two fields of one name": (
        "32", json.dumps(record(field("x", "int"), field("x", "string"))), "two fields named x",
    ),
    "two types of one name": (
        "32", json.dumps(record(field("x", record(field("y", "int"))))), "a second type named Sample",
    ),
    "a name twice in one object": (
        "32", '{"type": "record", "type": "string"}', "an object has a name twice",
    ),
    "another's namespace": ("32", changed("record", namespace="org.example"), "the namespace is throughline"),
    "a field removed": (
        "33", json.dumps({**AID, "fields": AID["fields"][:1]}), "its readers cannot read this",
    ),
    "another type": ("33", changed("field", type="long"), "type mismatch"),
    "a rule set beside it": (
        "35", json.dumps({"schema": json.dumps(AID), "ruleSet": {"domainRules": [{"expr": "1"}]}}),
        "'ruleSet' has no place",
    ),
    "metadata beside it": (
        "35", json.dumps({"schema": json.dumps(AID), "metadata": {"properties": {"owner": "x"}}}),
        "'metadata' has no place",
    ),
    "a rule set in it": ("35", changed("record", ruleSet={"domainRules": []}), "ruleSet has no place here"),
    "a rule in a field": ("35", changed("field", **{"confluent:tags": ["PII"]}), "confluent:tags has no place here"),
    "a script in a doc": ("35", changed("field", doc="<script>alert(1)</script>"), "doc is one line of text"),
    "a template in a doc": ("35", changed("field", doc="{{7*7}} ${jndi:ldap}"), "doc is one line of text"),
    "references": (
        "36", json.dumps({"schema": json.dumps(AID), "references": [{"name": "A", "subject": "b", "version": 1}]}),
        "references have no place here",
    ),
    "a reference to nothing in it": ("36", json.dumps(record(field("x", "other.Type"))), "no type defined before"),
    "a schema that is text within text": ("30", json.dumps({"schema": "[" * 100_000}), "nested too deep"),
    "another kind of schema": ("30", json.dumps({"schema": "{}", "schemaType": "PROTOBUF"}), "schemaType is AVRO"),
    "no JSON": ("30", "message Aid { }", "it is no JSON"),
    "no UTF-8": ("30", b'{"type": "\xff"}', "it is no JSON"),
    "no number": ("30", '{"type": NaN}', "NaN and Infinity are no numbers"),
    "a number of 10,000 digits": ("30", '{"type": ' + "9" * 10_000 + "}", "it is no JSON"),
    "nothing": ("30", "", "it is no JSON"),
    "a body without names": (
        "30", '{"family": "aid", "type": "record", "fields": [{"type": {"type": "enum"}}]}', "no name",
    ),
}  # fmt: skip
"""By what is wrong: its number in the list of bad inputs, the file, and the line that says so."""


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_schema_is_refused_with_a_line_that_says_why(what: str, tmp_path: Path) -> None:
    _, raw, why = HOSTILE[what]
    done = checked(tmp_path, raw)
    assert done.exit_code == 1
    assert why in done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert all(line.isprintable() and len(line) < 400 for line in done.output.splitlines())


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from(["record", "enum", "aid", "string"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["type", "name", "fields", "items", "symbols", "family", "schema", "doc"]), inner
    ), max_leaves=10,
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_whatever_a_file_holds_check_answers(tmp_path: Path, raw: bytes) -> None:
    done = checked(tmp_path, raw)
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)


def test_the_whole_catalog_is_sound() -> None:
    done = run("check", "--json")
    assert (done.exit_code, orjson.loads(done.stdout)) == (
        0, {"checked": len(catalog.catalog()), "subject": None, "faults": []},
    )  # fmt: skip


def test_a_schema_is_held_against_the_subject_of_its_name_or_the_one_that_is_named(tmp_path: Path) -> None:
    more = copy.deepcopy(AID)
    more["fields"][1]["type"]["fields"].append(field("one_more", ["null", "string"], classification="aid"))
    assert "1 schema of partner.aid.v1: no faults" in checked(tmp_path, json.dumps(more)).stdout
    other = checked(tmp_path, json.dumps(more), "--subject", "partner.enrollment.v1")
    assert (other.exit_code, "name mismatch" in other.stdout) == (1, True)
    new = checked(tmp_path, json.dumps(record(field("x", "string"))))
    assert (new.exit_code, new.stdout) == (0, "1 schema of a new subject: no faults\n")


def test_a_familys_own_file_is_checked_with_the_types_that_it_shares() -> None:
    for family in catalog.FAMILIES:
        done = run("check", str(Path(catalog.__file__).parent / "families" / f"{family}.avsc"))
        assert done.stdout == f"1 schema of body.{family}.v1: no faults\n"


def test_what_differs_is_told_and_whether_readers_can_go_on(tmp_path: Path) -> None:
    done = run("diff", "partner.aid.v1:1", "partner.aid.v1")
    assert (done.exit_code, done.stdout.splitlines()) == (0, [
        "+ body.application_submitted_on: date or null",
        "readers of partner.aid.v1:1 read partner.aid.v1: yes",
        "readers of partner.aid.v1 read partner.aid.v1:1: yes",
    ])  # fmt: skip
    file = tmp_path / "new.avsc"
    file.write_text(changed("field", type="long"))
    done = run("diff", "115", str(file))
    assert done.exit_code == 1
    assert "~ body.aid_year: type string -> long" in done.stdout
    assert f"readers of 115 read {file}: no: type mismatch" in done.stdout
    assert run("diff", "104", "104").stdout.startswith("no difference")


@pytest.mark.parametrize("name", ["nothing", "partner.aid.v1:9"])
def test_what_is_not_there_is_one_line(name: str, tmp_path: Path) -> None:
    for done in (run("diff", "104", name), run("check", str(tmp_path / name))):
        assert "No such file" in str(done.exception)
