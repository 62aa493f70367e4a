"""The golden record: of what sources say the value that counts, by a policy, in whatever order it is told."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from support.linkage import said

from processors.resolve.golden import (
    READERS,
    Choice,
    Policy,
    Saying,
    conflicts,
    golden,
    sayings_of,
    together,
    traits_of,
)
from processors.resolve.matching.description import Description

SHIPPED = Path(__file__).parents[3] / "deploy" / "identity" / "golden.toml"
NUMBER = "517482936"


def policy(*rules: str, trusted: Sequence[str] = (), **traits: Any) -> Policy:
    """A policy of one default, and of some traits."""
    return Policy.model_validate({"default": {"rules": rules, "trusted": tuple(trusted)}, "traits": traits})


def saying(text: str) -> Saying:
    """From "value partner record published_at event", such as "ANA lea r1 5 e1"."""
    value, partner, record, at, event = text.split()
    return Saying(int(at), event, record, partner, (value,))


def chosen(rules: Policy, *told: str, trait: str = "given") -> Choice:
    """What is chosen of some sayings."""
    [choice] = golden({trait: [saying(one) for one in told]}, rules)
    return choice


def row(at: int, event: str, *descriptions: Description) -> list[Any]:
    """A source row that stands."""
    return [at, event, [one.to_json() for one in descriptions]]


def test_the_most_trusted_partner_is_believed_and_those_not_named_last() -> None:
    rules = policy("most_trusted", trusted=["college", "school"])
    assert chosen(rules, "ANA school r1 1 e1", "EVA wages r2 9 e2").value == ("ANA",)
    found = chosen(rules, "ANA school r1 5 e1", "ANNA college r2 1 e2", "EVA wages r3 9 e3")
    assert (found.value, found.partner_id, found.record_key, found.rule) == (("ANNA",), "college", "r2", "most_trusted")
    assert chosen(rules, "ANA wages r1 1 e1", "EVA aid r2 9 e2").rule == "tie"


def test_the_most_recent_is_what_was_published_last() -> None:
    found = chosen(policy("most_recent"), "ANA school r1 5 e9", "EVA wages r2 6 e1")
    assert (found.value, found.rule, found.published_at, found.event_id) == (("EVA",), "most_recent", 6, "e1")


def test_the_most_frequent_is_what_most_records_tell_however_often_one_repeats_itself() -> None:
    repeated = [f"EVA wages r3 {9 + n} e{n}" for n in range(5)]
    found = chosen(policy("most_frequent"), "ANA school r1 1 a", "ANA college r2 2 b", *repeated)
    assert (found.value, found.rule, found.record_key) == (("ANA",), "most_frequent", "r2")


def test_a_rule_is_asked_of_what_the_one_before_it_left() -> None:
    told = ("ANA school r1 1 e1", "ANNA school r2 2 e2", "EVA wages r3 9 e3", "EVA aid r4 9 e4")
    rules = policy("most_trusted", "most_recent", trusted=["school"])
    assert (chosen(rules, *told).value, chosen(rules, *told).rule) == (("ANNA",), "most_recent")
    turned = policy("most_recent", "most_trusted", trusted=["school"])
    assert (chosen(turned, *told).value, chosen(turned, *told).rule) == (("EVA",), "most_recent")


def test_where_only_one_value_is_told_no_rule_decides() -> None:
    found = chosen(policy("most_recent"), "ANA school r1 1 e1", "ANA wages r2 2 e2")
    assert (found.rule, found.record_key) == ("only_value", "r2")


def test_where_rules_leave_several_the_newest_event_counts_and_then_the_higher_id() -> None:
    by_frequency = policy("most_frequent")
    assert chosen(by_frequency, "ANA school r1 5 e1", "EVA wages r2 6 e0").value == ("EVA",)
    found = chosen(by_frequency, "ANA school r1 5 e1", "EVA wages r2 5 e0")
    assert (found.value, found.rule) == (("ANA",), "tie")


def test_a_trait_may_have_rules_of_its_own() -> None:
    rules = policy("most_frequent", phone={"rules": ["most_recent"]}, other={"rules": ["most_recent"]})
    told = ("1 school r1 1 e1", "1 college r2 2 e2", "2 wages r3 9 e3")
    assert [chosen(rules, *told, trait=trait).value[0] for trait in ("given", "phone", "other SSID")] == ["1", "2", "2"]


SAYINGS = st.lists(
    st.builds(
        Saying,
        published_at=st.integers(1, 3),
        event_id=st.sampled_from("ab"),
        record_key=st.sampled_from(["r1", "r2", "r3"]),
        partner_id=st.sampled_from(["school", "college", "wages"]),
        value=st.sampled_from([("ANA",), ("ANNA",), ("EVA",)]),
    ),
    min_size=1,
    max_size=8,
)
RULES = st.permutations(["most_trusted", "most_recent", "most_frequent"]).flatmap(
    lambda rules: st.integers(1, 3).map(lambda n: list(rules)[:n])
)


@given(SAYINGS, RULES, st.randoms(use_true_random=False))
def test_the_order_in_which_it_is_told_shows_in_no_choice(told: list[Saying], rules: list[str], chance: Any) -> None:
    made = policy(*rules, trusted=["college", "school"] if "most_trusted" in rules else [])
    [choice] = golden({"given": told}, made)
    shuffled = list(told)
    chance.shuffle(shuffled)
    assert golden({"given": shuffled}, made) == [choice]
    assert golden({"given": [*told, *shuffled]}, made) == [choice]  # nor does it that something is told twice
    assert choice.value in {one.value for one in told if one.record_key == choice.record_key}


@given(SAYINGS, RULES)
def test_each_rule_only_leaves_what_the_one_before_it_left(told: list[Saying], rules: list[str]) -> None:
    trusted = ["college", "school"] if "most_trusted" in rules else []
    [choice] = golden({"given": told}, policy(*rules, trusted=trusted))
    [first] = golden({"given": told}, policy(rules[0], trusted=trusted if rules[0] == "most_trusted" else []))
    if first.rule == rules[0]:
        assert (choice.value, choice.rule) == (first.value, first.rule)


def test_what_rows_say_is_told_trait_by_trait_and_retracted_rows_say_nothing() -> None:
    one, other = said("Ana Maria Reyes 20050102", phone="2135550101"), said("Ana Reyes 20050102", sex="F")
    told = sayings_of("r1", "school", {"x": row(5, "e1", one), "y": row(6, "e2", other), "z": [9, "e3", None]})
    assert [(s.event_id, s.value) for s in told["given"]] == [("e1", ("ANA",)), ("e2", ("ANA",))]
    assert {s.event_id for trait in told.values() for s in trait} == {"e1", "e2"}
    assert [(s.record_key, s.partner_id, s.published_at, s.value) for s in told["sex"]] == [("r1", "school", 6, ("F",))]


def test_a_rows_other_names_are_former_ones_and_count_for_nothing() -> None:
    now, before = said("Ana Reyes", own="school:a", phone="1"), said("Ana Ortega", own="school:a", phone="1")
    told = sayings_of("r1", "school", {"x": row(5, "e1", now, before)})
    assert {trait: [s.value for s in told[trait]] for trait in told} == {
        "given": [("ANA",)], "surname": [("REYES",)], "phone": [("1",)],
    }  # fmt: skip


def test_a_name_of_which_nobody_knows_what_stands_first_tells_no_name_but_the_rest() -> None:
    told = sayings_of("r1", "wages", {"x": row(5, "e1", said("Sam Reyes", ssn=NUMBER), said("Reyes Sam", ssn=NUMBER))})
    assert list(told) == ["number"]


def test_an_address_is_one_trait_and_a_zip_code_alone_is_none() -> None:
    told = traits_of(said("Ana Reyes", address="12 Elm St", zip_code="90001"))
    assert told["address"] == ("12", "ELM ST", "90001")
    assert "address" not in traits_of(said("Ana Reyes", zip_code="90001"))


def test_identifiers_of_each_system_are_a_trait() -> None:
    told = traits_of(said("Ana Reyes", others=("SSID::2", "SSID::1", "CCCID::A")))
    assert (told["other SSID"], told["other CCCID"]) == ((":1", ":2"), (":A",))


def test_traits_stand_in_one_order_whoever_tells_them_first() -> None:
    one = sayings_of("r1", "school", {"x": row(1, "e1", said("Ana Reyes", phone="2135550101", others=("SSID::1",)))})
    other = sayings_of("r2", "college", {"x": row(1, "e2", said("Ana Reyes 20050102", ssn=NUMBER))})
    assert list(together([one, other])) == list(together([other, one]))
    assert list(together([one, other])) == ["given", "surname", "born", "number", "phone", "other SSID"]


def test_a_trait_conflicts_where_two_values_are_told_and_who_differs_is_told_by_partner() -> None:
    told = {
        "given": [saying(one) for one in ("ANA school r1 1 a", "ANA college r2 1 b", "EVA wages r3 1 c")],
        "born": [saying(one) for one in ("2005 school r1 1 a", "2005 wages r3 1 c")],
        "phone": [saying(one) for one in ("1 school r1 1 a", "2 school r1 2 b")],
    }
    assert conflicts(told) == {"given": [["college", "school"], ["wages"]], "phone": [["school"], ["school"]]}


def test_no_choice_and_no_saying_shows_a_value() -> None:
    told = sayings_of("r1", "school", {"x": row(1, "e1", said("Quetzalli Reyes 20050102", ssn=NUMBER))})
    shown = repr((told, golden(told, policy("most_recent"))))
    assert not [value for value in ("QUETZALLI", "REYES", "20050102", said("A B", ssn=NUMBER).number) if value in shown]


def test_the_shipped_policy_is_one_and_names_only_traits_that_there_are() -> None:
    made = Policy.model_validate(tomllib.loads(SHIPPED.read_text(encoding="utf-8")))
    assert made.of("address").rules == ("most_recent", "most_frequent")
    assert made.of("born").rules == made.of("other SSID").rules == ("most_frequent", "most_recent")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[default]\nrules = []", "at least 1 item"),
        ("[default]\nrules = ['newest']", "'most_trusted', 'most_recent' or 'most_frequent'"),
        ("[default]\nrules = ['most_recent', 'most_recent']", "most_recent stands twice: leave one out"),
        ("[default]\nrules = ['most_trusted']", "needs to know whom"),
        ("[default]\nrules = ['most_recent']\ntrusted = ['edd']", "leave out the other"),
        ("[default]\nrules = ['most_trusted']\ntrusted = ['edd', 'edd']", "edd stands twice"),
        ("[default]\nrules = ['most_recent']\n[traits.name]\nrules = ['most_recent']", "'given', 'middle'"),
        ("[traits.born]\nrules = ['most_recent']", "Field required"),
    ],
)
def test_what_is_no_policy_is_told_what_would_be_one(text: str, told: str) -> None:
    with pytest.raises(ValidationError) as error:
        Policy.model_validate(tomllib.loads(text))
    assert told in error.value.errors()[0]["msg"]


def test_every_trait_of_a_description_can_be_chosen_but_for_what_names_the_record_and_twins() -> None:
    told = {*READERS, "house", "street", "zip", "near", "others", "own", "multiple_birth"} - {"address"}
    assert told == set(Description._fields)
