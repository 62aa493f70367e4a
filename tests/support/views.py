"""Batches for the case views from rows as a test writes them."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from sinks.view_batch import CONTENT, LISTS, UNNUMBERED, Row, ViewBatch, as_text


def view_batch(rows: Sequence[Row] = (), **more: Any) -> ViewBatch:
    """A batch of releases and retractions given as rows of physical values, with ``body``, ``state`` and ``reason``."""
    columns = [pa.array([_cell(row, c.name) for row in rows], c.type) for c in UNNUMBERED]
    return ViewBatch(pa.Table.from_arrays(columns, schema=UNNUMBERED), **more)


def _cell(row: Row, name: str) -> Any:
    if row["state"] == "retracted":
        return [] if name in LISTS else None if name in CONTENT else row[name]
    return as_text(row["body"]) if name == "body" else None if name == "reason" else row[name]


def delivered(draw: st.DrawFn, sent: list[Row]) -> list[list[Row]]:
    """What was sent, some of it again, shuffled and cut into batches."""
    arrived = draw(st.permutations(sent + draw(st.lists(st.sampled_from(sent)))))
    size = draw(st.integers(1, 4))
    return [list(arrived[i : i + size]) for i in range(0, len(arrived), size)]
