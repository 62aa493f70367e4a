"""Why an organization may or may not see a kind of record: by rule and quote, and the same whoever is asked about."""

import pytest
from playwright.sync_api import Page, expect

from processors.consent.law.rules import RuleSet
from processors.consent.law.shipped import LAWS
from tests.portal.browsing import sign_in
from tests.portal.served import ME, Served, agreement, assigned, enrolled, taken_back

CONSENTS = ["the person, or who holds the rights in this record, consents"]


def test_a_kind_that_needs_consent_says_so_with_the_rules_that_speak_and_their_quotes(portal: Served) -> None:
    found = portal.client().get("/api/kinds/csac/aid").json()
    assert (found["permit"], found["reason"], found["changes"]) == (False, "no_consent", [CONSENTS])
    spoken = {(rule["section"], rule["effect"]) for rule in found["rules"]}
    assert ("34 CFR 99.30(a)", "deny") in spoken
    assert all(rule["quote"] for rule in found["rules"])
    groups = {group["group"]: (group["permitted"], group["why"]) for group in found["groups"]}
    assert groups["application_type"] == (False, "The agreement does not share it.")


def test_a_kind_that_no_agreement_names_says_what_would_have_to_come_into_force(portal: Served) -> None:
    found = portal.client().get("/api/kinds/edd/employment").json()
    assert (found["permit"], found["reason"], found["rules"]) == (False, "agreement_not_in_force", [])
    [[change]] = found["changes"]
    assert "data-sharing agreement" in change


def test_a_kind_reads_the_same_with_and_without_events_and_consents(portal: Served) -> None:
    client = portal.client()
    before = [client.get(path).text for path in ("/kinds/cde_k12/enrollment", "/api/kinds")]
    portal.apply(assigned("p1", "A. B."), enrolled("e1", "p1"))
    assert [client.get(path).text for path in ("/kinds/cde_k12/enrollment", "/api/kinds")] == before
    portal.apply(taken_back(enrolled("e1", "p1")))
    assert [client.get(path).text for path in ("/kinds/cde_k12/enrollment", "/api/kinds")] == before


def test_kinds_follow_agreements_and_rules_as_they_change(portal: Served) -> None:
    client = portal.client()
    portal.apply(agreements=(agreement(ME, "consent", version=2, effective_to="2026-11-23"),), position=5)
    found = client.get("/api/kinds/csac/aid").json()
    assert found["reason"] == "agreement_not_in_force"
    assert "the data-sharing agreement with lausd_counseling comes into force" in found["changes"][0]
    portal.apply(rules=(2, RuleSet([law for law in LAWS if law.law_id == "agreements"])), position=6)
    assert {rule["law"] for rule in client.get("/api/kinds/csac/aid").json()["rules"]} != set()
    assert client.get("/api/kinds/csac/aid").json()["permit"] is False


@pytest.mark.parametrize("path", ["csac/nothing", "nobody/aid", "csac/identity", "csac/consent"])
def test_kinds_that_nobody_publishes_or_that_never_leave_are_not_there(portal: Served, path: str) -> None:
    assert portal.client().get(f"/api/kinds/{path}").status_code == 404
    assert portal.client().get(f"/kinds/{path}").status_code == 404


def test_who_is_not_signed_in_is_told_of_no_kind(portal: Served) -> None:
    for path in ("/kinds/csac/aid", "/api/kinds", "/api/kinds/csac/aid"):
        assert portal.client(None).get(path).status_code == 401


def test_a_fact_names_the_rules_that_permit_it_with_their_quotes(portal: Served) -> None:
    portal.apply(assigned("p1", "A. B."), enrolled("e1", "p1"))
    facts = portal.client().get("/api/persons/p1/timeline").json()["facts"]
    rules = {fact["event_id"]: [(r["rule"], r["section"]) for r in fact["terms"]["rules"]] for fact in facts}
    assert rules["e1"] == [("ferpa.30.consent/1", "34 CFR 99.30(a)")]
    assert all(rule["quote"] for fact in facts for rule in fact["terms"]["rules"])


def test_the_persons_page_leads_to_the_rules_of_each_kind(portal: Served, page: Page) -> None:
    portal.apply(assigned("p1", "Alvarez, Mateo"), enrolled("e1", "p1"))
    sign_in(portal, page)
    page.goto(f"{portal.url}/p/p1")
    page.locator("[data-part=withheld]").get_by_role("link", name="Student aid").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("California Student Aid Commission")
    expect(page.get_by_text("34 CFR 99.30(a)").first).to_be_visible()
    assert "Alvarez" not in page.content()
    assert "p1" not in page.url
