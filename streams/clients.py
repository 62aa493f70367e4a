"""Kafka clients as Throughline uses them: one partitioner, read committed, no automatic anything."""

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer
from confluent_kafka.admin import AdminClient

from processors.records import NO_HEADERS, Arrivals
from streams import telemetry
from streams.access import SEE, of_environment
from streams.errors import BROKER_AWAY, IF_AWAY, ThroughlineError, TransientError

PARTITIONER = "murmur2_random"
"""As Java and aiokafka partition; librdkafka's default disagrees with them on most keys."""
TRANSACTION_TIMEOUT_MS = 10_000
ANSWER_SECONDS = 7.0
"""For whom a person waits: a broker that takes longer to say which topics it has does not answer."""
LOGGER = logging.getLogger(telemetry.KAFKA_CLIENT)
"""Its own lines: into a process's log, where it has one (``streams.telemetry``); a command says the one that counts."""
LOGGER.addHandler(logging.NullHandler())
LOGGER.propagate = False
LOOPING = {"fetch.wait.max.ms": 100}
"""For a loop that only reads: what there is comes at once; at 10 ms its idle turns took 40 % of the broker's CPU."""

SILENT = {
    "_TRANSPORT", "_ALL_BROKERS_DOWN", "_RESOLVE", "_TIMED_OUT", "_MSG_TIMED_OUT", "REQUEST_TIMED_OUT",
    "NETWORK_EXCEPTION", "BROKER_NOT_AVAILABLE", "LEADER_NOT_AVAILABLE", "COORDINATOR_NOT_AVAILABLE",
    "COORDINATOR_LOAD_IN_PROGRESS",
}  # fmt: skip
"""How Kafka's client calls it where nobody answers, or nobody does yet."""
NOT_LET_IN = {"_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED", "_SSL"}
"""How it calls it where a user, a password or a certificate is not taken; what was asked for then only never comes."""
NOT_IN = "the broker does not let us in"
_heard: deque[KafkaError] = deque(maxlen=1)
"""The last of these that a client of this process has met."""


def connecting() -> dict[str, Any]:
    """What all clients have: how they connect by the settings, and who is told where they are not let in."""
    found = of_environment().for_librdkafka()
    return {**found, "error_cb": _hear} if found else {}


def _hear(error: KafkaError) -> None:
    LOGGER.error("%s", error.str())  # as the client does itself where nobody is told
    if error.name() in NOT_LET_IN:
        _heard.append(error)


def consumer(bootstrap: str, group: str, **more: Any) -> Consumer:
    """A consumer that its owner assigns, seeks and commits by hand."""
    settings = {
        **connecting(),
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "isolation.level": "read_committed",
        "allow.auto.create.topics": False,
        "fetch.wait.max.ms": 10,  # what else this consumer asks the broker waits behind its fetch
        "queued.max.messages.kbytes": 16_384,
    }
    return Consumer({**settings, **more}, logger=LOGGER)


def producer(bootstrap: str, transactional_id: str | None = None, **more: Any) -> Producer:
    """An idempotent producer; a transactional one where it has an id."""
    settings: dict[str, Any] = {
        **connecting(),
        "bootstrap.servers": bootstrap,
        "enable.idempotence": True,
        "acks": "all",
        "partitioner": PARTITIONER,
        "compression.type": "lz4",
        "linger.ms": 2,
    }
    if transactional_id is not None:
        # A transaction that follows at once is told to wait for the one before; at librdkafka's default of 100 ms for
        # every retry it takes 116 ms (measured), at 10 ms 25.
        settings |= {
            "transactional.id": transactional_id,
            "transaction.timeout.ms": TRANSACTION_TIMEOUT_MS,
            "retry.backoff.ms": 10,
        }
    return Producer({**settings, **more}, logger=LOGGER)


def admin(bootstrap: str, **more: Any) -> AdminClient:
    """An admin client."""
    return AdminClient({**connecting(), "bootstrap.servers": bootstrap, **more}, logger=LOGGER)


def arrivals(messages: Sequence[Message]) -> Arrivals:
    """Consumed messages as values; headers that are not ours to trust stay bytes."""
    if not messages:
        return Arrivals()
    of: Any = type(messages[0])  # a method that is looked up once takes half the time
    return Arrivals(
        list(map(of.topic, messages)),
        list(map(of.partition, messages)),
        list(map(of.offset, messages)),
        [at for _, at in map(of.timestamp, messages)],
        list(map(of.key, messages)),
        list(map(of.value, messages)),
        [_headers(pairs) if pairs else NO_HEADERS for pairs in map(of.headers, messages)],
    )


def _headers(pairs: Sequence[tuple[str, bytes | None]]) -> Mapping[str, bytes]:
    return {name: value for name, value in pairs if value is not None}


def place_of(message: Message) -> tuple[str, int]:
    """Topic and partition of a message."""
    return str(message.topic()), int(message.partition() or 0)


def faults(messages: Sequence[Message]) -> list[Message]:
    """Those that are no records but errors, or say that an end was reached."""
    if not messages or not any(map(type(messages[0]).error, messages)):  # an error compared to None raises
        return []
    return [message for message in messages if message.error() is not None]


def trouble(error: Exception) -> TransientError:
    """What a loop waits for: a broker that does not answer, or one that refuses."""
    known = error.args[0] if isinstance(error, KafkaException) else None
    if known is None:
        return TransientError(BROKER_AWAY, str(error) or type(error).__name__)
    if (refusal := refused(known)) is not None:
        return TransientError(NOT_IN, refusal.str())
    return TransientError(BROKER_AWAY if known.name() in SILENT else "the broker refuses", known.str())


def away(error: KafkaError) -> ThroughlineError:
    """What a command says of a broker that does not answer, or does not let it in: one line, with the remedy."""
    if (refusal := refused(error)) is not None:
        return ThroughlineError(f"{NOT_IN}: {refusal.str()}; {SEE}")
    return ThroughlineError(f"{BROKER_AWAY}: {error.str()}; {IF_AWAY}")


def refused(error: KafkaError) -> KafkaError | None:
    """That the broker did not let a client in: by its error, or by what was heard while nothing came of it."""
    if error.name() in NOT_LET_IN:
        return error
    return _heard.pop() if _heard and error.name() in SILENT else None
