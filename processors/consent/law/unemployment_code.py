"""California Unemployment Insurance Code 1094 and 1095: which exceptions of 20 CFR 603.5 the state authorizes.

That the Cradle-to-Career Data System itself receives earnings is 1095(ap): it permits no release to anybody further.
"""

from processors.consent.law.facts import Agency, Basis, Category, Institution, Purpose, Relation
from processors.consent.law.kinds import GIVEN, KEPT_SHORT, LOGGED, PAY
from processors.consent.law.making import otherwise_denies, permits
from processors.consent.law.rules import Citation, Law, Reason, when

EXCLUSIVE = Citation(
    "Cal. Unemp. Ins. Code 1094(a)",
    "is confidential, not open to the public, and shall be for the exclusive use and information of the director",
    "cal-uic-1094",
)
REQUEST = Citation(
    "Cal. Unemp. Ins. Code 1094(e)",
    "Any employee or his or her representative may receive his or her wage information upon written request by the "
    "employee.",
    "cal-uic-1094",
)
EVALUATION = Citation(
    "Cal. Unemp. Ins. Code 1095(aj)(1)",
    "to access any relevant quarterly wage data necessary for the evaluation and reporting of their respective program "
    "performance outcomes",
    "cal-uic-1095",
)
AID = Citation(
    "Cal. Unemp. Ins. Code 1095(ag)",
    "the Student Aid Commission with wage information in order to verify the employment status of an individual "
    "applying for a Cal Grant C award",
    "cal-uic-1095",
)

LAW = Law(
    "unemployment_code", "Unemployment Insurance Code, information of the department",
    (when(holder={Agency.WAGES}), when(category=PAY)),
    otherwise_denies(
        "unemployment_code.1094.default", EXCLUSIVE,
        "The department's information is its own; section 1095 does not list this use.",
    ),
    (
        permits(
            "unemployment_code.1094.request", REQUEST,
            "The employee asked in writing that who acts for them receives their wages.",
            when(basis={Basis.CONSENT}, consent=GIVEN, category=PAY), Reason.CONSENT, LOGGED,
        ),
        permits(
            "unemployment_code.1094.own", REQUEST, "The employee themself.",
            when(
                holder={Agency.WAGES}, basis={Basis.OWN_RECORD}, institution={Institution.SAME},
                purpose={Purpose.OWN_ACCESS}, category=PAY,
            ),
            Reason.OWN_RECORD,
        ),
        permits(
            "unemployment_code.1095.evaluation", EVALUATION,
            "Chancellor, superintendent and social services, who evaluate programs of their own by quarterly wages.",
            when(
                holder={Agency.WAGES}, recipient={Agency.SCHOOL, Agency.COLLEGE, Agency.SOCIAL_SERVICES},
                basis={Basis.OFFICIAL_DUTIES}, purpose={Purpose.AUDIT_EVALUATION}, category={Category.WAGE},
            ),
            obligations=KEPT_SHORT,
        ),
        permits(
            "unemployment_code.1095.aid", AID, "The Student Aid Commission, of an applicant for a Cal Grant C.",
            when(
                holder={Agency.WAGES}, recipient={Agency.STUDENT_AID}, basis={Basis.OFFICIAL_DUTIES},
                purpose={Purpose.AID_ADMINISTRATION}, relation={Relation.SERVES}, category={Category.WAGE},
            ),
            obligations=LOGGED,
        ),
    ),
)  # fmt: skip
