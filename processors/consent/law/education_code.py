"""California Education Code 49060 to 49079: pupil records of kindergarten to grade 12 (49060(c): not of colleges)."""

from processors.consent.law.facts import Agency, Approval, Basis, Care, Category, Institution, Purpose, Relation
from processors.consent.law.kinds import (
    ABOUT_LEARNING,
    CONSENTABLE,
    GIVEN,
    KEPT_SHORT,
    LOGGED,
    MEASURED,
    NAMED,
    OWN_CLIENTS,
    SERVICES,
    UNCONSENTED,
)
from processors.consent.law.making import denies, otherwise_denies, permits
from processors.consent.law.rules import Citation, Law, Obligation, Reason, when
from processors.consent.law.uninterrupted_scholars import SCHOOLING

PUPILS = frozenset({Agency.SCHOOL})


def _cites(section: str, quote: str) -> Citation:
    """A quote of the code."""
    return Citation(f"Cal. Ed. Code {section}", quote, f"cal-edc-{section.partition('(')[0]}")


ACCESS = _cites("49076(a)", "A school district shall not permit access to pupil records to a person without written "
                "parental consent or under judicial order except as set forth in this section")  # fmt: skip
OFFICIALS = _cites("49076(a)(1)(A)", "School officials and employees of the school district")

RULES = (
    denies(
        "education_code.49076.pupil",
        _cites("49076(a)(1)(F)", "A pupil 16 years of age or older or having completed the 10th grade."),
        "Whether a pupil is 16, or has completed grade 10, is not known here: the school itself shows them.",
        when(holder=PUPILS, basis=UNCONSENTED, purpose={Purpose.OWN_ACCESS}),
    ),
    permits(
        "education_code.49075.consent",
        _cites("49075(a)", "A school district may permit access to pupil records to any person for whom a parent of "
               "the pupil has executed written consent"),
        "A parent, or the pupil of age, consented in writing; the recipient is told that it may not pass it on.",
        when(holder=PUPILS, basis={Basis.CONSENT}, consent=GIVEN, purpose=NAMED, category=CONSENTABLE),
        Reason.CONSENT, {Obligation.NOTICE},
    ),
    permits(
        "education_code.49076.own_record", OFFICIALS, "A district's officials and employees, among themselves.",
        when(
            holder=PUPILS, recipient=PUPILS, basis={Basis.OWN_RECORD}, institution={Institution.SAME},
            purpose={Purpose.CASE_MANAGEMENT}, category=OWN_CLIENTS,
        ),
        Reason.OWN_RECORD,
    ),
    permits(
        "education_code.49076.official", OFFICIALS,
        "A district's officials and employees, who have a legitimate interest.",
        when(
            holder=PUPILS, recipient=PUPILS, basis={Basis.SCHOOL_OFFICIAL}, institution={Institution.SAME},
            purpose=SERVICES, category=ABOUT_LEARNING,
        ),
        obligations={Obligation.NOTICE},
    ),
    permits(
        "education_code.49076.transfer",
        _cites("49076(a)(1)(B)", "where the pupil intends to or is directed to enroll, subject to the rights of "
               "parents"),
        "Another school where the pupil goes or will go.",
        when(
            holder=PUPILS, recipient=PUPILS, basis={Basis.ENROLLMENT}, purpose={Purpose.ENROLLMENT_TRANSFER},
            relation={Relation.SERVES}, category=ABOUT_LEARNING,
        ),
        obligations=LOGGED,
    ),
    permits(
        "education_code.49076.evaluation",
        _cites("49076(a)(1)(C)", "if the information is necessary to audit or evaluate a state or federally supported "
               "educational program"),
        "An education authority, or whom it names, evaluates a program.",
        when(
            holder=PUPILS, basis={Basis.AUDIT_EVALUATION}, purpose={Purpose.AUDIT_EVALUATION}, category=MEASURED
        ),
        obligations=KEPT_SHORT,
    ),
    permits(
        "education_code.49076.foster",
        _cites("49076(a)(1)(N)(i)", "that has legal responsibility, in accordance with state or tribal law, for the "
               "care and protection of the pupil"),
        "The child welfare agency that is responsible for the pupil.",
        when(
            holder=PUPILS, recipient={Agency.CHILD_WELFARE}, basis={Basis.FOSTER_CARE},
            purpose={Purpose.FOSTER_EDUCATION}, relation={Relation.SERVES}, care={Care.OURS, Care.UNKNOWN},
            category=SCHOOLING,
        ),
        obligations=LOGGED,
    ),
    permits(
        "education_code.49076.emergency",
        _cites("49076(a)(2)(A)", "if the knowledge of the information is necessary to protect the health or safety of "
               "a pupil or other persons"),
        "An emergency that two persons stand by.",
        when(
            holder=PUPILS, basis={Basis.EMERGENCY}, purpose={Purpose.EMERGENCY}, approval={Approval.TWO},
            category={Category.EDUCATION, Category.CONTACT, Category.ADDRESS},
        ),
        obligations=LOGGED | {Obligation.RECORD_THREAT},
    ),
    permits(
        "education_code.49076.aid",
        _cites("49076(a)(2)(B)", "in connection with the application of a pupil for, or receipt of, financial aid"),
        "Aid that the pupil applied for or gets.",
        when(
            holder=PUPILS, recipient={Agency.COLLEGE, Agency.STUDENT_AID}, basis={Basis.FINANCIAL_AID},
            purpose={Purpose.AID_ADMINISTRATION}, relation={Relation.SERVES},
            category={Category.EDUCATION, Category.AID},
        ),
        obligations=LOGGED,
    ),
    permits(
        "education_code.49076.study",
        _cites("49076(a)(2)(E)", "the information will be destroyed when no longer needed for the purpose for which it "
               "is obtained"),
        "Studies for schools, without identification, destroyed when they end.",
        when(
            holder=PUPILS, recipient={Agency.RESEARCH}, basis={Basis.STUDY}, purpose={Purpose.STUDY},
            category=MEASURED,
        ),
        obligations=KEPT_SHORT,
    ),
    permits(
        "education_code.49077.order",
        _cites("49077(a)", "Information concerning a pupil shall be furnished in compliance with a court order or a "
               "lawfully issued subpoena."),
        "A court's order or subpoena, with notice given, that two persons stand by.",
        when(
            holder=PUPILS, basis={Basis.JUDICIAL_ORDER}, purpose={Purpose.COURT_ORDER}, approval={Approval.TWO},
            category=CONSENTABLE,
        ),
        obligations={Obligation.LOG},
    ),
)  # fmt: skip

LAW = Law(
    "education_code", "Education Code, pupil records", (when(holder=PUPILS),),
    otherwise_denies(
        "education_code.49076.default", ACCESS, "Neither consent, nor an order, nor one of the section's own cases."
    ),
    RULES,
)  # fmt: skip
