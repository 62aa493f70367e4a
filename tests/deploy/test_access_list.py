"""A person's access list: by the audit that the real stage writes, who could see what, since when and until when."""

from typing import Any

import pytest
from support.audit import log_of
from support.events import NOON, event_id
from support.sam import CENTER, CSU, KNOWN, award, caseload, consent, enrolled, identity, withdrawal
from support.worlds import PureWorld

from deploy.access_list import access_list, rows_of
from processors.names import RESOLVED_EVENTS

Row = dict[str, Any]
TELLING = ("recipient", "effect", "reason", "ended_by")


def told(world: PureWorld, person_id: str, recipient: str = CENTER, name: str = "csac/award") -> list[Row]:
    """What the list says of one event and recipient."""
    rows = rows_of(access_list(person_id, log_of(world)))
    return [row for row in rows if row["event_id"] == event_id(name) and row["recipient"] == recipient]


def world_of(*messages: Any) -> PureWorld:
    world = PureWorld(batch=5)
    for sent in messages:
        world.send(*sent)
    return world.settle()


def test_a_permit_and_denials_around_it_are_told_each_with_its_end_and_what_ended_it() -> None:
    world = world_of(*KNOWN, caseload(), award(), consent(), withdrawal(published_at=NOON + 1))
    found = told(world, world.person_of("csac", "a1"))
    assert [tuple(row[name] for name in TELLING) for row in found] == [
        (CENTER, "deny", "no_consent", "consent"),
        (CENTER, "permit", "consent", "consent_refused_or_withdrawn"),
        (CENTER, "deny", "consent_refused_or_withdrawn", None),
    ]
    assert [row["until"] for row in found] == [found[1]["since"], found[2]["since"], None]
    assert [row["groups"] for row in found] == [[], ["amounts", "application_type", "core"], []]


def test_an_entry_says_where_in_both_logs_it_stands_and_what_it_rests_on() -> None:
    world = world_of(*KNOWN, caseload(), consent(), award())
    [row] = told(world, world.person_of("csac", "a1"))
    at = next(n for n, said in enumerate(world.rows(RESOLVED_EVENTS)) if said.get("event_id") == event_id("csac/award"))
    assert row["since"]["position"] == at
    assert (row["partner_id"], row["family"], row["agreement_version"]) == ("csac", "aid", 1)


def test_what_is_decided_again_with_the_same_end_is_one_entry() -> None:
    world = world_of(*KNOWN, caseload(), consent(), enrolled(), award(), consent("again", published_at=NOON + 5))
    assert [row["effect"] for row in told(world, world.person_of("csac", "a1"))] == ["permit"]


def test_what_went_to_another_person_with_its_record_ends_there_and_goes_on_under_the_other_id() -> None:
    stranger = identity("csac", ssn="600-11-0022", first_name="Zora", last_name="Quill")
    world = world_of(identity("ccc"), stranger, award())
    before = world.person_of("csac", "a1")
    assert told(world, before)
    world.send(*identity("csac", "corrected", operation="correct", published_at=NOON + 1))
    for sent in (identity(CENTER), caseload(), consent()):
        world.send(*sent)
    world.settle()
    after = world.person_of("csac", "a1")
    assert after != before
    [ended] = told(world, before)
    assert ended["ended_by"] == "record_moved"
    assert [row["effect"] for row in told(world, after)][-1] == "permit"


def test_purposes_are_those_of_the_decision_itself() -> None:
    world = world_of(*KNOWN, caseload(), consent(), award())
    found = access_list(world.person_of("csac", "a1"), log_of(world))
    permits = [entry.decided for entry in found.entries if entry.decided["effect"] == "permit"]
    told = [row["purpose"] for row in rows_of(found) if row["effect"] == "permit"]
    assert told == [one["purpose"] for one in permits]
    assert set(told) == {"case_management", "transfer_advising"}


@pytest.mark.parametrize("recipient", [CENTER, CSU])
def test_it_holds_ids_and_nothing_that_an_event_says(recipient: str) -> None:
    world = world_of(*KNOWN, caseload(), consent(), award())
    text = str(told(world, world.person_of("csac", "a1"), recipient))
    assert "120000" not in text
    assert "Reyes" not in text


def test_of_a_stranger_it_is_empty() -> None:
    assert list(rows_of(access_list("nobody", log_of(world_of(*KNOWN, award()))))) == []
