"""The one table of topics: what each is called, keyed by, holds, and for how long. A topic is a security boundary."""

from collections.abc import Sequence
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from processors import names
from processors.consent.agreements import Agreement
from streams import clients
from streams.errors import ThroughlineError

DAY_MS = 86_400_000
FOREVER = -1
MAX_MESSAGE_BYTES = 1_048_576


@dataclass(frozen=True)
class TopicSpec:
    """One topic."""

    name: str
    key: str
    """What its records are keyed by."""
    schemas: str
    """Subjects of the catalog that it holds."""
    partitions: int
    retention_ms: int
    compacted: bool = False

    @property
    def config(self) -> dict[str, str]:
        """Kafka's settings of it. Every topic stamps LogAppendTime: the broker's clock, not the producer's."""
        return {
            "message.timestamp.type": "LogAppendTime",
            "cleanup.policy": "compact" if self.compacted else "delete",
            "retention.ms": str(self.retention_ms),
            "max.message.bytes": str(MAX_MESSAGE_BYTES),
        }

    def to_new(self, replication: int) -> NewTopic:
        """As the admin client takes it."""
        return NewTopic(self.name, self.partitions, replication, config=self.config)


def table(agreements: Sequence[Agreement], partner_partitions: int, released_partitions: int) -> list[TopicSpec]:
    """Every topic that the agreements call for, sorted by name."""
    found = [
        TopicSpec(names.AGREEMENTS, "agreement", "agreements, rules of law, orders and reissues", 1, FOREVER),
        TopicSpec(names.STEWARDS, "decision", "internal.identity_decided.v1, internal.model_chosen.v1", 1, FOREVER),
        TopicSpec(names.ERASURES, "person", "internal.erasure_requested.v1", 1, FOREVER),
        TopicSpec(names.IDENTITY_RECORDS, "record", "internal.identity_record.v1", 1, FOREVER, compacted=True),
        TopicSpec(names.IDENTITY_CHANGES, "record", "internal.identity_changed.v1", 1, 365 * DAY_MS),
        TopicSpec(names.MODELS, "model", "internal.model_in_force.v1, internal.model_refused.v1", 1, FOREVER),
        TopicSpec(names.REVIEWS, "pair", "internal.identity_review.v1", 1, FOREVER, compacted=True),
        TopicSpec(names.RESOLVED_EVENTS, "record", "internal.resolved_event.v1 and the log's others", 1, FOREVER),
        TopicSpec(names.AUDIT_DECISIONS, "event", "internal.decision_recorded.v1", 1, FOREVER),
    ]
    for agreement in agreements:
        found += _of(agreement, partner_partitions, released_partitions)
    return sorted({spec.name: spec for spec in found}.values(), key=lambda spec: spec.name)


def _of(agreement: Agreement, partner_partitions: int, released_partitions: int) -> list[TopicSpec]:
    if agreement.tier == "dul":
        return []
    if agreement.tier == "dsa":
        kept = (released_partitions, 7 * DAY_MS)
        # A signal goes to the partition of the same number that its releases are read from, so both have as many.
        return [
            TopicSpec(names.released_topic(agreement.party), "person", "released.* and retractions", *kept),
            TopicSpec(names.signals_topic(agreement.party), "person", "internal.signal_changed.v1", *kept),
        ]
    partner = agreement.party
    dead = TopicSpec(
        names.deadletter_topic(partner), "position", "dead letters and marks of their replay", 1, 30 * DAY_MS
    )
    families = [
        TopicSpec(names.partner_topic(partner, f), "record", f"partner.{f}.v1", partner_partitions, 7 * DAY_MS)
        for f in agreement.families
    ]
    return [dead, *families]


def create(admin: AdminClient, specs: Sequence[TopicSpec], replication: int = 1) -> list[str]:
    """Make the topics that are not there; names of those made.

    Raises:
        ThroughlineError: the broker does not answer or refuses, or a topic is there with another number of partitions.
    """
    try:
        there = admin.list_topics(timeout=15).topics
    except KafkaException as error:
        raise clients.away(error.args[0]) from error
    for spec in specs:
        known = there.get(spec.name)
        if known is not None and len(known.partitions) != spec.partitions:
            raise ThroughlineError(
                f"topic {spec.name} has {len(known.partitions)} partitions, the settings say {spec.partitions}; "
                "a change would break the order of its keys: set them back"
            )
    missing = [spec.to_new(replication) for spec in specs if spec.name not in there]
    made = []
    for name, future in (admin.create_topics(missing) if missing else {}).items():
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # somebody else has just made it
                raise ThroughlineError(f"the broker did not make topic {name}: {error.args[0].str()}") from error
        else:
            made.append(name)
    return made
