"""The proof of the bad inputs in its short form, and that its comparison finds what is wrong."""

from pathlib import Path
from typing import Any

import pytest

from deploy.topic_reader import Read
from tests.proofs.scripts import script

bad_inputs = script("bad_inputs")
EACH = 1


@pytest.fixture
def batch() -> Any:
    """A batch whose first is bad, and where it stands."""
    [bad] = bad_inputs.choose([2])
    making = bad_inputs.Making("x")
    sent = [bad.make(making), *bad_inputs.neighbours(bad.make(making), "x", bad_inputs.NEIGHBOURS, making.now)]
    return bad_inputs.Batch(bad, "first", sent, {n: f"t/0/{n}" for n in range(len(sent))})


def letter(offset: int, code: str) -> Read:
    place = {"topic": "t", "partition": 0, "offset": offset, "event_id": None, "code": code}
    return Read("deadletter.lea_grand_bend", 0, 0, 0, "dead_letter", place)


def decided(event_id: str, outcome: str) -> Read:
    row = {"event_id": event_id, "caused_by": event_id, "outcome": outcome}
    return Read("audit.decisions", 0, 0, 0, "decision_recorded", row)


def ended(batch: Any, *more: Read, carried: int = bad_inputs.NEIGHBOURS) -> bool:
    """Whether a batch ended as it should, where its last so many neighbours were carried."""
    seen = bad_inputs.Seen()
    for read in (*(decided(message.event_id, "released") for message in batch.sent[-carried:]), *more):
        seen.take_in(read)
    return bool(seen.ends_of(batch) == batch.expected)


def test_one_dead_letter_of_its_code_is_right(batch: Any) -> None:
    assert ended(batch, letter(0, "null_value"))


def test_none_two_or_one_of_another_code_is_wrong(batch: Any) -> None:
    assert not ended(batch)
    assert not ended(batch, letter(0, "null_value"), letter(0, "null_value"))
    assert not ended(batch, letter(0, "internal_error"))


def test_a_neighbour_that_was_rejected_or_withheld_is_wrong(batch: Any) -> None:
    assert not ended(batch, letter(0, "null_value"), letter(1, "null_value"))
    assert not ended(batch, letter(0, "null_value"), decided(batch.sent[1].event_id, "withheld"), carried=5)


def test_a_neighbour_without_an_end_is_wrong(batch: Any) -> None:
    assert not ended(batch, letter(0, "null_value"), carried=5)


def test_only_every_place_right_and_nobody_dead_is_right() -> None:
    sound = {"inputs": 2, "positions": 3, "right": 6, "process_deaths": 0}
    assert bad_inputs.is_right(sound)
    assert not bad_inputs.is_right({**sound, "right": 5})
    assert not bad_inputs.is_right({**sound, "process_deaths": 1})


def test_every_number_is_listed_once() -> None:
    lines = list(bad_inputs.listed(bad_inputs.choose()))
    assert sorted(int(line.split()[0]) for line in lines if line.startswith("  ")) == list(range(1, 87))


@pytest.mark.broker
def test_bad_inputs_are_quarantined_once_and_their_neighbours_flow(tmp_path: Path) -> None:
    chosen = bad_inputs.choose(each=EACH)
    found = bad_inputs.prove(tmp_path, chosen)
    assert found == {"inputs": len(chosen), "positions": 3, "right": len(chosen) * 3, "process_deaths": 0}
