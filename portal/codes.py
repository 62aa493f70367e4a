"""Words for codes: families, labels, grades, code sets, and what a refusal says. Data only."""

FAMILIES = {
    "enrollment": "Enrollment",
    "aid": "Student aid",
    "employment": "Employment",
    "contact": "Contact",
    "caseload": "Caseload",
}
UNITS = ("_cents", "_usd", "_ten_thousandths", "_hundredths")
"""Endings of field names that say the unit."""
LABELS = {
    "assigned_on": "Assigned",
    "calpads_completion_status": "CALPADS completion",
    "calpads_enrollment_status": "CALPADS enrollment",
    "calpads_exit_reason": "CALPADS exit reason",
    "cip_code": "Program of study (CIP)",
    "cip_version": "Edition of the CIP list",
    "display_label": "Called",
    "employer_token": "Employer (pseudonym)",
    "gpa_cumulative_ten_thousandths": "GPA, cumulative",
    "gpa_term_ten_thousandths": "GPA, this term",
    "gpa_verification_status": "GPA verification",
    "isir_transaction_number": "ISIR transaction",
    "naics_code": "Industry (NAICS)",
    "organization_id": "School, college or program",
    "organization_id_system": "Listed in",
    "reference_period_end": "Quarter ends",
    "reference_period_start": "Quarter begins",
    "sap_reason": "Academic progress, what failed",
    "sap_status": "Academic progress for aid",
    "state_programme": "State program",
    "student_aid_index_usd": "Student aid index",
    "term_id": "Term",
    "workforce_program_type": "Workforce program",
}
GRADES = {
    "IT": "Infant or toddler program",
    "PR": "Preschool",
    "TK": "Transitional kindergarten",
    "KG": "Kindergarten",
    "G13": "Grade 13",
    "UG": "Undergraduate",
    "GR": "Graduate",
    "AE": "Adult education",
    "OTHER": "Other",
}
CODES: dict[str, dict[str, str]] = {
    "entry_grade_level": GRADES | {f"G{n:02}": f"Grade {n}" for n in range(1, 13)},
    "application_type": {
        "CADAA": "California Dream Act Application",
        "FAFSA": "FAFSA",
        "institution": "The institution's own application",
    },
    "verification_group": {"V1": "V1, standard", "V4": "V4, custom", "V5": "V5, aggregate"},
    "state_programme": {
        "CAL_GRANT_A": "Cal Grant A",
        "CAL_GRANT_B": "Cal Grant B",
        "CAL_GRANT_C": "Cal Grant C",
        "MCS": "Middle Class Scholarship",
        "CCPG": "California College Promise Grant",
        "CHAFEE": "Chafee Grant for foster youth",
    },
    "award_type": {"pell_grants": "Pell Grant"},
    "gpa_verification_status": {"non_ssn_match": "Received, not matched by SSN"},
    "sap_status": {"meeting": "Meeting the standard", "not_eligible": "Not eligible for aid"},
    "sap_reason": {"gpa": "Grade point average", "pace": "Pace of completion", "max_timeframe": "Maximum time frame"},
    "calpads_enrollment_status": {
        "10": "Primary enrollment",
        "20": "Secondary enrollment",
        "30": "Short-term enrollment",
        "50": "Enrollment without average daily attendance",
    },
    "calpads_exit_reason": {
        "E130": "Died",
        "E140": "No known enrollment, truant",
        "E155": "Year-end exit, same school",
        "E230": "Completed grade 12",
        "N470": "Did not show up",
        "T160": "Transferred to another California school",
    },
    "calpads_completion_status": {"100": "Graduated"},
    "exit_type": {
        "01908": "Transferred to another school",
        "01909": "Transferred to another school",
        "01921": "Graduated",
        "01927": "Discontinued schooling",
        "01931": "Not known",
    },
    "administrative_source": {"state_ui": "State unemployment insurance records"},
    "language": {
        "eng": "English",
        "spa": "Spanish",
        "vie": "Vietnamese",
        "tgl": "Tagalog",
        "kor": "Korean",
        "chi": "Chinese",
        "zho": "Chinese",
        "hye": "Armenian",
        "arm": "Armenian",
        "rus": "Russian",
        "ara": "Arabic",
        "hmn": "Hmong",
    },
}
TERMS = {"1": "Winter", "3": "Spring", "5": "Summer", "7": "Fall"}
"""Third digit of a college term, CCC MIS GI03, semester calendar."""

REFUSALS: dict[int, tuple[str, ...]] = {
    400: ("This cannot be answered", "Please go back and try again."),
    401: (
        "Please sign in",
        "Throughline opens with a personal sign-in link. Ask whoever runs Throughline in your organization for one.",
        "A link works once and within 12 hours. What you see here is for your work alone: do not pass links on.",
    ),
    403: ("This request did not come from Throughline", "Please open Throughline again and repeat what you did."),
    404: (
        "Nothing here for you",
        "There is no such page, or the person is not on your caseload.",
    ),
    413: ("This is too large", "Please go back and try again."),
}
"""Title and lines of the page that says no, by HTTP status."""
LINK_REFUSED = (
    "This sign-in link does not work any more",
    "It was used already, or it is too old.",
    *REFUSALS[401][1:],
)
"""Title and lines for a link that signs nobody in."""
