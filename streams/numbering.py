"""The numbers of one stage over its store: of what it sends and of what it takes. The rules: ``processors.numbers``."""

from collections import defaultdict
from collections.abc import Callable

import structlog

from processors.numbers import SENT, TAKEN, Number, Sifted, from_rows, give_numbers, sifted, to_rows
from processors.partitions import partitions_of
from processors.records import Arrivals, Outs
from processors.state import Changes
from streams.store import Store

log = structlog.get_logger()
FIRST_GENERATION = 1
"""Of a store that was never rebuilt."""
OWN = ""
"""Key of the store's generation among the numbers sent."""


def generation_of(store: Store) -> int:
    """Generation of a store's numbers."""
    return from_rows(store.get_many(SENT, [OWN]).items()).get(OWN, (FIRST_GENERATION, 0))[0]


def of_generation(generation: int) -> Changes:
    """What makes a store one of a generation, before it has sent anything."""
    return {SENT: to_rows({OWN: (generation, 0)})}


class Numbering:
    """What was numbered last; a batch's numbers count once its commit is told."""

    def __init__(self, stage: str, store: Store) -> None:
        """Of a stage, as its store stands."""
        self._stage, self._generation = stage, generation_of(store)
        self._sent, self._taken = (from_rows(store.scan(table, "")) for table in (SENT, TAKEN))
        self._changed: tuple[dict[str, Number], dict[str, Number]] = {}, {}

    def sift(self, arrivals: Arrivals) -> Sifted:
        """A batch without its repeats; missing numbers are said in the log."""
        found = sifted(arrivals, self._taken)
        for position in found.gaps:
            log.error("gap", stage=self._stage, position=position)
        return found

    def number(self, outs: Outs, partitions: Callable[[str], int]) -> None:
        """Give each record that a batch sends its partition and its number.

        Args:
            outs: of the batch.
            partitions: how many a topic has.
        """
        outs.partitions = _placed(outs, partitions)
        self._changed = give_numbers(outs, self._stage, self._generation, self._sent), {}

    def changes(self, batch: Sifted) -> Changes:
        """What the batch's commit is to write."""
        self._changed = self._changed[0], batch.taken
        tables = zip((SENT, TAKEN), self._changed, strict=True)
        return {table: to_rows(numbers) for table, numbers in tables if numbers}

    def keep(self) -> None:
        """The commit is done."""
        sent, taken = self._changed
        self._sent.update(sent)
        self._taken.update(taken)
        self._changed = {}, {}


def _placed(outs: Outs, partitions: Callable[[str], int]) -> list[int | None]:
    """Partition of each record: its own, or by its key."""
    found, by_key = list(outs.partitions), defaultdict[str, list[int]](list)
    for i, (topic, partition) in enumerate(zip(outs.topics, found, strict=True)):
        if partition is None:
            by_key[topic].append(i)
    for topic, places in by_key.items():
        chosen = partitions_of([outs.keys[i] for i in places], partitions(topic))
        for place, partition in zip(places, chosen, strict=True):
            found[place] = partition
    return found
