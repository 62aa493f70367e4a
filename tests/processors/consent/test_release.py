"""A release holds the fields of the permitted groups and nothing else of the event."""

from typing import Any

import pytest
from support import worlds
from support.events import DEFAULTS, NOON, Message, message, zigzag
from support.sam import CENTER, COUNSEL, CSU, KNOWN, TOKENS, caseload, consent, identity, withdrawal
from support.worlds import PureWorld

from processors import names
from schemas_avro import catalog, wire
from schemas_avro.rules import BOUNDS

Row = dict[str, Any]
CHECKED = {"organization_id_system", "aid_year"}
"""Fields that take no text but some."""
CODES = {
    "state_programme": "CHAFEE", "calpads_enrollment_status": "30", "calpads_exit_reason": "T165",
    "calpads_completion_status": "104", "cip_code": "11.0701", "naics_code": "611110", "employment_location": "NV",
    "workforce_program_type": "13", "separation_type": "Voluntary", "separation_reason": "01392",
}  # fmt: skip
LAST_DAYS = {"exit_date": "2026-08-11", "reference_period_end": "2026-08-11"}
PARTNERS = {"aid": "csac", "employment": "edd", "enrollment": "ccc", "contact": "ccc"}


def planted(family: str) -> tuple[Message, dict[str, Any]]:
    """An event in which every field holds a value of its own, and those values by field."""
    values: dict[str, Any] = {}
    for place, field in enumerate(catalog.read(f"families/{family}")["fields"]):
        values[field["name"]] = (CODES | LAST_DAYS).get(field["name"]) or value_for(field, 7_000_000 + 1_009 * place)
    values |= {k: v for k, v in DEFAULTS.get(family, {}).items() if k in CHECKED}
    partner = PARTNERS[family]
    wage = {"subject_name": "REYES SAM", "identifiers": [worlds.ssn("219-09-9998")]} if partner == "edd" else {}
    more = {"source_system_name": "canary-system", "source_collection_id": "canary-collection", **wage}
    return message(partner, family, TOKENS.get(partner), f"canary-row-{family}", **more, **values), values


def value_for(field: Row, number: int) -> Any:
    """A value that no other field has, where its type allows one."""
    kind = field["type"] if not isinstance(field["type"], list) else field["type"][1]
    if kind == "string":
        return f"canary-{field['name']}"
    if isinstance(kind, dict) and kind["type"] == "array":
        return [f"canary-{field['name']}"]
    if isinstance(kind, dict) and kind["type"] == "enum":
        return kind["symbols"][0]
    if isinstance(kind, dict):  # a date
        return f"2026-0{1 + number % 7}-11"
    return min(number, BOUNDS[field["name"]][1])


def told(family: str, *more: Message) -> PureWorld:
    """A world in which everything is consented that can be, and one planted event is told."""
    world = PureWorld()
    everyone = [identity(CSU), caseload(CSU), identity(COUNSEL), caseload(COUNSEL)]
    scope: Row = {
        "recipients": [CENTER, CSU, COUNSEL],
        "purposes": ["transfer_advising", "academic_advising", "college_counseling"],
    }
    for sent in [*KNOWN, caseload(), *everyone, consent(**scope), planted(family)[0], *more]:
        world.send(*sent)
    return world.settle()


def releases(world: PureWorld, event: str) -> list[tuple[str, Row, bytes]]:
    """Recipient, row and bytes of each release of an event."""
    topics = [topic for topic in world.topics if topic.startswith("released.")]
    return [
        (topic, row, arrival.value or b"")
        for topic in topics
        for row, arrival in zip(world.rows(topic), world.topics[topic], strict=True)
        if "body" in row and row["release"]["event_id"] == event
    ]


@pytest.mark.parametrize("family", PARTNERS)
def test_each_release_has_the_schema_and_exactly_the_fields_of_its_groups(family: str) -> None:
    sent, _ = planted(family)
    found = releases(told(family), sent.event_id)
    grants = [(a.party, a.grant_for(PARTNERS[family], family)) for a in worlds.shipped_agreements()]
    granted = {names.released_topic(party): sorted(grant.groups) for party, grant in grants if grant}
    assert {topic: sorted(row["release"]["groups"]) for topic, row, _ in found} == granted
    fields = catalog.read(f"families/{family}")["fields"]
    for topic, row, value in found:
        subject = catalog.released_subject(family, frozenset(granted[topic]))
        assert wire.schema_id_of(value) == catalog.id_of(subject)
        assert list(row["body"]) == [f["name"] for f in fields if f.get("group") in granted[topic]]


def test_no_byte_of_a_release_holds_what_its_groups_do_not() -> None:
    searched = []
    for family in PARTNERS:
        sent, values = planted(family)
        for _, row, value in releases(told(family), sent.event_id):
            for name, canary in canaries(values).items():
                assert (canary in value) == (name in row["body"])
                searched.append(name in row["body"])
            assert not [word for word in (b"canary-row", b"canary-system", b"canary-collection") if word in value]
    assert searched.count(False) >= 7  # of wages: the tax wages and the employer, and for the university the earnings
    assert searched.count(True) > 10


def canaries(values: Row) -> dict[str, bytes]:
    """Bytes by which a field's value is known in Avro; of the fields whose values are like no other's."""
    texts = {name: value[0] if isinstance(value, list) else value for name, value in values.items()}
    rare = {code for code in CODES.values() if len(code) > 5}
    marked = {n: str(text).encode() for n, text in texts.items() if str(text).startswith("canary-") or text in rare}
    return marked | {name: zigzag(value) for name, value in values.items() if isinstance(value, int)}


def test_no_topic_but_the_partners_own_holds_a_body_in_the_clear() -> None:
    every = {family: planted(family) for family in PARTNERS}
    world = told("aid", *(sent for family, (sent, _) in every.items() if family != "aid"))
    outward = [t for t in world.topics if not t.startswith(("partner.", "released.", "control."))]
    assert {"resolved.events", "audit.decisions", "identity.records"} <= set(outward)
    values = [arrival.value or b"" for topic in outward for arrival in world.topics[topic]]
    states = [world.states[name] for name in ("resolve", "consent")]  # signals, like views, keep what was released
    kept = [v for state in states for rows in state.everything().values() for _, v in rows]
    assert [v for v in [*values, *kept] if b"canary" in v or b"219-09" in v or b"REYES" in v] == []


def test_a_release_names_purpose_agreement_consents_and_the_notice_of_redisclosure() -> None:
    sent, _ = planted("aid")
    [(_, row, _)] = [r for r in releases(told("aid"), sent.event_id) if r[0] == names.released_topic(CENTER)]
    release = row["release"]
    assert release["purpose"] == "transfer_advising"
    assert (release["agreement_id"], release["agreement_version"], release["basis"]) == (
        "dsa-ccc-transfer",
        1,
        "consent",
    )
    assert release["consent_event_ids"] == [consent().event_id]
    assert "34 CFR 99.33" in release["notice"]


def test_a_retraction_holds_no_body_and_says_why() -> None:
    world, topic = told("aid", withdrawal(recipients=[], published_at=NOON + 1)), names.released_topic(CENTER)
    pairs = zip(world.rows(topic), world.topics[topic], strict=True)
    retracted = [(row, arrival.value or b"") for row, arrival in pairs if "reason" in row]
    assert [row["reason"] for row, _ in retracted] == ["consent_refused_or_withdrawn"]
    assert not [value for row, value in retracted if "body" in row or b"canary" in value]


def test_ids_of_what_is_sent_are_the_same_whenever_it_is_sent_again_and_otherwise_differ() -> None:
    ids = [
        [a.headers["ce_id"] for topic in world.topics if topic.startswith("released.") for a in world.topics[topic]]
        for world in (told("aid"), told("aid"))
    ]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == len(ids[0])
