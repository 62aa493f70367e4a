"""Disclosures in an emergency (34 CFR 99.36): one person states why, another approves, a day or either ends it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.events import NOON, Message, event_id
from support.orders import IN_FORCE, RESCUE, WHERE, ordered
from support.sam import KNOWN, enrolled, identity
from support.worlds import PureWorld

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
        world.send(*step(world, state, by, basis="judicial_order"))
        world.send(*ordered(world.person_of("ccc", "s1"), "ccc_transfer_center", state, by, order_id=event_id("o")))
    assert world.settle().seen_by(RESCUE) == set()


def test_an_order_of_another_person_tells_nothing_of_this_one() -> None:
    world = known()
    for state, by in (STATED, APPROVED):
        world.send(*ordered("f" * 32, RESCUE, state, by))
    assert world.settle().seen_by(RESCUE) == set()


def test_records_that_move_to_another_person_carry_it() -> None:
    world = told(known(), STATED, APPROVED)
    before = world.person_of("ccc", "s1")
    apart = identity("ccc", event_id=event_id("apart"), published_at=NOON + 5, first_name="Ana", ssn="219-09-9990")
    world.send(*apart)
    world.settle()
    assert world.person_of("ccc", "s1") != before or world.person_of("csac", "a1") != before
    assert world.seen_by(RESCUE) == WHERE
    assert told(world, ("ended", "n.ito")).seen_by(RESCUE) == set()


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
