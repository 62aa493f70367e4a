"""What a day that comes brings: consents begin and expire, students come of age, agreements begin and end."""

from dataclasses import dataclass
from datetime import date

import pytest
from support import worlds
from support.events import NOON, Message, days, event_id
from support.sam import CENTER, KNOWN, TOKENS, award, caseload, consent, enrolled, identity, wages, withdrawal
from support.worlds import PureWorld, record_key

from processors import names
from processors.consent import sweep
from processors.consent.agreements import Agreement

SERVED = [*KNOWN, caseload(), award(), enrolled(), wages()]
FACTS = {award().event_id, enrolled().event_id, wages().event_id}


def told(*messages: Message, batch: int = 1000, agreements: list[Agreement] | None = None) -> PureWorld:
    world = PureWorld(agreements, batch=batch)
    for sent in messages:
        world.send(*sent)
    return world.settle()


def facts(world: PureWorld) -> set[str]:
    return world.seen_by(CENTER) & FACTS


def reasons(world: PureWorld) -> set[str]:
    return {row["reason"] for row in world.rows(names.released_topic(CENTER)) if "reason" in row}


def test_a_consent_holds_on_its_last_day_and_is_taken_back_on_the_first_tick_after_it() -> None:
    world = told(*SERVED, consent(valid_until="2026-10-01"))
    assert facts(world.go_on_until("2026-10-01")) == FACTS
    assert facts(world.go_on_until("2026-10-02")) == set()
    assert reasons(world) == {"consent_out_of_time"}
    assert facts(world.go_on_until("2027-10-02")) == set()


def test_a_consent_that_begins_later_releases_on_the_first_tick_of_its_day() -> None:
    world = told(*SERVED, consent(valid_from="2026-10-01", valid_until="2026-10-03"))
    assert facts(world) == set()
    assert facts(world.go_on_until("2026-09-30")) == set()
    assert facts(world.go_on_until("2026-10-01")) == FACTS
    assert facts(world.go_on_until("2026-10-04")) == set()


def test_days_that_were_slept_through_bring_what_the_last_of_them_says() -> None:
    assert facts(told(*SERVED, consent(valid_until="2026-10-01")).go_on_until("2028-01-01")) == set()


def test_a_consent_renewed_before_its_end_goes_on_without_a_retraction() -> None:
    renewed = consent("renewed", valid_until="2027-10-01", published_at=NOON + 1)
    world = told(*SERVED, consent(valid_until="2026-10-01"), renewed)
    assert facts(world.go_on_until("2026-10-02")) == FACTS
    assert reasons(world) == set()


def test_the_record_whose_consent_expires_may_have_moved_to_another_person_meanwhile() -> None:
    world = told(*SERVED, consent(valid_until="2026-10-01"))
    apart = identity("ccc", event_id=event_id("apart"), published_at=NOON + 5, first_name="Ana", ssn="219-09-9990")
    world.send(*apart)
    world.settle()
    again = identity("ccc", event_id=event_id("again"), published_at=NOON + 6)
    world.send(*again)
    assert facts(world.settle()) == FACTS
    assert facts(world.go_on_until("2026-10-02")) == set()


MINOR = {"birth_date": "2008-10-10"}
AID = {award().event_id}
"""What a parent speaks for until eighteen; in college and wage records the rights are the person's at any age."""
PUPIL = [identity("cde_k12", **MINOR), enrolled("cde_k12", "year", entry_date="2026-08-12")]
"""Attends high school besides college."""
MINORS = [identity("ccc", **MINOR), identity("csac", **MINOR), identity(CENTER, **MINOR), *PUPIL, *SERVED[3:]]


@pytest.mark.parametrize("role", ["parent", "guardian", "education_rights_holder"])
def test_what_a_parent_permitted_ends_on_the_eighteenth_birthday(role: str) -> None:
    world = told(*MINORS, consent(granted_by_role=role))
    assert facts(world.go_on_until("2026-10-09")) == AID
    assert facts(world.go_on_until("2026-10-10")) == set()
    assert reasons(world) == {"rights_transferred"}


def test_what_a_court_permitted_goes_on() -> None:
    assert facts(told(*MINORS, consent(granted_by_role="court")).go_on_until("2026-10-11")) == FACTS


def test_a_student_speaks_for_college_and_wages_at_any_age_and_for_all_from_eighteen_on() -> None:
    world = told(*MINORS, consent(granted_by_role="student"))
    assert facts(world.go_on_until("2026-10-09")) == FACTS - AID
    assert facts(world.go_on_until("2026-10-10")) == FACTS


def test_the_students_own_word_counts_from_then_on_and_the_parents_no_does_not() -> None:
    world = told(
        *MINORS, consent(granted_by_role="parent"), withdrawal(granted_by_role="parent", published_at=NOON + 1)
    )
    world.send(*consent("own", "ccc", granted_by_role="student", published_at=NOON + 2))
    world.send(*withdrawal("no", "ccc", granted_by_role="parent", published_at=NOON + 3))
    assert facts(world.settle()) == FACTS - AID
    assert facts(world.go_on_until("2026-10-10")) == FACTS


@pytest.mark.parametrize("order", [1, -1])
def test_what_is_attended_by_several_records_of_a_person_is_told_at_once_and_decided_once(order: int) -> None:
    """The college's record alone would take back what the parent permitted; the school's lets it stand."""
    world = told(*(sent for sent in MINORS if sent not in (*PUPIL[1:], enrolled())), consent(granted_by_role="parent"))
    assert facts(world) == AID
    before = {name: len(rows) for name, rows in world.topics.items()}
    said = {"person_id": world.person_of("ccc", TOKENS["ccc"]), "age": "from_16"}
    attended = [("ccc", "college"), ("cde_k12", "school")]
    rows = [{**said, "record_key": record_key(p, TOKENS[p]), "attends": attends} for p, attends in attended[::order]]
    world.log("rights_transferred", rows[0]["record_key"], {"transfers": rows})
    assert facts(world.settle()) == AID
    assert {name: len(rows) for name, rows in world.topics.items() if len(rows) > before[name]} == {
        names.RESOLVED_EVENTS: before[names.RESOLVED_EVENTS] + 1
    }


def test_any_record_that_says_eighteen_is_enough() -> None:
    said = [identity("ccc", **MINOR), identity("csac", birth_date="2005-01-02"), identity(CENTER, **MINOR)]
    world = told(*said, *SERVED[3:], consent(granted_by_role="parent"))
    assert facts(world) == set()


def test_a_birth_date_that_is_corrected_gives_back_what_the_parent_permitted() -> None:
    world = told(*SERVED, identity("cde_k12"), PUPIL[1], consent(granted_by_role="parent"))
    assert facts(world) == set()
    for partner in ("ccc", "csac", "cde_k12", CENTER):
        changed = {"event_id": event_id(f"{partner} again"), "published_at": NOON + 1}
        world.send(*identity(partner, **MINOR, **changed))
    assert facts(world.settle()) == AID


def test_the_end_of_an_agreement_takes_back_what_it_allowed() -> None:
    world = told(*SERVED, consent()).activate(worlds.next_version("dsa-ccc-transfer", effective_to=date(2026, 10, 1)))
    assert facts(world.go_on_until("2026-10-01")) == FACTS
    assert facts(world.go_on_until("2026-10-02")) == set()
    assert reasons(world) == {"agreement_not_in_force"}


def test_an_agreement_that_begins_later_releases_on_its_day() -> None:
    world = told(*SERVED, consent()).activate(worlds.next_version("dsa-ccc-transfer", effective_from=date(2026, 10, 1)))
    assert facts(world) == set()
    assert facts(world.go_on_until("2026-10-01")) == FACTS


@dataclass(frozen=True)
class Size:
    """How a world takes things in."""

    batch: int
    slice: int


@pytest.mark.parametrize("size", [Size(1, 1), Size(3, 2), Size(1000, 200)])
def test_the_same_comes_of_it_in_slices_of_any_size(size: Size, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "SLICE_PERSONS", size.slice)
    others = [award(f"award {n}", subject_token=f"x{n}") for n in range(7)]
    world = told(*SERVED, consent(valid_until="2026-10-01"), batch=size.batch)
    for n, sent in enumerate(others):
        world.send(sent.topic, f"x{n}".encode(), sent.value, sent.headers)
    world.settle().go_on_until("2026-10-02")
    assert facts(world) == set()
    assert world.states["consent"].scan("due", "") == []
    assert days("2026-10-02") == world.now // 86_400_000_000
