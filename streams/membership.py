"""Which shares of a stage are ours, as Kafka's group has it: of a share there is a topic of one partition.

A share's lease, in the words of ``streams.leases``: it says who acts, so that workers do not hinder each other. That no
share is done twice does not rest on it. Who keeps a share goes on while others move (cooperative); one that is killed
and started again within its session has what it had (static), since there is nothing else that it could come to lack:
these topics are made before anybody joins, and there are never more. ``streams/shared_sink.py`` cannot say so of its.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from confluent_kafka import OFFSET_END, Consumer, TopicPartition

from streams import clients
from streams.errors import ThroughlineError

SESSION_MS = 6_000
"""As short as brokers take it by default. A member that is silent for so long is gone, and its shares go to others."""
MEMBER = {
    "partition.assignment.strategy": "cooperative-sticky",
    "session.timeout.ms": SESSION_MS,
    "heartbeat.interval.ms": 1_500,
    "topic.metadata.refresh.interval.ms": 5_000,
}
LOOK_SECONDS = 0.1
HAND_OVER_SECONDS = 5.0
"""For a share that goes to another: so long its last batch is waited for."""


def _idle(topic: str) -> bool:
    del topic
    return False


class Membership:
    """One worker among those of a group; one thread runs it, any may ask."""

    def __init__(
        self, bootstrap: str, group: str, topics: Sequence[str], member: str,
        is_busy: Callable[[str], bool] = _idle,
    ) -> None:  # fmt: skip
        """Join when it is run.

        Args:
            bootstrap: address of the broker.
            group: of all of these workers.
            topics: of one partition each; they are there.
            member: name of this worker, of which there is one.
            is_busy: whether a share is at work here still, though it is not ours any more.
        """
        more = {**MEMBER, "group.instance.id": member, "client.id": member}
        self._consumer = clients.consumer(bootstrap, group, **more)
        self._topics, self._member, self._is_busy = list(topics), member, is_busy
        self._ours = frozenset[str]()

    def holds(self, topic: str) -> bool:
        """Whether it is ours."""
        return topic in self._ours

    def lease(self, topic: str) -> "ShareLease":
        """Of one share."""
        return ShareLease(self, topic)

    def run(self, stopping: threading.Event) -> None:
        """Be a member until told to stop.

        Raises:
            ThroughlineError: another worker has this one's name.
        """
        self._consumer.subscribe(
            self._topics, on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost
        )  # fmt: skip
        try:
            while not stopping.is_set():
                message = self._consumer.poll(LOOK_SECONDS)
                error = None if message is None else message.error()
                if error is not None and error.fatal():
                    raise ThroughlineError(
                        f"{self._member}: Kafka lets it go on no more ({error.name()}): is another worker started "
                        "under its name? give each its own THROUGHLINE_INSTANCE"
                    )
        finally:
            self._ours = frozenset()
            self._consumer.close()

    def _assigned(self, consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        """Nothing is read here: who follows a share has a consumer of its own."""
        given = [TopicPartition(place.topic, place.partition, OFFSET_END) for place in partitions]
        consumer.incremental_assign(given)
        consumer.pause(given)
        self._ours |= {place.topic for place in partitions}

    def _revoked(self, consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        """Give shares up once their last batch is done: the others hear of it when this returns."""
        given_up = {place.topic for place in partitions}
        self._ours -= given_up
        deadline = time.monotonic() + HAND_OVER_SECONDS
        while any(map(self._is_busy, given_up)) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS / 10)
        consumer.incremental_unassign(list(partitions))

    def _lost(self, consumer: Consumer, partitions: Sequence[TopicPartition]) -> None:
        """Others have them already."""
        self._ours -= {place.topic for place in partitions}
        consumer.incremental_unassign(list(partitions))


@dataclass
class ShareLease:
    """Of one share: held for as long as Kafka's group gives it to this worker."""

    membership: Membership
    topic: str

    def take(self) -> bool:
        """Whether it is ours; the group alone gives it."""
        return self.membership.holds(self.topic)

    def is_lost(self) -> bool:
        """Whether the group has given it to another."""
        return not self.membership.holds(self.topic)

    def give_up(self) -> None:
        """Nothing: the group alone takes it."""

    def close(self) -> None:
        """Nothing: the membership ends for all shares at once."""
