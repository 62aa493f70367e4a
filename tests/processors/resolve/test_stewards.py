"""A steward's word outranks every weight, for ever, whatever comes before or after it; and it can be taken back."""

from itertools import permutations, product

import pytest
from support import worlds
from support.events import MINUTE, NOON, Message, event_id, message
from support.stewards import decision, decision_id
from support.worlds import ResolveWorld, record_key

from processors import names
from processors.records import Out
from schemas_avro import catalog, wire

SAM = {"first_name": "Sam", "last_name": "Reyes", "birth_date": "2005-01-02"}
TWIN = {**SAM, "first_name": "Simon"}
STRANGER = {"first_name": "Ana", "last_name": "Ortiz", "birth_date": "1990-06-20"}
SCHOOL, COLLEGE, AID, CSU = ("cde_k12", "k1"), ("ccc", "s1"), ("csac", "a1"), ("csu", "t1")
SCHOOL_KEY, COLLEGE_KEY, AID_KEY, CSU_KEY = (record_key(*record) for record in (SCHOOL, COLLEGE, AID, CSU))


def says(record: tuple[str, str], said: dict[str, str], name: str = "traits", **more: str | int) -> Message:
    """An identity event of a record."""
    return message(record[0], "identity", record[1], name, **{**said, **more})


def after(*messages: Message) -> ResolveWorld:
    """A world that heard this, one by one, a minute apart."""
    made = ResolveWorld()
    for sent in messages:
        made.take(sent)
        made.now += MINUTE
    return made


def groups(made: ResolveWorld) -> list[set[str]]:
    """Records of one person together, by names that a reader knows."""
    known = {SCHOOL_KEY: "school", COLLEGE_KEY: "college", AID_KEY: "aid", CSU_KEY: "csu"}
    return sorted(({known[key] for key in found} for found in made.groups()), key=sorted)


def told(outs: list[Out]) -> list[str]:
    """What came out, but for the time."""
    return [name for out in outs if (name := worlds.decoded(out)["schema"]) != "clock_ticked"]


def moved(outs: list[Out]) -> dict[str, str]:
    """Of each record that changed persons, what became of its person."""
    rows = [worlds.decoded(out) for out in outs if out.topic == names.IDENTITY_CHANGES]
    return {row["record_key"]: row["kind"] for row in rows if row["kind"] != "applied"}


JOINED = [says(SCHOOL, SAM), says(COLLEGE, SAM)]
SPLIT = decision("different", (SCHOOL_KEY, COLLEGE_KEY))
APART = [says(SCHOOL, SAM), says(COLLEGE, STRANGER)]
MERGE = decision("same", (SCHOOL_KEY, COLLEGE_KEY))


def test_what_is_decided_to_be_two_persons_is_two_whenever_it_was_decided() -> None:
    for order in permutations([*JOINED, SPLIT]):
        assert groups(after(*order)) == [{"college"}, {"school"}]


def test_what_is_decided_to_be_one_person_is_one_whenever_it_was_decided() -> None:
    for order in permutations([*APART, MERGE]):
        assert groups(after(*order)) == [{"college", "school"}]


def test_a_split_moves_the_younger_record_to_a_person_of_its_own_and_names_the_decision() -> None:
    made = after(*JOINED)
    outs = made.take(SPLIT)
    assert moved(outs) == {COLLEGE_KEY: "split"}
    [row] = [r for out in outs if (r := worlds.decoded(out))["schema"] == "records_moved"]
    assert row["caused_by_event_id"] == decision_id("different", [(SCHOOL_KEY, COLLEGE_KEY)])


def test_a_merge_keeps_the_older_persons_id() -> None:
    made = after(*APART)
    older = made.persons()[SCHOOL_KEY]
    assert moved(made.take(MERGE)) == {COLLEGE_KEY: "merged"}
    assert made.persons() == {SCHOOL_KEY: older, COLLEGE_KEY: older}


def test_a_split_survives_new_evidence_and_replays() -> None:
    number = {"ssn": "219-09-9998"}
    sure = [says(SCHOOL, SAM, "more", **number), says(COLLEGE, SAM, "more", **number), says(AID, SAM, **number)]
    made = after(*JOINED, SPLIT, *sure)
    assert {SCHOOL_KEY, COLLEGE_KEY} not in [found & {SCHOOL_KEY, COLLEGE_KEY} for found in made.groups()]
    before = made.persons()
    made.take(*JOINED, *sure)
    assert made.persons() == before


def test_a_merge_survives_a_correction_that_takes_all_likeness_away() -> None:
    made = after(*JOINED, MERGE)
    changed = says(COLLEGE, STRANGER, event_id=event_id("changed"), operation="correct", published_at=NOON + 1)
    made.take(changed)
    assert groups(made) == [{"college", "school"}]


@pytest.mark.parametrize(("known", "decided"), [(JOINED, SPLIT), (APART, MERGE)], ids=["split", "merge"])
def test_what_is_taken_back_is_as_if_it_had_never_been(known: list[Message], decided: Message) -> None:
    undone = decision("withdrawn", (SCHOOL_KEY, COLLEGE_KEY))
    never, back = after(*known), after(*known, decided, undone)
    assert back.persons() == never.persons()
    assert {table: rows for table, rows in back.state.everything().items() if table in {"compare", "component"}} == {
        table: rows for table, rows in never.state.everything().items() if table in {"compare", "component"}
    }


def test_a_record_that_is_named_before_it_is_known_is_joined_when_it_comes_even_with_facts_alone() -> None:
    made = after(MERGE, says(SCHOOL, SAM), message(COLLEGE[0], "enrollment", COLLEGE[1], "e1"))
    assert groups(made) == [{"college", "school"}]
    made = after(MERGE, message(COLLEGE[0], "enrollment", COLLEGE[1], "e1"), says(SCHOOL, SAM))
    assert groups(made) == [{"college", "school"}]


def test_a_merge_of_all_records_of_two_persons_makes_them_one() -> None:
    whole = decision("same", *product((SCHOOL_KEY, CSU_KEY), (COLLEGE_KEY, AID_KEY)))
    made = after(says(SCHOOL, SAM), says(CSU, SAM), says(COLLEGE, STRANGER), says(AID, STRANGER), whole)
    assert groups(made) == [{"aid", "college", "csu", "school"}]


def test_a_split_of_one_record_leaves_the_others_together() -> None:
    made = after(*JOINED, says(AID, SAM), decision("different", (SCHOOL_KEY, COLLEGE_KEY), (AID_KEY, COLLEGE_KEY)))
    assert groups(made) == [{"aid", "school"}, {"college"}]


def test_twins_that_a_bridge_would_join_stay_apart_where_a_steward_said_so() -> None:
    both = [says(SCHOOL, SAM), says(COLLEGE, TWIN), SPLIT]
    bridge = says(AID, {**SAM, "other_first_name": "Simon"})
    for order in permutations([*both, bridge]):
        found = groups(after(*order))
        assert not any({"school", "college"} <= group for group in found)


def test_what_is_no_decision_on_the_stewards_topic_changes_nothing() -> None:
    made = after(*JOINED)
    junk = [None, b"", b"{}", wire.frame(catalog.id_of("internal.identity_decided.v1"), b"\xff")]
    assert told(made.take(*(Message(names.STEWARDS, None, value, {}) for value in junk))) == []
    assert groups(made) == [{"college", "school"}]


def test_a_decision_of_records_that_nobody_knows_changes_no_person() -> None:
    made = after(*JOINED)
    assert told(made.take(decision("same", ("0" * 32, "f" * 32)))) == []
