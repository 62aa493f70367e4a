"""Rule fafsa_incomplete: a senior's application for aid is begun and not done, and the deadline is near.

Where no aid fact is seen there is no signal: what is not shared must not look like not done.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from processors.signals.calendar import AidYear, Calendar
from processors.signals.facts import Aid, Answer, Enrollment, Facts, Finding, Urgency, evidence, first_after

SENIOR = "G12"
DONE = frozenset({"processed", "opted_out"})
URGENT = timedelta(days=14)


def find(facts: Facts, today: date, calendar: Calendar) -> Answer:
    """Every aid year of the calendar for which the person is a senior now."""
    findings, asks = [], []
    for year in calendar.aid_years:
        seniors = [fact for fact in facts.enrollments if _is_senior(fact, year)]
        applications = [f for f in facts.aid if f.aid_year == year.aid_year and f.application_status is not None]
        if not seniors or not applications or any(f.application_status in DONE for f in applications):
            continue
        opens_on = year.deadline - timedelta(days=calendar.fafsa_days_before)
        asks += [*_days(year, opens_on), *(fact.exit_on for fact in seniors if fact.exit_on)]
        present = [fact for fact in seniors if fact.exit_on is None or fact.exit_on > today]
        if present and opens_on <= today <= year.ends_on:
            findings.append(_finding(year, today, present, applications))
    return Answer(tuple(findings), first_after(today, asks))


def _is_senior(fact: Enrollment, year: AidYear) -> bool:
    if fact.grade != SENIOR or fact.entry_on is None:
        return False
    return date(year.seniors_of, 7, 1) <= fact.entry_on <= date(year.seniors_of + 1, 6, 30)


def _days(year: AidYear, opens_on: date) -> tuple[date, ...]:
    """Days on which the answer may change by itself."""
    return opens_on, year.deadline - URGENT, year.ends_on + timedelta(days=1)


def _finding(year: AidYear, today: date, seniors: Sequence[Enrollment], applications: Sequence[Aid]) -> Finding:
    urgency: Urgency = "high" if today >= year.deadline - URGENT else "medium"
    resting_on = evidence(*seniors, *applications)
    return Finding("fafsa_incomplete", year.aid_year, urgency, year.deadline, resting_on)
