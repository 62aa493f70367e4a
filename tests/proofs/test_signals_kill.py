"""The kill proof of signals in its short form, and that its comparison finds what is wrong."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.released import SignalsWorld, at, released, retracted, shipped_calendar, tick

from tests.proofs.scripts import script

kill = script("signals_kill")


@pytest.fixture
def sound() -> Any:
    """A run in which the view holds what the releases give: thirty signals, one closed, one retracted."""
    world = SignalsWorld()
    world.take(tick(at("2026-09-23")))
    lost = {"aid_year": "2026-2027", "sap_status": "not_eligible"}
    for n in range(32):
        world.take(released("aid", f"e{n:02}", f"p{n:02}", **lost))
    world.take(released("aid", "f", "p30", **{**lost, "aid_year": "2027-2028", "sap_status": "meeting"}))
    world.take(retracted("aid", "e31", "p31"))
    newest = {row["signal_id"]: row for row in world.rows()}.values()
    rows = [(r["signal_id"], r["state"], r["urgency"], r["due_on"], r["evidence_event_ids"]) for r in newest]
    return kill.Run(world.log, rows, shipped_calendar())


def figures(run: Any) -> tuple[int, ...]:
    return tuple(kill.compared(run).values())


def test_a_sound_run_has_nothing_lost_doubled_or_left_over(sound: Any) -> None:
    assert len(sound.rows) == 32
    assert figures(sound) == (0, 0, 0)


def test_a_signal_that_is_not_in_the_view_or_not_raised_there_is_lost(sound: Any) -> None:
    id_, _, *said = sound.rows[0]
    assert figures(replace(sound, rows=sound.rows[1:])) == (1, 0, 0)
    assert figures(replace(sound, rows=[(id_, "closed", *said), *sound.rows[1:]])) == (1, 0, 0)


def test_a_signal_that_stands_twice_is_doubled(sound: Any) -> None:
    assert figures(replace(sound, rows=[*sound.rows, sound.rows[0]])) == (0, 1, 0)


def test_a_signal_that_the_releases_do_not_give_is_extra(sound: Any) -> None:
    ended = [(id_, "raised", *said) for id_, state, *said in sound.rows if state != "raised"]
    others = [row for row in sound.rows if row[1] == "raised"]
    assert figures(replace(sound, rows=[*others, *ended])) == (0, 0, 2)


def test_a_signal_on_other_evidence_is_lost_and_extra(sound: Any) -> None:
    *said, _ = sound.rows[0]
    assert figures(replace(sound, rows=[(*said, ["another"]), *sound.rows[1:]])) == (1, 0, 1)


def test_too_few_signals_prove_nothing(sound: Any) -> None:
    with pytest.raises(AssertionError, match="only 0 signals"):
        kill.compared(replace(sound, released=[]))


@pytest.mark.broker
def test_no_signal_is_lost_doubled_or_left_over_when_the_worker_is_killed(tmp_path: Path) -> None:
    assert kill.prove(tmp_path, people=200, kills=4, seed=11) == {"kills": 4, "lost": 0, "doubled": 0, "extra": 0}
