"""The client with which a partner publishes: idempotent, encoded in batches, every event's fate reported."""

import difflib
import functools
import logging
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from types import TracebackType
from typing import Any, Self

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from partners.events import Headers, Zone, framed, headers_of_row, key_of, topic_of
from partners.rows import Row, to_row
from partners.sendable import check_sendable
from schemas_avro.ids import SUBMISSION
from schemas_avro.masked import Event
from schemas_avro.models import EVENTS
from streams.access import SEE, Access, of_environment
from streams.errors import ThroughlineError

QUIET = logging.getLogger("partners.client")
"""librdkafka's own lines; errors come as delivery reports, so nobody needs them on a terminal."""
QUIET.addHandler(logging.NullHandler())
QUIET.propagate = False
AWAY = {"_MSG_TIMED_OUT", "_TIMED_OUT", "_TRANSPORT", "_ALL_BROKERS_DOWN"}
"""Kafka's names for a broker that does not answer."""
SEND_AGAIN = "see that it is up, then send again: what has come is known by its event id and dropped"
NOT_LET_IN = {"_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED", "_SSL"}
"""And for one that does not take a user, a password or a certificate."""
NO_TOPIC = {"UNKNOWN_TOPIC_OR_PART", "_UNKNOWN_TOPIC"}
"""And for a topic that is not there."""
BATCH = 1_000
"""Rows encoded at once."""
NEAR = 0.7
POLL_SECONDS = 0.1
FAMILY_OF = {model: family for family, model in EVENTS.items()}


class PublishError(ThroughlineError):
    """The broker cannot be reached, or did not take an event; one line with the remedy, and no value of an event."""


class BrokerAwayError(PublishError):
    """No broker answers, or not in time: wait, and send again."""


@dataclass
class Report:
    """What became of what was handed over."""

    acknowledged: list[str] = field(default_factory=list)
    """Event ids that the broker has on all replicas, in the order of its answers."""
    failures: dict[str, str] = field(default_factory=dict)
    """Name of Kafka's error by event id."""


class Publisher:
    """Publishes one partner's events; a context manager, which waits at its end until the broker has everything.

    Example:
        >>> with Publisher("localhost:9092", "csac") as publisher:  # doctest: +SKIP
        ...     publisher.publish(event)
    """

    def __init__(
        self, bootstrap: str, partner_id: str, *, timeout_seconds: float = 30.0, queued_messages: int = 100_000,
        access: Access | None = None, submission: str | None = None, zone: Zone = "partner",
    ) -> None:  # fmt: skip
        """Make a publisher.

        Args:
            bootstrap: broker addresses, host:port, separated by commas.
            partner_id: the partner that publishes.
            timeout_seconds: how long an event may take, and how long to wait for room and at the end.
            queued_messages: how many may wait to be sent before ``publish`` waits for room.
            access: whom it connects as; none: as the settings in the environment say, ``THROUGHLINE_KAFKA_…``.
            submission: under which id the receipt tells of these events, a UUID in lower case; none: a new one.
            zone: where it publishes to: topics that are read, or the partner's sandbox.

        Raises:
            ThroughlineError: the settings do not fit together, or a file of theirs cannot be read.
        """
        self.partner_id = partner_id
        self.submission = submission or str(uuid.uuid4())
        """Id by which the partner asks what became of all that is sent (``throughline partner receipt``)."""
        self.report = Report()
        self.cluster_id = ""
        self._zone: Zone = zone
        self._bootstrap = bootstrap
        self._timeout_seconds = timeout_seconds
        self._refusal = ""
        self._lacking: set[str] = set()
        self._given_up = False
        connecting = (of_environment() if access is None else access).for_librdkafka()
        settings = {**producer_settings(bootstrap, timeout_seconds), **connecting, "error_cb": self._hear}
        self._producer = Producer({**settings, "queue.buffering.max.messages": queued_messages})

    def __enter__(self) -> Self:
        """Nothing to open: the producer connects by itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for what is under way; after an error, let go of it."""
        del error, trace
        if kind is None:
            self.flush()
        else:
            self.give_up()

    def topic_of(self, family: str) -> str:
        """The topic that it publishes a family to."""
        return topic_of(self.partner_id, family, self._zone)

    def publish(self, event: Event) -> None:
        """Hand over one event.

        Args:
            event: a model of ``schemas_avro.models.EVENTS``.

        Raises:
            PublishError: no room for longer than the time-out, or there is no such topic.
            RefusedEventError: it names another partner, or its key would look like a social security number.
        """
        self.publish_many([to_row(event)], FAMILY_OF[type(event)])

    def publish_many(self, rows: Iterable[Row], family: str) -> None:
        """Hand over physical rows of one family; they are encoded in batches, so this is the fast way.

        Args:
            rows: as ``partners.rows.to_row`` makes them; kept in order per record.
            family: of all the rows.

        Raises:
            KeyError: there is no such family.
            PublishError: no room for longer than the time-out, or there is no such topic.
            RefusedEventError: one names another partner, or its key would look like a social security number.
        """
        topic = self.topic_of(family)
        source = iter(rows)
        while batch := list(islice(source, BATCH)):
            check_sendable(batch, self.partner_id)
            self.publish_framed(topic, batch, framed(family, batch))

    def publish_framed(self, topic: str, rows: Sequence[Row], values: Sequence[bytes]) -> None:
        """Hand over rows of which the message values are already made, and which were looked at.

        Raises:
            PublishError: no room for longer than the time-out, or there is no such topic.
        """
        for row, value in zip(rows, values, strict=True):
            self._produce(topic, key_of(row), value, headers_of_row(row), row["envelope"]["event_id"])
        self._producer.poll(0)

    def publish_raw(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Hand over bytes as they are, also such as no gate will let in; known in the report by header ``ce_id``.

        The submission's id goes with them too.

        Raises:
            PublishError: no room for longer than the time-out.
        """
        event_id = dict(headers).get("ce_id", b"").decode(errors="replace")
        self._produce(topic, key, value, headers, event_id)

    def flush(self) -> None:
        """Wait until the broker has everything.

        Raises:
            PublishError: an event was not delivered, or the time-out has passed.
        """
        left = self._producer.flush(self._timeout_seconds)
        if left or self.report.failures:
            self._must_be_let_in()
        if left:
            raise BrokerAwayError(
                f"{left} events are not acknowledged after {self._timeout_seconds:g} s: the broker at "
                f"{self._bootstrap} does not answer; {SEND_AGAIN}"
            )
        if failures := self.report.failures:
            kinds = ", ".join(sorted(set(failures.values())))
            total = len(failures) + len(self.report.acknowledged)
            if self._lacking:
                raise PublishError(f"{len(failures)} of {total} events were not delivered: {self._no_topic()}")
            is_away = bool(AWAY & set(failures.values()))
            away = f"; the broker at {self._bootstrap} does not answer" if is_away else ""
            kind = BrokerAwayError if is_away else PublishError
            raise kind(f"{len(failures)} of {total} events were not delivered: {kinds}{away}; {SEND_AGAIN}")

    def give_up(self) -> None:
        """Let go of what the broker does not have yet; whoever waits in another thread waits no longer."""
        self._given_up = True
        self._producer.purge()

    def take_acknowledged(self) -> int:
        """Forget the events that are acknowledged, and say how many they were: a report of millions has no room."""
        count = len(self.report.acknowledged)
        self.report.acknowledged.clear()
        return count

    def require_topic(self, family: str) -> None:
        """Make sure that the broker answers and has the topic, and note which cluster it is.

        Raises:
            PublishError: it does not; says what to do.
        """
        topic = self.topic_of(family)
        try:
            cluster = self._producer.list_topics(timeout=min(10.0, self._timeout_seconds))
        except KafkaException:
            self._producer.poll(0)  # has it say whether it was not let in
            self._must_be_let_in()
            raise BrokerAwayError(
                f"no Kafka broker answers at {self._bootstrap}; start it, or name another with --bootstrap"
            ) from None
        known = cluster.topics
        if topic not in known:
            here = f"{self._zone}."
            partners = {name.split(".")[1] for name in known if name.startswith(here) and name.count(".") > 1}
            near = [] if self.partner_id in partners else difflib.get_close_matches(self.partner_id, partners, 1, NEAR)
            raise PublishError(
                f"no topic {topic}: {''.join(f'did you mean {name}? ' for name in near)}`throughline topics list` has "
                f"what agreements call for; where {family} should be there, ask the operator for an agreement that "
                f"names {self.partner_id} and {family}"
            )
        self.cluster_id = str(cluster.cluster_id)

    def _no_topic(self) -> str:
        return (
            f"there is no topic {', '.join(sorted(self._lacking))}: is the partner's name right? Topics come with a "
            "partner's agreement: ask the operator"
        )

    def _produce(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers, event_id: str) -> None:
        """Hand one message over; while the queue is full, let the broker's answers make room."""
        deadline = time.monotonic() + self._timeout_seconds
        on_delivery = functools.partial(self._answered, event_id)
        sent: Any = [*headers, (SUBMISSION, self.submission)]
        while not self._given_up:
            try:
                self._producer.produce(topic, value, key, headers=sent, on_delivery=on_delivery)
            except BufferError:
                self._producer.poll(POLL_SECONDS)
            except KafkaException as error:
                if error.args[0].name() not in NO_TOPIC:
                    raise
                self._lacking.add(topic)
                raise PublishError(self._no_topic()) from None
            else:
                return
            if time.monotonic() > deadline:
                raise BrokerAwayError(f"no room to send for {self._timeout_seconds:g} s; is the broker up?")
        raise PublishError(f"given up; {SEND_AGAIN}")

    def _hear(self, error: KafkaError) -> None:
        if error.name() in NOT_LET_IN:
            self._refusal = error.str()

    def _must_be_let_in(self) -> None:
        if self._refusal:
            raise PublishError(f"the broker at {self._bootstrap} does not let us in: {self._refusal}; {SEE}")

    def _answered(self, event_id: str, error: KafkaError | None, message: Message) -> None:
        """Note the broker's answer."""
        if error is None:
            self.report.acknowledged.append(event_id)
            return
        self.report.failures[event_id] = error.name()
        if error.name() in NO_TOPIC:
            self._lacking.add(str(message.topic()))


def producer_settings(bootstrap: str, timeout_seconds: float) -> dict[str, Any]:
    """Settings of the idempotent producer.

    Args:
        bootstrap: broker addresses.
        timeout_seconds: after which an event that is not acknowledged has failed.
    """
    return {
        "bootstrap.servers": bootstrap,
        "acks": "all",
        "enable.idempotence": True,
        # librdkafka's own default puts most keys elsewhere than the Java and aiokafka clients do.
        "partitioner": "murmur2_random",
        "compression.type": "lz4",
        "linger.ms": 5,
        "message.timeout.ms": int(timeout_seconds * 1000),
        "topic.metadata.propagation.max.ms": 5_000,
        "logger": QUIET,
    }
