"""Social Security numbers and their like: which can be anybody's, and keyed hashes that still tell a typing error."""

import functools
import hmac
import re

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

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

Near = tuple[int, ...]
"""Of a number: nine hashes with one digit masked, of its digits in order of size, of its head, of its tail."""
MASKED, SORTED, HEAD_AT, TAIL_AT, NEAR_COUNT = slice(0, 9), 9, 10, 11, 12


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
    """What is kept of a number: its keyed hash, and those by which an error of one digit or of two in turn shows.

    The many are one run of AES over blocks of 16 bytes, a keyed permutation, cut to ``HASH_BITS``: eleven hashes of
    their own would take a fifth of a record's time.
    """
    masked = [f"{i}{number[:i]}_{number[i + 1 :]}" for i in range(min(len(number), SSN_DIGITS))]
    texts = [*masked, "s" + "".join(sorted(number)), "h" + number[:HEAD], "t" + number[HEAD:]]
    drawn = _blocks(key).update("".join([text[:BLOCK].ljust(BLOCK) for text in texts]).encode())
    size = HASH_BITS // 8
    found = [int.from_bytes(drawn[i : i + size]) for i in range(0, len(drawn), BLOCK)]
    short = SSN_DIGITS - len(masked)
    return keyed_hash(key, "ssn", number), (*found[: len(masked)], *[0] * short, *found[len(masked) :])


@functools.lru_cache(8)
def _blocks(key: bytes) -> CipherContext:
    """Enciphers whole blocks, each by itself, so that one context serves all."""
    derived = hmac.digest(key, b"near numbers", "sha256")
    return Cipher(AES256(derived), ECB()).encryptor()  # noqa: S305  # ECB is sound for blocks of which none comes twice
