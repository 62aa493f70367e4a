"""Where HIPAA begins, 45 CFR 160.103: health data of an education record is FERPA's, of any other holder HIPAA's.

What a school nurse writes down is part of the education record, and HIPAA has nothing to say of it.
"""

from processors.consent.law.facts import Agency, Category
from processors.consent.law.kinds import EDUCATIONAL
from processors.consent.law.making import denies
from processors.consent.law.rules import Citation, Law, when

AUTHORIZATION = Citation(
    "45 CFR 164.508(a)(1)",
    "a covered entity may not use or disclose protected health information without an authorization that is valid "
    "under this section",
    "45-cfr-164.508",
)

LAW = Law(
    "hipaa", "Health Insurance Portability and Accountability Act, Privacy Rule", (), None,
    (
        denies(
            "hipaa.508.authorization", AUTHORIZATION,
            "Health data that is no education record needs an authorization of HIPAA's form, which ours has not.",
            when(holder=set(Agency) - EDUCATIONAL, category={Category.HEALTH}),
        ),
    ),
)  # fmt: skip
