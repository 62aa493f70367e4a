"""The code that was likely meant: by how it is written, by what it means, or by another standard that calls it so.

What is told is always a code of the contract, never what was sent: that may be anything, a name or a number too.
"""

import difflib
import functools
import re
from collections.abc import Mapping

from schemas_avro import catalog
from schemas_avro.codes import crosswalks, tables_of

CODES_ALIKE, WORDS_ALIKE = 0.75, 0.8
"""How alike two texts are of which one may stand for the other, as difflib counts."""
LONGEST = 80
"""Characters of a text that is compared: what is longer is no code."""
NUMBER = re.compile(r"0*([0-9]+)")
ORDINAL = re.compile(r"0*([0-9]+)(st|nd|rd|th)")


def near(text: object, family: str, field: str) -> str:
    """The code of a field that a text likely stands for; empty where none does.

    Args:
        text: of a file, whatever it is.
        family: of the row.
        field: of the body.
    """
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST:
        return ""
    if same := meant(text, family, field):
        return same
    known, said = spellings(family, field), _folded(text)
    if not known or not said or NUMBER.fullmatch(said):  # a digit more or less is another code altogether
        return ""
    alike = difflib.get_close_matches(said, known, 1, CODES_ALIKE if len(said) > 3 else WORDS_ALIKE)  # noqa: PLR2004
    return known[alike[0]] if alike and not NUMBER.fullmatch(alike[0]) else ""


def meant(text: str, family: str, field: str) -> str:
    """The code of a field that a text is, written in another form or as another standard has it; empty: none.

    Args:
        text: of a file.
        family: of the row.
        field: of the body.
    """
    return spellings(family, field).get(_folded(text), "")


@functools.cache
def spellings(family: str, field: str) -> Mapping[str, str]:
    """Every way of writing a field's codes that is known, folded, to the code; what stands for several is for none."""
    kind, codes = _codes(family, field)
    found: dict[str, set[str]] = {}
    for code, meaning in codes.items():
        for word in (code, meaning):
            found.setdefault(_folded(word), set()).add(code)
    own = {word: next(iter(those)) for word, those in found.items() if len(those) == 1}
    others: dict[str, set[str]] = {}
    for walk in crosswalks().values():
        for word, code in walk.codes.items() if walk.to == kind else ():
            others.setdefault(_folded(word), set()).add(code)
    return {word: next(iter(those)) for word, those in others.items() if len(those) == 1} | own


def _codes(family: str, field: str) -> tuple[str, Mapping[str, str]]:
    """The name of a field's code set or enum, and its codes with what they mean."""
    if table := tables_of(family).get(field):
        return table.name, table.codes
    name, symbols = catalog.symbols_of(f"families/{family}", field)
    return name, {one: one for one in symbols}


def _folded(text: str) -> str:
    """A text without what is written in many ways: case, hyphens, zeros in front, the end of 9th."""
    said = re.sub(r"[\W_]+", "", text).casefold()
    number = NUMBER.fullmatch(said) or ORDINAL.fullmatch(said)
    return number[1] if number else said
