"""Safe at Home, Government Code 6205 to 6211: where a participant lives is told to nobody.

The text of the Act was not read here; a rule can deny without it, and it does.
"""

from processors.consent.law.facts import Address, Category
from processors.consent.law.making import denies
from processors.consent.law.rules import Citation, Law, when

SUBSTITUTE = Citation(
    "Cal. Gov. Code 6207",
    "Agencies take the address that the Secretary of State designates for a participant in place of their own.",
    None,
)
SERVICES = Citation(
    "34 USC 12291(b)(2)(B)(i)",
    "disclose, reveal, or release any personally identifying information or individual information collected in "
    "connection with services requested, utilized, or denied",
    "34-usc-12291",
)

LAW = Law(
    "safe_at_home", "Address confidentiality, and services to victims of violence", (), None,
    (
        denies(
            "safe_at_home.6207.address", SUBSTITUTE,
            "The person takes part in an address confidentiality program: where they live is told to nobody.",
            when(address={Address.CONFIDENTIAL}, category={Category.ADDRESS}),
        ),
        denies(
            "safe_at_home.12291.housing", SERVICES,
            "The person is protected from somebody: what shelter or housing they get is told to nobody.",
            when(address={Address.CONFIDENTIAL}, category={Category.HOUSING}),
        ),
    ),
)  # fmt: skip
