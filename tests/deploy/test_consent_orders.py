"""Orders of disclosure by hand: who may state, approve and end one, and what is refused before it is written."""

from dataclasses import replace
from datetime import date

import pytest
from support.events import NOON, event_id
from support.orders import IN_FORCE, RESCUE, WHERE, on_control
from support.sam import KNOWN, enrolled, identity
from support.worlds import PureWorld

from deploy import consent_orders
from deploy.consent_explained import folded
from deploy.consent_log import NoKeys
from deploy.consent_orders import Known, Wish
from processors.consent.book import Book
from streams.errors import ThroughlineError

TODAY = date(2026, 9, 21)


def known_world() -> PureWorld:
    """Sam is enrolled at a college."""
    world = PureWorld(IN_FORCE)
    for sent in (*KNOWN, enrolled()):
        world.send(*sent)
    return world.settle()


def book(world: PureWorld) -> Book:
    """As a machine without keys sees it."""
    return folded(world.topics["resolved.events"], NoKeys())


def wish(world: PureWorld) -> Wish:
    return Wish(world.person_of("ccc", "s1"), RESCUE, "emergency", "missing", date(2026, 9, 30), "n.ito")


def state(world: PureWorld) -> str:
    """State it; its id."""
    row = consent_orders.stated(wish(world), book(world), TODAY, NOON)
    world.send(*on_control(row))
    world.settle()
    return str(row["order_id"])


def approve(world: PureWorld, order_id: str, by: str) -> None:
    world.send(*on_control(consent_orders.approved(order_id, by, book(world), NOON)))
    world.settle()


def end(world: PureWorld, order_id: str, by: str) -> None:
    world.send(*on_control(consent_orders.ended(order_id, by, book(world), NOON)))
    world.settle()


def only(world: PureWorld) -> Known:
    [found] = consent_orders.known(book(world)).values()
    return found


def test_an_order_is_stated_approved_and_ended() -> None:
    world = known_world()
    order_id = state(world)
    assert (only(world).state, world.seen_by(RESCUE)) == ("stated", set())
    approve(world, order_id, "r.alvarez")
    assert (only(world).state, world.seen_by(RESCUE)) == ("approved", WHERE)
    assert only(world).to_document() == {
        "order_id": order_id, "recipient": RESCUE, "basis": "emergency", "reason": "missing", "stated_by": "n.ito",
        "approved_by": "r.alvarez", "valid_until": "2026-09-30", "state": "approved",
        "person_ids": [world.person_of("ccc", "s1")],
    }  # fmt: skip
    end(world, order_id, "k.lee")
    assert (only(world).state, world.seen_by(RESCUE)) == ("ended", set())


def test_an_order_whose_day_has_passed_is_over() -> None:
    world = known_world()
    order_id = state(world)
    world.go_on_until("2026-10-01")
    assert only(world).state == "over"
    with pytest.raises(ThroughlineError, match="that order is over"):
        approve(world, order_id, "r.alvarez")


def test_an_order_whose_records_have_moved_is_approved_and_ended_for_whose_they_are_now() -> None:
    world = known_world()
    order_id, before = state(world), world.person_of("ccc", "s1")
    apart = identity("ccc", event_id=event_id("apart"), published_at=NOON + 5, first_name="Ana", ssn="219-09-9990")
    world.send(*apart)
    world.settle()
    persons = {world.person_of("ccc", "s1"), world.person_of("csac", "a1")}
    assert before in persons
    assert set(only(world).person_ids) == set(consent_orders.persons_of(order_id, book(world))) == persons
    approve(world, order_id, "r.alvarez")
    assert world.seen_by(RESCUE) == WHERE
    end(world, order_id, "r.alvarez")
    assert world.seen_by(RESCUE) == set()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"person_id": "f" * 32}, "no person is called so"),
        ({"reason": "subpoena"}, "--reason of --basis emergency is one of threat_to_self"),
        ({"valid_until": date(2026, 9, 20)}, "--until 2026-09-20 has passed"),
        ({"valid_until": date(2026, 10, 6)}, "an emergency holds for at most 14 days, until 2026-10-05"),
        ({"recipient": "ccc_transfer_center"}, f"nothing would come of it: of {RESCUE} there is one"),
        ({"basis": "judicial_order", "reason": "subpoena"}, "nothing would come of it: there is none of anybody"),
    ],
)
def test_what_could_not_be_is_not_stated(changed: dict[str, object], told: str) -> None:
    world = known_world()
    with pytest.raises(ThroughlineError) as error:
        consent_orders.stated(replace(wish(world), **changed), book(world), TODAY, NOON)  # type: ignore[arg-type]  # parametrized
    assert told in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_an_emergency_of_exactly_fourteen_days_is_stated() -> None:
    world = known_world()
    assert consent_orders.stated(replace(wish(world), valid_until=date(2026, 10, 5)), book(world), TODAY, NOON)


@pytest.mark.parametrize("by", ["n.ito", "N.ITO", " n.ito ", "N. Ito"])
def test_whoever_stated_it_cannot_approve_it_however_the_name_is_written(by: str) -> None:
    world = known_world()
    order_id = state(world)
    with pytest.raises(ThroughlineError, match="whoever stated an order cannot approve it"):
        approve(world, order_id, by)


def test_what_is_approved_or_ended_is_not_approved_again_and_what_is_not_known_not_at_all() -> None:
    world = known_world()
    order_id = state(world)
    approve(world, order_id, "r.alvarez")
    with pytest.raises(ThroughlineError, match="that order is approved"):
        approve(world, order_id, "k.lee")
    end(world, order_id, "n.ito")
    with pytest.raises(ThroughlineError, match="that order is ended"):
        approve(world, order_id, "k.lee")
    with pytest.raises(ThroughlineError, match="has ended already"):
        end(world, order_id, "n.ito")
    for step in (approve, end):
        with pytest.raises(ThroughlineError, match="no order is called so in the log"):
            step(world, event_id("nothing"), "k.lee")
