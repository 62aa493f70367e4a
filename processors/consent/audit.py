"""The audit: for every event, at its coming or when decided again, each recipient's permit or denial; hash-chained."""

import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
import pyarrow as pa

from processors.consent.book import Sharing
from processors.consent.policy import Audited, Person, Subject
from processors.names import AUDIT_DECISIONS
from processors.records import Outs, derived_id
from processors.state import Working
from schemas_avro import catalog, codec, wire

Row = dict[str, Any]
SUBJECT = "internal.decision_recorded.v1"
HEADER = "audit-hash"
START = "0" * 64
FROM_EVENT = ("event_id", "family", "partner_id")


@dataclass(frozen=True, eq=False)
class Decided:
    """Every recipient's permit or denial of one event; many events have the same."""

    rows: Sequence[Row]


@functools.lru_cache(maxsize=4096)
def decided(decisions: tuple[Audited, ...]) -> Decided:
    """The same object for the same decisions."""
    return Decided([{**d._asdict(), "groups": list(d.groups), "rules": list(d.rules)} for d in decisions])


class Record(NamedTuple):
    """What the audit is to have of one event."""

    event: Row
    person_id: str
    caused_by: str
    position: int
    outcome: str
    decided: Decided
    inputs: str

    def __repr__(self) -> str:
        """Where it is printed, nobody's event shows."""
        return f"Record(position={self.position})"


def chained(records: Sequence[Record], state: Working) -> Outs:
    """Audit records, each with the SHA-256 of the hash before it and its own bytes in a header."""
    if not records:
        return Outs()
    schema_id, head, count = catalog.id_of(SUBJECT), state.get("head", "audit"), state.get("head", "records")
    if head is None:
        head, count = START, 0
    ids, event_ids = [_id(one) for one in records], [one.event["event_id"] for one in records]
    values = wire.framed(schema_id, codec.encode(schema_id, _columns(records, ids, schema_id)))
    heads: list[Mapping[str, bytes]] = []
    for value in values:
        head = next_hash(head, value)
        heads.append({HEADER: head.encode()})
    state.put("head", "audit", head)
    if count is not None:  # of a store from before they were counted nobody knows, until it is rebuilt
        state.put("head", "records", count + len(values))
    outs = Outs.to([AUDIT_DECISIONS] * len(ids), event_ids, values, ids)
    outs.headers = heads
    return outs


def _id(one: Record) -> str:
    return derived_id(one.caused_by, f"consent.audit.{one.event['event_id']}.{one.person_id}", 0)


def _columns(records: Sequence[Record], ids: Sequence[str], schema_id: int) -> pa.RecordBatch:
    """Rows of ``decision_recorded.avsc``, a column at a time."""
    events, persons, causes, positions, outcomes, decided, inputs = zip(*records, strict=True)
    columns: dict[str, Sequence[Any]] = {name: [event[name] for event in events] for name in FROM_EVENT}
    columns |= {
        "decision_id": ids, "caused_by": causes, "position": positions, "person_id": persons, "outcome": outcomes,
        "input_hash": inputs,
    }  # fmt: skip
    schema = codec.arrow_schema(schema_id)
    decisions = _decisions(decided, schema.field("decided").type)
    arrays = [decisions if f.name == "decided" else pa.array(columns[f.name], f.type) for f in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _decisions(decided: Sequence[Decided], kind: pa.DataType) -> pa.Array:
    """Each made into columns once, since many events have the same."""
    places = {one: place for place, one in enumerate(dict.fromkeys(decided))}
    return pa.array([one.rows for one in places], kind).take(pa.array([places[one] for one in decided], pa.int64()))


def next_hash(before: str, value: bytes) -> str:
    """Hash of a record of the chain, hexadecimal."""
    return hashlib.sha256(before.encode() + value).hexdigest()


def input_hash(subject: Subject, person: Person, sharing: Sharing, today: int | None) -> str:
    """SHA-256 of what a decision was made from, hexadecimal."""
    statements = [[s.event_id for s in record] for record in person.statements]
    lists = {name: sorted(getattr(person.standing, name)) for name in ("attends", "cared_for_by")}
    standing = {**vars(person.standing), **lists}
    about = [statements, sorted(person.served_by), standing, [vars(order) for order in person.orders]]
    facts = [subject.partner_id, subject.family, sorted(subject.categories), *about]
    known = _known(sharing, (subject.partner_id, subject.family))
    return hashlib.sha256(orjson.dumps([facts, known, sharing.rules_hash, today])).hexdigest()


@functools.lru_cache(maxsize=4096)
def _known(sharing: Sharing, source: tuple[str, str]) -> orjson.Fragment:
    """Ids and versions of all agreements that decisions of a partner's family rest on, as JSON."""
    return orjson.Fragment(orjson.dumps([one.known for one in sharing.by_source.get(source, ())]))
