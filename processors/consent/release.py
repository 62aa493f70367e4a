"""Releases and retractions as bytes: the body opened, cut to the permitted field groups, encoded a schema at a time."""

import functools
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from processors import counts, sealing
from processors.consent.log import Cause
from processors.names import released_topic
from processors.records import Outs, derived_id
from schemas_avro import catalog, codec, wire

Row = dict[str, Any]
RETRACTED = "internal.release_retracted.v1"
NOTICE = (
    "Use only for the purpose named. No disclosure to any other party without the prior consent of the parent or "
    "eligible student, except as 34 CFR 99.33 allows."
)
FROM_EVENT = (
    "event_id", "fact_id", "family", "partner_id", "operation", "occurred_on", "effective_from", "effective_to",
    "observed_at", "published_at",
)  # fmt: skip


TERMS = (
    "purpose", "agreement_id", "agreement_version", "basis", "consent_event_ids", "expires_on", "groups", "rules",
    "obligations",
)  # fmt: skip


class Sent(NamedTuple):
    """One release or retraction that the decision calls for."""

    cause: Cause
    event: Row
    """Row of ``resolved_event.avsc``."""
    body: bytes
    """Its body, opened; empty where it is taken back."""
    recipient: str
    held: Row
    """The person, and the terms: purpose, agreement, basis, groups, consents, last day, rules, obligations."""
    retracted: str | None
    """Why it is taken back; None: it is a release."""

    def __repr__(self) -> str:
        """Where it is printed, nobody's event shows."""
        return f"Sent({self.recipient}, {self.cause})"


def encode(sent: Sequence[Sent]) -> Outs:
    """Framed records in the order given."""
    values, ids = [b""] * len(sent), [_id(one) for one in sent]
    for (subject, *groups), places in _by_kind(sent).items():
        schema_id = catalog.id_of(_subject(subject, *groups))
        rows = _columns(schema_id, [sent[i] for i in places], [ids[i] for i in places])
        for i, value in zip(places, wire.framed(schema_id, codec.encode(schema_id, rows)), strict=True):
            values[i] = value
    return Outs.to([released_topic(one.recipient) for one in sent], [one.held["person"] for one in sent], values, ids)


def _id(one: Sent) -> str:
    kind = counts.RETRACTED if one.retracted else counts.RELEASED
    return derived_id(one.cause.id, f"consent.{kind}.{one.event['event_id']}.{one.recipient}.{one.held['person']}", 0)


def _by_kind(sent: Sequence[Sent]) -> dict[tuple[str, ...], list[int]]:
    """Places of what has one schema: retractions, and releases of one family and the same groups."""
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, one in enumerate(sent):
        places[(RETRACTED,) if one.retracted else (one.event["family"], *one.held["terms"]["groups"])].append(i)
    return places


@functools.cache
def _subject(kind: str, *groups: str) -> str:
    return kind if kind == RETRACTED else catalog.released_subject(kind, frozenset(groups))


def _columns(schema_id: int, sent: Sequence[Sent], ids: Sequence[str]) -> pa.RecordBatch:
    """Rows of one schema; what is not named here does not leave."""
    causes, events, bodies, recipients, held, reasons = zip(*sent, strict=True)
    schema, terms = codec.arrow_schema(schema_id), [one["terms"] for one in held]
    head: dict[str, Sequence[Any]] = {name: [event[name] for event in events] for name in FROM_EVENT}
    head |= {name: [one[name] for one in terms] for name in TERMS}
    head |= {
        "release_id": ids, "recipient": recipients, "person_id": [one["person"] for one in held],
        "position": [cause.position for cause in causes], "notice": [NOTICE] * len(sent),
    }  # fmt: skip
    kind = schema.field("release").type
    release = pa.StructArray.from_arrays([pa.array(head[f.name], f.type) for f in kind], fields=list(kind))
    if "reason" in schema.names:
        return pa.RecordBatch.from_arrays([release, pa.array(reasons, schema.field("reason").type)], schema=schema)
    fields = list(schema.field("body").type)
    rows = codec.decode_each([event["body_schema_id"] for event in events], bodies)
    body = pa.StructArray.from_arrays([rows.column(f.name) for f in fields], fields=fields)
    return pa.RecordBatch.from_arrays([release, body], schema=schema)


def body_of(event: Row, keys: sealing.Keys) -> bytes | None:
    """Avro bytes of an event's body; None once its record's key was erased, also where a new one was made."""
    try:
        return sealing.unseal(keys, event["record_key"], f"{event['event_id']}|resolve", event["sealed_body"])
    except sealing.UnreadableError:
        return None
