"""Tables of an older format become those of this one, and whoever is of another version is refused by name."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from support.beside import beside
from support.postgres import SERVE, SINK, Databases
from support.views import PostgresViews, row, stored, taken_back, view_batch
from support.waits import wait_until

from schemas_avro.version import VERSION
from sinks.postgres import tables
from sinks.postgres.connecting import Connection
from sinks.postgres.listening import Listener
from sinks.postgres.reading import Reader
from sinks.postgres.writing import Writer
from sinks.views import Question, ViewFormatError, ViewsError

OLDER = "CREATE TABLE throughline.pet (name text PRIMARY KEY); INSERT INTO throughline.pet VALUES ('Rex')"
NEWER = "ALTER TABLE throughline.pet ADD kind text NOT NULL DEFAULT 'dog'"
FIRST = "CREATE TABLE throughline.meta (name text PRIMARY KEY, value bigint);" + OLDER


@pytest.fixture
def owner(databases: Databases) -> Iterator[Connection]:
    """The owner's connection to a database without views."""
    with closing(databases.server.owner(databases.bare())) as connection:
        yield connection


def pets(owner: Connection) -> list[tuple[object, ...]]:
    return owner.execute("SELECT * FROM throughline.pet").fetchall()


def test_a_made_up_older_format_is_brought_forward_with_what_it_holds(owner: Connection) -> None:
    assert tables.migrate(owner, [FIRST], first_seq=7) == 1
    assert tables.migrate(owner, [FIRST, NEWER], first_seq=9) == 1
    assert pets(owner) == [("Rex", "dog")]
    assert owner.execute("SELECT version FROM throughline.format ORDER BY 1").fetchall() == [(1,), (2,)]
    assert owner.execute("SELECT value FROM throughline.meta").fetchall() == [(7,)]
    assert tables.migrate(owner, [FIRST, NEWER]) == 0


def test_two_that_migrate_at_once_do_each_step_once(databases: Databases) -> None:
    name, done = databases.bare(), list[int]()

    def run() -> None:
        with closing(databases.server.owner(name)) as connection:
            done.append(tables.migrate(connection))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [0, 0, 0, tables.FORMAT]


def test_a_step_that_fails_leaves_the_format_that_was_there(owner: Connection) -> None:
    tables.migrate(owner, [FIRST])
    with pytest.raises(psycopg.errors.UndefinedTable):
        tables.migrate(owner, [FIRST, NEWER, "ALTER TABLE throughline.no_such ADD x text"])
    assert pets(owner) == [("Rex",)]
    tables.check_format(owner, 1)


def test_views_that_are_too_old_are_refused_with_both_formats_and_the_remedy(owner: Connection) -> None:
    tables.migrate(owner, [FIRST])
    with pytest.raises(ViewFormatError, match=r"^[^\n]*format 1, [^\n]* needs 2: [^\n]*views migrate[^\n]*$"):
        tables.check_format(owner, 2)


def test_a_version_that_is_too_old_for_the_views_is_refused_by_all_that_open_them(
    databases: Databases, database: str
) -> None:
    newer = tables.FORMAT + 1
    with closing(databases.server.owner(database)) as owner:
        owner.execute("INSERT INTO throughline.format (version) VALUES (%s)", [newer])
        try:
            line = rf"^[^\n]*format {newer}, [^\n]* none after {tables.FORMAT}: install[^\n]*$"
            for opening, role in ((Writer, SINK), (Reader, SERVE)):
                with pytest.raises(ViewFormatError, match=line):
                    opening(databases.server.dsn(database, role))
            with pytest.raises(ViewFormatError, match=line):
                tables.migrate(owner)
        finally:
            owner.execute("DELETE FROM throughline.format WHERE version = %s", [newer])


def test_a_writer_that_connects_anew_sees_that_the_views_became_too_new_for_it(
    databases: Databases, database: str, views: PostgresViews
) -> None:
    with closing(databases.server.owner(database)) as owner:
        owner.execute("INSERT INTO throughline.format (version) VALUES (%s)", [tables.FORMAT + 1])
        owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [SINK])
        try:
            with pytest.raises(ViewsError):
                views.apply(view_batch([row()]))
            with pytest.raises(ViewFormatError):
                views.apply(view_batch([row()]))
        finally:
            owner.execute("DELETE FROM throughline.format WHERE version > %s", [tables.FORMAT])


def test_whoever_is_at_work_when_the_views_become_too_new_refuses_with_its_next_batch_question_or_second(
    databases: Databases, database: str, views: PostgresViews
) -> None:
    line = rf"^[^\n]*format {tables.FORMAT + 1}, Throughline {VERSION} knows none after {tables.FORMAT}: install[^\n]*$"
    before = views.apply(view_batch([row()]))
    dsn = databases.server.dsn(database, SERVE)
    with (
        closing(databases.server.owner(database)) as owner,
        Reader(dsn) as reader,
        beside(Listener(dsn, reader, lambda *_: None).run) as ended,
    ):
        owner.execute("INSERT INTO throughline.format (version) VALUES (%s)", [tables.FORMAT + 1])
        try:
            with pytest.raises(ViewFormatError, match=line):
                views.apply(view_batch([taken_back("e1", 9)]))
            with pytest.raises(ViewFormatError, match=line):
                reader.ask(Question.ROW_COUNT, "lausd_counseling")
            wait_until(lambda: ended != [], "the portal ends")
        finally:
            owner.execute("DELETE FROM throughline.format WHERE version > %s", [tables.FORMAT])
    assert [type(error) for error in ended] == [ViewFormatError]
    assert len(before) == len(stored(views)) == 1


def test_a_migration_waits_for_batches_under_way_and_later_ones_meet_the_new_format(databases: Databases) -> None:
    name = databases.bare()
    with closing(databases.server.owner(name)) as owner, closing(databases.server.owner(name)) as writer:
        tables.migrate(owner, [FIRST])
        with ThreadPoolExecutor(1) as pool, writer.transaction():
            tables.check_format(writer, 1)
            migrating = pool.submit(lambda: tables.migrate(owner, [FIRST, NEWER]))
            time.sleep(0.3)
            assert not migrating.done()
            tables.check_format(writer, 1)
        assert migrating.result() == 1
        with pytest.raises(ViewFormatError):
            tables.check_format(writer, 1)


def test_a_database_without_views_and_a_role_without_grants_are_refused_in_one_line(databases: Databases) -> None:
    name = databases.bare()
    with pytest.raises(ViewFormatError, match=r"^[^\n]*without views: run `throughline views migrate`[^\n]*$"):
        Writer(databases.server.dsn(name, SINK))
    with closing(databases.server.owner(name)) as owner:
        tables.migrate(owner)
        owner.execute("CREATE ROLE nobody_yet LOGIN")
    with pytest.raises(ViewFormatError, match=r"^[^\n]*may not use the views: `GRANT throughline_reader[^\n]*$"):
        Reader(databases.server.dsn(name, "nobody_yet"))


def files_of(owner: Connection) -> bytes:
    """Every byte of the releases' table."""
    folder, path = owner.execute(
        "SELECT current_setting('data_directory'), pg_relation_filepath('throughline.release_row')"
    ).fetchone() or ("", "")
    owner.execute("CHECKPOINT")
    return Path(folder, path).read_bytes()


def test_after_an_erasure_the_owner_writes_the_releases_anew_and_nothing_is_left_of_them(
    databases: Databases, database: str, views: PostgresViews
) -> None:
    views.apply(view_batch([row("e1", body={"x": "canary-1"}), row("e2", body={"x": "canary-2"})]))
    with closing(databases.server.owner(database)) as owner:
        assert not tables.write_anew(owner)
        views.apply(view_batch([taken_back("e1", 9, reason="erased")]))
        before = stored(views)
        assert b"canary-1" in files_of(owner)
        assert tables.write_anew(owner)
        assert b"canary-1" not in files_of(owner)
        assert b"canary-2" in files_of(owner)
        assert not tables.write_anew(owner)
    assert stored(views) == before
    assert views.apply(view_batch([row("e1", 5)])) == []
