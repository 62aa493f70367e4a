"""What a decision takes and gives: arrivals from topics, records to send. Values only; moving them is ``streams``.

Both travel as columns, one list for each thing that is known of every record; a row is made where one is asked for.
"""

import functools
import hashlib
import hmac
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

REPLAY_OF = "replay-of"
"""Header of a record that was replayed from a dead letter: position of the first record of these bytes."""

SEQUENCE = "sequence"
"""Header of a numbered record: stage/generation/number (``processors.numbers``)."""
VARIANT = {f"{digit:x}": f"{digit & 0b11 | 0b1000:x}" for digit in range(16)}
"""By the hexadecimal digit that has the variant's two bits: the digit that says RFC 9562."""
IDS_BEGUN = hashlib.sha1(uuid.NAMESPACE_OID.bytes, usedforsecurity=False)
"""Of every derived id: the hash that has taken in its namespace."""
HMAC_BLOCK = 64
"""Bytes of a block of SHA-256."""
NO_HEADERS: Mapping[str, bytes] = {}


@dataclass(slots=True)  # not frozen: that takes four times as long to make
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


@dataclass(slots=True, repr=False)  # of no column, since two of them hold keys and values
class Arrivals:
    """Records read from topics, as columns of one length."""

    topics: Sequence[str] = ()
    partitions: Sequence[int] = ()
    offsets: Sequence[int] = ()
    appended_at: Sequence[int] = ()
    keys: Sequence[bytes | None] = ()
    values: Sequence[bytes | None] = ()
    headers: Sequence[Mapping[str, bytes]] = ()

    @classmethod
    def of(cls, rows: Iterable[Arrival]) -> Self:
        """Rows as columns."""
        found = [(r.topic, r.partition, r.offset, r.appended_at, r.key, r.value, r.headers) for r in rows]
        return cls(*zip(*found, strict=True)) if found else cls()

    @property
    def _columns(self) -> tuple[Sequence[object], ...]:
        return (
            self.topics, self.partitions, self.offsets, self.appended_at, self.keys, self.values, self.headers,
        )  # fmt: skip

    def at(self, places: Sequence[int]) -> Self:
        """Those at some places."""
        return type(self)(*([column[i] for i in places] for column in self._columns))  # type: ignore[arg-type]

    def row(self, place: int) -> Arrival:
        """The one at a place."""
        return Arrival(*(column[place] for column in self._columns))  # type: ignore[arg-type]

    def __len__(self) -> int:
        """How many."""
        return len(self.topics)

    def __iter__(self) -> Iterator[Arrival]:
        """As rows."""
        return map(Arrival, *self._columns)


@dataclass(slots=True)
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


@dataclass(slots=True, repr=False)  # as of arrivals
class Outs:
    """Records to send, as columns of one length."""

    topics: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    partitions: list[int | None] = field(default_factory=list)
    headers: list[Mapping[str, bytes]] = field(default_factory=list)
    """Beside id and number."""
    numbers: list[int] = field(default_factory=list)
    """Empty: not numbered yet; 0: of a topic that has no numbers."""
    numbered_by: str = ""
    """stage/generation/ before each number."""

    @classmethod
    def of(cls, rows: Iterable[Out]) -> Self:
        """Rows without numbers as columns."""
        made = cls()
        for row in rows:
            made.add(row)
        return made

    def add(self, row: Out) -> None:
        """One more, before numbers are given."""
        self.topics.append(row.topic)
        self.keys.append(row.key)
        self.values.append(row.value)
        self.ids.append(row.id)
        self.partitions.append(row.partition)
        self.headers.append(row.headers)

    @classmethod
    def to(cls, topics: list[str], keys: list[str], values: list[bytes], ids: list[str]) -> Self:
        """Records whose key says the partition, with no header of their own."""
        return cls(topics, keys, values, ids, [None] * len(ids), [NO_HEADERS] * len(ids))

    @classmethod
    def joined(cls, parts: Iterable["Outs"]) -> Self:
        """One after the other, without numbers."""
        made = cls()
        for part in parts:
            made.topics += part.topics
            made.keys += part.keys
            made.values += part.values
            made.ids += part.ids
            made.partitions += part.partitions
            made.headers += part.headers
        return made

    def sequences(self) -> list[str]:
        """Each record's header ``SEQUENCE``; empty where it has none."""
        by = self.numbered_by
        return [f"{by}{number}" if number else "" for number in self.numbers or [0] * len(self)]

    def __len__(self) -> int:
        """How many."""
        return len(self.topics)

    def __iter__(self) -> Iterator[Out]:
        """As rows, the number among the headers."""
        for i, sequence in enumerate(self.sequences()):
            numbered = {**self.headers[i], SEQUENCE: sequence.encode()} if sequence else self.headers[i]
            yield Out(self.topics[i], self.keys[i], self.values[i], self.ids[i], self.partitions[i], numbered)


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
    hashed = IDS_BEGUN.copy()
    hashed.update(f"{parent}|{stage}|{ordinal}".encode())
    text = hashed.hexdigest()
    # By hand: uuid.uuid5 takes four times as long, and every record that leaves has such an id.
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{VARIANT[text[16]]}{text[17:20]}-{text[20:32]}"


def keyed_hash(key: bytes, *parts: str) -> str:
    """HMAC-SHA-256 of parts, 128 bits as hexadecimal; a pseudonym that cannot be derived without the key."""
    begun_inner, begun_outer = _begun(key)
    inner, outer = begun_inner.copy(), begun_outer.copy()
    inner.update("\x1f".join(parts).encode())
    outer.update(inner.digest())
    return outer.hexdigest()[:32]


@functools.lru_cache(maxsize=8)
def hashing(key: bytes, purpose: bytes, size: int) -> "hashlib.blake2b":
    """A keyed BLAKE2b (RFC 7693) for one purpose, whose digest has so many bytes; each text takes a copy of it."""
    return hashlib.blake2b(key=hmac.digest(key, purpose, "sha256"), digest_size=size)


@functools.lru_cache(maxsize=8)
def _begun(key: bytes) -> tuple["hashlib._Hash", "hashlib._Hash"]:
    """The inner and the outer hash of RFC 2104, having taken in the key: half of what ``hmac`` takes."""
    whole = (key if len(key) <= HMAC_BLOCK else hashlib.sha256(key).digest()).ljust(HMAC_BLOCK, b"\0")
    return hashlib.sha256(bytes(b ^ 0x36 for b in whole)), hashlib.sha256(bytes(b ^ 0x5C for b in whole))
