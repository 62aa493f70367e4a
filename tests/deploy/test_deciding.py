"""What a steward's word decides: which pairs, what it overrules, and what is refused before it is written."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from deploy.identity.deciding import (
    DIFFERENT,
    SAME,
    Part,
    Plan,
    answered,
    checked,
    merged,
    parted,
    row_of,
    undone,
)
from deploy.identity.known import Known
from deploy.topic_reader import Read
from processors import names
from streams.errors import ThroughlineError

PERSONS = {"a": "P", "b": "P", "c": "P", "d": "Q", "e": "Q", "f": "R"}
Row = dict[str, Any]


def key(letter: str) -> str:
    """A record's key."""
    return letter * 32


def keys(letters: str) -> list[str]:
    return [key(letter) for letter in letters]


def letters(plan: Plan) -> str:
    """A plan's pairs as words."""
    return " ".join(one[0] + other[0] for one, other in plan.pairs)


def decision(id_: str, kind: str, *pairs: str) -> Read:
    """A decision as it is read."""
    told = [{"one": key(one), "other": key(other)} for one, other in pairs]
    row = {"decision_id": id_, "kind": kind, "pairs": told, "decided_by": "w", "reason": "r", "decided_at": 0}
    return Read(names.STEWARDS, 0, 0, 0, "identity_decided", row)


def review(pair: str, *, is_open: bool = True) -> Read:
    row = {"one": key(pair[0]), "other": key(pair[1]), "open": is_open}
    return Read(names.REVIEWS, 0, 0, 0, "identity_review", row)


def known(*reads: Read) -> Known:
    """Three persons, and what else is read."""
    found = Known()
    for letter, person in PERSONS.items():
        row = {"record_key": key(letter), "person_id": person, "partner_id": "x", "first_seen_at": 0, "event_ids": []}
        found.enter(Read(names.IDENTITY_RECORDS, 0, 0, 0, "identity_record", row))
    for read in reads:
        found.enter(read)
    return found


def test_a_merge_links_every_two_of_the_named_records() -> None:
    plan = merged(known(), keys("dabb"))
    assert (plan.kind, letters(plan), plan.overrules) == (SAME, "ab ad bd", [])
    assert plan.persons == [Part("P", 3, 2), Part("Q", 2, 1)]


def test_a_merge_of_whole_persons_takes_in_all_records_of_theirs() -> None:
    assert letters(merged(known(), keys("df"), whole=True)) == "de df ef"


def test_a_split_parts_each_named_record_from_every_other_of_the_person() -> None:
    plan = parted(known(), keys("cb"))
    assert (plan.kind, letters(plan), plan.persons) == (DIFFERENT, "ab ac", [Part("P", 3, 2)])


def test_what_is_overruled_is_named_and_what_says_the_same_is_not() -> None:
    made = known(decision("one", "same", "ab", "bc"), decision("two", "different", "ac"))
    plan = parted(made, keys("a"))
    assert (letters(plan), plan.overrules) == ("ab ac", ["one"])


def test_an_undo_takes_back_the_pairs_of_which_the_decision_is_the_last_word() -> None:
    made = known(decision("one", "same", "ab", "bc", "ax"), decision("two", "different", "bc"))
    plan = undone(made, "one")
    assert (plan.kind, letters(plan), plan.overrules) == ("withdrawn", "ab ax", ["one"])
    assert plan.persons == [Part("P", 3, 2)]


@pytest.mark.parametrize(("kind", "say"), [("same", "same"), ("different", "different")])
def test_an_answer_to_a_review_decides_its_pair_alone_in_whichever_order_it_is_named(kind: str, say: str) -> None:
    plan = answered(known(review("ad")), key("d"), key("a"), say)
    assert (plan.kind, letters(plan), plan.persons) == (kind, "ad", [Part("P", 3, 1), Part("Q", 2, 1)])


def test_whether_a_decision_stands_is_told() -> None:
    made = known(
        decision("one", "same", "ab", "bc"),
        decision("two", "different", "bc"),
        decision("three", "same", "de"),
        decision("four", "withdrawn", "de"),
        decision("five", "different", "af"),
        decision("six", "same", "af"),
    )
    states = {id_: made.state(id_) for id_ in made.decisions}
    assert states == {
        "one": "stands in part", "two": "stands", "three": "withdrawn", "four": "withdraws", "five": "overruled",
        "six": "stands",
    }  # fmt: skip
    assert set(made.standing().values()) == {"one", "two", "six"}


STANDING = (decision("one", "different", "ad", "ae"), review("bd", is_open=False))


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda made: merged(made, keys("a")), "name two records or more"),
        (lambda made: merged(made, keys("aa")), "name two records or more"),
        (lambda made: merged(made, keys("a9")), f"no record {key('9')} is known: `throughline identity person`"),
        (lambda made: merged(made, ["Sam Reyes", key("a")]), "a record's key is 32 hexadecimal digits"),
        (lambda made: merged(made, keys("ad")), "decision one keeps records .* `throughline identity undo one` first"),
        (lambda made: merged(made, keys("bd")), "decision one keeps records of these persons apart"),
        (lambda made: parted(made, keys("ad")), "these are of 2 persons already"),
        (lambda made: parted(made, keys("de")), "these are all records of that person"),
        (lambda made: parted(made, keys("f")), "these are all records of that person"),
        (lambda made: answered(made, key("a"), key("f"), SAME), "no open review asks about these two: `throughline"),
        (lambda made: answered(made, key("b"), key("d"), DIFFERENT), "no open review asks about these two"),
        (lambda made: undone(made, "other"), "no decision has that id: `throughline identity decisions`"),
    ],
)
def test_what_cannot_be_decided_is_refused_with_the_remedy(act: Callable[[Known], Plan], told: str) -> None:
    with pytest.raises(ThroughlineError, match=told) as met:
        act(known(*STANDING))
    assert "Sam" not in str(met.value)


def test_who_names_all_records_of_both_persons_overrules_what_kept_them_apart() -> None:
    plan = merged(known(*STANDING), keys("ade"))
    assert (letters(plan), plan.overrules) == ("ad ae de", ["one"])


def test_what_is_decided_already_is_not_decided_again_and_what_was_withdrawn_is() -> None:
    made = known(decision("one", "same", "de"))
    with pytest.raises(ThroughlineError, match="that is decided already, by one: nothing to do"):
        merged(made, keys("de"))
    made.enter(decision("two", "withdrawn", "de"))
    assert letters(merged(made, keys("de"))) == "de"
    for id_ in ("one", "two"):
        with pytest.raises(ThroughlineError, match="it does not stand: withdr"):
            undone(made, id_)


def test_more_pairs_than_anybody_has_looked_at_are_refused() -> None:
    made = known()
    for place in range(60):
        row = {"record_key": f"{place:032x}", "person_id": "M", "partner_id": "x", "first_seen_at": 0, "event_ids": []}
        made.enter(Read(names.IDENTITY_RECORDS, 0, 0, 0, "identity_record", row))
    with pytest.raises(ThroughlineError, match=r"that would be 1,770 pairs, more than 1,000: name fewer records"):
        merged(made, [f"{place:032x}" for place in (0, 1)], whole=True)


def test_a_decisions_id_follows_from_its_content_alone() -> None:
    plan = merged(known(), keys("ad"))
    row = row_of(plan, "w", "r", 1)
    assert row == row_of(plan, "w", "r", 1)
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", row["decision_id"])
    others = [row_of(plan, *told) for told in (("v", "r", 1), ("w", "s", 1), ("w", "r", 2))]
    assert len({row["decision_id"], *(other["decision_id"] for other in others)}) == 4


@pytest.mark.parametrize(
    ("by", "reason", "told"),
    [
        ("", "r", "say who decides, and why: --by WHO --reason WHY"),
        ("w", " ", "say who decides, and why"),
        ("w", "two\nlines", "--reason takes one line of at most 500"),
        ("w" * 101, "r", "--by takes one line of at most 100"),
        ("w", "it is 517-48-2936", "--reason holds a social security number"),
    ],
)
def test_who_and_why_are_asked_for_and_hold_no_number_of_anybody(by: str, reason: str, told: str) -> None:
    with pytest.raises(ThroughlineError, match=told) as met:
        checked(by, reason)
    assert "2936" not in str(met.value)
    assert checked(" r.alvarez ", " a brother ") == ("r.alvarez", "a brother")
