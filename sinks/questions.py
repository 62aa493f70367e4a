"""The questions that readers ask of the case views.

Answers are stored rows: whether they may be shown, the reader decides (``processors/consent/reading.py``).
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import orjson

from sinks.case_views import CaseViews
from sinks.signal_rows import RAISED, StoredSignal

ROW = """recipient, person_id, event_id, position, state, family, partner_id, operation, fact_id, occurred_on,
effective_from, effective_to, observed_at, published_at, purpose, agreement_id, agreement_version, basis,
consent_event_ids, expires_on, groups, notice, body, reason, seq"""

# Of the versions of a fact the newest counts, and that means: also where it was taken back. An older version is never
# shown as if it still held. The newest is the one published last, whatever order they came in.
NEWEST_CASELOAD = f"""
SELECT {ROW} FROM release_row
WHERE recipient = $recipient AND family = 'caseload' AND partner_id = recipient
  AND ($person_id IS NULL OR person_id = $person_id)
QUALIFY row_number() OVER (PARTITION BY person_id, fact_id ORDER BY published_at DESC, event_id DESC) = 1
  AND state = 'released' AND operation <> 'retract'
  AND body->>'case_manager_id' = $case_manager_id AND body->>'assignment_state' = 'assigned'
ORDER BY person_id, published_at DESC, event_id DESC
"""  # noqa: S608  # column names only, from a constant
TIMELINE = f"""
SELECT {ROW} FROM release_row WHERE recipient = $recipient AND person_id = $person_id
ORDER BY fact_id, published_at DESC, event_id DESC
"""  # noqa: S608  # column names only, from a constant
CHANGES = f"""
SELECT {ROW} FROM release_row WHERE recipient = $recipient AND seq > $seq ORDER BY seq LIMIT $limit
"""  # noqa: S608  # column names only, from a constant
NEWEST = f"""
SELECT {ROW} FROM release_row
WHERE recipient = $recipient AND family <> 'caseload' AND list_contains($person_ids::VARCHAR[], person_id)
QUALIFY row_number() OVER (PARTITION BY person_id, fact_id ORDER BY published_at DESC, event_id DESC) = 1
  AND state = 'released'
ORDER BY seq DESC LIMIT $limit
"""  # noqa: S608  # column names only, from a constant
FRESHNESS = """
SELECT recipient, person_id, partner_id, family, purpose, agreement_id, basis, any_value(consent_event_ids),
  expires_on, groups, max(published_at), count(*), count(*) FILTER (seq > $since)
FROM release_row
WHERE recipient = $recipient AND list_contains($person_ids::VARCHAR[], person_id) AND state = 'released'
GROUP BY recipient, person_id, partner_id, family, purpose, agreement_id, basis, len(consent_event_ids) > 0,
  expires_on, groups
"""
LAST_SEQ = """
SELECT greatest((SELECT max(seq) FROM release_row WHERE recipient = $recipient),
                (SELECT max(seq) FROM signal_row WHERE recipient = $recipient))
"""


@dataclass(frozen=True)
class StoredRow:
    """One release as the view keeps it."""

    recipient: str
    person_id: str
    event_id: str
    position: int
    state: str
    """released or retracted"""
    family: str
    partner_id: str
    operation: str
    """assert, correct or retract"""
    fact_id: str
    occurred_on: dt.date | None
    effective_from: dt.date | None
    effective_to: dt.date | None
    observed_at: dt.datetime
    """UTC"""
    published_at: dt.datetime
    """UTC"""
    purpose: str
    agreement_id: str
    agreement_version: int
    basis: str
    consent_event_ids: tuple[str, ...]
    expires_on: dt.date | None
    groups: tuple[str, ...]
    notice: str
    body: dict[str, Any] | None
    """Physical values; None where taken back."""
    reason: str | None
    seq: int


@dataclass(frozen=True)
class Assignment:
    """A person on a case manager's caseload."""

    person_id: str
    display_label: str | None
    """The recipient's own words."""
    relation: str
    site: str | None
    row: StoredRow
    """The caseload event that says so."""


@dataclass(frozen=True)
class Fact:
    """What one partner said of one thing: the version that holds, and those before it, newest first."""

    current: StoredRow
    earlier: tuple[StoredRow, ...]


@dataclass(frozen=True)
class Freshness:
    """How new the rows of one person are that share everything a reader's decision rests on."""

    recipient: str
    person_id: str
    partner_id: str
    family: str
    purpose: str
    agreement_id: str
    basis: str
    consent_event_ids: tuple[str, ...]
    """Those of one of the rows; empty only where all have none."""
    expires_on: dt.date | None
    groups: tuple[str, ...]
    published_at: dt.datetime
    """Newest, UTC."""
    rows: int
    new_rows: int
    """Of them those changed since the change number asked for."""


class Questions:
    """Asks the case views, each time on a cursor of its own; from any thread."""

    def __init__(self, views: CaseViews) -> None:
        """Ask these views."""
        self._views = views
        self.first_seq = views.first_seq
        """Change number that the file began with."""

    def caseload(self, recipient: str, case_manager_id: str, person_id: str | None = None) -> list[Assignment]:
        """Whom a case manager serves, one row a person; only this person, where one is named."""
        names = {"recipient": recipient, "case_manager_id": case_manager_id, "person_id": person_id}
        rows = [_stored(row) for row in self._ask(NEWEST_CASELOAD, names)]
        newest = [next(same) for _, same in groupby(rows, key=lambda row: row.person_id)]
        return [_assignment(row) for row in newest]

    def timeline(self, recipient: str, person_id: str) -> list[Fact]:
        """A person's facts, each with the version that holds and the ones before it.

        A fact whose newest version was taken back is left out altogether.
        """
        rows = [_stored(row) for row in self._ask(TIMELINE, {"recipient": recipient, "person_id": person_id})]
        return [fact for _, same in groupby(rows, key=lambda row: row.fact_id) if (fact := _fact(list(same)))]

    def freshness(self, recipient: str, person_ids: Sequence[str], since: int = 0) -> list[Freshness]:
        """When partners last published of these persons, and how many rows changed after change number ``since``."""
        names = {"recipient": recipient, "person_ids": list(person_ids), "since": since}
        return [_freshness(row) for row in self._ask(FRESHNESS, names)]

    def newest(self, recipient: str, person_ids: Sequence[str], limit: int) -> list[Fact]:
        """Of these persons' facts those that changed last, the newest change first; without their history."""
        names = {"recipient": recipient, "person_ids": list(person_ids), "limit": limit}
        return [Fact(_stored(row), ()) for row in self._ask(NEWEST, names)]

    def signals(self, recipient: str, person_ids: Sequence[str]) -> list[StoredSignal]:
        """Signals about these persons that hold, the most urgent first, then by deadline, then the oldest first."""
        names = {"recipient": recipient, "person_ids": list(person_ids)}
        return [StoredSignal.from_row(row) for row in self._ask(RAISED, names)]

    def changes_since(self, recipient: str, seq: int, limit: int = 1000) -> list[StoredRow]:
        """Rows of a recipient that changed after a change number, oldest change first."""
        names = {"recipient": recipient, "seq": seq, "limit": limit}
        return [_stored(row) for row in self._ask(CHANGES, names)]

    def last_seq(self, recipient: str) -> int:
        """Change number of the recipient's newest change; one below the file's first where there is none."""
        newest = self._ask(LAST_SEQ, {"recipient": recipient})[0][0]
        return self._views.first_seq - 1 if newest is None else int(newest)

    def agreements(self, recipient: str) -> list[dict[str, Any]]:
        """Physical rows of ``agreement_activated.avsc`` that reached a recipient, the newest version of each."""
        query = "SELECT content FROM agreement WHERE recipient = $recipient ORDER BY agreement_id"
        return [orjson.loads(content) for (content,) in self._ask(query, {"recipient": recipient})]

    def tick(self, recipient: str) -> dt.datetime | None:
        """The latest tick that reached a recipient, UTC."""
        rows = self._ask("SELECT tick_at FROM clock WHERE recipient = $recipient", {"recipient": recipient})
        return dt.datetime.fromtimestamp(rows[0][0] / 1_000_000, dt.UTC) if rows else None

    def ping(self) -> None:
        """Ask for nothing, to see that the views answer."""
        self._ask("SELECT 1", {})

    def row_count(self, recipient: str, person_id: str) -> int:
        """How many releases of a person a recipient holds."""
        query = "SELECT count(*) FROM release_row WHERE recipient = $r AND person_id = $p AND state = 'released'"
        return int(self._ask(query, {"r": recipient, "p": person_id})[0][0])

    def _ask(self, query: str, names: dict[str, Any]) -> list[tuple[Any, ...]]:
        with self._views.cursor() as cursor:
            return cursor.execute(query, names).fetchall()


def _stored(values: Iterable[Any]) -> StoredRow:
    row = dict(zip(StoredRow.__dataclass_fields__, values, strict=True))
    for name in ("observed_at", "published_at"):
        row[name] = row[name].replace(tzinfo=dt.UTC)
    for name in ("consent_event_ids", "groups"):
        row[name] = tuple(row[name])
    row["body"] = None if row["body"] is None else orjson.loads(row["body"])
    return StoredRow(**row)


def _assignment(row: StoredRow) -> Assignment:
    body = row.body or {}
    return Assignment(row.person_id, body["display_label"], body["relation"], body["site"], row)


def _fact(versions: list[StoredRow]) -> Fact | None:
    current, *earlier = versions
    if current.state != "released":
        return None
    return Fact(current, tuple(row for row in earlier if row.state == "released"))


def _freshness(values: Iterable[Any]) -> Freshness:
    row = dict(zip(Freshness.__dataclass_fields__, values, strict=True))
    row["published_at"] = row["published_at"].replace(tzinfo=dt.UTC)
    return Freshness(**{**row, "consent_event_ids": tuple(row["consent_event_ids"]), "groups": tuple(row["groups"])})
