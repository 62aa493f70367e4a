"""Disclosures in an emergency (34 CFR 99.36): one person states why, another approves, a day or either ends it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.events import NOON, Message, event_id
from support.orders import IN_FORCE, RESCUE, WHERE, ordered
from support.sam import KNOWN, enrolled, identity
from support.worlds import PureWorld

from processors import counts
from processors.consent import orders
from processors.consent.book import Book
from processors.consent.orders import Refusal, Taken
from processors.state import Memory, Working

LAST_DAY = "2026-09-25"


def known(batch: int = 1000) -> PureWorld:
    """Sam is enrolled at a college; nobody consented to anything."""
    world = PureWorld(IN_FORCE, batch=batch)
    for sent in (*KNOWN, enrolled()):
        world.send(*sent)
    return world.settle()


def step(world: PureWorld, state: str, by: str, **more: object) -> Message:
    """A step of the order to tell the rescuers of Sam."""
    return ordered(world.person_of("ccc", "s1"), RESCUE, state, by, **{"valid_until": LAST_DAY, **more})


def told(world: PureWorld, *steps: tuple[str, str]) -> PureWorld:
    """After some steps, each by somebody."""
    for state, by in steps:
        world.send(*step(world, state, by))
    return world.settle()


def reasons(world: PureWorld) -> set[str]:
    return {row["reason"] for row in world.rows(f"released.{RESCUE}") if "reason" in row}


STATED, APPROVED = ("stated", "n.ito"), ("approved", "r.alvarez")


def test_without_an_order_nobody_is_told() -> None:
    assert known().seen_by(RESCUE) == set()


@pytest.mark.parametrize(
    "steps",
    [
        [STATED],
        [STATED, ("approved", "n.ito")],
        [STATED, STATED],
        [STATED, ("stated", "r.alvarez")],
        [APPROVED],
        [APPROVED, STATED],
        [("ended", "n.ito"), ("approved", "r.alvarez")],
    ],
)
def test_what_one_person_alone_stands_by_is_denied(steps: list[tuple[str, str]]) -> None:
    assert told(known(), *steps).seen_by(RESCUE) == set()


def test_what_another_person_approves_is_permitted_until_its_day_and_taken_back_after_it() -> None:
    world = told(known(), STATED, APPROVED)
    assert world.seen_by(RESCUE) == WHERE
    assert world.go_on_until(LAST_DAY).seen_by(RESCUE) == WHERE
    assert world.go_on_until("2026-09-26").seen_by(RESCUE) == set()
    assert reasons(world) == {"not_approved"}


def test_an_approval_by_the_one_who_stated_it_does_not_stand_in_the_way_of_anothers() -> None:
    assert told(known(), STATED, ("approved", "n.ito"), APPROVED).seen_by(RESCUE) == WHERE


def test_an_order_that_ended_retracts_and_cannot_be_approved_again() -> None:
    world = told(known(), STATED, APPROVED, ("ended", "n.ito"))
    assert world.seen_by(RESCUE) == set()
    assert reasons(world) == {"not_approved"}
    assert told(world, STATED, ("approved", "someone")).seen_by(RESCUE) == set()


def test_another_order_is_for_itself() -> None:
    world = told(known(), STATED, APPROVED, ("ended", "n.ito"))
    for state, by in (STATED, APPROVED):
        world.send(*step(world, state, by, order_id=event_id("another")))
    assert world.settle().seen_by(RESCUE) == WHERE


def test_an_order_for_one_recipient_or_basis_tells_no_other() -> None:
    world = known()
    for state, by in (STATED, APPROVED):
        world.send(*step(world, state, by, basis="judicial_order", reason="subpoena"))
        world.send(*ordered(world.person_of("ccc", "s1"), "ccc_transfer_center", state, by, order_id=event_id("o")))
    assert world.settle().seen_by(RESCUE) == set()


def test_an_order_of_another_person_tells_nothing_of_this_one() -> None:
    world = known()
    for state, by in (STATED, APPROVED):
        world.send(*ordered("f" * 32, RESCUE, state, by))
    assert world.settle().seen_by(RESCUE) == set()


def counted(world: PureWorld) -> dict[tuple[str, ...], int]:
    """Steps of orders by step, outcome and reason, as operators are told of them."""
    return {named[1:]: times for named, times in world.counts["consent"].items() if named[0] == counts.ORDERS}


def test_what_becomes_of_each_step_is_counted() -> None:
    steps = (STATED, STATED, ("approved", "n.ito"), APPROVED, APPROVED, ("ended", "n.ito"), ("ended", "n.ito"))
    assert counted(told(known(), *steps)) == {
        ("stated", "carried", ""): 1,
        ("stated", "withheld", "out_of_turn"): 1,
        ("approved", "withheld", "same_person"): 1,
        ("approved", "carried", ""): 1,
        ("approved", "withheld", "out_of_turn"): 1,
        ("ended", "carried", ""): 1,
        ("ended", "withheld", "out_of_turn"): 1,
    }


def test_an_order_of_a_person_without_records_is_withheld_and_counted() -> None:
    world = known()
    for state, by in (STATED, APPROVED):
        world.send(*ordered("f" * 32, RESCUE, state, by))
    world.settle()
    assert counted(world) == {("stated", "withheld", "nobody"): 1, ("approved", "withheld", "out_of_turn"): 1}


def test_a_reason_of_another_basis_is_none() -> None:
    world = known()
    world.send(*step(world, *STATED, reason="subpoena"))
    assert counted(world.settle()) == {("stated", "withheld", "wrong_reason"): 1}


@pytest.mark.parametrize("by", ["N. Ito", " n.ito", "N.ITO"])
def test_who_stated_it_approves_nothing_however_the_name_is_written(by: str) -> None:
    assert told(known(), STATED, ("approved", by)).seen_by(RESCUE) == set()


def test_every_refusal_is_a_label() -> None:
    assert {one.value for one in Refusal} == set(counts.REFUSALS_OF_ORDERS)


def test_an_emergency_holds_for_fourteen_days_whatever_the_record_says() -> None:
    world = known()
    for state, by in (STATED, APPROVED):
        world.send(*step(world, state, by, valid_until="2099-12-31"))
    assert world.settle().seen_by(RESCUE) == WHERE
    assert world.go_on_until("2026-10-05").seen_by(RESCUE) == WHERE
    assert world.go_on_until("2026-10-06").seen_by(RESCUE) == set()
    assert reasons(world) == {"not_approved"}


def book(day: int | None) -> Book:
    """Of one person with one record, on a day."""
    made = Book(Working(Memory()))
    made.place("record", "somebody")
    if day is not None:
        made.state.put("clock", "tick", day * 86_400_000_000)
    return made


ROW = {
    "order_id": "o", "person_id": "somebody", "recipient": RESCUE, "basis": "emergency", "reason": "medical",
    "state": "stated", "by": "n.ito", "stated_at": 0, "valid_until": 99_999,
}  # fmt: skip
COURT = {**ROW, "basis": "judicial_order", "reason": "court_order"}


def test_before_the_first_day_no_emergency_can_be_stated_but_a_court_s_order_can() -> None:
    assert orders.take(book(None), ROW) == Taken(refusal=Refusal.NO_DAY)
    assert orders.take(book(None), COURT) == Taken(("record",), 99_999)


def test_the_logs_day_counts_and_no_other() -> None:
    assert orders.take(book(100), {**ROW, "stated_at": NOON}).until == 114
    assert orders.take(book(100), {**ROW, "valid_until": 103}).until == 103
    assert orders.take(book(100), COURT).until == 99_999


@pytest.mark.parametrize("names", ["ab", "ba"])
@pytest.mark.parametrize("steps", ["ab", "ba"])
def test_of_two_orders_about_one_person_each_step_is_of_its_own(names: str, steps: str) -> None:
    made = book(100)
    for name in names:
        orders.take(made, {**ROW, "order_id": name})
    for name in steps:
        assert orders.take(made, {**ROW, "order_id": name, "state": "approved", "by": "r.alvarez"}).refusal is None
    for name in steps:
        assert orders.take(made, {**ROW, "order_id": name, "state": "ended"}).refusal is None
    assert {one["order_id"]: (one["approved_by"], one["is_ended"]) for one in made.record("record")["orders"]} == {
        "a": ("r.alvarez", True), "b": ("r.alvarez", True),
    }  # fmt: skip


@pytest.mark.parametrize("by", ["a.ito", "r.alvarez"])
def test_whoever_else_approves_it_comes_before_or_after_by_the_alphabet(by: str) -> None:
    made = book(100)
    orders.take(made, ROW)
    assert orders.take(made, {**ROW, "state": "approved", "by": by}).refusal is None


EMERGENCIES = "threat_to_self", "threat_to_others", "medical", "missing", "abuse"
COURTS = "court_order", "subpoena"


@pytest.mark.parametrize(
    ("basis", "reason"),
    [*(("emergency", one) for one in EMERGENCIES), *(("judicial_order", one) for one in COURTS)],
)
def test_an_order_is_for_a_reason_of_its_basis_and_for_none_of_the_other(basis: str, reason: str) -> None:
    stated = {**ROW, "basis": basis, "reason": reason}
    assert orders.take(book(100), stated).refusal is None
    other = "emergency" if basis == "judicial_order" else "judicial_order"
    assert orders.take(book(100), {**stated, "basis": other}) == Taken(refusal=Refusal.WRONG_REASON)


def test_what_is_kept_of_an_order_is_its_terms_and_who_stands_by_it() -> None:
    kept = book(100)
    terms = {"order_id": "o", "recipient": RESCUE, "basis": "emergency", "reason": "medical", "valid_until": 114}
    steps = [("stated", "n.ito"), ("approved", "r.alvarez"), ("ended", "n.ito")]
    found = []
    for state, by in steps:
        assert orders.take(kept, {**ROW, "state": state, "by": by}) == Taken(("record",), 114)
        found += kept.record("record")["orders"]
    assert found == [
        {**terms, "stated_by": "n.ito", "approved_by": "", "is_ended": False},
        {**terms, "stated_by": "n.ito", "approved_by": "r.alvarez", "is_ended": False},
        {**terms, "stated_by": "n.ito", "approved_by": "r.alvarez", "is_ended": True},
    ]


def test_a_step_that_is_no_next_step_is_refused_and_changes_nothing() -> None:
    kept = book(100)
    for state in ("approved", "ended"):
        assert orders.take(kept, {**ROW, "state": state}) == Taken(refusal=Refusal.OUT_OF_TURN)
    orders.take(kept, ROW)
    assert orders.take(kept, ROW) == Taken(refusal=Refusal.OUT_OF_TURN)
    for name in ("n.ito", "N. ITO", " n. ito "):
        assert orders.take(kept, {**ROW, "state": "approved", "by": name}) == Taken(refusal=Refusal.SAME_PERSON)
    orders.take(kept, {**ROW, "state": "approved", "by": "r.alvarez"})
    assert orders.take(kept, {**ROW, "state": "approved", "by": "d.lee"}) == Taken(refusal=Refusal.OUT_OF_TURN)
    orders.take(kept, {**ROW, "state": "ended"})
    for state in ("approved", "ended"):
        assert orders.take(kept, {**ROW, "state": state, "by": "d.lee"}) == Taken(refusal=Refusal.OUT_OF_TURN)


def test_of_somebody_without_records_nothing_can_be_stated() -> None:
    assert orders.take(book(100), {**ROW, "person_id": "nobody"}) == Taken(refusal=Refusal.NOBODY)


def test_records_that_move_to_another_person_carry_it() -> None:
    world = told(known(), STATED, APPROVED)
    before = world.person_of("ccc", "s1")
    apart = identity("ccc", event_id=event_id("apart"), published_at=NOON + 5, first_name="Ana", ssn="219-09-9990")
    world.send(*apart)
    world.settle()
    assert world.person_of("ccc", "s1") != before or world.person_of("csac", "a1") != before
    assert world.seen_by(RESCUE) == WHERE
    assert told(world, ("ended", "n.ito")).seen_by(RESCUE) == set()


SOMEBODY = "0" * 32


def moved(world: PureWorld, record_key: str, before: str, after: str) -> PureWorld:
    """A record changes persons; consent decides."""
    row = {"record_key": record_key, "from_person_id": before, "to_person_id": after}
    move = {"move_id": f"{before} {after}", "caused_by_event_id": "cause", "moves": [row]}
    world.log("records_moved", record_key, move)
    return world.settle()


def of_the_college(world: PureWorld) -> tuple[str, str]:
    """The college's record and its person."""
    [row] = [row for row in world.rows("resolved.events") if row.get("event_id") == enrolled().event_id]
    return str(row["record_key"]), str(row["person_id"])


def test_an_order_that_ended_while_a_record_was_with_another_has_ended_for_that_one_too() -> None:
    world = told(known(), STATED, APPROVED)
    record_key, person = of_the_college(world)
    assert moved(world, record_key, person, SOMEBODY).seen_by(RESCUE) == WHERE
    world.send(*ordered(person, RESCUE, "ended", "n.ito"))
    assert world.settle().seen_by(RESCUE) == set()
    assert moved(world, record_key, SOMEBODY, person).seen_by(RESCUE) == set()


def test_an_order_that_ended_is_not_stated_again_for_another() -> None:
    world = told(known(), STATED, APPROVED, ("ended", "n.ito"))
    record_key, person = of_the_college(world)
    moved(world, record_key, person, SOMEBODY)
    for state, by in (STATED, APPROVED):
        world.send(*ordered(SOMEBODY, RESCUE, state, by))
    assert world.settle().seen_by(RESCUE) == set()


STEPS = st.lists(
    st.tuples(st.sampled_from(["stated", "approved", "ended"]), st.sampled_from(["n.ito", "r.alvarez", "k.lee"])),
    max_size=6,
)


def stand(steps: list[tuple[str, str]]) -> bool:
    """Whether two persons stand by it, from scratch."""
    stated = next((place for place, (state, _) in enumerate(steps) if state == "stated"), None)
    if stated is None:
        return False
    after = steps[stated + 1 :]
    return all(state != "ended" for state, _ in after) and any(
        state == "approved" and by != steps[stated][1] for state, by in after
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, st.sampled_from([1, 2, 3, 1000]))
def test_whatever_the_steps_and_the_batches_two_persons_must_stand_by_it(
    steps: list[tuple[str, str]], batch: int
) -> None:
    assert told(known(batch), *steps).seen_by(RESCUE) == (WHERE if stand(steps) else set())
