"""What a decision takes and gives: arrivals from topics, records to send. Values only; moving them is ``streams``."""

import hashlib
import hmac
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

REPLAY_OF = "replay-of"
"""Header of a record that was replayed from a dead letter: position of the first record of these bytes."""


@dataclass(slots=True)  # not frozen: one is made for every record, and a frozen one takes four times as long
class Arrival:
    """One record read from a topic. Its repr never shows key or value."""

    topic: str
    partition: int
    offset: int
    appended_at: int
    """LogAppendTime in milliseconds since 1970-01-01 UTC."""
    key: bytes | None = field(repr=False)
    value: bytes | None = field(repr=False)
    headers: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def position(self) -> str:
        """topic/partition/offset: names this record for ever."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    @property
    def replay_of(self) -> str | None:
        """Position of the record that this one repeats by its own account; None: it is no replay, or no such place."""
        said = self.headers.get(REPLAY_OF, b"").decode("ascii", "replace")
        return said if re.fullmatch(rf"{re.escape(self.topic)}/[0-9]{{1,9}}/[0-9]{{1,18}}", said) else None


@dataclass(slots=True)  # not frozen, as an arrival
class Out:
    """One record to send. Its repr never shows key or value."""

    topic: str
    key: str = field(repr=False)
    value: bytes = field(repr=False)
    id: str
    """Deterministic: goes out as header ce_id."""
    partition: int | None = None
    """None: by the key."""
    headers: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Topic:
    """A partner topic's name taken apart."""

    partner_id: str
    family: str

    @classmethod
    def parse(cls, name: str) -> "Topic":
        """Take ``partner.<partner>.<family>`` apart.

        Raises:
            ValueError: another form of name.
        """
        _, partner_id, family = name.split(".")
        return cls(partner_id, family)


def derived_id(parent: str, stage: str, ordinal: int) -> str:
    """Id of what a stage makes of a parent: the same whenever it is made again (UUIDv5, RFC 9562).

    Args:
        parent: id of the event or record that it is made of; a UUID or a position.
        stage: name of the stage.
        ordinal: place among what the stage makes of that parent.
    """
    name = f"{parent}|{stage}|{ordinal}".encode()
    digest = bytearray(hashlib.sha1(uuid.NAMESPACE_OID.bytes + name, usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50  # version 5
    digest[8] = digest[8] & 0x3F | 0x80  # the variant of RFC 9562
    text = digest.hex()  # by hand: uuid.uuid5 takes four times as long, and every record that leaves has such an id
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def keyed_hash(key: bytes, *parts: str) -> str:
    """HMAC-SHA-256 of parts, 128 bits as hexadecimal; a pseudonym that cannot be derived without the key."""
    message = "\x1f".join(parts).encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()[:32]
