"""An agreement that changes has everyone decided again, in slices; a recipient that lost its view is sent it again."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import worlds
from support.events import MINUTE, NOON, Message, message
from support.worlds import PureWorld

from processors import names
from processors.consent import sweep
from processors.consent.agreements import Agreement
from processors.consent.audit import HEADER, START, next_hash
from processors.consent.law.rules import NO_RULES
from processors.state import Working
from schemas_avro import catalog, codec, wire

FOSTER = "la_county_foster"
PEOPLE = 9


def pupil(number: int) -> list[Message]:
    """A pupil whom the county serves, with one enrollment."""
    who = {
        "first_name": f"N{number}",
        "last_name": "Reyes",
        "birth_date": "2012-01-02",
        "ssn": f"219-09-{1000 + number}",
    }
    return [
        message("cde_k12", "identity", f"k{number}", f"card k{number}", **who),
        message(FOSTER, "identity", f"f{number}", f"card f{number}", **who),
        message(FOSTER, "caseload", f"f{number}", f"case f{number}", relation="liaison"),
        message("cde_k12", "enrollment", f"k{number}", f"enrolled k{number}", gpa_cumulative_ten_thousandths=30_000),
    ]


ENROLLED = {pupil(n)[3].event_id for n in range(PEOPLE)}


def foster_agreement(version: int, groups: tuple[str, ...] | None, /, **said: Any) -> Agreement:
    """A version of the county's agreement that grants these groups of school enrollment, or none of it."""
    [found] = [a for a in worlds.shipped_agreements() if a.agreement_id == "dsa-la-county-foster"]
    grants = [g.model_dump() for g in found.grants if g.partner_id != "cde_k12"]
    if groups is not None:
        grants.append({"partner_id": "cde_k12", "family": "enrollment", "groups": groups})
    return Agreement.model_validate({**found.model_dump(), "version": version, "grants": grants, **said})


def served(*, batch: int = 1000) -> PureWorld:
    world = PureWorld(batch=batch)
    for number in range(PEOPLE):
        for sent in pupil(number):
            world.send(*sent)
    return world.settle()


def shown(world: PureWorld) -> dict[str, dict[str, Any]]:
    """What the county sees of enrollments, by event."""
    return {event: row["body"] for (_, event), row in world.view(FOSTER).items() if event in ENROLLED}


def chain_holds(world: PureWorld) -> bool:
    head = START
    for arrival in world.topics[names.AUDIT_DECISIONS]:
        head = next_hash(head, arrival.value or b"")
        if arrival.headers[HEADER].decode() != head:
            return False
    return True


def test_a_grant_that_an_agreement_no_longer_names_is_taken_back_from_everyone() -> None:
    world = served()
    assert shown(world).keys() == ENROLLED
    assert shown(world.activate(foster_agreement(2, None))) == {}
    assert shown(world.activate(foster_agreement(3, ("core",)))).keys() == ENROLLED
    assert chain_holds(world)


def test_groups_that_a_new_version_leaves_out_are_sent_no_more() -> None:
    world = served()
    assert all("gpa_cumulative_ten_thousandths" in body for body in shown(world).values())
    world.activate(foster_agreement(2, ("core",)))
    assert shown(world).keys() == ENROLLED
    assert not any("gpa_cumulative_ten_thousandths" in body for body in shown(world).values())


def test_another_basis_asks_for_the_consent_that_nobody_gave() -> None:
    assert shown(served().activate(foster_agreement(2, ("core",), basis="consent"))) == {}


def test_a_new_recipient_is_sent_what_was_there_before_it() -> None:
    world = served()
    own = {"agreement_id": "dsa-new", "party": "new_county", "relation": "organization"}
    shared = foster_agreement(1, ("core",), **own, basis="school_official", purpose="student_services")
    begins = {
        "version": 1,
        "title": "t",
        "citation": "c",
        "party": "new_county",
        "effective_from": shared.effective_from,
    }
    part = {"tier": "mou", "families": ("identity",), "kind": "school", "institution": "one"}
    world.activate(Agreement(agreement_id="mou-new", **part, **begins))
    world.activate(worlds.next_version("mou-cde-k12", institution="one"))
    use = {"tier": "dul", "licenses": ("dsa-new",), "purposes": ("student_services",)}
    world.activate(Agreement(agreement_id="dul-new", **use, **begins)).activate(shared)
    assert {event for _, event in world.view("new_county")} >= ENROLLED


def test_a_lower_or_equal_version_changes_nothing() -> None:
    world = served().activate(foster_agreement(1, None))
    assert shown(world).keys() == ENROLLED


def test_a_slice_decides_no_more_than_its_persons_and_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    world = served()
    monkeypatch.setattr(sweep, "SLICE_PERSONS", 2)
    monkeypatch.setattr(PureWorld, "_is_sweeping", lambda _: False)
    world.activate(foster_agreement(2, None))
    assert len(shown(world)) == PEOPLE - 2
    assert sweep.progress(Working(world.states["consent"])) == (2, PEOPLE)
    world.decide_again([])
    assert len(shown(world)) == PEOPLE - 4
    assert sweep.progress(Working(world.states["consent"])) == (4, PEOPLE)


def test_a_newer_version_starts_the_sweep_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = served()
    monkeypatch.setattr(sweep, "SLICE_PERSONS", 2)
    with monkeypatch.context() as patched:
        patched.setattr(PureWorld, "_is_sweeping", lambda _: False)
        world.activate(foster_agreement(2, None))
    assert 0 < len(shown(world)) < PEOPLE
    assert shown(world.activate(foster_agreement(3, ("core",)))).keys() == ENROLLED


@pytest.mark.parametrize("cause", ["agreement", "rules"])
def test_a_recipient_hears_of_a_change_at_once_and_of_the_sweeps_end_after_all_that_it_took(
    monkeypatch: pytest.MonkeyPatch, cause: str
) -> None:
    world, topic = served(), names.released_topic(FOSTER)
    before = len(world.topics[topic])
    monkeypatch.setattr(sweep, "SLICE_PERSONS", 2)
    if cause == "agreement":
        world.activate(foster_agreement(2, None))
    else:
        world.send(names.AGREEMENTS, b"rules", worlds.rules_value(NO_RULES, 2), {})
        world.settle()
    rows = world.rows(topic)[before:]
    schemas = [row["schema"] for row in rows]
    place = next(row["position"] for row in rows if row["schema"] == f"{cause}_activated")
    last_taken = max(n for n, name in enumerate(schemas) if name == "release_retracted")
    assert schemas.index(f"{cause}_activated") < last_taken < schemas.index("sweep_ended")
    assert {row["position"] for row in rows if row["schema"] == "sweep_ended"} == {place}
    assert {row["release"]["position"] for row in rows if "reason" in row} == {place}


@settings(max_examples=40)
@given(st.integers(1, 5), st.integers(1, 12), st.permutations(range(PEOPLE)))
def test_the_same_is_seen_whatever_the_slices_and_whoever_is_told_of_in_between(
    size: int, batch: int, order: list[int]
) -> None:
    """Half of the people are known before the agreement changes; the others come while the sweep is under way."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sweep, "SLICE_PERSONS", size)
        world = PureWorld(batch=batch)
        for number in order[:5]:
            for sent in pupil(number):
                world.send(*sent)
        world.settle()
        agreement = foster_agreement(2, ("core",))
        world.send(names.AGREEMENTS, agreement.agreement_id.encode(), worlds.agreement_value(agreement))
        for number in order[5:]:
            for sent in pupil(number):
                world.send(*sent)
        world.settle()
    assert {frozenset(body) for body in shown(world).values()} == {
        frozenset(shown(served().activate(agreement)).popitem()[1])
    }
    assert shown(world).keys() == ENROLLED


def reissue(recipient: str) -> tuple[str, bytes, bytes]:
    schema_id = catalog.id_of("internal.reissue_requested.v1")
    row = {"recipient": recipient, "requested_at": NOON}
    return names.AGREEMENTS, recipient.encode(), wire.frame(schema_id, codec.encode_rows(schema_id, [row])[0])


def test_a_reissue_sends_one_recipient_all_that_it_holds_again_and_others_nothing() -> None:
    world = served()
    before = {topic: len(sent) for topic, sent in world.topics.items()}
    world.now += MINUTE
    world.send(*reissue(FOSTER))
    world.settle()
    again = world.rows(names.released_topic(FOSTER))[before[names.released_topic(FOSTER)] :]
    sent = Counter(row["release"]["event_id"] for row in again if "body" in row)
    cases = {pupil(n)[2].event_id for n in range(PEOPLE)}
    assert sent == dict.fromkeys(ENROLLED | cases, 1)
    assert {row["agreement_id"] for row in again if row["schema"] == "agreement_activated"} == {
        "dsa-la-county-foster", "dsa-la-county-foster-welfare", "dsa-own-la-county-foster", "dul-la-county-foster",
        "mou-cde-elc", "mou-cde-k12", "mou-cdss", "mou-la-county-foster",
    }  # fmt: skip
    assert {"clock_ticked", "rules_activated", "sweep_ended"} <= {row["schema"] for row in again}
    others = {t for t in world.topics if t.startswith("released.") and t != names.released_topic(FOSTER)}
    told = {row["schema"] for topic in others for row in world.rows(topic)[before.get(topic, 0) :]}
    assert told == {"clock_ticked", "sweep_ended"}
    assert chain_holds(world)


def test_what_is_sent_again_lies_above_all_that_was_sent_before() -> None:
    world = served()
    highest = max(row["release"]["position"] for row in world.rows(names.released_topic(FOSTER)) if "release" in row)
    before = len(world.topics[names.released_topic(FOSTER)])
    world.send(*reissue(FOSTER))
    world.settle()
    again = world.rows(names.released_topic(FOSTER))[before:]
    assert min(row["release"]["position"] for row in again if "release" in row) > highest


def test_a_reissue_for_who_has_no_agreement_sends_nothing() -> None:
    world = served()
    world.send(*reissue("nobody"))
    assert world.settle().topics["released.nobody"] == []
