"""A view file written anew after somebody was erased: in its old places it holds what stands in no row any more."""

import os
import pathlib
from collections.abc import Sequence

import duckdb
import pyarrow.compute as pc

from sinks.view_batch import ViewBatch

ERASED = "erased"
"""Reason of a retraction, and name in table meta, where that has come since the file was made."""
NOTE = f"INSERT INTO meta VALUES ('{ERASED}', 1) ON CONFLICT DO NOTHING"  # noqa: S608  # a constant
ASK = f"SELECT value FROM meta WHERE name = '{ERASED}'"  # noqa: S608  # a constant


def note(writer: duckdb.DuckDBPyConnection, batch: ViewBatch) -> None:
    """Note within a batch's transaction that it brings an erasure, if it does."""
    if pc.index(batch.releases.column("reason"), ERASED).as_py() >= 0:
        writer.execute(NOTE)


def is_due(root: duckdb.DuckDBPyConnection) -> bool:
    """Whether somebody was erased since the file was made."""
    return root.execute(ASK).fetchone() is not None


def write_anew(path: pathlib.Path, definitions: str, tables: Sequence[str]) -> None:
    """Write a file's rows into a new one in its place; a crash leaves the one or the other.

    Args:
        path: of the file, which nobody has open.
        definitions: statements that make its tables.
        tables: their names.
    """
    new = path.with_suffix(".new")
    for left in (new, path.with_suffix(".new.wal")):  # by one that was killed
        left.unlink(missing_ok=True)
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with duckdb.connect(new, config=config) as made:
        made.execute(f"ATTACH '{str(path).replace(chr(39), chr(39) * 2)}' AS old (READ_ONLY)")
        made.execute(definitions)
        for table in tables:
            made.execute(f"INSERT INTO {table} SELECT * FROM old.{table}")  # noqa: S608  # our own names
        made.execute(f"DELETE FROM meta WHERE name = '{ERASED}'")  # noqa: S608  # likewise
        made.execute("DETACH old")
    new.chmod(0o600)
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.replace(path)
