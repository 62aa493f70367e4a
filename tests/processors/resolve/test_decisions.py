"""Stewards' decisions: the last one about a pair counts, a withdrawn one is as if it had never been."""

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.resolve.decisions import DECIDED, DIFFERENT, SAME, among, decided_of, pair_of, pairs_in, take
from processors.resolve.matching.clusters import Pair, clusters_of
from processors.state import Memory, Working

RECORDS = "abcde"
GRAPH = [
    Pair("a", "b", 9.0, is_link=True, is_vetoed=False),
    Pair("b", "c", 8.0, is_link=True, is_vetoed=False),
    Pair("c", "d", 8.0, is_link=True, is_vetoed=False),
    Pair("d", "e", 7.0, is_link=True, is_vetoed=False),
    Pair("a", "e", 0.0, is_link=False, is_vetoed=True),
]
Row = dict[str, Any]


def decided(kind: str, *pairs: str) -> Row:
    """A row such as a steward's command writes: of pairs such as "ab"."""
    return {"kind": kind, "pairs": [{"one": one, "other": other} for one, other in pairs]}


def stands(*rows: Row) -> dict[str, int]:
    """What stands after some decisions, by pair."""
    same, different = among(RECORDS, taken(*rows))
    return {"".join(p): SAME for p in same} | {"".join(p): DIFFERENT for p in different}


def taken(*rows: Row) -> Working:
    state = Working(Memory())
    take(rows, state)
    return state


def persons(*rows: Row) -> list[list[str]]:
    """Clusters after some decisions."""
    return clusters_of(RECORDS, GRAPH, *among(RECORDS, taken(*rows)))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], {}),
        ([decided("same", "ab")], {"ab": SAME}),
        ([decided("same", "ba", "ab", "aa")], {"ab": SAME}),
        ([decided("same", "ab", "bc"), decided("different", "bc")], {"ab": SAME, "bc": DIFFERENT}),
        ([decided("different", "ab"), decided("same", "ab")], {"ab": SAME}),
        ([decided("same", "ab"), decided("withdrawn", "ab")], {}),
        ([decided("withdrawn", "ab"), decided("same", "ab")], {"ab": SAME}),
        ([decided("same", "ab"), decided("different", "ab"), decided("withdrawn", "ba")], {}),
    ],
)
def test_the_last_decision_about_a_pair_counts_and_a_withdrawn_one_leaves_nothing(
    rows: list[Row], expected: dict[str, int]
) -> None:
    assert stands(*rows) == expected


def test_what_was_decided_of_a_record_is_found_from_either_side_by_its_key_alone() -> None:
    state = taken(decided("same", "ab"), decided("different", "cb"))
    assert decided_of("b", state) == {"a": SAME, "c": DIFFERENT}
    assert decided_of("a", state) == {"b": SAME}
    assert decided_of("", state) == {}
    assert among("ac", state) == ([], [])


def test_records_whose_decisions_changed_are_told_and_no_others() -> None:
    state = taken(decided("same", "ab", "cd"))
    assert take([decided("same", "ab"), decided("different", "cd")], state) == {"c", "d"}
    assert take([decided("withdrawn", "ae")], state) == set()


def test_decisions_are_counted_that_change_what_stands() -> None:
    same, other = decided("same", "ab", "bc"), decided("different", "bc")
    state = taken(same, same, other, decided("withdrawn", "de"), decided("withdrawn", "ab"), decided("same", "aa"))
    assert state.counts == {("identity_decisions", kind): 1 for kind in ("same", "different", "withdrawn")}


def test_the_order_within_a_pair_is_by_key() -> None:
    assert pair_of("b", "a") == pair_of("a", "b") == ("a", "b")
    assert pairs_in(decided("same", "cb", "ba", "bc")) == [("a", "b"), ("b", "c")]


TWO = st.sampled_from(["".join(pair) for pair in combinations(RECORDS, 2)])
DECISIONS = st.builds(
    lambda kind, pairs: decided(kind, *pairs),
    st.sampled_from(["same", "different", "withdrawn"]),
    st.lists(TWO, min_size=1, max_size=3),
)
HISTORIES = st.lists(DECISIONS, max_size=8)


@given(HISTORIES)
def test_what_stands_is_the_last_word_on_each_pair(rows: list[Row]) -> None:
    last = {pair: row["kind"] for row in rows for pair in pairs_in(row)}
    value = {"same": SAME, "different": DIFFERENT}
    assert stands(*rows) == {"".join(pair): value[kind] for pair, kind in last.items() if kind in value}


@given(HISTORIES, st.integers(0, 8))
def test_batches_show_in_nothing_that_is_stored(rows: list[Row], cut: int) -> None:
    store, whole = Memory(), Memory()
    for part in (rows[:cut], rows[cut:]):
        working = Working(store)
        take(part, working)
        store.apply(working.changes())
    working = Working(whole)
    take(rows, working)
    whole.apply(working.changes())
    assert store.scan(DECIDED, "") == whole.scan(DECIDED, "")


@given(HISTORIES)
def test_whatever_was_decided_undoing_all_of_it_gives_the_persons_that_there_were(rows: list[Row]) -> None:
    everything = decided("withdrawn", *("".join(pair) for pair in combinations(RECORDS, 2)))
    assert persons(*rows, everything) == persons()


@given(HISTORIES, TWO)
def test_a_merge_taken_back_by_undo_or_overruled_by_a_split_is_as_if_it_had_never_been(
    rows: list[Row], pair: str
) -> None:
    clear, split = decided("withdrawn", pair), decided("different", pair)
    assert persons(*rows, clear, decided("same", pair), clear) == persons(*rows, clear)
    assert persons(*rows, decided("same", pair), split) == persons(*rows, split)
