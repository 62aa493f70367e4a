"""Every rule, in the order in which they are asked."""

from collections.abc import Callable
from datetime import date

from processors.signals import fafsa_incomplete, sap_lost, stopped_out
from processors.signals.calendar import Calendar
from processors.signals.facts import Answer, Facts

RULES: tuple[Callable[[Facts, date, Calendar], Answer], ...] = (
    sap_lost.find,
    fafsa_incomplete.find,
    stopped_out.find,
)


def ask(facts: Facts, today: date, calendar: Calendar) -> Answer:
    """All findings of a day, and the first day on which one of the rules must be asked again."""
    answers = [rule(facts, today, calendar) for rule in RULES]
    findings = tuple(finding for answer in answers for finding in answer.findings)
    return Answer(findings, min((a.ask_on for a in answers if a.ask_on is not None), default=None))
