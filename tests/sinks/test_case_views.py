"""What the case views promise about writing: one row a key, the highest position, one transaction."""

import itertools
import pathlib
import stat
import subprocess
import sys
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.views import delivered, view_batch

from sinks import release_rows
from sinks.case_views import CaseViews, ViewFormatError, ViewLockedError
from sinks.view_batch import Row

MICROS = 1_700_000_000_000_000


def row(event_id: str = "e1", position: int = 1, **changed: Any) -> Row:
    """A release of an enrollment to a recipient."""
    release: Row = {
        "recipient": "lausd_counseling",
        "person_id": "p1",
        "event_id": event_id,
        "fact_id": f"fact-{event_id}",
        "family": "enrollment",
        "partner_id": "cde_k12",
        "position": position,
        "operation": "assert",
        "occurred_on": None,
        "effective_from": 19_000,
        "effective_to": None,
        "observed_at": MICROS,
        "published_at": MICROS,
        "purpose": "college_counseling",
        "agreement_id": "dsa-lausd-counseling",
        "agreement_version": 1,
        "basis": "consent",
        "consent_event_ids": ["c1"],
        "expires_on": 21_000,
        "groups": ["core"],
        "rules": ["ferpa.30.consent/1"],
        "obligations": ["notice"],
        "notice": "Do not pass on.",
        "body": {"organization_id": f"at position {position}"},
        "state": "released",
        "reason": None,
    }
    return {**release, **changed}


def taken_back(event_id: str = "e1", position: int = 2, **changed: Any) -> Row:
    """A retraction of that release."""
    return row(event_id, position, **{"state": "retracted", "body": None, "reason": "consent_withdrawn", **changed})


@pytest.fixture
def views(tmp_path: pathlib.Path) -> Any:
    """Empty case views."""
    opened = CaseViews.open(tmp_path / "views.duckdb", first_seq=1)
    yield opened
    opened.close()


def stored(views: CaseViews) -> list[tuple[Any, ...]]:
    """Everything but the change number, in order of key."""
    with views.cursor() as cursor:
        return cursor.execute("SELECT * EXCLUDE (seq) FROM release_row ORDER BY ALL").fetchall()


def bodies(views: CaseViews) -> list[tuple[Any, ...]]:
    """State and body of every row."""
    with views.cursor() as cursor:
        return cursor.execute("SELECT event_id, state, body FROM release_row ORDER BY ALL").fetchall()


def test_a_release_is_kept_with_its_content(views: CaseViews) -> None:
    views.apply(view_batch(rows=[row()]))
    assert bodies(views) == [("e1", "released", '{"organization_id":"at position 1"}')]


def test_a_repeat_changes_nothing(views: CaseViews) -> None:
    views.apply(view_batch(rows=[row()]))
    assert views.apply(view_batch(rows=[row()])) == []


def test_a_lower_position_never_replaces_a_higher_one(views: CaseViews) -> None:
    views.apply(view_batch(rows=[row(position=5)]))
    assert views.apply(view_batch(rows=[row(position=4)])) == []
    assert bodies(views) == [("e1", "released", '{"organization_id":"at position 5"}')]


def test_a_retraction_erases_the_content(views: CaseViews) -> None:
    views.apply(view_batch(rows=[row()]))
    views.apply(view_batch(rows=[taken_back()]))
    with views.cursor() as cursor:
        left = cursor.execute("SELECT body, effective_from, expires_on, groups, consent_event_ids FROM release_row")
        assert left.fetchall() == [(None, None, None, [], [])]


def test_a_retraction_of_what_was_never_seen_keeps_a_late_release_out(views: CaseViews) -> None:
    views.apply(view_batch(rows=[taken_back(position=7)]))
    assert views.apply(view_batch(rows=[row(position=6)])) == []
    assert bodies(views) == [("e1", "retracted", None)]


def test_what_was_taken_back_can_be_released_again(views: CaseViews) -> None:
    views.apply(view_batch(rows=[row(position=1), taken_back(position=2), row(position=3)]))
    assert bodies(views) == [("e1", "released", '{"organization_id":"at position 3"}')]


@pytest.mark.parametrize("most_known", [release_rows.MOST_KNOWN, 1])
def test_a_row_that_stood_there_before_the_file_was_opened_is_replaced_and_not_doubled(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, most_known: int
) -> None:
    monkeypatch.setattr(release_rows, "MOST_KNOWN", most_known)
    for position in (1, 2, 2):
        views = CaseViews.open(tmp_path / "views.duckdb", first_seq=1)
        views.apply(view_batch(rows=[row("e1", position), row("e2", position), row(f"e{position + 2}", 1)]))
        found = [(event, position) for _, _, event, position, *_ in stored(views)]
        views.close()
    assert found == [("e1", 2), ("e2", 2), ("e3", 1), ("e4", 1)]


def test_rows_of_a_batch_that_failed_are_written_when_they_come_again(views: CaseViews) -> None:
    bad = row("e2", 2)
    bad["fact_id"] = None
    with pytest.raises(duckdb.ConstraintException):
        views.apply(view_batch(rows=[row(), bad]))
    assert [change.event_id for change in views.apply(view_batch(rows=[row(), row("e2", 2)]))] == ["e1", "e2"]


def test_changes_are_numbered_without_ever_going_back_also_after_opening_again(tmp_path: pathlib.Path) -> None:
    numbers = []
    for position in range(1, 4):
        views = CaseViews.open(tmp_path / "views.duckdb", first_seq=100)
        changes = views.apply(view_batch(rows=[row(position=position), row("e2", position)]))
        numbers += [change.seq for change in changes]
        views.close()
    assert numbers[0] == 100
    assert all(a < b for a, b in itertools.pairwise(numbers))


def test_only_rows_that_changed_are_told(views: CaseViews) -> None:
    views.apply(view_batch(rows=[row("e1", 5)]))
    changes = views.apply(view_batch(rows=[row("e1", 4), taken_back("e2", 9)]))
    assert [(c.recipient, c.person_id, c.event_id, c.family, c.state) for c in changes] == [
        ("lausd_counseling", "p1", "e2", "enrollment", "retracted")
    ]


def test_offsets_agreements_and_ticks_come_in_the_same_transaction(views: CaseViews) -> None:
    bad = row("e2", 2)
    bad["fact_id"] = None
    with pytest.raises(duckdb.ConstraintException):
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


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Row], list[list[Row]]]:
    """Deliveries with distinct positions per key, and the same deliveries repeated, shuffled and cut into batches."""
    plan = draw(st.dictionaries(st.tuples(st.sampled_from("abc"), st.integers(1, 6)), st.booleans(), min_size=1))
    sent = [row(e, at) if released else taken_back(e, at) for (e, at), released in plan.items()]
    return sent, delivered(draw, sent)


@settings(max_examples=60, deadline=None)
@given(histories())
def test_whatever_order_and_repetition_the_table_is_the_highest_position_of_each_key(
    tmp_path_factory: pytest.TempPathFactory, history: tuple[list[Row], list[list[Row]]]
) -> None:
    sent, batches = history
    folder = tmp_path_factory.mktemp("views")
    shuffled, plain = CaseViews.open(folder / "a.duckdb"), CaseViews.open(folder / "b.duckdb")
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


def test_the_content_hash_sees_content_and_no_tombstones(views: CaseViews, tmp_path: pathlib.Path) -> None:
    other = CaseViews.open(tmp_path / "other.duckdb", first_seq=77)
    views.apply(view_batch(rows=[row("e1", 1), row("e2", 2), taken_back("e2", 3)]))
    other.apply(view_batch(rows=[row("e1", 1)]))
    assert views.content_hash() == other.content_hash()
    other.apply(view_batch(rows=[row("e1", 2)]))
    assert views.content_hash() != other.content_hash()
    other.close()


def test_a_file_of_another_version_is_refused_with_the_remedy(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "views.duckdb"
    CaseViews.open(path).close()
    with duckdb.connect(path) as older:
        older.execute("UPDATE meta SET value = 0 WHERE name = 'format'")
    with pytest.raises(ViewFormatError, match=r"^[^\n]*agreements reissue[^\n]*$"):
        CaseViews.open(path)


def test_a_file_that_holds_no_views_is_refused_with_the_remedy(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "views.duckdb"
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(ViewFormatError, match="delete it"):
        CaseViews.open(path)


def test_a_file_open_in_another_process_is_refused_in_one_line(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "views.duckdb"
    CaseViews.open(path).close()
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", hold, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(ViewLockedError, match=r"^[^\n]*another process[^\n]*$"):
            CaseViews.open(path)
        holder.communicate(b"")


def test_only_the_owner_may_read_the_file(tmp_path: pathlib.Path) -> None:
    CaseViews.open(tmp_path / "views.duckdb").close()
    assert stat.S_IMODE((tmp_path / "views.duckdb").stat().st_mode) == 0o600


def test_the_engine_reads_no_other_file_whatever_a_query_says(views: CaseViews, tmp_path: pathlib.Path) -> None:
    (tmp_path / "x.csv").write_text("a\n1\n")
    with views.cursor() as cursor, pytest.raises(duckdb.PermissionException):
        cursor.execute("SELECT * FROM read_csv(?)", [str(tmp_path / "x.csv")])
