"""Releases and retractions as bytes: the body opened, cut to the permitted field groups, encoded a schema at a time."""

import functools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from processors import sealing
from processors.names import released_topic
from processors.records import Outs
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


TERMS = ("purpose", "agreement_id", "agreement_version", "basis", "consent_event_ids", "expires_on", "groups")


@dataclass(slots=True)  # not frozen, as an arrival
class Sent:
    """One release or retraction that the decision calls for."""

    id: str
    event: Row = field(repr=False)
    """Row of ``resolved_event.avsc``."""
    body: bytes = field(repr=False)
    """Its body, opened; empty where it is taken back."""
    person_id: str
    recipient: str
    position: int
    terms: Row
    """Purpose, agreement, basis, groups, consents, last day."""
    retracted: str | None = None
    """Why it is taken back; None: it is a release."""

    @property
    def subject(self) -> str:
        """Catalog subject of what is sent."""
        if self.retracted is not None:
            return RETRACTED
        return _subject(self.event["family"], *self.terms["groups"])


@functools.cache
def _subject(family: str, *groups: str) -> str:
    return catalog.released_subject(family, frozenset(groups))


def encode(sent: Sequence[Sent]) -> Outs:
    """Framed records in the order given."""
    values = [b""] * len(sent)
    for subject, places in _by_subject(sent).items():
        schema_id = catalog.id_of(subject)
        chosen = [sent[i] for i in places]
        batch = _retractions(schema_id, chosen) if subject == RETRACTED else _releases(schema_id, chosen)
        payloads = codec.encode(schema_id, batch)
        for i, value in zip(places, wire.framed(schema_id, payloads), strict=True):
            values[i] = value
    return Outs.to(
        [released_topic(s.recipient) for s in sent], [s.person_id for s in sent], values, [s.id for s in sent]
    )


def _by_subject(sent: Sequence[Sent]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for i, one in enumerate(sent):
        places[one.subject].append(i)
    return places


def _retractions(schema_id: int, sent: Sequence[Sent]) -> pa.RecordBatch:
    schema = codec.arrow_schema(schema_id)
    reasons = pa.array([one.retracted for one in sent], schema.field("reason").type)
    return pa.RecordBatch.from_arrays([_heads(sent, schema.field("release").type), reasons], schema=schema)


def _releases(schema_id: int, sent: Sequence[Sent]) -> pa.RecordBatch:
    schema = codec.arrow_schema(schema_id)
    bodies = codec.decode(sent[0].event["body_schema_id"], [one.body for one in sent]).rows
    fields = list(schema.field("body").type)
    body = pa.StructArray.from_arrays([bodies.column(f.name) for f in fields], fields=fields)
    return pa.RecordBatch.from_arrays([_heads(sent, schema.field("release").type), body], schema=schema)


def _heads(sent: Sequence[Sent], kind: pa.StructType) -> pa.StructArray:
    """Rows of ``release.avsc``, a column at a time; what is not named here does not leave."""
    columns: dict[str, list[Any]] = {name: [one.event[name] for one in sent] for name in FROM_EVENT}
    columns |= {name: [one.terms[name] for one in sent] for name in TERMS}
    columns |= {
        "release_id": [one.id for one in sent], "recipient": [one.recipient for one in sent],
        "person_id": [one.person_id for one in sent], "position": [one.position for one in sent],
        "notice": [NOTICE] * len(sent),
    }  # fmt: skip
    return pa.StructArray.from_arrays([pa.array(columns[f.name], f.type) for f in kind], fields=list(kind))


def body_of(event: Row, keys: sealing.Keys) -> bytes | None:
    """Avro bytes of an event's body; None once its record's key was erased, also where a new one was made."""
    try:
        return sealing.unseal(keys, event["record_key"], f"{event['event_id']}|resolve", event["sealed_body"])
    except sealing.UnreadableError:
        return None
