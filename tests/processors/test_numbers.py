"""Numbers of records: a repeat is dropped, a gap is seen, and nothing else changes."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors import names
from processors.numbers import HEADER, Number, Numbers, from_rows, give_numbers, number_of, sifted, to_rows
from processors.records import Arrival, Arrivals, Out, Outs


def out(name: str, partition: int = 0, topic: str = "t") -> Out:
    return Out(topic, "k", name.encode(), name, partition)


def arrivals(outs: list[Out]) -> Arrivals:
    """As a reader gets them, each partition in order."""
    rows = [Arrival(o.topic, o.partition or 0, n, 0, o.key.encode(), o.value, o.headers) for n, o in enumerate(outs)]
    return Arrivals.of(rows)


def numbered(outs: list[Out], stage: str, generation: int, after: Numbers) -> tuple[list[Out], dict[str, Number]]:
    columns = Outs.of(outs)
    last = give_numbers(columns, stage, generation, after)
    return list(columns), last


def sent(*names_: str, generation: int = 1, after: Numbers | None = None) -> list[Out]:
    return numbered([out(name) for name in names_], "s", generation, after or {})[0]


def headers(outs: list[Out]) -> list[bytes | None]:
    return [o.headers.get(HEADER) for o in outs]


def values(found: Arrivals) -> list[bytes | None]:
    return list(found.values)


def test_each_partition_is_numbered_from_one_on_and_goes_on_where_it_was() -> None:
    first, last = numbered([out("a"), out("b", 1), out("c")], "s", 1, {})
    assert headers(first) == [b"s/1/1", b"s/1/1", b"s/1/2"]
    assert headers(numbered([out("d"), out("e", 2)], "s", 1, last)[0]) == [b"s/1/3", b"s/1/1"]


def test_a_later_generation_begins_again() -> None:
    assert headers(sent("a", generation=2, after={"t/0": (1, 77)})) == [b"s/2/1"]


def test_what_the_broker_compacts_has_no_numbers_since_its_gaps_would_be_none() -> None:
    found, last = numbered([out("a", topic=names.IDENTITY_RECORDS)], "s", 1, {})
    assert (headers(found), last) == ([None], {})


def test_other_headers_stay() -> None:
    [found], _ = numbered([replace(out("a"), headers={"audit": b"h"})], "s", 1, {})
    assert found.headers == {"audit": b"h", HEADER: b"s/1/1"}


def test_a_repeat_is_dropped_within_a_batch_and_from_one_to_the_next() -> None:
    outs = sent("a", "b", "c")
    first = sifted(arrivals([outs[0], outs[1], outs[0], outs[1]]), {})
    assert (values(first.fresh), first.repeats, first.missing) == ([b"a", b"b"], 2, 0)
    then = sifted(arrivals([outs[1], outs[2]]), first.taken)
    assert (values(then.fresh), then.repeats, then.missing) == ([b"c"], 1, 0)


def test_a_gap_is_counted_and_named_and_what_comes_after_it_is_taken() -> None:
    outs = sent("a", "b", "c", "d")
    found = sifted(arrivals([outs[0], outs[3]]), {})
    assert (values(found.fresh), found.missing, found.gaps) == ([b"a", b"d"], 2, ("t/0/1",))


def test_before_the_first_number_that_a_reader_sees_nothing_is_missing() -> None:
    assert sifted(arrivals(sent("z", after={"t/0": (1, 500)})), {}).missing == 0


def test_a_later_generation_is_taken_from_its_beginning_and_an_earlier_one_is_a_repeat() -> None:
    old, new = sent("a", "b"), sent("c", "d", generation=2)
    found = sifted(arrivals([old[0], new[0], old[1], new[1]]), {})
    assert (values(found.fresh), found.repeats, found.missing) == ([b"a", b"c", b"d"], 1, 0)
    assert sifted(arrivals([old[0], new[1]]), {}).missing == 1


@pytest.mark.parametrize(
    "header", [b"9" * 5_000, b"s/1/" + b"9" * 5_000, b"s/" + b"9" * 5_000 + b"/1", b"\xff/\xb2/\xb2"]
)
def test_a_header_that_no_stage_counts_up_to_is_no_number(header: bytes) -> None:
    assert number_of(header) is None


def test_stages_and_partitions_are_numbered_apart() -> None:
    own, others = sent("a", "b"), numbered([out("x")], "other", 1, {})[0]
    assert sifted(arrivals([own[0], others[0], own[1]]), {}).repeats == 0
    elsewhere, _ = numbered([out("y", 1)], "s", 1, {})
    assert sifted(arrivals([own[0], *elsewhere]), {}).repeats == 0


@pytest.mark.parametrize("topic", ["partner.csac.aid", names.AGREEMENTS, names.STEWARDS])
def test_what_an_outsider_calls_a_number_is_none_so_that_no_event_of_theirs_goes_unseen(topic: str) -> None:
    outs = [replace(out(name, topic=topic), headers={HEADER: b"resolve/1/1"}) for name in "ab"]
    found = sifted(arrivals(outs), {})
    assert (values(found.fresh), found.taken, found.repeats) == ([b"a", b"b"], {}, 0)


@pytest.mark.parametrize("header", [b"", b"s", b"s/1", b"s/1/x", b"/1/1", b"s/-1/1", b"\xff/1/one"])
def test_what_has_no_number_of_ours_is_taken_as_it_comes(header: bytes) -> None:
    assert number_of(header) is None
    outs = [replace(out(name), headers={HEADER: header}) for name in "ab"]
    assert sifted(arrivals(outs), {}).repeats == 0


@given(st.lists(st.integers(0, 3), max_size=40), st.randoms(use_true_random=False))
def test_however_a_sender_repeats_itself_every_record_is_taken_once_and_in_order(
    partitions: list[int], chance: random.Random
) -> None:
    outs, _ = numbered([out(str(n), p) for n, p in enumerate(partitions)], "s", 1, {})
    again: list[Out] = []
    for end in range(1, len(outs) + 1):  # after any crash what was pending is sent again, from some record on
        again += outs[chance.randrange(max(0, end - 3), end) : end]
    taken: Numbers = {}
    found: list[Arrival] = []
    while again:
        size = chance.randrange(1, 6)
        batch, again = again[:size], again[size:]
        one = sifted(arrivals(batch), taken)
        assert one.missing == 0
        found += one.fresh
        taken = from_rows((k, v or b"") for k, v in to_rows({**taken, **one.taken}).items())
    for partition in range(4):
        own = [o.value for o in outs if o.partition == partition]
        assert [a.value for a in found if a.partition == partition] == own
