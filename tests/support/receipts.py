"""Receipts as consent writes them."""

from typing import Any

from schemas_avro import catalog, codec, wire

Row = dict[str, Any]
NOON = 1_790_000_000_000_000


def issued(partner: str, submission: str = "4c2f6a0e-7d1b-4f7e-9a53-0d5b8c1e2f31", **said: Any) -> Row:
    """One of three events that were decided, but for what is said."""
    line = {"family": "aid", "rule": "shared", "events": 3, "carried": None, "withheld": None}
    row: Row = {
        "partner_id": partner, "submission": submission, "first_at": NOON, "last_at": NOON, "arrived": 3, "repeated": 0,
        "rejected": [], "decided": [line],
    }  # fmt: skip
    return row | said


def encoded(row: Row) -> bytes:
    """As it is on the topic."""
    schema_id = catalog.id_of("internal.receipt_issued.v1")
    return wire.frame(schema_id, codec.encode_rows(schema_id, [row])[0])
