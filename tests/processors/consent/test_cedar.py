"""The rules as Cedar policies: Cedar's own engine decides as ours does."""

import json
import random
from dataclasses import replace

import cedarpy
from hypothesis import given, settings
from hypothesis import strategies as st
from support.cedar import Cedar
from support.laws import CITED, facts, rule_sets

from processors.consent.law.cedar import SCHEMA, policies_of
from processors.consent.law.facts import CLASSES, Basis, Facts
from processors.consent.law.rules import NO_RULES, Effect, Law, Reason, Rule, RuleSet, When, when
from processors.consent.law.shipped import SHIPPED

ANY = Facts._make(next(iter(kind)) for kind in CLASSES)


def rule(rule_id: str, effect: Effect, condition: When) -> Rule:
    return Rule(rule_id, 1, CITED, effect, "Plain words.", condition, Reason.STATUTE)


def annotations(policies: str) -> list[dict[str, str]]:
    """Of each policy, as Cedar reads them."""
    found = json.loads(cedarpy.policies_to_json_str(policies))["staticPolicies"]
    return [found[f"policy{place}"]["annotations"] for place in range(len(found))]


def test_cedar_finds_every_shipped_policy_well_formed_and_of_the_schema() -> None:
    checked = cedarpy.validate_policies(policies_of(SHIPPED), SCHEMA)
    assert [str(error) for error in checked.errors] == []
    assert checked.validation_passed


def test_each_policy_names_its_rule_its_section_and_its_quote() -> None:
    told = [{"id": one.name, "section": one.cites.section, "quote": one.cites.quote} for one in SHIPPED.rules]
    assert annotations(policies_of(SHIPPED)) == told


def test_quotes_backslashes_and_line_ends_of_a_citation_stay_as_they_are() -> None:
    text = policies_of(RuleSet([Law("one", "One", (), None, (rule("one.1", Effect.DENY, When()),))]))
    assert annotations(text) == [{"id": "one.1/1", "section": CITED.section, "quote": CITED.quote}]


def test_cedar_decides_as_we_do_over_shipped_rules() -> None:
    chance = random.Random(7)  # noqa: S311  # a seeded sample is the point
    asked = [Facts._make(chance.choice(list(kind)) for kind in CLASSES) for _ in range(3_000)]
    asked += [
        Facts._make(chance.choice(sorted(values or kind)) for values, kind in zip(one.when, CLASSES, strict=True))
        for one in SHIPPED.rules if one.effect is Effect.PERMIT
        for _ in range(100)
    ]  # fmt: skip
    ours = [SHIPPED.decide(one).permit for one in asked]
    assert Cedar(SHIPPED).permits(asked) == ours
    assert sum(ours) > 50


@given(rule_sets(), st.lists(facts, min_size=1, max_size=20))
@settings(deadline=None)
def test_cedar_decides_as_we_do_over_any_rules(rules: RuleSet, asked: list[Facts]) -> None:
    assert Cedar(rules).permits(asked) == [rules.decide(one).permit for one in asked]


def test_no_rules_permit_nothing() -> None:
    assert Cedar(NO_RULES).permits([ANY]) == [False]


def test_a_permit_does_not_reach_beyond_the_records_that_its_law_applies_to() -> None:
    wide = rule("one.1", Effect.PERMIT, When())
    default = rule("one.0", Effect.DENY, When())
    rules = RuleSet([Law("one", "One", (when(basis={Basis.STUDY}),), default, (wide,))])
    asked = [ANY._replace(basis=Basis.STUDY), ANY._replace(basis=Basis.CONSENT)]
    assert Cedar(rules).permits(asked) == [True, False]


def test_a_rule_that_speaks_of_no_value_never_speaks() -> None:
    default = rule("one.0", Effect.DENY, When())
    law = Law("one", "One", (When(),), default, (rule("one.1", Effect.PERMIT, when(basis=set())),))
    assert cedarpy.validate_policies(policies_of(RuleSet([law])), SCHEMA).validation_passed
    assert Cedar(RuleSet([law])).permits([ANY]) == [False]


def test_a_law_that_applies_and_permits_nothing_forbids() -> None:
    default = rule("one.0", Effect.DENY, When())
    wide = Law("one", "One", (When(),), default, (rule("one.1", Effect.PERMIT, When()),))
    strict = Law("two", "Two", (When(),), replace(default, rule_id="two.0"), ())
    assert Cedar(RuleSet([wide])).permits([ANY]) == [True]
    assert Cedar(RuleSet([wide, strict])).permits([ANY]) == [False]
