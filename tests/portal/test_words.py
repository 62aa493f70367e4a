"""Events in words: units converted, codes spelled out, and no field without a label."""

import pathlib
import re
from datetime import date

import pytest

from partners.population import places
from portal import words
from portal.codes import CODES
from portal.headlines import headline
from portal.labels import GROUPS, LABELS
from portal.parts import load_organizations, load_users
from portal.sign_in import LINK_SECONDS, Sessions, Spent
from schemas_avro import catalog


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
        ("social_service", "exit_reason", "73075", "Code 73075"),
        ("social_service", "responsible_county", "01", "Alameda County"),
        ("social_service", "responsible_county", "19", "Los Angeles County"),
        ("social_service", "responsible_county", "58", "Yuba County"),
        ("social_service", "unaccompanied_youth", False, "No"),
        ("contact", "preferred_name", "mcKENZIE", "mcKENZIE"),
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
    for code in symbols or CODES[name]:
        said = words.value_in_words("social_service", name, code)
        assert said == CODES[name][code]
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
