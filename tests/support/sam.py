"""Sam: one person with records at several partners, and what is said of them. Words for tests to tell stories with."""

from typing import Any

from support import worlds
from support.events import Message, message

CENTER, CSU, COUNSEL = "ccc_transfer_center", "csu_advising", "lausd_counseling"
NUMBER, PHONE = "219-09-9998", "213-555-0101"
SAM = {"first_name": "Sam", "last_name": "Reyes", "birth_date": "2005-01-02"}
TOKENS = {"ccc": "s1", "csac": "a1", "csu": "t1", "cde_k12": "k1", CENTER: "m1", CSU: "n1", COUNSEL: "o1"}


def identity(partner: str, name: str = "identity", **said: Any) -> Message:
    """A partner's record of Sam, with the number unless it is said otherwise."""
    return message(partner, "identity", TOKENS[partner], name, **{**SAM, "ssn": NUMBER, **said})


def caseload(recipient: str = CENTER, name: str = "case", **said: Any) -> Message:
    """A recipient serves Sam."""
    return message(recipient, "caseload", TOKENS[recipient], name, **said)


def consent(name: str = "consent", partner: str = "ccc", **said: Any) -> Message:
    """Sam's grant to the transfer center, for all that the colleges may speak for."""
    scope = {
        "controllers": ["ccc", "csac", "edd"], "recipients": [CENTER], "purposes": ["transfer_advising"],
        "records_covered": ["education", "contact", "address", "aid", "immigration_proxy", "wage"],
        "event_state": "given",
    }  # fmt: skip
    return message(partner, "consent", TOKENS[partner], name, **{**scope, **said})


def withdrawal(name: str = "withdrawal", partner: str = "ccc", **said: Any) -> Message:
    """Sam takes back what the grant gave, or the part of it that is said."""
    return consent(name, partner, **{"event_state": "withdrawn", **said})


def award(name: str = "award", **said: Any) -> Message:
    """Student aid."""
    return message("csac", "aid", TOKENS["csac"], name, **{"award_amount_cents": 120_000, **said})


def enrolled(partner: str = "ccc", name: str = "enrolled", **said: Any) -> Message:
    """An enrollment."""
    return message(partner, "enrollment", TOKENS[partner], name, **said)


def wages(name: str = "wages", **said: Any) -> Message:
    """A wage row."""
    numbers = [worlds.ssn(NUMBER)]
    return message("edd", "employment", None, name, subject_name="REYES SAM", identifiers=numbers, **said)


KNOWN = [identity("ccc"), identity("csac"), identity(CENTER)]
"""One person of three records."""
