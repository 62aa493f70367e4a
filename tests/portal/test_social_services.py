"""Social services on a person's page: in plain English, and of what is not granted nothing at all."""

import html
import re
from typing import Any

import pytest

from processors.consent.agreements import Grant
from schemas_avro import catalog
from tests.portal.served import ME, TODAY, Served, agreement, assigned, release

ENTERED = {
    "program": "FOSTER_CARE", "participation_status": "active", "start_date": TODAY - 90, "placement_event": "entered",
    "responsible_agency": ME, "responsible_county": "19",
}  # fmt: skip
FOOD = {"program": "CALFRESH", "participation_status": "active", "benefit_month": 20_666}
KEPT = {"homeless_nighttime_residence": "doubled_up", "unaccompanied_youth": True, "address_confidential": True}


def page_of(portal: Served, body: dict[str, Any], groups: list[str]) -> str:
    """Texts of a person's page with one fact, of which some groups are released and granted."""
    grants = (Grant(partner_id="cdss", family="social_service", groups=tuple(groups)),)
    granted = {"version": 2, "grants": grants}
    whole = dict.fromkeys((f["name"] for f in catalog.read("families/social_service")["fields"]), None) | body
    fact = release("s1", "p1", "social_service", "cdss", whole, groups=groups, agreement_version=2)
    portal.apply(assigned("p1", "Alvarez, Mateo"), fact, agreements=(agreement(ME, "consent", **granted),))
    said = portal.client().get("/p/p1").text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", said)).split())


def test_a_placement_is_told_with_program_county_and_the_name_of_the_agency(portal: Served) -> None:
    said = page_of(portal, ENTERED, ["core", "placement"])
    assert "Foster care: entered a placement, Los Angeles County" in said
    assert "Responsible agency Los Angeles Unified, college counseling" in said
    assert "Participation Taking part" in said
    assert "Social services" in said


def test_a_benefit_is_told_by_its_month(portal: Served) -> None:
    assert "CalFresh for August 2026: taking part" in page_of(portal, FOOD, ["core"])


@pytest.mark.parametrize("groups", [["core"], ["core", "placement"]])
def test_what_is_not_granted_is_neither_said_nor_named(portal: Served, groups: list[str]) -> None:
    said = page_of(portal, FOOD | KEPT, groups)
    assert "CalFresh" in said
    for word in ("spend the nights", "With others", "parent or guardian", "Address kept"):
        assert word not in said


def test_where_housing_and_protection_are_granted_they_are_told_in_words(portal: Served) -> None:
    said = page_of(portal, FOOD | KEPT, ["core", "housing", "protection"])
    assert "Where they spend the nights With others, for want of a home of their own" in said
    assert "Without a parent or guardian Yes" in said
    assert "Address kept confidential Yes" in said
