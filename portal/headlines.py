"""One sentence for an event, from what may be shown of it. Pure."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from portal import words

Body = Mapping[str, Any]
STAYS = "E155"
"""CALPADS: the school year is over, and the person is expected back at the same school."""

SAID: dict[str, frozenset[str]] = {
    "enrollment": frozenset({"entry_grade_level", "term_id", "enrollment_status"}),
    "employment": frozenset({
        "reference_period_start", "reference_period_end", "jobs_count", "quarterly_earnings_cents",
    }),
    "caseload": frozenset({"assignment_state", "relation", "site", "assigned_on"}),
    "assessment": frozenset({"assessment_title", "academic_subject", "grade_assessed", "performance_level_label"}),
    "intervention": frozenset({"intervention_id"}),
    "early_care": frozenset({"program_type"}),
    "credential": frozenset({"credential_type", "award_level", "award_title", "revoked"}),
    "transfer": frozenset({"transcript_status", "transfer_term"}),
}  # fmt: skip
SUMMED_UP = ("days_attended_hundredths", "days_expected_hundredths")
SAID_OF_PLACEMENT = frozenset({"program", "placement_event", "responsible_county"})
SAID_OF_BENEFIT = frozenset({"program", "participation_status", "benefit_month"})


def headline(family: str, body: Body, organization_names: Mapping[str, str]) -> str:
    """The event in one sentence; every field in it may be missing."""
    told = OF_SCHOOLING.get(family)
    if told is not None:
        return told(body, organization_names)
    if family == "aid":
        return _aid(body)
    if family == "employment":
        return _employment(body)
    if family == "caseload":
        return _caseload(body)
    if family == "social_service":
        return _social_service(body)
    return "Contact details" if family == "contact" else words.family_word(family)


def said(family: str, body: Body) -> frozenset[str]:
    """Fields that the sentence says already."""
    if family == "social_service":
        return SAID_OF_PLACEMENT if body.get("placement_event") else SAID_OF_BENEFIT
    if family == "attendance":
        return _said_of_attendance(body)
    return _said_of_aid(body) if family == "aid" else SAID.get(family, frozenset())


def _said_of_aid(body: Body) -> frozenset[str]:
    if body.get("award_type") or body.get("state_programme"):
        return frozenset({"aid_year", "award_type", "state_programme", "award_status", "award_amount_cents"})
    if body.get("sap_status"):
        return frozenset({"sap_status"})
    if body.get("application_status"):
        return frozenset({"aid_year", "application_type", "application_status"})
    return frozenset({"aid_year", "gpa_verification_status"})


def _enrollment(body: Body, names: Mapping[str, str]) -> str:
    where = named_organization(body, names)
    parts = [f"{_verb(body)} {where}", _said("enrollment", body, "entry_grade_level").replace("Grade", "grade")]
    parts.append(_said("enrollment", body, "term_id"))
    return ", ".join(part for part in parts if part)


def named_organization(body: Body, names: Mapping[str, str], end: str = "") -> str:
    """A school or college by its name; where none is known, by its number and what list that is of.

    Args:
        body: of an event.
        names: of organizations.
        end: of a way from one to another, ``from_`` or ``to_``; else empty.
    """
    number, system = (body.get(f"{end}{name}") or "" for name in ("organization_id", "organization_id_system"))
    if name := names.get(organization_key(system, number)):
        return name
    kind = "college" if system in {"UNITID", "OPEID"} else "school"
    listed = f" ({system})" if number and system not in {"", "SCHOOL", "OTHER"} else ""
    return f"{kind} {number}".strip() + listed


def organization_key(system: str, number: str) -> str:
    """Stands for an organization: numbers of different lists may be equal."""
    return f"{system} {number}".strip()


def _verb(body: Body) -> str:
    graduated = body.get("postsecondary_exit_type") == "graduated" or body.get("calpads_completion_status") == "100"
    if graduated or body.get("exit_type") == "01921":
        return "Graduated from"
    if body.get("postsecondary_exit_type") == "approved_leave_of_absence":
        return "On approved leave from"
    if body.get("postsecondary_exit_type"):
        return "Left"
    if body.get("calpads_exit_reason") == STAYS:
        return "Finished the year at"
    if body.get("exit_date") is not None:
        # A college record is of one term: that the term is over does not say that the person left.
        return "Was enrolled at" if body.get("term_id") else "Left"
    status = body.get("enrollment_status") or ""
    return {"previously_enrolled": "Was enrolled at", "transferring": "Transferring from"}.get(status, "Enrolled at")


def _aid(body: Body) -> str:
    year = str(body.get("aid_year") or "")
    if body.get("award_type") or body.get("state_programme"):
        return _award(body, year)
    if body.get("sap_status"):
        return f"Academic progress for aid: {_inside('aid', body, 'sap_status')}"
    if body.get("application_status"):
        kind = _said("aid", body, "application_type") or "Aid application"
        return f"{kind} for {year}: {_inside('aid', body, 'application_status')}"
    if body.get("gpa_verification_status"):
        return f"Verified GPA for {year}: {_inside('aid', body, 'gpa_verification_status')}"
    return f"Student aid, {year}"


def _award(body: Body, year: str) -> str:
    kind = _said("aid", body, "state_programme") or _said("aid", body, "award_type")
    cents = body.get("award_amount_cents")
    amount = f" of {words.money(cents)}" if cents is not None else ""
    status = _inside("aid", body, "award_status")
    return f"{kind}{amount} for {year}" + (f", {status}" if status else "")


def _employment(body: Body) -> str:
    start, jobs, cents = (body.get(n) for n in ("reference_period_start", "jobs_count", "quarterly_earnings_cents"))
    told = [words.count(jobs, "job")] if jobs is not None else []
    told += [f"{words.money(cents)} in wages"] if cents is not None else []
    return f"Wage record{_quarter(start)}" + (f": {', '.join(told)}" if told else "")


def _quarter(start: int | None) -> str:
    if start is None:
        return ""
    first = words.EPOCH + timedelta(days=start)
    last = date(first.year, min(first.month + 2, 12), 1)
    return f" for {first:%B} to {last:%B %Y}"


def _caseload(body: Body) -> str:
    relation, site = _inside("caseload", body, "relation"), body.get("site")
    state = "On your organization's caseload" if body.get("assignment_state") == "assigned" else "Caseload ended"
    return f"{state}: {relation}" + (f", {site}" if site else "")


def _social_service(body: Body) -> str:
    program = _said("social_service", body, "program") or "Social services"
    if body.get("placement_event"):
        county = _said("social_service", body, "responsible_county")
        return f"{program}: {_inside('social_service', body, 'placement_event')}" + (f", {county}" if county else "")
    month = _said("social_service", body, "benefit_month")
    status = _inside("social_service", body, "participation_status")
    return program + (f" for {month}" if month else "") + (f": {status}" if status else "")


def _attendance(body: Body, names: Mapping[str, str]) -> str:
    where = named_organization(body, names)
    if status := _said("attendance", body, "attendance_status"):
        day = _said("attendance", body, "attendance_date")
        return f"{status} at {where}" + (f", {day}" if day else "")
    if _said_of_attendance(body):
        attended, expected = (words.value_in_words("attendance", name, body[name]) for name in SUMMED_UP)
        return f"Attended {attended} of {expected} days at {where}"
    return f"Attendance at {where}"


def _said_of_attendance(body: Body) -> frozenset[str]:
    if body.get("attendance_status"):
        return frozenset({"attendance_status", "attendance_date"})
    return frozenset(SUMMED_UP if all(body.get(name) is not None for name in SUMMED_UP) else ())


def _assessment(body: Body, names: Mapping[str, str]) -> str:
    del names  # a test is of no one school
    parts = [
        body.get("assessment_title") or "Test",
        _said("assessment", body, "academic_subject"),
        _inside("assessment", body, "grade_assessed"),
    ]
    level = body.get("performance_level_label") or ""
    return ", ".join(str(part) for part in parts if part) + (f": {level}" if level else "")


def _intervention(body: Body, names: Mapping[str, str]) -> str:
    part = "Took part in" if body.get("end_date") is not None else "Takes part in"
    return f"{part} {body.get('intervention_id') or 'an intervention'} at {named_organization(body, names)}"


def _early_care(body: Body, names: Mapping[str, str]) -> str:
    program = _said("early_care", body, "program_type") or "Early learning and care"
    where = named_organization(body, names).replace("school", "provider")
    return f"{program} at {where}" + (": ended" if body.get("service_exit_date") is not None else "")


def _credential(body: Body, names: Mapping[str, str]) -> str:
    kind = _said("credential", body, "award_level") or _said("credential", body, "credential_type") or "Credential"
    title = body.get("award_title") or ""
    told = f"{kind}: {title}" if title else kind
    return ("Revoked: " if body.get("revoked") else "") + f"{told}, from {named_organization(body, names)}"


def _transfer(body: Body, names: Mapping[str, str]) -> str:
    way = f"from {named_organization(body, names, 'from_')}"
    if body.get("to_organization_id"):
        way += f" to {named_organization(body, names, 'to_')}"
    status, term = (_said("transfer", body, name) for name in ("transcript_status", "transfer_term"))
    told = f"Transcript {way}: {words.inside(status)}" if status else f"Transfer {way}"
    if body.get("transfer_ready") and not status:
        told = f"Ready to transfer {way}"
    return told + (f", {term}" if term else "")


OF_SCHOOLING: dict[str, Callable[[Body, Mapping[str, str]], str]] = {
    "enrollment": _enrollment,
    "attendance": _attendance,
    "assessment": _assessment,
    "intervention": _intervention,
    "early_care": _early_care,
    "credential": _credential,
    "transfer": _transfer,
}
"""Families of schools, colleges and programs, which are called by their names."""


def _inside(family: str, body: Body, name: str) -> str:
    return words.inside(_said(family, body, name))


def _said(family: str, body: Body, name: str) -> str:
    value = body.get(name)
    return words.value_in_words(family, name, value) if value else ""
