"""The gate: is an arrival what its partner's agreement allows, whole, and of this world? First step of resolve."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from processors.consent.agreements import Agreement
from processors.records import Arrival, Topic
from processors.resolve import content, plain
from processors.resolve.codes import Code, Fault, Rejection
from processors.resolve.content import FIRST_DAY, LAST_DAY
from processors.resolve.plain import FIRST_PUBLISHED, FUTURE_MICROS, NIL, UUID_FORM
from processors.resolve.traits import digits, valid_ssn, wage_ssn
from schemas_avro import catalog, codec, wire

Row = dict[str, Any]
MAX_VALUE_BYTES = 64 * 1024
OLDEST_DAYS = 130 * 366
UUID = re.compile(UUID_FORM)
MILLIS_PER_DAY = 86_400_000
GRANTING = {"given", "renewed"}


@dataclass(slots=True)  # not frozen, as an arrival
class Admitted:
    """An event that passed."""

    arrival: Arrival
    partner_id: str
    family: str
    envelope: Row = field(repr=False)
    body: bytes = field(repr=False)
    """Avro bytes by the family's body schema."""
    content: Row | None = field(repr=False)
    """The body as a row, of the families that resolve itself reads."""

    @property
    def event_id(self) -> str:
        """The partner event's id."""
        return str(self.envelope["event_id"])


Outcome = Admitted | Rejection
READ_BY_RESOLVE = {"identity", "consent"}


@dataclass(frozen=True, slots=True)
class _Door:
    """What one partner topic takes."""

    partner_id: str
    family: str
    mou: Agreement | None
    schema_id: int | None
    """None: there is no such family."""

    def code_of(self, arrival: Arrival, schema_id: int | None) -> Code | None:
        """What can be told of an arrival without decoding; None: nothing against it."""
        return (
            _code_of_value(arrival.value, schema_id) or self._code_of_topic(arrival) or self._code_of_schema(schema_id)
        )

    def _code_of_topic(self, arrival: Arrival) -> Code | None:
        if self.mou is None or not self.mou.in_force(arrival.appended_at // MILLIS_PER_DAY):
            return Code.NO_AGREEMENT
        return None if self.family in self.mou.families else Code.FAMILY_NOT_AGREED

    def _code_of_schema(self, schema_id: int | None) -> Code | None:
        if schema_id == self.schema_id:
            return None
        return Code.SCHEMA_NOT_ALLOWED if schema_id in catalog.catalog() else Code.UNKNOWN_SCHEMA


def _code_of_value(value: bytes | None, schema_id: int | None) -> Code | None:
    if not value:
        return Code.NULL_VALUE if value is None else Code.EMPTY_VALUE
    if len(value) > MAX_VALUE_BYTES:
        return Code.TOO_LARGE
    return Code.BAD_FRAMING if schema_id is None else None


def _door(name: str, mous: Mapping[str, Agreement]) -> _Door:
    topic = Topic.parse(name)
    schema_id = catalog.id_of(f"partner.{topic.family}.v1") if topic.family in catalog.FAMILIES else None
    return _Door(topic.partner_id, topic.family, mous.get(topic.partner_id), schema_id)


def admit(arrivals: Sequence[Arrival], mous: Mapping[str, Agreement]) -> list[Outcome]:
    """Judge a batch of arrivals from partner topics, in order.

    Args:
        arrivals: of topics partner.<partner>.<family>.
        mous: the agreement that each partner publishes under.
    """
    doors = {name: _door(name, mous) for name in {arrival.topic for arrival in arrivals}}
    outcomes: dict[int, Outcome] = {}
    by_schema: dict[int, list[tuple[int, Arrival]]] = defaultdict(list)
    for place, arrival in enumerate(arrivals):
        schema_id = wire.schema_id_of(arrival.value or b"")
        code = doors[arrival.topic].code_of(arrival, schema_id)
        if code is None:
            by_schema[schema_id or 0].append((place, arrival))
        else:
            outcomes[place] = Rejection(code, event_id=header_event_id(arrival))
    for schema_id, placed in by_schema.items():
        outcomes.update(_decode(schema_id, placed, mous))
    return [outcomes[place] for place in range(len(arrivals))]


def header_event_id(arrival: Arrival) -> str | None:
    """The event id of the CloudEvents header, where it is one."""
    text = arrival.headers.get("ce_id", b"").decode("ascii", "replace")
    return text if is_event_id(text) else None


def is_event_id(text: str) -> bool:
    """Whether a text is a UUID in the one form, and not the nil UUID."""
    return UUID.fullmatch(text) is not None and text != NIL


def _own_event_id(event: Admitted) -> str | None:
    """The event id that the envelope says, where it is one: not every producer sends the header."""
    return event.event_id if is_event_id(event.event_id) else None


def _decode(
    schema_id: int, placed: list[tuple[int, Arrival]], mous: Mapping[str, Agreement]
) -> Iterator[tuple[int, Outcome]]:
    """Decode the arrivals of one schema and judge each; places are those of the whole batch."""
    family = catalog.catalog()[schema_id].family
    decoded = codec.decode(schema_id, wire.payloads_of(arrival.value for _, arrival in placed))
    for i in decoded.bad:
        yield placed[i][0], Rejection(Code.UNDECODABLE, event_id=header_event_id(placed[i][1]))
    if not decoded.good:
        return
    envelopes, body = (pa.RecordBatch.from_struct_array(decoded.rows.column(part)) for part in ("envelope", "body"))
    payloads = codec.encode(catalog.id_of(f"body.{family}.v1"), body)
    contents = body.to_pylist() if family in READ_BY_RESOLVE else [None] * len(payloads)
    faults = content.faults(family, envelopes, body)
    good = [placed[i] for i in decoded.good]
    arrived = [arrival for _, arrival in good]
    partner_of = {topic: Topic.parse(topic).partner_id for topic in {arrival.topic for arrival in arrived}}
    partners = [partner_of[arrival.topic] for arrival in arrived]
    is_plain = family not in READ_BY_RESOLVE and plain.is_plain(family, arrived, partners, envelopes)
    for row, envelope in enumerate(envelopes.to_pylist()):
        place, arrival = good[row]
        event = Admitted(arrival, partners[row], family, envelope, payloads[row], contents[row])
        fault = faults.get(row) if is_plain else _fault(event, mous[event.partner_id], faults.get(row))
        yield place, event if fault is None else Rejection(*fault, header_event_id(arrival) or _own_event_id(event))


def _fault(event: Admitted, mou: Agreement, of_content: Fault | None) -> Fault | None:
    """What is wrong with a decoded event; None: nothing."""
    return (
        _fault_of_names(event)
        or _fault_of_dates(event)
        or of_content
        or _fault_of_subject(event)
        or (_fault_of_consent(event.content, mou) if event.family == "consent" and event.content else None)
    )


def _fault_of_names(event: Admitted) -> Fault | None:
    envelope = event.envelope
    if not is_event_id(envelope["event_id"]):
        return Code.BAD_EVENT_ID, "event_id"
    if envelope["supersedes_event_id"] is not None and not is_event_id(envelope["supersedes_event_id"]):
        return Code.BAD_EVENT_ID, "supersedes_event_id"  # it leaves the identity zone, so it may hold nothing else
    if envelope["partner_id"] != event.partner_id:
        return Code.WRONG_PARTNER, "partner_id"
    return None if envelope["event_type"] == f"{event.family}.recorded.v1" else (Code.WRONG_EVENT_TYPE, "event_type")


def _fault_of_dates(event: Admitted) -> Fault | None:
    envelope, latest = event.envelope, event.arrival.appended_at * 1_000 + FUTURE_MICROS
    for name in ("published_at", "observed_at"):
        if not FIRST_PUBLISHED <= envelope[name] <= latest:
            return Code.DATE_OUT_OF_RANGE, name
    for name in ("occurred_on", "effective_from", "effective_to"):
        if envelope[name] is not None and not FIRST_DAY <= envelope[name] <= LAST_DAY:
            return Code.DATE_OUT_OF_RANGE, name
    born = event.content.get("birth_date") if event.content else None
    today = event.arrival.appended_at // MILLIS_PER_DAY
    if born is not None and not today - OLDEST_DAYS <= born <= today:
        return Code.DATE_OUT_OF_RANGE, "birth_date"
    return None


def _fault_of_subject(event: Admitted) -> Fault | None:
    envelope = event.envelope
    token = envelope["subject_token"]
    if token is None and not (wage_ssn(envelope) and envelope["subject_name"]):
        return Code.MISSING_SUBJECT, "subject_token"
    if token is not None and _is_own_ssn(event, token):
        return Code.SSN_IN_TEXT, "subject_token"
    if token is not None and (not token or event.arrival.key != token.encode()):
        return (Code.KEY_MISMATCH, "subject_token") if token else (Code.MISSING_SUBJECT, "subject_token")
    return None


def _is_own_ssn(event: Admitted, token: str) -> bool:
    """Whether a record's id is the number of social security that the event itself tells."""
    told = [i["value"] for i in event.envelope["identifiers"] if i["system"] == "SSN"]
    told += [event.content["ssn"]] if event.family == "identity" and event.content and event.content["ssn"] else []
    return bool(told) and bool(number := valid_ssn(token)) and number in map(digits, told)


def _fault_of_consent(consent: Row, mou: Agreement) -> Fault | None:
    if consent["event_state"] in GRANTING:
        for name in ("controllers", "records_covered", "purposes", "recipients"):
            if not consent[name] or "*" in consent[name]:
                return Code.CONSENT_SCOPE, name
    if set(consent["controllers"]) - set(mou.consent_for):
        return Code.CONSENT_NOT_AUTHORISED, "controllers"
    return None
