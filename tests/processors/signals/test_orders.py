"""However a topic is cut into batches and whatever of it comes twice: the same signals stand in the end."""

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.events import EPOCH
from support.released import SignalsWorld, at, folded, released, retracted, shipped_calendar, tick

from processors.records import Arrival
from processors.signals import rules
from processors.signals.facts import Aid, Enrollment, Facts

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PERSONS = ("p1", "p2")
DAYS = ("2026-09-01", "2026-09-23", "2027-01-31", "2027-02-16", "2027-02-19", "2027-07-01", "2027-09-23")
AID = st.fixed_dictionaries(
    {"aid_year": st.sampled_from(["2026-2027", "2027-2028"])},
    optional={
        "application_status": st.sampled_from(["incomplete", "submitted", "processed", "opted_out"]),
        "sap_status": st.sampled_from(["meeting", "not_eligible", "not_eligible"]),
    },
)
SCHOOL = st.fixed_dictionaries(
    {"entry_grade_level": st.sampled_from(["G12", "G11"]), "entry_date": st.sampled_from(["2026-08-12", "2025-08-12"])},
    optional={"exit_date": st.sampled_from(["2027-02-01", "2027-06-10"])},
)
COLLEGE = st.fixed_dictionaries(
    {"term_id": st.sampled_from(["257", "263", "263", "267", "273"])},
    optional={
        "postsecondary_exit_type": st.just("graduated"),
        "enrollment_status": st.sampled_from(["currently_enrolled", "transferring"]),
    },
)
SAID = st.one_of(st.tuples(st.just("aid"), AID), st.tuples(st.just("enrollment"), st.one_of(SCHOOL, COLLEGE)))
Step = tuple[str, Any]


@st.composite
def topics(draw: st.DrawFn) -> list[Step]:
    """What a recipient's topic holds: versions of facts, released and taken back in rising positions, and days."""
    facts = draw(st.lists(st.tuples(st.sampled_from(PERSONS), SAID, st.integers(0, 1)), min_size=1, max_size=7))
    steps: list[Step] = [("day", day) for day in draw(st.lists(st.sampled_from(DAYS), max_size=4))]
    steps += [("release", i) for i in range(len(facts))]
    steps += [("retract", i) for i in draw(st.lists(st.integers(0, len(facts) - 1), max_size=4))]
    steps += [("release", i) for i in draw(st.lists(st.integers(0, len(facts) - 1), max_size=2))]
    return [
        (kind, (n, what if kind == "day" else (what, facts[what])))
        for n, (kind, what) in enumerate(draw(st.permutations(steps)))
    ]


def arrival(step: Step) -> Arrival:
    """A step as a record."""
    kind, (position, what) = step
    if kind == "day":
        return tick(at(what))
    number, (person, (family, body), fact) = what
    # Versions of one fact are of one person and family; the number is the version's time.
    place = {"fact_id": f"{person} {family} {fact}", "published_at": number}
    if kind == "retract":
        return retracted(family, f"e{number}", person, position, **place)
    return released(family, f"e{number}", person, position, **place, **body)


def cut(records: list[Any], sizes: list[int]) -> list[list[Any]]:
    """Batches of these sizes, over and over."""
    found, i = [], 0
    while records:
        size = sizes[i % len(sizes)]
        found.append(records[:size])
        records, i = records[size:], i + 1
    return found


def standing(world: SignalsWorld) -> list[tuple[Any, ...]]:
    """What readers see: raised signals, with all that they rest on."""
    said = ("person_id", "rule", "about", "urgency", "due_on", "evidence_event_ids")
    rows = [row for row in folded(world.rows()).values() if row["state"] == "raised"]
    return sorted(tuple(str(row[name]) for name in said) for row in rows)


def from_scratch(steps: list[Step]) -> list[tuple[Any, ...]]:
    """What the rules find in all that stands at the end, on the last day: computed without any state."""
    days = [at(what) for kind, (_, what) in steps if kind == "day"]
    newest = {what[0]: (kind, what[1]) for kind, (_, what) in steps if kind != "day"}
    if not days:
        return []
    today = EPOCH + timedelta(days=max(days) // 86_400_000_000)
    found = []
    for person in PERSONS:
        facts: dict[tuple[str, int], tuple[int, str, Any]] = {}
        for number, (kind, (who, (family, body), fact)) in sorted(newest.items()):
            if who == person:
                facts[family, fact] = (number, kind, body)
        answer = rules.ask(visible(facts), today, shipped_calendar())
        for f in answer.findings:
            due = None if f.due_on is None else (f.due_on - EPOCH).days
            found.append((person, f.rule, f.about, f.urgency, str(due), str(list(f.evidence))))
    return sorted(found)


def visible(facts: dict[tuple[str, int], tuple[int, str, Any]]) -> Facts:
    """Facts whose newest version is released now."""
    enrollments, aid = [], []
    for (family, _), (number, kind, body) in facts.items():
        if kind == "retract":
            continue
        if family == "aid":
            aid.append(Aid(f"e{number}", number, **body))
        else:
            days = [
                EPOCH + timedelta(days=at(body[n]) // 86_400_000_000) if n in body else None
                for n in ("entry_date", "exit_date")
            ]
            rest = [body.get(n) for n in ("term_id", "postsecondary_exit_type", "enrollment_status")]
            enrollments.append(Enrollment(f"e{number}", number, body.get("entry_grade_level"), *days, *rest))
    return Facts(enrollments, aid)


@SLOW
@given(topics(), st.lists(st.integers(1, 5), min_size=1, max_size=3))
def test_however_it_is_cut_into_batches_what_stands_is_what_the_rules_find_from_scratch(
    steps: list[Step], sizes: list[int]
) -> None:
    world = SignalsWorld(asked_at_once=2)
    for batch in cut([arrival(step) for step in steps], sizes):
        world.take(*batch)
    assert standing(world) == from_scratch(steps)


@SLOW
@given(topics(), st.lists(st.integers(1, 5), min_size=1, max_size=3), st.integers(0, 10))
def test_a_part_of_the_topic_read_again_says_and_changes_nothing(
    steps: list[Step], sizes: list[int], start: int
) -> None:
    world = SignalsWorld()
    for batch in cut([arrival(step) for step in steps], sizes):
        world.take(*batch)
    before = world.state.everything()
    for batch in cut(world.log[start:], sizes[::-1]):
        assert world.decide(batch) == []
    assert world.state.everything() == before


@SLOW
@given(topics(), st.lists(st.integers(1, 5), min_size=1, max_size=3))
def test_the_same_batches_say_the_same_in_every_byte(steps: list[Step], sizes: list[int]) -> None:
    worlds = [SignalsWorld(), SignalsWorld()]
    for world in worlds:
        for batch in cut([arrival(step) for step in steps], sizes):
            world.take(*batch)
    assert worlds[0].outs == worlds[1].outs
    assert [out.value for out in worlds[0].outs] == [out.value for out in worlds[1].outs]


@SLOW
@given(topics(), st.lists(st.integers(1, 5), min_size=1, max_size=3))
def test_when_everything_is_taken_back_no_signal_is_left_raised_or_closed(steps: list[Step], sizes: list[int]) -> None:
    last: list[Step] = [("retract", (1000 + i, what)) for i, (kind, (_, what)) in enumerate(steps) if kind == "release"]
    world = SignalsWorld()
    for batch in cut([arrival(step) for step in [*steps, *last]], sizes):
        world.take(*batch)
    assert {row["state"] for row in folded(world.rows()).values()} <= {"retracted"}
