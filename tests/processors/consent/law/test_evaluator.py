"""How one decides by many rules: default deny, denials override, the strictest law counts; masks say what words say."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.laws import CITED, conditions, facts, rule_sets

from processors.consent.law.facts import CLASSES, Facts
from processors.consent.law.rules import (
    NO_RULES,
    NOTHING,
    Citation,
    Effect,
    Law,
    Obligation,
    Reason,
    Rule,
    RuleSet,
    Verdict,
    When,
)
from processors.consent.law.shipped import SHIPPED

seeds = st.integers(0, 2**32)


def rule(rule_id: str, effect: Effect, condition: When) -> Rule:
    return Rule(rule_id, 1, CITED, effect, "Plain words.", condition, Reason.STATUTE)


def denied(by: Rule) -> Verdict:
    return Verdict(permit=False, reason=by.reason, rules=(by.name,), obligations=frozenset())


def read_plainly(rules: RuleSet, asked: Facts) -> Verdict:
    """The verdict by reading every rule, one after the other."""
    speaking = [one for law in rules.laws for one in law.rules if one.when.speaks_of(asked)]
    for one in speaking:
        if one.effect is Effect.DENY:
            return denied(one)
    relied: list[Rule] = []
    for law in rules.laws:
        if not any(scope.speaks_of(asked) for scope in law.applies):
            continue
        permits = [one for one in law.rules if one in speaking]
        if not permits:
            assert law.default is not None
            return denied(law.default)
        relied.append(permits[0])
    if not relied:
        return NOTHING
    obligations = frozenset[Obligation]().union(*(one.obligations for one in relied))
    return Verdict(
        permit=True, reason=relied[0].reason, rules=tuple(one.name for one in relied), obligations=obligations
    )


def with_one_more(rules: RuleSet, extra: Rule, seed: int) -> RuleSet:
    """The rules, with one put into a law of theirs, or into one of its own where there are none."""
    chance = random.Random(seed)  # noqa: S311  # hypothesis chose the seed
    laws = list(rules.laws) or [Law("none", "None", (), None, ())]
    place = chance.randrange(len(laws))
    mine = list(laws[place].rules)
    mine.insert(chance.randint(0, len(mine)), extra)
    laws[place] = replace(laws[place], rules=tuple(mine))
    return RuleSet(laws)


def shuffled(rules: RuleSet, seed: int) -> RuleSet:
    chance = random.Random(seed)  # noqa: S311  # hypothesis chose the seed
    laws = [replace(law, rules=tuple(chance.sample(law.rules, len(law.rules)))) for law in rules.laws]
    return RuleSet(chance.sample(laws, len(laws)))


def test_of_several_laws_that_permit_the_first_says_why() -> None:
    def law(law_id: str, reason: Reason) -> Law:
        permit = replace(rule(f"{law_id}.1", Effect.PERMIT, When()), reason=reason)
        return Law(law_id, law_id, (When(),), rule(f"{law_id}.default", Effect.DENY, When()), (permit,))

    laws = [law("a", Reason.CONSENT), law("b", Reason.OWN_RECORD)]
    for some in (laws, laws[::-1]):
        verdict = RuleSet(some).decide(Facts._make(next(iter(kind)) for kind in CLASSES))
        assert (verdict.permit, verdict.reason) == (True, some[0].rules[0].reason)
        assert verdict.rules == tuple(one.rules[0].name for one in some)


@given(rule_sets(), facts)
def test_masks_say_what_reading_every_rule_says(rules: RuleSet, asked: Facts) -> None:
    assert rules.decide(asked) == read_plainly(rules, asked)


@given(facts)
@settings(max_examples=1_000)
def test_masks_say_of_the_shipped_rules_what_reading_them_says(asked: Facts) -> None:
    assert SHIPPED.decide(asked) == read_plainly(SHIPPED, asked)


def test_masks_say_of_every_shipped_permit_what_reading_says_and_that_is_not_always_no() -> None:
    chance = random.Random(11)  # noqa: S311  # a seeded sample is the point
    asked = [
        Facts._make(chance.choice(sorted(values or kind)) for values, kind in zip(one.when, CLASSES, strict=True))
        for one in SHIPPED.rules if one.effect is Effect.PERMIT
        for _ in range(300)
    ]  # fmt: skip
    verdicts = [SHIPPED.decide(one) for one in asked]
    assert verdicts == [read_plainly(SHIPPED, one) for one in asked]
    assert sum(verdict.permit for verdict in verdicts) > 100


@given(rule_sets(), facts)
def test_where_no_rule_permits_nothing_is_permitted(rules: RuleSet, asked: Facts) -> None:
    strict = RuleSet([
        replace(law, rules=tuple([one for one in law.rules if one.effect is Effect.DENY])) for law in rules.laws
    ])  # fmt: skip
    assert not strict.decide(asked).permit
    assert NO_RULES.decide(asked) == NOTHING


@given(rule_sets(), conditions, facts, seeds)
def test_one_more_denial_never_permits_more(rules: RuleSet, condition: When, asked: Facts, seed: int) -> None:
    after = with_one_more(rules, rule("extra.deny", Effect.DENY, condition), seed).decide(asked)
    assert after.permit <= rules.decide(asked).permit


@given(rule_sets(), conditions, facts, seeds)
def test_one_more_permit_never_denies_more(rules: RuleSet, condition: When, asked: Facts, seed: int) -> None:
    after = with_one_more(rules, rule("extra.permit", Effect.PERMIT, condition), seed).decide(asked)
    assert after.permit >= rules.decide(asked).permit


@given(rule_sets(), facts, seeds)
def test_the_order_of_rules_and_laws_changes_no_permit_and_no_denial(rules: RuleSet, asked: Facts, seed: int) -> None:
    assert shuffled(rules, seed).decide(asked).permit == rules.decide(asked).permit


@given(facts, seeds)
def test_the_order_of_the_shipped_laws_changes_no_permit_and_no_denial(asked: Facts, seed: int) -> None:
    assert shuffled(SHIPPED, seed).decide(asked).permit == SHIPPED.decide(asked).permit


@given(rule_sets(), facts)
def test_facts_may_be_asked_in_two_parts(rules: RuleSet, asked: Facts) -> None:
    first = rules.speaking(asked[:6])
    assert rules.verdict(rules.speaking(asked[6:], 6, first)) == rules.decide(asked)


@given(rule_sets(), facts)
def test_what_a_verdict_rests_on_is_among_the_rules_that_spoke(rules: RuleSet, asked: Facts) -> None:
    spoke = {one.name for _, said in rules.spoken(asked) for one in said}
    assert set(rules.decide(asked).rules) <= spoke


def test_two_rules_or_laws_of_one_id_are_refused() -> None:
    one = rule("a", Effect.DENY, When())
    twins = [
        [Law("l", "L", (), None, (one, one))],
        [Law("l", "L", (), None, (one,)), Law("m", "M", (), None, (one,))],
        [Law("l", "L", (), None, ()), Law("l", "L", (), None, ())],
        [Law("a", "A", (), None, (one,))],
    ]
    for laws in twins:
        with pytest.raises(ValueError, match=r"ids of rules and laws must differ: [al]$"):
            RuleSet(laws)


def test_a_law_that_applies_to_records_denies_by_default() -> None:
    permit, deny = rule("l.p", Effect.PERMIT, When()), rule("l.d", Effect.DENY, When())
    for default in (None, permit):
        with pytest.raises(ValueError, match="law l must deny by default"):
            Law("l", "L", (When(),), default, ())
    assert Law("l", "L", (When(),), deny, ()).default == deny
    assert Law("l", "L", (), None, ()).default is None


@pytest.mark.parametrize(("section", "quote"), [("", "Words."), (" ", "Words."), ("1", ""), ("1", "\n")])
def test_a_rule_that_cites_nothing_is_refused(section: str, quote: str) -> None:
    with pytest.raises(ValueError, match="rule a cites no law"):
        Rule("a", 1, Citation(section, quote, "t"), Effect.DENY, "Says.", When(), Reason.LAW_DENIES)


def test_by_a_text_that_was_not_read_a_rule_can_only_deny() -> None:
    unread = Citation("1", "Words.", None)
    assert Rule("a", 1, unread, Effect.DENY, "Says.", When(), Reason.LAW_DENIES).cites == unread
    with pytest.raises(ValueError, match="rule a permits by a text that was not read"):
        Rule("a", 1, unread, Effect.PERMIT, "Says.", When(), Reason.STATUTE)
