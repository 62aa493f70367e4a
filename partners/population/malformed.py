"""What partners get wrong: messages that the gate must reject, each with the code that it must give."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from partners.events import framed, key_of
from partners.population.dice import Dice, named_id
from partners.population.planned import Planned
from partners.population.rules import CONSENT_FOR
from partners.rows import days, micros
from schemas_avro import catalog, wire

UNKNOWN_SCHEMA_ID = 99_999
OVERSIZED_CHARACTERS = 70_000
LONG_BEFORE, LONG_AFTER = days(date(1850, 1, 1)), days(date(2250, 1, 1))
YEAR_2200 = micros(datetime(2200, 6, 1, tzinfo=UTC))
Kind = Callable[[Planned], Planned]


def rejected(history: Sequence[Planned], seed: int, of_each: int) -> Iterator[Planned]:
    """So many of each kind, made of sound events of the history; of a kind that finds none to start from, none."""
    for name, (family, code, spoil) in KINDS.items():
        dice = Dice(seed, "rejected", name)
        sound = [event for event in history if event.family == family]
        for number in range(of_each if sound else 0):
            event_id = named_id(seed, "rejected", name, number)
            yield replace(spoil(_with(dice.pick(sound), event_id=event_id)), event_id=event_id, row=None, code=code)


def _with(event: Planned, **envelope: Any) -> Planned:
    """The event with other values in its envelope; its key stays."""
    assert event.row is not None  # noqa: S101  # of a type checker's doubt
    return replace(event, row={**event.row, "envelope": {**event.envelope, **envelope}})


def _saying(event: Planned, **body: Any) -> Planned:
    """The event with other values in its body."""
    return replace(event, row={"envelope": event.envelope, "body": {**event.body, **body}})


def _value(event: Planned) -> bytes:
    """The message value of a row that Avro can carry."""
    assert event.row is not None  # noqa: S101  # of a type checker's doubt
    return framed(event.family, [event.row])[0]


def _sent(event: Planned) -> Planned:
    return replace(event, raw=_value(event))


def _garbage(event: Planned) -> Planned:
    return replace(event, raw=b'{"not": "avro"}' + event.event_id.encode())


def _schema(event: Planned, schema_id: int) -> Planned:
    return replace(event, raw=wire.frame(schema_id, wire.payload_of(_value(event))))


def _unknown_schema(event: Planned) -> Planned:
    return _schema(event, UNKNOWN_SCHEMA_ID)


def _other_family(event: Planned) -> Planned:
    return _schema(event, catalog.id_of("partner.aid.v1"))


def _truncated(event: Planned) -> Planned:
    return replace(event, raw=_value(event)[:-3])


def _trailing(event: Planned) -> Planned:
    return replace(event, raw=_value(event) + b"\x00")


def _oversized(event: Planned) -> Planned:
    return _sent(_with(event, source_system_name="x" * OVERSIZED_CHARACTERS))


def _wrong_partner(event: Planned) -> Planned:
    return _sent(_with(event, partner_id="csu" if event.partner != "csu" else "ccc"))


def _wrong_type(event: Planned) -> Planned:
    return _sent(_with(event, event_type="aid.recorded.v1"))


def _no_uuid(event: Planned) -> Planned:
    return _sent(_with(event, event_id=f"{event.partner}-0001"))


def _born_late(event: Planned) -> Planned:
    return _sent(_saying(event, birth_date=LONG_AFTER))


def _born_early(event: Planned) -> Planned:
    return _sent(_saying(event, birth_date=LONG_BEFORE))


def _from_the_future(event: Planned) -> Planned:
    return _sent(_with(event, published_at=YEAR_2200))


def _other_key(event: Planned) -> Planned:
    return _sent(replace(event, key=event.key + b"-other"))


def _nobody(event: Planned) -> Planned:
    nameless = _with(event, identifiers=[], subject_name=None)
    return _sent(replace(nameless, key=key_of(nameless.row or {})))


def _dummy_number(event: Planned) -> Planned:
    return _sent(_with(event, identifiers=[{"system": "SSN", "value": "999999999", "assigner": None}]))


def _not_theirs(event: Planned) -> Planned:
    others = {"cde_elc", "cde_k12", "ccc", "csu"} - CONSENT_FOR[event.partner]
    return _sent(_saying(event, controllers=[*event.body["controllers"], min(others)]))


def _everybody(event: Planned) -> Planned:
    return _sent(_saying(event, event_state="given", recipients=["*"]))


def _no_purpose(event: Planned) -> Planned:
    return _sent(_saying(event, event_state="given", purposes=[]))


KINDS: dict[str, tuple[str, str, Kind]] = {
    "garbage": ("enrollment", "bad_framing", _garbage),
    "unknown schema": ("enrollment", "unknown_schema", _unknown_schema),
    "other family": ("enrollment", "schema_not_allowed", _other_family),
    "truncated": ("contact", "undecodable", _truncated),
    "trailing byte": ("enrollment", "undecodable", _trailing),
    "oversized": ("identity", "too_large", _oversized),
    "wrong partner": ("enrollment", "wrong_partner", _wrong_partner),
    "wrong type": ("identity", "wrong_event_type", _wrong_type),
    "no uuid": ("aid", "bad_event_id", _no_uuid),
    "born late": ("identity", "date_out_of_range", _born_late),
    "born early": ("identity", "date_out_of_range", _born_early),
    "from the future": ("enrollment", "date_out_of_range", _from_the_future),
    "other key": ("contact", "key_mismatch", _other_key),
    "nobody": ("employment", "missing_subject", _nobody),
    "dummy number": ("employment", "missing_subject", _dummy_number),
    "not theirs": ("consent", "consent_not_authorised", _not_theirs),
    "everybody": ("consent", "consent_scope", _everybody),
    "no purpose": ("consent", "consent_scope", _no_purpose),
}
"""Each kind's family, its code, and what spoils a sound event."""
