"""Rule stopped_out: enrolled in the primary term before, not in this one, with no award and no transfer seen."""

from datetime import date, timedelta

from processors.signals.calendar import Calendar
from processors.signals.facts import Answer, Enrollment, Facts, Finding, evidence, first_after


def find(facts: Facts, today: date, calendar: Calendar) -> Answer:
    """About the term before the newest one that has gone on long enough for its enrollments to be known."""
    places = {term.term_id: i for i, term in enumerate(calendar.in_order)}
    college = [fact for fact in facts.enrollments if fact.term_id in places]
    if not college or any(_has_gone_on(fact) for fact in college):
        return Answer()
    asked_on = [term.first_day + timedelta(days=calendar.stopped_out_days) for term in calendar.in_order]
    ask_on = first_after(today, asked_on)
    now = sum(day <= today for day in asked_on) - 1
    last = max(places[fact.term_id or ""] for fact in college)
    if now < 1 or last != now - 1:
        return Answer((), ask_on)
    term_id = calendar.in_order[last].term_id
    resting_on = evidence(*(fact for fact in college if fact.term_id == term_id))
    return Answer((Finding("stopped_out", term_id, "low", None, resting_on),), ask_on)


def _has_gone_on(fact: Enrollment) -> bool:
    return fact.exit_type == "graduated" or fact.status == "transferring"
