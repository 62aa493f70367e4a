"""A mapping drafted from a partner's own file, or where there is none an example of one."""

from contextlib import AbstractContextManager
from pathlib import Path

from partners.formats import csv_file, fixed_file, parquet_file
from partners.formats.csv_columns import needed
from partners.formats.fixed_file import Span
from partners.formats.reading import Cursor, FileError
from partners.formats.tables import Table
from partners.mapping.draft import Draft, drafted
from partners.mapping.layouts import spans_in
from partners.mapping.model import Format
from partners.mapping.names import short_names
from partners.mapping.rows import ENDINGS
from schemas_avro.examples import cells

FIRST = ("source_record_id", "subject_token")
LINES_LOOKED_AT = 200


def draft_of(file: Path, partner: str, family: str, layout: Path | None = None, *, has_header: bool = True) -> Draft:
    """Draft the mapping of a file.

    Args:
        file: CSV, TSV, Parquet, or fixed-width text.
        partner: who will publish.
        family: of the rows.
        layout: of fixed-width lines, as ``partners.mapping.layouts`` reads it.
        has_header: whether a CSV file has one.

    Raises:
        FileError: it is no such file, or its first line is no header.
    """
    spans = spans_in(layout) if layout else {}
    form: Format | None = "fixed" if layout else ENDINGS.get(file.suffix.lower())
    if form is None:
        raise FileError(f"{file.name}: its ending is none of {', '.join(ENDINGS)}; fixed-width text needs --layout")
    width = max((span.end for span in spans.values()), default=0)
    width = max(width, _width(file)) if layout else width
    with _opened(file, form, family, spans, width, has_header=has_header) as table:
        return drafted(table, partner, family, form, spans, width, has_header=has_header)


def example_of(partner: str, family: str) -> str:
    """A mapping of a file that nobody has seen: what the family needs, and below it what else an event often says."""
    there = [name for name in cells(family) if name not in {"partner_id", *FIRST}]
    wanted = [*FIRST, *(name for name in needed(family) if name not in FIRST)]
    others = [name for name in there if name not in wanted]
    return "\n".join([
        f"# How columns of your export become fields of {family}: an example, as no export was at hand.",
        "# Write your own columns' names on the right. Or have it drafted from an export:",
        f"#   throughline partner map EXPORT.csv --partner {partner} --family {family} --out mapping.{family}.toml",
        f"# Every field, with how a cell is written: throughline schemas columns {family}",
        "# Code sets: throughline schemas codes. How lines are written: docs/reference.md, Mapping files.",
        f'partner = "{partner}"',
        f'family = "{family}"',
        "",
        "[fields]  # needed; source_record_id is your id of the fact, subject_token your id of the person's record",
        *(f'{_key(name)} = "{name}"' for name in wanted),
        "",
        "# What else an event of this family often says:",
        *(f'# {_key(name)} = "{name}"' for name in others),
        "",
        "# Columns that become no field. One that is nowhere stops the file, so an export that changes is noticed.",
        "[leave_out]",
        "columns = []",
        "",
    ])  # fmt: skip


def _key(name: str) -> str:
    return f'"{name}"' if "." in name else name


def _opened(
    file: Path, form: Format, family: str, spans: dict[str, Span], width: int, *, has_header: bool
) -> AbstractContextManager[Table]:
    if form == "parquet":
        return parquet_file.table(file, Cursor())
    if form == "fixed":
        return fixed_file.table(file, spans, width, Cursor(), is_trimmed=True)
    return csv_file.table(file, set(short_names(family)), Cursor(), has_header=has_header)


def _width(file: Path) -> int:
    """The longest of the first lines."""
    with csv_file.opened(file) as lines:
        return max(
            (
                len(line.rstrip("\r\n"))
                for line, _ in zip(csv_file.bounded(file, lines), range(LINES_LOOKED_AT), strict=False)
            ),
            default=0,
        )
