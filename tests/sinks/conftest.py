"""Views of either engine: what is promised of one is promised of both."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.postgres import Databases
from support.views import PostgresViews, Views

from sinks.case_views import CaseViews

Opening = Callable[..., Views]


@pytest.fixture(params=["duckdb", "postgres"])
def open_views(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opening]:
    """Opens this test's views by name, the first time empty; ``anew`` empties those of before."""
    names: dict[str, str] = {}
    with ExitStack() as held:

        def duckdb(name: str = "views", *, first_seq: int = 1, anew: bool = False) -> Views:
            path = tmp_path / f"{name}.duckdb"
            if anew:
                path.unlink(missing_ok=True)
            views = CaseViews.open(path, first_seq=first_seq)
            held.callback(views.close)
            return views

        def postgres(name: str = "views", *, first_seq: int = 1, anew: bool = False) -> Views:
            databases: Databases = request.getfixturevalue("databases")
            if name not in names:
                names[name] = held.enter_context(databases.empty(first_seq))
            elif anew:
                databases.make_empty(names[name], first_seq)
            views = PostgresViews(databases.server, names[name])
            held.callback(views.close)
            return views

        yield duckdb if request.param == "duckdb" else postgres


@pytest.fixture
def views(open_views: Opening) -> Views:
    """Empty views, whose first change number is 1."""
    return open_views()
