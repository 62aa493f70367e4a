"""Stewards' decisions about whose records are of one person: of each pair, the last one in the log counts.

Table: decided (record|other, in both directions, so that a scan finds all that was decided of a record): 1 the same
person, -1 two persons. A withdrawn decision leaves nothing behind, also not what it had overruled.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from processors.state import Working

DECIDED = "decided"
SAME, DIFFERENT = 1, -1
STANDS = {"same": SAME, "different": DIFFERENT, "withdrawn": None}
"""By kind of decision, what then stands of its pairs."""
Row = Mapping[str, Any]
Two = tuple[str, str]
"""Two records, the lower key first."""


def pair_of(one: str, other: str) -> Two:
    """Two records in the order in which decisions name them."""
    return min(one, other), max(one, other)


def pairs_in(decision: Row) -> list[Two]:
    """Pairs of a decision, each once, sorted; a record and itself are none."""
    told = {pair_of(pair["one"], pair["other"]) for pair in decision["pairs"]}
    return sorted(pair for pair in told if pair[0] != pair[1])


def take(decisions: Iterable[Row], state: Working) -> set[str]:
    """Take decisions in.

    Args:
        decisions: rows of ``internal.identity_decided.v1``, in the order of the log.
        state: its table changes where another decision stands now.

    Returns:
        Records of which something else is decided than before: they and theirs are to be clustered anew.
    """
    touched = set[str]()
    for decision in decisions:
        stands = STANDS[decision["kind"]]
        for one, other in pairs_in(decision):
            if state.get(DECIDED, f"{one}|{other}") != stands:
                state.put(DECIDED, f"{one}|{other}", stands)
                state.put(DECIDED, f"{other}|{one}", stands)
                touched |= {one, other}
    return touched


def decided_of(record_key: str, state: Working) -> dict[str, int]:
    """What stands of a record and others: by the other's key ``SAME`` or ``DIFFERENT``."""
    prefix = f"{record_key}|"
    return {key.removeprefix(prefix): value for key, value in state.scan(DECIDED, prefix)}


def among(record_keys: Collection[str], state: Working) -> tuple[list[Two], list[Two]]:
    """Pairs of some records that were decided: those that are of one person, those that are of two; each sorted."""
    same, different, inside = list[Two](), list[Two](), set(record_keys)
    for one in sorted(inside):
        for other, stands in decided_of(one, state).items():
            if one < other and other in inside:
                (same if stands == SAME else different).append((one, other))
    return same, different
