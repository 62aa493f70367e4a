"""The bench of consent: its rules change no outcome, its people differ, and every figure is there."""

from collections import Counter

from support.decisions import cases

from bench.consent import redecide, speed, world
from processors.consent import policy
from processors.consent.law.rules import Reason, RuleSet, Verdict
from processors.consent.law.shipped import SHIPPED
from processors.consent.register import Shared

Groups = tuple[str, ...]


def test_the_made_up_rules_are_500_and_decide_every_case_of_the_table_as_the_shipped_ones() -> None:
    rules = world.rules()
    assert len(rules.rules) == world.RULES
    assert [rules.decide(case.facts) for case in cases()] == [SHIPPED.decide(case.facts) for case in cases()]


def test_the_people_are_permitted_and_denied_for_many_reasons() -> None:
    sharing = world.sharing()
    reasons: Counter[Reason] = Counter()
    for one in speed.questions(100):
        shared = sharing.by_source[one.subject.partner_id, one.subject.family]
        decided = policy.decide(one.subject, one.person, shared, sharing.rules, world.TODAY)
        reasons.update(decision.reason for decision in decided)
    assert {Reason.CONSENT, Reason.STATUTE, Reason.NO_CASELOAD, Reason.DENIED, Reason.NO_CONSENT} <= reasons.keys()


def test_a_decision_is_what_the_rules_say_of_each_kind_of_data_asked_one_by_one() -> None:
    sharing = world.sharing()
    for one in speed.questions(200):
        shared = sharing.by_source[one.subject.partner_id, one.subject.family]
        for day in (world.TODAY, world.TODAY + 400, None):
            decided = policy.decide(one.subject, one.person, shared, sharing.rules, day)
            for decision, its in zip(decided, shared, strict=True):
                assert (decision.permit, decision.reason, decision.groups) == one_by_one(one, its, sharing.rules, day)


def one_by_one(asked: speed.Asked, shared: Shared, rules: RuleSet, day: int | None) -> tuple[bool, Reason, Groups]:
    """Whether it is permitted, why or why not, and which groups."""

    def verdicts(group: str) -> list[Verdict]:
        kinds = policy.group_categories(shared.grant.family, group) | asked.subject.categories
        return [rules.decide(policy.facts_of(asked.subject, asked.person, shared, day, kind)) for kind in sorted(kinds)]

    core = verdicts("core")
    if denied := [one for one in core if not one.permit]:
        return False, denied[0].reason, ()
    permitted = [group for group in shared.grant.groups if all(one.permit for one in verdicts(group))]
    return True, core[0].reason, tuple(sorted(permitted))


def test_the_loop_over_rules_that_is_a_peer_decides_as_the_rules_do() -> None:
    sharing = world.sharing()
    asked = [facts for each in speed.facts_of(speed.questions(5), sharing) for facts in each]
    assert [speed.permits(sharing.rules, one) for one in asked] == [sharing.rules.decide(one).permit for one in asked]


def test_every_way_of_deciding_has_a_figure() -> None:
    found = speed.figures(20, 1)
    assert min(found["decisions_per_cpu_second"].values()) > 0
    assert (found["rules"], found["agreements"]) == (500, 50)


def test_a_withdrawal_takes_all_of_a_persons_events_back_from_both_recipients() -> None:
    assert redecide.figures(2, 7)["redecide_retractions"] == 14
