"""FERPA, 20 USC 1232g and 34 CFR 99.30 to 99.37: education records, whoever helps the student."""

from processors.consent.law.facts import (
    Agency,
    Approval,
    Basis,
    Category,
    ConsentState,
    Institution,
    Purpose,
    Relation,
)
from processors.consent.law.rules import Citation, Effect, Law, Obligation, Reason, Rule, When, when

HOLDERS = frozenset({Agency.SCHOOL, Agency.EARLY_CARE, Agency.COLLEGE, Agency.STUDENT_AID})
"""Whose records are education records: of agencies and institutions, and of who aids their students."""
TAUGHT = frozenset({Agency.SCHOOL, Agency.EARLY_CARE, Agency.COLLEGE})
EVERYTHING = frozenset(Category) - {Category.OTHER}
ABOUT_LEARNING = frozenset({Category.EDUCATION, Category.ASSESSMENT, Category.CONTACT, Category.ADDRESS})
LOGGED = frozenset({Obligation.LOG, Obligation.NOTICE})


def _cites(section: str, quote: str) -> Citation:
    """A quote of 34 CFR part 99."""
    return Citation(f"34 CFR {section}", quote, f"34-cfr-{section.partition('(')[0]}")


CONSENT = _cites("99.30(a)", "shall provide a signed and dated written consent before an educational agency or "
                 "institution discloses personally identifiable information")  # fmt: skip
CONTENT = _cites("99.30(b)(3)", "Identify the party or class of parties to whom the disclosure may be made")
TRANSFER = _cites("99.5(a)(1)", "the rights accorded to, and consent required of, parents under this part transfer "
                  "from the parents to the student")  # fmt: skip


def _consent_denies(name: str, cites: Citation, says: str, state: ConsentState, reason: Reason) -> Rule:
    condition = when(holder=HOLDERS, basis={Basis.CONSENT}, consent={state})
    return Rule(f"ferpa.30.{name}", 1, cites, Effect.DENY, says, condition, reason)


DENIALS = (
    _consent_denies(
        "refused", CONSENT, "Consent was refused or withdrawn, by any of the person's records.",
        ConsentState.REFUSED, Reason.DENIED,
    ),
    _consent_denies(
        "not_holders", TRANSFER, "Who consented does not hold the rights in this record.",
        ConsentState.NOT_HOLDERS, Reason.RIGHTS_TRANSFERRED,
    ),
    _consent_denies(
        "out_of_time", CONSENT, "The consent is not yet, or no longer, in its period.",
        ConsentState.OUT_OF_TIME, Reason.OUT_OF_TIME,
    ),
    _consent_denies(
        "none", CONTENT, "No consent names these records, this purpose and this recipient.",
        ConsentState.NONE, Reason.NO_CONSENT,
    ),
    Rule(
        "ferpa.37.number", 1,
        _cites("99.37(e)", "may not disclose or confirm directory information without meeting the written consent "
               "requirements in § 99.30 if a student's social security number or other non-directory information is "
               "used"),
        Effect.DENY, "Records are linked by numbers here, so nothing goes out as directory information.",
        when(basis={Basis.DIRECTORY}), Reason.LAW_DENIES,
    ),
    Rule(
        "ferpa.31.b.code", 1,
        _cites("99.31(a)(6)(iii)(A)", "The study is conducted in a manner that does not permit personal "
               "identification of parents and students"),
        Effect.DENY, "A study gets no identifying or contact data of persons.",
        when(
            holder=HOLDERS, basis={Basis.STUDY},
            category={Category.IDENTITY, Category.CONTACT, Category.ADDRESS, Category.IMMIGRATION_PROXY},
        ),
        Reason.LAW_DENIES,
    ),
    Rule(
        "ferpa.36.unapproved", 1,
        _cites("99.36(c)", "If the educational agency or institution determines that there is an articulable and "
               "significant threat to the health or safety of a student or other individuals"),
        Effect.DENY, "Nobody has recorded the threat, or only one person stands by it.",
        when(basis={Basis.EMERGENCY}, approval={Approval.NONE, Approval.ONE}), Reason.NOT_APPROVED,
    ),
    Rule(
        "ferpa.31.a.9.unapproved", 1,
        _cites("99.31(a)(9)(ii)", "makes a reasonable effort to notify the parent or eligible student of the order or "
               "subpoena in advance of compliance"),
        Effect.DENY, "Nobody has recorded the order and the notice of it, or only one person stands by it.",
        when(basis={Basis.JUDICIAL_ORDER}, approval={Approval.NONE, Approval.ONE}), Reason.NOT_APPROVED,
    ),
)  # fmt: skip

PERMITS = (
    Rule(
        "ferpa.30.consent", 1, CONSENT, Effect.PERMIT,
        "Whoever holds the rights consented to these records, this purpose and this recipient.",
        when(
            holder=HOLDERS, basis={Basis.CONSENT}, consent={ConsentState.IN_FORCE},
            purpose=set(Purpose) - {Purpose.OTHER}, category=EVERYTHING,
        ),
        Reason.CONSENT, frozenset({Obligation.NOTICE}),
    ),
    Rule(
        "ferpa.3.own_record", 1,
        _cites("99.3", "to any party except the party identified as the party that provided or created the record"),
        Effect.PERMIT, "A recipient's own record, shown to itself, is no disclosure.",
        when(
            holder=HOLDERS, basis={Basis.OWN_RECORD}, institution={Institution.SAME},
            purpose={Purpose.CASE_MANAGEMENT}, category={Category.CASELOAD, Category.CONTACT},
        ),
        Reason.OWN_RECORD,
    ),
    Rule(
        "ferpa.31.a.1.official", 1,
        _cites("99.31(a)(1)(i)(A)", "within the agency or institution whom the agency or institution has determined "
               "to have legitimate educational interests"),
        Effect.PERMIT, "School officials of the institution itself, for its own services to students.",
        when(
            holder=TAUGHT, recipient=TAUGHT, basis={Basis.SCHOOL_OFFICIAL}, institution={Institution.SAME},
            purpose={Purpose.STUDENT_SERVICES, Purpose.COLLEGE_COUNSELING, Purpose.ACADEMIC_ADVISING},
            category=ABOUT_LEARNING,
        ),
        Reason.STATUTE, frozenset({Obligation.NOTICE}),
    ),
    Rule(
        "ferpa.31.a.2.enrollment", 1,
        _cites("99.31(a)(2)", "so long as the disclosure is for purposes related to the student's enrollment or "
               "transfer"),
        Effect.PERMIT, "A school or college where the student seeks or intends to enroll, or is enrolled.",
        when(
            holder=TAUGHT, recipient={Agency.SCHOOL, Agency.COLLEGE}, basis={Basis.ENROLLMENT},
            purpose={Purpose.ENROLLMENT_TRANSFER}, relation={Relation.SERVES}, category=ABOUT_LEARNING,
        ),
        Reason.STATUTE, LOGGED,
    ),
    Rule(
        "ferpa.31.a.4.aid", 1,
        _cites("99.31(a)(4)(i)", "in connection with financial aid for which the student has applied or which the "
               "student has received"),
        Effect.PERMIT, "Eligibility, amount, conditions and enforcement of aid applied for or received.",
        when(
            holder=HOLDERS, recipient={Agency.COLLEGE, Agency.STUDENT_AID}, basis={Basis.FINANCIAL_AID},
            purpose={Purpose.AID_ADMINISTRATION}, relation={Relation.SERVES},
            category={Category.EDUCATION, Category.AID},
        ),
        Reason.STATUTE, LOGGED,
    ),
    Rule(
        "ferpa.31.a.6.study", 1,
        _cites("99.31(a)(6)(i)", "organizations conducting studies for, or on behalf of, educational agencies or "
               "institutions"),
        Effect.PERMIT, "Studies for institutions, without identification, destroyed by a stated time.",
        when(
            holder=HOLDERS, recipient={Agency.RESEARCH}, basis={Basis.STUDY}, purpose={Purpose.STUDY},
            category={Category.EDUCATION, Category.ASSESSMENT, Category.AID},
        ),
        Reason.STATUTE, LOGGED | {Obligation.DESTROY, Obligation.SUPPRESS},
    ),
    Rule(
        "ferpa.36.emergency", 1,
        _cites("99.36(a)", "if knowledge of the information is necessary to protect the health or safety of the "
               "student or other individuals"),
        Effect.PERMIT, "A health or safety emergency that two persons stand by.",
        when(
            holder=HOLDERS, basis={Basis.EMERGENCY}, purpose={Purpose.EMERGENCY}, approval={Approval.TWO},
            category={Category.EDUCATION, Category.CONTACT, Category.ADDRESS},
        ),
        Reason.STATUTE, LOGGED | {Obligation.RECORD_THREAT},
    ),
    Rule(
        "ferpa.31.a.9.order", 1,
        _cites("99.31(a)(9)(i)", "to comply with a judicial order or lawfully issued subpoena"), Effect.PERMIT,
        "A court's order or subpoena, with notice given, that two persons stand by.",
        when(
            holder=HOLDERS, basis={Basis.JUDICIAL_ORDER}, purpose={Purpose.COURT_ORDER}, approval={Approval.TWO},
            category={Category.EDUCATION, Category.ASSESSMENT, Category.DISCIPLINE, Category.AID},
        ),
        Reason.STATUTE, LOGGED,
    ),
)  # fmt: skip

LAW = Law(
    "ferpa", "Family Educational Rights and Privacy Act", (When(holder=HOLDERS),),
    Rule("ferpa.30", 1, CONSENT, Effect.DENY, "No exception of 99.31 applies, and nobody consented.", When(),
         Reason.NOT_PERMITTED),
    (*DENIALS, *PERMITS),
)  # fmt: skip
