"""What case views are to who writes them and to who asks them, whichever engine keeps them. No SQL here.

Views in DuckDB belong to one process (``case_views.py``); views in PostgreSQL have any number of writers and readers
(``sinks/postgres/``).

ViewsError
├── ViewFormatError   the views are of a version that this one cannot use
├── ViewLockedError   another process has the file
├── ViewsAwayError    the database does not answer: wait and try again
├── ViewsRefusedError the database refuses: a bug, or a role that may not do this
└── StaleBatchError   somebody else has written on from where a batch begins
"""

from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Any, NamedTuple, Protocol

from sinks.view_batch import ViewBatch


class ViewsError(Exception):
    """Base of all; the text is one line with the remedy, and never holds a person's data nor a password."""


class ViewFormatError(ViewsError):
    """The views are of a version that this one cannot use."""


class ViewLockedError(ViewsError):
    """Another process has the file open."""


class ViewsAwayError(ViewsError):
    """The database does not answer: worth another try, also of a batch of which nobody knows whether it was written."""


class ViewsRefusedError(ViewsError):
    """The database refuses what it was asked."""


class StaleBatchError(ViewsError):
    """A batch was not read from where the views stand: another process has its partitions now. Nothing was written."""

    def __init__(self, held: Mapping[tuple[str, int], int]) -> None:
        """``held``: topic and partition to the offset to read next, of the partitions that went on without us."""
        super().__init__("another process has written on: read the offsets again and go on from there")
        self.held = dict(held)


class Change(NamedTuple):
    """One row that a batch really changed."""

    seq: int
    """The change number: strictly increasing over all changes of a recipient, in the order of their commits."""
    recipient: str
    person_id: str
    event_id: str
    """Of a signal its id; its family is then signal."""
    family: str
    state: str
    """released or retracted; of a signal also raised and closed."""


class Question(Enum):
    """What can be asked; each engine has a text for each, and all name the recipient."""

    EVER_ASSIGNED = auto()
    CASELOAD = auto()
    TIMELINE = auto()
    OUTLINES = auto()
    NUMBERED = auto()
    CHANGES = auto()
    SIGNALS = auto()
    SIGNALS_SINCE = auto()
    AGREEMENTS = auto()
    RULES = auto()
    SWEPT = auto()
    TICK = auto()
    ROW_COUNT = auto()
    NOTHING = auto()


class Readable(Protocol):
    """Views as readers have them, from any thread."""

    first_seq: int
    """Change number that the views began with; what a reader saw below it, it saw of others."""

    def ask(self, question: Question, recipient: str, **names: Any) -> list[tuple[Any, ...]]:
        """Answer as of what is committed now.

        Raises:
            ViewsAwayError: the database does not answer.
        """

    def last_seq(self, recipient: str) -> int:
        """Change number of the recipient's newest committed change; one below ``first_seq`` where there is none."""

    def newest_changes(self, recipient: str, person_ids: Sequence[str]) -> Mapping[str, int]:
        """For each person a number that rises with each committed change of the person, and perhaps without one."""

    def in_force_changed(self, recipient: str) -> int:
        """A number that rises with each committed batch that brings agreements, rules, or the end of a sweep."""


class Writable(Protocol):
    """Views as the sink has them; for one thread."""

    def apply(self, batch: ViewBatch) -> list[Change]:
        """Write a batch in one transaction; the rows that it really changed, by change number.

        Raises:
            StaleBatchError: another process has written on from where it begins; nothing was written.
            ViewsAwayError: the database does not answer; the same batch may be given again.
        """

    def offsets(self) -> dict[tuple[str, int], int]:
        """Topic and partition to the offset to read next."""

    def numbers(self) -> dict[str, tuple[int, int]]:
        """Topic/partition/stage to the last number taken, in its generation."""
