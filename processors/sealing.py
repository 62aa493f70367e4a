"""Bodies under AES-256-GCM, a key for each partner record; erasing the key erases the body (NIST SP 800-38D)."""

import base64
import binascii
import functools
import hashlib
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class Keys(Protocol):
    """Where keys are: 32 bytes for each key id."""

    def find(self, key_id: str) -> bytes | None:
        """The key, None where it never was or was erased."""

    def find_or_make(self, key_id: str) -> bytes:
        """The key, made now where there is none."""


class UnreadableError(Exception):
    """A sealed body's key is gone, or the body is not what was sealed."""


def seal(keys: Keys, key_id: str, place: str, content: bytes) -> str:
    """Seal content, as base64.

    Args:
        keys: where the key is or is made.
        key_id: record key, or name of a dead-letter key.
        place: event id and stage, or whatever else names this content: the nonce follows from it, so one place under
            one key must never hold two contents.
        content: what to seal.
    """
    sealed = _cipher(keys.find_or_make(key_id)).encrypt(_nonce(place), content, key_id.encode())
    return base64.b64encode(sealed).decode()


def unseal(keys: Keys, key_id: str, place: str, sealed: str) -> bytes:
    """Content of what ``seal`` returned.

    Raises:
        UnreadableError: the key is gone, or the sealed text is not of this place and key.
    """
    key = keys.find(key_id)
    if key is None:
        raise UnreadableError("key erased")
    try:
        return _cipher(key).decrypt(_nonce(place), binascii.a2b_base64(sealed), key_id.encode())
    except (InvalidTag, ValueError) as error:
        raise UnreadableError("not what was sealed") from error


@functools.lru_cache(maxsize=8_192)  # 2.5 KB each: 20 MB
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def let_go() -> None:
    """Forget the ciphers at hand: after keys were erased, none of them stays in memory."""
    _cipher.cache_clear()


def _nonce(place: str) -> bytes:
    return hashlib.sha256(place.encode()).digest()[:NONCE_BYTES]
