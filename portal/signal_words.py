"""What a signal means, in words for a counselor. Pure."""

import re
from datetime import date

from portal import words

NAMES = {
    "fafsa_incomplete": "FAFSA not complete",
    "stopped_out": "Stopped out",
    "sap_lost": "Aid eligibility lost",
}
"""Rules as every page calls them, in their order."""
TEXTS = {
    "fafsa_incomplete": (
        "In the last year of high school an application for aid is known, and none is processed or opted out of, while "
        "the state deadline is near or has just passed."
    ),
    "stopped_out": "Enrolled in one college term and not in the next, without having graduated or transferred.",
    "sap_lost": "In the newest report for the latest aid year, academic progress is below what aid asks for.",
}
"""The rules, in a sentence each."""
URGENCIES = {"high": "High", "medium": "Medium", "low": "Low"}
"""The most urgent first."""
NEXT_PRIMARY = {"3": (0, "7"), "7": (1, "3")}
"""A primary term's third digit, to the years until the next one and its digit."""


def rule_name(rule: str) -> str:
    """A rule, as every page calls it."""
    return NAMES.get(rule) or words.plain(rule)


def rule_text(rule: str) -> str:
    """When a rule raises its signal."""
    return TEXTS.get(rule, "")


def meaning(rule: str, about: str, due_on: date | None, today: date) -> str:
    """What a signal says of a person, as of a day: its name, and what there is to it."""
    return f"{rule_name(rule)}: {_detail(rule, about, due_on, today)}"


def _detail(rule: str, about: str, due_on: date | None, today: date) -> str:
    if rule == "fafsa_incomplete":
        return f"school year {about}" + (f", {_deadline(due_on, today)}" if due_on else "")
    if rule == "stopped_out":
        return _stopped_out(about)
    return f"academic progress too low, aid year {about}" if rule == "sap_lost" else about


def _deadline(due_on: date, today: date) -> str:
    verb = "deadline was" if due_on < today else "deadline"
    return f"{verb} {words.day(due_on)} ({words.ago(due_on, today)})"


def _stopped_out(about: str) -> str:
    found = re.fullmatch(r"(\d\d)([37])", about)
    if found is None:
        return f"enrolled in {_term(about)}, not since"
    years, digit = NEXT_PRIMARY[found[2]]
    return f"enrolled in {_term(about)}, not in {_term(f'{int(found[1]) + years:02}{digit}')}"


def _term(code: str) -> str:
    return words.inside(words.term(code))
