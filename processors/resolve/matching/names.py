"""Names as they are compared: folded to plain capitals, tokens, nicknames, suffixes."""

import functools
import json
import re
import unicodedata
from importlib import resources

from nicknames import NickNamer

PARTICLES = frozenset({"DE", "LA", "DEL", "LOS", "LAS", "VAN", "VON", "DER", "DEN", "DA", "DOS", "Y"})
SUFFIXES = {
    "JR": "JR", "JUNIOR": "JR", "SR": "SR", "SENIOR": "SR",
    "II": "II", "2ND": "II", "III": "III", "3RD": "III", "IV": "IV", "4TH": "IV",
}  # fmt: skip
ABBREVIATED = {"MA": "MARIA", "GPE": "GUADALUPE", "FCO": "FRANCISCO", "JNO": "JOHN", "WM": "WILLIAM"}
GIVEN_TOKENS = 2
"""Of a given name: a third says nothing that the middle name does not."""
CACHED = 1 << 16
_UNSEEN = {"Mn", "Mc", "Me", "Cf"}
"""Unicode categories: combining marks; zero-width characters and changes of direction."""
_APOSTROPHES = str.maketrans(
    "", "", "'\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}"
)


def plain(text: str) -> str:
    """Upper case, without accents, apostrophes and what cannot be seen; all but letters and digits become spaces."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c) not in _UNSEEN)
    return " ".join(re.sub(r"[^A-Z0-9]", " ", text.upper().translate(_APOSTROPHES)).split())


@functools.lru_cache(CACHED)
def given_of(text: str) -> str:
    """A given name: its first tokens without particles, abbreviations written out."""
    tokens = plain(text).split()
    kept = [ABBREVIATED.get(token, token) for token in tokens if token not in PARTICLES] or tokens
    return " ".join(kept[:GIVEN_TOKENS])


@functools.lru_cache(CACHED)
def surname_of(text: str) -> tuple[str, str]:
    """A surname's tokens without particles, and the suffix that stands behind them, if any."""
    tokens = plain(text).split()
    suffix = SUFFIXES.get(tokens[-1], "") if len(tokens) > 1 else ""
    if suffix:
        tokens.pop()
    kept = [token for token in tokens if token not in PARTICLES] or tokens
    return " ".join(kept), suffix


@functools.lru_cache(CACHED)
def middle_of(text: str) -> str:
    """A middle name: its first token."""
    return plain(text).partition(" ")[0]


@functools.lru_cache(CACHED)
def suffix_of(text: str) -> str:
    """A suffix in its short form; empty where it is none."""
    return SUFFIXES.get(plain(text), "")


@functools.cache
def nicknames() -> dict[str, str]:
    """Canonical given name by nickname, of our own file."""
    text = resources.files("schemas_avro").joinpath("nicknames.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@functools.cache
def _written_out() -> frozenset[str]:
    """Names that our own file has nicknames of."""
    return frozenset(nicknames().values())


@functools.cache
def _namer() -> NickNamer:
    return NickNamer()


@functools.lru_cache(CACHED)
def known_as(token: str) -> frozenset[str]:
    """A given name and the names that it may be short for."""
    found = {token, nicknames().get(token, token)}
    of_library = {name.upper() for one in found for name in _namer().canonicals_of(one.lower())}
    if token in _written_out():
        of_library -= nicknames().keys()  # which has William and Robert both short for Bill
    return frozenset(found | of_library)


@functools.lru_cache(CACHED)
def canonical(token: str) -> str:
    """One name for a given name and what it is short for; where that is several, the first of the alphabet."""
    return token if token in _written_out() else nicknames().get(token) or min(known_as(token))
