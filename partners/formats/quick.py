"""The plain rows' short way: a document's physical row without its model, which takes several times as long.

Each field is read as its schema has it; a day or time by the very validator of its model, once for each way in which it
is written. Whatever is not plainly right is left to the model: it says what is wrong, or that it is right after all.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
Read = Callable[[Any], Any]


class UnsureError(ValueError):
    """A value that the model must judge."""


@dataclass(frozen=True)
class Started:
    """What rows are read over: the physical values of what each of them has where it says nothing else."""

    envelope: Row
    body: Row


def started(family: str, envelope: Row, body: Row) -> Started:
    """What rows of a family are read over.

    Args:
        family: of the rows.
        envelope: JSON values that their envelopes have where they say nothing else.
        body: the same of their bodies.
    """
    of_envelope, of_body = _records(family)
    return Started(of_envelope.begun(envelope), of_body.begun(body))


def row_of(family: str, begun: Started, envelope: Row, body: Row) -> Row | None:
    """The physical row of a document; None: the model must judge.

    Args:
        family: of the row.
        begun: what it is read over.
        envelope: JSON values that it says.
        body: likewise.
    """
    of_envelope, of_body = _records(family)
    try:
        return {"envelope": of_envelope.over(envelope, begun.envelope), "body": of_body.over(body, begun.body)}
    except (UnsureError, KeyError, TypeError):  # another value, a key that there is not, a list where a text belongs
        return None


@functools.cache
def _records(family: str) -> tuple["_Record", "_Record"]:
    named: dict[str, Any] = {}
    return _Record(catalog.read("envelope"), named), _Record(catalog.read(f"families/{family}"), named)


class _Record:
    """What reads an object: the fields that it has, in any order; fields that it lacks are their defaults."""

    def __init__(self, schema: Mapping[str, Any], named: dict[str, Any]) -> None:
        fields = schema["fields"]
        self._reads = {field["name"]: _reader(field["type"], named) for field in fields}
        self._blank = {field["name"]: field.get("default") for field in fields}
        self._needed = [field["name"] for field in fields if "default" not in field]
        self._nullable = {field["name"] for field in fields if isinstance(field["type"], list)}

    def __call__(self, value: Any) -> Row:
        """The physical record of JSON values."""
        return self.over(value, self._blank)

    def begun(self, value: Row) -> Row:
        """What other rows are read over: the physical values of some fields; more may be needed."""
        return self._blank | {name: self._reads[name](said) for name, said in value.items()}

    def over(self, value: Any, started: Row) -> Row:
        """The physical record of JSON values where another has a beginning of it."""
        if type(value) is not dict:
            raise UnsureError
        row, reads = started.copy(), self._reads
        for name, said in value.items():
            if said is not None:
                row[name] = reads[name](said)
            elif name in self._nullable:
                row[name] = None
            else:
                raise UnsureError
        for name in self._needed:
            if row[name] is None:
                raise UnsureError
        return row


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
    kinds: dict[str, Callable[[Any, dict[str, Any]], Read]] = {"record": _Record, "enum": _enum}
    made = kinds.get(schema["type"])
    if made is None:
        return _unsure
    read: Read = made(schema, named)
    named[schema["name"]] = read
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
