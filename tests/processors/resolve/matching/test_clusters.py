"""Clusters: records of a component as persons, whatever the order in which pairs and records are told."""

import re
from itertools import combinations, count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.resolve.matching.clusters import DISSENT, Pair, clusters_of, components

RECORDS = "abcdefgh"


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ("", "a b c d e f g h"),
        ("ab", "ab c d e f g h"),
        ("ab bc", "abc d e f g h"),
        ("hg gf fe ed dc cb ba", "abcdefgh"),
        ("ah bg", "ah bg c d e f"),
        ("ab cd bd", "abcd e f g h"),
        ("ab ba ab", "ab c d e f g h"),
        ("ab ef fg ea", "abefg c d h"),
    ],
    ids=count(),
)
def test_components_are_what_links_connect_each_sorted_in_the_order_of_their_first(links: str, expected: str) -> None:
    found = components(RECORDS, [(one, other) for one, other in links.split()])
    assert " ".join("".join(component) for component in found) == expected


def test_no_records_have_no_components() -> None:
    assert components([], []) == []


EDGES = st.lists(st.tuples(st.sampled_from(RECORDS), st.sampled_from(RECORDS)), max_size=10)


@given(EDGES, st.permutations(RECORDS))
def test_the_order_of_links_and_records_shows_in_no_component(links: list[tuple[str, str]], records: list[str]) -> None:
    found = components(RECORDS, links)
    turned = [(other, one) for one, other in reversed(links)]
    assert components(records, turned) == found
    assert sorted(record for component in found for record in component) == [*RECORDS]
    assert all(any({*link} <= {*component} for component in found) for link in links)


def pairs(graph: str) -> list[Pair]:
    """Pairs from a graph such as "ab9 bc! ac!2": a link of nine bits, a veto, and one of two votes."""
    found = []
    for one, other, bits, votes in re.findall("([a-z])([a-z])(?:([0-9.]+)|!([0-9]?))", graph):
        found.append(Pair(one, other, float(bits or 0), bool(bits), not bits, int(votes or 1)))
    return found


def clusters(records: str, graph: str) -> str:
    """Clusters as words."""
    return " ".join("".join(cluster) for cluster in clusters_of(list(records), pairs(graph)))


@pytest.mark.parametrize(
    ("records", "graph", "expected"),
    [
        ("a", "", "a"),
        ("ab", "ab9", "ab"),
        ("abcd", "ab9 bc1 cd5", "abcd"),
        ("ab", "ab!", "a b"),
        ("abc", "ab9 bc!", "ab c"),
        ("abcd", "ab9 cd9 bc!", "ab cd"),
    ],
    ids=count(),
)
def test_without_a_veto_a_component_is_one_person_and_a_veto_parts_where_no_link_joins(
    records: str, graph: str, expected: str
) -> None:
    assert clusters(records, graph) == expected


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        ("ab9 bc8 ac!", "ab c"),
        ("ab8 bc9 ac!", "a bc"),
        ("ab!  ac9 bc8", "ac b"),
        ("ab9 bc9 ac!", "ab c"),
        ("ac9 bc9 ab!", "ac b"),
        ("ab9.5 bc9 ac!", "ab c"),
        ("ab9 bc9.5 ac!", "a bc"),
    ],
    ids=count(),
)
def test_a_record_that_fits_two_twins_goes_to_the_likelier_or_the_first_by_name(graph: str, expected: str) -> None:
    assert clusters("abc", graph) == expected


@pytest.mark.parametrize(
    ("records", "graph", "expected"),
    [
        ("abcd", "ab9 ac9 bc9 ad8 bd8 cd!", "abcd"),
        ("abcd", "ab9 ac9 bc9 ad8 bd! cd!", "abc d"),
        ("abcd", "ab9 ac9 bc9 ad8 cd!", "abc d"),
        ("abcdef", "ab9 ac9 ad9 ae9 bc9 bd9 be9 cd9 ce9 de9 af8 bf8 cf8 df! ef!", "abcdef"),
        ("abcdef", "ab9 ac9 ad9 ae9 bc9 bd9 be9 cd9 ce9 de9 af8 bf8 cf! df! ef!", "abcde f"),
        ("abcd", "ab9 cd9 ac8 ad8 bc8 bd!", "abcd"),
        ("abcd", "ab9 cd9 ac8 ad! bc! bd!", "ab cd"),
        ("abcd", "ab9 cd9 ac8 bd!", "ab cd"),
        ("abcdef", "ab9 ac9 bc9 de9 df9 ef9 ad8 ae8 af8 bd8 be8 bf! cd! ce! cf!", "abcdef"),
        ("abcdef", "ab9 ac9 bc9 de9 df9 ef9 ad8 ae8 af8 bd8 be! bf! cd! ce! cf!", "abc def"),
        ("abcd", "ab9 ac9 bc9 ad8 bd8 cd!2", "abc d"),
        ("abcde", "ab9 ac9 ad9 bc9 bd9 cd9 ae8 be8 ce8 de!2", "abcde"),
    ],
    ids=count(),
)
def test_two_groups_join_where_vetoes_have_clearly_fewer_votes_than_links(
    records: str, graph: str, expected: str
) -> None:
    assert clusters(records, graph) == expected


@pytest.mark.parametrize(
    ("graph", "expected"),
    [("ab9 ac3 bc5 cd4 ad! bd!", "abc d"), ("ab9 ac5 bc3 cd4 ad! bd!", "abc d"), ("ab9 ac3 bc3 cd4 ad! bd!", "ab cd")],
    ids=count(),
)
def test_two_groups_stand_to_each_other_by_their_heaviest_link(graph: str, expected: str) -> None:
    assert clusters("abcd", graph) == expected


@pytest.mark.parametrize(
    ("records", "graph", "expected"),
    [
        ("abcd", "ab9 cd9 bc5 ad! ac! bd!", "ab cd"),
        ("abcde", "ab9 cd9 ae6 ce7 ac! ad! bc! bd!", "ab cde"),
        ("abcde", "ab9 cd9 ae7 ce6 ac! ad! bc! bd!", "abe cd"),
        ("abcdef", "ab9 bc8 de9 ef8 cd7 ad! ae! bd! be! cf!", "abc def"),
    ],
    ids=count(),
)
def test_a_bridge_does_not_join_the_records_of_two_persons(records: str, graph: str, expected: str) -> None:
    assert clusters(records, graph) == expected


@pytest.mark.parametrize("graph", ["ab9 bc!", "ac9 ab!", "ad9 bd!", "ab! cd9"])
def test_a_pair_of_which_nothing_is_told_joins_nothing(graph: str) -> None:
    assert "abcd" not in clusters("abcd", graph)
    assert sum(len(cluster) == 2 for cluster in clusters("abcd", graph).split()) == 1


@pytest.mark.parametrize(("links", "expected"), [(9, "abcdefgh"), (8, "abc defgh"), (7, "abc defgh")])
def test_two_large_groups_need_more_than_a_bare_majority_of_links(links: int, expected: str) -> None:
    inside = [f"{one}{other}9" for group in ("abc", "defgh") for one, other in combinations(group, 2)]
    between = [f"{one}{other}" for one in "abc" for other in "defgh"]
    graph = [*inside, *(f"{two}8" for two in between[:links]), *(f"{two}!" for two in between[links:])]
    assert clusters("abcdefgh", " ".join(graph)) == expected


BITS = st.sampled_from([1.0, 2.0, 2.5, 9.0])
TWO = st.sampled_from(list(combinations(RECORDS, 2)))


@st.composite
def graphs(draw: st.DrawFn, *, with_vetoes: bool = True) -> list[Pair]:
    """Pairs, of each two records at most one."""
    found = []
    for one, other in draw(st.lists(TWO, max_size=20, unique=True)):
        is_link = not with_vetoes or draw(st.booleans())
        found.append(Pair(one, other, draw(BITS) if is_link else 0.0, is_link, not is_link, draw(st.integers(1, 2))))
    return found


@given(graphs(), st.data())
def test_the_order_of_pairs_of_records_and_in_a_pair_shows_in_nothing(graph: list[Pair], data: st.DataObject) -> None:
    found = clusters_of(list(RECORDS), graph)
    other = data.draw(st.permutations(graph))
    turned = [Pair(p.other, p.one, p.bits, p.is_link, p.is_vetoed, p.votes) for p in other]
    assert clusters_of(list(RECORDS), other) == clusters_of(list(RECORDS), turned) == found
    records = data.draw(st.permutations(RECORDS))
    assert sorted(map(sorted, clusters_of(records, turned))) == sorted(found)


@given(graphs())
def test_every_record_is_in_exactly_one_cluster_and_clusters_hold_nothing_else(graph: list[Pair]) -> None:
    assert sorted(record for cluster in clusters_of(list(RECORDS), graph) for record in cluster) == [*RECORDS]


@given(graphs(with_vetoes=False))
def test_without_vetoes_a_component_is_one_cluster_however_it_hangs_together(graph: list[Pair]) -> None:
    for component in components(RECORDS, [(pair.one, pair.other) for pair in graph]):
        inside = [pair for pair in graph if pair.one in component]
        assert clusters_of(component, inside) == [component]


@given(graphs())
def test_a_cluster_hangs_together_by_links(graph: list[Pair]) -> None:
    links = [(pair.one, pair.other) for pair in graph if pair.is_link]
    vetoed = any(pair.is_vetoed for pair in graph)
    found = clusters_of(list(RECORDS), graph)
    for cluster in found if vetoed else []:
        assert components(cluster, [two for two in links if {*two} <= {*cluster}]) == [cluster]


@given(graphs())
def test_no_two_clusters_are_left_that_could_be_joined(graph: list[Pair]) -> None:
    for one, other in combinations(clusters_of(list(RECORDS), graph), 2):
        between = [pair for pair in graph if {pair.one, pair.other} & {*one} and {pair.one, pair.other} & {*other}]
        links = sum(pair.is_link for pair in between)
        parted = sum(pair.votes for pair in between if pair.is_vetoed)
        assert links == 0 or parted > DISSENT * (links + parted)


def test_one_doubt_does_not_part_the_many_records_of_a_person() -> None:
    records = [f"{place:02}" for place in range(60)]
    graph = [Pair(one, other, 9.0, is_link=True, is_vetoed=False) for one, other in combinations(records, 2)]
    graph[-1] = Pair("58", "59", 0.0, is_link=False, is_vetoed=True)
    assert clusters_of(records, graph) == [records]
