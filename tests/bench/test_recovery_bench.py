"""The bench of recovery, at a size at which its times say nothing: nothing is lost, and all its figures are there."""

from pathlib import Path

import pytest

from bench.made_up import recipients_of
from bench.recovery import backlog, kills
from bench.recovery.people import FIRST
from bench.recovery.place import Place

pytestmark = pytest.mark.broker
PERSONS = 200


def test_a_worker_is_killed_and_goes_on_and_a_backlog_drains(tmp_path: Path) -> None:
    with Place(tmp_path, PERSONS, lambda _line: None) as place:
        found = kills.measure(place, 1, 50, lambda _line: None)
        assert (found["lost"], found["doubled"], found["persons"]) == (0, 0, PERSONS)
        assert 0 < found["of_it_until_the_store_is_open_s"] < found["recovery_s"]
        found = backlog.measure(place, 300, lambda _line: None)
        assert (found["backlog"], found["lag_monotone"]) == (300, True)
        assert round(place.rss_mb_max) >= found["backlog_rss_mb_max"] > 0


def test_the_one_whom_all_are_like_is_seen_by_somebody() -> None:
    assert len(recipients_of(FIRST)) == 2
