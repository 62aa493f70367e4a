"""What a person who writes a file is told of its columns: which there are, which are needed, how a cell is written."""

from dataclasses import dataclass

from partners.formats.csv_columns import Column, columns_of, needed
from schemas_avro import catalog
from schemas_avro.cells import FILLED, form_of
from schemas_avro.codes import tables_of


@dataclass(frozen=True)
class Told:
    """One column."""

    name: str
    is_needed: bool
    form: str
    """How a cell is written."""
    meaning: str


def told_of(family: str) -> list[Told]:
    """The columns of a family's file: those needed, the body's, the envelope's, by their shortest names.

    Raises:
        FileNotFoundError: there is no such family.
    """
    short = {column: name for name, column in reversed(columns_of(family).items())}
    lacked = {*needed(family), "subject_token"}
    found = [_told(name, column, lacked, family) for column, name in reversed(short.items())]
    return sorted(found, key=lambda one: (not one.is_needed, one.name not in _body(family)))


def _body(family: str) -> set[str]:
    return {name for name, column in columns_of(family).items() if column.path[0] == "body"}


def _told(name: str, column: Column, lacked: set[str], family: str) -> Told:
    source = "envelope" if column.path[0] == "envelope" else f"families/{family}"
    field = next(f for f in catalog.read(source)["fields"] if f["name"] == column.path[1])
    is_needed = column.path[1] in lacked
    form = "text" if column.inner else form_of(field["type"], catalog.symbols_of(source, field["name"])[1])
    if table := tables_of(family).get(column.path[1]) if column.path[0] == "body" else None:
        form = f"code of {table.name}"
    filled = "Filled by rule where left out. " if column.path[1] in FILLED else ""
    return Told(name, is_needed, form, filled + str(field["doc"]))
