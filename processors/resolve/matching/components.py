"""Components of numbered records: which of them links connect, all at once."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from processors.resolve.matching.blocks import Pairs, Places, paired, split


@dataclass(frozen=True)
class Components:
    """Records in the order of their components."""

    labels: Places
    """Of each place the lowest of its component."""
    members: Places
    sizes: Places
    """Of the components, as their members stand."""

    @classmethod
    def of(cls, nodes: Places, links: Pairs, count: int) -> "Components":
        """Of some of so many places, which links connect."""
        labels = _labels(count, *split(links))
        members = nodes[np.argsort(labels[nodes], kind="stable")]
        return cls(labels, members, np.unique(labels[nodes], return_counts=True)[1])

    def __iter__(self) -> Iterator[tuple[int, list[int]]]:
        """Each component's label and members."""
        members, start = self.members.tolist(), 0
        labels = self.labels[self.members].tolist()
        for size in self.sizes.tolist():
            yield labels[start], members[start : start + size]
            start += size

    def pairs(self, cap: int) -> Pairs:
        """Pairs within components of no more than so many members; none comes twice."""
        sizes = np.repeat(self.sizes, self.sizes)
        ends = np.repeat(np.cumsum(self.sizes), self.sizes)
        behind = np.where(sizes <= cap, ends - np.arange(len(sizes)) - 1, 0)
        one = np.repeat(np.arange(len(sizes)), behind)
        other = one + 1 + np.arange(len(one)) - np.repeat(np.cumsum(behind) - behind, behind)
        return paired(self.members[one], self.members[other])


def _labels(count: int, one: Places, other: Places) -> Places:
    """Of each place the lowest that it is connected with; each takes its neighbours' lowest till none changes."""
    labels = np.arange(count)
    while True:
        lower = np.minimum(labels[one], labels[other])
        found = labels.copy()
        np.minimum.at(found, one, lower)
        np.minimum.at(found, other, lower)
        found = found[found]
        if np.array_equal(found, labels):
            return labels
        labels = found
