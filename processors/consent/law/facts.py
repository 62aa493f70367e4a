"""What a rule may ask of one disclosure: twelve facts, each of a closed class of values.

A disclosure is one category of data of one record, to one recipient, for one purpose. Since every class is closed, all
that rules can ever be asked is finite, and can be gone through as a whole.
"""

from enum import StrEnum
from typing import NamedTuple, TypeVar


class Agency(StrEnum):
    """Kinds of agencies, as holder of a record or as recipient."""

    SCHOOL = "school"
    EARLY_CARE = "early_care"
    COLLEGE = "college"
    STUDENT_AID = "student_aid"
    WAGES = "wages"
    SOCIAL_SERVICES = "social_services"
    CHILD_WELFARE = "child_welfare"
    RESEARCH = "research"
    OTHER = "other"
    """Of no kind that a law names; nothing permits it by its kind."""


class Category(StrEnum):
    """Kinds of data: ``DataCategory`` of the contract, and a recipient's own caseload."""

    DIRECTORY = "directory"
    EDUCATION = "education"
    ASSESSMENT = "assessment"
    DISCIPLINE = "discipline"
    DISABILITY = "disability"
    HEALTH = "health"
    SUBSTANCE_USE = "substance_use"
    AID = "aid"
    IMMIGRATION_PROXY = "immigration_proxy"
    WAGE = "wage"
    EMPLOYER = "employer"
    WELFARE = "welfare"
    CHILD_WELFARE = "child_welfare"
    HOUSING = "housing"
    IDENTITY = "identity"
    CONTACT = "contact"
    ADDRESS = "address"
    CASELOAD = "caseload"
    OTHER = "other"
    """Of no kind that a law names; nothing permits it by its kind."""


class Basis(StrEnum):
    """By what right an agreement claims that a recipient may see: consent, or one exception of law."""

    CONSENT = "consent"
    OWN_RECORD = "own_record"
    SCHOOL_OFFICIAL = "school_official"
    ENROLLMENT = "enrollment"
    AUDIT_EVALUATION = "audit_evaluation"
    FINANCIAL_AID = "financial_aid"
    STUDY = "study"
    FOSTER_CARE = "foster_care"
    JUDICIAL_ORDER = "judicial_order"
    EMERGENCY = "emergency"
    DIRECTORY = "directory"
    PROGRAM_ADMINISTRATION = "program_administration"
    BENEFITS_NOTICE = "benefits_notice"
    OFFICIAL_DUTIES = "official_duties"
    OTHER = "other"


class Purpose(StrEnum):
    """What a recipient acts for, as agreements and consents name it (34 CFR 99.30(b)(2))."""

    CASE_MANAGEMENT = "case_management"
    COLLEGE_COUNSELING = "college_counseling"
    ACADEMIC_ADVISING = "academic_advising"
    TRANSFER_ADVISING = "transfer_advising"
    STUDENT_SERVICES = "student_services"
    FOSTER_EDUCATION = "foster_education"
    ENROLLMENT_TRANSFER = "enrollment_transfer"
    AID_ADMINISTRATION = "aid_administration"
    BENEFITS_OUTREACH = "benefits_outreach"
    AUDIT_EVALUATION = "audit_evaluation"
    STUDY = "study"
    EMERGENCY = "emergency"
    COURT_ORDER = "court_order"
    OWN_ACCESS = "own_access"
    PARENT_ACCESS = "parent_access"
    OTHER = "other"


class ConsentState(StrEnum):
    """What stands of consents that speak of the disclosure; the strictest of a person's records."""

    IN_FORCE = "in_force"
    NONE = "none"
    REFUSED = "refused"
    """Refused, withdrawn, expired or invalidated."""
    OUT_OF_TIME = "out_of_time"
    """Not yet, or no longer, in its period."""
    NOT_HOLDERS = "not_holders"
    """Given only by somebody who does not hold the rights in this record (34 CFR 99.5)."""


class Tiers(StrEnum):
    """Whether all three agreements are in force today; else the first that is not."""

    IN_FORCE = "in_force"
    NO_MOU = "no_mou"
    NO_DSA = "no_dsa"
    NO_DUL = "no_dul"


class Relation(StrEnum):
    """What the recipient is to the person."""

    SERVES = "serves"
    """The person is on its caseload."""
    ORGANIZATION = "organization"
    """Its agreement is for every person of the records named."""
    NONE = "none"
    """Its agreement asks for a caseload, and the person is not on it."""


class Institution(StrEnum):
    """Whether holder and recipient are one institution."""

    SAME = "same"
    OTHER = "other"


class Care(StrEnum):
    """What the social services say of a foster child's care."""

    UNKNOWN = "unknown"
    OURS = "ours"
    """The recipient is the agency legally responsible."""
    OTHERS = "others"
    """Another agency is, or nobody any more."""


class Approval(StrEnum):
    """Persons who stand by a disclosure in an emergency or under a court's order, for a recorded reason."""

    NONE = "none"
    ONE = "one"
    TWO = "two"


class Address(StrEnum):
    """Whether the person takes part in an address confidentiality programme."""

    OPEN = "open"
    CONFIDENTIAL = "confidential"


class Facts(NamedTuple):
    """All that a rule may ask of one disclosure."""

    holder: Agency
    recipient: Agency
    basis: Basis
    purpose: Purpose
    tiers: Tiers
    relation: Relation
    institution: Institution
    care: Care
    approval: Approval
    address: Address
    category: Category
    consent: ConsentState


CLASSES: tuple[type[StrEnum], ...] = (
    Agency, Agency, Basis, Purpose, Tiers, Relation, Institution, Care, Approval, Address, Category, ConsentState,
)  # fmt: skip
"""By fact, in their order."""


Kind = TypeVar("Kind", bound=StrEnum)


def value_of(kind: type[Kind], word: str) -> Kind:
    """A word as a value of a closed class that has ``OTHER``; any word that it does not have is that."""
    try:
        return kind(word)
    except ValueError:
        return kind("other")
