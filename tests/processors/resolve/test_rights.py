"""Rights pass to the student at eighteen: when a birth date is told, on the day itself, and back when it was wrong."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.events import NOON, Message, days, event_id, message
from support.worlds import ResolveWorld, record_key

from processors import names
from processors.consent.agreements import EPOCH
from processors.resolve.rights import day_of_majority

DAY = 86_400_000_000
TODAY = NOON // DAY
SCHOOL = ("cde_k12", "k1")


def born(text: str, **said: Any) -> Message:
    return message(
        SCHOOL[0], "identity", SCHOOL[1], **{"first_name": "Sam", "last_name": "Reyes", "birth_date": text, **said}
    )


def told(*batches: list[Message]) -> ResolveWorld:
    world = ResolveWorld()
    for batch in batches:
        world.take(*batch)
    return world


def transfers(world: ResolveWorld) -> list[tuple[str, str]]:
    rows = [row for row in world.rows(names.RESOLVED_EVENTS) if row["schema"] == "rights_transferred"]
    return [(one["record_key"], one["age"]) for row in rows for one in row["transfers"]]


def later(world: ResolveWorld, day: int) -> ResolveWorld:
    world.now = day * DAY
    world.take()
    return world


@pytest.mark.parametrize(
    ("birthday", "majority"),
    [
        ("2008-09-22", "2026-09-22"),
        ("2008-02-29", "2026-03-01"),
        ("2007-02-28", "2025-02-28"),
        ("2007-12-31", "2025-12-31"),
    ],
)
def test_the_day_of_majority_is_the_eighteenth_birthday(birthday: str, majority: str) -> None:
    assert day_of_majority(days(birthday)) == days(majority)


@given(st.dates(date(1870, 1, 1), date(2150, 1, 1)))
def test_eighteen_years_are_full_on_the_day_and_not_on_the_day_before(birthday: date) -> None:
    day = EPOCH + timedelta(days=day_of_majority((birthday - EPOCH).days))
    assert day.year - birthday.year == 18
    assert (day.month, day.day) >= (birthday.month, birthday.day)
    before = day - timedelta(days=1)
    assert (before.year - birthday.year, before.month, before.day) < (18, birthday.month, birthday.day)


def test_an_adults_rights_are_told_with_the_birth_date_and_a_childs_on_the_day() -> None:
    key = record_key(*SCHOOL)
    assert transfers(told([born("2005-01-02", name="card")])) == [(key, "adult")]
    world = told([born("2008-09-22", name="card")])
    assert transfers(world) == [(key, "from_16")]
    later(world, TODAY)
    assert transfers(world) == [(key, "from_16")]
    assert transfers(later(world, days("2026-09-22"))) == [(key, "from_16"), (key, "adult")]
    assert transfers(later(world, days("2030-01-01"))) == [(key, "from_16"), (key, "adult")]


def test_a_child_is_told_of_again_at_fourteen_and_sixteen() -> None:
    key, world = record_key(*SCHOOL), told([born("2014-02-28", name="card")])
    seen = ["under_14", "from_14", "from_16", "adult"]
    for place, day in enumerate(("2028-02-27", "2028-02-28", "2030-02-28", "2032-02-28")):
        assert transfers(later(world, days(day))) == [(key, age) for age in seen[: place + 1]]


def test_a_day_on_which_nobody_worked_is_made_up_for() -> None:
    world = told([born("2009-01-01", name="card")])
    assert transfers(later(world, days("2028-05-05")))[-1] == (record_key(*SCHOOL), "adult")


def test_a_corrected_birth_date_gives_the_rights_back_until_the_right_day() -> None:
    key, again = record_key(*SCHOOL), {"event_id": event_id("again"), "published_at": NOON + 1}
    world = told([born("2005-01-02", name="card")], [born("2010-01-02", name="card", **again)])
    assert transfers(world) == [(key, "adult"), (key, "from_16")]
    assert transfers(later(world, days("2028-01-01"))) == [(key, "adult"), (key, "from_16")]
    assert transfers(later(world, days("2028-01-02"))) == [(key, "adult"), (key, "from_16"), (key, "adult")]


def test_of_a_retracted_identity_nothing_waits_any_more() -> None:
    again = {"event_id": event_id("again"), "published_at": NOON + 1, "operation": "retract"}
    world = told([born("2010-01-02", name="card")], [born("2010-01-02", name="card", **again)])
    assert world.state.scan("birthday", "") == []
    assert transfers(later(world, days("2030-01-01")))[-1][1] == "unknown"


def test_neither_log_nor_state_says_a_birth_date_or_the_day_of_majority() -> None:
    world = told([born("2009-01-05", name="card")])
    texts = {"2009-01-05", "2027-01-05", str(days("2009-01-05")), str(days("2027-01-05"))}
    kept = [f"{key}{value!r}" for rows in world.state.everything().values() for key, value in rows]
    sent = [f"{row}" for row in world.rows(names.RESOLVED_EVENTS)]
    assert [t for t in texts for row in [*kept, *sent] if t in row] == []


@given(st.permutations(range(3)), st.integers(1, 3))
def test_whose_the_rights_are_does_not_follow_from_the_order_of_what_was_told(order: list[int], batch: int) -> None:
    messages = [
        born("2005-01-02", name="card", event_id=event_id("1"), published_at=NOON),
        born("2010-01-02", name="card", event_id=event_id("2"), published_at=NOON + 1),
        born("2007-01-02", name="card", event_id=event_id("3"), published_at=NOON + 2),
    ]
    world = ResolveWorld().take_all([messages[i] for i in order], batch)
    assert dict(transfers(world)) == {record_key(*SCHOOL): "adult"}
