"""What the rows of a OneRoster set point at in its other files, kept while it is read, in bounded memory."""

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self

import orjson

from partners.formats.oneroster.table import Cells

TABLES = """
CREATE TABLE org (id TEXT PRIMARY KEY, type TEXT) WITHOUT ROWID;
CREATE TABLE user (id TEXT PRIMARY KEY, grades TEXT) WITHOUT ROWID;
CREATE TABLE role (user TEXT PRIMARY KEY, name TEXT) WITHOUT ROWID;
CREATE TABLE demographics (user TEXT PRIMARY KEY, cells BLOB) WITHOUT ROWID;
CREATE TABLE stay (user TEXT, org TEXT, line INTEGER, first TEXT, last TEXT, PRIMARY KEY (user, org)) WITHOUT ROWID;
"""
STUDENT = "student"
GOES_ON = "9999"
"""Stands for the last day of what has none; behind every day."""
CACHE_KIB = 32 * 1024
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Stay:
    """The classes of a student at a school, all together."""

    line: int
    """Of the first of their rows."""
    first: str | None
    """Day of the first of them; None: none says it."""
    last: str | None
    """Day of the last of them; None: one of them does not say when it ends."""


class Known:
    """What a set has of organizations and people; a context manager. Nothing of it outlives the set."""

    def __init__(self) -> None:
        """Begin with nothing: a database without a name, which is memory, then a file that nobody else can open."""
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(f"PRAGMA cache_size=-{CACHE_KIB}; PRAGMA journal_mode=OFF; {TABLES} BEGIN;")
        self.year_begins = date.min
        """The first day of the newest school year."""

    def __enter__(self) -> Self:
        """Nothing more to open."""
        return self

    def __exit__(self, *_: object) -> None:
        """Forget it all."""
        self._db.close()

    def note_org(self, cells: Cells) -> None:
        """An organization of orgs.csv."""
        self._put("org", cells.get("sourcedid"), cells.get("type", "").lower())

    def note_session(self, cells: Cells) -> None:
        """A session of academicSessions.csv."""
        if cells.get("type", "").lower() == "schoolyear" and (day := day_in(cells.get("startdate", ""))):
            self.year_begins = max(self.year_begins, day)

    def note_user(self, cells: Cells, role: str) -> None:
        """A person of users.csv; the role is empty where another file says it."""
        self._put("user", cells.get("sourcedid"), cells.get("grades", ""))
        if role:
            self.note_role(cells.get("sourcedid"), role)

    def note_role(self, user: str | None, role: str) -> None:
        """What a person is; a student whatever else."""
        if user and (role == STUDENT or self.role_of(user) is None):
            self._put("role", user, role)

    def note_demographics(self, cells: Cells) -> None:
        """What demographics.csv has of a person."""
        self._put("demographics", cells.get("sourcedid"), orjson.dumps(cells))

    def note_class(self, user: str, org: str, line: int, first: str, last: str) -> None:
        """A class that a student takes at a school, with its days where they are said."""
        known = self.stay_of(user, org) or Stay(line, first or None, last or GOES_ON)
        begins = min(filter(None, (known.first, first)), default=None)
        ends = max(known.last or GOES_ON, last or GOES_ON)
        row = (user, org, known.line, begins, None if ends == GOES_ON else ends)
        self._db.execute("INSERT OR REPLACE INTO stay VALUES (?, ?, ?, ?, ?)", row)

    def role_of(self, user: str) -> str | None:
        """Student, or another role; None: nothing says what a person is."""
        return self._get("SELECT name FROM role WHERE user = ?", user)

    def is_user(self, user: str) -> bool:
        """Whether users.csv has a person."""
        return self._get("SELECT id FROM user WHERE id = ?", user) is not None

    def grades_of(self, user: str) -> str:
        """As users.csv writes them; empty where it says none."""
        return self._get("SELECT grades FROM user WHERE id = ?", user) or ""

    def type_of(self, org: str) -> str | None:
        """As orgs.csv calls it; None: it does not have the organization."""
        return self._get("SELECT type FROM org WHERE id = ?", org)

    def demographics_of(self, user: str) -> Mapping[str, str]:
        """Cells of a person's row; none where there is none."""
        row = self._db.execute("SELECT cells FROM demographics WHERE user = ?", (user,)).fetchone()
        return {} if row is None else dict(orjson.loads(row[0]))

    def stay_of(self, user: str, org: str) -> Stay | None:
        """A student's classes at a school; None: nothing is known of any."""
        asked = "SELECT line, first, last FROM stay WHERE user = ? AND org = ?"
        row = self._db.execute(asked, (user, org)).fetchone()
        return None if row is None else Stay(*row)

    def _put(self, table: str, key: str | None, value: str | bytes) -> None:
        if key:
            self._db.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", (key, value))  # noqa: S608  # names of ours

    def _get(self, asked: str, key: str) -> str | None:
        row = self._db.execute(asked, (key,)).fetchone()
        return None if row is None else str(row[0])


def day_in(text: str) -> date | None:
    """The day that a text is, as 2026-09-01; None: it is none."""
    try:
        return date.fromisoformat(text) if DAY.fullmatch(text) else None
    except ValueError:
        return None
