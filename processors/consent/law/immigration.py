"""What hints at immigration status, as the kind of aid application does: Education Code 68130.5.

Colleges' duty of 66093.3 to refrain from disclosing lets consent stand, so consent does here.
"""

from processors.consent.law.facts import Category, Purpose
from processors.consent.law.kinds import UNCONSENTED
from processors.consent.law.making import denies
from processors.consent.law.rules import Citation, Law, when

CONFIDENTIAL = Citation(
    "Cal. Ed. Code 68130.5(d)",
    "Student information obtained in the implementation of this section is confidential.",
    "cal-edc-68130.5",
)

LAW = Law(
    "immigration", "Confidentiality of exemptions from nonresident tuition", (), None,
    (
        denies(
            "immigration.68130_5.d.confidential", CONFIDENTIAL,
            "What hints at immigration status goes out only where a consent names it.",
            when(
                basis=UNCONSENTED, purpose=set(Purpose) - {Purpose.OWN_ACCESS},
                category={Category.IMMIGRATION_PROXY},
            ),
        ),
    ),
)  # fmt: skip
