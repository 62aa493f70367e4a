"""The truth: its sums add up, its phases follow from one another, and the stages, asked apart, agree with it."""

import itertools
import tomllib
from collections import Counter, defaultdict
from dataclasses import astuple
from datetime import date
from pathlib import Path

import pytest
from support.worlds import PureWorld

from deploy.population import generate
from partners import formats, rows
from partners.events import framed
from partners.population import PHASES, Planned, Population, Truth, managers
from partners.population.attending import attending
from partners.population.majority import FOR_A_CHILD, day_of_majority
from partners.population.oracle import label_of
from partners.population.permission import NEXT_DAYS, RELATIONS
from partners.population.rules import CONSENT_FOR, RULES

AGREEMENTS = Path(__file__).parents[2] / "deploy" / "agreements"


def agreements(tier: str) -> list[dict[str, object]]:
    """Agreements of one tier that ship, as they stand in their files."""
    found = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(AGREEMENTS.glob("*.toml"))]
    return [agreement for agreement in found if agreement["tier"] == tier]


def test_the_truths_own_table_of_rules_is_what_the_agreements_say() -> None:
    shipped: dict[tuple[str, str], set[object]] = defaultdict(set)
    for dsa in agreements("dsa"):
        for grant in dsa["grants"]:  # type: ignore[attr-defined]
            clients_only = dsa["relation"] == "caseload" if "relation" in dsa else True
            rule = (dsa["party"], dsa["purpose"], dsa["basis"] == "consent", clients_only)
            shipped[grant["partner_id"], grant["family"]].add(rule)
    ours = {cell: {astuple(rule) for rule in rules} for cell, rules in RULES.items()}
    assert {cell: rules for cell, rules in shipped.items() if "grand_bend" not in cell[0]} == ours


def test_the_truths_own_table_of_who_speaks_for_whom_is_what_the_agreements_say() -> None:
    shipped = {str(mou["party"]): set(mou["consent_for"]) for mou in agreements("mou")}  # type: ignore[call-overload]
    assert {party: spoken for party, spoken in shipped.items() if party in CONSENT_FOR} == CONSENT_FOR


@pytest.mark.parametrize("phase", PHASES)
def test_what_is_published_is_carried_withheld_or_rejected(population: Population, phase: str) -> None:
    totals = population.truth.totals[phase]
    assert totals.published == totals.carried + totals.withheld + totals.rejected
    assert min(totals.carried, totals.withheld, totals.rejected) > 0
    assert totals.persons == len(set(population.truth.records[phase].values()))


@pytest.mark.parametrize("phase", PHASES)
def test_every_event_published_so_far_has_one_outcome(population: Population, phase: str) -> None:
    told = PHASES[: PHASES.index(phase) + 1]
    published = {event.event_id for name in told for event in population.phases[name]}
    outcomes = population.truth.outcomes[phase]
    assert set(outcomes) == published
    assert Counter(outcomes.values())["withheld"] == population.truth.totals[phase].withheld


def test_an_event_once_carried_stays_carried_and_a_rejected_one_rejected(population: Population) -> None:
    truth = population.truth
    for before, after in itertools.pairwise(PHASES):
        for event_id, outcome in truth.outcomes[before].items():
            assert outcome == "withheld" or truth.outcomes[after][event_id] == outcome


def test_what_stands_in_a_view_was_carried_and_names_a_person_of_then(population: Population) -> None:
    truth = population.truth
    for phase in PHASES:
        persons = set(truth.records[phase].values())
        for _, person, event_id in truth.visible[phase]:
            assert truth.outcomes[phase][event_id] == "carried"
            assert person in persons


def test_a_share_of_the_events_is_withheld_and_few_are_rejected(population: Population) -> None:
    final = population.truth.final
    assert 0.2 < final.withheld / final.published < 0.4
    assert final.rejected / final.published < 0.02


def test_every_kind_of_change_befalls_people_of_its_own(population: Population) -> None:
    records = population.truth.records["changes"]
    by_id = {event.event_id: event for event in population.phases["changes"]}
    owners = [
        {records[f"{by_id[i].partner}|{by_id[i].key.decode()}"].partition("-")[0] for i in ids if token_of(by_id[i])}
        for ids in population.truth.changes.values()
    ]
    assert all(owners)
    assert len(set().union(*owners)) == sum(len(found) for found in owners)


def token_of(event: Planned) -> str | None:
    """The record's id at the partner; none of wage rows."""
    token: str | None = event.envelope["subject_token"]
    return token


def facts_lost(truth: Truth) -> set[str]:
    """Events that stood in some view when history ended and in none when the changes did."""
    before, after = ({event_id for _, _, event_id in truth.visible[phase]} for phase in ("history", "changes"))
    return before - after


def test_withdrawals_endings_and_retractions_take_back_and_grants_and_bridges_release(population: Population) -> None:
    truth = population.truth
    assert facts_lost(truth)
    released = [i for i, outcome in truth.outcomes["history"].items() if outcome == "withheld"]
    assert any(truth.outcomes["changes"][event_id] == "carried" for event_id in released)
    assert truth.totals["changes"].persons < truth.totals["history"].persons


def test_a_retracted_fact_stands_in_no_view_and_a_corrected_one_stands_with_its_correction(
    population: Population,
) -> None:
    truth = population.truth
    seen = {event_id for _, _, event_id in truth.visible["changes"]}
    for event in population.phases["changes"]:
        before = event.envelope["supersedes_event_id"]
        if event.event_id in truth.changes["retracted"]:
            assert not {before, event.event_id} & seen
            assert truth.outcomes["changes"][event.event_id] == "carried"
        if event.event_id in truth.changes["corrected"]:
            assert {before, event.event_id} <= seen
        if event.event_id in truth.changes["retracted unseen"]:
            assert truth.outcomes["changes"][event.event_id] == "withheld"


def test_all_of_the_trickle_is_carried(population: Population) -> None:
    outcomes = population.truth.outcomes["trickle"]
    assert {outcomes[event.event_id] for event in population.phases["trickle"]} == {"carried"}


AUTUMN = date(2026, 11, 24)


@pytest.fixture(scope="module")
def in_autumn() -> Population:
    """The same people and messages, judged twelve weeks later."""
    return generate(300, 16, decided_on=AUTUMN)


def test_the_day_of_the_decision_chooses_no_message_of_history_and_changes(
    population: Population, in_autumn: Population
) -> None:
    for phase in ("history", "changes"):
        assert population.phases[phase] == in_autumn.phases[phase]


def consents(population: Population) -> list[Planned]:
    """Every sound statement."""
    return [e for events in population.phases.values() for e in events if e.family == "consent" and not e.code]


@pytest.mark.parametrize("bound", ["valid_from", "valid_until"])
def test_consents_begin_and_lapse_within_the_weeks_that_follow(population: Population, bound: str) -> None:
    ahead = {e.body[bound] - rows.days(population.as_of) for e in consents(population) if e.body[bound] is not None}
    assert any(0 <= day < 84 for day in ahead)
    assert any(84 <= day <= 400 for day in ahead)


def test_a_consent_that_is_not_about_to_lapse_has_no_last_day(population: Population) -> None:
    ends = [e.body["valid_until"] - rows.days(population.as_of) for e in consents(population) if e.body["valid_until"]]
    assert max(ends) <= NEXT_DAYS


def test_some_grow_up_before_the_populations_day_some_soon_after_and_others_say_it_again_themselves(
    population: Population,
) -> None:
    records = population.truth.records["trickle"]
    born: dict[str, int] = {}
    said: dict[str, set[str]] = defaultdict(set)
    for event in population.phases["history"]:
        if event.family == "identity" and not event.code and event.body["birth_date"] is not None:
            born.setdefault(records[label_of(event)], event.body["birth_date"])
        elif event.family == "consent" and not event.code:
            said[records[label_of(event)]].add(event.body["granted_by_role"])
    today, autumn = rows.days(population.as_of), rows.days(AUTUMN)
    grown = {person: day_of_majority(day) for person, day in born.items()}
    assert any(grown[p] <= today and roles & FOR_A_CHILD and "student" not in roles for p, roles in said.items())
    assert any(grown[p] <= today and roles & FOR_A_CHILD and "student" in roles for p, roles in said.items())
    assert any(today < grown[p] <= autumn for p in said)
    assert any(autumn < grown[p] for p in said)
    assert {"parent", "guardian", "education_rights_holder", "court", "student"} <= set[str]().union(*said.values())


def test_what_a_parent_or_a_lapsing_consent_allowed_is_seen_no_more_later(
    population: Population, in_autumn: Population
) -> None:
    today, autumn = (set(made.truth.visible["changes"]) for made in (population, in_autumn))
    assert today - autumn
    assert autumn - today


@pytest.mark.parametrize("day", ["population", "in_autumn"])
def test_every_rule_raises_signals_and_each_is_about_somebody_in_the_recipients_view(
    day: str, request: pytest.FixtureRequest
) -> None:
    truth: Truth = request.getfixturevalue(day).truth
    for phase in PHASES:
        assert {rule for _, _, rule, _ in truth.signals[phase]} == {"sap_lost", "fafsa_incomplete", "stopped_out"}
        seen = {(recipient, person) for recipient, person, _ in truth.visible[phase]}
        assert {(recipient, person) for recipient, person, _, _ in truth.signals[phase]} <= seen


def test_some_attend_a_college_before_eighteen_alone_or_besides_school_and_what_they_say_themselves_counts() -> None:
    made = generate(1000, 5)
    records, today = made.truth.records["history"], rows.days(made.as_of)
    facts: dict[str, list[Planned]] = defaultdict(list)
    grown: set[str] = set()
    for event in made.phases["history"]:
        if not event.code and token_of(event):
            facts[records[label_of(event)]].append(event)
            born = event.body["birth_date"] if event.family == "identity" else None
            grown |= {records[label_of(event)]} if born is not None and day_of_majority(born) <= today else set()
    minors = {person: attending(told, today) for person, told in facts.items() if person not in grown}
    alone = {person for person, found in minors.items() if found.is_student_alone}
    both = {person for person, found in minors.items() if found.surely == {"school", "college"}}
    assert alone
    assert both
    by_id = {event.event_id: event for event in made.phases["history"]}
    seen = {(person, by_id[event_id].partner) for _, person, event_id in made.truth.visible["history"]}
    assert any((person, "csac") in seen for person in alone)
    assert any((person, "ccc") in seen and (person, "cde_k12") in seen for person in both)


@pytest.mark.parametrize(
    ("kind", "rule"), [("restored", "sap_lost"), ("applied", "fafsa_incomplete"), ("enrolled late", "stopped_out")]
)
def test_what_puts_a_trouble_right_closes_its_signals(kind: str, rule: str) -> None:
    made = generate(1000, 5, decided_on=AUTUMN)
    owners = owners_of(made, kind)
    before, after = (
        {person for _, person, found, _ in made.truth.signals[phase] if found == rule}
        for phase in ("history", "changes")
    )
    assert owners & before
    assert not owners & after


def test_signals_about_who_withdraws_every_consent_vanish() -> None:
    made = generate(1000, 5, decided_on=AUTUMN)
    owners = owners_of(made, "troubled withdrawn")
    before, after = ({person for _, person, _, _ in made.truth.signals[phase]} for phase in ("history", "changes"))
    assert owners & before
    assert not owners & after


def test_every_case_manager_of_the_demonstration_ends_with_each_kind_of_signal_that_the_law_permits() -> None:
    made = generate(2000, 7, decided_on=AUTUMN)
    # The school's counselors see no college terms, and nobody at a college is a senior at school.
    permitted = {"cm-alvarez": {"fafsa_incomplete", "sap_lost"}, "cm-nguyen": {"stopped_out", "sap_lost"}}
    for manager, recipient in managers.DEMO.items():
        people = set(made.truth.demo[manager])
        told = {rule for who, person, rule, _ in made.truth.signals["trickle"] if who == recipient and person in people}
        assert told == permitted[manager]


def owners_of(made: Population, kind: str) -> set[str]:
    """Persons whom a kind of change befalls."""
    ids = set(made.truth.changes[kind])
    return {made.truth.records["changes"][label_of(e)] for e in made.phases["changes"] if e.event_id in ids}


def sent(world: PureWorld, events: list[Planned], *, backwards: bool) -> None:
    """A phase onto the world's topics, topic by topic; what says who may speak comes first, as resolve reads it."""
    topics: dict[str, list[Planned]] = defaultdict(list)
    for event in events:
        topics[event.topic].append(event)
    for topic in sorted(sorted(topics, reverse=backwards), key=lambda name: not name.endswith(".social_service")):
        good = [event for event in topics[topic] if event.row is not None]
        values = framed(topics[topic][0].family, [event.row or {} for event in good])
        raw = [(event, event.raw or b"") for event in topics[topic] if event.row is None]
        for event, value in [*zip(good, values, strict=True), *raw]:
            world.send(topic, event.key, value, dict(event.headers))


@pytest.mark.parametrize("backwards", [False, True], ids=["topics forwards", "topics backwards"])
def test_the_stages_come_to_the_truth_phase_by_phase(population: Population, backwards: bool) -> None:  # noqa: FBT001
    world, truth = PureWorld(), population.truth
    world.now = rows.micros(formats.midnight(population.as_of))
    for phase in PHASES:
        sent(world, population.phases[phase], backwards=backwards)
        found = world.settle().outcomes()
        codes = {
            i: f"rejected:{truth.codes[i]}" for i, outcome in truth.outcomes[phase].items() if outcome == "rejected"
        }
        assert found == truth.outcomes[phase] | codes
        for recipient in RELATIONS:
            wanted = {(person, event_id) for who, person, event_id in truth.visible[phase] if who == recipient}
            assert partition(world.view(recipient)) == partition(wanted)


def partition(sights: object) -> set[frozenset[str]]:
    """Events by person, whatever the persons are called."""
    people: dict[str, set[str]] = defaultdict(set)
    for person, event_id in sights:  # type: ignore[attr-defined]
        people[person].add(event_id)
    return {frozenset(found) for found in people.values()}
