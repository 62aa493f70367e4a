"""Attendance, tests, early care, degrees and transfers on a person's page; of what is not granted nothing at all."""

import html
import re
from typing import Any

import pytest

from processors.consent.agreements import Grant
from schemas_avro import catalog
from tests.portal.served import ME, TODAY, Served, agreement, assigned, release

SCHOOL = {"organization_id": "19647331932334", "organization_id_system": "CDS"}
AUTUMN = {
    **SCHOOL, "period_start": TODAY - 90, "period_end": TODAY - 2, "chronic_absence": True,
    "days_expected_hundredths": 6_000, "days_attended_hundredths": 5_150, "days_absent_excused_hundredths": 400,
    "days_absent_unexcused_hundredths": 150, "days_suspended_hundredths": 300,
}  # fmt: skip
TEST = {
    "assessment_title": "CAASPP Smarter Balanced", "academic_subject": "01166", "grade_assessed": "G11",
    "administered_on": TODAY - 120, "score_value": "2614", "score_metric": "03479",
    "performance_level_label": "Standard Nearly Met",
}  # fmt: skip
PLACE = {
    "organization_id": "190001", "organization_id_system": "OTHER", "program_type": "state_preschool",
    "enrollment_date": TODAY - 60, "daily_length": "full_day", "drdp_domain": "SED", "drdp_level": "building",
    "drdp_sublevel": "earlier", "screening_status": "further_evaluation_needed", "subsidy_fund": "CALWORKS_STAGE_1",
}  # fmt: skip
MENTORED = {**SCHOOL, "intervention_id": "Check and Connect", "begin_date": TODAY - 40, "staff_role": "mentor",
            "delivery_method": "individual", "dosage_maximum_minutes": 60}  # fmt: skip
DEGREE = {"organization_id": "110635", "organization_id_system": "UNITID", "credential_type": "academic_award",
          "award_level": "associate", "award_title": "Sociology", "associate_degree_for_transfer": True}  # fmt: skip
MOVE = {"from_organization_id": "110635", "from_organization_id_system": "UNITID", "transcript_status": "sent",
        "transcript_status_date": TODAY - 3, "units_transferable_hundredths": 6_000}  # fmt: skip


def page_of(portal: Served, *facts: tuple[str, dict[str, Any], list[str]]) -> str:
    """Texts of a person's page with some facts, of which some groups are released and granted."""
    partner = "cde_k12"
    grants = tuple(Grant(partner_id=partner, family=family, groups=tuple(groups)) for family, _, groups in facts)
    released = []
    for number, (family, body, groups) in enumerate(facts):
        whole = dict.fromkeys((f["name"] for f in catalog.read(f"families/{family}")["fields"]), None) | body
        name = f"f{number}"
        released.append(release(name, "p1", family, partner, whole, groups=groups, agreement_version=2))
    portal.apply(
        assigned("p1", "Alvarez, Mateo"), *released, agreements=(agreement(ME, "consent", version=2, grants=grants),)
    )
    said = portal.client().get("/p/p1").text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", said)).split())


@pytest.mark.parametrize(
    ("family", "body", "groups", "told"),
    [
        ("attendance", AUTUMN, ["core", "days"], ["Attended 51.5 of 60 days at", "Chronically absent Yes"]),
        (
            "assessment", TEST, ["core", "results"],
            ["Balanced, Mathematics, grade 11: Standard Nearly Met", "Score 2614", "Kind of score Scale score"],
        ),
        (
            "intervention", MENTORED, ["core"],
            ["Takes part in Check and Connect at", "Given to Individual", "Longest time planned 60 minutes"],
        ),
        (
            "early_care", PLACE, ["core", "development"],
            ["State preschool at", "Development observed in Social and emotional development", "of the day Full day"],
        ),
        ("credential", DEGREE, ["core"], ["Associate degree: Sociology, from", "degree for transfer Yes"]),
        ("transfer", MOVE, ["core", "units"], ["Transcript from", ": sent", "may be transferred 60"]),
    ],
)  # fmt: skip
def test_a_fact_is_told_in_a_sentence_and_its_fields_in_words(
    portal: Served, family: str, body: dict[str, Any], groups: list[str], told: list[str]
) -> None:
    said = page_of(portal, (family, body, groups))
    assert [one for one in told if one not in said] == []


def test_what_is_not_granted_is_neither_said_nor_named(portal: Served) -> None:
    said = page_of(
        portal, ("attendance", AUTUMN, ["core"]), ("early_care", PLACE, ["core"]), ("assessment", TEST, ["core"])
    )
    assert "Chronically absent Yes" in said
    for word in ("suspend", "51.5", "excused", "screening", "CalWORKs", "2614", "Nearly Met", "Development observed"):
        assert word not in said


def test_where_absences_and_suspensions_are_granted_they_are_told_together(portal: Served) -> None:
    said = page_of(portal, ("attendance", AUTUMN, ["core", "days", "absences"]))
    assert "Days absent, excused 4 Days absent, unexcused 1.5 Days suspended 3" in said
