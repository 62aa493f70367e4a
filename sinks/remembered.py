"""What was read of persons, in memory until a commit changes them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
MOST_PERSONS = 5_000
"""Persons remembered at once; after more, all are forgotten."""


class Remembered(Generic[T]):
    """Answers by recipient and person; for any thread."""

    def __init__(
        self,
        newest_changes: Callable[[str, Sequence[str]], Mapping[str, int]],
        read: Callable[[str, list[str]], dict[str, T]],
    ) -> None:
        """What is remembered holds as long as the person's newest change, by number, is the one that it was read at."""
        self._newest_changes = newest_changes
        self._read = read
        self._known: dict[tuple[str, str], tuple[int, T]] = {}

    def of(self, recipient: str, person_ids: Sequence[str]) -> dict[str, T]:
        """Answers by person, in the order asked; of whom there is nothing, none."""
        # The numbers are taken before the rows are read: whatever is committed in between is read again next time.
        newest = self._newest_changes(recipient, person_ids) if person_ids else {}
        stands = {person: newest[person] for person in person_ids}
        known = {person: self._known.get((recipient, person)) for person in stands}
        held = {person: entry[1] for person, entry in known.items() if entry and entry[0] == stands[person]}
        missing = [person for person in stands if person not in held]
        read = self._read(recipient, missing) if missing else {}
        if len(self._known) + len(read) > MOST_PERSONS:
            self._known.clear()
        self._known |= {(recipient, person): (stands[person], answer) for person, answer in read.items()}
        return {person: one[person] for person in stands for one in (held, read) if person in one}
