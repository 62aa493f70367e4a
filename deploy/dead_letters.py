"""Dead letters as an outsider reads them: each with its state, waiting, replayed or expired; and its event, opened."""

import time
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin._config import ConfigResource

from deploy.topic_reader import Read, all_of
from processors import names, sealing
from processors.resolve.decide import dead_letter_key
from schemas_avro import catalog, codec, wire
from streams import clients
from streams.errors import ThroughlineError

Row = dict[str, Any]
PREFIX = names.deadletter_topic("")
ORDER = ("rejected_at", "topic", "partition", "offset")
WAITING, REPLAYED, EXPIRED = "waiting", "replayed", "expired"
NONE_WAITS = "no dead letter waits with this event id; `throughline deadletters list` has them all"


@dataclass(frozen=True)
class Letter:
    """One dead letter."""

    row: Row = field(repr=False)
    """By internal.dead_letter.v1."""
    expires_at: int | None
    """Milliseconds since 1970-01-01 UTC from which the broker may drop it; None: never."""
    replay: Row | None
    """By internal.letter_replayed.v1, where it was replayed."""

    @property
    def place(self) -> str:
        """Its name: topic/partition/offset of the rejected record."""
        return place_of(self.row)

    def state(self, now: int) -> str:
        """Waiting, replayed or expired; ``now`` is milliseconds since 1970-01-01 UTC."""
        if self.replay is not None:
            return REPLAYED
        return EXPIRED if self.expires_at is not None and self.expires_at <= now else WAITING


def place_of(row: Row) -> str:
    """topic/partition/offset of what a dead letter or a mark is about."""
    return f"{row['topic']}/{row['partition']}/{row['offset']}"


def partner_of(place: str) -> str | None:
    """The partner of a place; None where it is no place on a partner's topic."""
    topic, _, _ = place.partition("/")
    kind, _, rest = topic.partition(".")
    partner, _, family = rest.partition(".")
    return partner if kind == "partner" and partner and family else None


def letters(address: str, partner: str | None) -> list[Letter]:
    """Dead letters, of one partner or of all, oldest first.

    Raises:
        ThroughlineError: the broker does not answer, or has no dead letters of such a partner; names those it knows.
    """
    topic = None if partner is None else names.deadletter_topic(partner)
    if topic is not None and topic not in (there := _topics_there(address)):
        known = ", ".join(sorted(name.removeprefix(PREFIX) for name in there))
        raise ThroughlineError(f"no such partner; the broker has dead letters of {known or 'nobody'}")
    reads = all_of(address, lambda name: name == topic if topic else name.startswith(PREFIX))
    kept = _retention(address, {read.topic for read in reads})
    marks = {place_of(read.row): read.row for read in reads if read.name == "letter_replayed"}
    found = [_letter(read, kept[read.topic], marks) for read in reads if read.name == "dead_letter"]
    return sorted(found, key=lambda letter: tuple(letter.row[name] for name in ORDER))


def place_of_event(address: str, event_id: str) -> str:
    """The place of the one dead letter that waits with an event id.

    Raises:
        ThroughlineError: none does, or several do; or the broker does not answer.
    """
    now, found = now_ms(), letters(address, None)
    places = [one.place for one in found if one.row["event_id"] == event_id and one.state(now) == WAITING]
    if len(places) != 1:
        told = f"several wait with this event id, say the place of one: {', '.join(places)}" if places else NONE_WAITS
        raise ThroughlineError(told)
    return places[0]


def _topics_there(address: str) -> list[str]:
    try:
        return [name for name in clients.admin(address).list_topics(timeout=10).topics if name.startswith(PREFIX)]
    except KafkaException as error:
        raise clients.away(error.args[0]) from error


def _letter(read: Read, kept_ms: int, marks: dict[str, Row]) -> Letter:
    expires_at = None if kept_ms < 0 else read.appended_at + kept_ms
    return Letter(read.row, expires_at, marks.get(place_of(read.row)))


def _retention(address: str, topics: set[str]) -> dict[str, int]:
    """For how many milliseconds each topic keeps its records; negative: for ever."""
    asked = [ConfigResource(ConfigResource.Type.TOPIC, topic) for topic in sorted(topics)]
    admin = clients.admin(address)
    try:
        answers = admin.describe_configs(asked, request_timeout=10) if asked else {}
        return {resource.name: int(future.result()["retention.ms"].value) for resource, future in answers.items()}
    except KafkaException as error:
        raise clients.away(error.args[0]) from error


def now_ms() -> int:
    """The operator's clock, in milliseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1_000_000


def opened(letter: Letter, keys: sealing.Keys) -> bytes:
    """The original bytes; none where their key is gone or there never were any."""
    try:
        return sealing.unseal(keys, dead_letter_key(letter.row["partner_id"]), letter.place, letter.row["sealed_bytes"])
    except sealing.UnreadableError:
        return b""


def event_in(value: bytes) -> tuple[int, Row] | None:
    """Schema id and row of an event's bytes; None where this catalog does not decode them."""
    schema_id = wire.schema_id_of(value)
    if schema_id is None or schema_id not in catalog.catalog():
        return None
    row = codec.decode_strictly(schema_id, wire.payload_of(value))
    return None if row is None else (schema_id, row)
