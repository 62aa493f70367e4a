"""Rule sap_lost: aid was lost for want of satisfactory academic progress (34 CFR 668.34)."""

from datetime import date

from processors.signals.calendar import Calendar
from processors.signals.facts import Answer, Facts, Finding, evidence


def find(facts: Facts, today: date, calendar: Calendar) -> Answer:
    """Of the latest aid year with a standing, the standing published last: is it ``not_eligible``?"""
    del today, calendar
    known = [fact for fact in facts.aid if fact.sap_status is not None]
    if not known:
        return Answer()
    last = max(known, key=lambda fact: (fact.aid_year, fact.published_at, fact.event_id))
    if last.sap_status != "not_eligible":
        return Answer()
    return Answer((Finding("sap_lost", last.aid_year, "high", None, evidence(last)),))
