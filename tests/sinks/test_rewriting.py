"""After an erasure a view file is written anew when it is opened: what was taken back stands in no byte of it."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.views import row, stored, taken_back, view_batch

from sinks import rewriting
from sinks.case_views import DEFINITIONS, NAMES, CaseViews

MARK, OTHER = secrets.token_hex(16), secrets.token_hex(16)


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """A file with two releases, of which one is taken back; the other one's text is among the many."""
    made = tmp_path / "views.duckdb"
    views = CaseViews.open(made, first_seq=1)
    many = [row(f"m{n}", body={"x": secrets.token_hex(16)}) for n in range(500)]
    views.apply(view_batch(rows=[*many, row("e1", body={"x": MARK}), row("e2", body={"x": OTHER})]))
    views.close()
    return made


def take_back(path: Path, reason: str) -> list[tuple[object, ...]]:
    """What the file holds then."""
    views = CaseViews.open(path)
    views.apply(view_batch(rows=[taken_back("e1", 9, reason=reason)], offsets={("released.x", 0): 7}))
    rows = stored(views)
    views.close()
    return rows


def held(folder: Path, said: str) -> bool:
    """Whether any file in a folder has it."""
    return any(said.encode() in path.read_bytes() for path in folder.iterdir())


def test_a_file_in_which_somebody_was_erased_is_written_anew_when_it_is_opened(path: Path) -> None:
    before = take_back(path, "erased")
    assert held(path.parent, MARK)
    views = CaseViews.open(path)
    assert stored(views) == before
    assert (views.offsets(), views.first_seq) == ({("released.x", 0): 7}, 1)
    assert views.apply(view_batch(rows=[row("e1", 5)])) == []
    assert [change.seq for change in views.apply(view_batch(rows=[row("e3", 10)]))] == [504 + 1]
    views.close()
    assert not held(path.parent, MARK)
    assert held(path.parent, OTHER)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o777 == 0o600


def test_it_is_written_anew_once_and_for_no_other_reason(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_back(path, "erased")
    CaseViews.open(path).close()

    def never(*_: object) -> None:
        raise AssertionError("written anew")

    monkeypatch.setattr(rewriting, "write_anew", never)
    CaseViews.open(path).close()
    take_back(path, "consent_refused_or_withdrawn")
    CaseViews.open(path).close()


def test_what_a_killed_process_left_of_it_does_not_matter(path: Path) -> None:
    before = take_back(path, "erased")
    path.with_suffix(".new").write_bytes(b"half of a file")
    views = CaseViews.open(path)
    assert stored(views) == before
    views.close()


def test_every_table_is_taken_over(path: Path) -> None:
    assert sorted(NAMES) == sorted(part.split()[0] for part in DEFINITIONS.split("CREATE TABLE ")[1:])
    assert path.exists()
