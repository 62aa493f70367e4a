"""Addresses as they are compared: house number, street in the Postal Service's short forms, no unit."""

import functools
import re

from processors.resolve.matching.names import CACHED, plain

STREETS = {
    "STREET": "ST", "AVENUE": "AVE", "AV": "AVE", "ROAD": "RD", "DRIVE": "DR", "LANE": "LN", "COURT": "CT",
    "BOULEVARD": "BLVD", "PLACE": "PL", "CIRCLE": "CIR", "TERRACE": "TER", "HIGHWAY": "HWY", "PARKWAY": "PKWY",
    "CRESCENT": "CRES", "SQUARE": "SQ", "TRAIL": "TRL", "NORTH": "N", "SOUTH": "S", "EAST": "E", "WEST": "W",
}  # fmt: skip
"""From USPS Publication 28, appendix C1."""
UNITS = frozenset({"APT", "UNIT", "STE", "SUITE", "SPC", "RM", "NO"})
ZIP_DIGITS = 5


@functools.lru_cache(CACHED)
def address_of(line: str) -> tuple[str, str]:
    """House number and street of an address line; either may be empty."""
    tokens = [STREETS.get(token, token) for token in _without_unit(plain(line.partition("#")[0]).split())]
    if tokens and tokens[0][0].isdigit():
        return tokens[0], " ".join(tokens[1:])
    return "", " ".join(tokens)


def _without_unit(tokens: list[str]) -> list[str]:
    for i in range(1, len(tokens) - 1):
        if tokens[i] in UNITS:
            return tokens[:i] + tokens[i + 2 :]
    return tokens


@functools.lru_cache(CACHED)
def zip_of(text: str) -> str:
    """The five digits of a ZIP code, or fewer where there are fewer."""
    return re.sub(r"[^0-9]", "", text)[:ZIP_DIGITS]
