"""What a level of a Splink comparison asks of a pair, read from its SQL, and which levels of ours meet it."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from processors.resolve.matching.splink_meanings import ADDRESS, COLUMNS, ZIP, Meaning

_NAMED = {column: trait for trait, columns in COLUMNS.items() for column in columns}
_DAYS = {"second": 1 / 86_400, "day": 1.0, "month": 30.4375, "year": 365.25}
JARO_BELOW = 0.03
"""By how much Jaro's similarity of alike names is less than Jaro's and Winkler's."""


@dataclass(frozen=True)
class Test:
    """One condition on a pair."""

    traits: frozenset[str]
    """Of ours, that it is about."""
    kind: str
    """What must hold, or what is measured: likeness, jaro, edits, days."""
    limit: float = 0.0

    def is_met(self, meaning: Meaning) -> bool:
        """Whether pairs of this meaning meet it."""
        if self.kind == "likeness":
            return meaning.likeness >= self.limit
        if self.kind == "jaro":
            return meaning.likeness == 1 or meaning.likeness - JARO_BELOW >= self.limit
        if self.kind == "edits":
            return meaning.edits <= self.limit
        if self.kind == "days":
            return meaning.days <= self.limit
        return self.kind in meaning.holds


All = frozenset[Test]
"""Conditions that must hold together; none: anything meets them."""
Condition = frozenset[All]
"""Of which one must hold."""
OTHERWISE: Condition = frozenset({All()})


def is_met(condition: Condition, meaning: Meaning) -> bool:
    """Whether pairs of a meaning meet a condition."""
    return any(all(test.is_met(meaning) for test in tests) for tests in condition)


def about(condition: Condition, trait: str) -> Condition:
    """What a condition asks of one trait; where that is nothing in one of its ways, ``OTHERWISE``."""
    wanted = {trait, ZIP} if trait == ADDRESS else {trait}
    found = frozenset(All(test for test in tests if wanted & test.traits) for tests in condition)
    return OTHERWISE if All() in found else found


def traits_of(conditions: Iterable[Condition]) -> set[str]:
    """Traits that conditions are about; ``ZIP`` is one of its own where no other part of an address is asked for."""
    found = {trait for condition in conditions for tests in condition for test in tests for trait in test.traits}
    return found - {ZIP} if ADDRESS in found else found


def condition_of(sql: str) -> Condition:
    """Read the SQL of a level.

    Raises:
        ValueError: it is not understood; says why, for the end of a line.
    """
    text = re.sub(r'["`]', "", sql).strip().lower()
    text = re.sub(r"\s+", " ", text)
    return OTHERWISE if text == "else" else frozenset(_read(text))


def _read(text: str) -> Iterator[All]:
    """The ways in which a text in lower case can hold."""
    text = _bared(text)
    if len(ways := _split(text, " or ")) > 1:
        for way in ways:
            yield from _read(way)
    elif len(parts := _split(text, " and ")) > 1:
        found = [All()]
        for part in parts:
            found = [one | more for one in found for more in _read(part)]
        yield from found
    else:
        yield All([_test(text)])


def _split(text: str, word: str) -> list[str]:
    """Parts of a text between a word, where that stands in no parentheses."""
    parts, depth, begin = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if not depth and text.startswith(word, place):
            parts.append(text[begin:place].strip())
            begin = place + len(word)
    return [*parts, text[begin:].strip()]


def _bared(text: str) -> str:
    """Without parentheses around all of it."""
    while text.startswith("(") and text.endswith(")") and _is_closed(text[1:-1]):
        text = text[1:-1].strip()
    return text


def _is_closed(text: str) -> bool:
    """Whether every parenthesis closes one that was opened before it."""
    return min(accumulate(((letter == "(") - (letter == ")") for letter in text), initial=0)) == 0


_COLUMN = re.compile(r"\b([a-z]\w*?)_([lr])\b")
_LIMIT = re.compile(r"(?P<what>.+?) ?(?P<sign>>=|<=|>|<) ?(?P<limit>[0-9.]+(?:e[0-9]+)?)")
_PHONETIC = re.compile(r"_(dm|metaphone|dmetaphone|soundex)$")
_LIST = re.compile(r"_(arr|array|list|tokens|nicknames|aliases)$")


def _test(text: str) -> Test:
    columns = {name for name, _ in _COLUMN.findall(text)}
    traits = {_trait(column) for column in columns}
    if not traits:
        raise ValueError("its SQL names no column")
    if ZIP in traits:
        return _one_column(traits, ZIP if _COLUMN.sub("it", text) == "it = it" else "similar_zip")
    if re.match(r"(list_has_any|arrays_overlap)\(", text):
        return _one_column(traits, _list_kind(columns))
    if measured := _LIMIT.fullmatch(text):
        return _measured(measured, columns, traits)
    sides = _split(text, "=")
    if len(sides) != 2:  # noqa: PLR2004  # of an equation
        raise ValueError("its SQL is of no kind that is known")
    return _equal(sides[0], sides[1], traits)


def _trait(column: str) -> str:
    plain = _LIST.sub("", _PHONETIC.sub("", column))
    if plain not in _NAMED:
        raise ValueError(f"the column {column} is no trait that is compared here")
    return _NAMED[plain]


def _one_column(traits: set[str], kind: str, limit: float = 0.0) -> Test:
    if len(traits) > 1:
        raise ValueError("it compares one column with another in a way that is not known")
    return Test(frozenset(traits), kind, limit)


def _list_kind(columns: set[str]) -> str:
    return "sounds" if any(map(_PHONETIC.search, columns)) else "shared"


_MEASURES: tuple[tuple[str, str, str], ...] = (
    (r"jaro_winkler(_similarity)?\(", ">=", "likeness"),
    (r"jaro(_similarity|_sim)?\(", ">=", "jaro"),
    (r"(damerau_)?levenshtein\(", "<=", "edits"),
    (r"abs ?\(.*(epoch|unix_timestamp)", "<=", "days"),
    (r"(abs ?\( ?)?date_?diff ?\(", "<=", "days"),
    (r"(array_length|len|size|cardinality|array_size) ?\( ?(list|array)_intersect ?\(", ">=", "list"),
)
"""How a measure's SQL begins in the dialects of Splink, on which side of its limit it is met, what it measures."""


def _measured(found: re.Match[str], columns: set[str], traits: set[str]) -> Test:
    what, sign, limit = found["what"], found["sign"], float(found["limit"])
    for begin, side, kind in _MEASURES:
        if re.match(begin, what) and sign[0] == side[0]:
            if kind == "days":
                return _one_column(traits, kind, limit * _unit(what))
            if kind == "list":  # of more than one element in common no level but the exact one is sure
                return _one_column(traits, _list_kind(columns) if limit <= 1 else "same")
            if kind == "edits" and sign == "<":
                limit -= 1
            return _one_column(traits, kind, limit)
    raise ValueError("its measure is none that is known")


def _unit(what: str) -> float:
    named = re.search(r"diff ?\( ?'?(day|month|year)", what)
    return _DAYS[named[1]] if named else _DAYS["second" if re.search("epoch|unix_timestamp", what) else "day"]


def _equal(left: str, right: str, traits: set[str]) -> Test:
    one, other = _COLUMN.findall(left), _COLUMN.findall(right)
    if {side for _, side in one} == {side for _, side in other}:
        raise ValueError("its SQL does not compare one record with the other")
    if {name for name, _ in one} == {name for name, _ in other}:
        if _COLUMN.sub("it", left) == _COLUMN.sub("it", right):
            return _one_column(traits, _part(_COLUMN.sub("it", left), *traits))
        if traits == {"born"}:
            return Test(frozenset(traits), "swapped")
    if traits == {"given", "surname"}:
        return Test(frozenset(traits), "crossed")
    if traits == {"given", "middle"}:
        return Test(frozenset({"given"}), "other_middle")
    raise ValueError("it compares one column with another in a way that is not known")


_WHOLE = re.compile(r"\b(lower|upper|trim|cast|date|varchar|string|as|try_strptime|try_cast|strptime|nullif|it)\b")
_FORMAT = re.compile(r"'[-%\w/]*'")
_PARTS: tuple[tuple[str, Callable[[str], bool], str], ...] = (
    ("born", lambda text: bool(re.search(r"year|(substr|substring|left)\(.*\b(1, ?)?4\)$|\{4\}", text)), "year"),
    ("email", lambda text: ("[^@]+'" in text and "@(" not in text) or "'@', 1)" in text, "name"),
    ("email", lambda text: "@" in text, "domain"),
    *(
        (trait, lambda text: bool(re.fullmatch(r"(substr|substring|left)\(it, (1, )?1\)", text)), "initial")
        for trait in ("given", "surname", "middle")
    ),
)
"""By trait: what is done with a value before it is compared, and what then is."""


def _part(text: str, trait: str) -> str:
    """What is compared where both sides do the same with a value."""
    if not re.sub(r"[(), ]", "", _WHOLE.sub("", _FORMAT.sub("", text))):
        return "same"
    for of, is_so, kind in _PARTS:
        if of == trait and is_so(text):
            return kind
    raise ValueError("what its SQL does with a value is not known")
