"""A model tried on records as resolve has published them, over a store of its own: whose they would be.

They are entered as in ``Book.restore``: the same records, decisions and model give the same persons as in the stage.
"""

import hashlib
import secrets
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from deploy.identity.published import Published
from deploy.identity.replayed import Outcome
from processors import sealing
from processors.records import Outs
from processors.resolve.decisions import is_named, take
from processors.resolve.matching.index import Change, Index
from processors.resolve.matching.model import Model
from processors.resolve.said import descriptions_of
from processors.state import Working
from streams.errors import DiskError, ThroughlineError
from streams.store import Store, path_of

Row = dict[str, Any]
TRIED = "tried"
"""Table by record: whose it is and would be, and a digest of the sealed text that it was entered from."""
NAMES = ("partner", "seed", "before", "after")
KEY_BYTES = 32
PAGE = 10_000


class Trial:
    """Enters records a batch at a time, in the order of the topic; a later row of a record replaces an earlier one."""

    def __init__(self, store: Store, model: Model) -> None:
        """Over a new store. What it holds is sealed with a key that is kept nowhere."""
        standing = store.take_over()
        self._store, self._token, self._batch = store, standing.token, standing.batch
        self._model, self._key = model, secrets.token_bytes(KEY_BYTES)

    def decide(self, decisions: Collection[Row]) -> None:
        """Take stewards' decisions, in the order of the log; before any records."""
        working = Working(self._store)
        take(decisions, working)
        self._commit(working)

    def enter(self, rows: Sequence[Row], keys: sealing.Keys) -> None:
        """Enter records.

        Args:
            rows: of ``internal.identity_record.v1``.
            keys: of their seals.

        Raises:
            ThroughlineError: one is not what was sealed, or the disk is full.
        """
        newest = {row["record_key"]: row for row in rows}
        working = Working(self._store)
        index = Index(working, self._model, self._key)
        working.prefetch(TRIED, newest)
        for row in newest.values():
            _enter(row, working, index, keys)
        self._keep(index.settle(), working)

    def take_out(self, record_keys: Collection[str]) -> None:
        """Take records out again that were erased since."""
        if record_keys:
            working = Working(self._store)
            changes = Index(working, self._model, self._key).take_out(record_keys)
            for record_key in record_keys:
                working.put(TRIED, record_key, None)
            self._keep(changes, working)

    def _keep(self, changes: Sequence[Change], working: Working) -> None:
        working.prefetch(TRIED, [change.record_key for change in changes])
        for change in changes:
            tried = working.get(TRIED, change.record_key)
            working.put(TRIED, change.record_key, {**tried, "after": change.after})
        self._commit(working)

    def _commit(self, working: Working) -> None:
        try:
            self._batch = self._store.commit(self._token, self._batch, working.changes(), {}, Outs())
        except DiskError as error:
            folder = tempfile.gettempdir()
            raise ThroughlineError(f"{folder} cannot be written ({error.detail}): make room, or set TMPDIR") from error

    def outcomes(self) -> Iterator[Outcome]:
        """Each record that was entered, in the order of keys; an id that comes often takes memory once."""
        last = ""
        while page := self._store.scan(TRIED, "", PAGE, last):
            last = page[-1][0]
            for record_key, raw in page:
                tried = orjson.loads(raw)
                partner, seed, before, after = (sys.intern(tried[name]) for name in NAMES)
                yield Outcome(record_key, partner, seed, before, after, is_unreadable=tried["erased"])


def _enter(row: Row, working: Working, index: Index, keys: sealing.Keys) -> None:
    """Enter what is said of a record. Often a row says only that it changed persons: then there is nothing to do."""
    key, digest = row["record_key"], hashlib.sha256(row["sealed_traits"].encode()).hexdigest()
    known = working.get(TRIED, key)
    tried = {**(known or {"after": row["seed"]}), "partner": row["partner_id"], "seed": row["seed"]}
    if known is None or known["digest"] != digest:
        said = Published.of(row).rows(keys)
        if row["event_ids"] or is_named(key, working):
            age = (row["first_seen_at"] // 1_000, row["first_seen_position"])
            index.put(key, row["seed"], age, descriptions_of(said or {}))
        tried |= {"digest": digest, "erased": said is None}
    working.put(TRIED, key, {**tried, "before": row["person_id"]})


@contextmanager
def temporary_store() -> Iterator[Store]:
    """A new store that is gone at the end."""
    with tempfile.TemporaryDirectory(prefix="throughline-replay-") as made:
        path = path_of(Path(made), "replay")
        path.parent.mkdir()
        with Store.open(path) as store:
            yield store
