"""FERPA, 20 USC 1232g and 34 CFR part 99: education records, whoever helps the student.

Where a right by foster care is claimed, ``uninterrupted_scholars`` decides in its place.
"""

from processors.consent.law.facts import Agency, Approval, Basis, Category, Institution, Purpose, Relation
from processors.consent.law.ferpa_denials import CONSENT, DENIALS, cites
from processors.consent.law.kinds import (
    ABOUT_LEARNING,
    CONSENTABLE,
    EDUCATIONAL,
    GIVEN,
    KEPT_SHORT,
    LOGGED,
    MEASURED,
    NAMED,
    OWN_CLIENTS,
    SERVICES,
    TAUGHT,
)
from processors.consent.law.making import otherwise_denies, permits
from processors.consent.law.rules import Law, Obligation, Reason, when

PERMITS = (
    permits(
        "ferpa.30.consent", CONSENT,
        "Whoever holds the rights consented to these records, this purpose and this recipient.",
        when(holder=EDUCATIONAL, basis={Basis.CONSENT}, consent=GIVEN, purpose=NAMED, category=CONSENTABLE),
        Reason.CONSENT, {Obligation.NOTICE},
    ),
    permits(
        "ferpa.3.own_record",
        cites("99.3", "to any party except the party identified as the party that provided or created the record"),
        "A recipient's own record, shown to itself, is no disclosure.",
        when(
            holder=EDUCATIONAL, basis={Basis.OWN_RECORD}, institution={Institution.SAME},
            purpose={Purpose.CASE_MANAGEMENT}, category=OWN_CLIENTS,
        ),
        Reason.OWN_RECORD,
    ),
    permits(
        "ferpa.31.a.1.official",
        cites("99.31(a)(1)(i)(A)", "within the agency or institution whom the agency or institution has determined to "
              "have legitimate educational interests"),
        "School officials of the institution itself, for its own services to students.",
        when(
            holder=TAUGHT, recipient=TAUGHT, basis={Basis.SCHOOL_OFFICIAL}, institution={Institution.SAME},
            purpose=SERVICES, category=ABOUT_LEARNING,
        ),
        Reason.STATUTE, {Obligation.NOTICE},
    ),
    permits(
        "ferpa.31.a.2.enrollment",
        cites("99.31(a)(2)", "so long as the disclosure is for purposes related to the student's enrollment or "
              "transfer"),
        "A school or college where the student seeks or intends to enroll, or is enrolled.",
        when(
            holder=TAUGHT, recipient={Agency.SCHOOL, Agency.COLLEGE}, basis={Basis.ENROLLMENT},
            purpose={Purpose.ENROLLMENT_TRANSFER}, relation={Relation.SERVES}, category=ABOUT_LEARNING,
        ),
        obligations=LOGGED,
    ),
    permits(
        "ferpa.31.a.3.evaluation",
        cites("99.35(a)(1)", "may have access to education records in connection with an audit or evaluation of "
              "Federal or State supported education programs"),
        "A state or local education authority, or whom it names in writing, evaluates a program.",
        when(
            holder=EDUCATIONAL, recipient=TAUGHT | {Agency.RESEARCH}, basis={Basis.AUDIT_EVALUATION},
            purpose={Purpose.AUDIT_EVALUATION}, relation={Relation.ORGANIZATION}, category=MEASURED,
        ),
        obligations=KEPT_SHORT,
    ),
    permits(
        "ferpa.31.a.4.aid",
        cites("99.31(a)(4)(i)", "in connection with financial aid for which the student has applied or which the "
              "student has received"),
        "Eligibility, amount, conditions and enforcement of aid applied for or received.",
        when(
            holder=EDUCATIONAL, recipient={Agency.COLLEGE, Agency.STUDENT_AID}, basis={Basis.FINANCIAL_AID},
            purpose={Purpose.AID_ADMINISTRATION}, relation={Relation.SERVES},
            category={Category.EDUCATION, Category.AID},
        ),
        obligations=LOGGED,
    ),
    permits(
        "ferpa.31.a.6.study",
        cites("99.31(a)(6)(i)", "organizations conducting studies for, or on behalf of, educational agencies or "
              "institutions"),
        "Studies for institutions, without identification, destroyed by a stated time.",
        when(
            holder=EDUCATIONAL, recipient={Agency.RESEARCH}, basis={Basis.STUDY}, purpose={Purpose.STUDY},
            category=MEASURED,
        ),
        obligations=KEPT_SHORT,
    ),
    permits(
        "ferpa.31.a.9.order",
        cites("99.31(a)(9)(i)", "to comply with a judicial order or lawfully issued subpoena"),
        "A court's order or subpoena, with notice given, that two persons stand by.",
        when(
            holder=EDUCATIONAL, basis={Basis.JUDICIAL_ORDER}, purpose={Purpose.COURT_ORDER}, approval={Approval.TWO},
            category=MEASURED | {Category.DISCIPLINE},
        ),
        obligations={Obligation.LOG},
    ),
    permits(
        "ferpa.31.a.12.own",
        cites("99.31(a)(12)", "The disclosure is to the parent of a student who is not an eligible student or to the "
              "student."),
        "A student, shown by the institution itself what it holds of them.",
        when(
            holder={Agency.SCHOOL, Agency.COLLEGE, Agency.STUDENT_AID}, basis={Basis.OWN_RECORD},
            institution={Institution.SAME}, purpose={Purpose.OWN_ACCESS}, category=CONSENTABLE,
        ),
        Reason.OWN_RECORD,
    ),
    permits(
        "ferpa.36.emergency",
        cites("99.36(a)", "if knowledge of the information is necessary to protect the health or safety of the student "
              "or other individuals"),
        "A health or safety emergency that two persons stand by.",
        when(
            holder=EDUCATIONAL, basis={Basis.EMERGENCY}, purpose={Purpose.EMERGENCY}, approval={Approval.TWO},
            category={Category.EDUCATION, Category.CONTACT, Category.ADDRESS},
        ),
        obligations=LOGGED | {Obligation.RECORD_THREAT},
    ),
)  # fmt: skip

LAW = Law(
    "ferpa", "Family Educational Rights and Privacy Act",
    (when(holder=EDUCATIONAL, basis=set(Basis) - {Basis.FOSTER_CARE}),),
    otherwise_denies("ferpa.30.default", CONSENT, "No exception of 99.31 applies, and nobody consented."),
    (*DENIALS, *PERMITS),
)  # fmt: skip
