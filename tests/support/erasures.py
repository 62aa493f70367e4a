"""Requests to erase somebody, as the control topic has them."""

from collections.abc import Sequence

from processors import names
from schemas_avro import catalog, codec, wire
from support.events import NOON, Message, event_id


def erasure(person_id: str, record_keys: Sequence[str], reason: str = "student_request", name: str = "") -> Message:
    """A person, and the records by which they are found."""
    row = {
        "erasure_id": event_id(f"erasure {person_id} {name}"), "person_id": person_id,
        "record_keys": sorted(record_keys), "reason": reason, "requested_by": "p.officer", "requested_at": NOON,
    }  # fmt: skip
    schema_id = catalog.id_of("internal.erasure_requested.v1")
    value = wire.frame(schema_id, codec.encode_rows(schema_id, [row])[0])
    return Message(names.ERASURES, person_id.encode(), value, {"ce_id": row["erasure_id"].encode()})
