"""Each law by itself says what a person of law reads in it, of every disclosure that there can be."""

import pytest
from support.law_alone import BY_LAW
from support.law_checks import said
from support.law_rows import WHOLE, Rows

from processors.consent.law.rules import Law, RuleSet
from processors.consent.law.shipped import LAWS


@pytest.mark.parametrize("law", LAWS, ids=lambda law: str(law.law_id))
def test_a_law_permits_and_denies_what_it_says_for_its_reason_and_asks_its_duties(law: Law) -> None:
    rules, oracle = RuleSet([law]), BY_LAW[law.law_id]
    rows = list(Rows(rules, oracle).among({}))
    assert sum(row.stands_for for row in rows) == WHOLE
    assert [row.facts for row in rows if said(rules.decide(row.facts)) != oracle(row.facts)][:3] == []


def test_every_shipped_law_is_read() -> None:
    assert sorted(BY_LAW) == sorted(law.law_id for law in LAWS)
