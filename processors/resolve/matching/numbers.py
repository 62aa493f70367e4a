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

PURPOSE = b"near numbers"
Near = str
"""Of a number: nine hashes with one digit masked, of its digits in order of size, of its head, of its tail; each as
``NEAR_CHARS`` characters of base64."""
MASKED, SORTED, HEAD_AT, TAIL_AT, NEAR_COUNT = slice(0, 9), 9, 10, 11, 12
NEAR_CHARS = 8
NO_HASH = "A" * NEAR_CHARS
"""Stands for a digit that a short number does not have: zero."""


def digits_of(text: str) -> str:
    """The ASCII digits of a text."""
    if text.isascii() and text.isdigit():
        return text
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
    return hash_of(number, key), near_of([number], key)[0]


def hash_of(number: str, key: bytes) -> str:
    """A number's own keyed hash; empty where there is no number."""
    return keyed_hash(key, "ssn", number) if number else ""


def near_of(numbers: Sequence[str], key: bytes) -> list[Near]:
    """Of each number the hashes beside its own; of an empty one none.

    All are one run of AES over blocks of 16 bytes, a keyed permutation, cut to ``HASH_BITS``: hashes of their own would
    take a fifth of a record's time.
    """
    found = [""] * len(numbers)
    for length in set(map(len, numbers)) - {0}:
        places = [place for place, number in enumerate(numbers) if len(number) == length]
        digits = np.frombuffer("".join([numbers[place] for place in places]).encode(), np.uint8).reshape(-1, length)
        letters = np.broadcast_to(np.frombuffer(LETTERS.encode(), np.uint8), (len(places), len(LETTERS)))
        texts = np.hstack([digits, np.sort(digits, axis=1), letters])[:, _texts(length)]
        drawn = np.frombuffer(enciphering(key, PURPOSE).update(texts.tobytes()), np.uint8).reshape(
            -1, NEAR_COUNT, BLOCK
        )
        cut = drawn[:, :, : HASH_BITS // 8].copy()
        cut[:, length:SSN_DIGITS] = 0
        chars, size = base64.b64encode(cut.tobytes()).decode(), NEAR_COUNT * NEAR_CHARS
        for i, place in enumerate(places):
            found[place] = chars[i * size : (i + 1) * size]
    return found


LETTERS = "012345678sht_ "
"""What stands in the texts beside digits; the first says which of the hashes a text is for."""


@functools.lru_cache(32)
def _texts(length: int) -> NDArray[np.intp]:
    """Texts of a number, a block each, as places among its digits, the same in order of size, and ``LETTERS``."""
    digits, in_order = list(range(length)), list(range(length, 2 * length))
    letter = {text: 2 * length + place for place, text in enumerate(LETTERS)}
    masked = [[letter[str(i)], *digits[:i], letter["_"], *digits[i + 1 :]] for i in range(SSN_DIGITS)]
    texts = [*masked, [letter["s"], *in_order], [letter["h"], *digits[:HEAD]], [letter["t"], *digits[HEAD:]]]
    return np.array([place for text in texts for place in [*text, *[letter[" "]] * BLOCK][:BLOCK]])


@functools.lru_cache(8)
def enciphering(key: bytes, purpose: bytes) -> CipherContext:
    """AES over whole blocks, each by itself, so that one context serves all: a keyed permutation for one purpose.

    It is sound for blocks of which none comes twice, and for hashes that are to be the same where blocks are.
    """
    derived = hmac.digest(key, purpose, "sha256")
    return Cipher(AES256(derived), ECB()).encryptor()  # noqa: S305  # see above
