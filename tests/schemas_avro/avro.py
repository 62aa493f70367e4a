"""For the tests of the contract: fastavro as an independent writer, rows of any schema, schemas of the subset."""

import io
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import fastavro
import pyarrow as pa
from hypothesis import strategies as st

from schemas_avro import catalog, codec

Row = dict[str, Any]
BOTH = (True, False)
"""Batches carried by Arrow; by the referee."""
_ids = itertools.count(9_000)


def record(*fields: Row, name: str = "Sample", **more: Any) -> Row:
    """A record schema of fields."""
    return {"type": "record", "name": name, "namespace": "throughline", "doc": "A sample.", "fields": [*fields], **more}


def field(name: str, kind: Any, **changed: Any) -> Row:
    """A sound field of a record; nullable ones default to null."""
    sound: Row = {"name": name, "type": kind, "doc": "A value.", "classification": "operational"}
    return sound | ({"default": None} if isinstance(kind, list) else {}) | changed


@contextmanager
def carried_by(arrow: bool) -> Iterator[None]:  # noqa: FBT001  # which of two
    """Batches go by Arrow's columns, or by the referee alone."""
    before = codec.uses_arrow()
    codec.use_arrow(arrow)
    try:
        yield
    finally:
        codec.use_arrow(before)


@contextmanager
def entered(schema: Row) -> Iterator[int]:
    """Id of a schema that is in the catalog for a while."""
    schema_id = next(_ids)
    catalog.catalog()[schema_id] = catalog.Entry(schema_id, f"internal.sample{schema_id}.v1", 1, schema)
    try:
        yield schema_id
    finally:
        del catalog.catalog()[schema_id]


def written(schema: Row, rows: list[Row]) -> list[bytes]:
    """Avro bytes of rows by fastavro, after the schema as a registry would serve it, logical types and all."""
    parsed = fastavro.parse_schema(json.loads(json.dumps(schema)))
    return [_written(parsed, row) for row in rows]


def _written(parsed: Any, row: Row) -> bytes:
    target = io.BytesIO()
    fastavro.schemaless_writer(target, parsed, row)
    return target.getvalue()


EVERY = record(
    field("text", "string"),
    field("maybe", ["null", "string"]),
    field("count", "int"),
    field("total", "long"),
    field("sure", "boolean"),
    field("state", {"type": "enum", "name": "State", "symbols": ["GRANT", "REVOKE"]}),
    field("day", ["null", {"type": "int", "logicalType": "date"}]),
    field("texts", {"type": "array", "items": "string"}),
    field("maybes", {"type": "array", "items": ["null", "string"]}),
    field("counts", {"type": "map", "values": "int"}),
    field(
        "inner",
        ["null", record(field("name", "string"), field("states", {"type": "array", "items": "State"}), name="Inner")],
    ),
    field("inners", {"type": "array", "items": "Inner"}),
)
"""Each admitted type once."""
ROW: Row = {
    "text": "José 🎓",
    "maybe": None,
    "count": -(2**31),
    "total": 2**63 - 1,
    "sure": True,
    "state": "REVOKE",
    "day": 20_000,
    "texts": ["", "a"],
    "maybes": [None, ""],
    "counts": {"a": 1, "b": 2},
    "inner": {"name": "n", "states": ["GRANT"]},
    "inners": [{"name": "m", "states": []}],
}


def pylist(rows: pa.RecordBatch) -> list[Row]:
    """Rows of a batch, its maps as dicts."""
    return list(rows.to_pylist(maps_as_pydicts="strict"))


# --- rows of a schema ---

texts = st.text(max_size=12) | st.sampled_from(["", "\x00", "José", "🎒🎓\U0010ffff", "e\u0301", "\ufeff", "x" * 3_000])
ints = st.sampled_from([0, -1, 63, 64, -(2**31), 2**31 - 1]) | st.integers(-(2**31), 2**31 - 1)
longs = st.sampled_from([0, -(2**31) - 1, -(2**63), 2**63 - 1]) | st.integers(-(2**63), 2**63 - 1)
SCALARS: dict[str, st.SearchStrategy[Any]] = {"string": texts, "int": ints, "long": longs, "boolean": st.booleans()}


def rows_of(schema: Any) -> st.SearchStrategy[Any]:
    """Physical values of a schema: any that its types allow, their extremes often."""
    named = {one["name"]: one for one in catalog.named_types(schema)}

    @cache
    def of_name(name: str) -> st.SearchStrategy[Any]:
        return of(named[name])

    def of(node: Any) -> st.SearchStrategy[Any]:  # noqa: PLR0911  # one line a kind of type
        match node:
            case str():
                return SCALARS[node] if node in SCALARS else of_name(node)
            case ["null", other]:
                return st.none() | of(other)
            case {"logicalType": _, "type": kind}:
                return SCALARS[kind]
            case {"type": "enum", "symbols": symbols}:
                return st.sampled_from(symbols)
            case {"type": "array", "items": items}:
                return _lists(of(items))
            case {"type": "map", "values": values}:
                return st.dictionaries(texts, of(values), max_size=3)
        return st.fixed_dictionaries({one["name"]: of(one["type"]) for one in node["fields"]})

    return of(schema)


def _lists(items: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Mostly short ones; now and then a long one, of one item many times."""
    return st.lists(items, max_size=3) | st.builds(lambda item: [item] * 130, items)


# --- schemas of the subset ---


def schemas() -> st.SearchStrategy[Row]:
    """Any schema that the lint should admit, four types deep; names are given afterwards so that none comes twice."""
    date = st.just({"type": "int", "logicalType": "date"})
    moment = st.just({"type": "long", "logicalType": "timestamp-micros"})
    enum = st.integers(1, 5).map(lambda n: {"type": "enum", "symbols": [f"S{i}" for i in range(n)]})
    leaves = st.sampled_from(["string", "int", "long", "boolean"]) | date | moment | enum
    types = st.recursive(leaves, _larger, max_leaves=6)
    return st.lists(types | types.map(_nullable), min_size=1, max_size=4).map(_record_of).map(_with_names)


def _larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    inner = inner | inner.map(_nullable)
    return (
        st.builds(lambda items: {"type": "array", "items": items}, inner)
        | st.builds(lambda values: {"type": "map", "values": values}, inner)
        | st.lists(inner, min_size=1, max_size=3).map(_record_of)
    )


def _nullable(kind: Any) -> Any:
    return kind if isinstance(kind, list) else ["null", kind]


def _record_of(kinds: list[Any]) -> Row:
    return {"type": "record", "doc": "A sample.", "fields": [field(f"f{i}", kind) for i, kind in enumerate(kinds)]}


def _with_names(schema: Row) -> Row:
    """A copy in which each enum and record has a name of its own."""
    copy: Row = json.loads(json.dumps(schema))
    names: Callable[[], str] = map("T{}".format, itertools.count()).__next__
    for one in catalog.named_types(copy):
        one["name"] = names()
    return copy
