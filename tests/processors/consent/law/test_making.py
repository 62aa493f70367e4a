"""Short ways to write down a rule say what they leave out."""

from support.laws import CITED

from processors.consent.law.facts import Agency, Basis, ConsentState
from processors.consent.law.making import denies, denies_without_consent, otherwise_denies, permits
from processors.consent.law.rules import Effect, Obligation, Reason, When, when

HOUSES = when(holder={Agency.SCHOOL})


def test_a_permit_is_by_statute_in_its_first_version_and_obliges_to_what_it_says() -> None:
    rule = permits("a.b.c", CITED, "Says.", HOUSES, obligations={Obligation.LOG})
    assert (rule.name, rule.effect, rule.reason, rule.when) == ("a.b.c/1", Effect.PERMIT, Reason.STATUTE, HOUSES)
    assert (rule.obligations, permits("a.b.c", CITED, "Says.", HOUSES).obligations) == ({Obligation.LOG}, frozenset())


def test_a_denial_is_by_law_in_its_first_version_and_obliges_to_nothing() -> None:
    rule = denies("a.b.c", CITED, "Says.", HOUSES)
    assert (rule.name, rule.effect, rule.reason, rule.when) == ("a.b.c/1", Effect.DENY, Reason.LAW_DENIES, HOUSES)
    assert rule.obligations == frozenset()


def test_what_holds_otherwise_denies_everything() -> None:
    rule = otherwise_denies("a.b.c", CITED, "Says.")
    assert (rule.effect, rule.reason, rule.when) == (Effect.DENY, Reason.NOT_PERMITTED, When())


def test_each_state_without_consent_is_denied_for_its_own_reason() -> None:
    told = {state: (CITED, f"Says {state}.") for state in ConsentState if state is not ConsentState.IN_FORCE}
    rules = denies_without_consent("law.1", {Agency.SCHOOL}, told)
    assert [rule.rule_id for rule in rules] == [f"law.1.{state}" for state in told]
    assert [rule.when for rule in rules] == [
        when(holder={Agency.SCHOOL}, basis={Basis.CONSENT}, consent={state}) for state in told
    ]
    assert {rule.rule_id: rule.reason for rule in rules} == {
        "law.1.none": Reason.NO_CONSENT, "law.1.refused": Reason.DENIED, "law.1.out_of_time": Reason.OUT_OF_TIME,
        "law.1.not_holders": Reason.RIGHTS_TRANSFERRED,
    }  # fmt: skip
