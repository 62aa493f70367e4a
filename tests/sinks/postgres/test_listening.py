"""Portals hear of every commit, whoever made it, and what they hear names nobody."""

import queue
from collections.abc import Sequence
from contextlib import ExitStack, closing

import psycopg
from support.beside import beside
from support.postgres import SERVE, Databases
from support.views import PostgresViews, row, taken_back, view_batch

from sinks.postgres.listening import Listener
from sinks.postgres.reading import Reader
from sinks.postgres.writing import CHANNEL
from sinks.views import Change

A, B = "lausd_counseling", "csu_advising"
Told = queue.Queue[tuple[list[tuple[str, int, str]], bool]]


def heard_by(dsn: str, held: ExitStack) -> Told:
    """What one portal is told: changes by recipient, number and event, and whether all pages are to look again."""
    told: Told = queue.Queue()

    def hear(changes: Sequence[Change], is_news: bool) -> None:  # noqa: FBT001  # as the feed is told
        told.put(([(c.recipient, c.seq, c.event_id) for c in changes], is_news))

    reader = held.enter_context(Reader(dsn))
    held.enter_context(beside(Listener(dsn, reader, hear).run))
    assert told.get(timeout=60) == ([], True)  # of what was told before
    return told


def test_each_portal_is_told_of_each_commit_what_it_changed_for_whom(
    databases: Databases, database: str, views: PostgresViews
) -> None:
    with ExitStack() as held:
        portals = [heard_by(databases.server.dsn(database, SERVE), held) for _ in range(2)]
        views.apply(view_batch([row("e1"), row("e2", recipient=B)]))
        for told in portals:
            assert [told.get(timeout=60) for _ in range(2)] == [([(B, 1, "e2")], False), ([(A, 1, "e1")], False)]
        views.apply(view_batch([row("e1")]))  # a repeat: no change, no notice
        views.apply(view_batch([taken_back("e1")]))
        views.apply(view_batch(ticks={A: 5}))
        for told in portals:
            assert [told.get(timeout=60) for _ in range(2)] == [([(A, 2, "e1")], False), ([], True)]
            assert told.empty()


def test_after_the_database_was_away_all_pages_look_again(databases: Databases) -> None:
    with databases.empty() as name, ExitStack() as held:
        told = heard_by(databases.server.dsn(name, SERVE), held)
        databases.server.kill()
        databases.server.start()
        assert told.get(timeout=60) == ([], True)
        with closing(PostgresViews(databases.server, name)) as views:
            views.apply(view_batch([row("e1")]))
        assert told.get(timeout=60) == ([(A, 1, "e1")], False)


def test_a_notice_holds_a_recipient_and_numbers_and_nobody(
    databases: Databases, database: str, views: PostgresViews
) -> None:
    with closing(psycopg.connect(databases.server.dsn(database, SERVE), autocommit=True)) as listening:
        listening.execute(f"LISTEN {CHANNEL}".encode())
        views.apply(view_batch([row("e-canary", person_id="p-canary", body={"x": "canary"})]))
        [notice] = listening.notifies(timeout=60, stop_after=1)
    assert notice.payload == '["lausd_counseling",1,1,false]'
