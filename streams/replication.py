"""On how many brokers a cluster keeps each record, and how many must have it before it counts as written."""

from collections.abc import Mapping
from dataclasses import dataclass

from streams.errors import ThroughlineError

FACTOR, MIN_INSYNC = "THROUGHLINE_REPLICATION_FACTOR", "THROUGHLINE_MIN_INSYNC_REPLICAS"
CONFIG = "min.insync.replicas"
"""Kafka's name of it among a topic's settings."""
USUAL_FACTOR, USUAL_MIN_INSYNC = 3, 2
"""With three replicas of which two must have a record, any one broker may be away, and what was acknowledged outlives
any one disk: Kafka leaves it to the system when a record reaches its disk."""


@dataclass(frozen=True)
class Replication:
    """Of a topic that is made."""

    factor: int = 1
    """Brokers that keep each partition."""
    min_insync: int = 1
    """Of them, those that must have a record before a producer hears that it is written; fewer take none."""


@dataclass(frozen=True)
class Wanted:
    """What the settings ask for; None: what fits the cluster."""

    factor: int | None = None
    min_insync: int | None = None

    def fitting(self, brokers: int) -> Replication:
        """What topics are made with in a cluster of so many brokers.

        Raises:
            ThroughlineError: so many replicas cannot be, or fewer replicas than must have each record.
        """
        factor = self.factor or min(USUAL_FACTOR, brokers)
        min_insync = self.min_insync or min(USUAL_MIN_INSYNC, factor)
        if factor > brokers:
            raise ThroughlineError(
                f"{FACTOR} is {factor}, and {'1 broker answers' if brokers == 1 else f'{brokers} brokers answer'}: "
                f"start the others, or set it to {brokers} at most"
            )
        if min_insync > factor:
            raise ThroughlineError(
                f"{MIN_INSYNC} is {min_insync}, and topics have {factor} of them: set it to {factor} at most, or "
                f"{FACTOR} to more"
            )
        return Replication(factor, min_insync)

    def check_made(self, replicas: Mapping[str, int]) -> None:
        """See that topics that are there have enough replicas; of settings that ask for none any number is enough.

        Args:
            replicas: of each topic.

        Raises:
            ThroughlineError: one has fewer; with the remedy.
        """
        setting, least = max((FACTOR, self.factor or 0), (MIN_INSYNC, self.min_insync or 0), key=lambda one: one[1])
        for name, found in sorted(replicas.items()):
            if found < least:
                raise ThroughlineError(
                    f"topic {name} has {found} {'replica' if found == 1 else 'replicas'}, {setting} is {least}: give "
                    'it more, as "Several brokers" in docs/keep-it-running.md says, or set that lower'
                )
