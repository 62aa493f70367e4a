"""Makes in PostgreSQL what the services of profile ``scale`` need to log in: roles, their passwords, databases.

Run before them, as superuser over a socket that no other service has. A password is made once and kept in a file that
only the services of its role mount; nobody need know it. What is there already stays, so it may be run at every start.
"""

import secrets
import sys
from pathlib import Path

import psycopg
from psycopg import sql

from sinks.postgres.row_security import READER, WRITER

SUPERUSER = "host=/var/run/postgresql user=postgres dbname=postgres"
PASSWORDS = Path("/data-db")
VIEWS, LEASES = "views", "leases"
"""Databases, and their owners; the views' owner logs in over the socket alone, to migrate."""
LOGINS = {"sink": WRITER, "serve": READER, LEASES: None}
"""Who logs in with a password, and the role that is granted."""
NO_LOGIN, LOGIN = sql.SQL("NOLOGIN"), sql.SQL("LOGIN")
Connection = psycopg.Connection[tuple[object, ...]]


def main() -> None:
    """Make all of it."""
    with psycopg.connect(SUPERUSER, autocommit=True) as connection:
        for role in (WRITER, READER):
            make_role(connection, role, NO_LOGIN)
        for role in (VIEWS, *LOGINS):
            make_role(connection, role, LOGIN)
        for role, granted in LOGINS.items():
            run(connection, "ALTER ROLE {} PASSWORD {}", sql.Identifier(role), sql.Literal(password_of(role)))
            if granted:
                run(connection, "GRANT {} TO {}", sql.Identifier(granted), sql.Identifier(role))
        for owner in (VIEWS, LEASES):
            make_database(connection, owner)
        run(connection, "GRANT CONNECT ON DATABASE views TO {}, {}", sql.Identifier(WRITER), sql.Identifier(READER))
        run(connection, "GRANT TEMPORARY ON DATABASE views TO {}", sql.Identifier(WRITER))
    sys.stdout.write(f"PostgreSQL has the roles of {', '.join(LOGINS)}\n")


def make_role(connection: Connection, role: str, login: sql.SQL) -> None:
    """Make a role that may do nothing of its own, where there is none of this name."""
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
        run(connection, "CREATE ROLE {} {}", sql.Identifier(role), login)


def make_database(connection: Connection, owner: str) -> None:
    """Make the database of an owner, for who is let in alone."""
    name = sql.Identifier(owner)
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [owner]).fetchone() is None:
        run(connection, "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'", name, name)
    run(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", name)


def password_of(role: str) -> str:
    """The password of a role, made at first use and written as libpq reads it (``passfile``)."""
    path = PASSWORDS / role / "pgpass"
    if not path.exists():
        own = path.with_suffix(".new")
        own.touch(0o600)
        own.write_text(f"*:*:*:{role}:{secrets.token_urlsafe(32)}\n", encoding="ascii")
        own.replace(path)
    return path.read_text(encoding="ascii").strip().rpartition(":")[2]


def run(connection: Connection, statement: str, *parts: sql.Composable) -> None:
    """Run a statement with its names filled in."""
    connection.execute(sql.SQL(statement).format(*parts))


if __name__ == "__main__":
    main()
