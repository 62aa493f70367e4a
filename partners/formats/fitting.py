"""What fields of a valid row say that cannot be, alone or together: told before it is sent, as the gate would after."""

import functools
import re
from collections.abc import Iterator

from partners.events import ids_like_ssn
from partners.formats.faults import Code, Fault
from partners.formats.near import near
from partners.rows import Row, logical_fields
from schemas_avro import catalog
from schemas_avro.codes import tables_of
from schemas_avro.rules import BOUNDS, IN_ORDER, PARTS, REVEALS

NUMBER = re.compile(r"[+-]?\d+(\.\d*)?")


def faults(row: Row, family: str) -> Iterator[Fault]:
    """All of them; of a retraction what it says together is not asked, as it may take back just this.

    Args:
        row: physical and whole.
        family: of the row.
    """
    envelope, body = row["envelope"], row["body"]
    for name in ids_like_ssn(row):
        yield Fault(Code.SSN_IN_TEXT, f"envelope.{name}")
    for name, low, high in _bounds(family):
        if body[name] is not None and not low <= body[name] <= high:
            yield Fault(Code.NUMBER_OUT_OF_RANGE, f"body.{name}", f"from {low} to {high}")
    for name, table in tables_of(family).items():
        if body[name] is not None and not table.takes(body[name]):
            yield Fault(Code.NOT_IN_CODE_SET, f"body.{name}", near=near(body[name], family, name))
    if envelope["operation"] != "retract":
        yield from _together(row, family)


def unlisted(body: Row, family: str) -> tuple[str, ...]:
    """Fields with a code that their table lacks, where it is known to lack some."""
    return tuple(
        [name for name, table in tables_of(family).items() if body[name] is not None and body[name] not in table.codes]
    )


@functools.cache
def _bounds(family: str) -> tuple[tuple[str, int, int], ...]:
    names = [field["name"] for field in catalog.read(f"families/{family}")["fields"]]
    return tuple((name, *BOUNDS[name]) for name in names if name in BOUNDS)


def _together(row: Row, family: str) -> Iterator[Fault]:
    body = row["body"]
    for first, last in IN_ORDER.get(family, ()):
        if body[first] is not None and body[last] is not None and body[last] < body[first]:
            yield Fault(Code.DATES_OUT_OF_ORDER, f"body.{last}", f"it is before {first}")
    for part, whole in PARTS.get(family, ()):
        if body[part] is not None and body[whole] is not None and body[part] > body[whole]:
            yield Fault(Code.NUMBER_OUT_OF_RANGE, f"body.{part}", f"at most {whole}")
    if family in REVEALS:
        field, told = REVEALS[family]
        category = told.get(body[field])
        if category is not None and category not in row["envelope"]["data_categories"]:
            yield Fault(
                Code.CATEGORY_MISSING, "envelope.data_categories", f"{field} tells of {category}; name it there"
            )


def bare_numbers(filled: Row, family: str) -> Iterator[Fault]:
    """Days and times that are a number, which the models would take for seconds since 1970.

    Args:
        filled: JSON values of a row, envelope and body.
        family: of the row.
    """
    for part, kinds in logical_fields(family).items():
        for name, kind in kinds.items():
            value = filled[part].get(name)
            if isinstance(value, str) and NUMBER.fullmatch(value):
                yield Fault(Code.BAD_DATE if kind == "date" else Code.BAD_TIME, f"{part}.{name}")
