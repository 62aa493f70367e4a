"""California's Confidentiality of Medical Information Act, Civil Code 56.10: what a college's health center knows.

Its treatment records are no education records (20 USC 1232g(a)(4)(B)(iv)), and HIPAA leaves them out too (45 CFR
160.103, paragraph (2)(ii) of protected health information).
"""

from processors.consent.law.facts import Agency, Category
from processors.consent.law.making import denies
from processors.consent.law.rules import Citation, Law, when

AUTHORIZATION = Citation(
    "Cal. Civ. Code 56.10(a)",
    "shall not disclose medical information regarding a patient of the provider of health care or an enrollee or "
    "subscriber of a health care service plan without first obtaining an authorization",
    "cal-civ-56.10",
)

LAW = Law(
    "cmia", "Confidentiality of Medical Information Act", (), None,
    (
        denies(
            "cmia.56_10.a.authorization", AUTHORIZATION,
            "A college treats students: its health data needs an authorization of the Act's form, which ours has not.",
            when(holder={Agency.COLLEGE}, category={Category.HEALTH}),
        ),
    ),
)  # fmt: skip
