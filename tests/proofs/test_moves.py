"""The moves proof in the short form of ``make moves-test``; and that it finds what it is there to find."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from support.moves.story import Story
from support.worlds import PureWorld, Row, decoded

from processors.records import Arrival, Out
from tests.proofs.scripts import script

moves = script("moves")


def at_once(role: str, act: Callable[[], None]) -> None:
    """Have it published; in memory nobody is killed."""
    del role
    act()


def told_in(world: PureWorld, seed: int) -> dict[str, object]:
    """The story of one set of people in memory; the figures."""
    story = Story(world, random.Random(seed), at_once)  # noqa: S311  # of made-up people
    story.tell(["set0"])
    return story.found.document


class Lossy(PureWorld):
    """A world from whose releases and retractions some are lost."""

    def __init__(self, is_lost: Callable[[Row], bool]) -> None:
        super().__init__(batch=50)
        self._is_lost = is_lost

    def _append(self, topic: str, key: bytes | None, value: bytes | None, headers: dict[str, bytes]) -> Arrival:
        if topic.startswith("released.") and self._is_lost(decoded(Out(topic, "", value or b"", ""))):
            return Arrival(topic, 0, -1, 0, key, value, headers)
        return super()._append(topic, key, value, headers)


@pytest.mark.parametrize(("seed", "batch"), [(1, 7), (2, 50)])
def test_who_was_joined_and_parted_is_shown_as_if_nobody_had_been_joined(seed: int, batch: int) -> None:
    document = told_in(PureWorld(batch=batch), seed)
    assert moves.is_sound(document), document


def test_a_record_that_moved_and_is_not_taken_back_is_found_under_the_other_person() -> None:
    document = told_in(Lossy(lambda row: row.get("reason") == "record_moved"), 1)
    assert document["leaked_rows"]
    assert not document["split_equals_never_merged"]


def test_a_fact_that_is_not_released_again_is_found_to_be_lost() -> None:
    seen = set[str]()

    def is_later(row: Row) -> bool:
        if "body" not in row or row["release"]["family"] != "caseload":
            return False
        is_first = row["release"]["event_id"] not in seen
        seen.add(row["release"]["event_id"])
        return not is_first

    document = told_in(Lossy(is_later), 1)
    assert document["lost"]
    assert not moves.is_sound(document)


def test_a_run_in_which_nothing_moved_or_anything_is_wrong_is_not_sound() -> None:
    right = {"moves": 1, "leaked_rows": 0, "lost": 0, "split_equals_never_merged": True}
    assert moves.is_sound(right)
    for wrong in ({"moves": 0}, {"leaked_rows": 1}, {"lost": 1}, {"split_equals_never_merged": False}):
        assert not moves.is_sound({**right, **wrong})


@pytest.mark.broker
def test_records_that_move_under_kills_leave_nothing_of_one_person_under_the_other(tmp_path: Path) -> None:
    document = moves.prove(tmp_path, people=1, seed=5)
    assert moves.is_sound(document), document
