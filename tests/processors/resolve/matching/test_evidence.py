"""Evidence: what an engine that only sums would not tell, and that it is the same engine."""

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.linkage import KEY, MODEL, said

from processors.resolve.matching import vetoes, words
from processors.resolve.matching.blocking import RULES, keys_of
from processors.resolve.matching.description import Description
from processors.resolve.matching.evidence import Evidence, Says, between, chain, found_by
from processors.resolve.matching.levels import LEVELS, TRAITS
from processors.resolve.matching.model import Model, shipped
from processors.resolve.matching.names import canonical
from processors.resolve.matching.scoring import Scorer

NUMBER, OTHER_NUMBER = "517482936", "600110022"
ANA = said("Ana Reyes 20050102", ssn=NUMBER)
NAMES = ["Ana Reyes", "Anna Reyes", "Ana Maria Reyes", "Jose Reyes", "Jose Ortega", "Reyes Ana", "A Reyes"]


def anybody() -> st.SearchStrategy[Description]:
    """One of few people, told in many ways."""
    return st.builds(
        lambda name, born, **more: said(name + born, **more),
        st.sampled_from(NAMES),
        st.sampled_from(["", " 20050102", " 20050201", " 20050103", " 19750620"]),
        ssn=st.sampled_from(["", NUMBER, "517482937", OTHER_NUMBER]),
        sex=st.sampled_from(["", "F", "M"]),
        suffix=st.sampled_from(["", "", "Jr", "Sr"]),
        email=st.sampled_from(["", "ana@example.org"]),
        own=st.sampled_from(["", "k12:a", "k12:b", "college:c"]),
    )


RECORDS = st.lists(anybody(), min_size=1, max_size=3)


def only(one: Description, other: Description, model: Model = MODEL) -> Evidence:
    """Evidence between two descriptions."""
    found = between([one], [other], model)
    assert found is not None
    return found


def levels(evidence: Evidence) -> dict[str, str]:
    """Of each trait that both tell the level."""
    return {weight.trait: weight.level for weight in evidence.weights if weight.level}


@pytest.mark.parametrize(
    "model", [MODEL, replace(MODEL, vetoes=frozenset()), shipped()], ids=["small", "no vetoes", "shipped"]
)
@settings(max_examples=150, deadline=None)
@given(RECORDS, RECORDS)
@example([ANA], [said("Ana Reyes 20050102")])
@example([ANA], [said("Jose Reyes 20050102"), said("Ana Reyes")])
def test_it_says_of_two_records_what_the_scorer_says(
    model: Model, one: list[Description], other: list[Description]
) -> None:
    found = between(one, other, model)
    assert found is not None
    [pair] = Scorer.of(model, {"a": one, "b": other}).pairs([("a", "b")]) or [None]
    assert (found.says == "link") == (pair is not None and pair.is_link)
    assert (found.says == "veto") == (pair is not None and pair.is_vetoed)
    assert (found.bits >= model.link_bits and not found.vetoes and not found.doubts) == (found.says == "link")
    if pair is not None and pair.is_link:
        assert found.bits == pair.bits
    if pair is not None and pair.is_vetoed:
        assert found.votes == pair.votes


@settings(max_examples=100, deadline=None)
@given(RECORDS, RECORDS)
def test_traits_add_up_to_the_sum_and_neither_side_comes_first(
    one: list[Description], other: list[Description]
) -> None:
    found, turned = between(one, other, MODEL), between(other, one, MODEL)
    assert found is not None
    assert turned is not None
    assert sum(weight.bits for weight in found.weights) == pytest.approx(found.bits, abs=1e-5)
    assert [weight.trait for weight in found.weights] == list(TRAITS)
    assert (found.says, found.bits, found.votes) == (turned.says, turned.bits, turned.votes)


def test_each_trait_tells_its_level_and_weight_and_one_that_is_not_told_by_both_neither() -> None:
    found = only(ANA, said("Ana Reyes 20050201"))
    assert levels(found) == {"given": "exact", "surname": "exact", "born": "day_and_month"}
    of = {weight.trait: weight for weight in found.weights}
    assert (of["number"].level, of["number"].bits) == ("", 0)
    assert of["given"].bits > 0 > of["born"].bits


def test_what_a_rare_name_adds_and_a_common_one_takes_is_told_apart() -> None:
    model = replace(MODEL, given={canonical("ANA"): 0.3})
    someone = said("Quetzalli Reyes")
    common, rare = only(ANA, ANA, model).weights[0], only(someone, someone, model).weights[0]
    assert common.rarity_bits < 0 < rare.rarity_bits
    assert common.bits - common.rarity_bits == pytest.approx(rare.bits - rare.rarity_bits)
    assert only(ANA, said("Jose Reyes"), model).weights[0].rarity_bits == 0


@pytest.mark.parametrize(
    ("one", "other", "says", "held", "doubts"),
    [
        (ANA, ANA, "link", (), ()),
        (ANA, said("Jose Reyes 20050102"), "veto", ("twins",), ()),
        (ANA, said("Jose Ortega 19750620", ssn=NUMBER), "veto", ("shared_number", "strangers"), ()),
        (
            said("Ana Reyes 20050102", suffix="Jr"),
            said("Ana Reyes 20050102", suffix="Sr"),
            "veto",
            ("juniors", "suffixes"),
            (),
        ),
        (said("Ana Reyes"), said("Ana Reyes"), "unclear", (), ("namesakes",)),
        (said("Ana Reyes 20050102"), said("Ana Ortega 20050102"), "unclear", (), ("new_surname",)),
    ],
)
def test_vetoes_and_doubts_are_told_by_name(
    one: Description, other: Description, says: Says, held: tuple[str, ...], doubts: tuple[str, ...]
) -> None:
    found = only(one, other)
    assert (found.says, found.vetoes, found.doubts) == (says, held, doubts)


def test_below_the_threshold_a_person_should_look_and_below_the_other_nobody_need() -> None:
    one, other = said("Ana Reyes 20050102"), said("Ana Reyes 20050102")
    bits = only(one, other).bits
    says = [only(one, other, replace(MODEL, link_bits=bits + x, review_bits=bits + y)).says
            for x, y in ((0, -1), (1, 0), (2, 1))]  # fmt: skip
    assert says == ["link", "review", "apart"]


def test_of_several_descriptions_the_link_is_told_else_the_veto_with_most_votes_else_the_heaviest() -> None:
    twin, sister = said("Jose Reyes 20050102"), said("Jose Reyes 20050102", sex="M")
    ana = said("Ana Reyes 20050102", sex="F")
    alone = only(ana, ana)
    assert between([twin, ana], [ana, twin], MODEL) == alone
    told = between([ana], [twin, sister], MODEL)
    assert told is not None
    assert (told.votes, levels(told)["sex"]) == (3, "differ")
    light, heavy = said("Ana Reyes"), said("Ana Maria Reyes")
    assert between([heavy], [light, heavy], MODEL) == only(heavy, heavy)


@pytest.mark.parametrize(
    ("links", "way"),
    [
        ({"ab": 9}, "ab"),
        ({"ac": 9, "cb": 9}, "acb"),
        ({"ab": 9, "ac": 12, "cb": 11}, "acb"),
        ({"ab": 11, "ac": 12, "cb": 11}, "ab"),
        ({"ac": 12, "cd": 12, "db": 12, "ae": 12, "eb": 11}, "acdb"),
        ({"ac": 12, "cb": 12, "ad": 12, "db": 12}, "acb"),
        ({"ac": 12, "db": 12}, ""),
        ({}, ""),
    ],
)
def test_records_are_joined_by_the_chain_whose_weakest_link_is_strongest(links: dict[str, float], way: str) -> None:
    told = {(pair[0], pair[1]): bits for pair, bits in links.items()}
    turned = {(b, a): bits for (a, b), bits in reversed(told.items())}
    assert "".join(chain(told, "a", "b")) == "".join(chain(turned, "a", "b")) == way
    assert len(chain(told, "b", "a")) == len(way)


def test_where_nothing_is_said_of_one_there_is_no_evidence() -> None:
    assert between([], [ANA], MODEL) is None
    assert between([ANA], [], MODEL) is None


@settings(max_examples=100, deadline=None)
@given(RECORDS, RECORDS)
def test_the_rules_that_records_are_found_by_are_those_under_which_they_share_a_key(
    one: list[Description], other: list[Description]
) -> None:
    def keys(record: list[Description], rule: str) -> set[int]:
        return {*keys_of(record, [rule], KEY)[1].tolist()}

    assert found_by(one, other, MODEL) == [r for r in sorted(MODEL.rules) if keys(one, r) & keys(other, r)]


def test_every_trait_level_veto_and_rule_has_its_words() -> None:
    assert {trait: tuple(told) for trait, told in words.LEVELS.items()} == LEVELS
    assert tuple(words.TRAITS) == TRAITS
    assert {*words.VETOES, *words.DOUBTS} == {*vetoes.VETOES, vetoes.SUFFIXES, vetoes.NAMESAKES, vetoes.NEAR_NUMBER}
    assert words.FOUND_BY.keys() == RULES.keys()
    assert len(get_args(Says)) == 5


def test_evidence_shows_no_value() -> None:
    shown = repr(only(ANA, said("Jose Ortega 19750620", ssn=NUMBER, email="ana@example.org"))).upper()
    assert not [value for value in ("ANA", "REYES", "ORTEGA", "2005", NUMBER, ANA.number.upper()) if value in shown]
