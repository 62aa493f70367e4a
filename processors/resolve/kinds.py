"""What becomes of persons when records change hands: they are merged or split, or records go from one to another.

A person is known by the record whose seed is its id: as long as that record is in it, it goes on.
"""

from collections.abc import Iterable, Mapping

from processors.resolve.matching.index import Change

MERGED, SPLIT, RELINKED = "merged", "split", "relinked"


class Kinds:
    """What each of some changes is, seen together with all others of its time."""

    def __init__(self, changes: Iterable[Change], seeds: Mapping[str, str]) -> None:
        """Of all records that change persons; ``seeds`` has each one's own seed, by its key."""
        made = list(changes)
        self._begun = {c.after for c in made if seeds[c.record_key] == c.after}
        self._ended = {c.before for c in made if seeds[c.record_key] == c.before}

    def of(self, change: Change) -> str:
        """Split, where the record's person begins with it; merged, where its former one ends; else relinked."""
        if change.after in self._begun:
            return SPLIT
        return MERGED if change.before in self._ended else RELINKED
