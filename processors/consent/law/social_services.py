"""California Welfare and Institutions Code 10850: welfare records, whoever has them, and protective services.

The section knows no exception for the person's consent; what else the person may do for themself lies outside it.
"""

from processors.consent.law.facts import Agency, Basis, Category, Institution, Purpose, Relation
from processors.consent.law.kinds import LOGGED, OWN_CLIENTS, WELFARE
from processors.consent.law.making import denies, otherwise_denies, permits
from processors.consent.law.rules import Citation, Law, Reason, when

ADMINISTRATION = Citation(
    "Cal. Welf. & Inst. Code 10850(a)",
    "shall not be open to examination for any purpose not directly connected with the administration of that program",
    "cal-wic-10850",
)
NOTICE = Citation(
    "Cal. Welf. & Inst. Code 10850(b)",
    "to notify a public social service recipient of their potential eligibility for other benefits and services",
    "cal-wic-10850",
)
NOBODY = Citation(
    "Cal. Welf. & Inst. Code 10850(b)",
    "Except for those purposes, a person shall not publish, disclose, or use or permit or cause to be published, "
    "disclosed, or used any confidential information pertaining to an applicant or recipient.",
    "cal-wic-10850",
)
HOUSEHOLDS = Citation(
    "7 USC 2020(e)(8)",
    "safeguards which prohibit the use or disclosure of information obtained from applicant households, except that",
    "7-usc-2020",
)
SHARED = frozenset({
    Category.WELFARE, Category.CHILD_WELFARE, Category.HOUSING, Category.IDENTITY, Category.CONTACT, Category.ADDRESS,
    Category.CASELOAD,
})  # fmt: skip
"""What agencies of social services tell each other to run their programs."""
ABOUT_WELFARE = frozenset({Category.WELFARE, Category.CHILD_WELFARE})

LAW = Law(
    "social_services", "Welfare and Institutions Code, records of public social services",
    (when(holder=WELFARE), when(category=ABOUT_WELFARE)),
    otherwise_denies(
        "social_services.10850.default", ADMINISTRATION,
        "Not directly connected with running the program, nor the notice that subdivision (b) allows.",
    ),
    (
        denies(
            "social_services.10850.consent", NOBODY,
            "The section has no exception for consent: by consent alone no agency may tell of welfare.",
            when(basis={Basis.CONSENT}, category=ABOUT_WELFARE),
        ),
        denies(
            "social_services.2020.households", HOUSEHOLDS,
            "To notify people of other benefits they can be reached; what benefits they get is not told for it.",
            when(basis={Basis.BENEFITS_NOTICE}, category=ABOUT_WELFARE),
        ),
        permits(
            "social_services.10850.own_record", ADMINISTRATION,
            "An agency's own clients, shown to itself to serve them.",
            when(
                holder=WELFARE, basis={Basis.OWN_RECORD}, institution={Institution.SAME},
                purpose={Purpose.CASE_MANAGEMENT}, category=OWN_CLIENTS,
            ),
            Reason.OWN_RECORD,
        ),
        permits(
            "social_services.10850.administration", ADMINISTRATION,
            "Another agency of social services, to run the program for a client of its own.",
            when(
                holder=WELFARE, recipient=WELFARE, basis={Basis.PROGRAM_ADMINISTRATION},
                purpose={Purpose.CASE_MANAGEMENT}, relation={Relation.SERVES}, category=SHARED,
            ),
            obligations=LOGGED,
        ),
        permits(
            "social_services.10850.notice", NOTICE,
            "A welfare department tells recipients that they may be eligible for other benefits, as the state says.",
            when(
                holder={Agency.SOCIAL_SERVICES}, recipient={Agency.SOCIAL_SERVICES}, basis={Basis.BENEFITS_NOTICE},
                purpose={Purpose.BENEFITS_OUTREACH}, category={Category.CONTACT, Category.ADDRESS},
            ),
            obligations=LOGGED,
        ),
    ),
)  # fmt: skip
