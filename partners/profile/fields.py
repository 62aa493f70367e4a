"""What a field's cells are, and by which closed set each is counted: codes, months or years, ranges of numbers."""

import functools
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from schemas_avro import catalog
from schemas_avro.codes import tables_of

Kind = Literal["code", "codes", "flag", "date", "time", "number", "text", "texts", "identifiers", "authority"]
OTHER = "other"
"""Whatever is none of a closed set: it may be anything, a name too."""
EMPTY = "empty"
SCALES = {"_ten_thousandths": 10_000, "_hundredths": 100, "_cents": 100}
FIRST_YEAR, LAST_YEAR = 1870, 2200
STEPS = (1, 2, 5)
MOST_DIGITS = 19


@dataclass(frozen=True)
class Field:
    """A field of a family, or of the envelope."""

    part: str
    name: str
    kind: Kind
    codes: Mapping[str, str]
    """What each code of its closed set means; empty: it takes none."""
    leaves: bool
    """Whether it goes beyond the identity zone."""

    @property
    def path(self) -> str:
        """As body.entry_date."""
        return f"{self.part}.{self.name}"

    @property
    def scale(self) -> int:
        """What a number is divided by."""
        return next((scale for end, scale in SCALES.items() if self.name.endswith(end)), 1)


@functools.cache
def fields_of(family: str) -> tuple[Field, ...]:
    """The fields of a family's events, in the order of the schema."""
    sources = (("envelope", "envelope"), ("body", f"families/{family}"))
    return tuple(
        _field(family, part, source, one) for part, source in sources for one in catalog.read(source)["fields"]
    )


def _field(family: str, part: str, source: str, said: Mapping[str, Any]) -> Field:
    name, table = said["name"], tables_of(family).get(said["name"]) if part == "body" else None
    symbols = catalog.symbols_of(source, name)[1] if name not in {"identifiers", "claimed_authority"} else ()
    codes = dict(table.codes) if table else {one: _words(one) for one in symbols}
    return Field(part, name, _kind(said["type"], name, bool(codes)), codes, said["classification"] != "identity")


def _kind(schema: Any, name: str, is_coded: bool) -> Kind:  # noqa: FBT001  # of two kinds
    text = json.dumps(schema)
    if name == "identifiers":
        return "identifiers"
    if name == "claimed_authority":
        return "authority"
    if '"array"' in text:
        return "codes" if is_coded else "texts"
    if is_coded:
        return "code"
    logical: dict[str, Kind] = {'"date"': "date", '"timestamp-micros"': "time", '"boolean"': "flag"}
    plain: dict[str, Kind] = {'"int"': "number", '"long"': "number", '"double"': "number"}
    return next((kind for mark, kind in (logical | plain).items() if mark in text), "text")


def _words(symbol: str) -> str:
    """An enum's symbol as words, where it is made of them."""
    return symbol.replace("_", " ") if symbol.islower() else ""


def day_in(value: object) -> date | None:
    """The day that a value begins with, ISO; None: with none of this world."""
    try:
        day = date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


@functools.cache
def _edges() -> tuple[int, ...]:
    return tuple(step * 10**power for power in range(MOST_DIGITS) for step in STEPS)


def range_of(value: object) -> int | None:
    """The range that a number is in: the index of its lowest; None: it is no whole number. 0 is zero, -1 below."""
    if type(value) is not int:
        return None
    if value <= 0:
        return -1 if value < 0 else 0
    return sum(1 for _ in itertools.takewhile(lambda edge: edge <= value, _edges()))


def told_range(index: int, scale: int) -> str:
    """A range of numbers for people, in whole units."""
    if index <= 0:
        return "below 0" if index < 0 else "0"
    low = _edges()[index - 1]
    high = _edges()[index] if index < len(_edges()) else None
    return f"from {_number(low, scale)}" + (f" to below {_number(high, scale)}" if high else "")


def _number(value: int, scale: int) -> str:
    return f"{value // scale:,}" if value % scale == 0 else f"{value / scale:g}"
