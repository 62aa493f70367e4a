"""The stewards' queue: what most depends on comes first, and nothing is asked that is answered."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from deploy.identity.review_queue import queue

PERSONS = {"a": "P", "b": "P", "c": "Q", "d": "R", "e": "R", "f": "R", "g": "S"}
"""By record: four persons of two, one, three and one record."""
Row = dict[str, Any]


def review(pair: str, bits: float, *, is_open: bool = True) -> Row:
    """A review of a pair such as "ac"."""
    return {
        "one": pair[0], "other": pair[1], "bits_hundredths": round(bits * 100), "reason": "grey", "model": "m",
        "open": is_open,
    }  # fmt: skip


def asked(*rows: Row, decided: str = "", persons: dict[str, str] = PERSONS) -> str:
    """Pairs in the order in which they are asked."""
    found = queue(rows, persons, [(pair[0], pair[1]) for pair in decided.split()])
    return " ".join(one.one + one.other for one in found)


def test_those_of_most_records_come_first_then_the_heaviest_then_by_name() -> None:
    assert asked(review("cg", 30), review("ac", 2), review("ad", 1), review("cd", 3)) == "ad cd ac cg"
    assert asked(review("cd", 3), review("dg", 3)) == "cd dg"
    assert asked(review("cd", 3), review("dg", 3.01)) == "dg cd"


def test_what_is_told_of_a_question_is_whose_records_they_are_and_how_many_depend_on_it() -> None:
    [one] = queue([review("ad", -1.25)], PERSONS, [])
    assert (one.persons, one.records, one.bits, one.reason, one.model) == (("P", "R"), 5, -1.25, "grey", "m")


def test_what_is_closed_of_one_person_by_now_or_not_known_is_not_asked() -> None:
    assert asked(review("ac", 1, is_open=False), review("ab", 9), review("ax", 9), review("xy", 9)) == ""
    assert asked(review("ac", 1), persons={**PERSONS, "c": "P"}) == ""


def test_what_was_decided_is_not_asked_neither_of_these_records_nor_of_others_of_the_same_two_persons() -> None:
    assert asked(review("ad", 1), review("be", 1), review("cd", 1), decided="ad") == "cd"
    assert asked(review("ad", 1), review("cd", 1), decided="bf ax xy ab") == "cd"


def test_of_several_between_two_persons_the_heaviest_is_asked() -> None:
    assert asked(review("ad", 1), review("be", 4), review("bf", 3)) == "be"
    assert asked(review("be", 4), review("ad", 4)) == "ad"


@given(st.lists(st.tuples(st.sampled_from("abcdefg"), st.sampled_from("abcdefg"), st.integers(-3, 3))), st.randoms())
def test_the_order_in_which_reviews_are_read_shows_in_nothing(pairs: list[tuple[str, str, int]], chance: Any) -> None:
    rows = [review("".join(sorted(pair)), bits) for *pair, bits in pairs]
    expected = queue(rows, PERSONS, [("a", "g")])
    chance.shuffle(rows)
    assert queue(rows, PERSONS, [("a", "g")]) == expected
