"""What other rules would change is told before they are in force, and comes true when they are."""

from dataclasses import replace

import pytest
from support.sam import CENTER, KNOWN, award, caseload, consent, enrolled
from support.worlds import PureWorld, rules_value

from processors import names
from processors.consent.law.facts import Category
from processors.consent.law.ferpa import LAW as FERPA
from processors.consent.law.rules import NO_RULES, Citation, Effect, Reason, Rule, RuleSet, when
from processors.consent.law.shipped import LAWS, SHIPPED
from processors.consent.replay import Change, replayed
from processors.consent.replay import Effect as Of
from processors.state import Working

AID_IS_CLOSED = Rule(
    "test.aid", 1, Citation("Test 1", "aid is closed", None), Effect.DENY, "Aid is closed.",
    when(category={Category.AID}), Reason.LAW_DENIES,
)  # fmt: skip
STRICTER = RuleSet([replace(law, rules=(AID_IS_CLOSED, *law.rules)) if law is FERPA else law for law in LAWS])


@pytest.fixture
def world() -> PureWorld:
    made = PureWorld()
    for sent in [*KNOWN, caseload(), award(), enrolled(), consent()]:
        made.send(*sent)
    return made.settle()


def test_the_same_rules_change_nothing(world: PureWorld) -> None:
    found = replayed(Working(world.states["consent"]), SHIPPED)
    assert (found.events, found.persons, found.decided) == ({}, {}, 4)


def test_a_denial_that_is_added_takes_what_it_covers_from_whoever_sees_it(world: PureWorld) -> None:
    found = replayed(Working(world.states["consent"]), STRICTER)
    lost = Change(CENTER, "csac", "aid", Of.LOST, "law_denies", ("test.aid/1",))
    assert (found.events, found.persons) == ({lost: 1}, {lost: 1})


def test_without_rules_everything_is_lost(world: PureWorld) -> None:
    found = replayed(Working(world.states["consent"]), NO_RULES)
    assert {(change.effect, change.reason) for change in found.events} == {(Of.LOST, "no_rule_permits")}
    assert sum(found.events.values()) == 3


def test_what_was_told_comes_true_when_the_rules_come_into_force(world: PureWorld) -> None:
    before = world.seen_by(CENTER)
    world.send(names.AGREEMENTS, b"rules", rules_value(STRICTER, 2))
    assert before - world.settle().seen_by(CENTER) == {award().event_id}
    found = replayed(Working(world.states["consent"]), SHIPPED)
    assert {(change.family, change.effect): times for change, times in found.events.items()} == {("aid", Of.GAINED): 1}
