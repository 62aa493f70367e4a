"""Models to be chosen, and choices as the control topic has them."""

from dataclasses import replace

from processors import names, sealing
from processors.resolve import adopted
from processors.resolve.matching.model import Model, shipped
from schemas_avro import catalog, codec, wire
from support import linkage
from support.events import NOON, Message, event_id

STRICT = replace(shipped(), link_bits=shipped().link_bits + 20)
"""Links less than the shipped one, and asks of what it does not link."""
LAX = replace(shipped(), link_bits=shipped().link_bits - 8, vetoes=frozenset())
"""Links more, and twins too."""
OTHER = linkage.MODEL
"""Finds and weighs in other ways."""


def choice(model: Model, keys: sealing.Keys, name: str = "") -> Message:
    """A choice of a model; ``name`` makes its id, else the model."""
    return chosen(model.name, adopted.sealed(model, keys), name)


def chosen(model: str, document: str, name: str = "") -> Message:
    """A choice of whatever is called so."""
    row = {
        "decision_id": event_id(f"model {name or model}"), "model": model, "sealed_document": document,
        "decided_by": "operator", "reason": "replayed", "decided_at": NOON,
    }  # fmt: skip
    schema_id = catalog.id_of("internal.model_chosen.v1")
    return Message(names.STEWARDS, None, wire.frame(schema_id, codec.encode_rows(schema_id, [row])[0]), {})
