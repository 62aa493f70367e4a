"""Stewards' decisions about whose records are of one person: of each pair, the last one in the log counts.

Table: decided (record: by other record 1, the same person, or -1, two persons; so every pair stands there twice). A
withdrawn decision leaves nothing behind, also not what it had overruled; that somebody was named stays. Of a record
that is erased nothing is decided; who was named beside it has been named.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from processors import counts
from processors.resolve import erased
from processors.state import Working

DECIDED = "decided"
SPOKEN, ANY = "stewards", "any"
"""Table and key that tell that something was decided, be it of whom."""
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
        pairs = pairs_in(decision)
        gone = erased.among({key for pair in pairs for key in pair}, state)
        touched |= _named({key for pair in pairs for key in pair if not gone.isdisjoint(pair)} - gone, state)
        pairs = [pair for pair in pairs if gone.isdisjoint(pair)]
        changed = [pair for pair in pairs if decided_of(pair[0], state).get(pair[1]) != stands]
        for one, other in changed:
            _put(one, other, stands, state)
            _put(other, one, stands, state)
            touched |= {one, other}
        if changed:
            counts.steward_decided(state, decision["kind"])
    return touched


def _named(record_keys: Collection[str], state: Working) -> set[str]:
    """Records that are named now, if only beside erased ones; those that never were before."""
    new = {key for key in record_keys if state.get(DECIDED, key) is None}
    for key in new:
        state.put(SPOKEN, ANY, 1)
        state.put(DECIDED, key, {})
    return new


def forget(record_keys: Collection[str], state: Working) -> None:
    """Forget what was decided of records that are erased."""
    if not _is_any(state):
        return
    state.prefetch(DECIDED, record_keys)
    for record_key in record_keys:
        for other in decided_of(record_key, state):
            _put(other, record_key, None, state)
        state.put(DECIDED, record_key, None)


def _put(one: str, other: str, stands: int | None, state: Working) -> None:
    state.put(SPOKEN, ANY, 1)
    others = {key: value for key, value in decided_of(one, state).items() if key != other}
    if stands is not None:
        others[other] = stands
    state.put(DECIDED, one, dict(sorted(others.items())))


def decided_of(record_key: str, state: Working) -> dict[str, int]:
    """What stands of a record and others: by the other's key ``SAME`` or ``DIFFERENT``."""
    return dict(state.get(DECIDED, record_key) or {})


def is_named(record_key: str, state: Working) -> bool:
    """Whether a decision ever named a record, be it withdrawn by now: then it is compared, whatever is said of it."""
    return _is_any(state) and state.get(DECIDED, record_key) is not None


def same_as(record_keys: Iterable[str], state: Working) -> set[str]:
    """Others that were called the same as one of some records."""
    if not _is_any(state):
        return set()
    keys = set(record_keys)
    state.prefetch(DECIDED, keys)
    return {other for key in keys for other, stands in decided_of(key, state).items() if stands == SAME} - keys


def _is_any(state: Working) -> bool:
    """Whether anything was ever decided: where not, no record is looked up."""
    return state.get(SPOKEN, ANY) is not None


def among(record_keys: Collection[str], state: Working) -> tuple[list[Two], list[Two]]:
    """Pairs of some records that were decided: those that are of one person, those that are of two; each sorted."""
    if not _is_any(state):
        return [], []
    state.prefetch(DECIDED, record_keys)
    same, different, inside = list[Two](), list[Two](), set(record_keys)
    for one in sorted(inside):
        for other, stands in decided_of(one, state).items():
            if one < other and other in inside:
                (same if stands == SAME else different).append((one, other))
    return same, different
