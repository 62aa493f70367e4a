"""What no stage can mend: it must stop, or else all that is asked of it must still hold."""

from collections.abc import Callable
from enum import Enum

from simulation.broker import Broker, Fate
from simulation.feeder import LOG, Feeder


class Disaster(Enum):
    """What happens to a group or to the log."""

    EXPIRED = "the group's offsets expired"
    DELETED = "records were deleted"
    RECREATED = "the log was made anew"
    CUT = "the log was cut"
    REGROWN = "the log was cut and has grown again while no worker was there"
    RESTORED = "an older copy of the store was put back"


def strike(disaster: Disaster, broker: Broker, feeder: Feeder, group: str, draw: Callable[[int], int]) -> None:
    """Let it happen to the group or the log."""
    log = broker.partition(LOG)
    if disaster is Disaster.EXPIRED:
        broker.group(group).offsets.clear()
    elif disaster is Disaster.DELETED:
        broker.delete_before(LOG, draw(log.high))
    elif disaster is Disaster.RECREATED:
        feeder.begin_again()
        broker.make(LOG[0])
    elif disaster is Disaster.CUT:
        _cut(broker, feeder, draw)
        feeder.is_held = True
    elif disaster is Disaster.REGROWN:
        high = log.high
        _cut(broker, feeder, draw)
        while log.high <= high and not feeder.is_done:
            feeder.step(is_calm=True)


def _cut(broker: Broker, feeder: Feeder, draw: Callable[[int], int]) -> None:
    """The log loses its end; what was in it is written again."""
    feeder.begin_again(feeder.next)
    log = broker.partition(LOG)
    at = log.low + draw(log.high - log.low)
    broker.cut(LOG, at)
    kept = {
        value for slot in log.slots if slot.fate is Fate.COMMITTED for name, value in slot.headers if name == "ce_id"
    }
    ids = [logged.id.encode() for logged in feeder.script.logged]
    feeder.begin_again(sum(id_ in kept for id_ in ids))
