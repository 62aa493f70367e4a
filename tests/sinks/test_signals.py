"""Signals in the case views: the highest offset of each counts, and what was taken back leaves nothing."""

import datetime as dt
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.views import Views, delivered, rows_of, view_batch

from sinks.questions import Questions
from sinks.signal_rows import COLUMNS
from sinks.view_batch import Row
from tests.sinks.conftest import Opening

NOON = 1_700_000_000_000_000
ME = "lausd_counseling"


def signal(signal_id: str = "s1", offset: int = 1, **changed: Any) -> Row:
    """A signal that was raised."""
    row: Row = {
        "signal_id": signal_id, "recipient": ME, "person_id": "p1", "rule": "fafsa_incomplete", "about": "2027-2028",
        "state": "raised", "urgency": "medium", "raised_at": NOON, "changed_at": NOON, "due_on": 20_000,
        "evidence_event_ids": ["e1", "e2"], "source_offset": offset,
    }  # fmt: skip
    return {**row, **changed}


def raised(views: Views, *persons: str) -> list[str]:
    """Ids of the signals that readers get."""
    return [s.signal_id for s in Questions(views).signals(ME, persons or ("p1",))]


def stored(views: Views) -> list[tuple[Any, ...]]:
    """Everything but the change number."""
    names = ", ".join(name for name in COLUMNS.names if name != "seq")
    return rows_of(views, f"SELECT {names} FROM signal_row ORDER BY signal_id")  # noqa: S608  # column names only


def test_a_signal_reaches_readers_with_all_that_it_says(views: Views) -> None:
    views.apply(view_batch(signals=[signal()]))
    [found] = Questions(views).signals(ME, ["p1"])
    moment = dt.datetime.fromtimestamp(NOON / 1_000_000, dt.UTC)
    assert (found.rule, found.about, found.state, found.urgency) == (
        "fafsa_incomplete", "2027-2028", "raised", "medium",
    )  # fmt: skip
    assert (found.raised_at, found.changed_at, found.due_on) == (moment, moment, dt.date(2024, 10, 4))
    assert (found.evidence_event_ids, found.source_offset, found.seq) == (("e1", "e2"), 1, 1)


def test_a_reader_gets_the_most_urgent_first_then_by_deadline_then_the_oldest(views: Views) -> None:
    rows = [
        signal("low", urgency="low", due_on=None),
        signal("no deadline", due_on=None),
        signal("later deadline", due_on=20_001),
        signal("deadline, younger", raised_at=NOON + 1),
        signal("deadline, older"),
        signal("high", urgency="high", due_on=None),
    ]
    views.apply(view_batch(signals=rows))
    assert raised(views) == ["high", "deadline, older", "deadline, younger", "later deadline", "no deadline", "low"]


def test_a_reader_gets_only_what_is_for_it_and_about_whom_it_asked(views: Views) -> None:
    views.apply(
        view_batch(signals=[signal("s1"), signal("s2", person_id="p2"), signal("s3", recipient="csu_advising")])
    )
    assert raised(views, "p1") == ["s1"]
    assert raised(views, "p1", "p2") == ["s1", "s2"]
    assert Questions(views).signals(ME, []) == []


def test_a_closed_signal_is_not_told_any_more_but_stays(views: Views) -> None:
    views.apply(view_batch(signals=[signal(), signal(offset=2, state="closed", changed_at=NOON + 5)]))
    assert raised(views) == []
    assert stored(views)[0][3:6] == ("fafsa_incomplete", "2027-2028", "closed")


def test_a_retracted_signal_leaves_nothing_of_what_it_said(views: Views) -> None:
    views.apply(view_batch(signals=[signal()]))
    views.apply(view_batch(signals=[signal(offset=2, state="retracted")]))
    assert stored(views) == [("s1", ME, "p1", None, None, "retracted", None, None, None, None, [], 2)]


def test_a_lower_offset_never_replaces_a_higher_one_not_even_a_retraction(views: Views) -> None:
    views.apply(view_batch(signals=[signal(offset=5, state="retracted")]))
    assert views.apply(view_batch(signals=[signal(offset=4)])) == []
    assert raised(views) == []


def test_what_was_retracted_can_be_raised_again(views: Views) -> None:
    for offset, state in ((1, "raised"), (2, "retracted"), (3, "raised")):
        views.apply(view_batch(signals=[signal(offset=offset, state=state)]))
    assert raised(views) == ["s1"]


def test_a_repeat_is_no_change_and_says_so(views: Views) -> None:
    views.apply(view_batch(signals=[signal()]))
    assert views.apply(view_batch(signals=[signal(), signal()])) == []


def test_a_change_of_a_signal_is_told_so_that_pages_wake(views: Views) -> None:
    views.apply(view_batch(signals=[signal()]))
    [change] = views.apply(view_batch(signals=[signal(offset=9, state="closed")]))
    assert (change.recipient, change.person_id, change.event_id, change.family, change.state) == (
        ME, "p1", "s1", "signal", "closed",
    )  # fmt: skip


def test_change_numbers_go_on_over_signals_also_after_opening_again(open_views: Opening) -> None:
    numbers = []
    for offset in range(1, 4):
        opened = open_views(first_seq=10)
        numbers += [c.seq for c in opened.apply(view_batch(signals=[signal("s1", offset, urgency=f"u{offset}")]))]
        assert Questions(opened).last_seq(ME) == numbers[-1]
        opened.close()
    assert numbers == [10, 11, 12]


def test_the_content_hash_sees_raised_and_closed_signals_and_no_tombstones(views: Views, open_views: Opening) -> None:
    other = open_views("other", first_seq=77)
    views.apply(view_batch(signals=[signal("s1", 1), signal("s2", 2, state="retracted")]))
    other.apply(view_batch(signals=[signal("s1", 1)]))
    assert views.content_hash() == other.content_hash()
    other.apply(view_batch(signals=[signal("s1", 2, state="closed")]))
    assert views.content_hash() != other.content_hash()
    other.close()


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Row], list[list[Row]]]:
    """Signals with distinct offsets per id, and the same repeated, shuffled and cut into batches."""
    states = st.sampled_from(["raised", "closed", "retracted"])
    plan = draw(st.dictionaries(st.tuples(st.sampled_from("abc"), st.integers(1, 6)), states, min_size=1))
    sent = [signal(name, offset, state=state, changed_at=NOON + offset) for (name, offset), state in plan.items()]
    return sent, delivered(draw, sent)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
def test_whatever_order_and_repetition_the_table_is_the_highest_offset_of_each_signal(
    open_views: Opening, history: tuple[list[Row], list[list[Row]]]
) -> None:
    sent, batches = history
    shuffled, plain = open_views("shuffled", anew=True), open_views("plain", anew=True)
    for batch in batches:
        shuffled.apply(view_batch(signals=batch))
    plain.apply(view_batch(signals=sorted(sent, key=lambda row: row["source_offset"])))
    said = [(row[0], row[5:]) for row in stored(shuffled) if row[5] != "retracted"]
    assert said == [(row[0], row[5:]) for row in stored(plain) if row[5] != "retracted"]
    assert shuffled.content_hash() == plain.content_hash()
    shuffled.close()
    plain.close()
