"""Builders: a partner event from the few words that matter to a test."""

import uuid
from datetime import date
from typing import Any, NamedTuple

from processors.names import partner_topic
from processors.records import Arrival
from schemas_avro import catalog, codec, wire

Row = dict[str, Any]
EPOCH = date(1970, 1, 1)
NOON = 1_790_000_000_000_000
"""2026-09-21 13:33:20 UTC in microseconds: when tests publish unless they say otherwise."""
MINUTE = 60_000_000


def days(text: str) -> int:
    """ISO date as days since 1970-01-01."""
    return (date.fromisoformat(text) - EPOCH).days


def event_id(name: str) -> str:
    """The same UUID for the same name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def envelope(partner: str, family: str, token: str | None, name: str, **changed: Any) -> Row:
    """A sound envelope; ``name`` names event and fact alike unless ``source_record_id`` is changed."""
    row: Row = {field["name"]: None for field in catalog.read("envelope")["fields"]}
    row |= {
        "event_id": event_id(f"{partner}/{name}"), "event_type": f"{family}.recorded.v1", "schema_version": "1.0",
        "partner_id": partner, "source_record_id": name, "observed_at": NOON, "published_at": NOON,
        "operation": "assert", "subject_token": token, "identifiers": [], "data_categories": [],
    }  # fmt: skip
    return row | changed


def body(family: str, **said: Any) -> Row:
    """A body in which everything is null but what is said; texts of date fields are ISO dates."""
    row: Row = {}
    for field in catalog.read(f"families/{family}")["fields"]:
        value = said.pop(field["name"], DEFAULTS.get(family, {}).get(field["name"]))
        row[field["name"]] = days(value) if isinstance(value, str) and "'date'" in str(field["type"]) else value
    if said:
        raise KeyError(f"{family} has no {sorted(said)}")
    return row


DEFAULTS: dict[str, Row] = {
    "enrollment": {"organization_id": "19647331932334", "organization_id_system": "CDS"},
    "aid": {"aid_year": "2026-2027", "reject_codes": []},
    "employment": {"reference_period_start": "2026-04-01", "reference_period_end": "2026-06-30"},
    "contact": {"preferred_name": "Sam"},
    "consent": {"granted_by_role": "student", "given_at": NOON, "consent_id": "c"},
    "social_service": {"program": "CALFRESH", "participation_status": "active"},
    "caseload": {"case_manager_id": "cm-1", "assignment_state": "assigned", "relation": "counselor"},
    "attendance": {"organization_id": "19647331932334", "organization_id_system": "CDS"},
    "assessment": {"assessment_title": "CAASPP Smarter Balanced"},
    "intervention": {
        "organization_id": "19647331932334", "organization_id_system": "CDS", "intervention_id": "Check and Connect",
    },
    "early_care": {
        "organization_id": "190001", "organization_id_system": "OTHER", "program_type": "state_preschool",
    },
    "credential": {
        "organization_id": "110635", "organization_id_system": "UNITID", "credential_type": "academic_award",
    },
    "transfer": {"from_organization_id": "110635", "from_organization_id_system": "UNITID"},
}  # fmt: skip


def encoded(family: str, envelope_row: Row, body_row: Row) -> bytes:
    """The framed value that a partner would send."""
    schema_id = catalog.id_of(f"partner.{family}.v1")
    return wire.frame(schema_id, codec.encode_rows(schema_id, [{"envelope": envelope_row, "body": body_row}])[0])


class Message(NamedTuple):
    """What a partner sends: onto which topic, under which key."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes]

    @property
    def event_id(self) -> str:
        """Of the CloudEvents header."""
        return self.headers["ce_id"].decode()


def message(partner: str, family: str, token: str | None, name: str, **said: Any) -> Message:
    """One partner event; words that name envelope fields go there, the others into the body."""
    known = {field["name"] for field in catalog.read("envelope")["fields"]}
    changed = {key: said.pop(key) for key in list(said) if key in known}
    row = envelope(partner, family, token, name, **changed)
    key = (token if token is not None else row["source_record_id"]).encode()
    value = encoded(family, row, body(family, **said))
    return Message(partner_topic(partner, family), key, value, {"ce_id": row["event_id"].encode()})


def arrival(sent: Message, offset: int = 0, appended_at: int = NOON // 1000 + 60_000) -> Arrival:
    """The message as a topic holds it."""
    return Arrival(sent.topic, 0, offset, appended_at, sent.key, sent.value, sent.headers)


def zigzag(number: int) -> bytes:
    """Avro's variable-length number."""
    rest, out = (number << 1) ^ (number >> 63), bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*out, rest])
