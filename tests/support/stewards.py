"""Stewards' decisions as the control topic has them."""

from collections.abc import Sequence

from processors import names
from processors.resolve.decisions import pair_of
from schemas_avro import catalog, codec, wire
from support.events import NOON, Message, event_id


def decision(kind: str, *pairs: tuple[str, str], name: str = "") -> Message:
    """same, different or withdrawn, of pairs of record keys; ``name`` makes its id, else what it says."""
    said = [dict(zip(("one", "other"), pair_of(*pair), strict=True)) for pair in pairs]
    row = {
        "decision_id": decision_id(kind, pairs, name), "kind": kind, "pairs": said, "decided_by": "steward",
        "reason": "looked at", "decided_at": NOON,
    }  # fmt: skip
    schema_id = catalog.id_of("internal.identity_decided.v1")
    value = wire.frame(schema_id, codec.encode_rows(schema_id, [row])[0])
    return Message(names.STEWARDS, None, value, {})


def decision_id(kind: str, pairs: Sequence[tuple[str, str]], name: str = "") -> str:
    """Id of a decision."""
    return event_id(f"{kind} {sorted(pair_of(*pair) for pair in pairs)} {name}")
