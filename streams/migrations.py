"""Older formats of a state store, brought to the present one step by step; all steps are one transaction, at ``open``.

A step stays as it is once it is released: it knows two formats by itself and nothing of what came after them. What the
stages keep in their tables is bytes to it.
"""

import sqlite3
from collections.abc import Callable

import orjson

Step = Callable[[sqlite3.Connection], None]


def _pending_in_one_row(db: sqlite3.Connection) -> None:
    """From 1 to 2: what is pending was a row a record, and is one row for all of them.

    State tables that are their own index (WITHOUT ROWID), as early stores have them, stay so: they answer the same.
    """
    rows = db.execute("SELECT head, value FROM pending ORDER BY n").fetchall()
    heads = [_with_size(orjson.loads(head), len(value)) for head, value in rows]
    db.execute("DROP TABLE pending")
    db.execute("CREATE TABLE pending (heads BLOB, content BLOB)")
    db.execute("INSERT INTO pending VALUES (?, ?)", (orjson.dumps(heads), b"".join(value for _, value in rows)))


def _with_size(head: list[object], size: int) -> list[object]:
    topic, key, id_, partition, headers = head
    return [topic, key, size, id_, partition, headers]


def _pending_by_columns(db: sqlite3.Connection) -> None:
    """From 2 to 3: what is known of each pending record stood in a row of its own, and stands in columns.

    A number stood among a record's headers, and stays there.
    """
    for (found,) in db.execute("SELECT heads FROM pending").fetchall():
        heads = orjson.loads(found)
        topics, keys, sizes, ids, partitions, headers = ([head[i] for head in heads] for i in range(6))
        columns = [topics, keys, sizes, ids, partitions, [], "", headers]
        db.execute("UPDATE pending SET heads = ?", (orjson.dumps(columns),))


STEPS: tuple[Step, ...] = (_pending_in_one_row, _pending_by_columns)
"""In their order; the first makes format 2 of format 1."""
FORMAT = 1 + len(STEPS)
"""That this version writes."""


def bring_up(db: sqlite3.Connection, found: int) -> None:
    """Bring a store of an older format to the present one, within the transaction that is open."""
    for step in STEPS[found - 1 :]:
        step(db)
