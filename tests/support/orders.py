"""Orders of disclosure as the control topic carries them: in an emergency, or by a court."""

from typing import Any

from processors import names
from processors.consent.agreements import Agreement, Grant
from schemas_avro import catalog, codec, wire
from support import events, worlds
from support.events import Message
from support.sam import enrolled

RESCUE = "rescue"
SINCE = {"version": 1, "title": "t", "citation": "34 CFR 99.36", "effective_from": "2024-07-01"}
COLLEGE = Grant(partner_id="ccc", family="enrollment", groups=("core",))
IN_FORCE = [
    *worlds.shipped_agreements(),
    Agreement.model_validate(
        {**SINCE, "agreement_id": "mou-rescue", "tier": "mou", "party": RESCUE, "families": ("caseload",)}
    ),
    Agreement.model_validate(
        {
            **SINCE, "agreement_id": "dsa-rescue", "tier": "dsa", "party": RESCUE, "purpose": "emergency",
            "basis": "emergency", "relation": "organization", "grants": (COLLEGE,),
        }
    ),
    Agreement.model_validate(
        {
            **SINCE, "agreement_id": "dul-rescue", "tier": "dul", "party": RESCUE, "licenses": ("dsa-rescue",),
            "purposes": ("emergency",),
        }
    ),
]  # fmt: skip
WHERE = {enrolled().event_id}
"""What tells where the student is enrolled."""


def ordered(person_id: str, recipient: str, state: str, by: str, **said: Any) -> Message:
    """One step of an order; ``valid_until`` is an ISO date."""
    until = events.days(said.pop("valid_until", "2026-09-25"))
    return on_control({
        "order_id": events.event_id("order"), "person_id": person_id, "recipient": recipient, "basis": "emergency",
        "reason": "medical", "state": state, "by": by, "stated_at": events.NOON, "valid_until": until, **said,
    })  # fmt: skip


def on_control(row: worlds.Row) -> Message:
    """A row of ``internal.disclosure_ordered.v1`` as a message."""
    schema_id = catalog.id_of("internal.disclosure_ordered.v1")
    value = wire.frame(schema_id, codec.encode_rows(schema_id, [row])[0])
    id_ = events.event_id(f"{row['order_id']} {row['person_id']} {row['state']} {row['by']}")
    return Message(names.AGREEMENTS, row["order_id"].encode(), value, {"ce_id": id_.encode()})
