"""A stage's changes of state on a topic of its own, so that a standby makes them too, on its own disk.

As Kafka Streams has it (changelog topics and standby replicas): compacted, and in the same transaction as what the
batch sends. So whoever has read what is committed has the state of exactly the batch that the group's offsets tell.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from confluent_kafka import Message

from processors.records import Outs
from processors.state import Changes
from streams import newer

FORMAT = 1
"""Of a stage's rows, as the changelog tells them and whoever takes over takes them. Who raises it, since an older
version would misread them, raises the stores' format too (``streams.migrations``), and has a follower of the new one
read what the old one has told. Of format 1 nothing says so: version 0.1.0 told none."""
Changed = tuple[str, str, bytes | None]
"""Table, key and value of a row; none: it is deleted."""

LEASE, OWNER, BATCH, LOGGED = "lease", "owner", "batch", "logged"
"""A table of the store: whose turn its last batch was of, which batch, and the id of the topic that has it whole,
in a format that is said where it is not the first."""
FOLLOWING, AT = "following", "at"
"""Table of a store that follows, and its row: the next offset of the changelog, the time of the last record in
milliseconds, and whether the changelog told all that there was when it began."""
ACTS: Changes = {FOLLOWING: {AT: None}}
"""What a batch changes in a store that followed before."""
BEGINNING, ENDING = ("", "beginning"), ("", "ending")
"""Table and key of records around a whole state: nothing before the first counts, whose value is the format of what
follows; the second says that it is all."""
MAX_MESSAGE_BYTES = 8_388_608
"""Of a row: what is kept of one record may be more than what other topics take at once."""
AT_ONCE = 5_000
"""Rows of a whole state in one transaction."""


def follows(next_: int, heard_at: int, *, is_whole: bool) -> Changes:
    """What says of a store how far it follows."""
    return {FOLLOWING: {AT: b"%d %d %d" % (next_, heard_at, is_whole)}}


@dataclass
class Place:
    """Where a store that acts would follow on, were its last batch undone."""

    next: int
    """Offset behind all that the store has."""
    heard_at: int
    """Milliseconds; not later than the record there."""

    def before(self, sent: int | None) -> Changes:
        """Before one more batch; where the batches before it were sent up to, None: none was in this turn."""
        self.next = self.next if sent is None else sent
        found = follows(self.next, self.heard_at, is_whole=True)
        self.heard_at = now_ms()
        return found


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def owned(batch: int, owner: str, topic_id: str) -> Changes:
    """What says in a batch which it is and whose turn it is of; no owner: the store's lock alone says who acts."""
    if not owner:
        return {LEASE: {OWNER: None, BATCH: None, LOGGED: None}}
    return {LEASE: {OWNER: owner.encode(), BATCH: b"%d" % batch, LOGGED: logged(topic_id)}}


def logged(topic_id: str) -> bytes:
    """What ``LOGGED`` says where a topic has all in this version's format."""
    return (topic_id if FORMAT == 1 else f"{topic_id} {FORMAT}").encode()


def belongs(batch: int, owner: str) -> Changes:
    """What says of a store made anew which its last batch was, and whose; the changelog does not have it."""
    return {LEASE: {OWNER: owner.encode(), BATCH: b"%d" % batch}} if owner else {}


def batch_in(rows: Mapping[str, bytes]) -> tuple[int, str]:
    """Number and owner of the last batch that rows of ``LEASE`` tell of."""
    return int(rows.get(BATCH, b"0")), owner_in(rows)


def owner_in(rows: Mapping[str, bytes]) -> str:
    """Whose turn a store's last batch was of, by rows of ``LEASE``; empty: of no lease."""
    return rows.get(OWNER, b"").decode()


def with_changes(outs: Outs, topic: str, changes: Changes) -> Outs:
    """What a batch sends, numbered, and its changes, which have no numbers: their topic is compacted."""
    added = _as_outs(topic, ((table, key, value) for table, rows in changes.items() for key, value in rows.items()))
    joined = Outs.joined([outs, added])
    joined.numbers = [*(outs.numbers or [0] * len(outs)), *[0] * len(added)]
    joined.numbered_by = outs.numbered_by
    return joined


def whole(topic: str, content: Iterable[Changed]) -> Iterator[Outs]:
    """A whole state, in parts that are sent one after the other; in one, where it is small."""
    rows = chain([(*BEGINNING, b"%d" % FORMAT)], content, [(*ENDING, b"1")])
    while part := list(islice(rows, AT_ONCE)):
        yield _as_outs(topic, part)


def _as_outs(topic: str, rows: Iterable[Changed]) -> Outs:
    keys, values = [], []
    for table, key, value in rows:
        keys.append(f"{table}\0{key}")
        values.append(value or b"")
    count = len(keys)
    return Outs([topic] * count, keys, values, [""] * count, [0] * count, [{}] * count)


def rows_of(messages: Sequence[Message]) -> list[Changed]:
    """Rows of records, in their order."""
    found = []
    for message in messages:
        table, _, key = (message.key() or b"").decode().partition("\0")
        found.append((table, key, message.value()))
    return found


def check_beginning(stage: str, row: Changed) -> None:
    """See that what follows a beginning can be read.

    Raises:
        StoppedError: it is of a newer format.
    """
    newer.check_format(f"{stage}: its changelog", int(row[2] or b"1"), FORMAT)


def changes_of(rows: Iterable[Changed]) -> dict[str, dict[str, bytes | None]]:
    """Rows as one commit's changes; of several of one key the last counts."""
    found: dict[str, dict[str, bytes | None]] = {}
    for table, key, value in rows:
        found.setdefault(table, {})[key] = value
    return found
