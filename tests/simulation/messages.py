"""What librdkafka's clients answer with, as far as the stage looks at it."""

from dataclasses import dataclass

from confluent_kafka import KafkaError
from simulation.broker import NO_OFFSET, Place, Slot


@dataclass(frozen=True, slots=True)
class Message:
    """A record as a consumer gives it, or an error in its place."""

    place: Place
    slot: Slot | None
    code: int | None = None

    def topic(self) -> str:
        """Its topic."""
        return self.place[0]

    def partition(self) -> int:
        """Its partition."""
        return self.place[1]

    def offset(self) -> int:
        """Its offset."""
        return self.slot.offset if self.slot else NO_OFFSET

    def timestamp(self) -> tuple[int, int]:
        """Kind (LogAppendTime), and milliseconds."""
        return 2, self.slot.appended_at if self.slot else 0

    def key(self) -> bytes | None:
        """Its key."""
        return self.slot.key if self.slot else None

    def value(self) -> bytes | None:
        """Its value."""
        return self.slot.value if self.slot else None

    def headers(self) -> list[tuple[str, bytes]]:
        """Its headers."""
        return list(self.slot.headers) if self.slot else []

    def error(self) -> KafkaError | None:
        """The error in its place."""
        return None if self.code is None else KafkaError(self.code)


@dataclass(frozen=True)
class TopicMetadata:
    """A topic's partitions."""

    partitions: dict[int, object]


@dataclass(frozen=True)
class ClusterMetadata:
    """Topics by name."""

    topics: dict[str, TopicMetadata]


@dataclass(frozen=True)
class TopicDescription:
    """A topic's id."""

    topic_id: str

    def result(self) -> "TopicDescription":
        """Itself: it is a future that has come true."""
        return self
