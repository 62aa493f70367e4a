"""The simulation in its short form; ``make simulate`` runs more schedules, and says what it found."""

import pytest
from simulation.bugs import BUGS
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
        schedule.disk.close()
    assert traces[0] == traces[1]


def test_schedules_crash_pause_fail_and_stop_at_every_kind_of_call() -> None:
    seen: set[tuple[str, str]] = set()
    with small():
        for seed in range(250):
            schedule = Schedule(seed)
            schedule.run()
            steps = [tuple(map(str, step[1:])) for step in schedule.trace if len(step) == 3]
            seen |= {(step[1], step[0]) if step[0] == "pauses before" else (step[0], step[1]) for step in steps}
            schedule.disk.close()
    calls = {
        "take over", "init", "list topics", "describe", "know topics", "committed", "watermarks", "read", "look up",
        "commit", "send offsets", "flush", "end",
    }  # fmt: skip
    for ending in ("crash before", "crash after", "failed", "reply lost", "pauses before"):
        assert {call for call, how in seen if how == ending} >= calls
