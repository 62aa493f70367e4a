"""20 CFR part 603: wage records. A person's own signed release, or a public official's duties, and nothing else.

The exceptions stand only where state law authorizes them (603.5): ``unemployment_code`` says whether it does.
"""

from processors.consent.law.facts import Agency, Basis, Category, ConsentState, Institution, Purpose, Relation
from processors.consent.law.kinds import GIVEN, KEPT_SHORT, LOGGED, PAY
from processors.consent.law.making import denies_without_consent, otherwise_denies, permits
from processors.consent.law.rules import Citation, Law, Reason, when


def _cites(section: str, quote: str) -> Citation:
    """A quote of part 603."""
    return Citation(f"20 CFR {section}", quote, f"20-cfr-{section.partition('(')[0]}")


SIGNED_FOR = frozenset({
    Purpose.CASE_MANAGEMENT, Purpose.COLLEGE_COUNSELING, Purpose.ACADEMIC_ADVISING, Purpose.TRANSFER_ADVISING,
    Purpose.STUDENT_SERVICES, Purpose.AID_ADMINISTRATION, Purpose.BENEFITS_OUTREACH, Purpose.AUDIT_EVALUATION,
})  # fmt: skip
"""What a release may be for: a service that who signs it expects of it, or evaluating a program (603.5(d)(2)(ii))."""
CONFIDENTIAL = _cites("603.4(b)", "must include provision for barring the disclosure of any such information, except "
                      "as provided in this part")  # fmt: skip
INFORMED = _cites("603.5(d)", "Disclosure of confidential UC information on the basis of informed consent is "
                  "permissible in the following circumstances")  # fmt: skip
RELEASE = _cites("603.5(d)(2)", "only if that entity obtains a written release from the individual or employer to whom "
                 "the information pertains")  # fmt: skip
OFFICIAL = _cites("603.5(e)", "Disclosure of confidential UC information to a public official for use in the "
                  "performance of his or her official duties is permissible.")  # fmt: skip
PUBLIC = frozenset(Agency) - {Agency.RESEARCH, Agency.OTHER}
"""Agencies whose officials may be public officials."""


RULES = (
    *denies_without_consent("unemployment_insurance.603_5", {Agency.WAGES}, {
        ConsentState.REFUSED: (INFORMED, "The release was refused or withdrawn, by any of the person's records."),
        ConsentState.NOT_HOLDERS: (RELEASE, "Only the release of the person themself counts, who earned the wages."),
        ConsentState.OUT_OF_TIME: (INFORMED, "The release is not yet, or no longer, in its period."),
        ConsentState.NONE: (RELEASE, "No release names these wages, this purpose and this recipient."),
    }),
    permits(
        "unemployment_insurance.603_5.release", RELEASE,
        "The person signed a release for a service that they expect of it.",
        when(basis={Basis.CONSENT}, consent=GIVEN, purpose=SIGNED_FOR, category=PAY),
        Reason.CONSENT, LOGGED,
    ),
    permits(
        "unemployment_insurance.603_5.own",
        _cites("603.5(c)", "of confidential UC information about an individual to that individual"),
        "The person, shown by the department itself what it holds of them.",
        when(
            holder={Agency.WAGES}, basis={Basis.OWN_RECORD}, institution={Institution.SAME},
            purpose={Purpose.OWN_ACCESS}, category=PAY,
        ),
        Reason.OWN_RECORD,
    ),
    permits(
        "unemployment_insurance.603_5.evaluation", OFFICIAL,
        "A public official, who must account for programs of education or work.",
        when(
            holder={Agency.WAGES}, recipient=PUBLIC, basis={Basis.OFFICIAL_DUTIES},
            purpose={Purpose.AUDIT_EVALUATION}, relation={Relation.ORGANIZATION}, category={Category.WAGE},
        ),
        obligations=KEPT_SHORT,
    ),
    permits(
        "unemployment_insurance.603_5.aid", OFFICIAL,
        "The Student Aid Commission, which checks whether an applicant works.",
        when(
            holder={Agency.WAGES}, recipient={Agency.STUDENT_AID}, basis={Basis.OFFICIAL_DUTIES},
            purpose={Purpose.AID_ADMINISTRATION}, relation={Relation.SERVES}, category={Category.WAGE},
        ),
        obligations=LOGGED,
    ),
)  # fmt: skip

LAW = Law(
    "unemployment_insurance", "Federal-State Unemployment Compensation, confidentiality",
    (when(holder={Agency.WAGES}), when(category=PAY)),
    otherwise_denies(
        "unemployment_insurance.603_4.default", CONFIDENTIAL,
        "Wages, and who pays them, are confidential unless part 603 says otherwise.",
    ),
    RULES,
)  # fmt: skip
