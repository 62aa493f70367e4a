"""Tables on standard output, the one place: no value is ever cut, on a narrow terminal as little as in a pipe.

Where nobody looks on, a table is as wide as it needs to be. On a terminal its cells are folded between words; where
even that has no room, each row is its first value, whole, on a line of its own, and the others below it.
"""

import textwrap
from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

BORDER, PADDING = 1, 3
"""Characters that a table takes besides its cells: once, and for each column."""
INDENT = "  "
PLAIN = {"", "what it is"}
"""Headings of cells that say what they are without them."""


def show(columns: Sequence[str], rows: Sequence[Sequence[str]], style: Callable[[str], str] = lambda _: "") -> None:
    """Print a table; the first column is what a row is called by.

    Args:
        columns: their headings.
        rows: a cell for each column.
        style: rich's style of a cell in the first column.
    """
    console = Console()
    widths = fitting([columns, *rows], console.width if console.is_terminal else None)
    if widths is None:
        console.print(*_listed(columns, rows, console.width), sep="\n", markup=False, highlight=False, soft_wrap=True)
        return
    table = Table(*(Column(Text(name), width=width) for name, width in zip(columns, widths, strict=True)))
    for first, *rest in rows:
        table.add_row(Text(first, style(first)), *(Text(cell) for cell in rest))
    Console(width=BORDER + sum(widths) + PADDING * len(widths)).print(table)


def fits(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a table has room where it would be printed: without cutting a word, and always where nobody looks on."""
    console = Console()
    return fitting([columns, *rows], console.width if console.is_terminal else None) is not None


def fitting(lines: Sequence[Sequence[str]], room: int | None) -> list[int] | None:
    """Widths of a table's columns.

    Args:
        lines: headings and rows.
        room: characters that the whole may take; None: any number.

    Returns:
        None where a word would have to be cut.
    """
    cells = list(zip(*lines, strict=True))
    widths = [max(cell_len(cell) for cell in column) for column in cells]
    least = [max((cell_len(w) for cell in column for w in cell.split()), default=0) for column in cells]
    if room is None:
        return widths
    room -= BORDER + PADDING * len(widths)
    if sum(least) > room:
        return None
    while sum(widths) > room:
        widest = max(range(len(widths)), key=lambda i: (widths[i] > least[i], widths[i]))
        widths[widest] -= 1
    return widths


def _listed(columns: Sequence[str], rows: Sequence[Sequence[str]], room: int) -> list[str]:
    """Rows without a table: of each the first value, and below it the others by name, those that are not empty."""
    found = []
    for first, *rest in rows:
        told = ". ".join(_said(name, cell) for name, cell in zip(columns[1:], rest, strict=True) if cell)
        found += [first, *_wrapped(told, room)]
    return found


def _said(name: str, cell: str) -> str:
    return cell if name in PLAIN else f"{name[0].upper()}{name[1:]}: {cell}"


def _wrapped(text: str, room: int) -> list[str]:
    return textwrap.wrap(
        text, room, initial_indent=INDENT, subsequent_indent=INDENT, break_long_words=False, break_on_hyphens=False
    )
