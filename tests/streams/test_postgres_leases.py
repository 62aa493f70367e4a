"""Leases as rows of a real PostgreSQL: one holds it, it runs out, and nobody who has lost it takes it for theirs."""

import threading
from contextlib import ExitStack, closing

import pytest
from support.postgres import Databases, postgres
from support.waits import wait_until

from streams.errors import LeasesAwayError, ThroughlineError
from streams.postgres_leases import PostgresLease

STAGE, SHORT, LONG = "consent", 0.3, 3_600.0


class Sleeper(PostgresLease):
    """One that renews nothing by itself, as a process that was stopped."""

    def _renew_on(self) -> None:
        return


@pytest.fixture
def dsn(databases: Databases) -> str:
    """A database of this test."""
    return databases.server.dsn(databases.bare())


def test_one_has_it_and_another_only_when_it_is_given_up(dsn: str) -> None:
    with closing(PostgresLease(dsn, STAGE, "a", LONG)) as one, closing(PostgresLease(dsn, STAGE, "b", LONG)) as other:
        assert [one.take(), other.take(), one.take()] == [True, False, True]
        one.give_up()
        assert [other.take(), one.take(), one.is_lost()] == [True, False, False]
    with closing(PostgresLease(dsn, STAGE, "c", LONG)) as third:
        assert third.take()


def test_each_stage_has_its_own(dsn: str) -> None:
    with (
        closing(PostgresLease(dsn, STAGE, "a", LONG)) as one,
        closing(PostgresLease(dsn, "resolve", "b", LONG)) as other,
    ):
        assert [one.take(), other.take()] == [True, True]


def test_while_it_is_renewed_it_does_not_run_out(dsn: str) -> None:
    with closing(PostgresLease(dsn, STAGE, "a", SHORT)) as one, closing(PostgresLease(dsn, STAGE, "b", SHORT)) as other:
        assert one.take()
        threading.Event().wait(4 * SHORT)
        assert [other.take(), one.is_lost()] == [False, False]


def test_of_one_that_sleeps_it_runs_out_and_when_it_wakes_it_knows(dsn: str) -> None:
    with closing(Sleeper(dsn, STAGE, "a", SHORT)) as one, closing(PostgresLease(dsn, STAGE, "b", LONG)) as other:
        assert one.take()
        wait_until(other.take, "the lease runs out")
        one.renew()
        assert [one.is_lost(), one.take(), other.is_lost()] == [True, False, False]


def test_one_started_anew_under_the_same_name_is_another(dsn: str) -> None:
    with closing(PostgresLease(dsn, STAGE, "a", LONG)) as one, closing(PostgresLease(dsn, STAGE, "a", LONG)) as anew:
        assert [one.take(), anew.take()] == [True, False]


def test_while_the_database_is_away_nobody_takes_it_and_nobody_has_lost_it() -> None:
    with ExitStack() as held:
        server = held.enter_context(postgres())
        one, other = (held.enter_context(closing(PostgresLease(server.dsn("postgres"), STAGE, n, SHORT))) for n in "ab")
        assert one.take()
        server.stop()
        with pytest.raises(LeasesAwayError, match="the leases' database does not answer"):
            other.take()
        threading.Event().wait(2 * SHORT)
        assert not one.is_lost()
        server.start()
        wait_until(lambda: _taken_by_one(one, other), "either has it")


def _taken_by_one(one: PostgresLease, other: PostgresLease) -> bool:
    return one.take() != other.take()


def test_what_is_no_connection_string_is_not_quoted() -> None:
    with pytest.raises(ThroughlineError, match="THROUGHLINE_LEASES_DSN is no connection string") as raised:
        PostgresLease("a line with geheim in it", STAGE, "a")
    assert "geheim" not in str(raised.value)
