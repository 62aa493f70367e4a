"""Asking views in PostgreSQL, from any number of threads and processes.

Nothing about change is remembered or heard here: last numbers, a person's newest change and what is in force are asked
each time. A reader that goes by what it was told would show what was taken back for as long as its connection is cut
without its knowing; a question that cannot be asked shows nothing. What notices wake, they only hasten
(``listening.py``).
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self

from sinks.postgres import row_security, tables, texts
from sinks.postgres.connecting import BROKEN, Connection, connect, ours
from sinks.views import Change, Question, ViewsAwayError

CONNECTIONS = 8
"""Most that one process has open for its questions."""


class Reader:
    """Asks the views by a role that is bound by row-level security; from any thread."""

    def __init__(self, dsn: str, connections: int = CONNECTIONS) -> None:
        """Of the database of a connection string.

        Raises:
            ViewsError: it is not to be used; the message says why.
        """
        self._dsn = dsn
        self._free = threading.BoundedSemaphore(connections)
        self._idle: list[Connection] = []
        with self._connected() as connection:
            self.first_seq = int((connection.execute(texts.FIRST_SEQ).fetchone() or (0,))[0])

    def __enter__(self) -> Self:
        """Be closed at the end of a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close the connections that nobody uses; those in use are closed by who uses them."""
        while self._idle:
            self._idle.pop().close()

    def ask(self, question: Question, recipient: str, **names: Any) -> list[tuple[Any, ...]]:
        """Answer as of what is committed now, whoever wrote it; of this recipient's rows, whatever the question says.

        Raises:
            ViewsAwayError: the database does not answer.
        """
        return self._ask(texts.TEXTS[question], recipient, names)

    def last_seq(self, recipient: str) -> int:
        """Change number of the recipient's newest committed change; one below ``first_seq`` where there is none."""
        return self._standing(recipient)[0]

    def in_force_changed(self, recipient: str) -> int:
        """How many batches brought the recipient agreements, rules, or the end of a sweep."""
        return self._standing(recipient)[1]

    def newest_changes(self, recipient: str, person_ids: Sequence[str]) -> Mapping[str, int]:
        """The number of each person's newest change; 0 where there is none."""
        found = dict(self._ask(texts.NEWEST, recipient, {"person_ids": list(person_ids)}))
        return {person: found.get(person, 0) for person in person_ids}

    def changed(self, recipient: str, after: int, until: int) -> list[Change]:
        """Rows whose newest change has a number above ``after`` and up to ``until``, by it."""
        rows = self._ask(texts.CHANGED, recipient, {"after": after, "until": until})
        return [Change._make(row) for row in rows]

    def _standing(self, recipient: str) -> tuple[int, int]:
        for last_seq, in_force_changed in self._ask(texts.STANDING, recipient, {}):
            return last_seq, in_force_changed
        return self.first_seq - 1, 0

    def _ask(self, query: str, recipient: str, names: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        try:
            return self._ask_once(query, recipient, names)
        except ViewsAwayError:  # a server that was started again cuts what was idle: a new connection tells
            return self._ask_once(query, recipient, names)

    def _ask_once(self, query: str, recipient: str, names: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        with self._connected() as connection, row_security.asking(connection, recipient) as format_:
            tables.check_found(format_)
            return connection.execute(query.encode(), {"recipient": recipient, **names}).fetchall()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with self._free, ours():
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = _open(self._dsn)
            try:
                yield connection
            except BROKEN:
                connection.close()
                self.close()  # what else is idle has lost its server too
                raise
            except BaseException:
                connection.close()
                raise
            self._idle.append(connection)


def _open(dsn: str) -> Connection:
    connection = connect(dsn)
    try:
        tables.check_format(connection)
        row_security.check_reader(connection)
    except BaseException:
        connection.close()
        raise
    return connection
