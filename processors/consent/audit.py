"""The audit: for every event, at its coming or when decided again, each recipient's permit or denial; hash-chained."""

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
import pyarrow as pa

from processors.consent.agreements import Agreement
from processors.consent.policy import Audited, Person, Subject
from processors.names import AUDIT_DECISIONS
from processors.records import Outs, derived_id
from processors.state import Working
from schemas_avro import catalog, codec, wire

Row = dict[str, Any]
SUBJECT = "internal.decision_recorded.v1"
HEADER = "audit-hash"
START = "0" * 64


@dataclass(frozen=True, eq=False)
class Decided:
    """Every recipient's permit or denial of one event; many events have the same."""

    rows: Sequence[Row]


@functools.lru_cache(maxsize=4096)
def decided(decisions: tuple[Audited, ...]) -> Decided:
    """The same object for the same decisions."""
    return Decided([{**d._asdict(), "groups": list(d.groups)} for d in decisions])


class Record(NamedTuple):
    """One audit record by the fields of ``decision_recorded.avsc``, in their order."""

    decision_id: str
    event_id: str
    caused_by: str
    position: int
    family: str
    partner_id: str
    person_id: str
    outcome: str
    decided: Decided
    input_hash: str

    def __repr__(self) -> str:
        """Its id alone: nobody's event shows where it is printed."""
        return f"Record({self.decision_id})"


def record(
    event: Row, person_id: str, cause: str, position: int, outcome: str, decisions: Decided, inputs: str
) -> Record:
    """One audit record."""
    event_id = event["event_id"]
    id_ = derived_id(cause, f"consent.audit.{event_id}.{person_id}", 0)
    terms = (outcome, decisions, inputs)
    return Record(id_, event_id, cause, position, event["family"], event["partner_id"], person_id, *terms)


def chained(records: Sequence[Record], state: Working) -> Outs:
    """Audit records, each with the SHA-256 of the hash before it and its own bytes in a header."""
    if not records:
        return Outs()
    schema_id, head = catalog.id_of(SUBJECT), state.get("head", "audit") or START
    values, heads = wire.framed(schema_id, codec.encode(schema_id, _columns(records, schema_id))), []
    for value in values:
        head = next_hash(head, value)
        heads.append({HEADER: head.encode()})
    state.put("head", "audit", head)
    event_ids, ids = [one.event_id for one in records], [one.decision_id for one in records]
    outs = Outs.to([AUDIT_DECISIONS] * len(ids), event_ids, values, ids)
    outs.headers = [*heads]
    return outs


def _columns(records: Sequence[Record], schema_id: int) -> pa.RecordBatch:
    schema = codec.arrow_schema(schema_id)
    columns = dict(zip(Record._fields, zip(*records, strict=True), strict=True))
    places = {one: place for place, one in enumerate(dict.fromkeys(columns["decided"]))}
    every = pa.array([one.rows for one in places], schema.field("decided").type)
    arrays = [
        every.take(pa.array([places[one] for one in columns["decided"]], pa.int64()))
        if field.name == "decided"
        else pa.array(columns[field.name], field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def next_hash(before: str, value: bytes) -> str:
    """Hash of a record of the chain, hexadecimal."""
    return hashlib.sha256(before.encode() + value).hexdigest()


def input_hash(subject: Subject, person: Person, agreements: Sequence[Agreement], today: int | None) -> str:
    """SHA-256 of what a decision was made from, hexadecimal."""
    statements = [[s.event_id for s in record] for record in (*person.statements, *person.ended)]
    known = [[a.agreement_id, a.version] for a in agreements]
    facts = [subject.partner_id, subject.family, sorted(subject.categories), statements, sorted(person.served_by)]
    return hashlib.sha256(orjson.dumps([facts, known, today])).hexdigest()
