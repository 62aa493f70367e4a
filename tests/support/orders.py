"""Orders of disclosure as the control topic carries them: in an emergency, or by a court."""

from typing import Any

from processors import names
from schemas_avro import catalog, codec, wire
from support import events
from support.events import Message


def ordered(person_id: str, recipient: str, state: str, by: str, **said: Any) -> Message:
    """One step of an order; ``valid_until`` is an ISO date."""
    until = events.days(said.pop("valid_until", "2026-09-25"))
    row = {
        "order_id": events.event_id("order"), "person_id": person_id, "recipient": recipient, "basis": "emergency",
        "reason": "medical", "state": state, "by": by, "stated_at": events.NOON, "valid_until": until, **said,
    }  # fmt: skip
    schema_id = catalog.id_of("internal.disclosure_ordered.v1")
    value = wire.frame(schema_id, codec.encode_rows(schema_id, [row])[0])
    return Message(
        names.AGREEMENTS, row["order_id"].encode(), value, {"ce_id": events.event_id(f"{state} {by}").encode()}
    )
