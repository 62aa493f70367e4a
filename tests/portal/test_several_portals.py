"""Several portals over the same views in PostgreSQL: each wakes its pages, and who lost one goes on at another."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from support.beside import beside
from support.postgres import SERVE, Databases
from support.views import PostgresViews
from support.waits import wait_until

from deploy.shared_views import Hearing
from portal.feed import Feed
from processors.consent.law.shipped import SHIPPED
from sinks.postgres.reading import Reader
from streams.pulse import Pulse
from tests.portal.conftest import portal_over
from tests.portal.served import ME, NOON, OTHER, Served, assigned, enrolled, framework, taken_back
from tests.portal.test_feed import events, feed_path, first, keys, seq


@pytest.fixture
def portals(databases: Databases) -> Iterator[list[Served]]:
    """Two of them, with one person and one fact; whatever is applied by one is written by a sink elsewhere."""
    with databases.empty() as name, ExitStack() as held:
        views = PostgresViews(databases.server, name)
        held.callback(views.close)
        dsn, found = databases.server.dsn(name, SERVE), list[Served]()
        for _ in range(2):
            reader, feed, pulse = held.enter_context(Reader(dsn)), Feed(), Pulse()
            held.enter_context(beside(Hearing(dsn, reader, feed, pulse).run))
            url = held.enter_context(portal_over(reader, feed))
            wait_until(lambda pulse=pulse: pulse.why_not_ready() == [])  # type: ignore[misc]
            found.append(Served(views, Feed(), url))
        found[0].apply(agreements=(*framework(ME), *framework(OTHER)), rules=(1, SHIPPED), tick=NOON)
        found[0].apply(assigned("p1", "A. B."), enrolled("e1", "p1"))
        yield found
        for client in (client for one in found for client in one.clients):
            client.close()


def test_a_page_at_each_portal_is_told_what_changes_while_it_is_open(portals: list[Served]) -> None:
    with ExitStack() as held:
        streams = []
        for portal in portals:
            answer = held.enter_context(portal.client().stream("GET", feed_path(portal)))
            streams.append(events(answer.iter_lines()))
            assert set(next(streams[-1])["data"]["keep"]["timeline"]) == {"fact-e1", "fact-case-p1"}
        portals[0].apply(enrolled("e2", "p1"))
        assert [keys(next(stream)) for stream in streams] == [["fact-e2"], ["fact-e2"]]
        portals[0].apply(taken_back(enrolled("e1", "p1")))
        for stream in streams:
            assert set(next(stream)["data"]["keep"]["timeline"]) == {"fact-e2", "fact-case-p1"}


def test_a_page_that_lost_its_portal_goes_on_at_another_with_what_it_missed(portals: list[Served]) -> None:
    one, other = portals
    seen = int(first(one, feed_path(one))["id"])
    one.apply(enrolled("e2", "p1"))
    event = first(other, feed_path(other), last_id=seen)
    assert (keys(event), event["id"]) == (["fact-e2"], str(seq(other)))
    assert keys(first(one, feed_path(one), last_id=int(event["id"]))) == []


def test_what_one_portal_has_read_before_it_shows_no_longer_than_it_stands(portals: list[Served]) -> None:
    row = enrolled("e2", "p1")
    portals[0].apply(row)
    asking = [portal.client() for portal in portals]
    facts = [{fact["event_id"] for fact in c.get("/api/persons/p1/timeline").json()["facts"]} for c in asking]
    lists = [client.get("/api/caseload").json()["persons"][0]["new_rows"] for client in asking]
    portals[0].apply(taken_back(row))
    after = [{fact["event_id"] for fact in c.get("/api/persons/p1/timeline").json()["facts"]} for c in asking]
    assert (facts, after) == ([{"e1", "e2", "case-p1"}] * 2, [{"e1", "case-p1"}] * 2)
    assert lists == [client.get("/api/caseload").json()["persons"][0]["new_rows"] for client in asking]


def test_while_the_database_is_away_portals_say_so_and_go_on_when_it_is_back(
    portals: list[Served], databases: Databases
) -> None:
    asking = [replace(portal).client() for portal in portals]
    databases.server.kill()
    for client in asking:
        answer = client.get("/")
        assert (answer.status_code, "cannot look this up just now" in answer.text) == (503, True)
        assert client.get("/api/caseload").status_code == 503
    databases.server.start()
    for client in asking:
        assert client.get("/").status_code == 200
