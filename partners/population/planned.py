"""One message of the population before it is sent, and how an event is put together."""

import functools
from dataclasses import dataclass, field
from typing import Any

from partners.events import Headers, headers_of, key_of, topic_of
from partners.population.dice import named_id
from partners.rows import Row
from schemas_avro import catalog

MICROS_PER_DAY = 86_400_000_000
MICROS_PER_HOUR = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Record:
    """What one partner holds of a person."""

    partner: str
    token: str
    """Empty for wage rows, whose record is known by SSN and name."""
    person: int
    """Number of the human; no event carries it."""
    traits: Row = field(default_factory=dict, repr=False)
    """Fields of the identity family that the partner has."""
    identifiers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """System and value."""
    name: str = field(default="", repr=False)
    """Only of wage rows: the name as written."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One message for a partner's topic: a well-formed row, or raw bytes that the gate must reject."""

    event_id: str
    partner: str
    family: str
    key: bytes = field(repr=False)
    row: Row | None = field(default=None, repr=False)
    raw: bytes | None = field(default=None, repr=False)
    code: str = ""
    """Why the gate rejects it; empty: it does not."""

    @property
    def topic(self) -> str:
        """The partner's topic."""
        return topic_of(self.partner, self.family)

    @property
    def headers(self) -> Headers:
        """CloudEvents headers; what is rejected has them too, for they are its identity in the books."""
        return headers_of(self.event_id, f"{self.family}.recorded.v1", self.partner)

    @property
    def envelope(self) -> Row:
        """Envelope of a well-formed row."""
        return self.row["envelope"] if self.row else {}

    @property
    def body(self) -> Row:
        """Body of a well-formed row."""
        return self.row["body"] if self.row else {}


@functools.cache
def _blank(name: str) -> Row:
    """Every field of a schema, arrays empty, all else null."""
    fields = catalog.read(name)["fields"]
    arrays = {f["name"] for f in fields if isinstance(f["type"], dict) and f["type"]["type"] == "array"}
    return {f["name"]: [] if f["name"] in arrays else None for f in fields}


def planned(record: Record, family: str, source_record_id: str, at: int, body: Row, **envelope: Any) -> Planned:
    """One well-formed event about a record.

    Args:
        record: the partner's record that it is about.
        family: what kind of fact.
        source_record_id: the partner's id of the fact.
        at: when it is published, in microseconds since 1970-01-01 UTC.
        body: fields of the family that are not null.
        envelope: further fields of the envelope.
    """
    operation = envelope.get("operation", "assert")
    event_id = named_id(record.partner, family, source_record_id, at, operation)
    common = {
        "event_id": event_id,
        "event_type": f"{family}.recorded.v1",
        "schema_version": "1.0",
        "partner_id": record.partner,
        "source_record_id": source_record_id,
        "observed_at": at - MICROS_PER_HOUR,
        "published_at": at,
        "operation": operation,
        "subject_token": record.token or None,
    }
    row = {"envelope": {**_blank("envelope"), **common, **envelope}, "body": {**_blank(f"families/{family}"), **body}}
    return Planned(event_id, record.partner, family, key_of(row), row)


def again(event: Planned, at: int, operation: str, **body: Any) -> Planned:
    """A later version of a fact: the same fact, published again with another operation and changes to its body."""
    changes = {"operation": operation, "published_at": at, "observed_at": at - MICROS_PER_HOUR}
    event_id = named_id(event.event_id, at, operation)
    changes |= {"event_id": event_id, "supersedes_event_id": event.event_id}
    row = {"envelope": {**event.envelope, **changes}, "body": {**event.body, **body}}
    return Planned(event_id, event.partner, event.family, event.key, row)
