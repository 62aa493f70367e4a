"""An Ed-Fi interchange as a file of a set: which elements are facts, which reference, and what no family carries."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial

from partners.formats import edfi
from partners.formats.census import UNTOLD, Fact, Other, Reference, Seen
from partners.formats.edfi_known import Known, note
from partners.formats.edfi_references import filled
from partners.formats.faults import Bad, Code
from partners.formats.reading import FileError
from partners.formats.sources import Source
from partners.formats.xml_elements import BreakError

ROOT = "Interchange"
"""How the name of every interchange's root begins, in whatever version of the standard."""
DESCRIPTOR = "Descriptor"
"""How the name of every element of a list of codes ends."""
POINTED_AT = "Reference"
"""How the name of every element ends that has only keys, for others to point at."""
NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,119}")
"""What the standard calls its elements."""

REFERENCE = frozenset({
    "AcademicWeek", "AccountabilityRating", "Assessment", "AssessmentAdministration",
    "AssessmentAdministrationParticipation", "AssessmentBatteryPart", "AssessmentItem",
    "AssessmentScoreRangeLearningStandard", "BalanceSheetDimension", "BellSchedule", "Calendar",
    "CalendarDate", "ChartOfAccount", "ClassPeriod", "Cohort", "CommunityOrganization", "CommunityProvider",
    "CommunityProviderLicense", "CompetencyObjective", "Course", "CourseOffering", "CrisisEvent", "EducationContent",
    "EducationOrganization", "EducationOrganizationInterventionPrescriptionAssociation", "EducationOrganizationNetwork",
    "EducationOrganizationNetworkAssociation", "EducationOrganizationPeerAssociation", "EducationServiceCenter",
    "EvaluationRubricDimension", "FeederSchoolAssociation", "FunctionDimension", "FundDimension", "GradebookEntry",
    "GradingPeriod", "GraduationPlan", "Intervention", "InterventionPrescription", "InterventionStudy",
    "LearningStandard", "LearningStandardEquivalenceAssociation", "LocalAccount",
    "LocalActual", "LocalBudget", "LocalEducationAgency", "LocalEncumbrance", "Location", "ObjectDimension",
    "ObjectiveAssessment", "OpenStaffPosition", "OperationalUnitDimension",
    "OrganizationDepartment", "PostSecondaryInstitution", "Program", "ProgramDimension", "ProgramEvaluation",
    "ProgramEvaluationElement", "ProgramEvaluationObjective", "ProjectDimension", "School", "Section",
    "SectionAttendanceTakenEvent", "Session", "SourceDimension", "StateEducationAgency", "Survey",
    "SurveyCourseAssociation", "SurveyProgramAssociation", "SurveyQuestion", "SurveySection",
    "SurveySectionAssociation",
})  # fmt: skip
"""Elements that are about nobody: places, calendars, courses, tests; of the standard's Schemas/Bulk/*.xsd."""


@dataclass(frozen=True)
class XmlFile:
    """An interchange."""

    source: Source
    known: Known = field(compare=False)
    """What elements of the set point at."""

    def seen(self, day: date | None, *, learns: bool = False) -> Iterator[Seen]:
        """Every element below its root; where it breaks off one bad row.

        Raises:
            FileError: it is no interchange, whatever else it may be.
            OSError: it cannot be read.
        """
        del day
        numbers: Counter[str] = Counter()
        try:
            for child in filled(self.source):
                _check_root(self.source, child.root)
                if learns and child.element is not None:
                    note(child.element, self.known)
                if (family := edfi.FAMILY_OF.get(child.name)) is not None:
                    numbers[family] += 1
                    yield Fact(family, partial(edfi.row_of, numbers[family], child, self.known))
                    continue
                numbers[UNTOLD] += 1
                is_read = child.element is not None
                yield sort_of(child.name) if is_read else Bad(numbers.total(), Code.TOO_LARGE, line=child.line)
        except BreakError as error:
            yield Bad(numbers.total() + 1, error.code, line=error.line)


def sort_of(name: str) -> Reference | Other:
    """What an element is that no family is read from; it may be called anything."""
    if name in REFERENCE or name.endswith((DESCRIPTOR, POINTED_AT)):
        return Reference(name)
    return Other(name if NAME.fullmatch(name) else UNTOLD)


def _check_root(source: Source, root: str) -> None:
    if not root.startswith(ROOT):
        raise FileError(f"{source.name} is XML, and no Ed-Fi interchange: its root is not Interchange…; take it out")
