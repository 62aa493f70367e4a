"""Whom it is about: one person whom resolve and consent really decided, and as many like that one as are asked for."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bench import made_up
from processors import names, sealing
from processors.consent.agreements import Agreement
from processors.consent.law.documents import row_of
from processors.consent.law.shipped import SHIPPED, VERSION
from processors.consent.release import body_of
from processors.drafts import Draft, encode_drafts
from processors.records import Arrival, Arrivals, Out, Outs
from processors.resolve import decide as resolve
from processors.state import Changes, Memory, Working
from schemas_avro import catalog, codec, wire

Row = dict[str, Any]
EVENT = "internal.resolved_event.v1"
FIRST = 9
"""Of the made-up persons: seen by two recipients."""
SPACE = 1 << 64
PSEUDONYM_KEY = bytes(range(32))


def log_of_one(keys: sealing.Keys, agreements: Sequence[Agreement]) -> list[Out]:
    """The ordered log as resolve writes it: rules, agreements, and a person with a consent and one fact."""
    arrivals = [_arrival(names.AGREEMENTS, "internal.rules_activated.v1", row_of(SHIPPED, VERSION))]
    arrivals += [_arrival(names.AGREEMENTS, "internal.agreement_activated.v1", a.to_row()) for a in agreements]
    said = {
        "identity": made_up.identity(made_up.PARTNER, FIRST),
        "consent": made_up.consent(FIRST),
        "enrollment": made_up.fact(FIRST, "first"),
    }
    for family, row in said.items():
        topic = names.partner_topic(made_up.PARTNER, family)
        arrivals.append(_arrival(topic, f"partner.{family}.v1", row, row["envelope"]["subject_token"]))
    context = resolve.Context(PSEUDONYM_KEY, keys, time.time_ns() // 1_000)
    outs = resolve.decide(Arrivals.of(arrivals), Working(Memory()), context)
    return [out for out in outs if out.topic == names.RESOLVED_EVENTS]


def _arrival(topic: str, subject: str, row: Row, key: str = "") -> Arrival:
    schema_id = catalog.id_of(subject)
    value = wire.frame(schema_id, codec.encode_rows(schema_id, [row])[0])
    return Arrival(topic, 0, 0, time.time_ns() // 1_000_000, key.encode(), value)


@dataclass(frozen=True)
class People:
    """So many persons like one: the same consents and facts under keys of their own."""

    count: int
    fact: Row
    """The one's fact, a row of ``resolved_event.avsc``."""
    body: bytes
    """Its body, opened."""

    @classmethod
    def like(cls, log: Sequence[Out], keys: sealing.Keys, count: int) -> "People":
        """Like the person of a log."""
        schema_id = catalog.id_of(EVENT)
        values = [wire.payload_of(out.value) for out in log if wire.schema_id_of(out.value) == schema_id]
        [fact] = [row for row in codec.decode_own(schema_id, values) if row["family"] == "enrollment"]
        return cls(count, fact, body_of(fact, keys) or b"")

    def record_key(self, number: int) -> str:
        """Of a person by number: a hash's like, in no table's way: over all of them, evenly, and in order."""
        return f"{number * (SPACE // self.count):016x}{_digits('record', number)}"

    def person_id(self, number: int) -> str:
        """Likewise."""
        return f"{number * (SPACE // self.count):016x}{_digits('person', number)}"

    def rows(self, stored: Sequence[tuple[str, str, bytes]], first: int, last: int) -> Changes:
        """What consent's store holds of persons by number, made of what it holds of the one: table, key and value."""
        changes: Changes = {table: {} for table, _, _ in stored}
        for number in range(first, last):
            own = {
                self.fact["record_key"]: self.record_key(number),
                self.fact["person_id"]: self.person_id(number),
                self.fact["fact_id"]: _digits("fact", number) * 2,
            }
            for table, key, value in stored:
                changes[table][_put(own, key)] = _put(own, value.decode()).encode()
        return changes

    def events(self, first: int, last: int, among: int, keys: sealing.Keys) -> Outs:
        """The log's records of new facts by number, in turns over so many of the persons."""
        drafts = [self._event(number, number * 7_919 % among, keys) for number in range(first, last)]
        return encode_drafts(drafts)

    def _event(self, number: int, person: int, keys: sealing.Keys) -> Draft:
        record_key, event_id = self.record_key(person), event_id_of(number)
        row = {
            **self.fact, "event_id": event_id, "record_key": record_key, "person_id": self.person_id(person),
            "fact_id": _digits("new fact", number) * 2,
            "sealed_body": sealing.seal(keys, record_key, f"{event_id}|{resolve.STAGE}", self.body),
        }  # fmt: skip
        return Draft(names.RESOLVED_EVENTS, record_key, EVENT, row, event_id)


def event_id_of(number: int) -> str:
    """Id of an event by number."""
    return f"{number:08x}-0000-5000-8000-000000000000"


def number_of(event_id: str) -> int | None:
    """Number of an event; None: it is none of ours."""
    return int(event_id[:8], 16) if event_id.endswith("-0000-5000-8000-000000000000") else None


def in_parts(count: int, size: int) -> Iterator[tuple[int, int]]:
    """First and last of each part of so many."""
    for start in range(0, count, size):
        yield start, min(start + size, count)


def _put(own: dict[str, str], text: str) -> str:
    for before, after in own.items():
        text = text.replace(before, after)
    return text


def _digits(kind: str, number: int) -> str:
    return hashlib.blake2b(f"{kind} {number}".encode(), digest_size=8).hexdigest()
