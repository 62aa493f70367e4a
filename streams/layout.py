"""How many partitions each topic of ours has to have; a stage whose topics have others stops before it decides.

The number belongs to what is written: keys keep their places by it, stages number what they send by partition, what
recipients are told in every partition goes to as many as there were, and the log has one order because it has one.
"""

from collections.abc import Mapping

from processors import names
from streams.errors import Stop, StoppedError
from streams.settings import Settings

PAGE = '"Several brokers" in docs/keep-it-running.md'
PARTNER, RELEASED = "THROUGHLINE_PARTNER_PARTITIONS", "THROUGHLINE_RELEASED_PARTITIONS"
LOGS = {value for name, value in vars(names).items() if name.isupper()}
"""Topics of one partition, as are those of dead letters, receipts and sandboxes."""


def expected(topic: str, chosen: Settings) -> int | None:
    """Partitions that a topic has to have; None: it is not ours."""
    if topic in LOGS:
        return 1
    kinds = {
        "partner": chosen.partner_partitions,
        "released": chosen.released_partitions,
        "signals": chosen.released_partitions,
        "deadletter": 1,
        "receipts": 1,
        "sandbox": 1,
    }
    kind, dot, _ = topic.partition(".")
    return kinds.get(kind) if dot else None


def check(there: Mapping[str, int], chosen: Settings, own: tuple[str, ...]) -> None:
    """See that topics have the partitions that they have to have.

    Args:
        there: partitions of each topic that there is.
        chosen: the settings.
        own: how the names of those begin that matter.

    Raises:
        StoppedError: one has another number.
    """
    for name, found in sorted(there.items()):
        number = expected(name, chosen) if name.startswith(own) else None
        if number is not None and found != number:
            raise other_number(name, found, number)


def other_number(topic: str, found: int, number: int) -> StoppedError:
    """A topic has another number of partitions than it has to have; with what may be done."""
    kind, log = topic.partition(".")[0], "its order is that of one log"
    setting = {"partner": PARTNER, "released": RELEASED, "signals": RELEASED}.get(kind)
    remedy = f"{setting} was changed: set it back; or the topic was" if setting else log
    line = f"topic {topic} has {found} partitions and must have {number}: {remedy}: see {PAGE}"
    return StoppedError(line, Stop.PARTITIONS)
