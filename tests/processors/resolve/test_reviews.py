"""What the weights leave open is asked of a steward, once, until the records say otherwise."""

from itertools import permutations
from typing import Any

import pytest
from support import worlds
from support.events import NOON, Message, event_id, message
from support.models import LAX
from support.worlds import ResolveWorld, record_key

from processors import names
from processors.records import Out
from processors.resolve.matching import settling
from processors.resolve.matching.model import shipped

SAM = {"first_name": "Sam", "last_name": "Reyes", "birth_date": "2005-01-02"}
RENAMED = {**SAM, "last_name": "Ortiz"}
SCHOOL, COLLEGE, AID, CSU = ("cde_k12", "k1"), ("ccc", "s1"), ("csac", "a1"), ("csu", "t1")


def says(record: tuple[str, str], said: dict[str, Any], **more: Any) -> Message:
    """An identity event of a record."""
    return message(record[0], "identity", record[1], "traits", **{**said, **more})


def asked(outs: list[Out]) -> list[tuple[set[str], str, bool]]:
    """Questions: of which records, why, and whether they are open."""
    rows = [worlds.decoded(out) for out in outs if out.topic == names.REVIEWS]
    assert all(row["model"] == shipped().name and row["pair_id"] == f"{row['one']}|{row['other']}" for row in rows)
    return [({row["one"], row["other"]}, row["reason"], row["open"]) for row in rows]


def keys(*records: tuple[str, str]) -> set[str]:
    return {record_key(*record) for record in records}


def test_a_given_name_and_a_birth_date_in_common_beside_another_surname_are_asked_once() -> None:
    made = ResolveWorld()
    assert asked(made.take(says(SCHOOL, SAM))) == []
    assert asked(made.take(says(COLLEGE, RENAMED))) == [(keys(SCHOOL, COLLEGE), "unclear", True)]
    assert asked(made.take(says(COLLEGE, RENAMED))) == []


def test_a_number_with_a_typing_error_and_one_name_in_common_are_asked_and_not_linked() -> None:
    one, other = {"first_name": "Xiomara", "last_name": "Reyes"}, {"first_name": "Xiomara", "last_name": "Ortiz"}
    made = ResolveWorld()
    made.take(says(COLLEGE, {**one, "ssn": "219-09-9998"}))
    assert asked(made.take(says(AID, {**other, "ssn": "219-09-9989"}))) == [(keys(COLLEGE, AID), "unclear", True)]
    assert len(made.groups()) == 2
    made.take(says(CSU, {**one, "ssn": "219-09-9989"}))
    assert len(made.groups()) == 1


def test_a_question_is_gone_when_the_records_say_enough() -> None:
    made = ResolveWorld().take_all([says(SCHOOL, SAM), says(COLLEGE, RENAMED)], 1)
    for n, said in enumerate(({**SAM, "birth_date": "1990-06-20"}, RENAMED, SAM)):
        more = {"event_id": event_id(f"again {n}"), "operation": "correct", "published_at": NOON + 1 + n}
        [found] = asked(made.take(says(COLLEGE, said, **more)))
        assert found == (keys(SCHOOL, COLLEGE), "unclear", said is RENAMED)


def test_of_two_who_are_held_apart_or_are_one_nothing_is_asked() -> None:
    twin = {**SAM, "first_name": "Ana", "phone": "213-555-0101"}
    made = ResolveWorld()
    made.take(says(SCHOOL, {**SAM, "phone": "213-555-0101"}), says(COLLEGE, twin), says(AID, SAM))
    assert asked(made.outs) == []


def test_neither_order_nor_batches_show_in_what_is_asked() -> None:
    said = [says(SCHOOL, SAM), says(COLLEGE, RENAMED), says(AID, {**RENAMED, "ssn": "219-09-9998"}), says(CSU, SAM)]
    found = []
    for order in permutations(said):
        for batch in (1, 4):
            state = ResolveWorld().take_all(order, batch).state
            found.append((state.scan("review", ""), state.scan("asked", "")))
    assert len(found[0][0]) > 1
    assert all(one == found[0] for one in found)


def test_too_many_records_that_hang_together_are_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "COMPONENT_CAP", 2)
    made = ResolveWorld().take_all([says(SCHOOL, SAM), says(COLLEGE, SAM)], 1)
    [(two, reason, is_open)] = asked(made.take(says(AID, SAM)))
    assert (len(two), reason, is_open) == (2, "capped", True)
    gone = says(AID, SAM, event_id=event_id("gone"), operation="retract", published_at=NOON + 1)
    assert asked(made.take(gone)) == [(two, "capped", False)]


def counted(made: ResolveWorld, *batch: Message) -> dict[str, int]:
    """What a batch counts of identity, by name and labels."""
    made.take(*batch)
    return {"/".join(name): n for name, n in made.counts.items() if name[0].startswith("identity_")}


def test_operators_are_told_what_became_of_persons_what_was_asked_and_what_parted() -> None:
    made = ResolveWorld()
    counted(made, says(SCHOOL, SAM))
    told = counted(made, says(COLLEGE, RENAMED))
    assert told["identity_reviews_opened/unclear"] == 1
    assert "identity_changes/linked" not in told
    told = counted(made, says(COLLEGE, SAM, event_id=event_id("b"), operation="correct", published_at=NOON + 1))
    assert told["identity_reviews_closed/unclear"] == 1
    assert (told["identity_changes/merged"], told["identity_links/ccc/cde_k12"]) == (1, 1)
    twin = {**SAM, "first_name": "Ana"}
    told = counted(made, says(AID, twin))
    assert told["identity_vetoes/twins"] == 2
    assert told["identity_blocks"] > told["identity_blocks_capped"] == 0


def test_a_question_that_goes_on_at_another_weight_is_counted_neither_as_opened_nor_as_closed() -> None:
    made = ResolveWorld()
    counted(made, says(SCHOOL, {**SAM, "sex": "Male"}))
    assert counted(made, says(COLLEGE, RENAMED))["identity_reviews_opened/unclear"] == 1
    again = {"event_id": event_id("b"), "operation": "correct", "published_at": NOON + 1}
    assert asked(made.take(says(COLLEGE, {**RENAMED, "sex": "Male"}, **again))) == [
        (keys(SCHOOL, COLLEGE), "unclear", True)
    ]
    assert not [name for name, *_ in made.counts if name.startswith("identity_reviews")]


def test_a_question_about_too_many_records_stands_while_another_about_the_same_two_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settling, "COMPONENT_CAP", 2)
    sure = {**SAM, "ssn": "219-09-9998", "phone": "213-555-0101"}
    ana = {**sure, "first_name": "Ana", "birth_date": None}
    said = [
        says(COLLEGE, ana),
        says(("ccc", "s2"), sure, event_id=event_id("s2")),
        says(CSU, {**SAM, "first_name": "Ana"}),
    ]
    said.append(says(COLLEGE, sure, event_id=event_id("again"), operation="correct", published_at=NOON + 1))
    made = ResolveWorld(LAX).take_all(said, 1)
    newest = {row["pair_id"]: row for row in made.rows(names.REVIEWS)}
    assert [(row["reason"], row["open"]) for row in newest.values() if row["open"]] == [("capped", True)]
