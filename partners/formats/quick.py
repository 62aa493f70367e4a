"""The plain rows' short way: a document's physical row without its model, which takes several times as long.

Each field is read as its schema has it; a day or time by the very validator of its model, once for each way in which it
is written. Whatever is not plainly right is left to the model: it says what is wrong, or that it is right after all.
"""

import functools
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import orjson
from pydantic import AwareDatetime, TypeAdapter, ValidationError

from partners.rows import Row, days, micros
from schemas_avro import catalog

MOST_KEPT = 10_000
"""Days and times whose values are kept; then they are forgotten."""
LONG = 1 << 63
DAY: TypeAdapter[date] = TypeAdapter(date)
TIME: TypeAdapter[AwareDatetime] = TypeAdapter(AwareDatetime)
PARTS = ("envelope", "body")
Read = Callable[[Any], Any]


class UnsureError(ValueError):
    """A value that the model must judge."""


def row_of(family: str, filled: Row) -> Row | None:
    """The physical row of a document whose envelope is filled; None: the model must judge.

    Args:
        family: of the row.
        filled: its JSON values, envelope and body.
    """
    if len(filled) != len(PARTS):
        return None
    envelope, body = _readers(family)
    try:
        return {"envelope": envelope(filled["envelope"]), "body": body(filled["body"])}
    except (UnsureError, KeyError, TypeError):  # another value, a key that there is not, a list where a text belongs
        return None


@functools.cache
def _readers(family: str) -> tuple[Read, Read]:
    named: dict[str, Any] = {}
    return _record(catalog.read("envelope"), named), _record(catalog.read(f"families/{family}"), named)


def _record(schema: Mapping[str, Any], named: dict[str, Any]) -> Read:
    """What reads an object: every field that it has, in any order; fields that it lacks are their defaults."""
    reads = {field["name"]: _reader(field["type"], named) for field in schema["fields"]}
    blank = {field["name"]: field.get("default") for field in schema["fields"]}
    needed = [field["name"] for field in schema["fields"] if "default" not in field]
    nullable = {field["name"] for field in schema["fields"] if isinstance(field["type"], list)}

    def read(value: Any) -> Row:
        if type(value) is not dict:
            raise UnsureError
        row = blank.copy()
        for name, said in value.items():
            if said is not None:
                row[name] = reads[name](said)
            elif name in nullable:
                row[name] = None
            else:
                raise UnsureError
        for name in needed:
            if row[name] is None:
                raise UnsureError
        return row

    return read


def _reader(schema: Any, named: dict[str, Any]) -> Read:
    """What reads a value of a type, but for null; named types are noted, since later ones call them by name."""
    if isinstance(schema, list):
        return _reader(schema[1], named)
    if isinstance(schema, str):
        plain: dict[str, Read] = {"string": _text, "int": _whole, "long": _whole, "boolean": _flag}
        return plain.get(schema) or named.get(schema, _unsure)
    if "logicalType" in schema:
        return _Kept(_day if schema["logicalType"] == "date" else _time).__getitem__
    if schema["type"] == "array":
        return _list(_reader(schema["items"], named))
    made = {"record": _record, "enum": _enum}.get(schema["type"])
    if made is None:
        return _unsure
    read = named[schema["name"]] = made(schema, named)
    return read


def _enum(schema: Mapping[str, Any], named: dict[str, Any]) -> Read:
    del named
    return {symbol: symbol for symbol in schema["symbols"]}.__getitem__


class _Kept(dict[str, int]):
    """Values by how they are written."""

    def __init__(self, read: Callable[[str], int]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: str) -> int:
        if type(text) is not str:
            raise UnsureError
        if len(self) >= MOST_KEPT:
            self.clear()
        value = self[text] = self._read(text)
        return value


def _day(text: str) -> int:
    return days(_valid(DAY, text))


def _time(text: str) -> int:
    return micros(_valid(TIME, text))


def _valid(adapter: TypeAdapter[Any], text: str) -> Any:
    if "-" not in text[1:]:  # a bare number, which the model takes for seconds since 1970
        raise UnsureError
    try:
        return adapter.validate_json(orjson.dumps(text), strict=True)
    except (ValidationError, TypeError):
        raise UnsureError from None


def _text(value: Any) -> str:
    if type(value) is not str:
        raise UnsureError
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise UnsureError from None
    return value


def _whole(value: Any) -> int:
    if type(value) is not int or not -LONG <= value < LONG:
        raise UnsureError
    return value


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise UnsureError
    return value


def _list(read: Read) -> Read:
    def each(value: Any) -> list[Any]:
        if type(value) is not list:
            raise UnsureError
        return [read(one) for one in value]

    return each


def _unsure(value: Any) -> Any:
    del value
    raise UnsureError
