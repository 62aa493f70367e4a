"""How near the name of a partner's column is to a field's: by what the field's standards call it."""

import functools
import re
from collections.abc import Mapping, Sequence

from rapidfuzz import fuzz

from partners.formats.csv_columns import Column, columns_of

ALSO: Mapping[str, Sequence[str]] = {
    "source_record_id": (
        "record id", "row id", "transaction id", "event id", "enrollment sourced id", "sourced id", "record number",
        "sequence number",
    ),
    "subject_token": (
        "student id", "local student id", "student unique id", "person id", "client id", "participant id",
        "user sourced id", "student sourced id", "case person id", "applicant id", "child id", "record person id",
        "student number", "pupil id", "pupil number",
    ),
    "subject_name": ("name", "employee name", "worker name", "full name", "claimant name"),
    "identifier.SSN": ("ssn", "social security number", "employee ssn"),
    "identifier.SSID": ("ssid", "statewide student id", "state student id", "state unique id", "state id"),
    "identifier.CCCID": ("cccid", "ccc id", "opencccapply id"),
    "identifier.CSAC_ID": ("csac id",),
    "identifier.CIN": ("cin", "client index number"),
    "published_at": ("published at", "date last modified", "last modified date", "export time"),
    "observed_at": ("record created at", "created at", "entered at"),
    "organization_id": (
        "school id", "school of attendance", "school code", "cds code", "college code", "school sourced id",
        "org sourced id", "institution id", "campus id", "opeid", "unitid", "provider id", "site id", "school",
        "school number",
    ),
    "organization_id_system": ("school id type", "organization id type"),
    "enrollment_status": ("status", "student status"),
    "entry_date": ("enrollment start date", "begin date", "start date", "enroll date", "admission date"),
    "exit_date": ("enrollment exit date", "exit withdraw date", "withdrawal date", "end date", "leave date"),
    "entry_grade_level": (
        "grade level", "grade level code", "grade", "grades", "entry grade level descriptor", "year group",
    ),
    "entry_type": ("entry type descriptor", "entry code"),
    "exit_type": ("exit withdraw type", "exit or withdrawal type", "exit code", "exit withdraw type descriptor"),
    "calpads_exit_reason": ("student exit reason code", "exit reason code", "exit reason", "leave reason"),
    "calpads_completion_status": ("student school completion status code", "completion status code"),
    "calpads_enrollment_status": ("enrollment status code", "enroll status"),
    "term_id": ("term", "term code", "gi03", "academic term", "session code"),
    "units_attempted_hundredths": ("units attempted", "credits attempted", "attempted units"),
    "units_earned_hundredths": ("units earned", "credits earned", "earned units"),
    "gpa_term_ten_thousandths": ("term gpa", "gpa term", "semester gpa"),
    "gpa_cumulative_ten_thousandths": ("cumulative gpa", "overall gpa", "gpa"),
    "full_time_equivalency_hundredths": ("full time equivalency", "fte"),
    "cip_code": ("cip", "program cip code", "major cip"),
    "first_name": ("student legal first name", "given name", "legal first name", "fname"),
    "middle_name": ("student legal middle name", "middle initial", "legal middle name"),
    "last_name": ("student legal last name", "family name", "last surname", "surname", "legal last name", "lname"),
    "name_suffix": ("student name suffix", "generation code suffix", "suffix"),
    "birth_date": ("student birth date", "date of birth", "dob", "birthdate"),
    "sex": ("gender", "student gender code", "birth sex", "gender code"),
    "postal_code": ("zip", "zip code", "student zip code"),
    "phone": ("telephone", "phone number", "home phone", "cell phone", "mobile"),
    "email": ("email address", "mail", "electronic mail address"),
    "address_line": ("street address", "address", "street", "residence address line"),
    "aid_year": ("award year", "academic year", "financial aid award year", "fafsa year"),
    "application_status": ("fafsa status", "application state", "app status"),
    "application_type": ("application kind", "financial aid application type"),
    "application_submitted_on": ("application submitted", "application date", "date submitted", "submitted on"),
    "reject_codes": ("isir reject codes", "reject reasons"),
    "student_aid_index_usd": ("sai", "student aid index"),
    "award_amount_cents": ("award amount", "financial aid award amount", "amount", "award amt"),
    "award_type": ("financial aid award type", "fund type", "aid type"),
    "award_status": ("financial aid award status", "award state"),
    "state_programme": ("state program", "grant program", "cal grant type"),
    "financial_need_cents": ("financial need", "need"),
    "gpa_verification_status": ("gpa verification", "gpa status"),
    "sap_status": ("sap", "satisfactory academic progress", "academic progress status"),
    "reference_period_start": ("quarter start date", "employment reference period start date"),
    "reference_period_end": ("quarter end date", "employment reference period end date"),
    "quarterly_earnings_cents": (
        "total subject wages", "quarterly earnings", "wages", "quarter wages", "gross wages", "employed earnings",
    ),
    "pit_wages_cents": ("pit wages", "personal income tax wages"),
    "employer_token": ("employer account", "employer account number", "seat number", "employer id"),
    "naics_code": ("naics", "industry code"),
    "jobs_count": ("jobs", "number of jobs", "jobs held"),
    "administrative_source": ("source", "wage source", "data source"),
    "program": ("program code", "service program", "aid program"),
    "participation_status": ("program status", "service status", "case status"),
    "benefit_month": ("month of benefit", "issuance month", "service month"),
    "responsible_county": ("county code", "county of responsibility", "county"),
    "responsible_agency": ("agency code", "county agency"),
    "attendance_date": ("event date", "absence date", "date of attendance"),
    "attendance_status": ("attendance code", "attendance event category descriptor", "absence type"),
    "assessment_title": ("test name", "assessment identifier", "assessment name"),
    "academic_subject": ("subject", "test subject", "academic subject descriptor"),
    "administered_on": ("administration date", "test date", "date administered"),
    "score_value": ("score", "scale score", "score result", "result"),
    "performance_level": ("achievement level", "proficiency level"),
    "intervention_id": ("intervention identification code", "intervention code"),
    "program_type": ("early care program", "program type code"),
    "award_title": ("degree title", "credential title"),
    "award_date": ("degree date", "conferral date", "completion date"),
    "award_level": ("degree level",),
    "from_organization_id": ("sending institution id", "transfer from"),
    "to_organization_id": ("receiving institution id", "transfer to"),
    "transfer_term": ("term of transfer",),
    "case_manager_id": ("case manager", "worker id", "counselor id", "staff id"),
    "event_state": ("consent status", "consent state"),
    "given_at": ("consent date", "signed at", "date signed"),
}  # fmt: skip
"""Names by the field's short one: of CEDS elements, CALPADS, Ed-Fi and OneRoster columns, and such as systems use."""
SHORT = {
    "dt": "date", "no": "number", "num": "number", "nbr": "number", "nr": "number", "cd": "code", "stu": "student",
    "stdnt": "student", "sch": "school", "enr": "enrollment", "enrl": "enrollment", "enroll": "enrollment",
    "enrol": "enrollment", "enrolment": "enrollment",
    "fst": "first", "lst": "last", "nm": "name", "amt": "amount", "yr": "year", "qtr": "quarter", "addr": "address",
    "emp": "employer", "grd": "grade", "gr": "grade", "lvl": "level", "stat": "status", "sts": "status",
    "recno": "record number", "rec": "record", "yearqtr": "year quarter", "seq": "sequence",
    "typ": "type",
    "desc": "descriptor", "org": "organization", "inst": "institution", "prog": "program", "mgr": "manager",
    "bdate": "birth date", "birthdate": "birth date", "dob": "birth date", "identifier": "id", "pct": "percent",
    "tot": "total", "wage": "wages", "ctr": "center", "cnty": "county",
}  # fmt: skip
WHOSE = frozenset(f"identifier.{one}" for one in ("SCHOOL", "DISTRICT", "INSTITUTION", "PROGRAM", "FAMILY", "OTHER"))
"""Numbers of a person that are called by who counts: a column of that name holds who that is, and not the person."""
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def words(name: str) -> str:
    """A name as words in lower case, abbreviations written out: STU_ENTRY_DT is "student entry date"."""
    found = [one.lower() for one in WORD.findall(name)]
    return " ".join(SHORT.get(one, one) for one in found)


@functools.lru_cache(100_000)
def nearness(name: str, field: str) -> float:
    """How near a column's name is to a field's, in percent.

    Args:
        name: of the column.
        field: short name of the field.
    """
    own = words(name)
    if not own:
        return 0.0
    called = [words(field.removeprefix("identifier."))] * (field not in WHOSE) + [*map(words, ALSO.get(field, ()))]
    return max((_near(own, one) for one in called), default=0.0)


def _near(first: str, second: str) -> float:
    joined = fuzz.ratio(first.replace(" ", ""), second.replace(" ", ""))
    return max(joined, 0.97 * fuzz.token_sort_ratio(first, second))


@functools.cache
def short_names(family: str) -> dict[str, Column]:
    """Fields that a file of a family may have, each by its shortest name.

    Raises:
        FileNotFoundError: there is no such family.
    """
    found: dict[Column, str] = {}
    for name, column in columns_of(family).items():
        if column not in found or len(name) < len(found[column]):
            found[column] = name
    return {name: column for column, name in found.items()}
