"""What is raised, closed and retracted, and when, as releases and days come."""

import pytest
from support.released import ME, OTHER, SignalsWorld, at, released, retracted, shipped_calendar, tick

from processors.records import derived_id

LOST = {"aid_year": "2026-2027", "sap_status": "not_eligible"}
MORNING = at("2026-09-23")


@pytest.fixture
def world() -> SignalsWorld:
    """A recipient's topic on the first day on which a fall term is asked about."""
    world = SignalsWorld()
    world.take(tick(MORNING))
    return world


def test_a_signal_names_its_rule_its_day_and_its_evidence_and_nothing_else_of_the_person(world: SignalsWorld) -> None:
    [row] = world.take(released("aid", "e1", **LOST))
    assert row == {
        "schema": "signal_changed", "signal_id": derived_id(f"{ME}|p1|sap_lost|2026-2027", "signals", 0),
        "recipient": ME, "person_id": "p1", "rule": "sap_lost", "about": "2026-2027", "state": "raised",
        "urgency": "high", "raised_at": MORNING, "changed_at": MORNING, "due_on": None, "evidence_event_ids": ["e1"],
        "source_offset": 2,
    }  # fmt: skip


def test_a_signal_goes_to_the_partition_that_its_person_is_read_from() -> None:
    world = SignalsWorld()
    world.take(tick(MORNING, partition=3))
    arrival = released("aid", "e1", **LOST)
    world.take(type(arrival)(arrival.topic, 3, -1, 0, None, arrival.value))
    [out] = world.outs
    assert (out.topic, out.partition, out.key) == (f"signals.{ME}", 3, "p1")


def test_nothing_is_raised_before_the_first_tick_and_then_at_once() -> None:
    world = SignalsWorld()
    assert world.take(released("aid", "e1", **LOST)) == []
    assert [row["state"] for row in world.take(tick(MORNING))] == ["raised"]


def test_a_correction_closes_it_and_the_evidence_stays(world: SignalsWorld) -> None:
    world.take(released("aid", "e1", **LOST))
    world.take(tick(MORNING + 60_000_000))
    met = {**LOST, "sap_status": "meeting", "operation": "correct", "fact_id": "fact of e1"}
    [row] = world.take(released("aid", "e2", position=2, published_at=at("2026-09-22"), **met))
    assert (row["state"], row["evidence_event_ids"]) == ("closed", ["e1"])
    assert (row["raised_at"], row["changed_at"]) == (MORNING, MORNING + 60_000_000)


def test_what_it_rested_on_is_taken_back_and_it_is_as_if_it_had_never_been(world: SignalsWorld) -> None:
    world.take(released("aid", "e1", **LOST))
    assert [row["state"] for row in world.take(retracted("aid", "e1"))] == ["retracted"]
    assert world.take(tick(MORNING + 86_400_000_000)) == []


def test_of_whom_is_erased_nothing_is_kept_but_that_it_was_and_the_store_is_told_to_let_go(
    world: SignalsWorld,
) -> None:
    world.take(released("aid", "e1", **LOST), released("aid", "e2", "p2", **LOST))
    world.take(retracted("aid", "e1", reason="erased"), retracted("aid", "e2", "p2"))
    assert [key for key, _ in world.state.scan("erased", "")] == [f"{ME}|p1"]
    [(_, row)] = world.state.scan("person", f"{ME}|p1")
    assert b"not_eligible" not in row


def test_a_closed_signal_too_vanishes_with_its_evidence(world: SignalsWorld) -> None:
    world.take(released("aid", "e1", **LOST))
    world.take(released("aid", "e2", **{**LOST, "aid_year": "2027-2028", "sap_status": "meeting"}))
    assert world.states() == {("sap_lost", "2026-2027"): "closed"}
    world.take(retracted("aid", "e1"))
    assert world.states() == {("sap_lost", "2026-2027"): "retracted"}


def test_where_the_rule_holds_without_what_was_taken_back_it_stays_on_what_is_left(world: SignalsWorld) -> None:
    for event in ("e1", "e2"):
        world.take(released("enrollment", event, term_id="263"))
    [row] = world.take(retracted("enrollment", "e1"))
    assert (row["state"], row["evidence_event_ids"], row["raised_at"]) == ("raised", ["e2"], MORNING)


def test_what_was_withdrawn_as_a_whole_raises_nothing_in_between(world: SignalsWorld) -> None:
    """Half of it would: without the fall enrollment the spring one looks like somebody who stopped."""
    facts = [released("enrollment", "spring", term_id="263"), released("enrollment", "fall", term_id="267")]
    assert world.take(*facts) == []
    assert world.take(retracted("enrollment", "fall"), retracted("enrollment", "spring")) == []


def test_it_closes_by_itself_when_its_day_has_passed(world: SignalsWorld) -> None:
    world.take(released("enrollment", "e1", term_id="263"))
    assert world.take(tick(at("2027-02-18", 1439))) == []
    assert [row["state"] for row in world.take(tick(at("2027-02-19")))] == ["closed"]
    assert world.take(tick(at("2028-02-19"))) == []


def test_it_is_raised_on_its_day_grows_urgent_and_ends_though_nothing_new_comes(world: SignalsWorld) -> None:
    senior = released("enrollment", "e1", entry_grade_level="G12", entry_date="2026-08-12")
    assert world.take(senior, released("aid", "e2", aid_year="2027-2028", application_status="incomplete")) == []
    told = [
        (day, row["state"], row["urgency"])
        for day in ("2027-01-30", "2027-01-31", "2027-02-15", "2027-02-16", "2027-06-30", "2027-07-01")
        for row in world.take(tick(at(day)))
    ]
    assert told == [
        ("2027-01-31", "raised", "medium"), ("2027-02-16", "raised", "high"), ("2027-07-01", "closed", "high"),
    ]  # fmt: skip


def test_a_day_that_was_slept_through_is_made_good(world: SignalsWorld) -> None:
    world.take(released("enrollment", "e1", entry_grade_level="G12", entry_date="2026-08-12"))
    world.take(released("aid", "e2", aid_year="2027-2028", application_status="incomplete"))
    [row] = world.take(tick(at("2027-03-01")))
    assert (row["state"], row["urgency"]) == ("raised", "high")


def test_an_ended_signal_may_be_raised_again_under_the_same_id_from_a_new_time(world: SignalsWorld) -> None:
    first = world.take(released("aid", "e1", **LOST))
    world.take(retracted("aid", "e1"))
    world.take(tick(MORNING + 60_000_000))
    [again] = world.take(released("aid", "e1", position=3, **LOST))
    assert again["signal_id"] == first[0]["signal_id"]
    assert (again["raised_at"], again["source_offset"] > first[0]["source_offset"]) == (MORNING + 60_000_000, True)


def test_a_lower_position_never_undoes_a_higher_one(world: SignalsWorld) -> None:
    assert world.take(retracted("aid", "e1", position=7)) == []
    assert world.take(released("aid", "e1", position=6, **LOST)) == []


def test_the_same_release_again_says_the_standing_signals_again_for_whoever_fills_a_view_anew(
    world: SignalsWorld,
) -> None:
    [first] = world.take(released("aid", "e1", **LOST))
    world.take(tick(MORNING + 60_000_000))
    [again] = world.take(released("aid", "e1", position=5, **LOST))
    assert again == {**first, "source_offset": again["source_offset"]}


def test_recipients_are_told_only_of_what_they_were_shown(world: SignalsWorld) -> None:
    world.take(tick(MORNING, OTHER))
    world.take(released("aid", "e1", recipient=OTHER, **LOST))
    assert [(row["recipient"], out.topic) for row, out in zip(world.rows(), world.outs, strict=True)] == [
        (OTHER, f"signals.{OTHER}")
    ]


def test_the_ticks_of_one_place_move_no_other(world: SignalsWorld) -> None:
    world.take(tick(MORNING, OTHER))
    world.take(released("enrollment", "e1", recipient=OTHER, term_id="263"))
    assert world.take(tick(at("2027-02-19"))) == []
    assert [row["state"] for row in world.take(tick(at("2027-02-19"), OTHER))] == ["closed"]


def test_families_and_records_that_no_rule_looks_at_leave_nothing_in_the_state(world: SignalsWorld) -> None:
    before = world.state.everything()
    world.take(released("contact", "e1"), retracted("caseload", "e2"))
    assert world.state.everything() == before


def test_of_a_body_only_what_rules_need_is_kept(world: SignalsWorld) -> None:
    world.take(released("enrollment", "e1", term_id="263", organization_id="19647330000000", exit_type="01921"))
    kept = b"".join(value for rows in world.state.everything().values() for _, value in rows)
    assert b"263" in kept
    assert b"19647330000000" not in kept
    assert b"01921" not in kept


def test_a_day_that_concerns_many_is_done_in_slices_none_left_out() -> None:
    world = SignalsWorld(asked_at_once=3)
    world.take(tick(at("2026-09-01")))
    world.take(*(released("enrollment", f"e{n}", f"p{n}", term_id="263") for n in range(10)))
    world.take(tick(at("2026-09-23")))
    assert world.raised() == sorted((f"p{n}", "stopped_out", "263") for n in range(10))
    assert world.state.scan("late", "") == []


def test_another_calendar_has_everybody_asked_about_again() -> None:
    world = SignalsWorld(asked_at_once=3)
    world.take(tick(at("2026-09-01")))
    world.take(*(released("enrollment", f"e{n}", f"p{n}", term_id="263") for n in range(7)))
    assert world.raised() == []
    shipped = world.context.calendar
    world.context = type(world.context)(shipped_calendar(stopped_out_days=1), 3)
    world.take()
    assert len(world.raised()) == 7
    world.context = type(world.context)(shipped, 3)
    world.take()
    assert world.raised() == []
    assert set(world.states().values()) == {"closed"}


def test_of_a_fact_the_version_published_last_counts_whatever_came_last(world: SignalsWorld) -> None:
    met = {**LOST, "sap_status": "meeting", "fact_id": "f"}
    world.take(released("aid", "a", published_at=at("2026-09-22"), **met))
    assert world.take(released("aid", "b", published_at=at("2026-09-21"), fact_id="f", **LOST)) == []


def test_a_fact_whose_newest_version_was_taken_back_is_not_judged_by_an_older_one(world: SignalsWorld) -> None:
    later = {"published_at": at("2026-09-22"), "fact_id": "f"}
    world.take(released("aid", "a", published_at=at("2026-09-21"), fact_id="f", **LOST))
    world.take(released("aid", "b", **{**LOST, **later}))
    world.take(retracted("aid", "b", **later))
    assert world.states() == {("sap_lost", "2026-2027"): "retracted"}
