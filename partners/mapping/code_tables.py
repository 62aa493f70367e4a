"""Drafts what the codes of a partner's column are in the contract: by a table that ships, or by one of the file's own.

A column's cells stand in such a table only where it is one of codes: few different ones, and none that looks like an
id, a number of social security, a day, an address or, unless it is said over and over, a person's name.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from partners.events import SSN
from partners.formats.csv_columns import Column
from partners.formats.near import meant, near, spellings
from partners.mapping.forms import DATES, FEW, Form
from partners.mapping.kinds import kind_of, symbols_of
from partners.mapping.toml_text import key, text
from partners.profile.texts import EMAIL, NAME, PHONE
from schemas_avro.codes import CodeSet, crosswalks, tables_of
from streams.toml_file import FILL_IN

LONGEST = 40
"""Characters of a cell that may be a code."""
ID = re.compile(r"\d{5}")
OFTEN = 4
"""Rows that say each of what is written as names are, before it is taken for codes."""


@dataclass(frozen=True)
class CodeTable:
    """What is drafted of a column of codes."""

    keys: tuple[str, ...] = ()
    """What its line says beside the column's name."""
    told: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    """Of the table that the keys name, where that is one of the file's own."""
    open: int = 0
    """Codes that an engineer has to fill in."""
    share: float = 1.0
    """Of the different cells, those that are known."""


@dataclass(frozen=True)
class _Set:
    """The codes that a field takes."""

    family: str
    column: Column
    symbols: Sequence[str]
    table: CodeSet | None

    @property
    def told(self) -> str:
        """Where they are to be found."""
        if self.table is None:
            return f"ours are {', '.join(self.symbols)}"
        return f"ours: `throughline schemas codes {self.table.name}` (version {self.table.version})"

    def takes(self, cell: str) -> bool:
        return cell in self.symbols if self.table is None else self.table.takes(cell)

    def known(self, cell: str) -> str:
        """The code that a cell is, in another form or by another standard; empty: none."""
        if self.column.path[0] != "body":
            return ""
        own = self.column.path[1]
        bare = " ".join(word for word in cell.split() if word.casefold() not in own.split("_"))
        return meant(cell, self.family, own) or meant(bare, self.family, own)

    def guess(self, cell: str) -> str:
        """The code that a cell is likeliest to be; empty: none is near, or a digit tells it from others."""
        if self.column.path[0] != "body" or any(map(str.isdigit, cell)):
            return ""
        own = self.column.path[1]
        begin = "".join(one for one in cell if one.isalnum()).casefold()
        words = spellings(self.family, own) if begin else {}
        begun = {code for word, code in words.items() if word.startswith(begin)}
        return near(cell, self.family, own) or (begun.pop() if len(begun) == 1 else "")


def code_table(form: Form, column: Column, family: str) -> CodeTable | None:
    """What becomes of a column's codes; None: its field takes no codes.

    Args:
        form: of the column's cells.
        column: the field.
        family: of the rows.
    """
    table = tables_of(family).get(column.path[1]) if column.path[0] == "body" else None
    symbols = symbols_of(family, column) if kind_of(family, column) == "enum" else ()
    if not symbols and table is None:
        return None
    codes = _Set(family, column, symbols, table)
    if not form.words:
        return _none(f"more than {FEW} different cells", codes)
    if all(map(codes.takes, form.words)):
        lacks = [cell for cell in form.words if table is not None and cell not in table.codes]
        told = f"{len(lacks)} of {len(form.words)} different codes our table lacks: carried as they are; {codes.told}"
        return CodeTable(told=(told,) if lacks else (), share=1 - len(lacks) / len(form.words))
    if ships := _that_ships(form, codes):
        return CodeTable((f"codes = {text(ships)}",))
    return _own(form, codes)


def _that_ships(form: Form, codes: _Set) -> str | None:
    """The table that ships with all codes of a column, and only such of ours as the field takes."""
    for name, walk in sorted(crosswalks().items()):
        ours = set(walk.codes.values())
        is_for = ours <= set(codes.symbols) if codes.table is None else walk.to == codes.table.name
        if is_for and form.words <= set(walk.codes):
            return name
    return None


def _none(why: str, codes: _Set) -> CodeTable:
    """No table: the column may be none of codes."""
    told = f"{why}: is it a column of codes? {codes.told}"
    return CodeTable(("codes = {}",) if codes.symbols else (), (told,), share=0.0)


def _own(form: Form, codes: _Set) -> CodeTable:
    """A table of the file's own: each cell with the code that it is, or likely is, or to be filled in."""
    said = sorted(cell for cell in form.words if codes.takes(cell) or _may_be_shown(cell, form))
    if not said:
        return _none("no cell looks like a code", codes)
    known: Mapping[str, str] = {cell: cell if codes.takes(cell) else codes.known(cell) for cell in said}
    lines, guessed, open_ = [], 0, 0
    for cell in said:
        code = known[cell] or codes.guess(cell)
        guessed += bool(code) and not known[cell]
        open_ += not code
        lines.append(f"{key(cell)} = {text(code or FILL_IN)}" + ("  # a guess" if code and not known[cell] else ""))
    name, hidden = codes.column.path[1], len(form.words) - len(said)
    clear = len(said) - guessed - open_
    told = [f"{clear} of {len(form.words)} different cells are known"]
    told += [f"{guessed} guessed"] if guessed else []
    told += [f"{open_} to be filled in"] if open_ else []
    told += [f"{hidden} look like no codes and are not shown"] if hidden else []
    head = [
        f"[codes.{name}]  # {codes.told}",
        '# what is none of these: take it out here, and name it in empty = ["…"] above',
    ]
    return CodeTable(
        (f"codes = {text(name)}",),
        (f"{', '.join(told)}: see [codes.{name}]",),
        (*(head if open_ else head[:1]), *lines),
        open_,
        clear / len(form.words),
    )


def _may_be_shown(cell: str, form: Form) -> bool:
    """Whether a cell may stand in a draft: it looks like a code, and like nothing about a person."""
    patterns = (SSN, ID, EMAIL, PHONE)
    if len(cell) > LONGEST or not cell.isprintable() or any(pattern.search(cell) for pattern in patterns):
        return False
    if any(re.fullmatch(pattern, cell) for pattern in DATES):
        return False
    return not NAME.fullmatch(cell) or form.cells >= OFTEN * len(form.words)
