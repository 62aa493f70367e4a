"""The gate: is an arrival what its partner's agreement allows, whole, and of this world? First step of resolve."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from processors.consent.agreements import Agreement
from processors.records import Arrivals, Topic
from processors.resolve import attending, content, plain
from processors.resolve.admitted import Admitted
from processors.resolve.codes import Code, Fault, Faults, Rejection
from processors.resolve.content import FIRST_DAY, LAST_DAY
from processors.resolve.matching.numbers import digits_of
from processors.resolve.plain import FIRST_PUBLISHED, FUTURE_MICROS
from processors.resolve.traits import valid_ssn, wage_ssn
from schemas_avro import catalog, codec, wire
from schemas_avro.ids import is_event_id

Row = dict[str, Any]
MAX_VALUE_BYTES = 64 * 1024
OLDEST_DAYS = 130 * 366
MILLIS_PER_DAY = 86_400_000
GRANTING = {"given", "renewed"}


@dataclass(slots=True)  # not frozen, as an arrival
class _Event:
    """One decoded event, looked at by itself."""

    partner_id: str
    family: str
    key: bytes | None = field(repr=False)
    appended_at: int
    envelope: Row = field(repr=False)
    content: Row | None = field(repr=False)


READ_BY_RESOLVE = {"identity", "consent"}
"""Families of which each event is looked at by itself."""


@dataclass(frozen=True, slots=True)
class _Door:
    """What one partner topic takes."""

    partner_id: str
    family: str
    mou: Agreement | None
    schema_ids: frozenset[int]
    """Ids of every version of the family's schema; none: there is no such family."""

    def code_of(self, day: int, schema_id: int | None) -> Code | None:
        """What is against all records of a schema and a day, from 1970-01-01; None: nothing."""
        if self.mou is None or not self.mou.in_force(day):
            return Code.NO_AGREEMENT
        if self.family not in self.mou.families:
            return Code.FAMILY_NOT_AGREED
        if schema_id in self.schema_ids:
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
    versions = catalog.versions_of(f"partner.{topic.family}.v1") if topic.family in catalog.FAMILIES else ()
    return _Door(topic.partner_id, topic.family, mous.get(topic.partner_id), frozenset(one.id for one in versions))


def admit(arrivals: Arrivals, mous: Mapping[str, Agreement]) -> tuple[Admitted, dict[int, Rejection]]:
    """Judge a batch of arrivals from partner topics.

    Args:
        arrivals: of topics partner.<partner>.<family>.
        mous: the agreement that each partner publishes under.

    Returns:
        The events that passed, and by place in the batch why each of the others did not.
    """
    doors = {name: _door(name, mous) for name in set(arrivals.topics)}
    days = [at // MILLIS_PER_DAY for at in arrivals.appended_at]

    @functools.cache  # alike for thousands
    def code_of(topic: str, day: int, schema_id: int | None) -> Code | None:
        return doors[topic].code_of(day, schema_id)

    rejected: dict[int, Rejection] = {}
    passed: list[Admitted] = []
    for schema_id, places in wire.places_by_schema(arrivals.values).items():
        sound = []
        for place in places:
            code = _code_of_value(arrivals.values[place], schema_id)
            if code := code or code_of(arrivals.topics[place], days[place], schema_id):
                rejected[place] = Rejection(code, event_id=header_event_id(arrivals.headers[place]))
            else:
                sound.append(place)
        if sound and schema_id is not None:
            passed += _decode(schema_id, sound, arrivals, doors, rejected)
    return Admitted.joined(passed), rejected


def header_event_id(headers: Mapping[str, bytes]) -> str | None:
    """The event id of the CloudEvents header, where it is one."""
    text = headers.get("ce_id", b"").decode("ascii", "replace")
    return text if is_event_id(text) else None


def _decode(
    schema_id: int, places: list[int], arrivals: Arrivals, doors: Mapping[str, _Door], rejected: dict[int, Rejection]
) -> Iterator[Admitted]:
    """Decode the arrivals of one schema and judge each; what does not pass goes to the rejected."""
    family = catalog.catalog()[schema_id].family
    decoded = codec.decode(schema_id, wire.payloads_of(arrivals.values[place] for place in places))
    for i in decoded.bad:
        rejected[places[i]] = Rejection(Code.UNDECODABLE, event_id=header_event_id(arrivals.headers[places[i]]))
    if not decoded.good:
        return
    envelopes, body = (pa.RecordBatch.from_struct_array(decoded.rows.column(part)) for part in ("envelope", "body"))
    payloads = codec.encode(catalog.id_of(f"body.{family}.v1"), body)
    contents = body.to_pylist() if family in READ_BY_RESOLVE else [None] * len(payloads)
    good = [places[i] for i in decoded.good]
    partners = [doors[arrivals.topics[place]].partner_id for place in good]
    unlisted = content.unlisted(family, body, partners)
    events = Admitted(good, partners, [family] * len(good), envelopes, payloads, contents, unlisted)
    faults = _faults(family, events, arrivals, doors, content.faults(family, envelopes, body))
    if faults:
        ids = events.column("event_id")
        for row, fault in faults.items():
            own = ids[row] if is_event_id(ids[row]) else None  # not every producer sends the header
            rejected[good[row]] = Rejection(*fault, header_event_id(arrivals.headers[good[row]]) or own)
    if family == attending.FAMILY:
        begins, ends = (envelopes.column(name) for name in attending.DAYS)
        events.contents = list(attending.spans(begins, ends, body))
    yield events.at([row for row in range(len(good)) if row not in faults])


def _faults(
    family: str, events: Admitted, arrivals: Arrivals, doors: Mapping[str, _Door], of_content: Faults
) -> Faults:
    """What is wrong with decoded events, by row; those that are right are not in it."""
    keys = [arrivals.keys[place] for place in events.places]
    times = [arrivals.appended_at[place] for place in events.places]
    if family not in READ_BY_RESOLVE and plain.is_plain(family, keys, min(times), events.partners, events.envelopes):
        return of_content
    found: Faults = {}
    rows = zip(events.partners, keys, times, events.envelopes.to_pylist(), events.contents, strict=True)
    for row, (partner_id, key, appended_at, envelope, said) in enumerate(rows):
        event = _Event(partner_id, family, key, appended_at, envelope, said)
        mou = doors[arrivals.topics[events.places[row]]].mou
        if fault := _fault(event, mou, of_content.get(row)):
            found[row] = fault
    return found


def _fault(event: _Event, mou: Agreement | None, of_content: Fault | None) -> Fault | None:
    """What is wrong with a decoded event; None: nothing."""
    return (
        _fault_of_names(event)
        or _fault_of_dates(event)
        or of_content
        or _fault_of_subject(event)
        or (_fault_of_consent(event.content, mou) if event.family == "consent" and event.content and mou else None)
    )


def _fault_of_names(event: _Event) -> Fault | None:
    envelope = event.envelope
    if not is_event_id(envelope["event_id"]):
        return Code.BAD_EVENT_ID, "event_id"
    if envelope["supersedes_event_id"] is not None and not is_event_id(envelope["supersedes_event_id"]):
        return Code.BAD_EVENT_ID, "supersedes_event_id"  # it leaves the identity zone, so it may hold nothing else
    if envelope["partner_id"] != event.partner_id:
        return Code.WRONG_PARTNER, "partner_id"
    return None if envelope["event_type"] == f"{event.family}.recorded.v1" else (Code.WRONG_EVENT_TYPE, "event_type")


def _fault_of_dates(event: _Event) -> Fault | None:
    envelope, latest = event.envelope, event.appended_at * 1_000 + FUTURE_MICROS
    for name in ("published_at", "observed_at"):
        if not FIRST_PUBLISHED <= envelope[name] <= latest:
            return Code.DATE_OUT_OF_RANGE, name
    for name in ("occurred_on", "effective_from", "effective_to"):
        if envelope[name] is not None and not FIRST_DAY <= envelope[name] <= LAST_DAY:
            return Code.DATE_OUT_OF_RANGE, name
    born = event.content.get("birth_date") if event.content else None
    today = event.appended_at // MILLIS_PER_DAY
    if born is not None and not today - OLDEST_DAYS <= born <= today:
        return Code.DATE_OUT_OF_RANGE, "birth_date"
    return None


def _fault_of_subject(event: _Event) -> Fault | None:
    envelope = event.envelope
    token = envelope["subject_token"]
    if token is None and not (wage_ssn(envelope) and envelope["subject_name"]):
        return Code.MISSING_SUBJECT, "subject_token"
    if token is not None and _is_own_ssn(event, token):
        return Code.SSN_IN_TEXT, "subject_token"
    if token is not None and (not token or event.key != token.encode()):
        return (Code.KEY_MISMATCH, "subject_token") if token else (Code.MISSING_SUBJECT, "subject_token")
    return None


def _is_own_ssn(event: _Event, token: str) -> bool:
    """Whether a record's id is the number of social security that the event itself tells."""
    told = [i["value"] for i in event.envelope["identifiers"] if i["system"] == "SSN"]
    told += [event.content["ssn"]] if event.family == "identity" and event.content and event.content["ssn"] else []
    return bool(told) and bool(number := valid_ssn(token)) and number in map(digits_of, told)


def _fault_of_consent(consent: Row, mou: Agreement) -> Fault | None:
    if consent["event_state"] in GRANTING:
        for name in ("controllers", "records_covered", "purposes", "recipients"):
            if not consent[name] or "*" in consent[name]:
                return Code.CONSENT_SCOPE, name
    if set(consent["controllers"]) - set(mou.consent_for):
        return Code.CONSENT_NOT_AUTHORISED, "controllers"
    return None
