"""Leases as rows of PostgreSQL, for workers on several machines: held for a second, and renewed while they are.

The database's clock counts, nobody else's. Who cannot renew goes on acting until another is known to have the lease: a
database that is away stops nobody, and two that act do no batch twice (``streams.leases``).
"""

import secrets
import threading
from contextlib import suppress
from typing import Any

import psycopg
import structlog
from psycopg import conninfo

from streams.errors import LeasesAwayError, ThroughlineError

log = structlog.get_logger()
SECONDS = 1.0
"""For which a lease is held."""
RENEWALS = 4
"""In that time."""
DEFAULTS = {"application_name": "throughline-lease", "connect_timeout": "2", "tcp_user_timeout": "1500"}
TABLE = """
CREATE TABLE IF NOT EXISTS throughline_lease (stage text PRIMARY KEY, holder text NOT NULL, until timestamptz NOT NULL)
"""
TAKE = """
INSERT INTO throughline_lease AS known
VALUES (%(stage)s, %(holder)s, clock_timestamp() + %(seconds)s * interval '1 second')
ON CONFLICT (stage) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE known.until < clock_timestamp() OR known.holder = excluded.holder
RETURNING holder
"""
RENEW = """
UPDATE throughline_lease SET until = clock_timestamp() + %(seconds)s * interval '1 second'
WHERE stage = %(stage)s AND holder = %(holder)s RETURNING holder
"""
GIVE_UP = "UPDATE throughline_lease SET until = clock_timestamp() WHERE stage = %(stage)s AND holder = %(holder)s"


class PostgresLease:
    """The lease of one stage, for this process; closed, it is given up."""

    def __init__(self, dsn: str, stage: str, instance: str, seconds: float = SECONDS) -> None:
        """Of a database, where the table is made if it is not there.

        Raises:
            ThroughlineError: what is given is no connection string.
        """
        try:
            self._given = {**DEFAULTS, **conninfo.conninfo_to_dict(dsn)}
        except psycopg.Error:  # which quotes it, with the password
            line = "THROUGHLINE_LEASES_DSN is no connection string: postgresql://USER@HOST/DB, or host=HOST dbname=…"
            raise ThroughlineError(line) from None
        # A worker of the same name that is started anew is another: the first may only sleep.
        self._names = {"stage": stage, "holder": f"{instance}.{secrets.token_hex(6)}", "seconds": seconds}
        self._seconds = seconds
        self._lock = threading.Lock()
        self._connection: psycopg.Connection[Any] | None = None
        self._is_ours = self._is_lost = False
        self._closing = threading.Event()
        self._renewing = threading.Thread(target=self._renew_on, name="lease", daemon=True)
        self._renewing.start()

    def take(self) -> bool:
        """Take it if it is free, or run out.

        Raises:
            LeasesAwayError: the database does not answer.
        """
        if not self._is_ours:
            self._is_ours = self._asked(TAKE)
            self._is_lost = False
        return self._is_ours

    def is_lost(self) -> bool:
        """Whether another has taken it, though it was ours."""
        return self._is_lost

    def give_up(self) -> None:
        """Let others have it at once."""
        self._is_ours = False
        with suppress(LeasesAwayError):  # then it runs out
            self._asked(GIVE_UP)

    def close(self) -> None:
        """Give it up, and renew no more."""
        self._closing.set()
        self._renewing.join()
        if self._is_ours:
            self.give_up()
        with self._lock:
            self._drop()

    def _renew_on(self) -> None:
        while not self._closing.wait(self._seconds / RENEWALS):
            if self._is_ours:
                try:
                    self.renew()
                except LeasesAwayError as error:
                    log.warning("waiting", stage=self._names["stage"], why=error.why, error=error.detail, seconds=0)

    def renew(self) -> None:
        """Hold it for longer, if it still is ours.

        Raises:
            LeasesAwayError: the database does not answer.
        """
        if not self._asked(RENEW):
            self._is_ours, self._is_lost = False, True

    def _asked(self, statement: str) -> bool:
        """Whether a statement found a row."""
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = psycopg.connect(**self._given, autocommit=True)  # type: ignore[arg-type]
                    self._connection.execute(TABLE)
                return self._connection.execute(statement, self._names).rowcount > 0
            except psycopg.Error as error:
                self._drop()
                raise LeasesAwayError("the leases' database does not answer", error.sqlstate or "") from None

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None
