"""California's Information Practices Act, Civil Code 1798.24: state agencies (1798.3(b): no local ones).

The state's departments for aid, wages and social services. Of schools and colleges some are the state's and some are
local, which their kind does not tell; for them the Education Code and FERPA stand.
"""

from processors.consent.law.facts import Agency, Approval, Basis, Institution, Purpose
from processors.consent.law.kinds import CONSENTABLE, GIVEN, KNOWN, LOGGED, NAMED, OWN_CLIENTS
from processors.consent.law.making import otherwise_denies, permits
from processors.consent.law.rules import Citation, Law, Obligation, Reason, when

STATE = frozenset({Agency.STUDENT_AID, Agency.WAGES, Agency.SOCIAL_SERVICES})
DUTIES = frozenset({
    Basis.FINANCIAL_AID, Basis.PROGRAM_ADMINISTRATION, Basis.BENEFITS_NOTICE, Basis.OFFICIAL_DUTIES,
    Basis.AUDIT_EVALUATION,
})  # fmt: skip
"""Claims of right by which an agency does what a statute charges it with."""
CHARGED = frozenset({
    Purpose.AID_ADMINISTRATION, Purpose.AUDIT_EVALUATION, Purpose.BENEFITS_OUTREACH, Purpose.CASE_MANAGEMENT,
})  # fmt: skip
"""What statutes charge agencies with."""
AGENCIES = frozenset(Agency) - {Agency.RESEARCH, Agency.OTHER}


def _cites(subdivision: str, quote: str) -> Citation:
    """A quote of section 1798.24."""
    return Citation(f"Cal. Civ. Code 1798.24{subdivision}", quote, "cal-civ-1798.24")


LAW = Law(
    "information_practices", "Information Practices Act of 1977", (when(holder=STATE),),
    otherwise_denies(
        "information_practices.1798_24.default",
        _cites("", "An agency shall not disclose any personal information in a manner that would link the information "
               "disclosed to the individual to whom it pertains unless the information is disclosed, as follows"),
        "The section has no subdivision for this disclosure.",
    ),
    (
        permits(
            "information_practices.1798_24.consent",
            _cites("(b)", "With the prior written voluntary consent of the individual to whom the information "
                   "pertains"),
            "The person consented in writing, for a time that the consent itself sets.",
            when(holder=STATE, basis={Basis.CONSENT}, consent=GIVEN, purpose=NAMED, category=CONSENTABLE),
            Reason.CONSENT, LOGGED,
        ),
        permits(
            "information_practices.1798_24.own", _cites("(a)", "To the individual to whom the information pertains."),
            "The person, shown by the agency itself what it holds of them.",
            when(
                holder=STATE, basis={Basis.OWN_RECORD}, institution={Institution.SAME}, purpose={Purpose.OWN_ACCESS},
                category=CONSENTABLE,
            ),
            Reason.OWN_RECORD,
        ),
        permits(
            "information_practices.1798_24.officers",
            _cites("(d)", "if the disclosure is relevant and necessary in the ordinary course of the performance of "
                   "their official duties"),
            "The agency's own officers and employees, for what it was acquired for.",
            when(
                holder=STATE, basis={Basis.OWN_RECORD}, institution={Institution.SAME},
                purpose={Purpose.CASE_MANAGEMENT}, category=OWN_CLIENTS,
            ),
            Reason.OWN_RECORD,
        ),
        permits(
            "information_practices.1798_24.duties",
            _cites("(e)", "if the transfer is necessary for the transferee agency to perform its constitutional or "
                   "statutory duties, and the use is compatible with a purpose for which the information was "
                   "collected"),
            "Another agency, which a statute charges with what it needs this for.",
            when(holder=STATE, recipient=AGENCIES, basis=DUTIES, purpose=CHARGED, category=KNOWN),
            obligations=LOGGED,
        ),
        permits(
            "information_practices.1798_24.emergency",
            _cites("(i)", "compelling circumstances exist that affect the health or safety of an individual"),
            "An emergency that two persons stand by; the person is told of it at the last known address.",
            when(
                holder=STATE, basis={Basis.EMERGENCY}, purpose={Purpose.EMERGENCY}, approval={Approval.TWO},
                category=CONSENTABLE,
            ),
            obligations=LOGGED | {Obligation.RECORD_THREAT},
        ),
        permits(
            "information_practices.1798_24.order",
            _cites("(k)", "if, before the disclosure, the agency reasonably attempts to notify the individual to whom "
                   "the record pertains"),
            "A court's order or subpoena, with notice given, that two persons stand by.",
            when(
                holder=STATE, basis={Basis.JUDICIAL_ORDER}, purpose={Purpose.COURT_ORDER}, approval={Approval.TWO},
                category=CONSENTABLE,
            ),
            obligations={Obligation.LOG},
        ),
    ),
)  # fmt: skip
