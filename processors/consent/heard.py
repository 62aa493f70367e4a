"""Agreements and rules as a reader heard of them, each with its place in the ordered log. Pure.

A change of either is in force for readers at once, while whoever is touched by it is decided again a slice at a time.
So a reader knows for each row by what it was released: by all that stood in the log up to the row's own place, or up to
the newest change that everyone is decided by already, if that lies later.
"""

import functools
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from processors.consent.agreements import Agreement
from processors.consent.law.rules import RuleSet
from processors.consent.register import Register


@dataclass(frozen=True, eq=False)
class InForce:
    """Agreements and rules at one place in the log."""

    register: Register
    rules: RuleSet | None
    """None: none were heard of."""


class Heard:
    """All that reached a reader, in whatever order."""

    def __init__(
        self, agreements: Iterable[tuple[int, Agreement]], rules: Iterable[tuple[int, int, RuleSet]] = (),
        swept: int = -1,
    ) -> None:  # fmt: skip
        """Of these.

        Args:
            agreements: place and agreement, any number of versions of each.
            rules: place, version and rules.
            swept: everyone is decided by what stands up to this place.
        """
        self._agreements = sorted(agreements, key=lambda one: one[1].version)
        self._rules = sorted(rules, key=lambda one: one[1])
        places = {place for place, _ in self._agreements} | {place for place, *_ in self._rules}
        self._changes = sorted(place for place in places if place > swept)
        self._swept = swept
        self._at = functools.cache(self._made)
        self.newest = self._at(len(self._changes))
        """What holds now."""

    @property
    def under_way(self) -> tuple[int, ...]:
        """Places of changes by which not everyone is decided yet."""
        return tuple(self._changes)

    @property
    def rules_version(self) -> int:
        """Of the rules in force; 0: none were heard of."""
        return self._rules[-1][1] if self._rules else 0

    def when(self, position: int) -> InForce:
        """What a row of a place in the log was released by; ``newest`` itself where nothing changed since."""
        return self._at(bisect_right(self._changes, position))

    def _made(self, changes: int) -> InForce:
        """What holds after so many of the changes."""
        last = self._changes[changes - 1] if changes else self._swept
        newest = {one.agreement_id: one for place, one in self._agreements if place <= last}
        rules = [one for place, _, one in self._rules if place <= last]
        return InForce(Register(newest.values()), rules[-1] if rules else None)
