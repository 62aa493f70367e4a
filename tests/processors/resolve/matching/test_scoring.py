"""Pairs of records scored: what is linked, what is vetoed and by how many votes, and what is neither."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.linkage import MODEL, said

from processors.resolve.matching.clusters import Pair
from processors.resolve.matching.description import Description
from processors.resolve.matching.names import canonical
from processors.resolve.matching.scoring import CERTAIN_VOTES, Scorer

NUMBER = "517482936"
ANA = said("Ana Reyes 20050102", ssn=NUMBER)
ANA_BY_NAME_ALONE = said("Ana Reyes")
TWIN = said("Jose Reyes 20050102")


def scored(one: list[Description], other: list[Description]) -> list[Pair]:
    """How two records stand to each other; none: they are neither linked nor vetoed."""
    return Scorer.of(MODEL, {"one": one, "other": other}).pairs([("one", "other")])


def test_a_name_a_day_and_a_number_in_common_link_two_records() -> None:
    [pair] = scored([ANA], [said("Ana Reyes 20050102", ssn=NUMBER)])
    assert (pair.one, pair.other, pair.is_link, pair.is_vetoed, pair.votes) == ("one", "other", True, False, 0)
    assert pair.bits >= MODEL.link_bits


def test_another_given_name_alone_is_a_veto_of_one_vote() -> None:
    assert scored([ANA], [TWIN]) == [Pair("one", "other", 0.0, is_link=False, is_vetoed=True, votes=1)]


def test_another_given_name_and_another_sex_are_a_veto_of_three_votes() -> None:
    [pair] = scored([said("Ana Reyes 20050102", sex="F")], [said("Jose Reyes 20050102", sex="M")])
    assert (pair.is_link, pair.is_vetoed, pair.votes) == (False, True, CERTAIN_VOTES)
    assert CERTAIN_VOTES == 3


def test_namesakes_with_nothing_else_in_common_are_neither_linked_nor_vetoed() -> None:
    assert scored([ANA_BY_NAME_ALONE], [said("Ana Reyes", zip_code="90001")]) == []


@pytest.mark.parametrize("more", [ANA_BY_NAME_ALONE, TWIN])
def test_of_several_descriptions_one_that_links_beats_another_that_parts_or_tells_nothing(more: Description) -> None:
    [alone] = scored([ANA], [ANA])
    for one, other in (([more, ANA], [ANA]), ([ANA], [ANA, more]), ([more, ANA], [more, ANA])):
        [pair] = scored(one, other)
        assert (pair.is_link, pair.is_vetoed, pair.bits) == (True, False, alone.bits)


def test_pairs_are_told_in_the_order_in_which_they_were_asked_for() -> None:
    scorer = Scorer.of(MODEL, {"a": [ANA], "b": [TWIN, ANA], "c": [TWIN], "d": [ANA_BY_NAME_ALONE]})
    asked = [("c", "a"), ("a", "d"), ("a", "b"), ("b", "c")]
    assert [(p.one, p.other, p.is_link) for p in scorer.pairs(asked)] == [
        ("c", "a", False), ("a", "b", True), ("b", "c", True),
    ]  # fmt: skip


NAMES = [
    "Ana Reyes",
    "Reyes Ana",
    "Anita Reyes Soto",
    "Maria Ana Reyes",
    "Kim Soto",
    "Kimberly De La Soto",
    "Jose Reyes",
]
DESCRIBED = st.builds(
    lambda name, born, ssn: said(name + born, ssn=ssn),
    st.sampled_from(NAMES), st.sampled_from(["", " 20050102", " 20050201"]), st.sampled_from(["", NUMBER]),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(DESCRIBED, min_size=1, max_size=3), st.lists(DESCRIBED, min_size=1, max_size=3))
def test_two_records_stand_to_each_other_as_they_do_the_other_way_round(
    one: list[Description], other: list[Description]
) -> None:
    model = replace(MODEL, given={canonical("KIM"): 0.2, canonical("KIMBERLY"): 1e-6, "ANA": 0.01})
    scorer = Scorer.of(model, {"one": one, "other": other})
    forth, back = scorer.pairs([("one", "other")]), scorer.pairs([("other", "one")])
    assert [vars(pair) | {"one": "", "other": ""} for pair in forth] == [
        vars(pair) | {"one": "", "other": ""} for pair in back
    ]


def test_where_no_pairs_are_asked_for_none_are_told() -> None:
    assert Scorer.of(MODEL, {"one": [ANA]}).pairs([]) == []
