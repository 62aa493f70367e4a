"""What FERPA forbids, whatever else would permit it."""

from processors.consent.law.facts import Agency, Approval, Basis, Category, ConsentState, Institution, Purpose
from processors.consent.law.kinds import EDUCATIONAL, UNCONSENTED
from processors.consent.law.making import denies, denies_without_consent
from processors.consent.law.rules import Citation, Reason, when


def cites(section: str, quote: str) -> Citation:
    """A quote of 34 CFR part 99."""
    return Citation(f"34 CFR {section}", quote, f"34-cfr-{section.partition('(')[0]}")


CONSENT = cites("99.30(a)", "shall provide a signed and dated written consent before an educational agency or "
                "institution discloses personally identifiable information")  # fmt: skip
CONTENT = cites("99.30(b)(3)", "Identify the party or class of parties to whom the disclosure may be made")
TRANSFER = cites("99.5(a)(1)", "the rights accorded to, and consent required of, parents under this part transfer "
                 "from the parents to the student")  # fmt: skip


DENIALS = (
    *denies_without_consent("ferpa.30", EDUCATIONAL, {
        ConsentState.REFUSED: (CONSENT, "Consent was refused or withdrawn, by any of the person's records."),
        ConsentState.NOT_HOLDERS: (TRANSFER, "Who consented does not hold the rights in this record."),
        ConsentState.OUT_OF_TIME: (CONSENT, "The consent is not yet, or no longer, in its period."),
        ConsentState.NONE: (CONTENT, "No consent names these records, this purpose and this recipient."),
    }),
    denies(
        "ferpa.31.a.1.contractor",
        cites("99.31(a)(1)(i)(B)(2)", "Is under the direct control of the agency or institution with respect to the "
              "use and maintenance of education records"),
        "A recipient of another institution is no school official: nothing here records direct control of it.",
        when(holder=EDUCATIONAL, basis={Basis.SCHOOL_OFFICIAL}, institution={Institution.OTHER}),
    ),
    denies(
        "ferpa.31.a.8.parent",
        cites("99.31(a)(8)", "to parents, as defined in § 99.3, of a dependent student, as defined in section 152 of "
              "the Internal Revenue Code of 1986"),
        "Who is a student's parent, and whose dependent a student is, is not known here; a parent's access needs a "
        "consent of whoever holds the rights.",
        when(holder=EDUCATIONAL, basis=UNCONSENTED, purpose={Purpose.PARENT_ACCESS}),
    ),
    denies(
        "ferpa.31.a.6.identity",
        cites("99.31(a)(6)(iii)(A)", "The study is conducted in a manner that does not permit personal identification "
              "of parents and students by individuals other than representatives of the organization"),
        "A study gets no identifying or contact data: stricter than the text, which lets its own people see them.",
        when(
            holder=EDUCATIONAL, basis={Basis.STUDY}, category={Category.IDENTITY, Category.CONTACT, Category.ADDRESS}
        ),
    ),
    denies(
        "ferpa.33.redisclosure",
        cites("99.33(a)(1)", "will not disclose the information to any other party without the prior consent of the "
              "parent or eligible student"),
        "Who got records for a study or an evaluation gives them to nobody.",
        when(holder={Agency.RESEARCH}),
    ),
    denies(
        "ferpa.37.number",
        cites("99.37(e)", "may not disclose or confirm directory information without meeting the written consent "
              "requirements in § 99.30 if a student's social security number or other non-directory information is "
              "used"),
        "Records are linked by numbers here, so nothing goes out as directory information.",
        when(basis={Basis.DIRECTORY}),
    ),
    denies(
        "ferpa.36.unapproved",
        cites("99.36(c)", "If the educational agency or institution determines that there is an articulable and "
              "significant threat to the health or safety of a student or other individuals"),
        "Nobody has recorded the threat, or only one person stands by it.",
        when(basis={Basis.EMERGENCY}, approval={Approval.NONE, Approval.ONE}), Reason.NOT_APPROVED,
    ),
    denies(
        "ferpa.31.a.9.unapproved",
        cites("99.31(a)(9)(ii)", "makes a reasonable effort to notify the parent or eligible student of the order or "
              "subpoena in advance of compliance"),
        "Nobody has recorded the order and the notice of it, or only one person stands by it.",
        when(basis={Basis.JUDICIAL_ORDER}, approval={Approval.NONE, Approval.ONE}), Reason.NOT_APPROVED,
    ),
)  # fmt: skip
