"""``make chaos`` in its short form, and that its comparison finds what is wrong."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from support.chaos.brokers import BROKER_KILL
from support.chaos.compare import WRONG, Run, View, gaps, unequal, wrong
from support.chaos.faults import KILL, PAUSE, ROLES, planned
from support.chaos.raised import decided, told
from support.released import SignalsWorld, at, released, retracted, shipped_calendar, tick

from deploy.population import generate
from deploy.topic_reader import Read
from partners.population import Truth
from processors.numbers import HEADER
from processors.records import Arrival
from tests.proofs.scripts import script

chaos = script("chaos")
MANAGER = "lausd_counseling"
PLACE = (f"released.{MANAGER}", 0)


@pytest.fixture(scope="module")
def truth() -> Truth:
    return generate(60, 3).truth


@pytest.fixture(scope="module")
def world() -> SignalsWorld:
    """What was released, and signals of it: one raised, one retracted."""
    world = SignalsWorld()
    world.take(tick(at("2026-09-23")))
    for event, person in (("e1", "p1"), ("e2", "p2")):
        world.take(released("aid", event, person, aid_year="2026-2027", sap_status="not_eligible"))
    world.take(retracted("aid", "e2", "p2"))
    return world


@pytest.fixture
def sound(truth: Truth, world: SignalsWorld) -> Run:
    """A run in which everything is as the truth says."""
    outcomes = truth.outcomes["changes"]
    rows = [(recipient, f"person of {label}", event) for recipient, label, event in truth.visible["changes"]]
    reads = [release(*row) for row in rows]
    reads += [Read("identity.records", 0, n, 0, "identity_record", {"record_key": key, "person_id": label})
              for n, (key, label) in enumerate(truth.records["changes"].items())]  # fmt: skip
    reads += [Read(f"signals.{MANAGER}", 0, n, 0, "signal_changed", row) for n, row in enumerate(world.rows())]
    raised = [
        told(r["signal_id"], r["urgency"], r["due_on"], r["evidence_event_ids"])
        for r in world.rows()
        if r["person_id"] == "p1"
    ]
    signals = {(MANAGER, "sap_lost", "raised"): 1}
    families = Counter((recipient, "enrollment") for recipient, _, _ in rows)
    persons = Counter((recipient, person) for recipient, person, _ in rows)
    arrivals = [numbered(a, n) for n, a in enumerate(world.log, 1)]
    end = {PLACE: world.log[-1].offset + 1}
    given = decided(world.log, shipped_calendar())
    view = View(rows, families, persons, signals, raised)
    return Run(set(outcomes), dict(outcomes), arrivals, reads, view, {"the view": end}, {"the view": end}, given)


def release(recipient: str, person: str, event: str, position: int = 1, name: str = "enrollment") -> Read:
    row = {"release_id": f"{recipient} {event} {position}", "recipient": recipient, "person_id": person,
           "event_id": event, "family": "enrollment", "position": position}  # fmt: skip
    return Read(f"released.{recipient}", 0, position, 0, name, {"release": row})


def numbered(arrival: Arrival, number: int, stage: str = "consent", **place: Any) -> Arrival:
    return replace(arrival, headers={HEADER: f"{stage}/1/{number}".encode()}, **place)


def figures(run: Run, truth: Truth) -> tuple[int, ...]:
    """Lost, duplicated, gaps, leaked, unequal."""
    return tuple(map(len, wrong(run, truth).values()))


def with_view(run: Run, **changed: Any) -> Run:
    return replace(run, view=replace(run.view, **changed))


def without_end(run: Run) -> tuple[str, dict[str, str]]:
    first = min(run.outcomes)
    return first, {event: outcome for event, outcome in run.outcomes.items() if event != first}


def test_a_sound_run_has_nothing_wrong(sound: Run, truth: Truth) -> None:
    assert figures(sound, truth) == (0, 0, 0, 0, 0)


# Lost


def test_an_event_without_an_end_is_lost(sound: Run, truth: Truth) -> None:
    assert figures(replace(sound, outcomes=without_end(sound)[1]), truth) == (1, 0, 0, 0, 0)


def test_an_event_that_was_never_published_is_lost(sound: Run, truth: Truth) -> None:
    first, others = without_end(sound)
    assert figures(replace(sound, published=sound.published - {first}, outcomes=others), truth) == (1, 0, 0, 0, 0)


def test_a_row_that_should_stand_and_does_not_is_lost(sound: Run, truth: Truth) -> None:
    assert figures(with_view(sound, rows=sound.view.rows[1:]), truth) == (1, 0, 0, 0, 0)


def test_a_signal_that_the_releases_give_and_nobody_raised_is_lost(sound: Run, truth: Truth) -> None:
    assert figures(with_view(sound, raised=[]), truth) == (1, 0, 0, 0, 0)


# Duplicated


def test_a_release_sent_twice_is_doubled(sound: Run, truth: Truth) -> None:
    assert figures(replace(sound, reads=[*sound.reads, sound.reads[0]]), truth) == (0, 1, 0, 0, 0)


def test_a_decision_made_twice_is_doubled(sound: Run, truth: Truth) -> None:
    decision = Read("audit.decisions", 0, 0, 0, "decision_recorded", {"decision_id": "d"})
    assert figures(replace(sound, reads=[*sound.reads, decision, decision]), truth) == (0, 1, 0, 0, 0)


def test_an_event_that_was_rejected_and_decided_too_is_doubled(sound: Run, truth: Truth) -> None:
    place = {"topic": "partner.csac.aid", "partition": 0, "offset": 3}
    letter = Read("deadletter.csac", 0, 0, 0, "dead_letter", {**place, "event_id": "e"})
    decision = Read("audit.decisions", 0, 0, 0, "decision_recorded", {"decision_id": "d", "event_id": "e"})
    assert figures(replace(sound, reads=[*sound.reads, letter]), truth) == (0, 0, 0, 0, 0)
    assert figures(replace(sound, reads=[*sound.reads, letter, decision]), truth) == (0, 1, 0, 0, 0)


def test_a_row_or_a_signal_that_stands_twice_is_doubled(sound: Run, truth: Truth) -> None:
    assert figures(with_view(sound, rows=[*sound.view.rows, sound.view.rows[0]]), truth) == (0, 1, 0, 0, 0)
    assert figures(with_view(sound, raised=[*sound.view.raised] * 2), truth) == (0, 1, 0, 0, 0)


# Gaps


def test_a_number_that_is_missing_is_a_gap(sound: Run, truth: Truth) -> None:
    tick, *facts, last = sound.arrivals
    assert figures(replace(sound, arrivals=[*facts, last]), truth)[2] == 1  # the first
    assert figures(replace(sound, arrivals=[tick, *facts[1:], last]), truth)[2] == 1  # one between


def test_a_number_that_is_there_twice_is_a_gap_but_of_signals_which_may_send_again(sound: Run) -> None:
    last = sound.arrivals[-1]
    again = replace(last, offset=last.offset + 1)
    assert len(gaps(replace(sound, arrivals=[*sound.arrivals, again], ends={}))) == 1
    ones = [numbered(last, n, "signals", topic=f"signals.{MANAGER}", offset=o) for o, n in enumerate((1, 2, 1, 2, 3))]
    assert gaps(replace(sound, arrivals=ones, ends={})) == set()
    assert len(gaps(replace(sound, arrivals=[ones[0], ones[-1]], ends={}))) == 1


def test_each_stage_and_partition_counts_for_itself_and_a_new_generation_from_1(sound: Run) -> None:
    last = sound.arrivals[-1]
    elsewhere = numbered(last, 1, partition=2)
    of_another = numbered(last, 1, "another", offset=last.offset + 1)
    rebuilt = replace(last, headers={HEADER: b"consent/2/1"}, offset=last.offset + 2)
    assert gaps(replace(sound, arrivals=[*sound.arrivals, elsewhere, of_another, rebuilt])) == set()
    late = replace(last, headers={HEADER: b"consent/2/2"}, offset=last.offset + 2)
    assert len(gaps(replace(sound, arrivals=[*sound.arrivals, late]))) == 1


def test_a_record_without_a_number_is_a_gap_but_on_topics_that_have_none(sound: Run) -> None:
    bare = replace(sound.arrivals[-1], headers={}, offset=sound.arrivals[-1].offset + 1)
    assert len(gaps(replace(sound, arrivals=[*sound.arrivals, bare]))) == 1
    others = [replace(bare, topic=name) for name in ("identity.records", "partner.csac.aid", "control.agreements")]
    assert gaps(replace(sound, arrivals=[*sound.arrivals, *others])) == set()


@pytest.mark.parametrize("off", [-1, 1, None])
def test_a_position_that_is_not_the_end_is_a_gap(sound: Run, off: int | None) -> None:
    remembered = {} if off is None else {PLACE: sound.ends["the view"][PLACE] + off}
    assert len(gaps(replace(sound, positions={"the view": remembered}))) == 1


def test_what_workers_told_of_is_a_gap(sound: Run) -> None:
    assert len(gaps(replace(sound, gap_records=3))) == 1


# Leaked


def test_a_row_for_a_recipient_that_may_not_see_it_is_leaked(sound: Run, truth: Truth) -> None:
    _, person, event = sound.view.rows[0]
    run = with_view(sound, rows=[*sound.view.rows, ("somebody_else", person, event)])
    assert figures(run, truth) == (0, 0, 0, 1, 0)


def test_what_was_ever_sent_without_permission_is_leaked_even_if_it_does_not_stand(sound: Run, truth: Truth) -> None:
    withheld = min(e for e, outcome in truth.outcomes["changes"].items() if outcome == "withheld")
    taken_back = release(MANAGER, "p", withheld, 2, "release_retracted")
    run = replace(sound, reads=[*sound.reads, release(MANAGER, "p", withheld), taken_back])
    assert figures(run, truth) == (0, 0, 0, 1, 0)


def test_a_fact_under_another_person_is_leaked(sound: Run, truth: Truth) -> None:
    persons = Counter(person for _, person, _ in sound.view.rows)
    at_, (recipient, _, event) = next((n, row) for n, row in enumerate(sound.view.rows) if persons[row[1]] > 1)
    rows = [*sound.view.rows]
    rows[at_] = (recipient, "a stranger", event)
    assert figures(with_view(sound, rows=rows), truth)[3] > 0


# Unequal


def one_off(counts: Any, by: int) -> dict[tuple[str, ...], int]:
    first = min(counts)
    return {**counts, first: counts[first] + by}


@pytest.mark.parametrize("by", [-1, 1])
@pytest.mark.parametrize("name", ["families", "persons", "signals"])
def test_an_aggregate_that_is_one_off_is_unequal(sound: Run, truth: Truth, name: str, by: int) -> None:
    assert figures(with_view(sound, **{name: one_off(getattr(sound.view, name), by)}), truth) == (0, 0, 0, 0, 1)


def test_a_retraction_that_the_view_has_missed_is_unequal(sound: Run, truth: Truth) -> None:
    row = sound.view.rows[0]
    run = replace(sound, reads=[*sound.reads, release(*row, 2, "release_retracted")])
    assert len(unequal(run, truth)) == 2  # of its family, and of its person
    late = replace(sound, reads=[*sound.reads, release(*row, 0, "release_retracted")])
    assert unequal(late, truth) == set()  # a lower position undoes nothing


def test_a_person_too_many_is_unequal(sound: Run, truth: Truth) -> None:
    parted = Read("identity.records", 0, 99, 0, "identity_record", {"record_key": "k", "person_id": "nobody"})
    assert figures(replace(sound, reads=[*sound.reads, parted]), truth) == (0, 0, 0, 0, 1)


def test_a_signal_on_other_evidence_is_lost_and_unequal(sound: Run, truth: Truth) -> None:
    *said, _ = sound.view.raised[0]
    assert figures(with_view(sound, raised=[(*said, "another")]), truth) == (1, 0, 0, 0, 1)


# Faults


def test_every_fault_is_planned_each_role_in_its_turn_and_a_seed_gives_the_same_again() -> None:
    counts = {KILL: 8, PAUSE: 4, BROKER_KILL: 2}
    faults, again, others = (planned(Random(seed), ROLES, counts) for seed in (5, 5, 6))  # noqa: S311
    assert Counter(f.kind for f in faults) == counts
    assert Counter(f.role for f in faults if f.kind == KILL) == dict.fromkeys(ROLES, 2)
    assert Counter(f.is_killed for f in faults if f.kind == PAUSE) == {True: 2, False: 2}
    assert faults == again != others


def test_what_is_wrong_or_was_not_done_is_not_sound() -> None:
    size = chaos.Size(kills=2, pauses=1, broker_kills=1)
    sound = {"kills": 2, "pauses": 1, "broker_kills": 1, "events": 9} | dict.fromkeys(WRONG, 0)
    assert chaos.is_sound(sound, size)
    assert not any(chaos.is_sound({**sound, name: 1}, size) for name in WRONG)
    assert not any(chaos.is_sound({**sound, name: 0}, size) for name in ("kills", "pauses", "broker_kills"))


@pytest.mark.broker
def test_nothing_is_lost_doubled_skipped_or_leaked_whatever_is_killed_or_stopped(tmp_path: Path) -> None:
    size = chaos.Size(kills=4, people=100)
    document = chaos.prove(tmp_path, size, seed=11)
    assert document == {"kills": 4, "pauses": 1, "broker_kills": 1, "events": document["events"]} | dict.fromkeys(
        WRONG, 0
    )
