"""A batch of the ordered log, decoded a schema at a time: each record with its place, its id and what it says."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from processors.consent.book import fact_key
from processors.records import Arrivals
from schemas_avro import catalog, codec, wire
from schemas_avro.ids import SUBMISSION

Row = dict[str, Any]
EVENT = "resolved_event"


@dataclass(slots=True)  # not frozen, as an arrival
class Cause:
    """What a decision follows from: one record of the log."""

    position: int
    """Its offset."""
    id: str


@dataclass(slots=True)
class Entry(Cause):
    """One record of the log with what it says."""

    name: str
    """Of the internal schema."""
    row: Row = field(repr=False)
    submission: str = field(default="", kw_only=True)
    """Which it came with, if it is an event and any is known."""


@dataclass(slots=True)
class Event(Entry):
    """A partner's event; its row is as the book keeps it, without the person."""

    person_id: str
    """Whose it is at this place of the log."""
    fact: str
    """Key of its fact in the book."""


def entries(arrivals: Arrivals) -> list[Entry]:
    """A batch decoded, in its order.

    Raises:
        ValueError: a record is not what we wrote.
    """
    found: dict[int, Entry] = {}
    for schema_id, where in wire.places_by_schema(arrivals.values).items():
        found.update(zip(where, _of_schema(schema_id or 0, arrivals.at(where)), strict=True))
    return [found[i] for i in range(len(arrivals))]


def _of_schema(schema_id: int, arrivals: Arrivals) -> Iterator[Entry]:
    name = catalog.catalog()[schema_id].family
    rows = codec.decode_own(schema_id, wire.payloads_of(arrivals.values))
    ids = [headers.get("ce_id", b"").decode() for headers in arrivals.headers]
    sent_with = [headers.get(SUBMISSION, b"").decode() for headers in arrivals.headers]
    for position, id_, row, submission in zip(arrivals.offsets, ids, rows, sent_with, strict=True):
        if name == EVENT:
            yield Event(position, id_, name, row, row.pop("person_id"), fact_key(row), submission=submission)
        else:
            yield Entry(position, id_, name, row, submission=submission)
