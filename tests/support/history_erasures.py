"""What must hold of a history in which somebody is erased: nothing is left of them, and the log has forgotten them."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from processors.consent.erase import ERASED
from processors.names import AUDIT_DECISIONS
from processors.records import Out
from processors.state import Memory
from schemas_avro import codec, wire
from support.histories import Author
from support.history_oracle import Seen

Row = dict[str, Any]
TABLES = ("record", "person", "fact", "order")
"""Of consent's state: what is the same where a log is read anew."""


def forget_keys(author: Author, state: Memory) -> None:
    """What the stage does after a commit: keys of records that consent has erased are destroyed."""
    for record_key, _ in state.scan(ERASED, ""):
        author.keys.keys.pop(record_key, None)


def are_left(author: Author, state: Memory, standing: Seen) -> bool:
    """Whether anything is left of records that consent has erased: in its state, or with anybody."""
    gone = {record_key for record_key, _ in state.scan(ERASED, "")}
    rows = [row for name, row in author.told if name == "resolved_event"]
    events = {row["event_id"] for row in rows if row["record_key"] in gone}
    return not gone.isdisjoint(_named(state)) or any(event_id in events for _, _, event_id in standing)


def are_told(heard: Iterable[tuple[str, Row]], outs: Iterable[Out]) -> bool:
    """Whether the audit has of each event of an erased record that it was withheld.

    Args:
        heard: a part of the log, by kind and row.
        outs: what was sent for it.
    """
    came = {row["event_id"] for name, row in heard if name == "event_withheld"}
    rows = [_row(out) for out in outs if came and out.topic == AUDIT_DECISIONS]
    return came <= {row["event_id"] for row in rows if row["outcome"] == "withheld" and not row["decided"]}


def _row(out: Out) -> Row:
    [row] = codec.decode_own(wire.schema_id_of(out.value) or 0, [wire.payload_of(out.value)])
    return row


def _named(state: Memory) -> Iterator[str]:
    """Keys of records that the state names anywhere but among the erased."""
    yield from (key for key, _ in state.scan("record", ""))
    yield from (key.partition("|")[0] for key, _ in state.scan("fact", ""))
    yield from (key.partition("|")[2] for key, _ in state.scan("due", ""))
    for table in ("person", "order"):
        yield from (key for _, raw in state.scan(table, "") for key in orjson.loads(raw))


def content(state: Memory) -> dict[str, list[tuple[str, bytes]]]:
    """Records, facts and what is held of them."""
    return {table: state.scan(table, "") for table in TABLES}
