"""Who may have what, as facts of this population: written down again here, so that the truth asks no code of ours.

A test holds this table against the agreements that ship.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One recipient's reach for one family of one partner."""

    recipient: str
    purpose: str
    by_consent: bool
    clients_only: bool


def _consent(recipient: str, purpose: str) -> Rule:
    return Rule(recipient, purpose, by_consent=True, clients_only=True)


_LAUSD = _consent("lausd_counseling", "college_counseling")
_TRANSFER = _consent("ccc_transfer_center", "transfer_advising")
_CSU = _consent("csu_advising", "academic_advising")
_FOSTER = Rule("la_county_foster", "foster_education", by_consent=False, clients_only=True)

_WELFARE = Rule("la_county_foster", "case_management", by_consent=False, clients_only=True)


def _own(recipient: str) -> Rule:
    return Rule(recipient, "case_management", by_consent=False, clients_only=False)


RULES: dict[tuple[str, str], tuple[Rule, ...]] = {
    ("cde_k12", "enrollment"): (_LAUSD, _TRANSFER, _FOSTER),
    ("cde_k12", "contact"): (_LAUSD,),
    ("cde_k12", "attendance"): (_LAUSD, _FOSTER),
    ("cde_k12", "assessment"): (_LAUSD, _FOSTER),
    ("cde_k12", "credential"): (_LAUSD,),
    ("cde_elc", "enrollment"): (_FOSTER,),
    ("cde_elc", "early_care"): (_FOSTER,),
    ("ccc", "enrollment"): (_TRANSFER, _CSU),
    ("ccc", "credential"): (_TRANSFER, _CSU),
    ("ccc", "transfer"): (_TRANSFER, _CSU),
    ("ccc", "contact"): (_TRANSFER,),
    ("csu", "enrollment"): (_CSU,),
    ("csu", "credential"): (_CSU,),
    ("csac", "aid"): (_LAUSD, _TRANSFER, _CSU),
    ("edd", "employment"): (_TRANSFER, _CSU),
    ("cdss", "social_service"): (_WELFARE,),
    ("lausd_counseling", "caseload"): (_own("lausd_counseling"),),
    ("la_county_foster", "caseload"): (_own("la_county_foster"),),
    ("ccc_transfer_center", "caseload"): (_own("ccc_transfer_center"),),
    ("csu_advising", "caseload"): (_own("csu_advising"),),
}
CATEGORY = {
    "enrollment": "education",
    "aid": "aid",
    "employment": "wage",
    "contact": "contact",
    "social_service": "welfare",
}
"""Category of records that a family's core fields are."""
CONSENT_FOR = {
    "cde_elc": {"cde_elc"},
    "cde_k12": {"cde_k12", "csac"},
    "ccc": {"ccc", "csac", "edd"},
    "csu": {"csu", "csac", "edd"},
    "cdss": {"cdss"},
}
"""Whose records each partner may speak for."""
