"""Which records are erased, by their keys. Table: erased (record: id of the erasure)."""

from collections.abc import Collection

from processors.state import Working

ERASED = "erased"


def remember(record_keys: Collection[str], erasure_id: str, state: Working) -> None:
    """For ever."""
    for record_key in record_keys:
        state.put(ERASED, record_key, erasure_id)


def among(record_keys: Collection[str], state: Working) -> set[str]:
    """Those of some records that are erased; where none ever was, nothing is looked up."""
    if not record_keys or not state.scan(ERASED, "", 1):
        return set()
    asked = set(record_keys)
    state.prefetch(ERASED, asked)
    return {key for key in asked if state.get(ERASED, key) is not None}
