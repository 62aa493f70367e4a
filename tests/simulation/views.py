"""Readers of ``released.*``: each reads the partitions in an order of its own, and keeps rows by the house's rule.

The rule is the sinks' own function; ``test_views.py`` holds what comes of it to the real case views.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pyarrow as pa
from simulation.broker import Broker, Place, Slot
from simulation.script import RECIPIENTS

from processors.names import released_topic
from processors.numbers import Number, sifted
from processors.records import Arrival, Arrivals
from schemas_avro import codec, wire
from sinks import view_batch

Row = dict[str, Any]
Sight = tuple[str, str, str]
"""Recipient, person, event."""
PARTITIONS = 2
REPEATING = 0.5
"""Share of reads that begin again somewhere before."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A row of a view."""

    position: int
    terms: str | None
    """What was released, and by what right; None: it was taken back."""


def row_of(value: bytes) -> tuple[Sight, Kept] | None:
    """What a record says of a row; None: it is a tick or an agreement."""
    [row] = codec.decode_own(wire.schema_id_of(value) or 0, [wire.payload_of(value)])
    head = row.get("release")
    if head is None:
        return None
    sight = (head["recipient"], head["person_id"], head["event_id"])
    terms = [head[n] for n in ("agreement_version", "consent_event_ids", "expires_on", "groups", "operation")]
    return sight, Kept(head["position"], str([*terms, row["body"]]) if "body" in row else None)


def arrival(place: Place, slot: Slot) -> Arrival:
    """A record as whoever reads takes it."""
    return Arrival(*place, slot.offset, slot.appended_at, slot.key, slot.value, dict(slot.headers))


@dataclass
class View:
    """What one reader keeps."""

    broker: Broker
    rows: dict[Sight, Kept] = field(default_factory=dict)
    stale: list[Sight] = field(default_factory=list)
    """Rows of which a lower position replaced a higher."""
    read: dict[Place, int] = field(default_factory=dict)
    drops_repeats: bool = False
    """Whether it goes by the numbers of records, as the sink does."""
    taken: dict[str, Number] = field(default_factory=dict)

    def places(self) -> list[Place]:
        """Partitions that there are to read."""
        return [(released_topic(r), p) for r in RECIPIENTS for p in range(PARTITIONS)]

    def read_some(self, chance: Random) -> None:
        """Some records of one partition; now and then some that were read before, as after a crash of a reader."""
        place = chance.choice(self.places())
        if chance.random() < REPEATING:
            self.read[place] = chance.randint(0, self.read.get(place, 0))
        self.read_on(place, chance.randint(1, 8))

    def read_all(self, chance: Random) -> None:
        """All that is new, one partition after the other."""
        for place in chance.sample(self.places(), len(self.places())):
            self.read_on(place)

    def read_on(self, place: Place, most: int = 1_000_000) -> None:
        """The next records of a partition."""
        slots, self.read[place] = self.broker.partition(place).read(self.read.get(place, 0), most)
        self.keep(self._fresh(place, slots) if self.drops_repeats else slots)

    def keep(self, slots: Sequence[Slot]) -> None:
        """Take a batch of records in."""
        said = [found for slot in slots if (found := row_of(slot.value or b"")) is not None]
        if said:
            self._merge(said)

    def _fresh(self, place: Place, slots: Sequence[Slot]) -> list[Slot]:
        """Those that were not taken before, by their numbers."""
        new = sifted(Arrivals.of(arrival(place, slot) for slot in slots), self.taken)
        self.taken.update(new.taken)
        offsets = {found.offset for found in new.fresh}
        return [slot for slot in slots if slot.offset in offsets]

    def _merge(self, said: list[tuple[Sight, Kept]]) -> None:
        known = {sight: self.rows[sight] for sight, _ in said if sight in self.rows}
        batch = [*known.items(), *said]
        if not known and len({sight for sight, _ in said}) == len(said):
            self.rows.update(said)  # nothing to compare
            return
        table = pa.table({
            "recipient": [s[0] for s, _ in batch], "person_id": [s[1] for s, _ in batch],
            "event_id": [s[2] for s, _ in batch], "position": [k.position for _, k in batch],
            "place": range(len(batch)),
        })  # fmt: skip
        for place in view_batch.newest_per_key(table).column("place").to_pylist():
            self._put(*batch[place])

    def _put(self, sight: Sight, kept: Kept) -> None:
        before = self.rows.get(sight)
        if before is not None and kept.position < before.position:
            self.stale.append(sight)
        self.rows[sight] = kept

    def standing(self) -> dict[Sight, str]:
        """Rows that stand."""
        return {sight: kept.terms for sight, kept in self.rows.items() if kept.terms is not None}
