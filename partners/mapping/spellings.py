"""How the cells of a column are written, as its line of a draft says it, and what an engineer is told beside it."""

from dataclasses import dataclass

from partners.formats.csv_columns import Column
from partners.mapping.cells import KEYS, scale_of
from partners.mapping.code_tables import CodeTable, code_table
from partners.mapping.forms import Form
from partners.mapping.kinds import kind_of
from partners.mapping.toml_text import text, texts

SSN_DIGITS = 9
ENDS = ("_end", "_to", "exit_date", "until")
"""Ends of fields that are the last day of a month or quarter."""


@dataclass(frozen=True)
class Spelling:
    """Of a column."""

    keys: tuple[str, ...] = ()
    """What its line says beside the column's name."""
    told: tuple[str, ...] = ()
    """What stands behind the line."""
    codes: CodeTable | None = None
    """Of a column of codes: what becomes of them."""

    def of(self, column: str) -> str:
        """The line's right side."""
        return f"{{ column = {text(column)}, {', '.join(self.keys)} }}" if self.keys else text(column)


def spelling_of(form: Form, column: Column, family: str) -> Spelling:
    """How the cells of a column become a field.

    Args:
        form: of the cells.
        column: the field.
        family: of the rows.
    """
    kind = kind_of(family, column)
    if not form.cells:
        return Spelling()
    if kind in {"day", "time"}:
        return _date(form, column, is_time=kind == "time")
    if kind == "scaled":
        return _number(form, column)
    if kind == "flag" and not form.words <= {"true", "false"}:
        return Spelling((f"yes = {texts(form.yes or ('Y',))}", f"no = {texts(form.no or ('N',))}"))
    if codes := code_table(form, column, family):
        return Spelling(codes.keys, codes.told, codes)
    return _id(form, column)


def _number(form: Form, column: Column) -> Spelling:
    """Of decimals that a whole number holds."""
    scale = scale_of(column.path[1])
    told = f"see that its whole numbers have {scale} decimals in them, else say decimal = true"
    return Spelling(("decimal = true",)) if form.is_decimal else Spelling(told=(told,))


def _id(form: Form, column: Column) -> Spelling:
    is_asked = column.path[1] in KEYS and form.digits == SSN_DIGITS
    return Spelling(
        ("digits = true",) if column.inner == "SSN" and form.has_ssn else (),
        ("nine digits: see that it is no social security number",) if is_asked else (),
    )


def _date(form: Form, column: Column, *, is_time: bool) -> Spelling:
    """Of a day or time: its pattern, and what is to be told."""
    if not form.dates:
        return Spelling(told=('its cells are days in no one form; say it, as date = "M/D/YYYY"',))
    pattern = form.dates[0]
    if is_time and "HH" not in pattern:
        return Spelling()
    told = []
    if len(form.dates) > 1:
        told.append(f"which is the month? no day is beyond 12, so it may be {form.dates[1]}")
    elif form.by_others:
        told.append("which is the month is told by the file's other days alone")
    if "YYYY" not in pattern:
        told.append("69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068")
    if form.odd:
        told.append(f'{form.odd} of {form.cells} cells are written otherwise: mend them, or say empty = ["…"]')
    if is_time:
        told.insert(0, "see that this is the zone of its clock")
        return Spelling((f"date = {text(pattern)}", 'zone = "America/Los_Angeles"'), tuple(told))
    keys = [] if pattern == "YYYY-MM-DD" else [f"date = {text(pattern)}"]
    if "D" not in pattern:
        keys.append(f'day = "{"last" if column.path[1].endswith(ENDS) else "first"}"')
    return Spelling(tuple(keys), tuple(told))
