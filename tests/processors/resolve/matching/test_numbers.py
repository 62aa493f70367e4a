"""Numbers: which can be one person's, and hashes that tell a typing error and nothing else."""

import base64
import re
from itertools import count

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.descriptions import KEY, described, levels

from processors.resolve.matching import numbers
from processors.resolve.matching.description import Description
from processors.resolve.matching.numbers import HASH_BITS, HEAD_AT, MASKED, NEAR_CHARS, NEAR_COUNT, SORTED, TAIL_AT

OTHER_KEY = b"o" * 32
NUMBER = "517482936"
SSNS = st.from_regex(r"\A[0-9]{9}\Z").filter(lambda text: numbers.number_of(text) != "")
PLACES = st.integers(0, 8)


def each(near: numbers.Near) -> list[bytes]:
    """The hashes in a text of them."""
    return [base64.b64decode(near[i : i + NEAR_CHARS]) for i in range(0, len(near), NEAR_CHARS)]


@pytest.mark.parametrize(
    "text", [NUMBER, "517-48-2936", "517 48 2936", " 517.48.2936 ", "SSN 517-48-2936"], ids=count()
)
def test_a_number_counts_however_it_is_written(text: str) -> None:
    assert numbers.number_of(text) == NUMBER


@pytest.mark.parametrize(
    "text",
    [
        "000-12-3456", "666-12-3456", "517-00-2936", "517-48-0000", "000-00-0000", "111-11-1111", "999999999",
        "123-45-6789", "987-65-4321", "078-05-1120", "219-09-9999", "000000", "777777", "0000000000",
        "12345", "2936", "", "none", "\N{ARABIC-INDIC DIGIT FIVE}1748",
    ],
    ids=count(),
)  # fmt: skip
def test_a_number_that_can_be_nobodys_or_anybodys_counts_for_nothing(text: str) -> None:
    assert numbers.number_of(text) == ""
    assert described(ssn=text) == Description()


@pytest.mark.parametrize("text", ["900-70-1234", "999-88-7654", "912345678"], ids=count())
def test_a_number_that_begins_with_nine_may_be_a_tax_number_and_counts(text: str) -> None:
    assert numbers.number_of(text) == re.sub("-", "", text)


@pytest.mark.parametrize("text", ["482936", "7482936", "17482936", "000123", "00012345", "66600000"], ids=count())
def test_a_short_number_counts_from_six_digits_on(text: str) -> None:
    assert numbers.number_of(text) == text
    assert len(each(described(ssn=text).near)) == NEAR_COUNT


@given(st.text(max_size=20))
def test_a_number_is_digits_or_nothing_whatever_the_text(text: str) -> None:
    number = numbers.number_of(text)
    assert number == "" or re.fullmatch("[0-9]{6,}", number)


def level(one: str, other: str) -> str | None:
    """The level at which two numbers agree."""
    return levels(described(ssn=one), described(ssn=other)).get("number")


@given(SSNS)
def test_a_number_is_exactly_itself(number: str) -> None:
    assert level(number, number) == "exact"


@given(SSNS, PLACES, st.integers(1, 9))
def test_one_wrong_digit_is_a_typing_error_wherever_it_stands(number: str, place: int, by: int) -> None:
    wrong = _with(number, place, by)
    assume(numbers.number_of(wrong))
    assert level(number, wrong) == level(wrong, number) == "typing_error"


@given(SSNS, PLACES, PLACES)
def test_two_digits_in_each_others_place_are_a_typing_error(number: str, one: int, other: int) -> None:
    swapped = list(number)
    swapped[one], swapped[other] = number[other], number[one]
    wrong = "".join(swapped)
    assume(wrong != number)
    assume(numbers.number_of(wrong))
    assert level(number, wrong) == level(wrong, number) == "typing_error"


@given(SSNS, st.lists(PLACES, min_size=2, max_size=2, unique=True), st.integers(1, 9), st.integers(1, 9))
def test_two_wrong_digits_are_another_number(number: str, places: list[int], by: int, and_by: int) -> None:
    other = _with(_with(number, places[0], by), places[1], and_by)
    assume(sorted(other) != sorted(number))
    assume(numbers.number_of(other))
    assert level(number, other) == level(other, number) == "differ"


@given(SSNS, SSNS)
def test_numbers_are_told_apart_by_nothing_but_their_digits(one: str, other: str) -> None:
    wrong = sum(a != b for a, b in zip(one, other, strict=True))
    near = wrong == 1 or sorted(one) == sorted(other)
    assert level(one, other) == ("exact" if not wrong else "typing_error" if near else "differ")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("17482936", "17482936", "exact"),
        ("17482936", "17482935", "typing_error"),
        ("17482936", "17482963", "typing_error"),
        ("17482936", "17482955", "differ"),
        ("517482936", "17482936", "differ"),
        ("482936", "482937", "typing_error"),
        ("482936", "517482", "differ"),
    ],
    ids=count(),
)
def test_short_numbers_are_compared_as_they_are_and_not_with_longer_ones(one: str, other: str, expected: str) -> None:
    assert level(one, other) == expected


@given(SSNS)
def test_neither_a_number_nor_a_part_of_it_is_in_what_is_kept(number: str) -> None:
    hashed, text = numbers.hashes_of(number, KEY)
    near = each(text)
    assert re.fullmatch("[0-9a-f]+", hashed)
    assert len(near) == len(set(near)) == NEAR_COUNT
    assert all(0 < int.from_bytes(one) < 2**HASH_BITS for one in near)
    kept = [hashed, text, *(str(int.from_bytes(one)) for one in near), *(one.hex() for one in near)]
    assert all(number not in text for text in kept)
    plain = {bytes(part, "ascii") for part in (number, number[:5], number[5:], "".join(sorted(number)))}
    assert all(part not in one for part in plain for one in near)
    assert repr(described(ssn=number)) == "Description()"


@given(SSNS)
def test_every_hash_depends_on_the_key(number: str) -> None:
    mine, near = numbers.hashes_of(number, KEY)
    theirs, other = numbers.hashes_of(number, OTHER_KEY)
    assert mine != theirs
    assert not set(each(near)) & set(each(other))
    assert (mine, near) == numbers.hashes_of(number, KEY)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("517481111", {HEAD_AT}),
        ("111112936", {TAIL_AT}),
        ("639284715", {SORTED}),
        ("517482930", {8, HEAD_AT}),
        ("017482936", {0, TAIL_AT}),
    ],
    ids=count(),
)
def test_each_hash_tells_one_thing_of_a_number(other: str, same: set[int]) -> None:
    one, two = each(numbers.hashes_of(NUMBER, KEY)[1]), each(numbers.hashes_of(other, KEY)[1])
    assert {place for place in range(NEAR_COUNT) if one[place] == two[place]} == same
    assert range(NEAR_COUNT)[MASKED] == range(9)


def test_many_numbers_have_the_hashes_that_each_has_by_itself() -> None:
    many = [NUMBER, "482936", "517482937", "48293612345678901", "7482936", NUMBER]
    assert numbers.near_of(many, KEY) == [numbers.hashes_of(number, KEY)[1] for number in many]
    assert numbers.near_of([], KEY) == []


def _with(number: str, place: int, by: int) -> str:
    """A number with another digit at one place."""
    return f"{number[:place]}{(int(number[place]) + by) % 10}{number[place + 1 :]}"
