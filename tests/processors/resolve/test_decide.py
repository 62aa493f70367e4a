"""Resolve's decision: whose event it is, whatever comes when."""

from typing import Any

import pytest
from support import worlds
from support.events import MINUTE, NOON, Message, arrival, message
from support.worlds import ResolveWorld, record_key

from processors import names, sealing
from processors.consent.law.documents import row_of
from processors.consent.law.shipped import SHIPPED
from processors.records import Out, keyed_hash
from processors.resolve import decide as resolve
from processors.resolve import gate
from processors.resolve.codes import Code, Rejection
from processors.resolve.matching import blocks, settling
from processors.resolve.matching.model import shipped
from schemas_avro import catalog, codec, wire

SAM = {"first_name": "Sam", "last_name": "Reyes", "birth_date": "2005-01-02"}
NUMBER = "219-09-9998"
COLLEGE, SCHOOL, AID = ("ccc", "s1"), ("cde_k12", "k1"), ("csac", "a1")


def identity(record: tuple[str, str], name: str = "i1", **said: Any) -> Message:
    """What a record says of Sam; the name is that of the source's row."""
    return message(*record[:1], "identity", record[1], name, **{**SAM, **said})


SCHOOL_SAYS = identity(SCHOOL)
AID_SAYS = identity(AID, birth_date=None, ssn=NUMBER)
BRIDGE = identity(COLLEGE, ssn=NUMBER)
"""It shares the number with the one and the birth date with the other, which share a name only."""
NO_BRIDGE = identity(
    COLLEGE, event_id="6ba7b810-9dad-51d1-80b4-00c04fd430c8", operation="retract", published_at=NOON + 1,
    ssn=NUMBER,
)  # fmt: skip


def world(*messages: Message) -> ResolveWorld:
    """A world in which each message came a minute after the one before."""
    made = ResolveWorld()
    for sent in messages:
        made.take(sent)
        made.now += MINUTE
    return made


def person(made: ResolveWorld, record: tuple[str, str]) -> str:
    return made.persons()[record_key(*record)]


def moves(outs: list[Out]) -> list[tuple[str, str, str]]:
    """Every record that changed persons: which, from, to."""
    rows = [worlds.decoded(out) for out in outs if out.topic == names.RESOLVED_EVENTS]
    return [
        (m["record_key"], m["from_person_id"], m["to_person_id"])
        for row in rows
        if row["schema"] == "records_moved"
        for m in row["moves"]
    ]


def test_a_new_record_is_a_person_of_its_own_named_by_where_it_first_appeared() -> None:
    made = world(SCHOOL_SAYS, message(*SCHOOL[:1], "enrollment", SCHOOL[1], "e1"))
    assert person(made, SCHOOL) == keyed_hash(worlds.PSEUDONYM_KEY, "seed", "partner.cde_k12.identity/0/0")


def test_events_that_come_before_any_identity_have_a_person_too() -> None:
    [out] = [o for o in world().take(message("ccc", "contact", "s1", "reach")) if o.topic == names.RESOLVED_EVENTS]
    assert worlds.decoded(out)["person_id"] == keyed_hash(worlds.PSEUDONYM_KEY, "seed", "partner.ccc.contact/0/0")


def test_a_record_that_joins_takes_the_older_ones_person() -> None:
    made = world(AID_SAYS)
    older = person(made, AID)
    made.take(BRIDGE)
    assert person(made, COLLEGE) == older
    assert moves(made.outs) == []


def test_a_late_bridge_merges_two_persons_and_the_older_id_survives() -> None:
    made = world(SCHOOL_SAYS, AID_SAYS)
    older, younger = person(made, SCHOOL), person(made, AID)
    outs = made.take(BRIDGE)
    assert {person(made, record) for record in (SCHOOL, AID, COLLEGE)} == {older}
    assert moves(outs) == [(record_key(*AID), younger, older)]


def test_moves_come_before_the_events_of_their_batch() -> None:
    made = world(SCHOOL_SAYS, AID_SAYS)
    older = person(made, SCHOOL)
    outs = made.take(message("csac", "aid", "a1", "award"), BRIDGE)
    log = [worlds.decoded(out) for out in outs if out.topic == names.RESOLVED_EVENTS]
    assert [row["schema"] for row in log] == ["clock_ticked", "records_moved", "rights_transferred", "resolved_event"]
    assert log[3]["person_id"] == older


def changes(outs: list[Out]) -> dict[str, tuple[str, int]]:
    """Of each record that changed persons, what became of its person and how many links it has there."""
    rows = [worlds.decoded(out) for out in outs if out.topic == names.IDENTITY_CHANGES]
    return {row["record_key"]: (row["kind"], len(row["evidence"])) for row in rows if row["kind"] != "applied"}


def test_stewards_are_told_what_became_of_a_person_and_by_which_links() -> None:
    made = world(SCHOOL_SAYS)
    assert changes(made.outs) == {}
    assert changes(made.take(AID_SAYS)) == {}
    aid, college = record_key(*AID), record_key(*COLLEGE)
    outs = made.take(BRIDGE)
    assert changes(outs) == {aid: ("merged", 1), college: ("linked", 2)}
    [told] = [r for out in outs if (r := worlds.decoded(out)).get("kind") == "merged"]
    assert (told["evidence"][0]["record_key"], told["model"]) == (college, shipped().name)
    assert told["evidence"][0]["bits_hundredths"] > 100 * shipped().link_bits
    assert changes(made.take(NO_BRIDGE)) == {aid: ("split", 0), college: ("split", 0)}


def test_a_record_that_goes_from_one_person_to_another_is_relinked_and_both_go_on() -> None:
    ana, third = ("csu", "t1"), ("csac", "a1")
    others = {"first_name": "Ana", "last_name": "Ortiz", "birth_date": "2001-07-30"}
    made = world(identity(SCHOOL), identity(ana, **others), identity(third))
    outs = made.take(identity(third, event_id=NO_BRIDGE.event_id, published_at=NOON + 1, operation="correct", **others))
    assert changes(outs) == {record_key(*third): ("relinked", 1)}
    assert person(made, third) == person(made, ana)


def test_retracting_the_bridge_gives_the_part_without_the_oldest_record_its_former_id_back() -> None:
    made = world(SCHOOL_SAYS, AID_SAYS)
    school, aid = person(made, SCHOOL), person(made, AID)
    made.take(BRIDGE)
    outs = made.take(NO_BRIDGE)
    assert (person(made, SCHOOL), person(made, AID)) == (school, aid)
    assert (record_key(*AID), school, aid) in moves(outs)


def test_merged_and_split_equals_never_merged() -> None:
    apart, back = world(SCHOOL_SAYS, AID_SAYS), world(SCHOOL_SAYS, AID_SAYS, BRIDGE, NO_BRIDGE)
    assert {key: back.persons()[key] for key in apart.persons()} == apart.persons()


def test_a_bridge_retracted_before_it_came_never_bridges() -> None:
    made = world(SCHOOL_SAYS, AID_SAYS, NO_BRIDGE, BRIDGE)
    assert len(set(made.persons().values())) == 3
    assert moves(made.outs) == []


def test_a_correction_counts_from_its_publication_and_not_from_its_arrival() -> None:
    later = identity(COLLEGE, event_id=SCHOOL_SAYS.event_id, published_at=NOON + 1, first_name="Ana", ssn=NUMBER)
    for order in ((BRIDGE, later), (later, BRIDGE)):
        made = world(AID_SAYS, *order)
        assert person(made, COLLEGE) != person(made, AID)  # another given name: a shared number
        made.take(identity(COLLEGE, event_id=AID_SAYS.event_id, published_at=NOON + 2, ssn=NUMBER))
        assert person(made, COLLEGE) == person(made, AID)


def test_wage_rows_of_one_number_and_name_are_one_record_and_of_another_name_another() -> None:
    def wages(name: str, subject_name: str) -> Message:
        numbers = [worlds.ssn(NUMBER)]
        return message("edd", "employment", None, name, subject_name=subject_name, identifiers=numbers)

    made = world(wages("w1", "REYES SAM"), wages("w2", "reyes, sam"), wages("w3", "LOPEZ ANA"))
    assert len(made.persons()) == 2
    made.take(AID_SAYS)
    assert {frozenset(g) for g in made.groups() if record_key(*AID) in g} == {
        frozenset({record_key(*AID), next(iter(key for key in made.persons() if person_is(made, key, AID)))})
    }


def person_is(made: ResolveWorld, key: str, record: tuple[str, str]) -> bool:
    return key != record_key(*record) and made.persons()[key] == person(made, record)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"first_name": "Ana", "phone": "213-555-0101"}, id="a twin"),
        pytest.param({"birth_date": "1975-06-20", "phone": "213-555-0101"}, id="a father of the same name"),
        pytest.param({"first_name": "Ana", "birth_date": "1975-01-02", "phone": "213-555-0101"}, id="a mother"),
        pytest.param({"birth_date": None}, id="a namesake of whom nothing else is known"),
        pytest.param({"birth_date": None, "ssn": NUMBER}, id="a namesake with a number"),
    ],
)
def test_people_who_are_easily_taken_for_one_another_are_held_apart(other: dict[str, str]) -> None:
    made = world(identity(SCHOOL, phone="213-555-0101"), identity(COLLEGE, **other))
    assert person(made, SCHOOL) != person(made, COLLEGE)


def test_a_person_too_large_for_links_that_becomes_smaller_is_linked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "COMPONENT_CAP", 3)
    numbered = {"birth_date": None, "ssn": NUMBER}
    first, second, middle, last = SCHOOL, AID, COLLEGE, ("csu", "t1")
    made = world(identity(first), identity(second), identity(last, **numbered), identity(middle, ssn=NUMBER))
    assert len(set(made.persons().values())) == 4
    made.take(identity(middle, event_id=NO_BRIDGE.event_id, published_at=NOON + 1, **numbered))
    together = {
        frozenset({record_key(*first), record_key(*second)}),
        frozenset({record_key(*middle), record_key(*last)}),
    }
    assert made.groups() == together


def test_a_key_that_becomes_too_common_joins_nobody_any_more_until_it_is_rare_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(blocks, "KEY_CAP", 2)
    third = ("csu", "t1")
    made = world(identity(SCHOOL), identity(AID))
    assert len(made.groups()) == 1
    younger, older = record_key(*AID), person(made, SCHOOL)
    assert [key for key, before, _ in moves(made.take(identity(third))) if before == older] == [younger]
    assert len(made.groups()) == 3
    made.take(identity(third, event_id=NO_BRIDGE.event_id, published_at=NOON + 1, operation="retract"))
    assert person(made, AID) == person(made, SCHOOL) == older


def test_a_repeat_changes_nothing_within_a_batch_or_after_it() -> None:
    award = message("csac", "aid", "a1", "award")
    made = world()
    outs = made.take(identity(AID), award, identity(AID), award)
    log = [worlds.decoded(out)["schema"] for out in outs if out.topic == names.RESOLVED_EVENTS]
    assert log == ["rights_transferred", "resolved_event"]
    assert made.take(identity(AID), award) == []


def test_the_id_of_an_event_that_came_before_with_other_bytes_is_rejected() -> None:
    first, other = (message("csac", "aid", "a1", "award", award_amount_cents=n) for n in (1, 2))
    for batches in ([first, other], [first], [other]):
        made = world()
        made.take(first)
        outs = made.take(*batches)
        letters = [worlds.decoded(o) for o in outs if o.topic == "deadletter.csac"]
        assert [letter["code"] for letter in letters] == [Code.CONFLICTING_DUPLICATE] * (other in batches)
        assert not [o for o in outs if o.topic == names.RESOLVED_EVENTS]


def test_one_id_used_by_two_partners_is_two_events() -> None:
    award = message("csac", "aid", "a1", "award")
    reach = message("ccc", "contact", "s1", "reach", event_id=award.event_id)
    outs = world().take(award, reach)
    log = [o for o in outs if o.topic == names.RESOLVED_EVENTS]
    assert [worlds.decoded(o)["partner_id"] for o in log] == ["csac", "ccc"]
    assert len({o.id for o in log}) == 2


def test_a_dead_letter_keeps_the_original_bytes_sealed_and_says_stage_and_code() -> None:
    made = world()
    broken = AID_SAYS._replace(value=b"{}" + NUMBER.encode())
    [out] = made.take(broken)
    letter = worlds.decoded(out)
    assert (out.topic, letter["stage"], letter["code"], letter["event_id"]) == (
        "deadletter.csac", "resolve", Code.BAD_FRAMING, broken.event_id,
    )  # fmt: skip
    opened = sealing.unseal(made.keys, "deadletter:csac", "partner.csac.identity/0/0", letter["sealed_bytes"])
    assert opened == broken.value
    assert NUMBER.encode() not in out.value


@pytest.mark.parametrize("length", [1_000_000, 60_000_000], ids=["a megabyte", "what a megabyte may unpack to"])
def test_a_dead_letter_is_never_more_than_a_message_may_have(length: int) -> None:
    made, value = world(), b"x" * length
    [out] = made.take(AID_SAYS._replace(value=value))
    letter = worlds.decoded(out)
    assert letter["code"] == Code.TOO_LARGE
    assert len(out.value) < 100_000
    opened = sealing.unseal(made.keys, "deadletter:csac", "partner.csac.identity/0/0", letter["sealed_bytes"])
    assert opened == value[: gate.MAX_VALUE_BYTES]


def test_a_bug_of_ours_is_a_dead_letter_too() -> None:
    draft = resolve.dead_letter(arrival(AID_SAYS), Rejection(Code.INTERNAL_ERROR), worlds.DictKeys())
    assert (draft.topic, draft.row["code"]) == ("deadletter.csac", "internal_error")


def test_ticks_come_once_a_minute_and_never_go_back() -> None:
    made = ResolveWorld()
    for step in (0, 1, 59, 60, -120, 61, 121):
        made.now = NOON + step * 1_000_000
        made.take()
    ticks = [row["tick_at"] for row in made.rows(names.RESOLVED_EVENTS) if row["schema"] == "clock_ticked"]
    assert ticks == sorted(set(ticks))
    assert all(tick % MINUTE == 0 for tick in ticks)


def agreement(party: str, version: int, **changed: Any) -> Message:
    """A version of the agreement that a partner publishes under."""
    [known] = [a for a in worlds.shipped_agreements() if (a.party, a.tier) == (party, "mou")]
    value = worlds.agreement_value(known.model_copy(update={"version": version, **changed}))
    return Message(names.AGREEMENTS, None, value, {})


def test_only_a_higher_version_of_an_agreement_counts() -> None:
    made = world()
    award = message("csac", "aid", "a1", "award")
    made.take(agreement("csac", 3, families=("identity",)))
    assert made.take(agreement("csac", 2), agreement("csac", 3)) == []
    [out] = made.take(award)
    assert worlds.decoded(out)["code"] == Code.FAMILY_NOT_AGREED


def rules(version: int, document: str | None = None) -> Message:
    """A version of the rules of law, the shipped ones unless it is said otherwise."""
    row = row_of(SHIPPED, version)
    schema_id = catalog.id_of("internal.rules_activated.v1")
    said = row if document is None else {**row, "document": document}
    return Message(names.AGREEMENTS, None, wire.frame(schema_id, codec.encode_rows(schema_id, [said])[0]), {})


def test_only_a_higher_version_of_the_rules_reaches_the_log() -> None:
    made = world()
    assert made.take(rules(1)) == []
    assert [worlds.decoded(out)["version"] for out in made.take(rules(3), rules(2))] == [3]
    assert made.take(rules(3)) == []


def test_what_holds_no_rules_does_not_reach_the_log_and_takes_no_version() -> None:
    made = world()
    assert made.take(rules(9, "{}"), rules(9, "no json"), rules(9, '{"laws": [{}]}')) == []
    assert [worlds.decoded(out)["version"] for out in made.take(rules(2))] == [2]


def test_what_is_no_agreement_on_the_control_topic_changes_nothing() -> None:
    junk = [None, b"", b"{}", wire.frame(catalog.id_of("internal.agreement_activated.v1"), b"\xff")]
    decision = {"decision_id": "d", "kind": "same", "pairs": [], "decided_by": "s", "reason": "r", "decided_at": 0}
    schema_id = catalog.id_of("internal.identity_decided.v1")
    junk.append(wire.frame(schema_id, codec.encode_rows(schema_id, [decision])[0]))
    made = world()
    assert made.take(*(Message(names.AGREEMENTS, None, value, {}) for value in junk)) == []
    assert made.take(SCHOOL_SAYS)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"partner.csac.identity/0/7", "partner.csac.identity/0/7"),
        (b"partner.edd.employment/0/7", None),
        (b"partner.csac.identity/0/7/" + NUMBER.encode(), None),
        (NUMBER.encode(), None),
        (b"\xff", None),
    ],
)
def test_a_replay_that_is_rejected_again_names_the_first_and_no_header_says_anything_else(
    said: bytes, told: str | None
) -> None:
    again = AID_SAYS._replace(value=b"{}", headers={**AID_SAYS.headers, "replay-of": said})
    [out] = world().take(again)
    assert worlds.decoded(out)["replay_of"] == told
