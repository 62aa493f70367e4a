"""Which records stand under which blocking keys, and which pairs of records that brings together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from processors import counts
from processors.resolve.matching.blocking import Keys
from processors.state import Working

KEY_CAP = 50
"""Records under a blocking key beyond which it counts for no pair."""
BLOCK = "block"
SEPARATOR = "\n"
"""Between records in a row; it stands in no record's key."""
GAINED, LOST, KEPT = 1, 2, 3
"""Of a record under a key: a batch ends with it there, begins with it there, or both."""
KEY_HEX = 16
Places = NDArray[np.int64]
"""Of records among those that a batch knows."""
Pairs = NDArray[np.int64]
"""Two places each, as one number, the lower in front."""
NO_PAIRS: Pairs = np.empty(0, np.int64)


class Numbered(dict[str, int]):
    """Places of records, in the order in which they are asked for."""

    def __missing__(self, key: str) -> int:
        """A place for one that has none."""
        place = self[key] = len(self)
        return place


def paired(one: Places, other: Places) -> Pairs:
    """Pairs as one number each."""
    found: Pairs = (np.minimum(one, other) << 32) | np.maximum(one, other)
    return found


def split(pairs: Pairs) -> tuple[Places, Places]:
    """Places of both of each pair."""
    return pairs >> 32, pairs & 0xFFFFFFFF


@dataclass(frozen=True)
class Under:
    """Records under their keys, in the order of keys; none twice."""

    keys: Keys
    places: Places
    stands: NDArray[np.int8]
    """``GAINED``, ``LOST`` or ``KEPT``."""

    @classmethod
    def of(cls, before: tuple[Places, Keys], after: tuple[Places, Keys]) -> "Under":
        """Of what stood under which keys and what stands there now."""
        places, keys = (np.concatenate([one, other]) for one, other in zip(before, after, strict=True))
        stands = np.repeat(np.array([LOST, GAINED], np.int8), [len(before[1]), len(after[1])])
        order = np.lexsort((places, keys))
        places, keys, stands = places[order], keys[order], stands[order]
        starts = _starts(keys, places)
        return cls(keys[starts], places[starts], np.bitwise_or.reduceat(stands, starts) if len(keys) else stands)


def _starts(*sorted_by: NDArray[np.generic]) -> Places:
    """Where something new begins."""
    is_new = np.ones(len(sorted_by[0]), bool)
    is_new[1:] = np.logical_or.reduce([one[1:] != one[:-1] for one in sorted_by])
    return np.nonzero(is_new)[0]


@dataclass(frozen=True)
class Entered:
    """What came of entering records under their keys."""

    pairs: Pairs
    """Of one of them and another record under a key that counts, sorted."""
    toggled: set[str]
    """Records under keys that came to count, or count no longer."""


def entered(state: Working, under: Under, numbered: Numbered) -> Entered:
    """Write what keys gained and lost, and find who stands beside whom."""
    starts = _starts(under.keys)
    ends = np.append(starts, len(under.keys))[1:]
    names = names_of(under.keys[starts])
    known, places, stands = list(numbered), under.places.tolist(), under.stands.tolist()
    written: dict[str, bytes | None] = {}
    capped = 0
    toggled: set[str] = set()
    sizes, beside = [0] * len(names), list[int]()
    rows = zip(names, state.get_raw(BLOCK, names), starts.tolist(), ends.tolist(), strict=True)
    for at, (name, row, start, end) in enumerate(rows):
        if row is None and end == start + 1:  # most keys: new, and of one record
            if stands[start] == GAINED:
                written[name] = known[places[start]].encode()
            continue
        members = _members(row)
        gained = [known[places[i]] for i in range(start, end) if stands[i] == GAINED]
        lost = [known[places[i]] for i in range(start, end) if stands[i] == LOST]
        if gained or lost:
            before, members = members, sorted({*members, *gained}.difference(lost))
            written[name] = SEPARATOR.join(members).encode() or None
            if before and (len(before) <= KEY_CAP) != (len(members) <= KEY_CAP):
                toggled.update(before, members)
        if 1 < len(members) <= KEY_CAP:
            sizes[at] = len(members)
            beside.extend(map(numbered.__getitem__, members))
        elif len(members) > KEY_CAP:
            capped += 1
    state.put_raw(BLOCK, written)
    counts.blocks_asked(state, len(names), capped)
    return Entered(_pairs(under, np.repeat(np.arange(len(names)), ends - starts), sizes, beside), toggled)


def together(state: Working, under: Under) -> Pairs:
    """Pairs of records that share a key which counts."""
    starts = _starts(under.keys)
    held = np.diff(np.append(starts, len(under.keys)))
    rows = state.get_raw(BLOCK, names_of(under.keys[starts]))
    counts = np.array([len(_members(row)) <= KEY_CAP for row in rows], bool)
    key_of_each = np.repeat(np.arange(len(starts)), held)
    return _pairs(under, key_of_each, np.where(counts, held, 0), under.places[counts[key_of_each]])


def _pairs(under: Under, key_of_each: Places, sizes: ArrayLike, beside: ArrayLike) -> Pairs:
    """Each record that stands under a key beside each that does."""
    size = np.array(sizes, np.int64)
    first = np.cumsum(size) - size
    stands = (under.stands & GAINED > 0) & (size[key_of_each] > 0)
    key = key_of_each[stands]
    counts = size[key]
    one = np.repeat(under.places[stands], counts)
    within = np.arange(len(one)) - np.repeat(np.cumsum(counts) - counts, counts)
    other = np.array(beside, np.int64)[np.repeat(first[key], counts) + within]
    return np.unique(paired(one, other)[one != other])


def _members(row: bytes | None) -> list[str]:
    return row.decode().split(SEPARATOR) if row else []


def names_of(keys: Keys) -> list[str]:
    """What the rows of keys are called."""
    text = keys.astype(">u8").tobytes().hex()
    return [text[i : i + KEY_HEX] for i in range(0, len(text), KEY_HEX)]
