"""Erased means never was: persons, releases, signals and views are those of a world in which it had never come."""

from collections.abc import Collection, Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import sam
from support.erasures import erasure
from support.events import MINUTE, NOON, Message, event_id, message
from support.orders import IN_FORCE, RESCUE, ordered
from support.sam import CENTER, COUNSEL, CSU, award, caseload, consent, enrolled, identity, wages
from support.stewards import decision
from support.worlds import PSEUDONYM_KEY, PureWorld, record_key

from processors import names, sealing
from processors.records import keyed_hash
from processors.resolve.traits import folded

Row = dict[str, Any]
SAMS = [*sam.KNOWN, caseload(), consent(), award(), enrolled(), wages()]
ANA = {"first_name": "Ana", "last_name": "Ortiz", "birth_date": "1990-06-20", "ssn": "219-09-9981"}
WAGES = keyed_hash(PSEUDONYM_KEY, "record", "edd", "wage", "219099998", folded("REYES SAM"))


def of_ana(*, local: str = "s9", name: str = "ana") -> list[Message]:
    """Somebody else, whom the center serves too."""
    return [
        message("ccc", "identity", local, f"{name} identity", **ANA),
        message(CENTER, "identity", "m9", f"{name} center identity", **ANA),
        message(CENTER, "caseload", "m9", f"{name} case"),
        message("ccc", "consent", local, f"{name} consent", **_granted()),
        message("ccc", "enrollment", local, f"{name} enrolled"),
    ]


def _granted() -> Row:
    return {
        "controllers": ["ccc"], "recipients": [CENTER], "purposes": ["transfer_advising"],
        "records_covered": ["education"], "event_state": "given",
    }  # fmt: skip


def told(*messages: Message, batch: int = 1000) -> PureWorld:
    """A world that has heard all this."""
    return hears(PureWorld(batch=batch), *messages)


def hears(world: PureWorld, *messages: Message) -> PureWorld:
    """The world hears more, a minute later."""
    world.now += MINUTE
    for sent in messages:
        world.send(*sent)
    return world.settle()


def members(world: PureWorld, person_id: str) -> set[str]:
    """Records of a person."""
    rows = world.states["resolve"].scan("record", "")
    return {key for key, row in rows if orjson.loads(row)["person"] == person_id}


def erased(world: PureWorld, partner: str = "ccc", local: str = "s1") -> set[str]:
    """The person of a record is erased; keys of the records that are gone."""
    person_id = world.person_of(partner, local)
    gone = members(world, person_id)
    hears(world, erasure(person_id, sorted(gone)[:1]))  # who asked need not have known all of them
    return gone


def shown(world: PureWorld) -> dict[str, dict[tuple[frozenset[str], str], tuple[str, str]]]:
    """What every recipient's view shows: by the records of the person and the event, without ids and positions."""
    persons = {str(orjson.loads(row)["person"]): key for key, row in world.states["resolve"].scan("record", "")}
    groups = {person: frozenset(members(world, person)) for person in persons}
    return {
        recipient: {
            (groups[person], event): (str(row["body"]), str(row["release"]["consent_event_ids"]))
            for (person, event), row in world.view(recipient).items()
        }
        for recipient in (CENTER, CSU, COUNSEL)
    }


def assert_as_if_never(world: PureWorld, other: PureWorld) -> None:
    """Persons, what is shown of them and what consent knows are those of another world."""
    assert world.record_groups() == other.record_groups()
    assert shown(world) == shown(other)
    for table in ("compare", "block", "component", "review", "asked", "birthday"):
        ours, theirs = (w.states["resolve"].scan(table, "") for w in (world, other))
        assert [key for key, _ in ours] == [key for key, _ in theirs], table
    for table in ("record", "fact", "due"):
        ours, theirs = (w.states["consent"].scan(table, "") for w in (world, other))
        assert [key for key, _ in ours] == [key for key, _ in theirs], table
    persons = [w.states["consent"].get_many("count", ["persons"]).get("persons", b"0") for w in (world, other)]
    assert persons[0] == persons[1]


@pytest.mark.parametrize("batch", [1, 3, 1000])
def test_who_is_erased_is_as_if_they_had_never_come(batch: int) -> None:
    world = told(*SAMS, *of_ana(), batch=batch)
    assert world.seen_by(CENTER) >= {award().event_id, enrolled().event_id}
    gone = erased(world)
    assert gone == {record_key("ccc", "s1"), record_key("csac", "a1"), record_key(CENTER, "m1"), WAGES}
    assert_as_if_never(world, told(*of_ana(), batch=batch))
    assert not world.signals(CENTER)


def test_every_release_is_taken_back_from_everybody_with_the_reason() -> None:
    world = told(*SAMS)
    before = {(r, *key) for r in (CENTER, CSU, COUNSEL) for key in world.view(r)}
    erased(world)
    rows = [(r, row) for r in (CENTER, CSU, COUNSEL) for row in world.rows(names.released_topic(r)) if "reason" in row]
    assert {(r, row["release"]["person_id"], row["release"]["event_id"]) for r, row in rows} == before
    assert {row["reason"] for _, row in rows} == {"erased"}
    assert before


def test_the_log_and_the_audit_keep_only_that_it_happened() -> None:
    world = told(*SAMS)
    person_id = world.person_of("ccc", "s1")
    gone = erased(world)
    [row] = [row for row in world.rows(names.RESOLVED_EVENTS) if row["schema"] == "person_erased"]
    assert (row["person_id"], set(row["record_keys"]), row["reason"]) == (person_id, gone, "student_request")
    last = {row["event_id"]: row for row in world.rows(names.AUDIT_DECISIONS)}[award().event_id]
    assert (last["outcome"], {d["reason"] for d in last["decided"]}) == ("withheld", {"erased"})


def test_the_compacted_topics_forget_the_records_and_the_questions_about_them() -> None:
    twin = message("cde_k12", "identity", "k1", "twin", **{**sam.SAM, "birth_date": "2005-01-03"}, ssn="219-09-9997")
    world = told(*SAMS, twin)
    gone = erased(world)
    newest = {arrival.key: arrival.value for arrival in world.topics[names.IDENTITY_RECORDS]}
    assert {key.decode() for key, value in newest.items() if key and not value} == gone
    questions = {arrival.key: arrival.value for arrival in world.topics[names.REVIEWS]}
    assert not [key for key, value in questions.items() if value and gone & set((key or b"").decode().split("|"))]


def test_what_comes_later_of_an_erased_record_is_withheld_counted_and_nothing_of_it_is_kept() -> None:
    world = told(*SAMS)
    erased(world)
    late = [identity("ccc", "again"), award("late"), wages("late wages"), consent("late consent")]
    hears(world, *late)
    assert {world.outcomes()[sent.event_id] for sent in late} == {"withheld"}
    assert {world.states["resolve"].get_many("record", [key]) != {} for key in (WAGES, record_key("ccc", "s1"))} == {
        False
    }
    counted = {key[1]: n for key, n in world.counts["consent"].items() if key[0] == "events" and key[-1] == "erased"}
    assert counted == {"identity": 1, "aid": 1, "employment": 1, "consent": 1}
    known = [row for row in world.rows(names.RESOLVED_EVENTS) if row.get("event_id") in {s.event_id for s in late}]
    assert {row["schema"] for row in known} == {"event_withheld"}


def test_a_repeat_of_an_event_from_before_is_a_repeat_still() -> None:
    world = told(*SAMS)
    erased(world)
    before = len(world.topics[names.RESOLVED_EVENTS])
    for sent in SAMS:
        world.send(*sent)
    world.settle()
    assert len(world.topics[names.RESOLVED_EVENTS]) == before


def test_the_same_person_under_another_local_id_is_a_new_record() -> None:
    world = told(*SAMS)
    person_id = world.person_of("ccc", "s1")
    erased(world)
    new = message("ccc", "identity", "s1-new", "new", **sam.SAM, ssn=sam.NUMBER)
    hears(world, new, message("ccc", "enrollment", "s1-new", "enrolled anew"))
    assert world.person_of("ccc", "s1-new") != person_id
    assert world.record_groups() == {frozenset({record_key("ccc", "s1-new")})}


def test_a_neighbour_whom_a_steward_had_parted_from_them_stays_and_what_was_decided_goes() -> None:
    school = message("cde_k12", "identity", "k1", "k", **sam.SAM, ssn=None, email="sam@example.edu", phone=sam.PHONE)
    world = told(school, identity("ccc", email="sam@example.edu", phone=sam.PHONE), identity("csac"))
    hears(world, decision("different", (record_key("cde_k12", "k1"), record_key("ccc", "s1"))))
    assert record_key("cde_k12", "k1") not in erased(world)
    assert world.record_groups() == told(school).record_groups()
    assert orjson.loads(dict(world.states["resolve"].scan("decided", ""))[record_key("cde_k12", "k1")]) == {}


def test_nobody_is_erased_by_the_name_of_one_who_is_somebody_else_by_now() -> None:
    world = told(*SAMS)
    hears(world, erasure("f" * 32, [record_key("ccc", "s1")]), erasure(world.person_of("ccc", "s1"), []))
    assert {row["schema"]: row["record_keys"] for row in _erasures(world)} == {"person_erased": []}
    assert award().event_id in world.seen_by(CENTER)


def test_to_erase_twice_is_to_erase_once() -> None:
    world = told(*SAMS, *of_ana())
    person_id, gone = world.person_of("ccc", "s1"), None
    gone = erased(world)
    before = shown(world)
    hears(world, erasure(person_id, sorted(gone), name="again"))
    assert [len(row["record_keys"]) for row in _erasures(world)] == [len(gone), 0]
    assert shown(world) == before


def test_what_a_steward_decides_of_an_erased_record_is_nothing() -> None:
    world = told(*SAMS, *of_ana())
    hears(world, decision("different", (record_key("ccc", "s1"), record_key("ccc", "s9"))))
    [gone, *_] = sorted(erased(world))
    hears(world, decision("same", (gone, record_key("ccc", "s9"))))
    assert not world.states["resolve"].get_many("decided", [gone])
    rows = world.states["resolve"].scan("decided", "")
    assert gone not in str(rows)


def test_a_consent_that_has_a_last_day_leaves_nobody_waiting_for_it() -> None:
    world = told(*SAMS, consent("with an end", valid_until="2027-05-01", valid_from="2026-12-01"))
    assert world.states["consent"].scan("due", "")
    erased(world)
    assert world.states["consent"].scan("due", "") == []
    world.go_on_until("2027-06-01")


def test_an_order_of_disclosure_leaves_nobody_waiting_for_its_last_day() -> None:
    world = PureWorld(IN_FORCE)
    hears(world, *sam.KNOWN, enrolled())
    person = world.person_of("ccc", "s1")
    hears(world, ordered(person, RESCUE, "stated", "n.ito", valid_until="2026-09-25"))
    assert world.states["consent"].scan("due", "") != []
    assert world.states["consent"].scan("order", "") != []
    erased(world)
    assert world.states["consent"].scan("due", "") == []
    assert world.states["consent"].scan("order", "") == []


def test_no_key_that_is_left_opens_what_is_kept_of_them() -> None:
    world = told(*SAMS, *of_ana())
    gone = erased(world)
    for key in gone:
        world.keys.keys.pop(key, None)
    opened = 0
    for row in world.rows(names.RESOLVED_EVENTS):
        if row["schema"] == "resolved_event" and row["record_key"] in gone:
            for key_id in world.keys.keys:
                with pytest.raises(sealing.UnreadableError):
                    sealing.unseal(world.keys, key_id, f"{row['event_id']}|resolve", row["sealed_body"])
            opened += 1
    assert opened
    assert not [key for key, _ in world.states["resolve"].scan("record", "") if key in gone]


FACTS = ("enrollment", "contact", "consent")
PEOPLE = (("Sam", "219-09-9998"), ("Ana", "219-09-9981"), ("Sam", None))
RECORDS = (("ccc", "s1"), ("ccc", "s2"), ("csac", "a1"), ("csu", "t1"), (CENTER, "m1"), (CENTER, "m2"))


def history(picks: Sequence[tuple[int, int, int]]) -> list[tuple[str, Message]]:
    """Events of a few records that may be of one person, each with its record's key."""
    found = []
    for n, (record, person, kind) in enumerate(picks):
        partner, local = RECORDS[record]
        given_name, number = PEOPLE[person]
        said = {"first_name": given_name, "last_name": "Reyes", "birth_date": "2005-01-02", "ssn": number}
        at = {"published_at": NOON + n * 1_000_000, "event_id": event_id(f"e{n}")}
        family = ["identity", "identity", {"ccc": FACTS[n % 3], "csac": "aid", CENTER: "caseload"}.get(partner, "")][
            kind
        ]
        if family == "identity" or not family:
            sent = message(partner, "identity", local, "i", **said, **at)
        elif family == "consent":
            sent = message(partner, "consent", local, f"c{n}", **{**_granted(), **at, "valid_until": "2027-01-01"})
        else:
            sent = message(partner, family, local, f"f{n}", **at)
        found.append((record_key(partner, local), sent))
    return found


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), st.integers(0, 2)), min_size=4, max_size=24),
    st.integers(0, 23),
    st.sampled_from([1, 2, 5, 1000]),
)
def test_whatever_came_before_and_after_it_is_as_if_the_records_had_never_come(
    picks: list[tuple[int, int, int]], at: int, batch: int
) -> None:
    events = history(picks)
    place = min(at, len(events) - 1)
    world = told(*(sent for _, sent in events[: place + 1]), batch=batch)
    person_id = next(
        str(orjson.loads(row)["person"])
        for key, row in world.states["resolve"].scan("record", "")
        if key == events[place][0]
    )
    gone = members(world, person_id)
    hears(world, erasure(person_id, [events[place][0]]))
    hears(world, *(sent for _, sent in events[place + 1 :]))
    assert_as_if_never(world, never(events, gone, place, batch))
    withheld = [sent.event_id for key, sent in events[place + 1 :] if key in gone]
    assert {world.outcomes()[id_] for id_ in withheld} <= {"withheld"}


WORDS = st.tuples(
    st.integers(0, 15), st.sampled_from(["same", "different", "withdrawn"]), st.integers(0, 5), st.integers(0, 5)
)
"""When a steward says what of which two records."""


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), st.integers(0, 2)), min_size=4, max_size=16),
    st.lists(WORDS, min_size=1, max_size=4),
    st.integers(0, 15),
)
def test_whatever_stewards_decide_it_is_as_if_nothing_had_been_decided_of_the_records(
    picks: list[tuple[int, int, int]], words: list[tuple[int, str, int, int]], at: int
) -> None:
    keys = [record_key(*record) for record in RECORDS]
    told_ = [(place, key, sent) for place, (key, sent) in enumerate(history(picks))]
    decided = [(place, kind, keys[one], keys[other]) for place, kind, one, other in words if one != other]
    place = min(at, len(told_) - 1)
    world = PureWorld()

    def tell(world: PureWorld, first: int, last: int, without: Collection[str]) -> None:
        for n in range(first, last):
            hears(world, *(sent for at_, key, sent in told_ if at_ == n and key not in without))
            pairs = [
                (n, kind, one, other) for at_, kind, one, other in decided if at_ == n and not {one, other} & {*without}
            ]
            hears(world, *(decision(kind, (one, other), name=str(n)) for n, kind, one, other in pairs))

    tell(world, 0, place + 1, ())
    [raw] = world.states["resolve"].get_many("record", [told_[place][1]]).values()
    person_id = str(orjson.loads(raw)["person"])
    gone = members(world, person_id)
    hears(world, erasure(person_id, [told_[place][1]]))
    tell(world, place + 1, 17, ())
    other = PureWorld()
    tell(other, 0, 17, gone)
    assert world.record_groups() == other.record_groups()
    assert shown(world) == shown(other)


def never(events: Sequence[tuple[str, Message]], gone: Collection[str], place: int, batch: int) -> PureWorld:
    """The world in which some records never came."""
    kept = [(n, sent) for n, (key, sent) in enumerate(events) if key not in gone]
    world = told(*(sent for n, sent in kept if n <= place), batch=batch)
    hears(world)
    return hears(world, *(sent for n, sent in kept if n > place))


def _erasures(world: PureWorld) -> list[Row]:
    return [row for row in world.rows(names.RESOLVED_EVENTS) if row["schema"] == "person_erased"]
