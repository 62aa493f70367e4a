"""Connections to PostgreSQL, and its errors as ours: they quote rows and addresses, which nobody else may read."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import conninfo

from sinks.views import ViewsAwayError, ViewsError, ViewsRefusedError

Connection = psycopg.Connection[tuple[Any, ...]]
BROKEN = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.IdleInTransactionSessionTimeout)
"""What says that a connection is no more."""
DEFAULTS = {
    "application_name": "throughline",
    "connect_timeout": "10",
    # A server that is cut off, not ended, says nothing: it is given up after about half a minute.
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "4",
    "tcp_user_timeout": "30000",
}
"""What counts where the connection string does not say otherwise; all else of it is passed on untouched."""

REFUSALS = {
    "password authentication failed": "it refuses the password",
    "no password supplied": "it asks for a password",
    "does not exist": "it has no such role or database",
    "no pg_hba.conf entry": "it is not set to let this role in from here",
    "is not permitted to log in": "this role may not log in",
    "Connection refused": "nobody listens there",
    "resolve host": "there is no such host",
    "translate host name": "there is no such host",
    "timeout expired": "it does not answer in time",
    "timed out": "it does not answer in time",
    "starting up": "it is starting",
    "shutting down": "it is ending",
    "recovery": "it is starting",
    "too many": "it has too many connections",
    "remaining connection slots": "it has too many connections",
    "certificate": "its certificate, or ours, is not trusted",
    "SSL": "TLS does not come about",
}
"""What PostgreSQL or its client says, and what is told of it."""


def connect(dsn: str) -> Connection:
    """Open a connection, on which every statement is a transaction of its own unless one is begun.

    Raises:
        ViewsError: what is given is no connection string.
        ViewsAwayError: the database does not answer, or does not let us in.
    """
    try:
        given = conninfo.conninfo_to_dict(dsn)
    except psycopg.Error:  # which quotes it, with the password
        line = "THROUGHLINE_VIEWS_DSN is no connection string: postgresql://USER@HOST/DATABASE, or host=HOST dbname=…"
        raise ViewsError(line) from None
    try:
        return psycopg.connect(**{**DEFAULTS, **given}, autocommit=True)  # type: ignore[arg-type]
    except psycopg.Error as error:
        raise ViewsAwayError(f"the views' database does not let us in: {_why(str(error))}") from None


@contextmanager
def ours() -> Iterator[None]:
    """Tell errors as ours: whether to wait, by PostgreSQL's own code, never by its text.

    Raises:
        ViewsAwayError: the connection broke, or something passes, as a deadlock or a server that starts.
        ViewsRefusedError: all else.
    """
    try:
        yield
    except BROKEN as error:
        raise ViewsAwayError(f"the views' database does not answer ({_code(error)})") from None
    except psycopg.Error as error:
        raise ViewsRefusedError(f"the views' database refuses ({_code(error)})") from None


def _why(said: str) -> str:
    """In words of ours: a password with an at sign in it is told as the name of a host that there is not."""
    found = [ours for theirs, ours in REFUSALS.items() if theirs in said]
    return found[0] if found else "see its own log"


def _code(error: psycopg.Error) -> str:
    return error.sqlstate or type(error).__name__
