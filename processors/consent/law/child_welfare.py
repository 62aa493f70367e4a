"""Title IV-E of the Social Security Act, 42 USC 671(a)(8): records of foster care and adoption assistance."""

from processors.consent.law.facts import Agency, Basis, Care, Category, Institution, Purpose, Relation
from processors.consent.law.kinds import LOGGED, OWN_CLIENTS, WELFARE
from processors.consent.law.making import otherwise_denies, permits
from processors.consent.law.rules import Citation, Law, Reason, when
from processors.consent.law.social_services import SHARED

SAFEGUARDS = Citation(
    "42 USC 671(a)(8)",
    "safeguards which restrict the use of or disclosure of information concerning individuals assisted under the State "
    "plan to purposes directly connected with (A) the administration of the plan",
    "42-usc-671",
)

LAW = Law(
    "child_welfare", "Social Security Act, foster care and adoption assistance",
    (when(holder={Agency.CHILD_WELFARE}), when(category={Category.CHILD_WELFARE})),
    otherwise_denies(
        "child_welfare.671.default", SAFEGUARDS,
        "That a child is in care, and what follows of it, serves to run the plan and nothing else here.",
    ),
    (
        permits(
            "child_welfare.671.own_record", SAFEGUARDS, "An agency's own clients, shown to itself to serve them.",
            when(
                holder={Agency.CHILD_WELFARE}, basis={Basis.OWN_RECORD}, institution={Institution.SAME},
                purpose={Purpose.CASE_MANAGEMENT}, category=OWN_CLIENTS,
            ),
            Reason.OWN_RECORD,
        ),
        permits(
            "child_welfare.671.administration", SAFEGUARDS,
            "An agency that has the child in its care, or pays for what it needs.",
            when(
                holder=WELFARE, recipient=WELFARE, basis={Basis.PROGRAM_ADMINISTRATION},
                purpose={Purpose.CASE_MANAGEMENT}, relation={Relation.SERVES}, care={Care.OURS, Care.UNKNOWN},
                category=SHARED,
            ),
            obligations=LOGGED,
        ),
    ),
)  # fmt: skip
