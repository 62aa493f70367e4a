"""What stands around a published event: its topic, its key, its CloudEvents headers, and its framed bytes."""

import functools
import re
from collections.abc import Sequence
from typing import Literal

from partners.rows import Row
from schemas_avro import catalog, codec, wire

Headers = list[tuple[str, bytes]]
SSN = re.compile(r"(?<!\d)(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?!\d)")
SSN_CHARACTERS = 11
IDS = ("subject_token", "source_record_id")
Zone = Literal["partner", "sandbox"]
"""First word of the names of a partner's topics."""


def topic_of(partner_id: str, family: str, zone: Zone = "partner") -> str:
    """The topic that a partner writes a family to; in its sandbox no stage reads it."""
    return f"{zone}.{partner_id}.{family}"


def schema_id_of(family: str) -> int:
    """Id of a family's partner schema.

    Raises:
        KeyError: there is no such family.
    """
    return catalog.id_of(f"partner.{family}.v1")


def key_of(row: Row) -> bytes:
    """The message key: the record that the event is about; where the source has no such id, the fact's own."""
    envelope = row["envelope"]
    token = envelope["subject_token"]
    return str(envelope["source_record_id"] if token is None else token).encode()


def ids_like_ssn(row: Row) -> list[str]:
    """Which ids of a physical row look like a social security number: they become its key, or go into one.

    Only what is written with its hyphens; nine bare digits may be anything.
    """
    envelope = row["envelope"]
    return [name for name in IDS if (text := envelope[name]) and len(text) >= SSN_CHARACTERS and SSN.search(text)]


def headers_of(event_id: str, event_type: str, partner_id: str) -> Headers:
    """CloudEvents 1.0 attributes in Kafka's binary content mode."""
    return [("ce_id", event_id.encode()), *_usual_headers(event_type, partner_id)]


@functools.lru_cache(100)
def _usual_headers(event_type: str, partner_id: str) -> tuple[tuple[str, bytes], ...]:
    attributes = {
        "ce_type": event_type,
        "ce_source": partner_id,
        "ce_specversion": "1.0",
        "content-type": "application/avro",
    }
    return tuple((name, value.encode()) for name, value in attributes.items())


def headers_of_row(row: Row) -> Headers:
    """The headers of a physical row."""
    envelope = row["envelope"]
    return headers_of(envelope["event_id"], envelope["event_type"], envelope["partner_id"])


def framed(family: str, rows: Sequence[Row]) -> list[bytes]:
    """Message values of physical rows of one family, encoded as one batch.

    Raises:
        KeyError: there is no such family.
    """
    schema_id = schema_id_of(family)
    return wire.framed(schema_id, codec.encode_rows(schema_id, rows))
