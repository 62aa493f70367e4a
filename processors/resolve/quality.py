"""How good clusters are beside a truth: pairs of records, whole persons, and persons who must stay apart.

Counted from how many records each cluster holds of each person, so in time linear in the records. Imports nothing: the
benchmarks' peers score themselves by it in environments of their own.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

Pair = tuple[str, str]
"""Of persons, sorted."""


@dataclass(frozen=True)
class Quality:
    """Clusters beside a truth."""

    precision: float
    """Of the pairs of records that are in one cluster, those of one person; 1 where no pair is."""
    recall: float
    """Of the pairs of records that are of one person, those in one cluster; 1 where no pair is."""
    f1: float
    clusters_right: int
    """Persons whose records are exactly one cluster."""
    clusters_right_rate: float
    """Those, of all persons."""
    false_merges: int
    """Clusters that hold records of more than one person."""


@dataclass(frozen=True)
class Merged:
    """Rates of the pairs of persons of whom some cluster holds records of both; 0 where no pair is of the kind."""

    twins: float
    juniors: float
    """A parent and the child of the same name."""
    household: float
    """All other pairs of persons of one household."""


def pairwise(clusters: Mapping[str, str], truth: Mapping[str, str]) -> Quality:
    """How good clusters are, over all pairs of records that the truth knows.

    Args:
        clusters: cluster by record id. A record of the truth that is not in it is alone; others do not count.
        truth: person by record id.
    """
    cells = Counter(_placed(clusters, truth))
    in_cluster, of_person = _sums(cells, 0), _sums(cells, 1)
    together, true, right = (sum(map(_pairs, n.values())) for n in (in_cluster, of_person, cells))
    exact = sum(in_cluster[cluster] == count == of_person[person] for (cluster, person), count in cells.items())
    persons_in = Counter(cluster for cluster, _ in cells)
    return Quality(
        precision=_share(right, together, 1.0),
        recall=_share(right, true, 1.0),
        f1=_share(2 * right, together + true, 1.0),
        clusters_right=exact,
        clusters_right_rate=_share(exact, len(of_person), 1.0),
        false_merges=sum(persons > 1 for persons in persons_in.values()),
    )


def merged(clusters: Mapping[str, str], truth: Mapping[str, str], people: Iterable[Mapping[str, str]]) -> Merged:
    """Rates of the pairs of persons who were merged, among pairs that both have records in the truth.

    Args:
        clusters: cluster by record id, as for ``pairwise``.
        truth: person by record id.
        people: rows with person_id, household, twin_of and junior_of; the last three may be empty.
    """
    held_by: dict[str, set[object]] = defaultdict(set)
    for cluster, person in _placed(clusters, truth):
        held_by[person].add(cluster)
    known = [row for row in people if row["person_id"] in held_by]
    twins, juniors = (_named(known, column) for column in ("twin_of", "junior_of"))
    kinds = (twins, juniors, _of_one_household(known) - twins - juniors)
    return Merged(*(_rate_merged(kind, held_by) for kind in kinds))


def _placed(clusters: Mapping[str, str], truth: Mapping[str, str]) -> Iterator[tuple[object, str]]:
    """Cluster and person of every record; who is in no cluster gets one that no name of a cluster can equal."""
    return ((clusters.get(record, (record,)), person) for record, person in truth.items())


def _sums(cells: Counter[tuple[object, str]], side: int) -> Counter[object]:
    found: Counter[object] = Counter()
    for cell, count in cells.items():
        found[cell[side]] += count
    return found


def _pairs(records: int) -> int:
    return records * (records - 1) // 2


def _share(part: int, whole: int, of_nothing: float) -> float:
    return part / whole if whole else of_nothing


def _named(people: Iterable[Mapping[str, str]], column: str) -> set[Pair]:
    return {_pair(row["person_id"], row[column]) for row in people if row[column]}


def _of_one_household(people: Iterable[Mapping[str, str]]) -> set[Pair]:
    homes: dict[str, list[str]] = defaultdict(list)
    for row in people:
        if row["household"]:
            homes[row["household"]].append(row["person_id"])
    return {_pair(*two) for home in homes.values() for two in combinations(home, 2)}


def _pair(one: str, other: str) -> Pair:
    return (one, other) if one < other else (other, one)


def _rate_merged(pairs: Iterable[Pair], held_by: Mapping[str, set[object]]) -> float:
    """Of the pairs both of whom have records."""
    both = [(held_by[one], held_by[other]) for one, other in pairs if one in held_by and other in held_by]
    return _share(sum(not one.isdisjoint(other) for one, other in both), len(both), 0.0)
