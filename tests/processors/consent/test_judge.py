"""An event judged for every recipient: who is permitted, why the others are not, and what is left when nobody may."""

from support.laws import CITED
from support.worlds import shipped_agreements

from processors.consent import judge
from processors.consent.book import Sharing
from processors.consent.judge import Judged
from processors.consent.law.facts import Agency
from processors.consent.law.rules import Effect, Law, Reason, Rule, RuleSet, When
from processors.consent.register import Register

COLLEGES = Rule(
    "x.colleges", 1, CITED, Effect.PERMIT, "w", When(recipient=frozenset({Agency.COLLEGE})), Reason.OWN_RECORD
)
NOBODY_ELSE = Rule("x.default", 1, CITED, Effect.DENY, "w", When(), Reason.NOT_PERMITTED)
SHARING = Sharing(
    Register(shipped_agreements()).by_source, RuleSet([Law("x", "X", (When(),), NOBODY_ELSE, (COLLEGES,))]), "hash"
)
RECIPIENTS = [one.agreement.party for one in SHARING.by_source["csac", "aid"]]
PERMITTED = [one.agreement.party for one in SHARING.by_source["csac", "aid"] if one.recipient is Agency.COLLEGE]


def judged() -> Judged:
    """An award to somebody of whom nothing is said."""
    return judge.judge("csac", "aid", frozenset(), "somebody", (), SHARING, 20_717)


def test_each_recipient_is_permitted_or_a_reason_stands_for_it() -> None:
    found = judged()
    assert 0 < len(PERMITTED) < len(RECIPIENTS)
    assert [(d.recipient, d.permit) for d in found.decisions] == [(one, one in PERMITTED) for one in RECIPIENTS]
    assert list(found.permitted) == PERMITTED
    assert found.denials == ("no_rule_permits",) * (len(RECIPIENTS) - len(PERMITTED))


def test_when_nobody_may_see_it_each_is_denied_for_that_one_reason_and_by_no_rule() -> None:
    found = judge.denied(judged(), Reason.UNREADABLE)
    said = [(d.recipient, d.permit, d.reason, d.groups, d.rules, d.obligations) for d in found.decisions]
    assert said == [(one, False, Reason.UNREADABLE, (), (), ()) for one in RECIPIENTS]
    assert (found.permitted, found.denials) == ({}, ("unreadable",) * len(RECIPIENTS))
    assert found.inputs == judged().inputs
