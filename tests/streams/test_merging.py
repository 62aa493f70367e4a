"""Merging: partitions as one log, by the moment at which each record was appended, however they were fetched."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from streams.merging import OVERHEAD_BYTES, Merging
from streams.store import Partition

A, B, C = ("a", 0), ("b", 0), ("b", 1)
Log = dict[Partition, list[int]]
"""Moments of each partition's records."""
LOGS = st.dictionaries(st.sampled_from([A, B, C]), st.lists(st.integers(0, 9), max_size=12))
SIZES = st.lists(st.integers(1, 5), min_size=1, max_size=30)


def put(merging: Merging[bytes], place: Partition, moments: Sequence[int], first: int = 0) -> None:
    """Records that say where they come from."""
    topic, number = place
    merging.put(place, [b"%s%d %d" % (topic.encode(), number, first + n) for n in range(len(moments))], moments)


def held(log: Log) -> Merging[bytes]:
    """Everything of a log."""
    merging = Merging[bytes]()
    for place, moments in log.items():
        if moments:
            put(merging, place, moments)
    return merging


def in_their_order(log: Log, taken: Sequence[bytes]) -> bool:
    """Whether each partition's records came once each, in its order."""
    found: dict[bytes, list[int]] = {}
    for record in taken:
        place, number = record.split()
        found.setdefault(place, []).append(int(number))
    wanted = {b"%s%d" % (t.encode(), p): list(range(len(moments))) for (t, p), moments in log.items() if moments}
    return found == wanted


def moment_of(log: Log, record: bytes) -> int:
    """When a record was appended."""
    place, number = record.split()
    return log[place[:-1].decode(), int(place[-1:])][int(number)]


def test_the_oldest_head_comes_next() -> None:
    merging = held({A: [1, 4, 5], B: [2, 3, 6]})
    assert merging.take(4, {A, B}) == [b"a0 0", b"b0 0", b"b0 1", b"a0 1"]
    assert merging.take(4, set()) == [b"a0 2", b"b0 2"]


def test_nothing_is_taken_past_a_partition_that_may_have_something_older() -> None:
    merging = held({A: [1, 4, 5], B: [2]})
    assert merging.take(9, {A, B}) == [b"a0 0", b"b0 0"]
    assert (merging.take(9, {A, B}), merging.bare({A, B})) == ([], {B})
    put(merging, B, [4, 9], first=1)
    assert merging.take(9, {A, B}) == [b"a0 1", b"b0 1", b"a0 2"]


def test_a_partition_that_is_not_awaited_keeps_nobody_waiting() -> None:
    assert held({A: [1, 4]}).take(9, {A}) == [b"a0 0", b"a0 1"]
    assert held({A: [1, 4]}).take(9, {A, B}) == []


def test_records_of_one_moment_come_partition_by_partition() -> None:
    assert held({A: [7, 7], B: [7, 7]}).take(9, set()) == [b"a0 0", b"a0 1", b"b0 0", b"b0 1"]


def test_a_clock_that_was_put_back_does_not_change_the_order_of_a_partition() -> None:
    merging = held({A: [1, 9, 2, 3], B: [5]})
    assert merging.take(9, set()) == [b"a0 0", b"b0 0", b"a0 1", b"a0 2", b"a0 3"]


def test_what_is_held_of_a_partition_is_known_in_bytes() -> None:
    merging = held({A: [1, 2], B: [3]})
    one = OVERHEAD_BYTES + len(b"a0 0")
    assert (merging.larger_than(one), merging.larger_than(2 * one), len(merging)) == ({A}, set(), 3)
    merging.take(2, set())
    assert (merging.larger_than(0), len(merging)) == ({B}, 1)


@given(LOGS, SIZES)
def test_all_that_is_held_comes_once_in_each_partitions_order_and_nothing_stalls(log: Log, sizes: list[int]) -> None:
    merging, taken = held(log), list[bytes]()
    for size in [*sizes, 99]:
        taken += (part := merging.take(size, set()))
        assert len(part) == size or not merging
    assert in_their_order(log, taken)


@given(LOGS.map(lambda log: {place: sorted(moments) for place, moments in log.items()}), SIZES, st.data())
def test_however_partitions_are_fetched_they_come_as_one_log(log: Log, sizes: list[int], data: st.DataObject) -> None:
    merging, taken = Merging[bytes](), list[bytes]()
    fetched = dict.fromkeys(log, 0)
    for size in sizes:
        place, first = data.draw(st.sampled_from([*log, A])), 0
        if moments := log.get(place, [])[(first := fetched.get(place, 0)) :][:size]:
            put(merging, place, moments, first)
            fetched[place] += len(moments)
        unread = {place for place, moments in log.items() if fetched[place] < len(moments)}
        taken += merging.take(size, unread)
    for place, moments in log.items():
        if rest := moments[fetched[place] :]:
            put(merging, place, rest, fetched[place])
    taken += merging.take(99, set())
    assert in_their_order(log, taken)
    assert all(moment_of(log, one) <= moment_of(log, next_) for one, next_ in pairwise(taken))
