"""Clusters and stewards: what a steward decided outranks every score, for ever, whatever the order of telling."""

from itertools import combinations, count, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.resolve.matching.clusters import Pair, clusters_of, components

RECORDS = "abcdefgh"
Two = tuple[str, str]


def link(one: str, other: str, bits: float) -> Pair:
    """A link."""
    return Pair(one, other, bits, is_link=True, is_vetoed=False)


def pairs(graph: str) -> list[Pair]:
    """Pairs from a graph such as "ab9 bc!": a link of nine bits, a veto."""
    told = [(word[0], word[1], word[2:]) for word in graph.split()]
    return [
        Pair(one, other, 0.0, is_link=False, is_vetoed=True) if bits == "!" else link(one, other, float(bits))
        for one, other, bits in told
    ]


def twos(words: str) -> list[Two]:
    """Pairs of records from words such as "ab cd"."""
    return [(word[0], word[1]) for word in words.split()]


def clusters(records: str, graph: str, same: str = "", different: str = "") -> str:
    """Clusters as words."""
    found = clusters_of(list(records), pairs(graph), twos(same), twos(different))
    return " ".join("".join(cluster) for cluster in found)


@pytest.mark.parametrize(
    ("records", "graph", "same", "expected"),
    [
        ("ab", "", "ab", "ab"),
        ("abc", "ab9", "bc", "abc"),
        ("ab", "ab!", "ab", "ab"),
        ("abc", "ab! ac! bc!", "ab bc", "abc"),
        ("abcd", "", "cd", "a b cd"),
    ],
    ids=count(),
)
def test_what_a_steward_calls_the_same_is_one_person_whatever_vetoes_say(
    records: str, graph: str, same: str, expected: str
) -> None:
    assert clusters(records, graph, same) == expected


@pytest.mark.parametrize(
    ("records", "graph", "same", "expected"),
    [
        ("abc", "ab9 ac8 bc!", "ac", "ac b"),
        ("abcd", "ab9 bc8 cd9 bd8 ac!", "ac", "abcd"),
        ("abcd", "ab9 cd9 ac! ad! bc! bd!", "ad", "ad b c"),
        ("abcd", "ab9 cd9 ac! ad! bc! bd!", "ad bd cd", "abcd"),
    ],
    ids=count(),
)
def test_a_record_of_which_nothing_was_decided_follows_where_its_links_outweigh_its_vetoes(
    records: str, graph: str, same: str, expected: str
) -> None:
    """One that fits two twins and was given to one of them must not bring the other."""
    assert clusters(records, graph, same) == expected


@pytest.mark.parametrize(
    ("records", "graph", "different", "expected"),
    [
        ("ab", "ab30", "ab", "a b"),
        ("abc", "ab9 bc8", "ab", "a bc"),
        ("abc", "ab9 bc8", "ac", "ab c"),
        ("abc", "ab8 bc9", "ac", "a bc"),
        ("abcd", "ab9 ac9 ad9 bc9 bd9 cd9", "ad bd cd", "abc d"),
        ("abcd", "ab9 cd9 bc8 ad8", "ac", "ab cd"),
        ("abcde", "ab9 cd9 be7 ce8", "ad", "ab cde"),
    ],
    ids=count(),
)
def test_what_a_steward_calls_different_is_never_joined_directly_or_by_a_bridge(
    records: str, graph: str, different: str, expected: str
) -> None:
    assert clusters(records, graph, different=different) == expected


@pytest.mark.parametrize(
    ("same", "different", "expected"),
    [
        ("ab", "ab", "a b c d"),
        ("ab bc", "ac", "ab c d"),
        ("bc ab", "ac", "ab c d"),
        ("ab bc cd", "ad", "abc d"),
        ("bd cd ab ac", "bc", "abd c"),
        ("ad bc cd", "ab", "ad bc"),
    ],
    ids=count(),
)
def test_of_decisions_that_contradict_each_other_the_different_hold_and_then_the_first_by_name(
    same: str, different: str, expected: str
) -> None:
    assert clusters("abcd", "", same, different) == expected


def test_a_decision_about_records_that_are_elsewhere_or_about_one_alone_counts_for_nothing() -> None:
    assert clusters("ab", "ab9", "bx xy aa", "ax xy bb") == "ab"
    assert clusters("ab", "ab!", "bx xy aa", "ax xy bb") == "a b"


TWO = st.sampled_from(list(combinations(RECORDS, 2)))
TOLD = st.one_of(TWO, TWO.map(lambda pair: (pair[1], pair[0])))
DECIDED = st.lists(TOLD, max_size=6)


@st.composite
def graphs(draw: st.DrawFn) -> list[Pair]:
    """Pairs, of each two records at most one."""
    found = []
    for one, other in draw(st.lists(TWO, max_size=20, unique=True)):
        bits = draw(st.sampled_from([0.0, 1.0, 2.0, 9.0]))
        found.append(Pair(one, other, bits, bits > 0, bits == 0, draw(st.integers(1, 3))))
    return found


def are_together(found: list[list[str]], pair: Two) -> bool:
    """Whether two records share a cluster."""
    return any({*pair} <= {*cluster} for cluster in found)


def canonical(found: list[list[str]]) -> list[list[str]]:
    return sorted(sorted(cluster) for cluster in found)


@given(graphs(), DECIDED, DECIDED, st.data())
def test_the_order_of_decisions_pairs_and_records_and_within_them_shows_in_nothing(
    graph: list[Pair], same: list[Two], different: list[Two], data: st.DataObject
) -> None:
    expected = canonical(clusters_of(RECORDS, graph, same, different))
    turned = [Pair(p.other, p.one, p.bits, p.is_link, p.is_vetoed, p.votes) for p in data.draw(st.permutations(graph))]
    again = [[(other, one) for one, other in data.draw(st.permutations(told))] * 2 for told in (same, different)]
    assert canonical(clusters_of(data.draw(st.permutations(RECORDS)), turned, *again)) == expected
    assert canonical(clusters_of(RECORDS, graph, set(same), frozenset(different))) == expected


@given(graphs(), DECIDED, DECIDED)
def test_every_record_is_in_exactly_one_cluster_whatever_was_decided(
    graph: list[Pair], same: list[Two], different: list[Two]
) -> None:
    found = clusters_of(RECORDS, graph, same, different)
    assert sorted(record for cluster in found for record in cluster) == [*RECORDS]


@given(graphs(), DECIDED, DECIDED, graphs())
def test_a_split_survives_any_new_pairs(
    graph: list[Pair], same: list[Two], different: list[Two], later: list[Pair]
) -> None:
    known = {(pair.one, pair.other) for pair in graph}
    more = [*graph, *(pair for pair in later if (pair.one, pair.other) not in known)]
    for told in (graph, more):
        found = clusters_of(RECORDS, told, same, different)
        assert not any(are_together(found, pair) for pair in different)


@given(graphs(), DECIDED, DECIDED)
def test_a_pair_called_the_same_is_together_unless_its_person_would_hold_two_called_different(
    graph: list[Pair], same: list[Two], different: list[Two]
) -> None:
    found = clusters_of(RECORDS, graph, same, different)
    for group in components(RECORDS, same):
        if not any({*pair} <= {*group} for pair in different):
            assert all(are_together(found, pair) for pair in combinations(group, 2))
    for pair in same:
        [one], [other] = ([c for c in found if record in c] for record in pair)
        assert one == other or any({*two} & {*one} and {*two} & {*other} for two in different)


@given(graphs())
def test_without_decisions_everything_is_as_the_pairs_have_it(graph: list[Pair]) -> None:
    expected = clusters_of(RECORDS, graph)
    assert clusters_of(RECORDS, graph, [], set()) == expected
    assert clusters_of(RECORDS, graph, [("x", "y"), ("a", "x")], [("x", "y"), ("x", "b")]) == expected


@given(graphs(), DECIDED, DECIDED)
def test_a_pair_called_both_is_as_one_called_different_only(
    graph: list[Pair], same: list[Two], different: list[Two]
) -> None:
    alone = [pair for pair in same if {*pair} not in [{*two} for two in different]]
    assert clusters_of(RECORDS, graph, same, different) == clusters_of(RECORDS, graph, alone, different)


@given(graphs(), st.data())
def test_two_persons_that_were_parted_are_as_if_they_had_never_been_joined(
    graph: list[Pair], data: st.DataObject
) -> None:
    for group in components(RECORDS, [(pair.one, pair.other) for pair in graph if pair.is_link]):
        inside = [pair for pair in graph if {pair.one, pair.other} <= {*group}]
        never = clusters_of(group, inside)
        for one, other in combinations(never, 2):
            between = list(product(one, other))
            same = data.draw(st.lists(st.sampled_from(between), max_size=3))
            assert clusters_of(group, inside, same, between) == never


@given(graphs(), DECIDED)
def test_what_was_parted_joins_as_much_as_it_may(graph: list[Pair], different: list[Two]) -> None:
    """Two clusters between which there are links and no vetoes are apart only for a decision."""
    found = clusters_of(RECORDS, [link(p.one, p.other, p.bits) for p in graph if p.is_link], (), different)
    for one, other in combinations(found, 2) if different else []:
        linked = any(p.is_link and {p.one, p.other} & {*one} and {p.one, p.other} & {*other} for p in graph)
        assert not linked or any({*pair} & {*one} and {*pair} & {*other} for pair in different)
