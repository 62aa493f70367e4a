"""What was once permitted can be taken back, and what was withheld can come: everything is decided again at once."""

from typing import Any

import orjson
import pytest
from support import worlds
from support.events import MINUTE, NOON, Message, event_id, message
from support.sam import (
    CENTER,
    KNOWN,
    PHONE,
    award,
    caseload,
    consent,
    enrolled,
    identity,
    wages,
    withdrawal,
)
from support.worlds import PureWorld

from processors import names
from processors.consent.book import EMPTY

Row = dict[str, Any]
SERVED = [*KNOWN, caseload(), consent(), award(), enrolled(), wages()]
FACTS = {award().event_id, enrolled().event_id, wages().event_id}
OWN = caseload().event_id


def told(*messages: Message, batch: int = 1) -> PureWorld:
    """A world that has heard all this, one by one."""
    world = PureWorld(batch=batch)
    return hears(world, *messages)


def hears(world: PureWorld, *messages: Message) -> PureWorld:
    """The world hears more, a minute later."""
    world.now += MINUTE
    for sent in messages:
        world.send(*sent)
    return world.settle()


def facts(world: PureWorld, recipient: str = CENTER) -> set[str]:
    """What a recipient's view shows beside its own caseload."""
    return world.seen_by(recipient) - {caseload(recipient, name).event_id for name in ("case", "other case")}


def reasons(world: PureWorld, recipient: str = CENTER) -> dict[str, str]:
    """Why each retracted event was taken back, by event."""
    rows = world.rows(names.released_topic(recipient))
    return {row["release"]["event_id"]: row["reason"] for row in rows if "reason" in row}


def position_of(world: PureWorld, what: str) -> int:
    """Place in the log of an event, or of the move that an event caused."""
    rows = enumerate(world.rows(names.RESOLVED_EVENTS))
    return next(n for n, row in rows if what in {row.get("event_id"), row.get("caused_by_event_id")})


def test_a_grant_that_comes_later_releases_what_was_withheld() -> None:
    world = told(*(sent for sent in SERVED if sent != consent()))
    assert facts(world) == set()
    assert facts(hears(world, consent())) == FACTS


def test_a_withdrawal_retracts_all_that_it_covers_in_its_own_batch_and_position() -> None:
    world = told(*SERVED)
    assert facts(world) == FACTS
    before = len(world.rows(names.released_topic(CENTER)))
    hears(world, withdrawal(published_at=NOON + 1))
    assert facts(world) == set()
    assert world.seen_by(CENTER) == {OWN}
    sent = [row for row in world.rows(names.released_topic(CENTER))[before:] if "release" in row]
    position = position_of(world, withdrawal().event_id)
    assert {row["release"]["event_id"] for row in sent} == FACTS
    assert {(row["reason"], row["release"]["position"]) for row in sent} == {("consent_refused_or_withdrawn", position)}


def test_between_withdrawal_and_an_event_of_the_same_batch_nothing_slips_through() -> None:
    world = told(*KNOWN, caseload(), consent())
    world.batch = 100
    hears(world, withdrawal(published_at=NOON + 1), award(), enrolled())
    assert facts(world) == set()
    assert not [
        row for row in world.rows(names.released_topic(CENTER)) if "body" in row and row["release"]["family"] == "aid"
    ]


def test_a_withdrawal_for_one_controller_takes_that_ones_records_alone() -> None:
    world = told(*SERVED, withdrawal(published_at=NOON + 1, controllers=["csac"]))
    assert facts(world) == FACTS - {award().event_id}


def test_a_withdrawal_of_one_category_releases_the_rest_of_the_fields_anew() -> None:
    world = told(*SERVED, withdrawal(published_at=NOON + 1, records_covered=["immigration_proxy"]))
    [row] = [row for (_, event), row in world.view(CENTER).items() if event == award().event_id]
    assert row["release"]["groups"] == ["amounts", "core"]
    assert "application_type" not in row["body"]
    assert reasons(world) == {}


def test_what_an_event_reveals_beyond_its_fields_must_be_granted_too() -> None:
    revealing = award("of housing", data_categories=["housing"])
    world = told(*SERVED, revealing)
    assert facts(world) == FACTS
    wider = consent("wider", published_at=NOON + 1, records_covered=["education", "aid", "wage", "housing"])
    assert facts(hears(world, wider)) == FACTS | {revealing.event_id}


def test_a_grant_after_a_withdrawal_releases_again() -> None:
    world = told(*SERVED, withdrawal(published_at=NOON + 1), consent("new", published_at=NOON + 2))
    assert facts(world) == FACTS


def test_an_older_grant_that_comes_after_a_withdrawal_changes_nothing() -> None:
    world = told(*SERVED, withdrawal(published_at=NOON + 2), consent("older", published_at=NOON + 1), consent())
    assert facts(world) == set()


def test_a_grant_that_never_was_retracts_what_rested_on_it() -> None:
    taken_back = consent(event_id=event_id("taken back"), operation="retract", published_at=NOON + 1)
    world = told(*SERVED, taken_back)
    assert facts(world) == set()
    assert set(reasons(world).values()) == {"no_consent"}


def test_a_withdrawal_that_never_was_gives_back_what_the_grant_before_it_gave() -> None:
    never = withdrawal(event_id=event_id("never"), operation="retract", published_at=NOON + 2)
    assert facts(told(*SERVED, withdrawal(published_at=NOON + 1), never)) == FACTS


@pytest.mark.parametrize("grant_first", [True, False])
def test_statements_of_one_moment_are_ordered_by_event_id_whatever_came_first(grant_first: bool) -> None:  # noqa: FBT001  # a case
    lower, higher = "00000000-0000-4000-8000-000000000001", "ffffffff-ffff-4fff-8fff-ffffffffffff"
    pair = [consent(event_id=lower), withdrawal(event_id=higher)]
    world = told(*KNOWN, caseload(), award(), *(pair if grant_first else reversed(pair)))
    assert facts(world) == set()
    swapped = [consent(event_id=higher), withdrawal(event_id=lower)]
    world = told(*KNOWN, caseload(), award(), *(swapped if grant_first else reversed(swapped)))
    assert facts(world) == {award().event_id}


ENDED: Row = {"assignment_state": "ended", "operation": "correct", "published_at": NOON + 1}


def test_an_ended_caseload_retracts_everything_but_the_recipients_own_words() -> None:
    ended = caseload(event_id=event_id("ended"), **ENDED)
    world = told(*SERVED, ended)
    assert world.seen_by(CENTER) == {OWN, ended.event_id}
    assert set(reasons(world).values()) == {"no_caseload"}


def test_a_caseload_that_ends_for_one_case_manager_and_not_for_another_changes_nothing() -> None:
    other = caseload(name="other case", case_manager_id="cm-2")
    world = told(*SERVED, other, caseload(event_id=event_id("ended"), **ENDED))
    assert facts(world) == FACTS | {event_id("ended")}


BRIDGED = [identity("ccc", ssn=None, phone=PHONE), identity(CENTER, ssn=None, phone=PHONE), caseload(), consent()]
"""Consent and caseload under one person; aid is of another, until a record with birth date and number comes."""
AID_SAYS = identity("csac", birth_date=None)
BRIDGE = identity("csu", phone=PHONE)
NO_BRIDGE = identity("csu", phone=PHONE, event_id=event_id("no bridge"), operation="retract", published_at=NOON + 1)


def test_a_late_bridge_releases_what_consent_now_reaches_and_its_retraction_takes_it_back() -> None:
    world = told(*BRIDGED, AID_SAYS, award(), enrolled())
    assert facts(world) == {enrolled().event_id}
    hears(world, BRIDGE)
    assert facts(world) == {enrolled().event_id, award().event_id}
    [row] = [row for (_, event), row in world.view(CENTER).items() if event == award().event_id]
    assert row["release"]["position"] == position_of(world, BRIDGE.event_id)
    hears(world, NO_BRIDGE)
    assert facts(world) == {enrolled().event_id}
    assert reasons(world)[award().event_id] == "no_caseload"


def test_after_merge_and_split_every_view_is_as_if_they_never_were() -> None:
    history = [*BRIDGED, AID_SAYS, award(), enrolled()]
    assert contents(told(*history, BRIDGE, NO_BRIDGE)) == contents(told(*history))


def contents(world: PureWorld) -> dict[tuple[str, str], Row]:
    """What a view shows, without places in the log."""
    return {
        key: {"body": row["body"], **{k: v for k, v in row["release"].items() if k not in {"position", "release_id"}}}
        for key, row in world.view(CENTER).items()
    }


def test_a_record_that_moves_takes_its_rows_with_it_and_nothing_stays_under_the_old_person() -> None:
    world = hears(told(AID_SAYS, award()), *BRIDGED, enrolled())
    younger, older = world.person_of("ccc", "s1"), world.person_of("csac", "a1")
    hears(world, BRIDGE)
    assert {person for person, _ in world.view(CENTER)} == {older}
    moved = [row for row in world.rows(names.released_topic(CENTER)) if row.get("reason") == "record_moved"]
    assert {row["release"]["person_id"] for row in moved} == {younger}
    assert {row["release"]["position"] for row in moved} == {position_of(world, BRIDGE.event_id)}
    assert facts(world) == {enrolled().event_id, award().event_id}
    hears(world, NO_BRIDGE)
    assert {person for person, _ in world.view(CENTER)} == {younger}


YOUNG = {"birth_date": "2015-01-02"}


@pytest.mark.parametrize(
    "told_before",
    [
        [
            identity("ccc", ssn=None, phone=PHONE, **YOUNG),
            identity("csac", **YOUNG),
            identity("csu", phone=PHONE, **YOUNG),
        ],
        [
            identity("csu", phone=PHONE, **YOUNG),
            identity("ccc", ssn=None, phone=PHONE, **YOUNG),
            identity("csac", **YOUNG),
        ],
        [
            identity("csac"),
            identity("csac", **YOUNG, event_id=event_id("young"), operation="correct", published_at=NOON + 1),
        ],
    ],
    ids=["moved", "joined at once", "taken for an adult for a while"],
)
def test_a_record_of_which_only_traits_are_known_leaves_only_a_class_of_age_here_however_it_came(
    told_before: list[Message],
) -> None:
    world = told(*told_before)
    records = {key: orjson.loads(row) for key, row in world.states["consent"].scan("record", "")}
    tokens = {sent.topic.split(".")[1]: (sent.key or b"").decode() for sent in told_before}
    said = {world.person_of(partner, token) for partner, token in tokens.items()}
    assert [row for row in records.values() if row != {**EMPTY, "person": row["person"], "age": "under_14"}] == []
    assert (len(records), {row["person"] for row in records.values()}) == (len(tokens), said)


def test_a_withdrawal_in_one_record_denies_for_records_that_join_later() -> None:
    elsewhere = withdrawal("elsewhere", "csu", controllers=["csac"])
    world = told(*SERVED, elsewhere)
    assert facts(world) == FACTS
    assert facts(hears(world, identity("csu"))) == FACTS - {award().event_id}


CORRECTED = award(event_id=event_id("corrected"), operation="correct", published_at=NOON + 2, award_amount_cents=90_000)
"""Another version of the award: the source's row id is the same."""


@pytest.mark.parametrize("order", [[award(), CORRECTED], [CORRECTED, award()]], ids=["in order", "the older one late"])
def test_a_correction_stands_beside_what_it_corrects(order: list[Message]) -> None:
    world = told(*KNOWN, caseload(), consent(), *order)
    rows = [row for row in world.view(CENTER).values() if row["release"]["family"] == "aid"]
    by_operation = {row["release"]["operation"]: row["body"]["award_amount_cents"] for row in rows}
    assert by_operation == {"assert": 120_000, "correct": 90_000}
    assert len({row["release"]["fact_id"] for row in rows}) == 1


def test_a_source_that_retracts_takes_every_version_back_and_a_late_one_stays_away() -> None:
    gone = award(event_id=event_id("gone"), operation="retract", published_at=NOON + 3)
    late = award(event_id=event_id("late"), operation="correct", published_at=NOON + 1)
    world = told(*SERVED, CORRECTED, gone, late)
    assert facts(world) == FACTS - {award().event_id}
    assert reasons(world) == dict.fromkeys([award().event_id, CORRECTED.event_id], "source_retracted")
    assert world.outcomes()[gone.event_id] == "carried"
    assert world.outcomes()[late.event_id] == "withheld"


def test_what_is_asserted_anew_after_a_retraction_is_shown() -> None:
    gone = award(event_id=event_id("gone"), operation="retract", published_at=NOON + 1)
    again = award(event_id=event_id("again"), published_at=NOON + 2)
    assert facts(told(*SERVED, gone, again)) == FACTS - {award().event_id} | {again.event_id}


def test_an_erased_key_takes_back_what_was_shown_and_stops_nothing() -> None:
    world = told(*SERVED)
    del world.keys.keys[worlds.record_key("csac", "a1")]
    hears(world, consent("another", published_at=NOON + 1))
    assert facts(world) == FACTS - {award().event_id}
    assert reasons(world) == {award().event_id: "unreadable"}


def test_a_new_key_after_an_erasure_opens_what_is_new_and_not_what_is_old() -> None:
    world = told(*(sent for sent in SERVED if sent != consent()))
    del world.keys.keys[worlds.record_key("csac", "a1")]
    world.keys.keys[worlds.record_key("csac", "a1")] = b"n" * 32
    hears(world, award("new"), consent())
    assert facts(world) == FACTS - {award().event_id} | {award("new").event_id}


def test_statements_and_caseloads_that_cannot_be_opened_are_withheld() -> None:
    world = PureWorld()
    keys = worlds.DictKeys()
    for sent in (consent(), caseload(), award()):
        world.send(*sent)
    world.keys.find = keys.find  # type: ignore[method-assign]  # consent finds no key that resolve made
    world.settle()
    assert set(world.outcomes().values()) == {"withheld"}
    assert [row for row in world.rows(names.released_topic(CENTER)) if "release" in row] == []


def test_one_id_used_by_two_partners_is_two_events_of_their_own_kind() -> None:
    """Else a partner could make another's fact speak as a consent."""
    statement = consent()
    entry = message("csu", "enrollment", "t1", "entry", event_id=statement.event_id)
    world = told(*KNOWN, caseload(), entry, statement, award(), batch=100)
    assert facts(world) == {award().event_id}


def test_without_agreements_to_share_nothing_reaches_anybody() -> None:
    world = PureWorld([a for a in worlds.shipped_agreements() if a.tier == "mou"])
    hears(world, *SERVED)
    assert [topic for topic in world.topics if topic.startswith("released.")] == []
    assert {world.outcomes()[event] for event in FACTS} == {"withheld"}


def test_every_tick_and_agreement_reaches_its_recipient_and_every_partition() -> None:
    world = told()
    rows = world.rows(names.released_topic(CENTER))
    agreed = {row["agreement_id"] for row in rows if row["schema"] == "agreement_activated"}
    partners = {"mou-ccc", "mou-cde-k12", "mou-csac", "mou-edd", "mou-ccc-transfer-center"}
    assert agreed == {"dsa-ccc-transfer", "dsa-own-ccc-transfer-center", "dul-ccc-transfer-center", *partners}
    assert max(row["tick_at"] for row in rows if row["schema"] == "clock_ticked") == world.now - world.now % MINUTE
