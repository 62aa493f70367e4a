"""What the cells of a column look like: their form, and never a cell. Of the first rows alone."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from partners.events import SSN
from partners.mapping.dates import NAMES

MONTH = f"(?i:{'|'.join(NAMES)})"
DATES = {
    r"\d{4}-\d{2}-\d{2}": ("YYYY-MM-DD",),
    r"\d{1,2}/\d{1,2}/\d{4}": ("M/D/YYYY", "D/M/YYYY"),
    r"\d{1,2}-\d{1,2}-\d{4}": ("M-D-YYYY", "D-M-YYYY"),
    r"\d{1,2}\.\d{1,2}\.\d{4}": ("D.M.YYYY", "M.D.YYYY"),
    r"\d{1,2}/\d{1,2}/\d{2}": ("M/D/YY", "D/M/YY"),
    r"\d{1,2}-\d{1,2}-\d{2}": ("M-D-YY", "D-M-YY"),
    r"\d{1,2}\.\d{1,2}\.\d{2}": ("D.M.YY", "M.D.YY"),
    rf"\d{{1,2}}-{MONTH}-\d{{4}}": ("D-MMM-YYYY",),
    rf"\d{{1,2}}-{MONTH}-\d{{2}}": ("D-MMM-YY",),
    rf"\d{{1,2}} {MONTH} \d{{4}}": ("D MMM YYYY",),
    rf"\d{{1,2}}{MONTH}\d{{4}}": ("DMMMYYYY",),
    r"\d{4}/\d{2}/\d{2}": ("YYYY/MM/DD",),
    r"(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d|3[01])": ("YYYYMMDD",),
    r"(0[1-9]|1[0-2])([0-2]\d|3[01])(19|20)\d{2}": ("MMDDYYYY",),
    r"(19|20)\d{2}-?Q[1-4]": ("YYYY'Q'Q", "YYYY-'Q'Q"),
    r"(19|20)\d{2}[1-4]": ("YYYYQ",),
    r"(19|20)\d{2}-\d{2}": ("YYYY-MM",),
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}": ("YYYY-MM-DDTHH:mm:ss",),
    r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}": ("YYYY-MM-DD HH:mm:ss",),
}
"""Patterns that a day may be written in, likelier ones first, by what its cells match."""
YES = ("Y", "YES", "T", "1")
NO = ("N", "NO", "F", "0")
DECIMAL = re.compile(r"-?\$?[\d,]*\.\d+")
NUMBER = re.compile(r"-?\$?[\d,]*\.?\d+")
MOST_MONTH = 12
MOST = 0.6
"""Of the different cells, that are days or numbers before a column is one of them."""


@dataclass(frozen=True)
class Form:
    """Of a column."""

    cells: int = 0
    """That say something, of those looked at."""
    dates: tuple[str, ...] = ()
    """Patterns that most of them are written in, likelier ones first; empty: they are no days."""
    odd: int = 0
    """Cells that are written in none of them."""
    has_days: bool = False
    """Some cells are days, in one form or several."""
    by_others: bool = False
    """Which is the month was told by other columns alone."""
    is_decimal: bool = False
    """Most of them numbers, some with a point."""
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    """The usual words for yes and no, where all are such."""
    digits: int | None = None
    """How many digits all of them have and nothing else."""
    are_different: bool = True
    """No two of them are the same."""
    has_ssn: bool = False
    """One of them has what looks like a social security number."""
    words: frozenset[str] = field(default=frozenset(), repr=False)
    """The different cells, where they are few; not to be shown."""


FEW = 40


def form_of(cells: Iterable[str]) -> Form:
    """The form of a column's cells."""
    said = [cell.strip() for cell in cells if cell.strip()]
    if not said:
        return Form()
    different = sorted(set(said))
    are_flags = {cell.upper() for cell in different} <= {*YES, *NO}
    lengths = {len(cell) for cell in different if cell.isascii() and cell.isdigit()}
    dates, dated = _dates(different)
    are_numbers = all(cell.isascii() and cell.isdigit() for cell in different)
    return Form(
        cells=len(said),
        dates=dates,
        odd=sum(cell not in dated for cell in said) if dates else 0,
        has_days=any(re.fullmatch(form, cell) for cell in different for form in DATES),
        is_decimal=any(DECIMAL.fullmatch(cell) for cell in different)
        and sum(bool(NUMBER.fullmatch(cell)) for cell in different) >= MOST * len(different),
        yes=tuple(cell for cell in different if cell.upper() in YES) if are_flags else (),
        no=tuple(cell for cell in different if cell.upper() in NO) if are_flags else (),
        digits=lengths.pop() if are_numbers and len(lengths) == 1 else None,
        are_different=len(different) == len(said),
        has_ssn=any(SSN.search(cell) for cell in said),
        words=frozenset(different) if len(different) <= FEW else frozenset(),
    )


def settled(looks: Mapping[str, Form]) -> Mapping[str, Form]:
    """The forms of a file's columns, where days that say which is the month say it of those that do not."""
    sure = {form.dates[0] for form in looks.values() if len(form.dates) == 1}
    orders = {one[0] for one in sure if one[0] in "MD" and "MMM" not in one}
    if len(orders) != 1:
        return looks
    return {name: _settled(form, *orders) for name, form in looks.items()}


def _settled(form: Form, order: str) -> Form:
    own = tuple(one for one in form.dates if one[0] == order)
    return replace(form, dates=own, by_others=True) if own and len(form.dates) > 1 else form


def _dates(cells: Sequence[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """The patterns that most of the cells are written in, and those cells; none: they are no days."""
    written = {patterns: [cell for cell in cells if re.fullmatch(form, cell)] for form, patterns in DATES.items()}
    patterns, dated = max(written.items(), key=lambda one: len(one[1]))
    if len(dated) < MOST * len(cells):
        return (), frozenset()
    return _possible(dated, patterns), frozenset(dated)


def _possible(cells: Sequence[str], patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Of two patterns those that no cell speaks against, or fewest do: no month is beyond twelve."""
    if patterns[0].startswith("YYYY"):
        return tuple(one for one in patterns if ("-" in one) == ("-" in cells[0]))[:1] or patterns[:1]
    if len(patterns) == 1:
        return patterns
    numbers = [[int(part) for part in re.findall(r"\d+", cell)[:2]] for cell in cells]
    against = {
        "M": sum(first > MOST_MONTH for first, _ in numbers),
        "D": sum(second > MOST_MONTH for _, second in numbers),
    }
    return tuple(one for one in patterns if against[one[0]] == min(against.values()))
