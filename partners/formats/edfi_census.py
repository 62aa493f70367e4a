"""What an Ed-Fi interchange holds: elements of families, reference that facts point at, and what no family carries."""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import ParseError  # the type only: parsing is defusedxml's

from defusedxml.common import DefusedXmlException

from partners.formats import edfi
from partners.formats.edfi_elements import children, name_of
from partners.formats.reading import FileError

ROOT = "Interchange"
"""How the name of every interchange's root begins, in whatever version of the standard."""
DESCRIPTOR = "Descriptor"
"""How the name of every element of a list of codes ends."""
NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,119}")
"""What the standard calls its elements."""
MOST_NAMES = 200
UNTOLD = "other"
"""What is counted under no name of its own."""
REFERENCE = frozenset({
    "AcademicWeek", "AccountabilityRating", "Assessment", "AssessmentAdministration",
    "AssessmentAdministrationParticipation", "AssessmentBatteryPart", "AssessmentItem", "AssessmentItemReference",
    "AssessmentReference", "AssessmentScoreRangeLearningStandard", "BalanceSheetDimension", "BellSchedule", "Calendar",
    "CalendarDate", "ChartOfAccount", "ClassPeriod", "Cohort", "CommunityOrganization", "CommunityProvider",
    "CommunityProviderLicense", "CompetencyObjective", "Course", "CourseOffering", "CrisisEvent", "EducationContent",
    "EducationOrganization", "EducationOrganizationInterventionPrescriptionAssociation", "EducationOrganizationNetwork",
    "EducationOrganizationNetworkAssociation", "EducationOrganizationPeerAssociation", "EducationServiceCenter",
    "EvaluationRubricDimension", "FeederSchoolAssociation", "FunctionDimension", "FundDimension", "GradebookEntry",
    "GradingPeriod", "GraduationPlan", "Intervention", "InterventionPrescription", "InterventionStudy",
    "LearningStandard", "LearningStandardEquivalenceAssociation", "LearningStandardReference", "LocalAccount",
    "LocalActual", "LocalBudget", "LocalEducationAgency", "LocalEncumbrance", "Location", "ObjectDimension",
    "ObjectiveAssessment", "ObjectiveAssessmentReference", "OpenStaffPosition", "OperationalUnitDimension",
    "OrganizationDepartment", "PostSecondaryInstitution", "Program", "ProgramDimension", "ProgramEvaluation",
    "ProgramEvaluationElement", "ProgramEvaluationObjective", "ProjectDimension", "School", "Section",
    "SectionAttendanceTakenEvent", "SectionReference", "Session", "SourceDimension", "StateEducationAgency", "Survey",
    "SurveyCourseAssociation", "SurveyProgramAssociation", "SurveyQuestion", "SurveySection",
    "SurveySectionAssociation",
})  # fmt: skip
"""Elements that are about nobody: places, calendars, courses, tests; of the standard's Schemas/Bulk/*.xsd."""


@dataclass
class Census:
    """Elements below the root of one interchange, counted."""

    families: Counter[str] = field(default_factory=Counter)
    """Elements that a family is read from, by family."""
    reference: Counter[str] = field(default_factory=Counter)
    """Elements that are about nobody, by name."""
    others: Counter[str] = field(default_factory=Counter)
    """Elements about somebody that no family carries, by name."""
    is_whole: bool = True
    """Whether it could be read to its end."""


def census(path: Path) -> Census:
    """Count what an interchange holds; of one that breaks off, what comes before.

    Raises:
        FileError: it is no interchange, whatever else it may be.
        OSError: it cannot be read.
    """
    found = Census()
    try:
        for root, element in children(path):
            _check_root(path, name_of(root))
            name = name_of(element)
            if (family := edfi.FAMILY_OF.get(name)) is not None:
                found.families[family] += 1
            elif name in REFERENCE or name.endswith(DESCRIPTOR):
                found.reference[name] += 1
            else:
                found.others[name if _is_told(name, found.others) else UNTOLD] += 1
    except (ParseError, DefusedXmlException):
        found.is_whole = False
    return found


def _is_told(name: str, others: Counter[str]) -> bool:
    """Whether a name is counted as it is: an element may be called anything, and there may be any number of names."""
    return name in others or (len(others) < MOST_NAMES and NAME.fullmatch(name) is not None)


def _check_root(path: Path, root: str) -> None:
    if not root.startswith(ROOT):
        raise FileError(f"{path.name} is XML, and no Ed-Fi interchange: its root is not Interchange…; take it out")
