"""What the views of either engine promise about writing: one row a key, the highest position, one transaction."""

import itertools

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.views import Views, delivered, row, rows_of, stored, taken_back, view_batch

from sinks.view_batch import Row
from sinks.views import ViewsRefusedError
from tests.sinks.conftest import Opening

REFUSED = (duckdb.ConstraintException, ViewsRefusedError)


def bodies(views: Views) -> list[tuple[object, ...]]:
    """State and body of every row."""
    return rows_of(views, "SELECT event_id, state, body FROM release_row ORDER BY event_id")


def test_a_release_is_kept_with_its_content(views: Views) -> None:
    views.apply(view_batch(rows=[row()]))
    assert bodies(views) == [("e1", "released", '{"organization_id":"at position 1"}')]


def test_a_repeat_changes_nothing(views: Views) -> None:
    views.apply(view_batch(rows=[row()]))
    assert views.apply(view_batch(rows=[row()])) == []


def test_a_lower_position_never_replaces_a_higher_one(views: Views) -> None:
    views.apply(view_batch(rows=[row(position=5)]))
    assert views.apply(view_batch(rows=[row(position=4)])) == []
    assert bodies(views) == [("e1", "released", '{"organization_id":"at position 5"}')]


def test_a_retraction_erases_the_content(views: Views) -> None:
    views.apply(view_batch(rows=[row()]))
    views.apply(view_batch(rows=[taken_back()]))
    left = rows_of(views, "SELECT body, effective_from, expires_on, groups, consent_event_ids FROM release_row")
    assert left == [(None, None, None, [], [])]


def test_a_retraction_of_what_was_never_seen_keeps_a_late_release_out(views: Views) -> None:
    views.apply(view_batch(rows=[taken_back(position=7)]))
    assert views.apply(view_batch(rows=[row(position=6)])) == []
    assert bodies(views) == [("e1", "retracted", None)]


def test_what_was_taken_back_can_be_released_again(views: Views) -> None:
    views.apply(view_batch(rows=[row(position=1), taken_back(position=2), row(position=3)]))
    assert bodies(views) == [("e1", "released", '{"organization_id":"at position 3"}')]


def test_changes_are_numbered_without_ever_going_back_also_after_opening_again(open_views: Opening) -> None:
    numbers = []
    for position in range(1, 4):
        views = open_views(first_seq=100)
        changes = views.apply(view_batch(rows=[row(position=position), row("e2", position)]))
        numbers += [change.seq for change in changes]
        views.close()
    assert numbers[0] == 100
    assert all(a < b for a, b in itertools.pairwise(numbers))


def test_only_rows_that_changed_are_told(views: Views) -> None:
    views.apply(view_batch(rows=[row("e1", 5)]))
    changes = views.apply(view_batch(rows=[row("e1", 4), taken_back("e2", 9)]))
    assert [(c.recipient, c.person_id, c.event_id, c.family, c.state) for c in changes] == [
        ("lausd_counseling", "p1", "e2", "enrollment", "retracted")
    ]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Row], list[list[Row]]]:
    """Deliveries with distinct positions per key, and the same deliveries repeated, shuffled and cut into batches."""
    plan = draw(st.dictionaries(st.tuples(st.sampled_from("abc"), st.integers(1, 6)), st.booleans(), min_size=1))
    sent = [row(e, at) if released else taken_back(e, at) for (e, at), released in plan.items()]
    return sent, delivered(draw, sent)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
def test_whatever_order_and_repetition_the_table_is_the_highest_position_of_each_key(
    open_views: Opening, history: tuple[list[Row], list[list[Row]]]
) -> None:
    sent, batches = history
    shuffled, plain = open_views("shuffled", anew=True), open_views("plain", anew=True)
    for batch in batches:
        shuffled.apply(view_batch(rows=batch))
    plain.apply(view_batch(rows=sorted(sent, key=lambda r: r["position"])))
    assert stored(shuffled) == stored(plain)
    assert len(stored(shuffled)) == len({r["event_id"] for r in sent})
    assert shuffled.content_hash() == plain.content_hash()
    highest = {r["event_id"]: max(s["position"] for s in sent if s["event_id"] == r["event_id"]) for r in sent}
    assert {r[2]: r[3] for r in stored(shuffled)} == highest
    shuffled.close()
    plain.close()


def test_the_content_hash_sees_content_and_no_tombstones(views: Views, open_views: Opening) -> None:
    other = open_views("other", first_seq=77)
    views.apply(view_batch(rows=[row("e1", 1), row("e2", 2), taken_back("e2", 3)]))
    other.apply(view_batch(rows=[row("e1", 1)]))
    assert views.content_hash() == other.content_hash()
    other.apply(view_batch(rows=[row("e1", 2)]))
    assert views.content_hash() != other.content_hash()
    other.close()


def test_rows_of_a_batch_that_failed_are_written_when_they_come_again(views: Views) -> None:
    bad = row("e2", 2)
    bad["fact_id"] = None
    with pytest.raises(REFUSED):
        views.apply(view_batch(rows=[row(), bad]))
    assert [change.event_id for change in views.apply(view_batch(rows=[row(), row("e2", 2)]))] == ["e1", "e2"]


def test_offsets_agreements_and_ticks_come_in_the_same_transaction(views: Views) -> None:
    bad = row("e2", 2)
    bad["fact_id"] = None
    with pytest.raises(REFUSED):
        views.apply(view_batch(rows=[row(), bad], ticks={"r": 1}, offsets={("released.r", 0): 7}))
    assert views.offsets() == {}
    assert bodies(views) == []
    views.apply(
        view_batch(rows=[row()], ticks={"r": 1}, offsets={("released.r", 0): 7}, numbers={"released.r/0/s": (1, 9)})
    )
    assert views.numbers() == {"released.r/0/s": (1, 9)}
    views.apply(view_batch(numbers={"released.r/0/s": (2, 1), "released.r/1/s": (1, 4)}))
    assert views.numbers() == {"released.r/0/s": (2, 1), "released.r/1/s": (1, 4)}
    assert views.offsets() == {("released.r", 0): 7}


def test_a_row_that_stood_there_before_views_were_opened_is_replaced_and_not_doubled(open_views: Opening) -> None:
    for position in (1, 2, 2):
        views = open_views()
        views.apply(view_batch(rows=[row("e1", position), row("e2", position), row(f"e{position + 2}", 1)]))
        found = [(event, position) for _, _, event, position, *_ in stored(views)]
        views.close()
    assert found == [("e1", 2), ("e2", 2), ("e3", 1), ("e4", 1)]


def test_two_recipients_have_their_own_rows_of_one_event(views: Views) -> None:
    views.apply(view_batch(rows=[row(), row(recipient="csu_advising"), taken_back(recipient="csu_advising")]))
    assert [(who, state) for who, _, _, _, state, *_ in stored(views)] == [
        ("csu_advising", "retracted"),
        ("lausd_counseling", "released"),
    ]


@pytest.mark.parametrize("said", ["", 'quo"te', "back\\slash", "two\nlines", "{a,b}", "é, ½ and 漢字", "NULL", " "])
def test_texts_come_back_as_they_were_whatever_is_in_them(views: Views, said: str) -> None:
    views.apply(view_batch(rows=[row(notice=said, groups=[said, "core"], body={"x": said})]))
    found = rows_of(views, "SELECT notice, groups FROM release_row")
    assert found == [(said, [said, "core"])]
