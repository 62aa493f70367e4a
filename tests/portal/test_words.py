"""Events in words: units converted, codes spelled out, and no field without a label."""

import pathlib
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest

from partners.population import places
from portal import words
from portal.codes import CODES
from portal.headlines import headline
from portal.labels import GROUPS, LABELS
from portal.parts import load_organizations, load_users
from portal.sign_in import LINK_SECONDS, Sessions, Spent, make_sign_in_link
from schemas_avro import catalog
from schemas_avro.codes import tables_of


@pytest.mark.parametrize(
    ("family", "name", "value", "said"),
    [
        ("aid", "award_amount_cents", 614_700, "$6,147"),
        ("aid", "award_amount_cents", 614_705, "$6,147.05"),
        ("aid", "student_aid_index_usd", -1500, "-1500"),
        ("aid", "student_aid_index_usd", 4400, "4400"),
        ("contact", "phone", "5555550123", "(555) 555-0123"),
        ("contact", "phone", "+1 555.555.0123", "(555) 555-0123"),
        ("contact", "phone", "(555) 555-0123", "(555) 555-0123"),
        ("contact", "phone", "5555550123 ext. 4", "5555550123 ext. 4"),
        ("contact", "phone", "+52 55 5555 0123", "+52 55 5555 0123"),
        ("contact", "phone", "0555550123", "0555550123"),
        ("aid", "award_type", "federal_subsidized_loans", "Federal subsidized loan"),
        ("employment", "administrative_source", "wris2", "Wage records of another state (WRIS2)"),
        ("enrollment", "enrollment_intensity", "half_to_three_quarter_time", "Half to three-quarter time"),
        ("aid", "state_programme", "CAL_GRANT_A", "Cal Grant A"),
        ("aid", "reject_codes", ["16", "A2"], "16, A2"),
        ("aid", "application_status", "opted_out", "Opted out"),
        ("enrollment", "units_earned_hundredths", 1250, "12.5"),
        ("enrollment", "units_earned_hundredths", 3000, "30"),
        ("enrollment", "gpa_cumulative_ten_thousandths", 30_000, "3.00"),
        ("enrollment", "gpa_cumulative_ten_thousandths", 33_333, "3.3333"),
        ("enrollment", "entry_date", 20_684, "Aug 19, 2026"),
        ("enrollment", "entry_grade_level", "G09", "Grade 9"),
        ("enrollment", "calpads_exit_reason", "E230", "Completed grade 12"),
        ("enrollment", "calpads_exit_reason", "X999", "Code X999"),
        ("enrollment", "exit_type", "01921", "Graduated"),
        ("enrollment", "cip_code", "11.0701", "Computer and information sciences"),
        ("enrollment", "cip_code", "99.0000", "Code 99.0000"),
        ("employment", "naics_code", "445110", "Retail"),
        ("enrollment", "term_id", "267", "Fall 2026"),
        ("enrollment", "term_id", "2026FA", "2026FA"),
        ("contact", "language", "spa", "Spanish"),
        ("social_service", "program", "CALFRESH", "CalFresh"),
        ("social_service", "program", "DDS", "Developmental services"),
        ("social_service", "participation_status", "not_eligible", "Not eligible"),
        ("social_service", "benefit_month", 20_666, "August 2026"),
        ("social_service", "exit_reason", "02231", "Moved out of state"),
        ("social_service", "exit_reason", "73999", "Code 73999"),
        ("social_service", "responsible_county", "01", "Alameda County"),
        ("social_service", "responsible_county", "19", "Los Angeles County"),
        ("social_service", "responsible_county", "58", "Yuba County"),
        ("social_service", "unaccompanied_youth", False, "No"),
        ("contact", "preferred_name", "mcKENZIE", "mcKENZIE"),
        ("attendance", "days_attended_hundredths", 6950, "69.5"),
        ("attendance", "attendance_status", "unexcused_absence", "Unexcused absence"),
        ("attendance", "chronic_absence", True, "Yes"),
        ("assessment", "academic_subject", "01166", "Mathematics"),
        ("assessment", "grade_assessed", "G08", "Grade 8"),
        ("assessment", "score_metric", "03479", "Scale score"),
        ("intervention", "dosage_maximum_minutes", 60, "60 minutes"),
        ("intervention", "delivery_method", "small_group", "Small group"),
        ("early_care", "program_type", "early_head_start", "Early Head Start"),
        ("early_care", "drdp_domain", "SED", "Social and emotional development"),
        ("early_care", "drdp_domain", "VPA", "Code VPA"),
        ("credential", "award_level", "bachelor", "Bachelor's degree"),
        ("transfer", "transfer_term", "277", "Fall 2027"),
        ("employment", "employment_location", "CA", "California"),
    ],
)
def test_a_value_is_said_with_its_unit_or_its_code_spelled_out(
    family: str, name: str, value: object, said: str
) -> None:
    assert words.value_in_words(family, name, value) == said


@pytest.mark.parametrize("family", catalog.PROJECTED)
def test_every_field_that_can_be_released_has_a_label_of_its_own(family: str) -> None:
    released = {name for name, field in words.fields_of(family).items() if "group" in field}
    assert released <= set(LABELS)


def test_labels_are_in_sentence_case_without_underscores_and_stand_for_fields_that_there_are() -> None:
    fields = {name for family in catalog.PROJECTED for name in words.fields_of(family)}
    assert set(LABELS) <= fields
    for said in LABELS.values():
        first, *others = re.sub(r"\(.*\)", "", said).split()
        assert first[0].isupper()
        assert "_" not in said
        assert {word for word in others if not word.islower()} <= {"Aid", "Index", "Cal", "Grant"}


@pytest.mark.parametrize("family", catalog.PROJECTED)
def test_every_group_of_fields_has_words_of_its_own(family: str) -> None:
    assert set(catalog.groups_of(family)) <= set(GROUPS)


def test_a_note_says_of_the_aid_index_that_it_is_no_money_and_a_phone_number_has_no_code_behind_it() -> None:
    [_, index] = words.lines("aid", {"aid_year": "2026-2027", "student_aid_index_usd": -1500}, {})
    assert (index.label, index.value) == ("Student Aid Index (SAI)", "-1500")
    assert "not money" in index.doc
    assert "dollar" not in index.doc
    [phone] = words.lines("contact", {"phone": "5555550123"}, {})
    assert phone.code == ""


@pytest.mark.parametrize(
    "name", ["program", "placement_event", "homeless_nighttime_residence", "responsible_county", "exit_reason"]
)
def test_social_services_are_told_in_sentences_and_no_code_is_left_bare(name: str) -> None:
    kinds = catalog.named_types(words.fields_of("social_service")[name]["type"])
    symbols = {symbol for kind in kinds for symbol in kind["symbols"]}
    spelled = CODES[name] if symbols else tables_of("social_service")[name].codes
    for code in symbols or spelled:
        said = words.value_in_words("social_service", name, code)
        assert said == spelled[code]
        assert not re.search(r"_|[A-Z]{2}|\d", said.replace("CalWORKs", ""))


def test_the_agency_that_is_responsible_for_a_foster_child_is_called_by_its_name() -> None:
    body = {"program": "FOSTER_CARE", "responsible_agency": "la_county_foster"}
    [_, agency] = words.lines("social_service", body, {"la_county_foster": "Los Angeles County"})
    assert (agency.label, agency.value, agency.code) == ("Responsible agency", "Los Angeles County", "")
    assert words.lines("social_service", body, {})[1].value == "la county foster"


@pytest.mark.parametrize(
    ("family", "body", "said"),
    [
        ("enrollment", {}, "Enrolled at school"),
        ("enrollment", {"organization_id": "1", "entry_grade_level": "G11"}, "Enrolled at Lincoln High, grade 11"),
        ("enrollment", {"organization_id": "1", "exit_date": 20_000}, "Left Lincoln High"),
        (
            "enrollment",
            {"organization_id": "1", "exit_date": 20_000, "calpads_exit_reason": "E155", "entry_grade_level": "G10"},
            "Finished the year at Lincoln High, grade 10",
        ),
        (
            "enrollment",
            {"organization_id": "1", "exit_date": 20_000, "term_id": "263"},
            "Was enrolled at Lincoln High, Spring 2026",
        ),
        (
            "enrollment",
            {"organization_id": "110635", "organization_id_system": "UNITID"},
            "Enrolled at college 110635 (UNITID)",
        ),
        ("enrollment", {"organization_id": "1", "calpads_completion_status": "100"}, "Graduated from Lincoln High"),
        ("aid", {"aid_year": "2026-2027", "sap_status": "warning"}, "Academic progress for aid: warning"),
        ("aid", {"aid_year": "2026-2027"}, "Student aid, 2026-2027"),
        (
            "aid",
            {"aid_year": "2026-2027", "gpa_verification_status": "non_ssn_match"},
            "Verified GPA for 2026-2027: received, not matched by Social Security number",
        ),
        (
            "aid",
            {"aid_year": "2026-2027", "application_type": "FAFSA", "application_status": "processed"},
            "FAFSA for 2026-2027: processed",
        ),
        ("aid", {"aid_year": "2026-2027", "award_type": "pell_grants"}, "Pell Grant for 2026-2027"),
        (
            "employment",
            {"reference_period_start": 20_635, "jobs_count": 2, "quarterly_earnings_cents": 841_250},
            "Wage record for July to September 2026: 2 jobs, $8,412.50 in wages",
        ),
        ("employment", {}, "Wage record"),
        ("caseload", {"assignment_state": "ended", "relation": "liaison"}, "Caseload ended: liaison"),
        ("contact", {}, "Contact details"),
        ("social_service", {}, "Social services"),
        ("social_service", {"program": "CALWORKS", "participation_status": "active"}, "CalWORKs: taking part"),
        (
            "social_service",
            {"program": "CALFRESH", "participation_status": "active", "benefit_month": 20_666},
            "CalFresh for August 2026: taking part",
        ),
        (
            "social_service",
            {"program": "FOSTER_CARE", "participation_status": "active", "placement_event": "moved"},
            "Foster care: moved to another placement",
        ),
        (
            "social_service",
            {"program": "EXTENDED_FOSTER_CARE", "placement_event": "entered", "responsible_county": "19"},
            "Extended foster care: entered a placement, Los Angeles County",
        ),
        ("attendance", {}, "Attendance at school"),
        (
            "attendance",
            {"organization_id": "1", "attendance_status": "tardy", "attendance_date": 20_684},
            "Tardy at Lincoln High, Aug 19, 2026",
        ),
        (
            "attendance",
            {"organization_id": "1", "days_attended_hundredths": 0, "days_expected_hundredths": 1_250},
            "Attended 0 of 12.5 days at Lincoln High",
        ),
        ("attendance", {"organization_id": "1", "days_expected_hundredths": 1_250}, "Attendance at Lincoln High"),
        ("assessment", {}, "Test"),
        (
            "assessment",
            {
                "assessment_title": "CAASPP Smarter Balanced",
                "academic_subject": "13373",
                "grade_assessed": "G08",
                "performance_level_label": "Standard Met",
            },
            "CAASPP Smarter Balanced, English language arts, grade 8: Standard Met",
        ),
        (
            "intervention",
            {"organization_id": "1", "intervention_id": "Check and Connect"},
            "Takes part in Check and Connect at Lincoln High",
        ),
        ("intervention", {"end_date": 20_000}, "Took part in an intervention at school"),
        ("early_care", {"organization_id": "1", "program_type": "state_preschool"}, "State preschool at Lincoln High"),
        (
            "early_care",
            {"organization_id": "7", "program_type": "head_start", "service_exit_date": 20_000},
            "Head Start at provider 7: ended",
        ),
        ("credential", {"organization_id": "1"}, "Credential, from Lincoln High"),
        (
            "credential",
            {"organization_id": "1", "credential_type": "high_school_diploma"},
            "High school diploma, from Lincoln High",
        ),
        (
            "credential",
            {"organization_id": "1", "award_level": "associate", "award_title": "Sociology", "revoked": True},
            "Revoked: Associate degree: Sociology, from Lincoln High",
        ),
        (
            "transfer",
            {
                "from_organization_id": "1",
                "to_organization_id": "2",
                "to_organization_id_system": "UNITID",
                "transcript_status": "sent",
                "transfer_term": "277",
            },
            "Transcript from Lincoln High to college 2 (UNITID): sent, Fall 2027",
        ),
        (
            "transfer",
            {"from_organization_id": "1", "transfer_ready": "state_defined"},
            "Ready to transfer from Lincoln High",
        ),
    ],
)
def test_a_headline_says_what_may_be_shown_and_misses_nothing_aloud(
    family: str, body: dict[str, object], said: str
) -> None:
    assert headline(family, body, {"1": "Lincoln High"}) == said


def test_spans_and_ages_are_said_as_people_do() -> None:
    first, last = date(2026, 8, 19), date(2026, 8, 20)
    said = [words.span(first, None), words.span(first, last), words.span(first, first), words.span(None, last)]
    assert said == ["Since Aug 19, 2026", "Aug 19, 2026 to Aug 20, 2026", "On Aug 19, 2026", "Until Aug 20, 2026"]
    ages = [words.ago(first, day) for day in (first, last, date(2026, 8, 22), date(2026, 8, 18))]
    assert ages == ["today", "yesterday", "3 days ago", "tomorrow"]


def test_users_come_from_a_file(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "users.toml"
    path.write_text('[[users]]\nid = "u1"\nname = "Dana"\nrecipient = "lausd_counseling"\n')
    assert load_users(path)["u1"].recipient == "lausd_counseling"


@pytest.mark.parametrize("more", ['id = "u1"\nname = "x"\nrecipient = "y"', 'id = "u2"', 'id = "u2"\nadmin = true'])
def test_a_wrong_user_is_named_by_its_place_only(tmp_path: pathlib.Path, more: str) -> None:
    path = tmp_path / "users.toml"
    path.write_text(f'[[users]]\nid = "u1"\nname = "Dana"\nrecipient = "r"\n[[users]]\n{more}\n')
    with pytest.raises(ValueError, match=r"^users\.toml: user 2 needs"):
        load_users(path)


@pytest.mark.parametrize(
    "text",
    [
        "users = 5",
        "users = [5]",
        "[users]\nid = 1",
        "[[users]]\nid = []\nname = 'x'\nrecipient = 'y'",
        "users = " + "[" * 5_000,
    ],
    ids=["a number", "a list of numbers", "a table", "an id that is no text", "a list without end"],
)
@pytest.mark.parametrize("load", [load_users, load_organizations])
def test_a_file_of_names_that_is_none_is_told_in_a_line(tmp_path: pathlib.Path, load: Any, text: str) -> None:
    path = tmp_path / "names.toml"
    path.write_text(text.replace("users", "organizations") if load is load_organizations else text)
    with pytest.raises(ValueError, match=r"^names\.toml") as raised:
        load(path)
    assert len(str(raised.value).splitlines()) == 1


def test_a_used_link_stays_used_over_a_restart_until_it_is_too_old_anyway(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "used-links"
    assert Spent(path).spend("n1", 0)
    assert not Spent(path).spend("n1", LINK_SECONDS - 1)
    assert Spent(path).spend("n2", LINK_SECONDS + 1)
    assert "n1" not in path.read_text()


def test_a_session_that_was_ended_stays_ended_over_a_restart(tmp_path: pathlib.Path) -> None:
    def started() -> Sessions:
        return Sessions("a secret", ["u1"], Spent(tmp_path / "used-links"))

    cookie, other = started().begin("u1", 0, 0), started().begin("u1", 0, 0)
    found = started().find(cookie, 1)
    assert found is not None
    started().end(found, 1)
    assert started().find(cookie, 2) is None
    assert started().find(other, 2) is not None


def test_portals_that_share_the_file_know_of_each_others_used_links_and_ended_sessions(tmp_path: pathlib.Path) -> None:
    one, other = (Sessions("a secret", ["u1"], Spent(tmp_path / "used-links")) for _ in range(2))
    token = make_sign_in_link("http://portal", "a secret", "u1", now=0).partition("token=")[2]
    assert [one.user_of_link(token, 1), other.user_of_link(token, 1), one.user_of_link(token, 1)] == ["u1", None, None]
    cookie = one.begin("u1", 0, 1)
    found = other.find(cookie, 2)
    assert found is not None
    other.end(found, 2)
    assert (one.find(cookie, 3), other.find(cookie, 3)) == (None, None)


def test_of_portals_that_are_given_a_link_at_once_one_takes_it(tmp_path: pathlib.Path) -> None:
    portals = [Spent(tmp_path / "used-links") for _ in range(4)]
    links = [f"n{number}" for number in range(25)]
    with ThreadPoolExecutor(len(portals)) as pool:
        taken = list(pool.map(lambda spent: [link for link in links if spent.spend(link, 0)], portals))
    assert sorted(link for found in taken for link in found) == sorted(links)
    assert all(link in spent for spent in portals for link in links)


def test_schools_and_colleges_are_called_by_the_names_of_a_file_each_number_in_its_own_list(
    tmp_path: pathlib.Path,
) -> None:
    path = tmp_path / "organizations.toml"
    path.write_text('[[organizations]]\nsystem = "UNITID"\nid = "110635"\nname = "Alder College"\n')
    names = load_organizations(path)
    body = {"organization_id": "110635", "organization_id_system": "UNITID"}
    assert headline("enrollment", body, names) == "Enrolled at Alder College"
    assert headline("enrollment", {**body, "organization_id_system": "CDS"}, names) == "Enrolled at school 110635 (CDS)"


@pytest.mark.parametrize(
    "more", ['id = "2"', 'system = "CDS"\nid = 2\nname = "x"', 'system = "CDS"\nid = "1"\nname = "y"']
)
def test_a_wrong_organization_is_named_by_its_place_only(tmp_path: pathlib.Path, more: str) -> None:
    path = tmp_path / "organizations.toml"
    path.write_text(f'[[organizations]]\nsystem = "CDS"\nid = "1"\nname = "x"\n[[organizations]]\n{more}\n')
    with pytest.raises(ValueError, match=r"^organizations\.toml: organization 2 needs"):
        load_organizations(path)


def test_every_organization_of_the_made_up_people_has_a_name_of_its_own(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "organizations.toml"
    path.write_text(places.organizations_toml())
    names = load_organizations(path)
    every = [*places.SCHOOLS, *places.COLLEGES, *places.UNIVERSITIES, *places.CENTERS]
    assert {key.split(" ", 1)[1] for key in names} == set(every)
    assert len(set(names.values())) == len(every)
