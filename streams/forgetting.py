"""What is left to do of an erasure when its batch is done: keys are destroyed, and the store's files let go of it.

Consent destroys the keys, after its retractions are sent for certain. A row that is deleted, or written anew, stays in
files until these are merged some day; so they are merged at once, beside the batches that come, since that takes
seconds. Who is killed in between goes on later.
"""

import threading
from collections.abc import Callable, Sequence

import structlog

from processors import counts
from processors.resolve.erased import ERASED
from streams.errors import DiskError, StoreError
from streams.keyring import Keyring
from streams.pulse import Done
from streams.store import Store

log = structlog.get_logger()
Tables = Callable[[Store], Sequence[str] | None]
"""Tables whose rows say something of who is erased, under keys that begin with those of table erased; None: not yet."""


class Forgetting:
    """Of one stage; all but the merging belongs to the thread of its store."""

    def __init__(self, stage: str, store: Store, tables: Tables, keyring: Keyring | None = None) -> None:
        """Over a stage's store; with a keyring: that is to destroy keys."""
        self._stage, self._store, self._tables, self._keyring = stage, store, tables, keyring
        self._destroyed, self._let_go = set[str](), set[str]()
        self._merging: _Merging | None = None
        self.is_waiting = True
        """Whether there may be something to do; so at the start, since a killed process may have left it."""

    def done(self, done: Done) -> None:
        """A batch is known to be sent."""
        if self.is_waiting or any(name == counts.ERASED_RECORDS for name, *_ in done.counts):
            self.go_on()

    def go_on(self) -> None:
        """Do what there is to do; where the disk does not answer, it is done after the next batch."""
        self.is_waiting = True
        try:
            self.is_waiting = not self._finish()
        except DiskError as error:
            log.warning("waiting", stage=self._stage, why=error.why, error=error.detail)

    def join(self) -> None:
        """Wait for what is done beside, and take its end in."""
        if self._merging is not None:
            self._merging.join()
            self.go_on()

    def _finish(self) -> bool:
        """Whether all is done."""
        if self._merging is not None and not self._is_merged(self._merging):
            return False
        keys = {key for key, _ in self._store.scan(ERASED, "")}
        if self._keyring is not None and (new := keys - self._destroyed):
            # Also of keys that are destroyed already: the ring's log may hold something of them still.
            self._keyring.erase(new - self._keyring.erased())
            self._destroyed |= new
        if not (new := keys - self._let_go) or self._store.let_go_of() == len(keys):
            self._let_go |= keys
            return True
        if (tables := self._tables(self._store)) is not None:
            self._store.keep()
            self._merging = _Merging(self._store, tables, new, len(keys))
            self._merging.start()
        return False

    def _is_merged(self, merging: "_Merging") -> bool:
        """Whether files are merged; then that is noted.

        Raises:
            DiskError: they are not, and it is begun again.
        """
        if merging.is_alive():
            return False
        self._merging = None
        if merging.error is not None:
            raise merging.error
        self._store.note_let_go(merging.number)
        self._let_go |= merging.keys
        return True


class _Merging(threading.Thread):
    """Files are merged while batches go on: no row is read or written by it."""

    def __init__(self, store: Store, tables: Sequence[str], keys: set[str], number: int) -> None:
        super().__init__(daemon=True)
        self._store, self._tables = store, tables
        self.keys, self.number = keys, number
        self.error: DiskError | None = None

    def run(self) -> None:
        """Until it is done, or the store is closed."""
        try:
            self._store.let_go(self._tables, self.keys)
        except (DiskError, StoreError) as error:  # one that is closed under it too: who reads and writes finds out more
            self.error = DiskError("files are not merged", str(error))
