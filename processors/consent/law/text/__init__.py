"""The words of the law that rules quote: one file a section, with its citation and whose copy was read.

Left-out parts are marked by a line `* * *`. Statutes and regulations are in the public domain.
"""

from functools import cache
from importlib import resources


@cache
def sections() -> tuple[str, ...]:
    """Names of the sections that are here, as `34-cfr-99.30`."""
    files = resources.files(__package__).iterdir()
    return tuple(sorted(file.name.removesuffix(".txt") for file in files if file.name.endswith(".txt")))


@cache
def _lines(section: str) -> tuple[str, str, str]:
    """The first line, the second, and what follows the empty third."""
    whole = resources.files(__package__).joinpath(f"{section}.txt").read_text(encoding="utf-8")
    citation, source, _, words = whole.split("\n", 3)
    return citation, source, words


def citation(section: str) -> str:
    """How the section is cited."""
    return _lines(section)[0]


def source(section: str) -> str:
    """Whose copy the words were read in and when, and how much of the section is here."""
    return _lines(section)[1]


def words(section: str) -> str:
    """What the section says, paragraphs apart by an empty line.

    Raises:
        FileNotFoundError: no words of this section are here, so nothing of it can be quoted.

    """
    return _lines(section)[2]
