"""A log partitioned by person, in its short form; ``make simulate-partitions`` runs more schedules."""

import pytest
from simulation.fast_codec import remembering
from simulation.partitioned import Waits
from simulation.partitions import Schedule, planted, run, seed_that_finds
from simulation.parts import small

SCHEDULES = 32


@pytest.mark.parametrize("waits", Waits)
def test_views_and_state_of_a_partitioned_log_end_as_those_of_one_whoever_crashes(waits: Waits) -> None:
    found = run(range(SCHEDULES), waits)
    assert not found.failures, found.failures[0]
    assert found.crashes > SCHEDULES
    assert len(found.windows) > SCHEDULES // 2


def test_rows_that_a_record_brings_the_end_of_stand_until_it_has_come() -> None:
    """Why the log stays one: there, nothing stands that a withdrawal denies which is known to be the same person's."""
    found = run(range(0, SCHEDULES, 4), Waits.PERSONS)
    assert found.late > 0
    assert min(transactions for _, _, transactions in found.windows) >= 1


@pytest.mark.parametrize("bug", planted())
def test_a_bug_planted_in_the_protocol_is_found(bug: str) -> None:
    assert seed_that_finds(bug, range(200)) is not None


def test_one_seed_is_one_order_of_everything() -> None:
    with remembering(), small():
        first, second = (Schedule(5, Waits.PERSONS).run() for _ in range(2))
    assert (first.crossings, first.step, first.crashes) == (second.crossings, second.step, second.crashes)
