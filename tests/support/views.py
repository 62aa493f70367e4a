"""Batches for the case views from rows as a test writes them; views of either engine, and what stands in them."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from sinks.case_views import CaseViews
from sinks.postgres.reading import Reader
from sinks.postgres.writing import Writer
from sinks.view_batch import CONTENT, LISTS, UNNUMBERED, Row, ViewBatch, as_text
from support.postgres import SERVE, SINK, Postgres

MICROS = 1_700_000_000_000_000


def row(event_id: str = "e1", position: int = 1, **changed: Any) -> Row:
    """A release of an enrollment to a recipient."""
    release: Row = {
        "recipient": "lausd_counseling",
        "person_id": "p1",
        "event_id": event_id,
        "fact_id": f"fact-{event_id}",
        "family": "enrollment",
        "partner_id": "cde_k12",
        "position": position,
        "operation": "assert",
        "occurred_on": None,
        "effective_from": 19_000,
        "effective_to": None,
        "observed_at": MICROS,
        "published_at": MICROS,
        "purpose": "college_counseling",
        "agreement_id": "dsa-lausd-counseling",
        "agreement_version": 1,
        "basis": "consent",
        "consent_event_ids": ["c1"],
        "expires_on": 21_000,
        "groups": ["core"],
        "rules": ["ferpa.30.consent/1"],
        "obligations": ["notice"],
        "notice": "Do not pass on.",
        "body": {"organization_id": f"at position {position}"},
        "state": "released",
        "reason": None,
    }
    return {**release, **changed}


def taken_back(event_id: str = "e1", position: int = 2, **changed: Any) -> Row:
    """A retraction of that release."""
    return row(event_id, position, **{"state": "retracted", "body": None, "reason": "consent_withdrawn", **changed})


def view_batch(rows: Sequence[Row] = (), **more: Any) -> ViewBatch:
    """A batch of releases and retractions given as rows of physical values, with ``body``, ``state`` and ``reason``."""
    columns = [pa.array([_cell(row, c.name) for row in rows], c.type) for c in UNNUMBERED]
    return ViewBatch(pa.Table.from_arrays(columns, schema=UNNUMBERED), **more)


def _cell(row: Row, name: str) -> Any:
    if row["state"] == "retracted":
        return [] if name in LISTS else None if name in CONTENT else row[name]
    return as_text(row["body"]) if name == "body" else None if name == "reason" else row[name]


def delivered(draw: st.DrawFn, sent: list[Row]) -> list[list[Row]]:
    """What was sent, some of it again, shuffled and cut into batches."""
    arrived = draw(st.permutations(sent + draw(st.lists(st.sampled_from(sent)))))
    size = draw(st.integers(1, 4))
    return [list(arrived[i : i + size]) for i in range(0, len(arrived), size)]


class PostgresViews:
    """Views in PostgreSQL as tests have them: written by one role, asked by the other."""

    def __init__(self, server: Postgres, database: str, connections: int = 2) -> None:
        """Open those of a database."""
        self._server, self._database = server, database
        self._writer = Writer(server.dsn(database, SINK))
        self._reader = Reader(server.dsn(database, SERVE), connections)
        self.apply, self.offsets, self.numbers = self._writer.apply, self._writer.offsets, self._writer.numbers
        self.content_hash = self._writer.content_hash
        self.ask, self.last_seq, self.first_seq = self._reader.ask, self._reader.last_seq, self._reader.first_seq
        self.newest_changes, self.in_force_changed = self._reader.newest_changes, self._reader.in_force_changed

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the owner finds, who sees all."""
        with closing(self._server.owner(self._database)) as owner:
            owner.execute("SET search_path = throughline")
            return owner.execute(query.encode()).fetchall()

    def close(self) -> None:
        """Close their connections."""
        self._writer.close()
        self._reader.close()


Views = CaseViews | PostgresViews


def rows_of(views: Views, query: str) -> list[tuple[Any, ...]]:
    """What stands in the tables, by a query that either engine understands."""
    if isinstance(views, PostgresViews):
        return views.rows(query)
    with views.cursor() as cursor:
        return cursor.execute(query).fetchall()


def stored(views: Views) -> list[tuple[Any, ...]]:
    """Every release but for its change number, by key."""
    names = ", ".join([*UNNUMBERED.names, "case_manager_id"])
    return rows_of(views, f"SELECT {names} FROM release_row ORDER BY recipient, person_id, event_id")  # noqa: S608  # column names only
