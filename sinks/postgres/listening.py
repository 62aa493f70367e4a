"""Hearing of commits, whichever sink made them, to wake the pages that they concern.

A notice has a recipient's name and change numbers, never a person: whom it is about is asked, as that recipient. A
notice that is lost delays a page and no more (``reading.py``); after a connection was lost everybody is woken.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import closing

import orjson

from sinks.postgres import tables
from sinks.postgres.connecting import Connection, connect, ours
from sinks.postgres.reading import Reader
from sinks.postgres.writing import CHANNEL
from sinks.views import Change, ViewsAwayError

WAIT_SECONDS = 1.0
"""Until a lost connection is tried again; and how soon it is noticed that listening is to end."""
Heard = Callable[[Sequence[Change], bool], None]
"""Told of changed rows, and whether anything came that decides of any row whether it may be shown."""


def _unheeded(*_: ViewsAwayError) -> None:
    """Tell nobody."""


class Listener:
    """One connection of its own that listens, run by a thread."""

    def __init__(
        self, dsn: str, reader: Reader, heard: Heard,
        away: Callable[[ViewsAwayError], object] = _unheeded, listens: Callable[[], None] = _unheeded,
    ) -> None:  # fmt: skip
        """``heard`` is told of each commit, ``away`` that the database does not answer, ``listens`` that it does."""
        self._dsn, self._reader, self._heard, self._away, self._listens = dsn, reader, heard, away, listens

    def run(self, stopping: threading.Event) -> None:
        """Listen until told to stop.

        Raises:
            ViewsError: what no waiting mends.
        """
        while not stopping.is_set():
            try:
                with closing(connect(self._dsn)) as connection:
                    self._follow(connection, stopping)
            except ViewsAwayError as error:
                self._away(error)
                stopping.wait(WAIT_SECONDS)

    def _follow(self, connection: Connection, stopping: threading.Event) -> None:
        with ours():
            connection.execute(f"LISTEN {CHANNEL}".encode())
        self._heard((), True)  # noqa: FBT003  # of what was told while nobody listened
        while not stopping.is_set():
            self._listens()
            with ours():
                tables.check_format(connection)  # a portal ends once the views are of a newer version
                notices = list(connection.notifies(timeout=WAIT_SECONDS, stop_after=1))
            for notice in notices:
                recipient, first, last, is_news = orjson.loads(notice.payload)
                changes = self._reader.changed(recipient, first - 1, last) if last else []
                if changes or is_news:  # else what it told of was changed again since, and there is a later notice
                    self._heard(changes, is_news)
