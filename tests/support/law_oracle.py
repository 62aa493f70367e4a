"""May it be shown? A person of law's answer, claim by claim: the oracle that the rules are held against.

It shares nothing with the rules but the words for facts. They go law by law, and each must permit; here stands what
that comes to under each claim of right. It asks for facts one by one: whoever lists all its answers counts on that.
"""

from processors.consent.law.facts import Facts

# fmt: off
TAUGHT, EDUCATION = ("school", "early_care", "college"), ("school", "early_care", "college", "student_aid")
WELFARE = "social_services", "child_welfare"
LEARNING, PAY = ("education", "assessment", "contact", "address"), ("wage", "employer")
MEASURES = "education", "assessment", "aid"
HELP = "student_services", "college_counseling", "academic_advising"
SERVICES = *HELP, "transfer_advising", "case_management", "aid_administration", "benefits_outreach", "audit_evaluation"
ANOTHER_AGENCYS_RUNNING = "welfare", "child_welfare", "housing", "identity", "contact", "address", "caseload"

def permits(f: Facts) -> bool:
    """Whether a disclosure is agreed and lawful."""
    if f.basis not in CLAIMS or f.tiers != "in_force" or f.relation == "none":
        return False  # directory information is no claim: people are found by number here, 34 CFR 99.37(e)
    return not closed(f) and CLAIMS[f.basis](f)

def closed(f: Facts) -> bool:
    """What no claim opens: another law wants more than an agreement or our consent can give."""
    if f.category in ("disability", "immigration_proxy"):  # 34 CFR 300.622, 303.414; Ed. Code 68130.5
        return f.basis != "consent" and f.purpose != "own_access"
    if f.category in ("address", "housing"):  # Gov. Code 6207; 34 USC 12291
        return f.address == "confidential"
    if f.category == "health":  # 45 CFR 164.508; Civ. Code 56.10; a school nurse's files are education records
        return f.holder not in ("school", "early_care", "student_aid")
    return f.category in ("substance_use", "other")  # 42 CFR 2.31: a consent of its own form

def consent(f: Facts) -> bool:
    if f.consent != "in_force" or f.purpose == "other" or f.category in ("caseload", "welfare", "child_welfare"):
        return False  # Welf. & Inst. Code 10850 has no exception for consent
    if f.category in PAY:  # 20 CFR 603.5(d)(2): for a service or benefit; whoever has them, they are wages
        return f.holder in (*EDUCATION, "wages", "other") and f.purpose in SERVICES
    return f.holder in EDUCATION

def own_record(f: Facts) -> bool:
    if f.institution != "same" or f.purpose not in ("case_management", "own_access"):
        return False
    if f.purpose == "case_management":  # what a recipient itself published
        among_themselves = f.holder in (*EDUCATION, *WELFARE) and (f.holder != "school" or f.recipient == "school")
        return f.category in ("caseload", "contact") and among_themselves
    if f.category in PAY:
        return f.holder == "wages"  # Unemp. Ins. Code 1094(e): shown by the department itself
    return f.holder in ("college", "student_aid") and f.category not in ("caseload", "welfare", "child_welfare")

def school_official(f: Facts) -> bool:
    among = ("school",) if f.holder == "school" else TAUGHT  # Ed. Code 49076(a)(1)(A): the district's
    return (f.holder in TAUGHT and f.recipient in among and f.institution == "same" and f.purpose in HELP
            and f.category in LEARNING)

def enrollment(f: Facts) -> bool:
    among = ("school",) if f.holder == "school" else ("school", "college")  # Ed. Code 49076(a)(1)(B): another school
    return (f.holder in TAUGHT and f.recipient in among and f.purpose == "enrollment_transfer"
            and f.relation == "serves" and f.category in LEARNING)

def audit_evaluation(f: Facts) -> bool:
    among = TAUGHT if f.holder == "student_aid" else (*TAUGHT, "research")  # Civ. Code 1798.24(e): agencies alone
    return (f.holder in EDUCATION and f.recipient in among and f.purpose == "audit_evaluation"
            and f.relation == "organization" and f.category in MEASURES)

def program_administration(f: Facts) -> bool:
    in_care = f.holder == "child_welfare" or f.category == "child_welfare"
    return (f.holder in WELFARE and f.recipient in WELFARE and f.purpose == "case_management" and f.relation == "serves"
            and f.category in ANOTHER_AGENCYS_RUNNING and not (in_care and f.care == "others"))

def official_duties(f: Facts) -> bool:
    if f.holder != "wages" or f.category != "wage":
        return False
    if f.recipient == "student_aid":  # Unemp. Ins. Code 1095(ag)
        return f.purpose == "aid_administration" and f.relation == "serves"
    evaluators = f.recipient in ("college", "school", "social_services")  # 1095(aj)(1)
    return evaluators and f.purpose == "audit_evaluation" and f.relation == "organization"

CLAIMS = {
    "consent": consent, "own_record": own_record, "school_official": school_official, "enrollment": enrollment,
    "audit_evaluation": audit_evaluation, "program_administration": program_administration,
    "official_duties": official_duties,
    "financial_aid": lambda f: (
        f.holder in EDUCATION and f.recipient in ("college", "student_aid") and f.purpose == "aid_administration"
        and f.relation == "serves" and f.category in ("education", "aid")),
    "study": lambda f: (
        f.holder in TAUGHT and f.recipient == "research" and f.purpose == "study" and f.category in MEASURES),
    "foster_care": lambda f: (
        f.holder in TAUGHT and f.recipient == "child_welfare" and f.purpose == "foster_education" and f.care != "others"
        and f.relation == "serves" and f.category in ("education", "assessment", "discipline")),
    "judicial_order": lambda f: (
        f.holder in EDUCATION and f.purpose == "court_order" and f.approval == "two"
        and f.category in (*MEASURES, "discipline")),
    "emergency": lambda f: (
        f.holder in EDUCATION and f.purpose == "emergency" and f.approval == "two"
        and f.category in ("education", "contact", "address")),
    "benefits_notice": lambda f: (f.holder == f.recipient == "social_services" and f.purpose == "benefits_outreach"
                                  and f.category in ("contact", "address")),
}
