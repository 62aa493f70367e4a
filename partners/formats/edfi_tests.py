"""From Ed-Fi the result of a person in a test: a StudentAssessment as one row of assessment."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element  # the type only: parsing is defusedxml's

from partners.formats.edfi_codes import code_of
from partners.formats.edfi_elements import Faults, code, descriptor, name_of, required, row, text
from partners.formats.edfi_known import ASSESSMENT, Known
from partners.formats.midnights import if_day
from partners.rows import Row

ELEMENT = "StudentAssessment"
STUDENT = ("StudentReference", "StudentIdentity", "StudentUniqueId")
REFERENCE = ("AssessmentReference", "AssessmentIdentity")
SCALE, COLLEGE_BOARD, ACT = "03479", "00492", "00494"
FIRST = (SCALE, COLLEGE_BOARD, ACT)
"""Metrics whose score is the one that a test is known by, best first; else the first that has a metric of ours."""
CARRIED_ONCE = {"ScoreResult": "score_value", "PerformanceLevel": "performance_level_label"}
"""Parts of which one is carried, and the field that has it."""
NOT_CARRIED = {"StudentObjectiveAssessment", "StudentAssessmentItem"}
TELLING = re.compile(r"alternat(?!.*/ELL$)|modified", re.IGNORECASE)
"""In the name or kind of a test: it is given to pupils with a disability, and not to those who learn English."""


def result(element: Element, faults: Faults, known: Known) -> Row:
    """A StudentAssessment as a row; subject and title are those of its Assessment, where that is known."""
    student = required(element, faults, "envelope.subject_token", *STUDENT)
    test = required(element, faults, "body.assessment_title", *REFERENCE, ASSESSMENT)
    number = required(element, faults, "envelope.source_record_id", "StudentAssessmentIdentifier")
    about = known.assessments.get((test, text(element, *REFERENCE, "Namespace")), {})
    day = (text(element, "AdministrationDate") or "")[:10] or None
    score, metric = _score(element)
    level = descriptor(element, "PerformanceLevel", "PerformanceLevel")
    body = {
        "assessment_title": about.get("title") or test,
        "academic_subject": about.get("subject"),
        "grade_assessed": code(element, faults, "body.grade_assessed", "edfi_grade_level", "WhenAssessedGradeLevel"),
        "administered_on": day,
        "score_value": score,
        "score_metric": metric,
        "performance_level_label": level.rpartition("#")[2] if level else None,
    }
    tells = any(TELLING.search(said or "") for said in (test, about.get("title"), about.get("category")))
    categories = {"data_categories": ["disability"]} if tells else {}
    return row(f"{student}|{test}|{number}", student, body, occurred_on=if_day(day), **categories)


def _score(element: Element) -> tuple[str | None, str | None]:
    """The score that a test is known by, with its metric; a number of which nobody knows what it is, is none."""
    scores: dict[str, str] = {}
    for one in element:
        if name_of(one) == "ScoreResult" and (said := text(one, "Result")):
            metric = code_of(descriptor(one, "AssessmentReportingMethod") or "", "edfi_score_metric")
            if metric is not None:
                scores.setdefault(metric, said)
    metric = next((one for one in (*FIRST, *scores) if one in scores), None)
    return (None, None) if metric is None else (scores[metric], metric)


def left_unsaid(element: Element, body: Row) -> Iterator[str]:
    """Names of parts of an element that its row does not carry, each as often as it has them.

    Args:
        element: of any kind; only a StudentAssessment has such parts.
        body: of its row.
    """
    if name_of(element) != ELEMENT:
        return
    said: set[str] = set()
    for part in map(name_of, element):
        if part in CARRIED_ONCE and CARRIED_ONCE[part] in body and part not in said:
            said.add(part)
        elif part in CARRIED_ONCE or part in NOT_CARRIED:
            yield part
