"""What becomes of persons when records change hands; a person is known by its oldest record."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.resolve.kinds import MERGED, RELINKED, SPLIT, Kinds
from processors.resolve.matching.index import Change

RECORDS = "abcdef"
"""The oldest first; the seed of each is its name in capitals."""
SEEDS = {record: record.upper() for record in RECORDS}


def persons(*groups: str) -> dict[str, str]:
    """By record its person, called by its oldest record; who is in no group is alone."""
    alone = {record: record.upper() for record in RECORDS}
    return alone | {record: min(group).upper() for group in groups for record in group}


def kinds(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """Of each record that changes persons, what becomes of it."""
    changes = [Change(key, before[key], after[key]) for key in before if before[key] != after[key]]
    found = Kinds(changes, SEEDS)
    return {change.record_key: found.of(change) for change in changes}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (["abc"], ["abc"], {}),
        ([], ["ab"], {"b": MERGED}),
        (["ab", "cd"], ["abcd"], {"c": MERGED, "d": MERGED}),
        (["abcd"], ["ab", "cd"], {"c": SPLIT, "d": SPLIT}),
        (["abc"], [], {"b": SPLIT, "c": SPLIT}),
        (["ab", "cd"], ["abd", "c"], {"d": RELINKED}),
        (["abe", "cd"], ["ab", "cde"], {"e": RELINKED}),
        (["bc"], ["ab"], {"b": MERGED, "c": SPLIT}),
        (["bcd"], ["ab", "cd"], {"b": MERGED, "c": SPLIT, "d": SPLIT}),
        (["ab", "cde"], ["abcd", "e"], {"c": MERGED, "d": MERGED, "e": SPLIT}),
        (["ab"], ["b", "ac"], {"b": SPLIT, "c": MERGED}),
    ],
)
def test_a_person_goes_on_while_the_record_is_in_it_that_it_is_called_by(
    before: Sequence[str], after: Sequence[str], expected: dict[str, str]
) -> None:
    assert kinds(persons(*before), persons(*after)) == expected


@st.composite
def grouped(draw: st.DrawFn) -> dict[str, str]:
    """Records by person in any way."""
    numbers = draw(st.lists(st.integers(0, 3), min_size=len(RECORDS), max_size=len(RECORDS)))
    groups = ["".join(r for r, n in zip(RECORDS, numbers, strict=True) if n == number) for number in set(numbers)]
    return persons(*groups)


@given(grouped(), grouped())
def test_records_that_went_between_persons_that_go_on_are_so_on_their_way_back(
    before: dict[str, str], after: dict[str, str]
) -> None:
    there, back = kinds(before, after), kinds(after, before)
    assert there.keys() == back.keys()
    relinked = {key for key, kind in there.items() if kind == RELINKED}
    assert relinked == {key for key, kind in back.items() if kind == RELINKED}
    assert all(back[key] == SPLIT for key, kind in there.items() if kind == MERGED)


@given(grouped(), grouped())
def test_persons_end_by_merging_only_and_begin_by_splitting_only(before: dict[str, str], after: dict[str, str]) -> None:
    found = kinds(before, after)
    ended = {before[key] for key in found if SEEDS[key] == before[key]}
    begun = {after[key] for key in found if SEEDS[key] == after[key]}
    assert set(after.values()) == set(before.values()) - ended | begun
    assert {after[key] for key, kind in found.items() if kind == SPLIT} == begun
    assert {before[key] for key, kind in found.items() if kind == MERGED} <= ended
