"""Clusters are a pure function of the set of records."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.resolve import cluster
from processors.resolve.cluster import Member

Edges = frozenset[frozenset[str]]
EDGES = st.frozensets(st.frozensets(st.sampled_from("abcdefgh"), min_size=2, max_size=2), max_size=8)


def neighbours(edges: Edges, order: int = 1) -> cluster.Linked:
    """Who is joined to whom, listed forwards or backwards."""
    return lambda key: sorted((next(iter(e - {key})) for e in edges if key in e), reverse=order < 0)


def members(*keys: str) -> dict[str, Member]:
    """Records, the first named the oldest."""
    return {key: Member(key, f"seed-{key}", (age, key), f"seed-{key}") for age, key in enumerate(keys)}


@given(EDGES, st.permutations("abcdefgh"))
def test_components_are_the_same_from_whatever_starts_in_whatever_order(edges: Edges, starts: list[str]) -> None:
    every = cluster.components(sorted(starts), neighbours(edges))
    assert cluster.components(starts, neighbours(edges, -1)) == every
    assert sorted(key for component in every for key in component) == sorted(starts)
    assert all(any(edge <= set(component) for component in every) for edge in edges)


@given(EDGES, st.sampled_from("abcdefgh"))
def test_the_component_of_one_record_is_that_of_any_of_its_members(edges: Edges, start: str) -> None:
    [component] = cluster.components([start], neighbours(edges))
    assert all(cluster.components([key], neighbours(edges)) == [component] for key in component)


def test_a_person_is_named_by_the_seed_of_its_oldest_record() -> None:
    assert cluster.persons_of(["a", "b", "c"], members("b", "c", "a")) == dict.fromkeys("abc", "seed-b")


def test_a_chain_as_long_as_the_cap_is_one_person_and_a_longer_one_gets_no_links(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cluster, "COMPONENT_CAP", 4)
    chain: Edges = frozenset(frozenset(pair) for pair in pairwise("abcde"))
    [component] = cluster.components(["c"], neighbours(chain))
    assert cluster.persons_of(component, members(*"abcde")) == {key: f"seed-{key}" for key in "abcde"}
    assert cluster.persons_of(list("abcd"), members(*"abcde")) == dict.fromkeys("abcd", "seed-a")
