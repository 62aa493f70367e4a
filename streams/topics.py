"""The one table of topics: what each is called, keyed by, holds, and for how long. A topic is a security boundary."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._metadata import TopicMetadata
from confluent_kafka.cimpl import NewTopic

from processors import names
from processors.consent.agreements import Agreement
from streams import changelog, clients
from streams.errors import ThroughlineError
from streams.layout import other_number
from streams.replication import CONFIG, Replication, Wanted

DAY_MS = 86_400_000
FOREVER = -1
COMPACTED_WITHIN_MS = 7 * DAY_MS
"""What was deleted, or said before, leaves a compacted topic's files within that time."""
MAX_MESSAGE_BYTES = 1_048_576
WHAT_FITS = Wanted()


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
    max_bytes: int = MAX_MESSAGE_BYTES

    @property
    def config(self) -> dict[str, str]:
        """Kafka's settings of it. Every topic stamps LogAppendTime: the broker's clock, not the producer's."""
        return {
            "message.timestamp.type": "LogAppendTime",
            "cleanup.policy": "compact" if self.compacted else "delete",
            "retention.ms": str(self.retention_ms),
            "max.message.bytes": str(self.max_bytes),
            **({"max.compaction.lag.ms": str(COMPACTED_WITHIN_MS)} if self.compacted else {}),
        }

    def to_new(self, replication: Replication) -> NewTopic:
        """As the admin client takes it."""
        config = {**self.config, CONFIG: str(replication.min_insync)}
        return NewTopic(self.name, self.partitions, replication.factor, config=config)


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


def of_state(stage: str) -> TopicSpec:
    """Where a stage that has standbys tells them what it changes."""
    return TopicSpec(
        names.state_topic(stage),
        "table and key",
        "rows of its store",
        1,
        FOREVER,
        compacted=True,
        max_bytes=changelog.MAX_MESSAGE_BYTES,
    )


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
    receipts = TopicSpec(names.receipts_topic(partner), "submission", "internal.receipt_issued.v1", 1, 30 * DAY_MS)
    families = [
        TopicSpec(names.partner_topic(partner, f), "record", f"partner.{f}.v1", partner_partitions, 7 * DAY_MS)
        for f in agreement.families
    ]
    tried = [
        TopicSpec(names.sandbox_topic(partner, f), "record", f"partner.{f}.v1, made up", 1, DAY_MS)
        for f in agreement.families
    ]
    return [dead, receipts, *families, *tried]


def create(admin: AdminClient, specs: Sequence[TopicSpec], wanted: Wanted = WHAT_FITS) -> list[str]:
    """Make the topics that are not there; names of those made.

    Args:
        admin: of the cluster.
        specs: the topics that there must be.
        wanted: how they are replicated.

    Raises:
        ThroughlineError: the broker does not answer or refuses, a topic is there with another number of partitions, or
            the cluster has not the brokers that the settings ask for.
    """
    try:
        cluster = admin.list_topics(timeout=15)
    except KafkaException as error:
        raise clients.away(error.args[0]) from error
    there = {spec.name: cluster.topics[spec.name] for spec in specs if spec.name in cluster.topics}
    for spec in specs:
        known = there.get(spec.name)
        if known is not None and len(known.partitions) != spec.partitions:
            raise other_number(spec.name, len(known.partitions), spec.partitions)
    wanted.check_made({name: replicas(topic) for name, topic in there.items()})
    if not (missing := [spec for spec in specs if spec.name not in there]):
        return []
    return _made(admin, missing, wanted.fitting(len(cluster.brokers)))


def replicas(topic: TopicMetadata) -> int:
    """Brokers that keep a topic: of the partition that has fewest."""
    return min((len(partition.replicas) for partition in topic.partitions.values()), default=0)


def lagging(known: Iterable[TopicMetadata]) -> int:
    """Partitions of which a replica is not in sync."""
    return sum(len(p.isrs) < len(p.replicas) for topic in known for p in topic.partitions.values())


def _made(admin: AdminClient, specs: Sequence[TopicSpec], replication: Replication) -> list[str]:
    made = []
    for name, future in admin.create_topics([spec.to_new(replication) for spec in specs]).items():
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # somebody else has just made it
                raise ThroughlineError(f"the broker did not make topic {name}: {error.args[0].str()}") from error
        else:
            made.append(name)
    return made
