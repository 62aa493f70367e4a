"""Records as the index keeps them: a row's head is plain, what is said of the record is sealed.

Sealing is AES-GCM (NIST SP 800-38D) under a nonce that is a keyed hash of record and content: nothing is to be drawn at
random, one content of one record is one text, so that equal states are equal bytes, and a content that comes again is
known by its nonce without opening what is kept.
"""

import functools
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from processors.records import hashing
from processors.resolve.matching.description import Description
from processors.state import Working

Age = tuple[int, str]
"""LogAppendTime and position at which a record first appeared: orders records, oldest first."""
COMPARE = "compare"
NONCE_BYTES = 12
HEAD_END = b"\n"
"""Stands in no JSON, and in no record's key."""


@dataclass(slots=True)
class Entry:
    """A record as it is compared."""

    key: str
    seed: str
    age: Age
    component: str = ""
    """Empty before it was first clustered."""
    person: str = ""
    sealed: bytes = field(default=b"", repr=False)
    """What is said of it, as the store has it; empty where that is something else."""
    lines: bytes = field(default=b"", repr=False)
    """The same, opened by ``Known.open``: descriptions as their lines."""

    def descriptions(self) -> list[Description]:
        """What is said of it."""
        return [Description.from_line(line) for line in self.lines.split(b"\n")] if self.lines else []


@dataclass
class Known:
    """The records that a batch has read."""

    state: Working
    secret: bytes = field(repr=False)
    """The pseudonym key."""
    entries: dict[str, Entry] = field(default_factory=dict, repr=False)

    def load(self, keys: Iterable[str]) -> None:
        """Read records, what is said of them not yet opened."""
        missing = [key for key in dict.fromkeys(keys) if key not in self.entries]
        found = [
            (key, row.partition(HEAD_END))
            for key, row in zip(missing, self.state.get_raw(COMPARE, missing), strict=True)
            if row is not None
        ]
        heads = _all([head for _, (head, _, _) in found])
        for (key, (_, _, sealed_)), (component, person, seed, at, position) in zip(found, heads, strict=True):
            self.entries[key] = Entry(key, seed, (at, position), component, person, sealed_)

    def open(self, entries: Iterable[Entry]) -> None:
        """Open what is said of records."""
        decrypt = _cipher(self.secret).decrypt
        for e in entries:
            if e.sealed and not e.lines:
                e.lines = decrypt(e.sealed[:NONCE_BYTES], e.sealed[NONCE_BYTES:], e.key.encode())

    def write(self, entries: Iterable[Entry]) -> None:
        """Seal what is said of records, where it is not yet, and keep them."""
        rows, begun, encrypt = dict[str, bytes](), _hashing(self.secret), _cipher(self.secret).encrypt
        for e in entries:
            if not e.sealed:
                name = e.key.encode()
                nonce = _nonce(begun, name, e.lines)
                e.sealed = nonce + encrypt(nonce, e.lines, name)
            head = orjson.dumps((e.component, e.person, e.seed, *e.age))
            rows[e.key] = head + HEAD_END + e.sealed
        self.state.put_raw(COMPARE, rows)


def _all(documents: Sequence[bytes]) -> list[Any]:
    """Values of many JSON documents."""
    found: list[Any] = orjson.loads(b"[" + b",".join(documents) + b"]")
    return found


def says(entry: Entry, line: bytes, secret: bytes) -> bool:
    """Whether one description's line is all that is said of a record, as far as that is sealed."""
    return entry.sealed.startswith(_nonce(_hashing(secret), entry.key.encode(), line))


def _nonce(begun: "hashlib.blake2b", name: bytes, content: bytes) -> bytes:
    hashed = begun.copy()
    hashed.update(name + HEAD_END + content)
    return hashed.digest()


def _hashing(secret: bytes) -> "hashlib.blake2b":
    return hashing(secret, b"nonces of resolve's index", NONCE_BYTES)


@functools.lru_cache(8)
def _cipher(secret: bytes) -> AESGCM:
    return AESGCM(hmac.digest(secret, b"descriptions of resolve's index", "sha256"))
