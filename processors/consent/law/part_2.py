"""42 CFR part 2: treatment of substance use. Nothing of it leaves, with whatever consent.

A consent of part 2 names more than ours do (42 CFR 2.31), and a notice goes with it (2.32); none is modelled here. Who
is told of this rule learns that there may be such a record (2.13(c)(2)): it is not to be named about a person.
"""

from processors.consent.law.facts import Category
from processors.consent.law.making import denies
from processors.consent.law.rules import Citation, Law, when

RESTRICTION = Citation(
    "42 CFR 2.13(a)", "may be used or disclosed only as permitted by the regulations in this part", "42-cfr-2.13"
)

LAW = Law(
    "part_2", "Confidentiality of substance use disorder patient records", (), None,
    (
        denies(
            "part_2.13.a.records", RESTRICTION,
            "Records of substance use treatment go out only under a consent of their own kind, which ours is not.",
            when(category={Category.SUBSTANCE_USE}),
        ),
    ),
)  # fmt: skip
