"""Replaying dead letters: the original bytes go back onto their partner's topic, once.

1. Begin as the partner's one replayer: the transactional id is the partner's, so whoever replayed before is fenced,
   and what they left open is undone.
2. Read the partner's dead letters and the marks of those replayed. Nobody else can add a mark from here on.
3. In one Kafka transaction: the bytes onto the topic that they came from, and the mark beside the dead letter.

So two operators at once, or a crash anywhere, leave each dead letter either waiting, or replayed and marked. Should a
broker still let something through twice, the event's own id makes the second a repeat, which resolve drops.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from deploy.dead_letters import EXPIRED, REPLAYED, Letter, event_in, letters, now_ms, opened
from partners.events import headers_of_row, key_of
from processors import names, sealing
from processors.records import REPLAY_OF, derived_id
from schemas_avro import catalog, codec, wire
from schemas_avro.ids import is_event_id
from streams import clients
from streams.errors import ThroughlineError

Row = dict[str, Any]
MARK = "internal.letter_replayed.v1"
REASONS: tuple[str, ...] = tuple(
    next(t["symbols"] for t in catalog.named_types(catalog.schema_for(MARK)) if t["name"] == "ReplayReason")
)
UNREADABLE = "unreadable"
"""No event by this catalog, or its key is gone: it would only be rejected again."""
BATCH = 200
"""Dead letters in one transaction: far less than a broker lets it last."""
START_SECONDS = 30.0
COMMIT_SECONDS = 10.0
FENCED = {KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH}  # noqa: SLF001  # its name


@dataclass
class Outcome:
    """What became of the dead letters that were asked for."""

    replayed: list[str] = field(default_factory=list)
    """Places; of a dry run, what would be."""
    left: dict[str, str] = field(default_factory=dict)
    """Why, by place: replayed before, expired, unreadable."""


@dataclass(frozen=True)
class Wish:
    """What is to be replayed, and why."""

    partner: str
    reason: str
    """Of REASONS."""
    place: str | None = None
    code: str | None = None

    def covers(self, letter: Letter) -> bool:
        """Whether a dead letter is asked for."""
        return letter.place == self.place if self.place is not None else letter.row["code"] == self.code


@dataclass(frozen=True)
class Ready:
    """A dead letter that can go."""

    letter: Letter
    value: bytes = field(repr=False)
    event: Row = field(repr=False)


MENDS = {
    "mended_agreement": {"no_agreement", "family_not_agreed", "consent_not_authorised"},
    "mended_schema": {"unknown_schema", "schema_not_allowed", "undecodable", "unknown_code"},
    "mended_key": {"key_mismatch"},
    "bug_fixed": {"internal_error"},
}
"""Codes of what each reason can have mended; with others the event itself was mostly wrong."""


def hopeless(ready: Iterable[Ready], reason: str) -> list[str]:
    """Codes of dead letters that will likely be rejected again, since the reason mends nothing of theirs."""
    return sorted({one.letter.row["code"] for one in ready} - MENDS[reason])


def look(address: str, wish: Wish, keys: sealing.Keys) -> tuple[list[Ready], dict[str, str]]:
    """What could be replayed now, and by place why the rest could not.

    Raises:
        ThroughlineError: the broker does not answer.
    """
    ready, left = [], {}
    for letter in filter(wish.covers, letters(address, wish.partner)):
        state = letter.state(now_ms())
        value = b"" if state in {REPLAYED, EXPIRED} else opened(letter, keys)
        decoded = event_in(value)
        if state in {REPLAYED, EXPIRED}:
            left[letter.place] = state
        elif decoded is None:
            left[letter.place] = UNREADABLE
        else:
            ready.append(Ready(letter, value, decoded[1]))
    return ready, left


def replay(address: str, wish: Wish, keys: sealing.Keys) -> Outcome:
    """Replay what waits of what is asked for.

    Raises:
        ThroughlineError: the broker does not answer, or somebody else replays this partner's now. What was done
            before that is marked.
    """
    producer = clients.producer(address, f"deadletters.{wish.partner}")
    try:
        producer.init_transactions(START_SECONDS)
        ready, left = look(address, wish, keys)
        outcome = Outcome(left=left)
        for batch in _batches(ready):
            _send(producer, batch, wish.reason)
            outcome.replayed += [one.letter.place for one in batch]
    except KafkaException as error:
        if error.args[0].code() in FENCED:
            raise ThroughlineError(
                f"somebody else began to replay {wish.partner}'s dead letters; see `throughline deadletters list`"
            ) from error
        raise ThroughlineError(
            f"the broker does not answer ({error.args[0].name()}); run it again: what was replayed is marked"
        ) from error
    return outcome


def _batches(ready: Iterable[Ready]) -> Iterator[list[Ready]]:
    source = iter(ready)
    while batch := list(islice(source, BATCH)):
        yield batch


def _send(producer: Producer, batch: list[Ready], reason: str) -> None:
    """Step 3."""
    schema_id = catalog.id_of(MARK)
    payloads = codec.encode_rows(schema_id, [_mark(one, reason) for one in batch])
    producer.begin_transaction()
    for one, payload in zip(batch, payloads, strict=True):
        letter = one.letter
        headers: Any = [*headers_of_row(one.event), (REPLAY_OF, (letter.row["replay_of"] or letter.place).encode())]
        producer.produce(letter.row["topic"], one.value, key_of(one.event), headers=headers)
        told: Any = [("ce_id", derived_id(letter.place, "replayed", 0).encode())]
        topic = names.deadletter_topic(letter.row["partner_id"])
        producer.produce(topic, wire.frame(schema_id, payload), letter.place.encode(), headers=told)
    producer.commit_transaction(COMMIT_SECONDS)


def _mark(one: Ready, reason: str) -> Row:
    event_id = one.event["envelope"]["event_id"]
    place = {name: one.letter.row[name] for name in ("topic", "partition", "offset", "partner_id")}
    known = {"event_id": event_id if is_event_id(event_id) else None}
    return {**place, **known, "reason": reason, "replayed_at": now_ms() * 1_000}
