"""Signed heads of the audit's chain: one line of JSON each, which names the line before it and is signed by Ed25519.

The signature (RFC 8032) is of the line's bytes up to ``,"signature"``, closed by ``}``. Who has the public key and one
such line can tell whether a log still holds what it held then.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from processors.consent.chain import SHA256, Code

FIRST = "0" * 64
"""What the first line names in place of a line before it."""
KEY_ID_DIGITS = 16
PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----\n", re.DOTALL)
Keys = Mapping[str, Ed25519PublicKey]
"""Public keys by their ids."""


class Head(NamedTuple):
    """What a line says."""

    topic: str
    partition: int
    records: int
    """Of the chain, up to this head."""
    hash: str
    """Of the last of them."""
    tick: int | None
    """The time by the log, in microseconds since 1970-01-01 UTC."""
    previous: str
    """SHA-256 of the line before, hexadecimal; ``FIRST`` where there is none."""
    key: str
    """Id of the key that it is signed by."""


def line_of(head: Head, key: Ed25519PrivateKey) -> bytes:
    """A head as a line, signed; without the line's end."""
    said = _said(head)
    signature = key.sign(said).hex()
    return _closed(said, signature)


def head_in(line: bytes, keys: Keys) -> Head | Code:
    """What a line says, or what is wrong with it."""
    try:
        found = orjson.loads(line)
        signature = bytes.fromhex(found.pop("signature"))
        head = Head(**found)
    except (ValueError, TypeError, KeyError, AttributeError):
        return Code.HEAD_UNREADABLE
    if not _has_types(head):
        return Code.HEAD_UNREADABLE
    said = _said(head)
    if _closed(said, signature.hex()) != line:
        return Code.HEAD_FORGED
    if head.key not in keys:
        return Code.HEAD_OF_UNKNOWN_KEY
    try:
        keys[head.key].verify(signature, said)
    except InvalidSignature:
        return Code.HEAD_FORGED
    return head


def digest_of(line: bytes | None) -> str:
    """What the next line names of this one; of none, what the first one does."""
    return FIRST if line is None else hashlib.sha256(line).hexdigest()


def key_id_of(key: Ed25519PublicKey) -> str:
    """Id of a public key: the first digits of its SHA-256."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:KEY_ID_DIGITS]


def pem_of(key: Ed25519PublicKey) -> bytes:
    """A public key as other tools read it (RFC 7468)."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def keys_of(pem: bytes) -> dict[str, Ed25519PublicKey]:
    """The public keys of a file, one after the other.

    Raises:
        ValueError: there is none, or one is of another kind.
    """
    try:
        found: list[Any] = [load_pem_public_key(part) for part in PEM.findall(pem)]
    except UnsupportedAlgorithm as error:
        raise ValueError("a public key of a kind that is not known") from error
    if not found or not all(isinstance(key, Ed25519PublicKey) for key in found):
        raise ValueError("no public key of Ed25519")
    return {key_id_of(key): key for key in found}


def _said(head: Head) -> bytes:
    return orjson.dumps(head._asdict())


def _closed(said: bytes, signature: str) -> bytes:
    return said[:-1] + b',"signature":"' + signature.encode() + b'"}'


def _has_types(head: Head) -> bool:
    """JSON tells no types: each must be of its own, and a whole number no flag."""
    numbers = (head.partition, head.records, *([] if head.tick is None else [head.tick]))
    texts = (head.topic, head.hash, head.previous, head.key)
    are_sound = all(type(n) is int for n in numbers) and all(isinstance(t, str) for t in texts)
    return are_sound and all(SHA256.fullmatch(t) for t in (head.hash, head.previous))
