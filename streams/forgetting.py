"""What is left to do of an erasure when its batch is done: the store's files let go of it, and keys are destroyed.

A row that is deleted, or written anew, stays in files until these are merged some day; so they are merged at once.
Consent destroys the keys, after its retractions are sent for certain. Who is killed in between goes on later.
"""

from collections.abc import Callable, Sequence

import structlog

from processors import counts
from processors.resolve.erased import ERASED
from streams.errors import DiskError
from streams.keyring import Keyring
from streams.pulse import Done
from streams.store import Store

log = structlog.get_logger()
Tables = Callable[[Store], Sequence[str] | None]
"""Tables whose rows say something of who is erased, under keys that begin with those of table erased; None: not yet."""


class Forgetting:
    """Of one stage; ``done`` belongs to the thread of its store."""

    def __init__(self, stage: str, store: Store, tables: Tables, keyring: Keyring | None = None) -> None:
        """Over a stage's store; with a keyring: that is to destroy keys."""
        self._stage, self._store, self._tables, self._keyring = stage, store, tables, keyring
        self._finished: set[str] = set()
        self._is_waiting = True
        """Whether there may be something to do; so at the start, since a killed process may have left it."""

    def done(self, done: Done) -> None:
        """A batch is known to be sent."""
        if self._is_waiting or any(name == counts.ERASED_RECORDS for name, *_ in done.counts):
            self.go_on()

    def go_on(self) -> None:
        """Do what there is to do; where the disk does not answer, it is done after the next batch."""
        self._is_waiting = True
        try:
            self._is_waiting = not self._finish()
        except DiskError as error:
            log.warning("waiting", stage=self._stage, why=error.why, error=error.detail)

    def _finish(self) -> bool:
        """Whether all is done."""
        keys = [key for key, _ in self._store.scan(ERASED, "")]
        new = [key for key in keys if key not in self._finished]
        if self._keyring is not None and new:  # of those that are destroyed the ring's log may hold something still
            self._keyring.erase(set(new) - self._keyring.erased())
        if new and self._store.let_go_of() != len(keys):
            if (tables := self._tables(self._store)) is None:
                return False
            self._store.let_go(tables, new, len(keys))
        self._finished.update(new)
        return True
