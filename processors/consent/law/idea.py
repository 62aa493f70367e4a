"""Individuals with Disabilities Education Act: what tells of a disability goes out by consent only.

Stricter than part B, which lets the exceptions of 34 CFR part 99 stand for education records.
"""

from processors.consent.law.facts import Agency, Category, Purpose
from processors.consent.law.kinds import UNCONSENTED
from processors.consent.law.making import denies
from processors.consent.law.rules import Citation, Law, when

PART_B = Citation(
    "34 CFR 300.622(a)",
    "Parental consent must be obtained before personally identifiable information is disclosed to parties",
    "34-cfr-300.622",
)
PART_C = Citation(
    "34 CFR 303.414(a)",
    "prior parental consent must be obtained before personally identifiable information is",
    "34-cfr-303.414",
)
OTHERS_LOOK = frozenset(Purpose) - {Purpose.OWN_ACCESS}

LAW = Law(
    "idea", "Individuals with Disabilities Education Act", (), None,
    (
        denies(
            "idea.300_622.a.consent", PART_B,
            "What tells of a pupil's disability goes out only where a consent names it.",
            when(
                holder=set(Agency) - {Agency.EARLY_CARE}, basis=UNCONSENTED, purpose=OTHERS_LOOK,
                category={Category.DISABILITY},
            ),
        ),
        denies(
            "idea.303_414.a.consent", PART_C,
            "What tells of a small child's disability goes out only where a consent names it.",
            when(
                holder={Agency.EARLY_CARE}, basis=UNCONSENTED, purpose=OTHERS_LOOK, category={Category.DISABILITY}
            ),
        ),
    ),
)  # fmt: skip
