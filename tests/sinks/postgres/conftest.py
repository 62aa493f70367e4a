"""Views in PostgreSQL alone: what several sinks and several portals may count on."""

from collections.abc import Iterator

import pytest
from support.postgres import Databases
from support.views import PostgresViews


@pytest.fixture
def database(databases: Databases) -> Iterator[str]:
    """The name of a database with empty views, whose first change number is 1."""
    with databases.empty() as name:
        yield name


@pytest.fixture
def views(databases: Databases, database: str) -> Iterator[PostgresViews]:
    """Those views, open."""
    opened = PostgresViews(databases.server, database)
    yield opened
    opened.close()
