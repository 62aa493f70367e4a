"""What each law says by itself, as a person of law reads it: the second oracle that the rules are held against.

The first (`law_oracle.py`) says what all laws together permit, and so cannot tell when one law permits too much that
another denies, nor why it is denied, nor what is asked of whoever receives it. This one takes the laws one by one, in
their own words, and gives effect, reason and duties; None: this law has nothing to say. It shares nothing with the
rules but the words for facts, and asks for facts one by one as the first does.
"""

from collections.abc import Callable

from processors.consent.law.facts import Facts

# fmt: off
Answer = tuple[str, str, str] | None
"""Effect, reason, and duties in the order of the alphabet."""
Reading = Callable[[Facts], Answer]
EDUCATION, TAUGHT = ("school", "early_care", "college", "student_aid"), ("school", "early_care", "college")
WELFARE, PAY = ("social_services", "child_welfare"), ("wage", "employer")
STATE = "student_aid", "wages", "social_services"
LEARNING, MEASURES = ("education", "assessment", "contact", "address"), ("education", "assessment", "aid")
HELP = "student_services", "college_counseling", "academic_advising"
SERVICES = *HELP, "transfer_advising", "case_management", "aid_administration", "benefits_outreach", "audit_evaluation"
AT_RISK, PUBLISHED = ("education", "contact", "address"), ("caseload", "contact")
RUNNING = "welfare", "child_welfare", "housing", "identity", "contact", "address", "caseload"
WHY = {"refused": "consent_refused_or_withdrawn", "not_holders": "rights_transferred",
       "out_of_time": "consent_out_of_time", "none": "no_consent"}
OTHERWISE, FORBIDDEN = ("deny", "no_rule_permits", ""), ("deny", "law_denies", "")
UNAPPROVED, OWN = ("deny", "not_approved", ""), ("permit", "own_record", "")
OFFICIAL, ORDERED = ("permit", "statute", "notice"), ("permit", "statute", "log")
LOGGED, KEPT_SHORT = ("permit", "statute", "log notice"), ("permit", "statute", "destroy log notice suppress")
THREAT = "permit", "statute", "log notice record_threat"
CONSENTED, CONSENTED_AND_LOGGED = ("permit", "consent", "notice"), ("permit", "consent", "log notice")

def when(condition: bool, answer: Answer, otherwise: Answer = OTHERWISE) -> Answer:  # noqa: FBT001
    return answer if condition else otherwise

def agreements(f: Facts) -> Answer:
    """34 CFR 99.31(a)(6)(iii)(C): three agreements, and 99.31(a)(1)(ii): legitimate interest."""
    if f.tiers == "in_force":
        return when(f.relation == "none", ("deny", "no_caseload", ""), None)
    return "deny", "agreement_not_in_force" if f.tiers == "no_dsa" else "agreement_tier_missing", ""

def part_2(f: Facts) -> Answer:
    return when(f.category == "substance_use", FORBIDDEN, None)

def hipaa(f: Facts) -> Answer:  # 45 CFR 160.103: education records are none of its records
    return when(f.category == "health" and f.holder not in EDUCATION, FORBIDDEN, None)

def cmia(f: Facts) -> Answer:  # a college's health center; a school nurse's files are education records
    return when(f.category == "health" and f.holder == "college", FORBIDDEN, None)

def idea(f: Facts) -> Answer:  # 34 CFR 300.622, and 303.414 of early care
    return when(f.category == "disability" and f.basis != "consent" and f.purpose != "own_access", FORBIDDEN, None)

def safe_at_home(f: Facts) -> Answer:
    return when(f.category in ("address", "housing") and f.address == "confidential", FORBIDDEN, None)

def immigration(f: Facts) -> Answer:
    unasked = f.basis != "consent" and f.purpose != "own_access"
    return when(f.category == "immigration_proxy" and unasked, FORBIDDEN, None)

def ferpa(f: Facts) -> Answer:
    if f.holder == "research" or f.basis == "directory":  # 99.33(a)(1), 99.37(e)
        return FORBIDDEN
    if f.holder in EDUCATION and (forbidden := ferpa_forbids(f)):
        return forbidden
    if f.basis in ("emergency", "judicial_order") and f.approval != "two":  # 99.36(c), 99.31(a)(9)(ii)
        return UNAPPROVED
    if f.holder not in EDUCATION or f.basis == "foster_care":
        return None
    return FERPA[f.basis](f) if f.basis in FERPA else OTHERWISE

def ferpa_forbids(f: Facts) -> Answer:
    if f.basis == "consent":
        return None if f.consent == "in_force" else ("deny", WHY[f.consent], "")
    if f.purpose == "parent_access":  # 99.31(a)(8)
        return FORBIDDEN
    if f.basis == "school_official":  # 99.31(a)(1)(i)(B)
        return when(f.institution == "other", FORBIDDEN, None)
    return when(f.basis == "study" and f.category in ("identity", "contact", "address"), FORBIDDEN, None)

def consented(f: Facts, answer: Answer) -> Answer:
    """34 CFR 99.30, and what state law has of it: a purpose and records that have a name."""
    return when(f.consent == "in_force" and f.purpose != "other" and f.category not in ("caseload", "other"), answer)

def published(f: Facts) -> Answer:
    """A recipient's own clients, shown to itself."""
    return when(f.institution == "same" and f.purpose == "case_management" and f.category in PUBLISHED, OWN)

def ferpa_own(f: Facts) -> Answer:
    if f.purpose != "own_access":
        return published(f)
    mine = f.institution == "same" and f.category not in ("caseload", "other")
    return when(mine and f.holder != "early_care", OWN)

def approved(f: Facts, purpose: str, answer: Answer, categories: tuple[str, ...]) -> Answer:
    return when(f.approval == "two" and f.purpose == purpose and f.category in categories, answer)

def official(f: Facts, among: tuple[str, ...]) -> Answer:
    return when(f.holder in TAUGHT and f.recipient in among and f.institution == "same" and f.purpose in HELP
                and f.category in LEARNING, OFFICIAL)

def enrollment(f: Facts, among: tuple[str, ...]) -> Answer:
    return when(f.holder in TAUGHT and f.recipient in among and f.purpose == "enrollment_transfer"
                and f.relation == "serves" and f.category in LEARNING, LOGGED)

def aid(f: Facts) -> Answer:
    return when(f.recipient in ("college", "student_aid") and f.purpose == "aid_administration"
                and f.relation == "serves" and f.category in ("education", "aid"), LOGGED)

def study(f: Facts) -> Answer:
    return when(f.recipient == "research" and f.purpose == "study" and f.category in MEASURES, KEPT_SHORT)

def foster(f: Facts) -> Answer:
    return when(f.holder in TAUGHT and f.recipient == "child_welfare" and f.purpose == "foster_education"
                and f.relation == "serves" and f.care != "others"
                and f.category in ("education", "assessment", "discipline"), LOGGED)

FERPA: dict[str, Reading] = {
    "consent": lambda f: consented(f, CONSENTED),
    "own_record": ferpa_own,
    "school_official": lambda f: official(f, TAUGHT),
    "enrollment": lambda f: enrollment(f, ("school", "college")),
    "audit_evaluation": lambda f: when(
        f.recipient in (*TAUGHT, "research") and f.purpose == "audit_evaluation" and f.relation == "organization"
        and f.category in MEASURES, KEPT_SHORT),
    "financial_aid": aid, "study": study,
    "judicial_order": lambda f: approved(f, "court_order", ORDERED, (*MEASURES, "discipline")),
    "emergency": lambda f: approved(f, "emergency", THREAT, AT_RISK),
}

def uninterrupted_scholars(f: Facts) -> Answer:
    if f.basis != "foster_care":
        return None
    if f.care == "others":  # whosever the records are
        return FORBIDDEN
    return foster(f) if f.holder in EDUCATION else None

EDUCATION_CODE: dict[str, Reading] = {
    "consent": lambda f: consented(f, CONSENTED),
    "own_record": lambda f: when(f.recipient == "school", published(f)),
    "school_official": lambda f: official(f, ("school",)),
    "enrollment": lambda f: enrollment(f, ("school",)),
    "audit_evaluation": lambda f: when(f.purpose == "audit_evaluation" and f.category in MEASURES, KEPT_SHORT),
    "foster_care": foster, "financial_aid": aid, "study": study,
    "emergency": lambda f: approved(f, "emergency", THREAT, AT_RISK),
    "judicial_order": lambda f: when(
        f.approval == "two" and f.purpose == "court_order" and f.category not in ("caseload", "other"), ORDERED),
}

def education_code(f: Facts) -> Answer:
    if f.holder != "school":
        return None
    if f.basis != "consent" and f.purpose == "own_access":  # 49076: a parent may look, a pupil from sixteen on
        return FORBIDDEN
    return EDUCATION_CODE[f.basis](f) if f.basis in EDUCATION_CODE else OTHERWISE

def of_wages(f: Facts, consent: Reading, evaluation: Reading) -> Answer:
    """Whosever records they are in; two laws that differ in consents and evaluations."""
    if f.holder != "wages" and f.category not in PAY:
        return None
    if f.basis == "consent":
        return consent(f)
    if f.holder != "wages" or f.category not in PAY:
        return OTHERWISE
    if f.basis == "own_record":
        return when(f.institution == "same" and f.purpose == "own_access", OWN)
    if f.basis != "official_duties" or f.category != "wage":
        return OTHERWISE
    return evaluation(f) if f.purpose == "audit_evaluation" else when(
        f.recipient == "student_aid" and f.purpose == "aid_administration" and f.relation == "serves", LOGGED)

def released(f: Facts) -> Answer:
    """20 CFR 603.5(d)(2): for a service or benefit to the person."""
    if f.holder == "wages" and f.consent != "in_force":
        return "deny", WHY[f.consent], ""
    return when(f.consent == "in_force" and f.purpose in SERVICES and f.category in PAY, CONSENTED_AND_LOGGED)

def unemployment_insurance(f: Facts) -> Answer:
    return of_wages(f, released, lambda f: when(  # 603.5(e): public officials
        f.recipient not in ("research", "other") and f.relation == "organization", KEPT_SHORT))

def unemployment_code(f: Facts) -> Answer:
    return of_wages(
        f, lambda f: when(f.consent == "in_force" and f.category in PAY, CONSENTED_AND_LOGGED),
        lambda f: when(f.recipient in ("college", "school", "social_services"), KEPT_SHORT))  # 1095(aj)(1)

def program(f: Facts) -> bool:
    return (f.holder in WELFARE and f.recipient in WELFARE and f.purpose == "case_management"
            and f.relation == "serves" and f.category in RUNNING)

def social_services(f: Facts) -> Answer:
    named = f.category in ("welfare", "child_welfare")
    if named and f.basis in ("consent", "benefits_notice"):  # 10850 has no exception for consent
        return FORBIDDEN
    if not named and f.holder not in WELFARE:
        return None
    if f.basis == "own_record":
        return when(f.holder in WELFARE, published(f))
    if f.basis == "benefits_notice":
        return when(f.holder == f.recipient == "social_services" and f.purpose == "benefits_outreach"
                    and f.category in ("contact", "address"), LOGGED)
    return when(f.basis == "program_administration" and program(f), LOGGED)

def child_welfare(f: Facts) -> Answer:
    if f.holder != "child_welfare" and f.category != "child_welfare":
        return None
    if f.basis == "own_record":
        return when(f.holder == "child_welfare", published(f))
    return when(f.basis == "program_administration" and program(f) and f.care != "others", LOGGED)

def by_duty(f: Facts) -> Answer:
    purposes = "audit_evaluation", "benefits_outreach", "aid_administration", "case_management"
    return when(f.recipient not in ("research", "other") and f.purpose in purposes and f.category != "other", LOGGED)

def named(f: Facts) -> bool:
    return f.category not in ("caseload", "other")

INFORMATION_PRACTICES: dict[str, Reading] = {
    "consent": lambda f: consented(f, CONSENTED_AND_LOGGED),
    "own_record": lambda f: (
        when(f.institution == "same" and named(f), OWN) if f.purpose == "own_access" else published(f)),
    "emergency": lambda f: when(f.approval == "two" and f.purpose == "emergency" and named(f), THREAT),
    "judicial_order": lambda f: when(f.approval == "two" and f.purpose == "court_order" and named(f), ORDERED),
    "audit_evaluation": by_duty, "benefits_notice": by_duty, "financial_aid": by_duty, "official_duties": by_duty,
    "program_administration": by_duty,
}

def information_practices(f: Facts) -> Answer:
    """Civ. Code 1798.24: of state agencies."""
    if f.holder not in STATE:
        return None
    return INFORMATION_PRACTICES[f.basis](f) if f.basis in INFORMATION_PRACTICES else OTHERWISE

BY_LAW: dict[str, Reading] = {
    one.__name__: one
    for one in (
        agreements, part_2, hipaa, cmia, idea, safe_at_home, immigration, ferpa, uninterrupted_scholars, education_code,
        unemployment_insurance, unemployment_code, social_services, child_welfare, information_practices,
    )
}
