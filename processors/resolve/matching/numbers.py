"""Social Security numbers and their like: which can be anybody's, and keyed hashes that still tell a typing error."""

import base64
import functools
import hmac
import re
from collections.abc import Sequence

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from numpy.typing import NDArray

from processors.records import keyed_hash

SSN_DIGITS = 9
FEWEST_DIGITS = 6
"""Of a number that is no SSN, as one that lost its leading zeros, and is still compared."""
DUMMIES = frozenset({"123456789", "987654321", "078051120", "219099999"})
"""Beside those of one digit: keyboard runs, and the numbers of specimen cards."""
BLOCK = 16
HEAD = 5
"""Digits of a number's first part: area and group of an SSN."""
HASH_BITS = 48
"""Of the hashes beside the number's own: enough to tell few candidates apart, too few to be a number's name."""

Near = str
"""Of a number: nine hashes with one digit masked, of its digits in order of size, of its head, of its tail; each as
``NEAR_CHARS`` characters of base64."""
MASKED, SORTED, HEAD_AT, TAIL_AT, NEAR_COUNT = slice(0, 9), 9, 10, 11, 12
NEAR_CHARS = 8
NO_HASH = "A" * NEAR_CHARS
"""Stands for a digit that a short number does not have: zero."""


def digits_of(text: str) -> str:
    """The ASCII digits of a text."""
    return re.sub(r"[^0-9]", "", text)


def number_of(text: str) -> str:
    """The digits of a number that can be one person's; empty where it is none or a dummy.

    An SSN has nine digits, with no area 000 or 666, no group 00 and no serial 0000 (20 CFR 422.103 and SSA's
    randomization notice). One that begins with 9 is an ITIN (26 CFR 301.6109-1(d)(3)), or was made up: it is compared
    all the same, as are shorter numbers, since two sources do not make up the same.
    """
    number = digits_of(text)
    if len(number) < FEWEST_DIGITS or len(set(number)) == 1 or number in DUMMIES:
        return ""
    if len(number) == SSN_DIGITS and (number[:3] in {"000", "666"} or number[3:5] == "00" or number[5:] == "0000"):
        return ""
    return number


def hashes_of(number: str, key: bytes) -> tuple[str, Near]:
    """What is kept of a number: its keyed hash, and those by which an error of one digit or of two in turn shows."""
    return keyed_hash(key, "ssn", number), near_of([number], key)[0]


def near_of(numbers: Sequence[str], key: bytes) -> list[Near]:
    """Of each number the hashes beside its own.

    All are one run of AES over blocks of 16 bytes, a keyed permutation, cut to ``HASH_BITS``: hashes of their own would
    take a fifth of a record's time.
    """
    found = [""] * len(numbers)
    for length in set(map(len, numbers)):
        places = [place for place, number in enumerate(numbers) if len(number) == length]
        texts = _texts("".join([numbers[place] for place in places]), length)
        drawn = np.frombuffer(_blocks(key).update(texts.tobytes()), np.uint8).reshape(texts.shape)
        cut = np.zeros((len(places), NEAR_COUNT, HASH_BITS // 8), np.uint8)
        cut[:, [*range(min(length, SSN_DIGITS)), SORTED, HEAD_AT, TAIL_AT]] = drawn[:, :, : HASH_BITS // 8]
        chars, size = base64.b64encode(cut.tobytes()).decode(), NEAR_COUNT * NEAR_CHARS
        for i, place in enumerate(places):
            found[place] = chars[i * size : (i + 1) * size]
    return found


def _texts(digits: str, length: int) -> NDArray[np.uint8]:
    """Blocks of numbers of one length: each letter or place in front says which of the hashes it is for."""
    told = np.frombuffer(digits.encode(), np.uint8).reshape(-1, length)
    masked = min(length, SSN_DIGITS)
    blocks = np.full((len(told), masked + 3, 1 + max(length, BLOCK)), ord(" "), np.uint8)
    blocks[:, :, 0] = [*map(ord, "012345678"[:masked]), *map(ord, "sht")]
    blocks[:, :masked, 1 : length + 1] = told[:, None]
    for place in range(masked):
        blocks[:, place, 1 + place] = ord("_")
    blocks[:, masked, 1 : length + 1] = np.sort(told, axis=1)
    blocks[:, masked + 1, 1 : HEAD + 1] = told[:, :HEAD]
    blocks[:, masked + 2, 1 : length - HEAD + 1] = told[:, HEAD:]
    return blocks[:, :, :BLOCK]


@functools.lru_cache(8)
def _blocks(key: bytes) -> CipherContext:
    """Enciphers whole blocks, each by itself, so that one context serves all."""
    derived = hmac.digest(key, b"near numbers", "sha256")
    return Cipher(AES256(derived), ECB()).encryptor()  # noqa: S305  # ECB is sound for blocks of which none comes twice
