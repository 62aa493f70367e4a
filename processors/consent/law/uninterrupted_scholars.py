"""Uninterrupted Scholars Act, 20 USC 1232g(b)(1)(L): the agency responsible for a foster child sees how school goes.

It is an exception of FERPA's own statute that 34 CFR part 99 does not have yet: where it is claimed, it decides.
"""

from processors.consent.law.facts import Agency, Basis, Care, Category, Purpose, Relation
from processors.consent.law.kinds import EDUCATIONAL, LOGGED, TAUGHT
from processors.consent.law.making import denies, otherwise_denies, permits
from processors.consent.law.rules import Citation, Law, when

CASEWORKER = Citation(
    "20 USC 1232g(b)(1)(L)",
    "an agency caseworker or other representative of a State or local child welfare agency, or tribal organization",
    "20-usc-1232g",
)
RESPONSIBLE = Citation(
    "20 USC 1232g(b)(1)(L)",
    "when such agency or organization is legally responsible, in accordance with State or tribal law, for the care and "
    "protection of the student",
    "20-usc-1232g",
)
SCHOOLING = frozenset({Category.EDUCATION, Category.ASSESSMENT, Category.DISCIPLINE})
"""How school goes; where the child lives and how it is reached the agency knows itself."""

LAW = Law(
    "uninterrupted_scholars", "Uninterrupted Scholars Act", (when(holder=EDUCATIONAL, basis={Basis.FOSTER_CARE}),),
    otherwise_denies(
        "uninterrupted_scholars.b_1_l.default", CASEWORKER,
        "Only the caseworkers of a child welfare agency see how school goes for a child in its care.",
    ),
    (
        denies(
            "uninterrupted_scholars.b_1_l.responsible", RESPONSIBLE,
            "Another agency is responsible for the child now, or none is any more.",
            when(basis={Basis.FOSTER_CARE}, care={Care.OTHERS}),
        ),
        permits(
            "uninterrupted_scholars.b_1_l.caseworker", CASEWORKER,
            "The agency that is responsible for the child, for its education.",
            when(
                holder=TAUGHT, recipient={Agency.CHILD_WELFARE}, basis={Basis.FOSTER_CARE},
                purpose={Purpose.FOSTER_EDUCATION}, relation={Relation.SERVES}, care={Care.OURS, Care.UNKNOWN},
                category=SCHOOLING,
            ),
            obligations=LOGGED,
        ),
    ),
)  # fmt: skip
