"""A batch of the sink as figures for operators, from records as they come."""

import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from support.events import event_id
from support.released import record, released, retracted

from processors.numbers import sifted
from processors.records import Arrival, Arrivals
from sinks.views import Change
from streams.pulse import Written
from streams.sink import skipped, view_batch, written


def figures(*arrivals: Arrival, changes: Sequence[Change] = ()) -> Written:
    """A batch of records that came to their topics 2 seconds ago, one after the other."""
    appended = int((time.time() - 2) * 1000)
    placed = Arrivals.of(replace(a, offset=n, appended_at=appended) for n, a in enumerate(arrivals))
    new = sifted(placed, {})
    return written(placed, new, view_batch(new.fresh, {}, new.taken), changes, {}, 0.5)


def test_latency_is_told_of_releases_by_family_and_not_of_retractions() -> None:
    published = int((time.time() - 60) * 1_000_000)
    told = figures(
        released("aid", event_id("a"), published_at=published),
        released("enrollment", event_id("e"), published_at=published),
        retracted("aid", event_id("b"), published_at=published),
    )
    assert {family: len(seconds) for family, seconds in told.since_published.items()} == {"aid": 1, "enrollment": 1}
    assert told.since_published["aid"] == pytest.approx([60], abs=30)
    assert told.since_released == pytest.approx([2] * 3, abs=30)
    assert told.records == 3


def signal(id_: str, state: str) -> Arrival:
    row = {
        "signal_id": id_, "recipient": "lausd_counseling", "person_id": "p1", "rule": "sap_lost", "about": "2025-2026",
        "state": state, "urgency": "high", "raised_at": 0, "changed_at": 0, "due_on": None, "evidence_event_ids": [],
        "source_offset": 1,
    }  # fmt: skip
    return replace(record("internal.signal_changed.v1", row), topic="signals.lausd_counseling")


def test_signals_are_told_by_rule_and_state_where_the_view_changed_and_once_each() -> None:
    changes = [Change(1, "lausd_counseling", "p1", "s1", "signal", "closed")]
    told = figures(signal("s1", "raised"), signal("s1", "closed"), signal("s2", "raised"), changes=changes)
    assert told.signals == (("sap_lost", "closed"),)


def places(*offsets: int) -> list[Arrival]:
    return [Arrival("released.csu_advising", 0, offset, 0, None, None) for offset in offsets]


@pytest.mark.parametrize(
    ("offsets", "passed_over"),
    [((5, 6, 7), 0), ((5, 7, 9), 0), ((6, 7), 0), ((5, 9), 2), ((9,), 3), ((7, 8, 12), 3)],
)
def test_one_marker_after_a_transaction_is_no_gap_more_is(offsets: Sequence[int], passed_over: int) -> None:
    assert skipped(Arrivals.of(places(*offsets)), {("released.csu_advising", 0): 5}) == passed_over
