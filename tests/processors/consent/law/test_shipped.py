"""The rules that ship: each says where it comes from, and together they permit what today's agreements need."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from support.decisions import USUAL, facts_of

from processors.consent.law import text
from processors.consent.law.facts import Agency, Basis, Category, ConsentState, Facts
from processors.consent.law.rules import Effect, Rule
from processors.consent.law.shipped import LAWS, SHIPPED
from processors.consent.policy import group_categories

RULES = SHIPPED.rules
NAMES = [rule.rule_id for rule in RULES]
FORM = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+\.[a-z_]+")
DEPLOYED = Path(__file__).parents[4] / "deploy/agreements"
KINDS = {
    "cde_k12": Agency.SCHOOL, "lea_grand_bend": Agency.SCHOOL, "lausd_counseling": Agency.SCHOOL,
    "grand_bend_services": Agency.SCHOOL, "cde_elc": Agency.EARLY_CARE, "ccc": Agency.COLLEGE, "csu": Agency.COLLEGE,
    "ccc_transfer_center": Agency.COLLEGE, "csu_advising": Agency.COLLEGE, "csac": Agency.STUDENT_AID,
    "edd": Agency.WAGES, "cdss": Agency.SOCIAL_SERVICES, "la_county_foster": Agency.CHILD_WELFARE,
}  # fmt: skip
INSTITUTIONS = {"grand_bend_services": "lea_grand_bend"}
BASES = {"dsa-grand-bend-services": Basis.SCHOOL_OFFICIAL, "dsa-la-county-foster": Basis.FOSTER_CARE}
"""What the two agreements by statute claim, by name."""
WELFARE = "dsa-la-county-foster-welfare"
"""Claims consent to welfare records, for which Welfare and Institutions Code 10850 has no exception."""


def flat(words: str) -> str:
    return " ".join(words.split())


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_a_quote_stands_in_the_text_that_ships_word_for_word(rule: Rule) -> None:
    if rule.cites.text is not None:
        assert flat(rule.cites.quote) in flat(text.words(rule.cites.text))


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_a_citation_is_of_the_section_whose_text_it_names(rule: Rule) -> None:
    if rule.cites.text is not None:
        number = text.citation(rule.cites.text).split(" (")[0].split(" ")[-1]
        assert re.search(rf"\b{re.escape(number)}(?![\d.]*\d)", rule.cites.section)


def test_only_where_participants_live_is_denied_by_a_text_that_nobody_read() -> None:
    assert [rule.rule_id for rule in RULES if rule.cites.text is None] == ["safe_at_home.6207.address"]


def test_no_rule_permits_by_a_text_that_nobody_read() -> None:
    assert [rule.rule_id for rule in RULES if rule.effect is Effect.PERMIT and rule.cites.text is None] == []


def test_ids_are_unique_and_say_law_section_and_name() -> None:
    assert len(NAMES) == len(set(NAMES))
    assert [name for name in NAMES if not FORM.fullmatch(name)] == []
    owned = [(law.law_id, rule) for law in LAWS for rule in (*law.rules, law.default) if rule is not None]
    assert [rule.rule_id for law_id, rule in owned if not rule.rule_id.startswith(f"{law_id}.")] == []


def test_no_two_rules_are_told_in_the_same_words() -> None:
    told = [rule.says for rule in RULES]
    assert sorted({words for words in told if told.count(words) > 1}) == [
        "A court's order or subpoena, with notice given, that two persons stand by.",
        "An agency's own clients, shown to itself to serve them.",
    ]


def shipped_agreements() -> list[dict[str, Any]]:
    read = [tomllib.loads(path.read_text()) for path in sorted(DEPLOYED.glob("dsa-*.toml"))]
    assert len(read) > 9
    return read


def cells(agreement: dict[str, Any]) -> list[Facts]:
    """All that one agreement grants."""
    party, agreed = agreement["party"], agreement["agreement_id"]
    basis = BASES.get(agreed) or Basis(agreement["basis"])
    found = []
    for grant in agreement["grants"]:
        same = INSTITUTIONS.get(party, party) == INSTITUTIONS.get(grant["partner_id"], grant["partner_id"])
        given = {
            **USUAL, "holder": KINDS[grant["partner_id"]], "recipient": KINDS[party], "basis": basis,
            "purpose": agreement["purpose"], "institution": "same" if same else "other",
            "relation": "serves" if agreement["relation"] == "caseload" else "organization",
            "consent": "in_force" if basis is Basis.CONSENT else "none",
        }  # fmt: skip
        named = sorted({one for group in grant["groups"] for one in group_categories(grant["family"], group)})
        found += [facts_of({**given, "category": one}) for one in named]
    return found


@pytest.mark.parametrize("agreement", shipped_agreements(), ids=lambda one: one["agreement_id"])
def test_what_a_shipped_agreement_grants_the_law_permits(agreement: dict[str, Any]) -> None:
    asked = cells(agreement)
    assert asked
    assert [facts for facts in asked if not SHIPPED.decide(facts).permit] == []


def test_welfare_records_are_shared_to_run_the_program_and_by_no_consent() -> None:
    [agreement] = [one for one in shipped_agreements() if one["agreement_id"] == WELFARE]
    consented = [facts._replace(basis=Basis.CONSENT, consent=ConsentState.IN_FORCE) for facts in cells(agreement)]
    assert {SHIPPED.decide(facts).rules for facts in consented} == {("social_services.10850.consent/1",)}


def test_what_no_law_speaks_of_is_denied_by_none() -> None:
    unknown = facts_of({**USUAL, "holder": Agency.OTHER, "category": Category.OTHER})
    assert SHIPPED.decide(unknown).rules == ()
    assert not SHIPPED.decide(unknown).permit
