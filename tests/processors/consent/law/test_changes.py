"""What newer rules leave standing of a permit by older ones, whatever else is true of a person."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from processors.consent.law.changes import Changes
from processors.consent.law.facts import CLASSES, Basis, Facts
from processors.consent.law.rules import NO_RULES, Effect, Law, Rule, RuleSet, When, when
from processors.consent.law.shipped import LAWS, SHIPPED

ANYTHING = when()
CONSENTED = when(basis={Basis.CONSENT})
ALL = [rule for law in LAWS for rule in law.rules]


def changed(rule_id: str, **said: object) -> RuleSet:
    """The shipped rules, of which one says something else."""
    return RuleSet([
        replace(law, rules=tuple(replace(r, **said) if r.rule_id == rule_id else r for r in law.rules)) for law in LAWS
    ])  # type: ignore[arg-type]  # fmt: skip


def test_the_same_rules_leave_every_permit() -> None:
    assert Changes(SHIPPED, RuleSet(LAWS)).leave(["ferpa.30.consent/1"], ANYTHING)


def test_where_there_are_no_rules_any_more_no_permit_stands() -> None:
    assert not Changes(SHIPPED, NO_RULES).leave(["ferpa.30.consent/1"], ANYTHING)


def test_a_permit_that_names_no_rule_is_none() -> None:
    assert not Changes(SHIPPED, SHIPPED).leave([], ANYTHING)


def test_a_permit_falls_with_each_change_of_a_rule_that_it_rests_on() -> None:
    rests_on = ["ferpa.30.consent/1", "education_code.49075.consent/1"]
    for said in ({"version": 2}, {"when": CONSENTED}, {"effect": Effect.DENY}):
        assert not Changes(SHIPPED, changed("ferpa.30.consent", **said)).leave(rests_on, ANYTHING)


def test_a_new_denial_takes_what_it_could_speak_of_and_nothing_else() -> None:
    denial = next(rule for rule in ALL if rule.effect is Effect.DENY)
    strict = replace(denial, rule_id="x.new", when=CONSENTED)
    newer = RuleSet([*LAWS, Law("x", "t", (), None, (strict,))])
    changes = Changes(SHIPPED, newer)
    assert not changes.leave(["ferpa.30.consent/1"], ANYTHING)
    assert not changes.leave(["ferpa.30.consent/1"], CONSENTED)
    assert changes.leave(["ferpa.31.a.6.study/1"], when(basis={Basis.STUDY}))


def test_a_law_that_applies_to_other_records_takes_those_of_then_and_of_now() -> None:
    law = next(law for law in LAWS if law.applies)
    moved = replace(law, applies=(CONSENTED,))
    newer = RuleSet([moved if one is law else one for one in LAWS])
    for known in (CONSENTED, law.applies[0]):
        assert not Changes(SHIPPED, newer).leave([law.rules[0].name], known)
    without = RuleSet([one for one in LAWS if one is not law])
    assert not Changes(SHIPPED, without).leave([ALL[-1].name], law.applies[0])


def facts() -> st.SearchStrategy[Facts]:
    return st.builds(Facts._make, st.tuples(*(st.sampled_from(list(kind)) for kind in CLASSES)))


def permitted() -> st.SearchStrategy[Facts]:
    """Facts of which the shipped rules permit the disclosure, near some rule that permits."""
    permits = [rule.when for rule in ALL if rule.effect is Effect.PERMIT]

    def near(condition: When) -> st.SearchStrategy[Facts]:
        values = [sorted(some or kind) for some, kind in zip(condition, CLASSES, strict=True)]
        return st.builds(Facts._make, st.tuples(*map(st.sampled_from, values)))

    return st.sampled_from(permits).flatmap(near).filter(lambda one: SHIPPED.decide(one).permit)


@st.composite
def newer_rules(draw: st.DrawFn) -> RuleSet:
    """The shipped rules with some dropped, some made to speak of other facts, and some made denials of another name."""

    def other(rule: Rule) -> list[Rule]:
        what = draw(st.sampled_from(["same"] * 12 + ["gone", "moved", "denies"]))
        if what == "moved":
            return [replace(rule, version=2, when=draw(st.sampled_from(ALL)).when)]
        if what == "denies":
            denial = replace(rule, rule_id=f"{rule.rule_id}.not", effect=Effect.DENY, obligations=frozenset())
            return [rule, denial]
        return [] if what == "gone" else [rule]

    laws = [law for law in LAWS if draw(st.integers(0, 30))]
    return RuleSet([replace(law, rules=tuple(r for rule in law.rules for r in other(rule))) for law in laws])


@given(permitted(), newer_rules(), st.sets(st.integers(0, len(CLASSES) - 1)))
def test_what_is_left_standing_the_newer_rules_permit(asked: Facts, newer: RuleSet, unknown: set[int]) -> None:
    known = When._make(None if place in unknown else frozenset([fact]) for place, fact in enumerate(asked))
    if Changes(SHIPPED, newer).leave(SHIPPED.decide(asked).rules, known):
        assert newer.decide(asked).permit
