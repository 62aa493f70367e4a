"""What elements of Ed-Fi interchanges point at, in the same file or in one beside it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element  # the type only: parsing is defusedxml's

from partners.formats.edfi_codes import code_of
from partners.formats.edfi_elements import descriptor, name_of, text, whole
from partners.formats.edfi_references import filled
from partners.formats.sources import Source
from partners.formats.xml_elements import BreakError
from partners.rows import Row

ORGANIZATION = ("EducationOrganizationReference", "EducationOrganizationIdentity", "EducationOrganizationId")
ASSESSMENT = "AssessmentIdentifier"
MOST = 100_000
"""Of a kind, that are kept: more than any state has; what points at others says less."""


@dataclass
class Known:
    """Elements that are about nobody, by what others call them."""

    interventions: dict[tuple[str | None, str | None], Row] = field(default_factory=dict)
    """Fields of the body that an intervention says of all who take part, by organization and code."""
    assessments: dict[tuple[str | None, str | None], Row] = field(default_factory=dict)
    """Title, subject and category of a test, by identifier and namespace."""


def known_in(sources: Iterable[Source]) -> Known:
    """What files have that others may point at; of a file that breaks off, what comes before.

    Raises:
        OSError: a file cannot be read.
    """
    known = Known()
    for source in dict.fromkeys(sources):
        try:
            for child in filled(source):
                if child.element is not None:
                    note(child.element, known)
        except BreakError:  # whoever publishes the file is told
            continue
    return known


def note(element: Element, known: Known) -> None:
    """Keep what others may point at; of any other element nothing."""
    if name_of(element) == "Intervention" and len(known.interventions) < MOST:
        key = (text(element, *ORGANIZATION), text(element, "InterventionIdentificationCode"))
        known.interventions[key] = _intervention(element)
    elif name_of(element) == "Assessment" and len(known.assessments) < MOST:
        known.assessments[text(element, ASSESSMENT), text(element, "Namespace")] = _assessment(element)


def _intervention(element: Element) -> Row:
    """What of it has no place in our schema is no fault of those who point at it, and is not said."""
    return {
        "intervention_class": code_of(descriptor(element, "InterventionClass") or "", "edfi_intervention_class"),
        "delivery_method": code_of(descriptor(element, "DeliveryMethod") or "", "edfi_delivery_method"),
        "dosage_minimum_minutes": whole(element, [], "", "MinDosage"),
        "dosage_maximum_minutes": whole(element, [], "", "MaxDosage"),
    }


def _assessment(element: Element) -> Row:
    """The subject only where it is one: of a test of several nobody knows which a score is of."""
    subjects = [one.text or "" for one in element if name_of(one) == "AcademicSubject"]
    return {
        "title": text(element, "AssessmentTitle"),
        "subject": code_of(subjects[0].strip(), "edfi_academic_subject") if len(subjects) == 1 else None,
        "category": text(element, "AssessmentCategory"),
    }
