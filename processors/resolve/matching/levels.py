"""Pairs of descriptions compared: of each trait the level at which two agree, 0 where either is not known.

Comparison levels after Fellegi and Sunter, "A Theory for Record Linkage" (JASA 1969), as Splink has them. Similarity of
strings is rapidfuzz's. A given name and a surname in each other's place are one level of both.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from processors.resolve.matching.columns import NO_NEAR_HASH, Codes, Columns, Vocabulary
from processors.resolve.matching.description import OTHERS_END
from processors.resolve.matching.names import known_as
from processors.resolve.matching.numbers import MASKED, SORTED

LEVELS: dict[str, tuple[str, ...]] = {
    "given": (
        "exact", "nickname", "similar", "initial", "other_middle", "weak", "differ", "crossed", "token",
        "middle_initial",
    ),
    "surname": ("exact", "token", "cut_off", "similar", "weak", "differ", "crossed"),
    "middle": ("exact", "initial", "similar", "differ"),
    "born": ("exact", "day_and_month", "one_digit", "two_parts", "year", "differ", "generation"),
    "number": ("exact", "typing_error", "differ"),
    "address": ("exact", "street", "similar", "zip", "differ"),
    "email": ("exact", "name", "differ"),
    "phone": ("exact", "differ"),
    "sex": ("exact", "differ"),
    "suffix": ("exact", "differ"),
    "other": ("exact", "differ"),
    "source": ("other_source", "other_record"),
    "multiple_birth": ("told",),
}  # fmt: skip
"""By trait: names of its levels from 1 on."""
TRAITS = tuple(LEVELS)
Matrix = NDArray[np.uint8]
"""A row a pair, a column a trait."""
Mask = NDArray[np.bool_]
Places = NDArray[np.signedinteger]
"""Of descriptions in their columns."""
CACHED = 1 << 17
SIMILAR, WEAK, SIMILAR_SURNAME, SIMILAR_STREET, FAINT_STREET = 0.92, 0.82, 0.92, 0.85, 0.7
SIMILAR_ENOUGH = 2
"""Of the levels of streets."""
LONG = 4
"""Letters from which on one wrong letter, or a cut-off end, is likelier an error than another name."""
GENERATION = 15
"""Years from which on two who share a birthday are likelier parent and child than a digit that is wrong."""


class Given:
    """Levels of given names."""

    EXACT, NICKNAME, SIMILAR, INITIAL, OTHER_MIDDLE, WEAK, DIFFER, CROSSED, TOKEN, MIDDLE_INITIAL = range(1, 11)
    GOOD = (EXACT, NICKNAME, SIMILAR, TOKEN)


class Surname:
    """Levels of surnames."""

    EXACT, TOKEN, CUT_OFF, SIMILAR, WEAK, DIFFER, CROSSED = range(1, 8)


class Middle:
    """Levels of middle names."""

    EXACT, INITIAL, SIMILAR, DIFFER = range(1, 5)


class Born:
    """Levels of dates of birth."""

    EXACT, DAY_AND_MONTH, ONE_DIGIT, TWO_PARTS, YEAR, DIFFER, GENERATION = range(1, 8)


class Number:
    """Levels of Social Security numbers."""

    EXACT, TYPING_ERROR, DIFFER = range(1, 4)


class Address:
    """Levels of addresses."""

    EXACT, STREET, SIMILAR, ZIP, DIFFER = range(1, 6)


class Email:
    """Levels of e-mail addresses."""

    EXACT, NAME, DIFFER = range(1, 4)


class Source:
    """Levels of sources that number their records themselves: each should hold a person once."""

    OTHER_SOURCE, OTHER_RECORD = range(1, 3)


class MultipleBirth:
    """Level of pairs of whom a source says that one at least is of twins: it weighs nothing, a veto asks for it."""

    TOLD = 1


class Same:
    """Levels of what is the same or not."""

    EXACT, DIFFER = range(1, 3)


def compare(columns: Columns, one: Places, other: Places) -> Matrix:
    """Levels of pairs.

    Args:
        columns: of descriptions.
        one: places of the first of each pair among them.
        other: places of the second of each.
    """
    pairs = _Pairs(columns, one, other)
    given, surname, middle = _names(pairs)
    found = [
        given,
        surname,
        middle,
        _born(pairs),
        _number(pairs),
        _address(pairs),
        _email(pairs),
        _same(pairs, columns.phone),
        _same(pairs, columns.sex),
        _same(pairs, columns.suffix),
        _others(pairs),
        _source(pairs),
        _multiple_birth(pairs),
    ]
    return np.stack(found, axis=1)


@dataclass
class _Pairs:
    columns: Columns
    one: Places
    other: Places

    def of(self, column: Codes) -> tuple[Codes, Codes]:
        """A column's values on both sides."""
        return column[self.one], column[self.other]

    def filled(self, level: int) -> Matrix:
        return np.full(len(self.one), level, np.uint8)


def _looked_up(words: Vocabulary, one: Codes, other: Codes, level: Callable[[str, str], int]) -> Matrix:
    """Levels of pairs of texts, each pair of texts compared once; of most pairs both are the same."""
    texts = words.texts
    levels: Matrix = words.mapped(np.where(one == other, one, 0), lambda text: level(text, text), np.uint8)
    places = np.nonzero((one != other) & (one > 0) & (other > 0))[0]
    low, high = np.minimum(one[places], other[places]).astype(np.int64), np.maximum(one[places], other[places])
    pairs, of_pair = np.unique((low << 32) | high, return_inverse=True)
    # In the order of the texts: by their numbers it would be that in which they came.
    found = [level(*sorted((texts[pair >> 32], texts[pair & 0xFFFFFFFF]))) for pair in pairs.tolist()]
    levels[places] = np.array(found, np.uint8)[of_pair]
    return levels


@functools.lru_cache(CACHED)
def given_level(one: str, other: str) -> int:
    """Level of two given names of one or two tokens."""
    if not one or not other:
        return 0
    if one == other:
        return Given.EXACT if len(one) > 1 else Given.INITIAL
    if " " not in one and " " not in other:
        return _token_level(one, other)
    mine, theirs = one.split(), other.split()
    if {token for token in mine if len(token) > 1} & set(theirs):
        return Given.TOKEN if len(mine) != len(theirs) else _other_token_level(mine, theirs)
    return min((_token_level(a, b) for a in mine for b in theirs), key=_RANKS.__getitem__)


def _other_token_level(mine: list[str], theirs: list[str]) -> int:
    """Of two names of two tokens with one in common: it is the other one that tells whether they are one name."""
    rest = [token for token in mine if token not in theirs], [token for token in theirs if token not in mine]
    differs = all(rest) and _token_level(rest[0][0], rest[1][0]) == Given.DIFFER
    return Given.WEAK if differs else Given.TOKEN


_RANKS = {Given.NICKNAME: 0, Given.SIMILAR: 1, Given.INITIAL: 2, Given.WEAK: 3, Given.DIFFER: 4}


def _token_level(one: str, other: str) -> int:
    if len(one) == 1 or len(other) == 1:
        return Given.INITIAL if one[0] == other[0] else Given.DIFFER
    if not known_as(one).isdisjoint(known_as(other)):
        return Given.NICKNAME
    likeness = JaroWinkler.similarity(one, other)
    if _is_similar(one, other, likeness):
        return Given.SIMILAR
    return Given.WEAK if likeness >= WEAK else Given.DIFFER


def _is_similar(one: str, other: str, likeness: float) -> bool:
    if likeness >= SIMILAR:
        return True
    if min(len(one), len(other)) < LONG:
        return False
    return one.startswith(other) or other.startswith(one) or _one_letter_apart(one, other)


def _one_letter_apart(one: str, other: str) -> bool:
    return abs(len(one) - len(other)) <= 1 and DamerauLevenshtein.distance(one, other, score_cutoff=1) <= 1


@functools.lru_cache(CACHED)
def surname_level(one: str, other: str) -> int:
    """Level of two surnames of any number of tokens."""
    if not one or not other:
        return 0
    if one == other:
        return Surname.EXACT
    mine, theirs = one.split(), other.split()
    if {mine[0], mine[-1]} & {theirs[0], theirs[-1]}:
        return Surname.TOKEN
    if min(len(one), len(other)) >= LONG and (one.startswith(other) or other.startswith(one)):
        return Surname.CUT_OFF
    return _likeness(one, other, SIMILAR_SURNAME, Surname.SIMILAR, Surname.WEAK, Surname.DIFFER)


def _likeness(one: str, other: str, threshold: float, similar: int, weak: int, differ: int) -> int:
    likeness = JaroWinkler.similarity(one, other)
    if likeness >= threshold:
        return similar
    return weak if likeness >= WEAK else differ


@functools.lru_cache(CACHED)
def middle_level(one: str, other: str) -> int:
    """Level of two middle names or initials."""
    if not one or not other:
        return 0
    if one == other:
        return Middle.EXACT
    if len(one) == 1 or len(other) == 1:
        return Middle.INITIAL if one[0] == other[0] else Middle.DIFFER
    return Middle.SIMILAR if _is_similar(one, other, JaroWinkler.similarity(one, other)) else Middle.DIFFER


def _names(pairs: _Pairs) -> tuple[Matrix, Matrix, Matrix]:
    columns, words = pairs.columns, pairs.columns.words
    given = _looked_up(words, *pairs.of(columns.given), given_level)
    surname = _looked_up(words, *pairs.of(columns.surname), surname_level)
    middle = _looked_up(words, *pairs.of(columns.middle), middle_level)
    is_open = (given == 0) | (given == Given.WEAK) | (given == Given.DIFFER)
    _by_middle_name(pairs, np.nonzero(is_open)[0], given, middle)
    crossed = _crossed(pairs, given, surname)
    given[crossed], surname[crossed] = Given.CROSSED, Surname.CROSSED
    return given, surname, middle


def _by_middle_name(pairs: _Pairs, places: NDArray[np.intp], given: Matrix, middle: Matrix) -> None:
    """Who goes by the middle name in one source: its given name is the other's middle name, or begins as it does."""
    columns, words = pairs.columns, pairs.columns.words
    one, other = pairs.one[places], pairs.other[places]
    forth = _looked_up(words, columns.given[one], columns.middle[other], given_level)
    back = _looked_up(words, columns.given[other], columns.middle[one], given_level)
    begins = (forth == Given.INITIAL) | (back == Given.INITIAL)
    agrees = _good(forth) | _good(back) | ((forth == Given.INITIAL) & (back == Given.INITIAL))
    given[places[begins]] = Given.MIDDLE_INITIAL
    given[places[agrees]] = Given.OTHER_MIDDLE
    told = places[begins | agrees]
    middle[told[middle[told] == Middle.DIFFER]] = 0


def _crossed(pairs: _Pairs, given: Matrix, surname: Matrix) -> Mask:
    """Given name and surname in each other's place, where they do not agree in their own."""
    columns, words = pairs.columns, pairs.columns.words
    found = ~(np.isin(given, Given.GOOD) | ((surname > 0) & (surname <= Surname.SIMILAR)))
    places = np.nonzero(found)[0]
    forth = _looked_up(words, columns.given[pairs.one[places]], columns.first_surname[pairs.other[places]], given_level)
    found[places] = False
    places, forth = places[_fair(forth)], forth[_fair(forth)]
    back = _looked_up(words, columns.given[pairs.other[places]], columns.first_surname[pairs.one[places]], given_level)
    found[places] = (_good(forth) & _fair(back)) | _good(back)
    return found


def _good(levels: Matrix) -> Mask:
    return np.isin(levels, Given.GOOD)


def _fair(levels: Matrix) -> Mask:
    return np.isin(levels, (*Given.GOOD, Given.INITIAL))


def _born(pairs: _Pairs) -> Matrix:
    columns = pairs.columns
    (y1, y2), (m1, m2), (d1, d2) = pairs.of(columns.year), pairs.of(columns.month), pairs.of(columns.day)
    same = (y1 == y2).astype(np.int8) + (m1 == m2) + (d1 == d2)
    levels = pairs.filled(Born.DIFFER)
    levels[y1 == y2] = Born.YEAR
    levels[same == 2] = Born.TWO_PARTS  # noqa: PLR2004  # of three
    levels[_digits_that_differ(y1, y2, 4) + _digits_that_differ(m1, m2, 2) + _digits_that_differ(d1, d2, 2) == 1] = (
        Born.ONE_DIGIT
    )
    levels[(m1 == m2) & (d1 == d2) & (abs(y1 - y2) >= GENERATION)] = Born.GENERATION
    levels[(y1 == y2) & (m1 == d2) & (d1 == m2)] = Born.DAY_AND_MONTH
    levels[same == 3] = Born.EXACT  # noqa: PLR2004  # all of it
    levels[(y1 == 0) | (y2 == 0)] = 0
    return levels


def _digits_that_differ(one: Codes, other: Codes, digits: int) -> Codes:
    found = np.zeros(len(one), np.int32)
    for place in range(digits):
        found += (one // 10**place % 10) != (other // 10**place % 10)
    return found


def _number(pairs: _Pairs) -> Matrix:
    one, other = pairs.of(pairs.columns.number)
    levels = pairs.filled(Number.DIFFER)
    places = np.nonzero((one != 0) & (other != 0) & (one != other))[0]
    a, b = pairs.columns.near[pairs.one[places]], pairs.columns.near[pairs.other[places]]
    is_near = ((a[:, MASKED] == b[:, MASKED]) & (a[:, MASKED] != NO_NEAR_HASH)).any(axis=1) | (
        a[:, SORTED] == b[:, SORTED]
    )
    levels[places[is_near]] = Number.TYPING_ERROR
    levels[one == other] = Number.EXACT
    levels[(one == 0) | (other == 0)] = 0
    return levels


@functools.lru_cache(CACHED)
def _street_level(one: str, other: str) -> int:
    """2: similar; 1: similar enough under one house number and ZIP code; 0: not."""
    likeness = JaroWinkler.similarity(one, other)
    return int(likeness >= SIMILAR_STREET) + int(likeness >= FAINT_STREET)


def _zip_level(one: str, other: str) -> int:
    """1: the same digits, maybe in another order; 0: not."""
    return int(bool(one) and sorted(one) == sorted(other))


def _address(pairs: _Pairs) -> Matrix:
    columns = pairs.columns
    (h1, h2), (s1, s2), (z1, z2) = pairs.of(columns.house), pairs.of(columns.street), pairs.of(columns.zip)
    levels = pairs.filled(Address.DIFFER)
    same_zip = _looked_up(columns.words, z1, z2, _zip_level).astype(bool)
    same_house = (h1 == h2) & ((h1 != 0) | (s1 == s2))
    levels[same_zip] = Address.ZIP
    places = np.nonzero((s1 > 0) & (s2 > 0) & (same_zip | same_house))[0]
    likeness, houses = _looked_up(columns.words, s1[places], s2[places], _street_level), same_house[places]
    levels[places[(likeness == SIMILAR_ENOUGH) & ~houses]] = Address.STREET
    levels[places[houses & ((likeness == SIMILAR_ENOUGH) | ((likeness > 0) & same_zip[places]))]] = Address.SIMILAR
    levels[same_house & (s1 == s2) & (s1 > 0)] = Address.EXACT
    levels[((s1 == 0) & (z1 == 0)) | ((s2 == 0) & (z2 == 0))] = 0
    return levels


def _email(pairs: _Pairs) -> Matrix:
    (a, b), (x, y) = pairs.of(pairs.columns.email), pairs.of(pairs.columns.email_name)
    levels = pairs.filled(Email.DIFFER)
    levels[x == y] = Email.NAME
    levels[a == b] = Email.EXACT
    levels[(a == 0) | (b == 0)] = 0
    return levels


def _source(pairs: _Pairs) -> Matrix:
    (a, b), (x, y) = pairs.of(pairs.columns.own), pairs.of(pairs.columns.source)
    levels = np.where(x == y, np.uint8(Source.OTHER_RECORD), np.uint8(Source.OTHER_SOURCE))
    levels[(a == 0) | (b == 0) | (a == b)] = 0
    return levels


def _multiple_birth(pairs: _Pairs) -> Matrix:
    one, other = pairs.of(pairs.columns.multiple_birth)
    return np.where((one | other) != 0, np.uint8(MultipleBirth.TOLD), np.uint8(0))


def _same(pairs: _Pairs, column: Codes) -> Matrix:
    one, other = pairs.of(column)
    levels = np.where(one == other, np.uint8(Same.EXACT), np.uint8(Same.DIFFER))
    levels[(one == 0) | (other == 0)] = 0
    return levels


def _others(pairs: _Pairs) -> Matrix:
    """Identifiers of one system and value are the same; of one system with other values they differ."""
    return _looked_up(pairs.columns.words, *pairs.of(pairs.columns.others), _others_level)


def _others_level(one: str, other: str) -> int:
    mine, theirs = one.split(OTHERS_END), other.split(OTHERS_END)
    if not set(mine).isdisjoint(theirs):
        return Same.EXACT
    systems = {text.partition(":")[0] for text in mine} & {text.partition(":")[0] for text in theirs}
    return Same.DIFFER if systems else 0
