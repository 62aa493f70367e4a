"""Waiting in tests for what another thread or process does: long, since only a wait in vain takes all of it."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

PATIENCE_SECONDS = 180.0
"""Past any wait that should end, on a busy machine too."""
ANSWER_SECONDS = 10.0


def wait_until(
    holds: Callable[[], Any],
    what: str = "what was waited for",
    seconds: float = PATIENCE_SECONDS,
    *,
    check: Callable[[], Any] = lambda: None,
    every: float = 0.05,
) -> None:
    """Wait for something to come true.

    Args:
        holds: asked again and again.
        what: it is, for whoever reads of the failure.
        seconds: to wait at most.
        check: raises where waiting has become useless, as when a process has ended.
        every: so many seconds it is asked.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        check()
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:.0f} s"
        time.sleep(every)


def shares_of(admin: AdminClient, group: str, name_of: Callable[[Any], str]) -> Counter[str]:
    """How many partitions members of a consumer group have, by name; none while no broker can tell."""
    asked = admin.describe_consumer_groups([group], request_timeout=ANSWER_SECONDS)
    try:
        found = asked[group].result(2 * ANSWER_SECONDS)
    except (KafkaException, TimeoutError):  # nobody keeps the group yet
        return Counter()
    counts = Counter[str]()
    for member in found.members:
        counts[name_of(member)] += len(member.assignment.topic_partitions)
    return Counter({name: count for name, count in counts.items() if count})
