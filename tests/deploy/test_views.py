"""``throughline views``: the owner makes the tables of views in PostgreSQL; no password is shown by anything."""

import sys
from contextlib import closing
from pathlib import Path
from subprocess import Popen

import httpx
import orjson
from support.commands import environment, throughline
from support.postgres import SERVE, SINK, Databases
from support.views import PostgresViews, row, stored, taken_back, view_batch
from support.waits import wait_until

from sinks.postgres.tables import FORMAT


def test_the_owner_makes_the_tables_once_and_again_changes_nothing(databases: Databases, tmp_path: Path) -> None:
    dsn = databases.server.dsn(databases.bare())
    told = throughline(tmp_path, "views", "migrate", THROUGHLINE_VIEWS_DSN=dsn)
    assert (told.returncode, told.stdout) == (0, f"the views are of format {FORMAT} ({FORMAT} steps)\n")
    told = throughline(tmp_path, "views", "migrate", "--json", THROUGHLINE_VIEWS_DSN=dsn)
    assert orjson.loads(told.stdout) == {"format": FORMAT, "steps": 0}


def test_releases_are_written_anew_where_somebody_was_erased(databases: Databases, tmp_path: Path) -> None:
    with databases.empty() as name, closing(PostgresViews(databases.server, name)) as views:
        views.apply(view_batch([row(), taken_back("e2", reason="erased")]))
        before = stored(views)
        for said in ("written anew", "nobody was erased since they were last written anew"):
            told = throughline(tmp_path, "views", "rewrite", THROUGHLINE_VIEWS_DSN=databases.server.dsn(name))
            assert (told.returncode, told.stdout) == (0, f"{said}\n")
        assert stored(views) == before


def test_what_is_wrong_is_one_line_with_the_remedy_and_without_the_password(
    databases: Databases, tmp_path: Path
) -> None:
    port, name = databases.server.port, databases.bare()
    for dsn, said in {
        "": "setting THROUGHLINE_VIEWS_DSN cannot be used",
        "nonsense://x:s3cret@y": "THROUGHLINE_VIEWS_DSN is no connection string",
        "postgresql://x:s3cret@127.0.0.1:1/y": "does not let us in: nobody listens there",
        "postgresql://x:pa@s3cret@127.0.0.1/y": "does not let us in: there is no such host",
        f"postgresql://x:s3cret@127.0.0.1:{port}/{name}": "does not let us in: it has no such role or database",
        f"postgresql://{SINK}:s3cret@127.0.0.1:{port}/{name}": "refuses (42501)",
    }.items():
        told = throughline(tmp_path, "views", "migrate", THROUGHLINE_VIEWS_DSN=dsn)
        assert (told.returncode, told.stdout, told.stderr.count("\n")) == (2, "", 1), told.stderr
        assert said in told.stderr
        assert "s3cret" not in told.stderr
    told = throughline(tmp_path, "views", "migrate")
    assert "set THROUGHLINE_VIEWS_DSN" in told.stderr


def test_the_connection_string_is_shown_to_nobody(tmp_path: Path) -> None:
    told = throughline(tmp_path, "config", "show", THROUGHLINE_VIEWS_DSN="postgresql://x:s3cret@y/z")
    assert "THROUGHLINE_VIEWS_DSN" in told.stdout
    assert "s3cret" not in told.stdout


def test_a_portal_over_views_in_postgresql_needs_no_broker_and_is_ready(databases: Databases, tmp_path: Path) -> None:
    with databases.empty() as name:
        env = environment(
            tmp_path, THROUGHLINE_VIEWS_DSN=databases.server.dsn(name, SERVE), THROUGHLINE_PORTAL_PORT="0"
        )
        with Popen([sys.executable, "-m", "deploy", "serve"], env=env) as portal:
            try:
                wait_until((tmp_path / "portal").exists)
                ready = (tmp_path / "portal").read_text() + "/health/ready"
                wait_until(lambda: httpx.get(ready).status_code == 200)
            finally:
                portal.terminate()
        assert portal.returncode == 0


def test_a_portal_that_could_see_past_row_level_security_does_not_start(databases: Databases, tmp_path: Path) -> None:
    with databases.empty() as name:
        for role in (SINK, "owner"):
            dsn = databases.server.dsn(name, role)
            told = throughline(tmp_path, "serve", THROUGHLINE_VIEWS_DSN=dsn, THROUGHLINE_PORTAL_PORT="0")
            assert (told.returncode, told.stderr.count("\n")) == (2, 1)
            assert "passes by row-level security" in told.stderr


def test_a_sink_without_postgresql_says_what_it_needs(tmp_path: Path) -> None:
    told = throughline(tmp_path, "worker", "sink", THROUGHLINE_BOOTSTRAP="127.0.0.1:1")
    assert (told.returncode, told.stderr) == (
        2,
        "throughline: no PostgreSQL is named: set THROUGHLINE_VIEWS_DSN to its connection string\n",
    )
