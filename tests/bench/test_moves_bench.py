"""The bench of moves: what it counts is what happened."""

from bench.moves import load, waiting, whole
from bench.moves.tally import Tally
from processors.partitions import partitions_of

ONE, OTHER = (
    "person 1",
    next(f"person {n}" for n in range(9) if len(set(partitions_of(["person 1", f"person {n}"], 2))) == 2),
)


def test_a_move_crosses_where_its_persons_are_of_different_partitions() -> None:
    tally = Tally(events=10, records=4)
    tally.moved(0, [(ONE, OTHER), (ONE, ONE)])
    tally.moved(5, [(OTHER, ONE)])
    told = tally.told()
    assert (tally.crossing(1), tally.crossing(2), told["moves"], told["largest"]) == (0, 2, 3, 2)
    assert told["per_1000_records"] == 750.0


def test_partitions_that_wait_go_on_in_the_round_after_what_they_wait_for_has_left() -> None:
    assert waiting.rounds([], 20, 2, 5) == 2
    assert waiting.rounds([(3, ONE, ONE)], 20, 2, 5) == 2
    assert waiting.rounds([(3, ONE, OTHER)], 20, 2, 5) == 3
    back_and_forth = [(place, *((ONE, OTHER), (OTHER, ONE))[place % 2]) for place in range(8)]
    assert waiting.rounds(back_and_forth, 20, 2, 5) > len(back_and_forth)


def test_people_joined_by_mistake_move_and_something_goes_with_them() -> None:
    sent = whole.mistaken(1, 7)
    tally = whole.moves(sent)
    assert {"merged", "split"} == set(tally.causes)
    assert sum(tally.causes.values()) == len(tally.placed) == len(tally.carried_bytes)
    assert max(tally.carried_events) > 0
    assert tally.sent > 0


def test_more_partitions_carry_more_and_less_where_all_of_one_waits() -> None:
    told = load.table(0.05, load.Costs(100, 50, 400, 25_000), dict.fromkeys((2, 4, 8, 16), 100), 20_000)
    assert told["1"] == {"persons_wait": 8_333}
    assert told["2"] == {"persons_wait": 15_385, "all_waits": 5_263}
    assert told["resolve_writes"] == 20_000
