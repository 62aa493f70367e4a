"""Components of numbered records: those that any way of links connects, and no others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.resolve.matching import clusters
from processors.resolve.matching.blocks import paired, split
from processors.resolve.matching.components import Components

COUNT = 30
NODES = st.sets(st.integers(0, COUNT - 1), min_size=1)
CHAIN = np.arange(9)


@given(NODES, st.data())
def test_components_are_those_of_a_union_of_one_link_after_the_other(nodes: set[int], data: st.DataObject) -> None:
    two = st.tuples(st.sampled_from(sorted(nodes)), st.sampled_from(sorted(nodes)))
    links = data.draw(st.lists(two, max_size=40))
    one, other = (np.array([link[side] for link in links], np.int64) for side in (0, 1))
    found = Components.of(np.array(sorted(nodes)), paired(one, other), COUNT)
    texts = [(f"{a:02}", f"{b:02}") for a, b in links]
    expected = clusters.components([f"{node:02}" for node in nodes], texts)
    assert [[f"{place:02}" for place in members] for _, members in found] == expected
    assert [label for label, _ in found] == [int(component[0]) for component in expected]


@pytest.mark.parametrize(("cap", "pairs"), [(8, 0), (9, 36), (50, 36)])
def test_pairs_are_those_within_components_that_are_not_over_the_cap(cap: int, pairs: int) -> None:
    found = Components.of(np.array([*CHAIN, 11, 12]), paired(CHAIN[:-1], CHAIN[1:]), 13)
    one, other = split(found.pairs(cap))
    told = set(zip(one.tolist(), other.tolist(), strict=True))
    assert len(told) == len(one) == pairs
    assert all(a < b < len(CHAIN) for a, b in told)
