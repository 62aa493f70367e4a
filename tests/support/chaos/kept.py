"""Case views as a run has left them: a portal's own file, or a PostgreSQL that several sinks write."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from deploy.stack import SERVE, Stack
from processors.records import Arrival, Arrivals
from sinks.case_views import CaseViews
from sinks.postgres.connecting import connect
from sinks.postgres.row_security import asking
from sinks.postgres.writing import Writer
from streams.sink import READ, view_batch
from support import postgres
from support.chaos.compare import Place, View
from support.chaos.found import SINK, committed
from support.chaos.raised import told
from support.postgres import Postgres

_COUNTS = "SELECT recipient, {0}, count(*) FROM release_row WHERE state = 'released' GROUP BY recipient, {0}"
FAMILIES, PERSONS = _COUNTS.format("family"), _COUNTS.format("person_id")
SIGNALS = """
SELECT recipient, rule, state, count(*) FROM signal_row WHERE state <> 'retracted' GROUP BY recipient, rule, state
"""
ROWS = "SELECT recipient, person_id, event_id, position, state FROM release_row"
RAISED = """
SELECT signal_id, urgency, due_on - DATE '1970-01-01', evidence_event_ids FROM signal_row WHERE state = 'raised'
"""
TWICE = """
SELECT recipient, seq FROM (SELECT recipient, seq FROM release_row UNION ALL SELECT recipient, seq FROM signal_row) b
GROUP BY recipient, seq HAVING count(*) > 1
"""
"""Change numbers that two rows have."""
RECIPIENTS = "SELECT recipient FROM recipient_standing"
OFFSETS = "SELECT topic, partition, next_offset FROM sink_offset"
Rows = list[tuple[Any, ...]]


class InOneFile:
    """The file of a stack's own portal."""

    role = SERVE

    def __init__(self, stack: Stack) -> None:
        """Of a stack."""
        self._stack, self._path = stack, view_path(stack.data_dir)

    def so_far(self, places: Iterable[Place]) -> dict[Place, int]:
        """Next offsets as the portal's group has them, which runs; it commits for show, and a fault may cost a word."""
        return committed(self._stack.bootstrap, SERVE, places)

    def offsets(self) -> dict[Place, int]:
        """Next offsets, of a portal that has ended."""
        with closing(CaseViews.open(self._path)) as views:
            return views.offsets()

    def view(self) -> View:
        """What a portal that has ended holds."""
        with closing(CaseViews.open(self._path)) as views, views.cursor() as cursor:
            return _view(lambda query: cursor.execute(query).fetchall())


class InPostgres:
    """A database of a server, written by sinks."""

    role = SINK

    def __init__(self, server: Postgres, database: str) -> None:
        """Of a server that runs."""
        self._server, self._database = server, database

    def so_far(self, places: Iterable[Place]) -> dict[Place, int]:
        """Next offsets of some partitions; 0: none yet."""
        found = self.offsets()
        return {place: found.get(place, 0) for place in places}

    def offsets(self) -> dict[Place, int]:
        """Next offsets."""
        return {(topic, part): next_ for topic, part, next_ in self._owner(OFFSETS)}

    def view(self) -> View:
        """What portals may read, each recipient asked for by the role that row-level security binds."""
        with closing(connect(self._server.dsn(self._database, postgres.SERVE))) as reader:
            reader.execute("SET search_path = throughline")

            def ask(query: str) -> Rows:
                found: Rows = []
                for (recipient,) in recipients:
                    with asking(reader, recipient):
                        found += reader.execute(query.encode()).fetchall()
                return found

            recipients = self._owner(RECIPIENTS)
            return _view(ask)

    def twice(self) -> set[object]:
        """Change numbers of a recipient that two rows have."""
        return {("change number", *row) for row in self._owner(TWICE)}

    def content_hash(self) -> str:
        """Of all that they show, as views in a file have it."""
        with Writer(self._server.dsn(self._database, postgres.SINK)) as views:
            return views.content_hash()

    def _owner(self, query: str) -> Rows:
        with closing(self._server.owner(self._database)) as owner:
            owner.execute("SET search_path = throughline")
            return owner.execute(query.encode()).fetchall()


def in_one_file(path: Path, arrivals: Sequence[Arrival]) -> str:
    """Hash of what views in a new file show that take all records of the topics at once, each once."""
    read = [arrival for arrival in arrivals if arrival.topic.startswith(READ)]
    with closing(CaseViews.open(path)) as views:
        views.apply(view_batch(Arrivals.of(read), {}, {}))
        return views.content_hash()


def view_path(data_dir: Path) -> Path:
    """Where a portal's own views are."""
    return data_dir / "views" / "case.duckdb"


def _view(ask: Callable[[str], Rows]) -> View:
    def counts(query: str) -> Counter[tuple[str, ...]]:
        found = Counter[tuple[str, ...]]()
        for *key, count in ask(query):
            found[tuple(key)] += count
        return found

    rows = ask(ROWS)
    standing = [(recipient, person, event) for recipient, person, event, _, state in rows if state == "released"]
    newest = {(recipient, person, event): (position, state) for recipient, person, event, position, state in rows}
    raised = [told(*row) for row in ask(RAISED)]
    return View(standing, counts(FAMILIES), counts(PERSONS), counts(SIGNALS), raised, newest)
