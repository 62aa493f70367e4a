"""From a header of a CSV file to its columns: which field of which family each holds, and how its cells are read."""

import difflib
import functools
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from partners.formats.faults import Code
from partners.formats.lost_zeros import LENGTHS, has_lost_zeros
from schemas_avro import catalog

Cell = Callable[[str], Any]
SPREADSHEET_DATE = re.compile(
    r"\d{1,2}[/.-]\d{1,2}[/.-](\d{2}|\d{4})(\s.*)?|\d{4}/\d{1,2}/\d{1,2}(\s.*)?|\d{5}(\.\d+)?"
)
"""11/24/2026, 24.11.26, 2026/11/24, and the bare number of days that a date is inside a spreadsheet."""
SCIENTIFIC = re.compile(r"[+-]?\d(\.\d+)?E[+-]\d{2,3}")
"""What a spreadsheet makes of a long number: 1.23E+09."""
WHOLE = re.compile(r"[+-]?\d+")
FRACTION = re.compile(r"[+-]?\d+(\.\d+)?")
FLAGS = {"true": True, "false": False}
SAYABLE = re.compile(r"[A-Za-z0-9_. -]{1,40}")
MAY_LOSE_ZEROS = {*LENGTHS, "cip_code"}
LONGEST_MEANT = 80
"""Characters of a column's name for which a near one is looked for: it takes their square."""
UNKNOWN_TOLD = 5
"""Unknown columns of a header that are named."""


class CellError(ValueError):
    """A cell that cannot be read; its text is the code."""

    def __init__(self, code: Code, told: str = "") -> None:
        """Note why, and where that is more than the code, what a person is told; never a value."""
        super().__init__(code)
        self.code, self.told = code, told


class HeaderError(ValueError):
    """A header that does not fit; its text is what is wrong, and never holds a value."""


@dataclass(frozen=True)
class Column:
    """A column that a family's file may have."""

    path: tuple[str, str]
    """Part and field, as ("body", "entry_date")."""
    inner: str | None = None
    """Identifier system, or field of the claimed authority."""
    read: Cell = field(default=str, repr=False)

    @property
    def name(self) -> str:
        """As a person is told of it: body.entry_date, identifier.SSN."""
        if self.path[1] == "identifiers":
            return f"identifier.{self.inner}"
        return ".".join(self.path) if self.inner is None else f"{self.path[1]}.{self.inner}"

    @property
    def plain(self) -> tuple[str | None, bool]:
        """The field that a cell is all of, or none, and whether it is the body's."""
        part, name = self.path
        return (name if self.inner is None else None), part == "body"

    @functools.cached_property
    def _may_lose_zeros(self) -> bool:
        return (self.inner or self.path[1]) in MAY_LOSE_ZEROS

    def value_of(self, cell: str) -> Any:
        """What a cell says; None: it is empty and says nothing.

        Raises:
            CellError: it cannot be read.
        """
        text = cell.strip()
        if not text:
            return None
        if "E" in text and SCIENTIFIC.fullmatch(text):
            raise CellError(Code.SCIENTIFIC_NOTATION)
        if self._may_lose_zeros and has_lost_zeros(self.inner or self.path[1], text):
            raise CellError(Code.LOST_LEADING_ZEROS)
        return self.read(cell)

    def put(self, row: dict[str, Any], value: Any) -> None:
        """Put what a cell says into the row that it belongs to."""
        part, name = self.path
        if self.inner is None:
            row[part][name] = value
        elif name == "identifiers":
            row[part].setdefault(name, []).append({"system": self.inner, "value": value, "assigner": None})
        else:
            row[part].setdefault(name, {})[self.inner] = value


@functools.cache
def columns_of(family: str) -> dict[str, Column]:
    """Every column that a family's file may have, by its short name and by its long one.

    Raises:
        FileNotFoundError: there is no such family.
    """
    found: dict[str, Column] = {}
    for part, source in (("envelope", "envelope"), ("body", f"families/{family}")):
        for field_ in catalog.read(source)["fields"]:
            for column in _columns(part, field_):
                found.setdefault(column.name.partition(".")[2] if column.inner is None else column.name, column)
                found[column.name] = column
    return found


def _columns(part: str, field_: catalog.Schema) -> list[Column]:
    """The column of a field; several where a field holds records."""
    path = (part, str(field_["name"]))
    records = [named for named in catalog.named_types(field_["type"]) if named["type"] == "record"]
    if not records:
        return [Column(path, read=_reader(field_["type"]))]
    inner = records[0]["fields"]
    names = inner[0]["type"]["symbols"] if path[1] == "identifiers" else [one["name"] for one in inner]
    return [Column(path, name) for name in names]


def _reader(schema: Any) -> Cell:
    """What reads the cells of a field of this type."""
    if isinstance(schema, list):
        return _reader(schema[1])
    if isinstance(schema, str):
        return {"int": _whole, "long": _whole, "double": _fraction, "boolean": _flag}.get(schema, str)
    if "logicalType" in schema:
        return _day_or_time
    return _list if schema["type"] == "array" else str.strip


def _whole(cell: str) -> int:
    if not WHOLE.fullmatch(cell.strip()):
        raise CellError(Code.WRONG_TYPE)
    return int(cell)


def _fraction(cell: str) -> float:
    if not FRACTION.fullmatch(cell.strip()):
        raise CellError(Code.WRONG_TYPE)
    return float(cell)


def _flag(cell: str) -> bool:
    if cell.strip().lower() not in FLAGS:
        raise CellError(Code.WRONG_TYPE)
    return FLAGS[cell.strip().lower()]


def _day_or_time(cell: str) -> str:
    if SPREADSHEET_DATE.fullmatch(cell.strip()):
        raise CellError(Code.SPREADSHEET_DATE)
    return cell.strip()


def _list(cell: str) -> list[str]:
    return [one.strip() for one in cell.split(";") if one.strip()]


def columns_in(header: Sequence[str], family: str) -> list[Column]:
    """The columns of a header, in its order.

    Raises:
        HeaderError: columns are unknown, are there twice, or are missing; the text names all of them.
    """
    known = columns_of(family)
    names = [name.strip() for name in header]
    if sum(name in known for name in names) * 2 < len(names):
        raise HeaderError(
            f"the first line is no header of {family} fields; where the columns are your own system's, "
            f"`throughline partner map FILE --family {family} --partner NAME` drafts what each becomes; "
            f"`throughline schemas columns {family}` has ours"
        )
    found = [known[name] for name in names if name in known]
    counted = Counter(column.name for column in found)
    unknown = [(number, name) for number, name in enumerate(names, 1) if name not in known]
    twice = next((name for name, count in counted.items() if count > 1), None)
    missing = _missing({column.path[1] for column in found}, family)
    said = [f"column {twice} is there twice; keep one of them"] if twice else []
    said += [_unknown(unknown, family)] if unknown else []
    said += [_lacking(missing, family)] if missing else []
    if said:
        raise HeaderError("; ".join(said))
    return found


def _unknown(columns: Sequence[tuple[int, str]], family: str) -> str:
    """What is said of unknown columns, by number and name; of a name only what can be no value."""
    first = columns[:UNKNOWN_TOLD]
    told = [f"{number}" + (f" ({name})" if SAYABLE.fullmatch(name) else "") for number, name in first]
    meant = [_meant(name, family) for _, name in first]
    remedy = f"`throughline schemas columns {family}` has them"
    if len(columns) == 1:
        return f"column {told[0]} is no field of {family}; " + (f"did you mean {meant[0]}?" if meant[0] else remedy)
    each = [f"{one}, near {near}" if near else one for one, near in zip(told, meant, strict=True)]
    more = f"; and {len(columns) - UNKNOWN_TOLD} more" if len(columns) > UNKNOWN_TOLD else ""
    return f"no fields of {family} are columns {'; '.join(each)}{more}; {remedy}"


def _meant(name: str, family: str) -> str:
    """The field that an unknown column likely is; empty where none is near."""
    return next(iter(difflib.get_close_matches(name[:LONGEST_MEANT], columns_of(family), 1)), "")


def _lacking(missing: Sequence[str], family: str) -> str:
    nouns, them = ("column", "it") if len(missing) == 1 else ("columns", "them")
    return f"no {nouns} {', '.join(missing)}; every {family} file needs {them}"


def _missing(there: set[str], family: str) -> list[str]:
    """The columns that a file cannot do without and does not have."""
    whose = [] if there & {"subject_token", "subject_name"} else ["subject_token"]
    return whose + [name for name in needed(family) if name not in there]


def needed(family: str) -> list[str]:
    """Fields that a file of a family cannot do without, beside one that says whose record a row is about."""
    body = catalog.read(f"families/{family}")["fields"]
    own = [
        f["name"]
        for f in body
        if "default" not in f and not (isinstance(f["type"], dict) and f["type"]["type"] == "array")
    ]
    return ["source_record_id", *own]


@functools.cache
def empty_lists(family: str) -> dict[str, list[str]]:
    """The body's fields that are lists, as a row has them which says nothing of them."""
    fields = catalog.read(f"families/{family}")["fields"]
    return {f["name"]: [] for f in fields if isinstance(f["type"], dict) and f["type"]["type"] == "array"}


__all__ = ["LENGTHS", "CellError", "Column", "HeaderError", "columns_in", "columns_of", "empty_lists", "needed"]
