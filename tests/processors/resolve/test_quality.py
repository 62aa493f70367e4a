"""Clusters beside a truth are counted as one would count them pair by pair."""

from collections.abc import Mapping
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.resolve.quality import Merged, Quality, merged, pairwise

RECORDS = "abcdefgh"
PERSONS = "PQRS"
CLUSTERS = st.dictionaries(st.sampled_from(RECORDS), st.sampled_from("12345"))
TRUTH = st.dictionaries(st.sampled_from(RECORDS), st.sampled_from(PERSONS))
Row = dict[str, str]


def row(person: str, household: str = "", twin_of: str = "", junior_of: str = "") -> Row:
    return {"person_id": person, "household": household, "twin_of": twin_of, "junior_of": junior_of}


OTHERS = st.sampled_from(["", *PERSONS])
PEOPLE = st.lists(
    st.builds(row, st.sampled_from(PERSONS), st.sampled_from(["", "1", "2"]), OTHERS, OTHERS),
    unique_by=lambda r: r["person_id"],
).map(lambda rows: [{k: "" if k.endswith("_of") and v == r["person_id"] else v for k, v in r.items()} for r in rows])


def together(clusters: Mapping[str, str], one: str, other: str) -> bool:
    """Whether two records are in one cluster."""
    return one in clusters and other in clusters and clusters[one] == clusters[other]


def groups(clusters: Mapping[str, str], truth: Mapping[str, str]) -> list[set[str]]:
    """The clusters, as far as the truth knows their records."""
    return [
        {record for record in truth if record == first or together(clusters, first, record)}
        for first in truth
        if not any(together(clusters, first, record) for record in list(truth)[: list(truth).index(first)])
    ]


@given(CLUSTERS, TRUTH)
def test_quality_is_what_counting_pair_by_pair_gives(clusters: Row, truth: Row) -> None:
    found = pairwise(clusters, truth)
    pairs = [(together(clusters, *two), truth[two[0]] == truth[two[1]]) for two in combinations(truth, 2)]
    joined, true, right = (
        sum(kept) for kept in ([j for j, _ in pairs], [t for _, t in pairs], [j & t for j, t in pairs])
    )
    assert found.precision == (right / joined if joined else 1)
    assert found.recall == (right / true if true else 1)
    assert found.f1 == (2 * right / (joined + true) if joined + true else 1)


@given(CLUSTERS, TRUTH)
def test_persons_are_right_who_are_exactly_one_cluster_and_a_cluster_of_two_persons_is_a_false_merge(
    clusters: Row, truth: Row
) -> None:
    found = pairwise(clusters, truth)
    persons = [{record for record, of in truth.items() if of == person} for person in set(truth.values())]
    made = groups(clusters, truth)
    assert found.clusters_right == sum(person in made for person in persons)
    assert found.clusters_right_rate == (found.clusters_right / len(persons) if persons else 1)
    assert found.false_merges == sum(len({truth[record] for record in cluster}) > 1 for cluster in made)


@given(CLUSTERS, TRUTH, PEOPLE)
def test_persons_are_merged_whose_records_some_cluster_holds(clusters: Row, truth: Row, people: list[Row]) -> None:
    def is_merged(pair: frozenset[str]) -> bool:
        one, other = ([record for record in truth if truth[record] == person] for person in pair)
        return any(together(clusters, a, b) for a in one for b in other)

    def rate(pairs: set[frozenset[str]]) -> float:
        counted = [pair for pair in pairs if pair <= set(truth.values())]
        return sum(map(is_merged, counted)) / len(counted) if counted else 0

    def named(column: str) -> set[frozenset[str]]:
        return {
            frozenset((r["person_id"], r[column])) for r in people if r[column] and r["person_id"] in truth.values()
        }

    twins, juniors = named("twin_of"), named("junior_of")
    homes = {
        frozenset((one["person_id"], other["person_id"]))
        for one, other in combinations(people, 2)
        if one["household"] and one["household"] == other["household"]
    }
    wanted = Merged(rate(twins), rate(juniors), rate(homes - twins - juniors))
    assert merged(clusters, truth, people) == wanted


def clustered(*groups_: str) -> Row:
    """Clusters, each told by the letters of its records."""
    return {record: str(number) for number, group in enumerate(groups_) for record in group}


TWO_PERSONS = {**dict.fromkeys("abc", "P"), **dict.fromkeys("de", "Q")}


@pytest.mark.parametrize(
    ("clusters", "wanted"),
    [
        (clustered("abc", "de"), Quality(1, 1, 1, 2, 1, 0)),
        (clustered("ab", "de"), Quality(1, 0.5, 4 / 6, 1, 0.5, 0)),  # c was joined to nothing
        (clustered("abcde"), Quality(0.4, 1, 8 / 14, 0, 0, 1)),
        ({}, Quality(1, 0, 0, 0, 0, 0)),
    ],
    ids=["right", "one-apart", "all-one", "nothing-joined"],
)
def test_quality_of_two_persons_with_five_records(clusters: Row, wanted: Quality) -> None:
    assert pairwise(clusters, TWO_PERSONS) == wanted


def test_twins_named_from_both_sides_are_one_pair_and_no_pair_of_the_household() -> None:
    truth = {"a": "P", "b": "Q", "c": "R", "d": "S"}
    people = [
        row("P", "1", twin_of="Q"),
        row("Q", "1", twin_of="P"),
        row("R", "1", junior_of="S"),
        row("S"),
    ]
    assert merged(clustered("ab", "cd"), truth, people) == Merged(1, 1, 0)
    assert merged(clustered("ac", "bd"), truth, people) == Merged(0, 0, 0.5)
