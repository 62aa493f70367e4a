"""The decision table: what the shipped rules say of cases that a person of law wrote down, and why."""

import pytest
from support.decisions import Case, cases

from processors.consent.law.facts import Facts
from processors.consent.law.rules import Effect, Rule, RuleSet
from processors.consent.law.shipped import LAWS, SHIPPED

CASES = cases()


def deciding(case: Case) -> RuleSet:
    """The rules that a case is put to."""
    return RuleSet([law for law in LAWS if law.law_id in case.laws]) if case.laws else SHIPPED


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_decided_as_written_for_its_reason_and_by_its_rules(case: Case) -> None:
    verdict = deciding(case).decide(case.facts)
    rules = [name.partition("/")[0] for name in verdict.rules]
    said = ("permit" if verdict.permit else "deny", verdict.reason.value, rules)
    assert said == (case.then, case.reason, list(case.rules)), case.because


@pytest.mark.parametrize("case", [one for one in CASES if not one.rules], ids=lambda case: str(case.name))
def test_where_no_rule_is_named_none_speaks(case: Case) -> None:
    assert list(deciding(case).spoken(case.facts)) == []


def test_there_are_at_least_two_hundred_cases_of_all_laws_and_no_two_are_alike() -> None:
    assert sum(not case.laws for case in CASES) >= 200
    assert len({(case.laws, case.facts) for case in CASES}) == len(CASES)
    assert len({(case.laws, case.because) for case in CASES}) == len(CASES)


def test_every_shipped_rule_is_what_some_case_rests_on() -> None:
    relied = {rule for case in CASES if not case.laws for rule in case.rules}
    assert sorted({rule.rule_id for rule in SHIPPED.rules} - relied) == []


def test_no_case_rests_on_a_rule_of_the_other_effect() -> None:
    effects = {rule.rule_id: rule.effect for rule in SHIPPED.rules}
    assert [case.name for case in CASES for rule in case.rules if effects[rule] is not Effect(case.then)] == []


@pytest.mark.parametrize("rule", SHIPPED.rules, ids=lambda rule: str(rule.rule_id))
def test_each_condition_of_a_rule_is_once_all_that_it_misses(rule: Rule) -> None:
    asked = [place for place, values in enumerate(rule.when) if values is not None]
    missed = [{place for place in asked if case.facts[place] not in (rule.when[place] or ())} for case in CASES]
    assert [Facts._fields[place] for place in asked if {place} not in missed] == []
