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


STEPS: tuple[Step, ...] = (_pending_in_one_row,)
"""In their order; the first makes format 2 of format 1."""
FORMAT = 1 + len(STEPS)
"""That this version writes."""


def bring_up(db: sqlite3.Connection, found: int) -> None:
    """Bring a store of an older format to the present one, within the transaction that is open."""
    for step in STEPS[found - 1 :]:
        step(db)
