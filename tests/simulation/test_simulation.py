"""The simulation in its short form; ``make simulate`` runs more schedules, and says what it found."""

from itertools import pairwise

import pytest
from simulation.bugs import BUGS
from simulation.disasters import Disaster
from simulation.fast_codec import remembering
from simulation.parts import small
from simulation.run import run, seed_that_finds
from simulation.world import Schedule

SCHEDULES = 400
USUAL = 5_000


def test_nothing_is_lost_done_twice_stale_or_leaked_under_any_of_some_hundred_schedules() -> None:
    tally = run(range(SCHEDULES))
    assert not tally.failures, tally.failures[0]
    assert tally.schedules == SCHEDULES


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found_within_the_usual_number_of_schedules(bug: str) -> None:
    assert seed_that_finds(bug, range(USUAL)) is not None


def test_one_seed_is_one_order_of_everything() -> None:
    traces = []
    for _ in range(2):
        schedule = Schedule(7)
        with small():
            schedule.run()
        traces.append(
            (schedule.trace, [slot for topic in schedule.broker.topics.values() for slot in topic.partitions])
        )
    assert traces[0] == traces[1]


@pytest.fixture(scope="module")
def storms() -> list[Schedule]:
    """What happened under some hundred seeds."""
    found = []
    with small(), remembering():
        for seed in range(350):
            schedule = Schedule(seed)
            schedule.run()
            found.append(schedule)
    return found


def test_workers_crash_pause_fail_and_lose_replies_at_every_kind_of_call(storms: list[Schedule]) -> None:
    steps = [tuple(map(str, step[1:])) for schedule in storms for step in schedule.trace if len(step) == 3]
    seen = {(step[1], step[0]) if step[0] == "pauses before" else step for step in steps}
    calls = {
        "take over", "init", "list topics", "describe", "know topics", "committed", "watermarks", "read", "look up",
        "commit", "send offsets", "flush", "end",
    }  # fmt: skip
    for ending in ("crash before", "crash after", "failed", "reply lost", "pauses before"):
        assert {call for call, how in seen if how == ending} >= calls


def test_the_stage_stops_at_every_kind_of_disaster_and_only_then(storms: list[Schedule]) -> None:
    assert {schedule.disaster for schedule in storms if schedule.stopped} == set(Disaster)
    assert {schedule.disaster for schedule in storms if not schedule.stopped} > {None}


def test_a_batch_is_sent_before_the_next_is_read_and_after_it(storms: list[Schedule]) -> None:
    after: set[str] = set()
    for schedule in storms:
        calls = [step[1] for step in schedule.trace if len(step) == 3 and step[0] == 1]
        last_read = max((n for n, call in enumerate(calls) if call == "read"), default=0)
        # Who is told to stop sends without reading on.
        after |= {next_ for call, next_ in pairwise(calls[:last_read]) if call == "commit"}
    assert {"read", "send offsets"} <= after
