"""Outreach for CalFresh after the pattern of SB 761 and SB 961: four things about who opted in, for one purpose."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from support.events import NOON, message
from support.worlds import PureWorld, shipped_agreements

from processors.consent.agreements import Agreement
from processors.consent.claims import claims_of
from processors.consent.law.lint import Level, findings_of
from processors.consent.law.shipped import SHIPPED
from processors.consent.register import Register

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "benefits-outreach"
ADDED = [Agreement.model_validate(tomllib.loads(path.read_text())) for path in sorted(EXAMPLE.glob("*.toml"))]
OUTREACH = "cdss_outreach"
STUDENT = {"first_name": "Ana", "last_name": "Flores", "birth_date": "2005-03-04"}
REACHED = {
    "preferred_name": "Ana Flores", "email": "ana@example.org", "phone": "213-555-0101", "language": "spa",
    "address_line": "12 Elm St", "city": "Fresno", "postal_code": "93650",
}  # fmt: skip
OPT_IN = {
    "controllers": ["csac"], "records_covered": ["contact"], "purposes": ["benefits_outreach"],
    "recipients": [OUTREACH], "event_state": "given", "granted_by_role": "student",
}  # fmt: skip


@pytest.fixture
def world() -> PureWorld:
    """The commission's record of a student, with aid and a way to reach them."""
    made = PureWorld([*shipped_agreements(), *ADDED])
    made.send(*message("csac", "identity", "a1", "card", **STUDENT))
    made.send(*message("csac", "contact", "a1", "reach", **REACHED))
    made.send(*message("csac", "aid", "a1", "award", award_amount_cents=120_000))
    return made.settle()


def says(world: PureWorld, name: str, **said: Any) -> list[dict[str, Any]]:
    """A consent is published; what outreach holds then."""
    world.send(*message("csac", "consent", "a1", name, **{**OPT_IN, **said}))
    return [row["body"] for row in world.settle().view(OUTREACH).values()]


def test_the_example_has_all_tiers_and_grants_nothing_in_vain() -> None:
    register = Register([*shipped_agreements(), *ADDED])
    assert [one for one in findings_of(SHIPPED, claims_of(register)) if one.level is Level.ERROR] == []


def test_nobody_is_reached_who_has_not_opted_in(world: PureWorld) -> None:
    assert world.view(OUTREACH) == {}
    assert says(world, "counseling", purposes=["college_counseling"]) == []
    assert says(world, "to others", recipients=["lausd_counseling"]) == []


def test_who_opted_in_is_reached_by_four_things_and_no_fifth(world: PureWorld) -> None:
    [body] = says(world, "opt in")
    assert body == {name: REACHED[name] for name in ("preferred_name", "email", "phone", "postal_code")}
    [row] = world.view(OUTREACH).values()
    assert (row["release"]["purpose"], row["release"]["rules"]) == (
        "benefits_outreach", ["ferpa.30.consent/1", "information_practices.1798_24.consent/1"],
    )  # fmt: skip
    assert "notice" in row["release"]["obligations"]


def test_an_opt_in_to_all_there_is_opens_no_more_than_the_agreement_grants(world: PureWorld) -> None:
    [body] = says(world, "wide", records_covered=["contact", "address", "aid"])
    assert set(body) == {"preferred_name", "email", "phone", "postal_code"}


def test_a_consent_that_names_another_purpose_too_is_no_distinct_opt_in(world: PureWorld) -> None:
    bundled = ["benefits_outreach", "college_counseling"]
    assert says(world, "bundled", purposes=bundled) == []
    assert says(world, "opt in", published_at=NOON + 1)
    assert says(world, "bundled later", purposes=bundled, published_at=NOON + 2), "the opt-in before it stands"
    assert says(world, "all withdrawn", purposes=bundled, event_state="withdrawn", published_at=NOON + 3) == []


def test_who_takes_it_back_is_reached_no_more(world: PureWorld) -> None:
    assert says(world, "opt in")
    assert says(world, "opt out", event_state="withdrawn", published_at=NOON + 1) == []


def test_all_is_taken_back_before_the_day_to_destroy(world: PureWorld) -> None:
    assert says(world, "opt in")
    assert len(world.go_on_until("2028-06-29").view(OUTREACH)) == 1
    assert world.go_on_until("2028-06-30").view(OUTREACH) == {}
