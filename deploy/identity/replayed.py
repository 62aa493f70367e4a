"""Persons by a model that is tried beside persons as they are: what would be merged, split or moved. Pure."""

import functools
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from processors.resolve.kinds import MERGED, RELINKED, SPLIT, Kinds
from processors.resolve.matching.index import Change

CHANGES = ("record_key", "from_person_id", "to_person_id", "kind")
"""Columns of the file of changes."""
COUNTED_AS = {"linked": MERGED, "split": SPLIT, "moved": RELINKED}
"""Figures that count records, by the kind of what becomes of them."""
UP_TO = (1, 2, 3, 4, 5, 10, 20, 50)
"""Records of a person up to which persons are counted together."""
Figures = dict[str, float | int | str]


class Outcome(NamedTuple):
    """Whose a record is, and whose it would be."""

    record_key: str
    partner_id: str
    seed: str
    """Its own, which a person is called by whose oldest record it is."""
    before: str
    after: str
    is_unreadable: bool
    """Its key is erased."""


class Together(NamedTuple):
    """Records that one person takes in or loses; or that go from one to another, and both go on."""

    kind: str
    before: tuple[str, ...]
    """Persons that they are of; each once, as all of these."""
    after: tuple[str, ...]
    """Persons that they would be of."""
    record_keys: tuple[str, ...]
    partners: tuple[str, ...]
    """Whose records they are."""


@dataclass(frozen=True)
class Difference:
    """What would change; of records that stay where they are only counts."""

    records: int
    unreadable: int
    before: Counter[str]
    """Records by person, as it is now."""
    changed: Sequence[Outcome]

    @functools.cached_property
    def after(self) -> Counter[str]:
        """Records by person, as it would be; without persons that end."""
        found = Counter(self.before)
        found.subtract(one.before for one in self.changed)
        found.update(one.after for one in self.changed)
        return +found

    @functools.cached_property
    def kinds(self) -> list[str]:
        """What each of the changes is, in their order."""
        changes = [Change(one.record_key, one.before, one.after) for one in self.changed]
        kinds = Kinds(changes, {one.record_key: one.seed for one in self.changed})
        return list(map(kinds.of, changes))


def compared(outcomes: Iterable[Outcome]) -> Difference:
    """What would change of some records; each comes once."""
    records, unreadable, before, changed = 0, 0, Counter[str](), list[Outcome]()
    for one in outcomes:
        records += 1
        unreadable += one.is_unreadable
        before[one.before] += 1
        if one.before != one.after:
            changed.append(one)
    return Difference(records, unreadable, before, changed)


def figures(found: Difference) -> Figures:
    """How many records and persons, and what would become of them."""
    counts = Counter(found.kinds)
    return {
        "records": found.records,
        "unreadable": found.unreadable,
        "persons_before": len(found.before),
        "persons_after": len(found.after),
        **{name: counts[kind] for name, kind in COUNTED_AS.items()},
        "unchanged": found.records - len(found.changed),
    }


def rows(found: Difference) -> list[tuple[str, str, str, str]]:
    """A row for each record that would change persons, by ``CHANGES``."""
    changed = zip(found.changed, found.kinds, strict=True)
    return sorted((one.record_key, one.before, one.after, kind) for one, kind in changed)


def largest(found: Difference) -> list[Together]:
    """What would change, a row for each person that grows or falls apart; the most records first."""
    groups = defaultdict[tuple[str, str], list[Outcome]](list)
    for one, kind in zip(found.changed, found.kinds, strict=True):
        groups[kind, _common(one, kind)].append(one)
    made = [_together(kind, group) for (kind, _), group in groups.items()]
    return sorted(made, key=lambda one: (-len(one.record_keys), one))


def _common(one: Outcome, kind: str) -> str:
    """What records that change together have in common: where they go to, where they come from, or both."""
    return {MERGED: one.after, SPLIT: one.before, RELINKED: f"{one.before}|{one.after}"}[kind]


def _together(kind: str, group: Sequence[Outcome]) -> Together:
    before, after = _each(one.before for one in group), _each(one.after for one in group)
    return Together(kind, before, after, _each(one.record_key for one in group), _each(one.partner_id for one in group))


def _each(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def sizes(found: Difference) -> list[tuple[str, int, int]]:
    """How many persons have so many records, now and then; no row where nobody has."""
    before, after = (Counter(map(_size, counts.values())) for counts in (found.before, found.after))
    return [(_called(place), before[place], after[place]) for place in sorted({*before, *after})]


def _size(records: int) -> int:
    """Place of a number of records in ``UP_TO``; behind its end, if there are more."""
    return next((place for place, most in enumerate(UP_TO) if records <= most), len(UP_TO))


def _called(place: int) -> str:
    least = UP_TO[place - 1] + 1 if place else UP_TO[0]
    if place == len(UP_TO):
        return f"{least:,} and more"
    return f"{least}" if least == UP_TO[place] else f"{least} to {UP_TO[place]}"
