"""Clusters: which records of a component are of one person, a pure function of their pairs.

Records that no veto parts are one person where links connect them. Where vetoes speak, groups grow from the heaviest
link down, and two groups join unless vetoes are more than ``DISSENT`` of the votes of their pairs: one odd description
must not part a person's records, and one that fits two twins must not join them. A link has one vote.

Stewards' decisions outrank all that: what they called different is never together, and what they called the same is
joined before anything else, whatever vetoes say.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

DISSENT = 0.45


@dataclass
class Pair:
    """How two records stand to each other."""

    one: str
    other: str
    bits: float
    is_link: bool
    is_vetoed: bool
    votes: int = 1
    """Of its veto, where it is vetoed."""


def components(keys: Iterable[str], links: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Records that links connect; each sorted, in the order of their first."""
    root = {key: key for key in keys}

    def find(key: str) -> str:
        while root[key] != key:
            root[key] = root[root[key]]
            key = root[key]
        return key

    for one, other in links:
        a, b = find(one), find(other)
        if a != b:
            root[max(a, b)] = min(a, b)
    found: dict[str, list[str]] = {}
    for key in sorted(root):
        found.setdefault(find(key), []).append(key)
    return list(found.values())


def clusters_of(
    component: Sequence[str],
    pairs: Sequence[Pair],
    same: Collection[tuple[str, str]] = (),
    different: Collection[tuple[str, str]] = (),
) -> list[list[str]]:
    """The persons of a component.

    Args:
        component: its records, which links and pairs decided to be the same connect.
        pairs: all that are links or vetoed; of each pair at most one.
        same: records that a steward decided are of one person, two and two. Where that would bring two together that
            were decided to be different, they stay apart: of several such pairs the first by name are joined.
        different: records that a steward decided are of two persons, likewise. Pairs of others count for nothing.
    """
    same, different = _within(component, same), _within(component, different)
    if not same and not different and not any(pair.is_vetoed for pair in pairs):
        return [list(component)]
    groups = _Groups(component, pairs)
    groups.part(different)
    groups.join_all(same)
    while (best := groups.best()) is not None:
        groups.join(*best)
    return [sorted(members) for members in groups.members.values()]


def _within(component: Sequence[str], decided: Collection[tuple[str, str]]) -> list[tuple[str, str]]:
    """Pairs of a component's records, the lower first, sorted."""
    inside = set(component) if decided else set()
    return sorted({(min(pair), max(pair)) for pair in decided if inside.issuperset(pair) and pair[0] != pair[1]})


@dataclass
class _Votes:
    bits: float = 0.0
    """Of the heaviest link."""
    links: int = 0
    vetoes: int = 0
    is_barred: bool = False
    """By a steward."""

    def joins(self) -> bool:
        return self.links > 0 and not self.is_barred and self.vetoes <= DISSENT * (self.links + self.vetoes)

    def add(self, other: "_Votes") -> None:
        self.bits = max(self.bits, other.bits)
        self.links += other.links
        self.vetoes += other.vetoes
        self.is_barred |= other.is_barred


@dataclass
class _Groups:
    component: Sequence[str]
    pairs: Sequence[Pair]
    members: dict[str, list[str]] = field(init=False)
    votes: dict[str, dict[str, _Votes]] = field(init=False)
    """Of each group with each other; the same object on both sides."""

    def __post_init__(self) -> None:
        self.members = {key: [key] for key in self.component}
        self.votes = {key: {} for key in self.component}
        for pair in self.pairs:
            bits = pair.bits if pair.is_link else 0.0
            votes = _Votes(bits, int(pair.is_link and not pair.is_vetoed), pair.votes if pair.is_vetoed else 0)
            self.votes[pair.one][pair.other] = self.votes[pair.other][pair.one] = votes

    def part(self, different: Iterable[tuple[str, str]]) -> None:
        """Never join these; before any are joined."""
        for one, other in different:
            votes = self.votes[one].get(other) or _Votes()
            votes.is_barred = True
            self.votes[one][other] = self.votes[other][one] = votes

    def join_all(self, same: Iterable[tuple[str, str]]) -> None:
        """Join these one after the other, but where they are barred."""
        for pair in same:
            one, other = sorted(self._named(key) for key in pair)
            votes = self.votes[one].get(other)
            if one != other and (votes is None or not votes.is_barred):
                self.join(one, other)

    def _named(self, key: str) -> str:
        """The group of a record."""
        return next(name for name, members in self.members.items() if key in members)

    def best(self) -> tuple[str, str] | None:
        """The pair of groups that the heaviest link joins; of several the first by name."""
        found = min(self._joinable(), default=None)
        return None if found is None else found[1:]

    def _joinable(self) -> Iterator[tuple[float, str, str]]:
        for one, others in self.votes.items():
            for other, votes in others.items():
                if one < other and votes.joins():
                    yield -votes.bits, one, other

    def join(self, one: str, other: str) -> None:
        """Take the second group into the first, which has the lower name."""
        self.members[one] += self.members.pop(other)
        taken = self.votes.pop(other)
        self.votes[one].pop(other, None)
        for third, votes in taken.items():
            if third == one:
                continue
            del self.votes[third][other]
            if third in self.votes[one]:
                self.votes[one][third].add(votes)
            else:
                self.votes[one][third] = self.votes[third][one] = votes
