"""What one set of rules leaves standing of another's permits, whatever else is true of a person.

A permit rests on one rule of every law that applies. It stands under newer rules where those rules are still there,
unchanged, and nothing that is new could speak against it: no new denial, and no law that applies to other records than
before. What may be known of a disclosure is a condition itself: for each fact the values that it may have.
"""

import functools
from collections.abc import Collection, Iterator

from processors.consent.law.rules import Effect, Law, Rule, RuleSet, When


class Changes:
    """What newer rules change."""

    def __init__(self, before: RuleSet, after: RuleSet) -> None:
        """From some rules to others."""
        known, stated = _by_name(before), _by_name(after)
        self._unchanged = frozenset(name for name, rule in known.items() if stated.get(name) == rule)
        new = [rule for name, rule in stated.items() if name not in self._unchanged]
        denials = [rule.when for rule in new if rule.effect is Effect.DENY]
        self._against = [*denials, *_moved_scopes(before.laws, after.laws)]

    def leave(self, rules: Collection[str], known: When) -> bool:
        """Whether a permit stands for certain.

        Args:
            rules: names of those that it rests on.
            known: for each fact the values that the disclosure may have; None: any.
        """
        return bool(rules) and self._unchanged.issuperset(rules) and not any(map(known.overlaps, self._against))


@functools.lru_cache(maxsize=64)
def changes(before: RuleSet, after: RuleSet) -> Changes:
    """What newer rules change; asked again and again of the same."""
    return Changes(before, after)


def _by_name(rules: RuleSet) -> dict[str, Rule]:
    """Rules but those by default, which speak only where none of their law permits."""
    return {rule.name: rule for law in rules.laws for rule in law.rules}


def _moved_scopes(before: Collection[Law], after: Collection[Law]) -> Iterator[When]:
    """Records that a law speaks of, before or now, where it speaks of others than before."""
    known, stated = ({law.law_id: law.applies for law in laws} for laws in (before, after))
    for law_id in {**known, **stated}:
        scopes = known.get(law_id, ()), stated.get(law_id, ())
        if scopes[0] != scopes[1]:
            yield from scopes[0]
            yield from scopes[1]
