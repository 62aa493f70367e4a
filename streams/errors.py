"""Errors that people see: each is one line that says what is wrong and what to do.

ThroughlineError
├── StoreError            the state store cannot be used
│   ├── StoreLockedError  another process has it
│   └── StaleError        somebody else owns the stage now, or has gone on
├── TurnLostError         another worker acts for the stage now
├── StoppedError          a stage stops rather than jump: store, group or topic are not what they were
└── TransientError        a friend is away: wait and try again
    ├── DiskError         it is the disk that a store or the keyring is on
    └── LeasesAwayError   it is the database of the leases
"""

from enum import StrEnum

IF_AWAY = "is it up, and THROUGHLINE_BOOTSTRAP right?"
"""The remedy where a broker does not answer."""

BROKER_AWAY = "the broker does not answer"
"""What logs, ``/health/ready`` and commands say of that."""

REBUILD = 'see "Backup" in docs/keep-it-running.md'
"""The remedy where a store or Kafka is not what it was: the section says what to run, with a backup and without."""


class Stop(StrEnum):
    """Why a stage stands still: what waiting does not mend, and starting again neither."""

    STORE_BEHIND = "store_behind"
    """The store is behind its group: restored, or lost."""
    GROUP_BEHIND = "group_behind"
    """The group is behind its store: its offsets expired or were reset."""
    TOPIC_ANEW = "topic_anew"
    """A topic was deleted and made anew."""
    RECORDS_GONE = "records_gone"
    """Records that were not read yet are no longer there."""
    LOG_CUT = "log_cut"
    """A partition lost its end and has grown again: it holds another record than the last one that was read."""
    PARTITIONS = "partitions"
    """A topic has another number of partitions than it has to have."""
    INTERNAL_ERRORS = "internal_errors"
    """Too many in a row: one bug must not reject a whole topic."""
    TOO_OLD = "too_old"
    """A newer version has written something that this one does not know."""
    UNDECIDABLE = "undecidable"
    """A bug met by a record that no stage may leave out."""


class ThroughlineError(Exception):
    """Base of all; the text is one line with the remedy, and never holds a person's data."""


class StoreError(ThroughlineError):
    """The state store cannot be used."""


class StoreLockedError(StoreError):
    """Another process has the store."""


class StaleError(StoreError):
    """The token or batch number in the store is not the one that this batch started from."""


class TurnLostError(ThroughlineError):
    """Another worker acts for the stage now: what this one has stored and not sent counts for nothing."""


class StoppedError(ThroughlineError):
    """Going on would jump over records or do them twice."""

    def __init__(self, line: str, why: Stop) -> None:
        """``line`` is what people read, ``why`` what machines do."""
        super().__init__(line)
        self.why = why


class TransientError(ThroughlineError):
    """Worth another try."""

    friend = "broker"
    """Who is away."""

    def __init__(self, why: str, detail: str = "") -> None:
        """``why`` is the fact, in the same words wherever it is told; ``detail`` is for a log alone."""
        super().__init__(f"{why}: {detail}" if detail else why)
        self.why, self.detail = why, detail


class DiskError(TransientError):
    """The disk is full or does not answer."""

    friend = "store"


class ViewsSilentError(TransientError):
    """The database of the case views does not answer."""

    friend = "views"


class LeasesAwayError(TransientError):
    """The database of the leases does not answer."""

    friend = "database"
