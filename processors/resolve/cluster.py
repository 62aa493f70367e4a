"""Clusters: a person is a connected component of records, a pure function of the set of records.

So the order of arrival cannot matter, and a merge undone equals a merge that never was. A blocking key with more than
``KEY_CAP`` records counts for no pair, and a component of more than ``COMPONENT_CAP`` records gets no automatic links.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

KEY_CAP = 50
COMPONENT_CAP = 50


@dataclass(frozen=True)
class Member:
    """What clustering needs of a record."""

    record_key: str
    seed: str
    age: tuple[int, str]
    """LogAppendTime and position at which it first appeared: orders records, oldest first."""
    person_id: str
    """The person that it was of so far; its own seed before its first clustering."""


Linked = Callable[[str], Iterable[str]]
"""Record keys that a rule joins to a record, through blocking keys under their cap."""


def components(starts: Collection[str], linked: Linked) -> list[list[str]]:
    """Connected components that contain any of the starting records; members sorted."""
    seen: set[str] = set()
    return [_reach(start, linked, seen) for start in sorted(starts) if start not in seen]


def _reach(start: str, linked: Linked, seen: set[str]) -> list[str]:
    seen.add(start)
    reached, queue = [start], [start]
    while queue:
        new = [neighbour for neighbour in linked(queue.pop()) if neighbour not in seen]
        seen.update(new)
        reached += new
        queue += new
    return sorted(reached)


def persons_of(component: list[str], members: Mapping[str, Member]) -> dict[str, str]:
    """The person of each record of a component: the seed of its oldest record."""
    if len(component) > COMPONENT_CAP:
        return {key: members[key].seed for key in component}
    oldest = min((members[key] for key in component), key=lambda member: member.age)
    return dict.fromkeys(component, oldest.seed)
