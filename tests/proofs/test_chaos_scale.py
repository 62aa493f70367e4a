"""``make chaos-scale`` in a short form, and that its comparison finds what several sinks could do wrong."""

from dataclasses import replace
from pathlib import Path

import pytest
from support.chaos.at_scale import WRONG, behind, not_newest
from support.chaos.compare import Run, View
from support.cluster import Cluster

from deploy.topic_reader import Read
from tests.proofs.scripts import script

chaos_scale = script("chaos_scale")
ME = "lausd_counseling"
PLACE = (f"released.{ME}", 0)


def sent(event: str, position: int, name: str = "enrollment") -> Read:
    release = {"recipient": ME, "person_id": "p", "event_id": event, "position": position}
    return Read(PLACE[0], 0, position, 0, name, {"release": release})


@pytest.fixture
def sound() -> Run:
    """Views that hold all that was sent: one event that stands, corrected once, and one that was taken back."""
    reads = [sent("stands", 1), sent("gone", 2), sent("stands", 3), sent("gone", 4, "release_retracted")]
    newest = {(ME, "p", "stands"): (3, "released"), (ME, "p", "gone"): (4, "retracted")}
    view, end = View([(ME, "p", "stands")], {}, {}, {}, [], newest), {PLACE: 5}
    return Run(set(), {}, [], reads, view, {"the view": end}, {"the view": end}, set())


def shown(run: Run, event: str, *row: object) -> Run:
    """The same with one row of the views as another."""
    return replace(run, view=replace(run.view, newest={**run.view.newest, (ME, "p", event): row}))


def test_views_that_hold_the_newest_of_all_that_was_sent_are_not_stale(sound: Run) -> None:
    assert not_newest(sound) == behind(sound) == set()


@pytest.mark.parametrize(
    ("event", "row"), [("gone", (2, "released")), ("stands", (1, "released")), ("stands", (3, "retracted"))]
)
def test_a_row_that_was_taken_back_or_corrected_since_is_stale(sound: Run, event: str, row: tuple[object]) -> None:
    assert not_newest(shown(sound, event, *row)) == {(ME, "p", event, row, sound.view.newest[ME, "p", event])}


def test_a_row_that_was_never_sent_or_is_missing_is_stale(sound: Run) -> None:
    assert len(not_newest(shown(sound, "never sent", 9, "released"))) == 1
    assert len(not_newest(replace(sound, view=replace(sound.view, newest={})))) == 2


def test_a_position_before_the_end_or_none_is_stale_and_one_behind_it_is_not(sound: Run) -> None:
    at = [replace(sound, positions={"the view": kept}) for kept in ({PLACE: 4}, {}, {PLACE: 6})]
    assert [len(behind(run)) for run in at] == [1, 1, 0]  # what is behind the end is a gap


@pytest.mark.broker
def test_nothing_is_lost_doubled_skipped_leaked_or_stale_past_one_machine(cluster: Cluster, tmp_path: Path) -> None:
    cluster.start(cluster.nodes)
    size = chaos_scale.Size(kills=5, pauses=1, rebalances=4, db_restarts=1, db_cuts=1, broker_kills=3, people=80)
    document = chaos_scale.prove(tmp_path, size, 11, cluster)
    assert document == {
        "kills": 5, "pauses": 1, "rebalances": 4, "db_cuts": 1, "broker_kills": 3, "events": document["events"],
    } | dict.fromkeys(WRONG, 0)  # fmt: skip
