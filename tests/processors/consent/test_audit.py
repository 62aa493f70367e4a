"""The audit: each event decided once at its coming and again with every change; no record of it altered unseen."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.events import NOON, message
from support.sam import CENTER, KNOWN, award, caseload, consent, enrolled, wages, withdrawal
from support.worlds import DictKeys, PureWorld

from processors.consent import audit
from processors.consent.book import Book
from processors.consent.log import Event
from processors.consent.release import Sent
from processors.consent.settle import Batch, Context
from processors.names import AUDIT_DECISIONS, RESOLVED_EVENTS
from processors.records import Arrival
from processors.state import Memory, Working

Row = dict[str, Any]
GONE = enrolled(enrollment_status="previously_enrolled")
HISTORY = [*KNOWN, caseload(), award(), GONE, consent(), wages(), withdrawal(published_at=NOON + 1)]


def told(batch: int = 1000) -> PureWorld:
    """A world that has heard the history."""
    world = PureWorld(batch=batch)
    for sent in HISTORY:
        world.send(*sent)
    return world.settle()


TOLD = told()
CHAIN = TOLD.topics[AUDIT_DECISIONS]


def verifies(chain: list[Arrival]) -> bool:
    """Whether each hash follows from the one before it and the record's bytes, and the last is the one expected."""
    head = audit.START
    for record in chain:
        head = audit.next_hash(head, record.value or b"")
        if record.headers[audit.HEADER] != head.encode():
            return False
    return head.encode() == CHAIN[-1].headers[audit.HEADER]


def test_the_chain_verifies() -> None:
    assert len(CHAIN) > len(HISTORY)
    assert verifies(CHAIN)


def test_the_chain_goes_on_over_batches() -> None:
    head = audit.START
    for record in told(1).topics[AUDIT_DECISIONS]:
        head = audit.next_hash(head, record.value or b"")
        assert record.headers[audit.HEADER] == head.encode()


@given(st.data())
def test_whatever_is_altered_left_out_put_elsewhere_or_cut_off_is_seen(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(CHAIN) - 1))
    record = CHAIN[place]
    value = record.value or b""
    byte = data.draw(st.integers(0, len(value) - 1))
    altered = value[:byte] + bytes([value[byte] ^ data.draw(st.integers(1, 255))]) + value[byte + 1 :]
    bad = Arrival(record.topic, 0, record.offset, record.appended_at, record.key, altered, record.headers)
    assert not verifies([*CHAIN[:place], bad, *CHAIN[place + 1 :]])
    assert not verifies([*CHAIN[:place], *CHAIN[place + 1 :]])
    assert not verifies(CHAIN[:place])
    if place:
        assert not verifies([*CHAIN[: place - 1], record, CHAIN[place - 1], *CHAIN[place + 1 :]])


def decisions(world: PureWorld, event: str) -> list[Row]:
    """The audit's records of an event, in order."""
    return [row for row in world.rows(AUDIT_DECISIONS) if row["event_id"] == event]


@pytest.mark.parametrize("batch", [1, 3, 1000])
def test_every_event_of_the_log_has_one_first_decision(batch: int) -> None:
    world = told(batch)
    first = Counter(row["event_id"] for row in world.rows(AUDIT_DECISIONS) if row["caused_by"] == row["event_id"])
    log = [row["event_id"] for row in world.rows(RESOLVED_EVENTS) if row["schema"] == "resolved_event"]
    assert first == Counter(log)


def test_an_event_that_the_log_repeats_is_not_decided_again() -> None:
    world = told()
    before = {topic: len(arrivals) for topic, arrivals in world.topics.items()}
    log = world.topics[RESOLVED_EVENTS]
    events = [a for a, row in zip(log, world.rows(RESOLVED_EVENTS), strict=True) if row["schema"] == "resolved_event"]
    world.decide_again(events)
    assert {topic: len(arrivals) for topic, arrivals in world.topics.items()} == before


def test_decisions_follow_one_another_as_what_they_rest_on_changes() -> None:
    rows = decisions(TOLD, award().event_id)
    at_center = [next(d for d in row["decided"] if d["recipient"] == CENTER) for row in rows]
    assert [(row["outcome"], d["effect"], d["reason"]) for row, d in zip(rows, at_center, strict=True)] == [
        ("withheld", "deny", "no_consent"),
        ("carried", "permit", "consent"),
        ("withheld", "deny", "consent_refused_or_withdrawn"),
    ]
    assert at_center[1]["groups"] == ["amounts", "application_type", "core"]
    assert [row["position"] for row in rows] == sorted({row["position"] for row in rows})


def test_every_recipient_that_an_agreement_names_is_decided_and_no_other() -> None:
    [row] = decisions(TOLD, enrolled().event_id)[:1]
    assert {d["recipient"] for d in row["decided"]} == {"ccc_transfer_center", "csu_advising"}


def test_the_hash_of_the_inputs_changes_with_what_was_known() -> None:
    hashes = [row["input_hash"] for row in decisions(TOLD, award().event_id)]
    assert len(set(hashes)) == len(hashes)
    assert hashes == [row["input_hash"] for row in decisions(told(1), award().event_id)]


def test_statements_are_applied_and_tell_of_nobody_in_particular() -> None:
    for statement in (consent(), caseload()):
        row = decisions(TOLD, statement.event_id)[0]
        assert (row["outcome"], row["decided"]) == ("applied", [])


def test_the_audit_holds_no_payload() -> None:
    world = PureWorld()
    for sent in [*HISTORY, message("ccc", "contact", "s1", "reach", preferred_name="Zaphodelia")]:
        world.send(*sent)
    world.settle()
    values = [arrival.value or b"" for arrival in world.topics[AUDIT_DECISIONS]]
    assert [v for v in values if b"Zaphodelia" in v or b"s1" in v.split() or b"REYES" in v] == []


def test_nothing_that_a_batch_works_with_shows_an_event_in_its_repr() -> None:
    event = {"event_id": "canary", "family": "canary", "partner_id": "canary"}
    entry = Event(0, "cause", "resolved_event", event, "person", "fact")
    recorded = audit.Record(event, "person", "cause", 0, "carried", audit.decided(()), audit.START)
    sent = Sent(entry, event, b"canary", "recipient", {"person": "person", "terms": {}}, None)
    batch = Batch(Book(Working(Memory())), Context(DictKeys(), 1), {"canary": event}, [sent], [recorded])
    assert "canary" not in "".join(map(repr, (entry, recorded, sent, batch)))
