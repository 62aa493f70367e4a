"""What is counted of moves, and how it is told."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from processors.partitions import partitions_of

PARTITIONS = (2, 4, 8, 16)
Told = dict[str, object]


@dataclass
class Tally:
    """Moves of one run."""

    events: int = 0
    """All that was published, of every family."""
    records: int = 0
    placed: list[tuple[int, str, str]] = field(default_factory=list, repr=False)
    """Of every move how many events came before it, and the person before and after."""
    largest: int = 0
    """Most records that one cause, or one small batch, moved."""
    causes: Counter[str] = field(default_factory=Counter)
    carried_bytes: list[int] = field(default_factory=list)
    """By move: what consent keeps of the record."""
    carried_events: list[int] = field(default_factory=list)
    """By move: events of the record that consent keeps."""
    told_again: int = 0
    """Events of the persons touched, which are decided again."""
    sent: int = 0
    """Releases and retractions that came of moves."""

    def moved(self, place: int, pairs: Sequence[tuple[str, str]]) -> None:
        """Records have moved together."""
        self.placed += [(place, *pair) for pair in pairs]
        self.largest = max(self.largest, len(pairs))

    def crossing(self, partitions: int) -> int:
        """Moves between persons whose ids belong to different partitions."""
        if not self.placed:
            return 0
        before, after = (partitions_of([one[side] for one in self.placed], partitions) for side in (1, 2))
        return sum(one != other for one, other in zip(before, after, strict=True))

    def told(self) -> Told:
        """All figures; of what travels none where nobody looked."""
        count = len(self.placed)
        found: Told = {
            "events": self.events, "records": self.records, "moves": count,
            "per_1000_records": _per(1_000 * count, self.records), "per_1000_events": _per(1_000 * count, self.events),
            "share_crossing": {str(p): _per(self.crossing(p), count, 3) for p in PARTITIONS},
            "largest": self.largest,
        }  # fmt: skip
        if self.carried_bytes:
            found |= {
                "causes": dict(sorted(self.causes.items())),
                "carried_bytes_per_move": round(_per(sum(self.carried_bytes), count)),
                "carried_bytes_max": max(self.carried_bytes),
                "carried_events_per_move": _per(sum(self.carried_events), count),
                "carried_events_max": max(self.carried_events),
                "decided_again_per_move": _per(self.told_again, count),
                "sent_per_move": _per(self.sent, count),
            }
        return found


def _per(what: int, of: int, digits: int = 1) -> float:
    return round(what / of, digits) if of else 0.0
