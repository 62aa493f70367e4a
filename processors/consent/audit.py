"""The audit: for every event, at its coming or when decided again, each recipient's permit or denial; hash-chained."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from processors.consent.agreements import Agreement
from processors.consent.policy import Decision, Person, Subject
from processors.drafts import Draft, encode_drafts
from processors.names import AUDIT_DECISIONS
from processors.records import Outs, derived_id
from processors.state import Working

Row = dict[str, Any]
HEADER = "audit-hash"
START = "0" * 64


def chained(drafts: Sequence[Draft], state: Working) -> Outs:
    """Audit records, each with the SHA-256 of the hash before it and its own bytes in a header."""
    head = state.get("head", "audit") or START
    outs, heads = encode_drafts(drafts), list[Mapping[str, bytes]]()
    for value in outs.values:
        head = next_hash(head, value)
        heads.append({HEADER: head.encode()})
    outs.headers = heads
    if heads:
        state.put("head", "audit", head)
    return outs


def next_hash(before: str, value: bytes) -> str:
    """Hash of a record of the chain, hexadecimal."""
    return hashlib.sha256(before.encode() + value).hexdigest()


def record(
    event: Row, person_id: str, cause: str, position: int, outcome: str, decisions: Sequence[Decision], inputs: str
) -> Draft:
    """One audit record."""
    id_ = derived_id(cause, f"consent.audit.{event['event_id']}.{person_id}", 0)
    row = {
        "decision_id": id_, "event_id": event["event_id"], "caused_by": cause, "position": position,
        "family": event["family"], "partner_id": event["partner_id"], "person_id": person_id,
        "outcome": outcome, "decided": [d.as_audited for d in decisions], "input_hash": inputs,
    }  # fmt: skip
    return Draft(AUDIT_DECISIONS, event["event_id"], "internal.decision_recorded.v1", row, id_)


def input_hash(subject: Subject, person: Person, agreements: Sequence[Agreement], today: int | None) -> str:
    """SHA-256 of what a decision was made from, hexadecimal."""
    statements = [[s.event_id for s in record] for record in (*person.statements, *person.ended)]
    known = [[a.agreement_id, a.version] for a in agreements]
    facts = [subject.partner_id, subject.family, sorted(subject.categories), statements, sorted(person.served_by)]
    return hashlib.sha256(orjson.dumps([facts, known, today])).hexdigest()
