"""What rules take and give: a person's visible current facts, and what is found in them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Rule = Literal["fafsa_incomplete", "stopped_out", "sap_lost"]
Urgency = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class Enrollment:
    """What the rules need of an enrollment."""

    event_id: str
    published_at: int
    """Microseconds since 1970-01-01 UTC."""
    grade: str | None = None
    """Grade level at entry."""
    entry_on: date | None = None
    exit_on: date | None = None
    term_id: str | None = None
    exit_type: str | None = None
    """How the person left college."""
    status: str | None = None
    """Enrollment status."""


@dataclass(frozen=True, slots=True)
class Aid:
    """What the rules need of an aid fact."""

    event_id: str
    published_at: int
    """Microseconds since 1970-01-01 UTC."""
    aid_year: str
    application_status: str | None = None
    sap_status: str | None = None
    """Satisfactory academic progress."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Of every fact that stands, its newest version, as it was released."""

    enrollments: Sequence[Enrollment] = ()
    aid: Sequence[Aid] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule holds."""

    rule: Rule
    about: str
    """Aid year or term."""
    urgency: Urgency
    due_on: date | None
    evidence: tuple[str, ...]
    """Events that it rests on, sorted."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule finds today, and when it must be asked again though nothing new has come."""

    findings: tuple[Finding, ...] = ()
    ask_on: date | None = field(default=None)


def evidence(*facts: Enrollment | Aid) -> tuple[str, ...]:
    """Event ids of facts, sorted."""
    return tuple(sorted(fact.event_id for fact in facts))


def first_after(today: date, days: Sequence[date]) -> date | None:
    """The first of some days that is still to come."""
    return min((day for day in days if day > today), default=None)
