"""What rules ask, in plain words: facts and their values, conditions, disclosures."""

from collections.abc import Collection, Iterator
from enum import StrEnum

from processors.consent.law.facts import (
    CLASSES,
    Address,
    Agency,
    Approval,
    Basis,
    Care,
    Category,
    ConsentState,
    Facts,
    Institution,
    Purpose,
    Relation,
    Tiers,
)  # fmt: skip
from processors.consent.law.rules import Obligation, When

FACTS = Facts(*(
    "The record is held by", "It is asked for by", "The right claimed is", "The purpose is", "Agreements",
    "The recipient and the person", "Holder and recipient", "A foster child's care", "Persons who stand by it",
    "The person's address", "The data are of the kind", "Consent",
))  # type: ignore[arg-type]  # fmt: skip  # words in the places of values
"""By fact, how a condition on it begins."""

_PLAIN: tuple[tuple[StrEnum, str], ...] = (
    (Agency.SCHOOL, "a school"), (Agency.EARLY_CARE, "an early care program"), (Agency.COLLEGE, "a college"),
    (Agency.STUDENT_AID, "the student aid commission"), (Agency.WAGES, "the department of wages"),
    (Agency.SOCIAL_SERVICES, "social services"), (Agency.CHILD_WELFARE, "a child welfare agency"),
    (Agency.RESEARCH, "a research organization"), (Agency.OTHER, "an agency of no kind that a law names"),
    (Category.IMMIGRATION_PROXY, "what hints at immigration status"), (Category.OTHER, "a kind that no law names"),
    (Basis.CONSENT, "consent"), (Basis.OWN_RECORD, "that it is one's own record"),
    (Basis.SCHOOL_OFFICIAL, "school official"),
    (Basis.AUDIT_EVALUATION, "audit or evaluation"), (Basis.STUDY, "a study"),
    (Basis.JUDICIAL_ORDER, "a court's order"),
    (Basis.EMERGENCY, "an emergency"), (Basis.DIRECTORY, "directory information"),
    (Basis.OTHER, "one that no law names"),
    (Purpose.OTHER, "one that no law names"), (Purpose.AUDIT_EVALUATION, "audit or evaluation"),
    (Purpose.STUDY, "a study"), (Purpose.EMERGENCY, "an emergency"), (Purpose.COURT_ORDER, "a court's order"),
    (Tiers.IN_FORCE, "all three are in force"), (Tiers.NO_MOU, "a memorandum of understanding is missing"),
    (Tiers.NO_DSA, "the data-sharing agreement is not in force"), (Tiers.NO_DUL, "the data-use licence is missing"),
    (Relation.SERVES, "the person is on its caseload"),
    (Relation.ORGANIZATION, "its agreement is for every person of the records named"),
    (Relation.NONE, "its agreement asks for a caseload, and the person is not on it"),
    (Institution.SAME, "they are one institution"), (Institution.OTHER, "they are two institutions"),
    (Care.UNKNOWN, "nothing is known of it"), (Care.OURS, "the recipient is responsible for it"),
    (Care.OTHERS, "another agency is responsible for it, or nobody any more"),
    (Approval.NONE, "nobody"), (Approval.ONE, "one"), (Approval.TWO, "two"),
    (Address.OPEN, "is no secret"), (Address.CONFIDENTIAL, "is kept secret by an address confidentiality program"),
    (ConsentState.IN_FORCE, "is in force"), (ConsentState.NONE, "was not given"),
    (ConsentState.REFUSED, "was refused or withdrawn, or has ended"),
    (ConsentState.OUT_OF_TIME, "is not in its period"),
    (ConsentState.NOT_HOLDERS, "was given only by somebody who does not hold the rights"),
)  # fmt: skip
"""Values whose own name is not plain enough."""
WORDS = {(type(value), value.value): words for value, words in _PLAIN}
"""The same by class and name: two classes may share a name."""
OBLIGATIONS = {
    Obligation.LOG: "it is recorded in the disclosure log (34 CFR 99.32)",
    Obligation.NOTICE: "the recipient is told that it may not go further (34 CFR 99.33(d))",
    Obligation.DESTROY: "it is destroyed by the day that the licence names (34 CFR 99.35(b)(2))",
    Obligation.SUPPRESS: "counts are shown only of as many people as the licence names",
    Obligation.RECORD_THREAT: "the threat and the parties are recorded (34 CFR 99.32(a)(5))",
}
MOST = 4
"""Of a class of which fewer are left out than are named, and at most so many, those left out are named."""
UNUSUAL = ("tiers", "relation", "institution", "care", "approval", "address")
"""Facts that are told of a disclosure where they are not as they mostly are."""


def word(value: StrEnum) -> str:
    """A value in plain words."""
    return WORDS.get((type(value), value.value), value.value.replace("_", " "))


def condition(when: When) -> list[tuple[str, str]]:
    """A condition as pairs: which fact, and which values; none: it asks for nothing."""
    pairs = zip(FACTS, CLASSES, when, strict=True)
    return [(str(fact), _values(kind, values)) for fact, kind, values in pairs if values is not None]


def _values(kind: type[StrEnum], values: Collection[StrEnum]) -> str:
    named, out = [one for one in kind if one in values], [one for one in kind if one not in values]
    if not named:
        return "none at all"
    if not out:
        return "any"
    if len(out) <= MOST and len(out) < len(named):
        return f"any but {' or '.join(map(word, out))}"
    return " or ".join(map(word, named))


def disclosure(facts: Facts) -> str:
    """A disclosure as a sentence."""
    who = word(facts.recipient)
    told = f"{who[0].upper()}{who[1:]} asks {word(facts.holder)} for data of the kind {word(facts.category)}"
    return f"{told}; {'; '.join(_more(facts))}."


def _more(facts: Facts) -> Iterator[str]:
    yield f"the right claimed is {word(facts.basis)}"
    yield f"the purpose is {word(facts.purpose)}"
    if facts.basis is Basis.CONSENT or facts.consent is not ConsentState.NONE:
        yield f"consent {word(facts.consent)}"
    for name in UNUSUAL:
        if getattr(facts, name) is not getattr(USUAL, name):
            yield told(name, getattr(facts, name))


def told(name: str, value: StrEnum) -> str:
    """One fact of a disclosure: a condition's beginning, and the value."""
    begins = getattr(FACTS, name)
    between = ": " if name in WITH_COLON else " "
    return f"{begins[0].lower()}{begins[1:]}{between}{word(value)}"


WITH_COLON = {"tiers", "relation", "institution", "care", "approval"}
"""Facts whose value is no end of the sentence that the fact begins."""


USUAL = Facts(
    Agency.SCHOOL, Agency.COLLEGE, Basis.CONSENT, Purpose.ACADEMIC_ADVISING, Tiers.IN_FORCE, Relation.SERVES,
    Institution.OTHER, Care.UNKNOWN, Approval.NONE, Address.OPEN, Category.EDUCATION, ConsentState.IN_FORCE,
)  # fmt: skip
"""What examples keep to where a rule asks nothing else."""
