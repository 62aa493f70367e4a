"""What views in one DuckDB file promise beyond those of either engine: the file, and who may open it."""

import pathlib
import stat
import subprocess
import sys
from collections.abc import Iterator

import duckdb
import pytest
from support.views import row, stored, view_batch

from sinks import release_rows
from sinks.case_views import CaseViews
from sinks.views import ViewFormatError, ViewLockedError


@pytest.fixture
def views(tmp_path: pathlib.Path) -> Iterator[CaseViews]:
    """Empty case views."""
    opened = CaseViews.open(tmp_path / "views.duckdb", first_seq=1)
    yield opened
    opened.close()


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
