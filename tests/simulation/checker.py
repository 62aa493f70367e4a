"""What is wrong at the end of a schedule: lost, done twice, stale or leaked."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson
from simulation.broker import Fate, Place, Slot
from simulation.disasters import Disaster
from simulation.feeder import LOG
from simulation.parts import COUNTED
from simulation.truth import standing
from simulation.views import arrival
from simulation.world import Schedule

from processors import names
from processors.consent.audit import HEADER, START, next_hash
from processors.numbers import sifted
from processors.records import Arrivals

KINDS = ("lost", "duplicated", "stale", "leaked")


@dataclass
class Found:
    """What is wrong, by kind."""

    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether nothing is."""
        return not (self.lost or self.duplicated or self.stale or self.leaked)


def check(schedule: Schedule) -> Found:
    """Look through everything that a schedule has left."""
    found = Found(lost=list(schedule.broken), stale=list(schedule.disk.stale))
    found.lost += schedule.signed_early
    found.stale += [f"row {sight} of a view" for view in schedule.views for sight in view.stale]
    if schedule.stopped is not None:
        if schedule.disaster is None or schedule.is_harmless:
            found.lost.append(f"stopped without cause: {schedule.stopped}")
        if schedule.disaster is Disaster.RECREATED:
            return found  # what came after it was read in the middle, until the worker saw that
    _check_batches(schedule, found)
    _check_sent(schedule, found)
    if schedule.stopped is None:
        _check_counts(schedule, found)
        _check_views(schedule, found)
    return found


def _check_batches(schedule: Schedule, found: Found) -> None:
    """Each batch is sent once, in order."""
    for before, after in zip([0, *schedule.batches], schedule.batches, strict=False):
        if after <= before:
            found.duplicated.append(f"batch {after} sent after batch {before}")
        elif after > before + 1:
            found.lost.append(f"batch {after} sent after batch {before}")


def _check_sent(schedule: Schedule, found: Found) -> None:
    """No record is on a topic twice, as a reader of committed records sees it; the audit's chain holds."""
    for name, topic in schedule.broker.topics.items():
        if name == LOG[0]:
            continue
        for part in range(len(topic.partitions)):
            slots = committed(schedule, (name, part))
            ids = Counter(said(slot, "ce_id") for slot in slots)
            found.duplicated += [f"{id_} on {name}/{part}" for id_, times in ids.items() if times > 1]
            found.lost += [f"numbers are missing before {p}" for p in sifted(arrivals((name, part), slots), {}).gaps]
    head, audit = START, committed(schedule, (names.AUDIT_DECISIONS, 0))
    for slot in audit:
        head = next_hash(head, slot.value or b"")
        if said(slot, HEADER) != head:
            found.lost.append("the audit's chain is broken")
            break
    counted = schedule.disk.store().get_many("head", ["records"]).get("records", b"0")
    if schedule.stopped is None and int(counted) != len(audit):
        found.lost.append(f"the audit has {len(audit)} records, counted were {int(counted)}")


def _check_counts(schedule: Schedule, found: Found) -> None:
    """Each record of the log was decided once, and its count was sent."""
    state = {key: int(orjson.loads(value)) for key, value in schedule.disk.store().scan(COUNTED, "")}
    total = state.pop("total", 0)
    gone = [slot for slot in schedule.broker.partition(LOG).deleted if slot.fate is Fate.COMMITTED]
    positions = {a.position for a in sifted(arrivals(LOG, [*gone, *committed(schedule, LOG)]), {}).fresh}
    found.lost += [f"{p} was never decided" for p in sorted(positions - state.keys())]
    found.duplicated += [f"{p} was decided {times} times" for p, times in sorted(state.items()) if times > 1]
    found.duplicated += [f"{p} was decided, and is not in the log" for p in sorted(state.keys() - positions)]
    sent = [int(slot.value or b"0") for slot in committed(schedule, (COUNTED, 0))]
    if sent != list(range(1, total + 1)):
        found.lost.append(f"counts sent are {sent}, counted were {total}")


def _check_views(schedule: Schedule, found: Found) -> None:
    """Every view shows what must stand, and nothing else."""
    wanted = standing(schedule.number)
    for view in schedule.views:
        shown = view.standing()
        found.lost += [f"{sight} does not stand" for sight in sorted(wanted.keys() - shown.keys())]
        found.leaked += [f"{sight} stands" for sight in sorted(shown.keys() - wanted.keys())]
        found.leaked += [
            f"{sight} stands with other words"
            for sight in sorted(shown.keys() & wanted)
            if shown[sight] != wanted[sight]
        ]


def committed(schedule: Schedule, place: Place) -> list[Slot]:
    """What a reader of committed records finds."""
    log = schedule.broker.partition(place)
    return log.read(log.low, len(log.slots))[0]


def arrivals(place: Place, slots: Sequence[Slot]) -> Arrivals:
    """Records of a partition as a stage takes them."""
    return Arrivals.of(arrival(place, slot) for slot in slots)


def said(slot: Slot, name: str) -> str:
    """A header."""
    return dict(slot.headers).get(name, b"").decode()
