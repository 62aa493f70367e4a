"""A fact as a page tells it: in words, with its history and why it is shown. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal import words
from portal.headlines import headline, said
from portal.known import Known
from processors.consent.agreements import Agreement
from processors.consent.explain import Spoke, told_rules
from processors.consent.reading import Shown
from sinks.stored import Fact, StoredRow

BASES = {
    "consent": "Consent",
    "own_record": "Your organization's own record",
    "school_official": "School officials of the institution itself, without consent",
    "enrollment": "Enrollment or transfer, without consent",
    "audit_evaluation": "Audit or evaluation, without consent",
    "financial_aid": "Financial aid applied for or received, without consent",
    "study": "A study for institutions, without consent",
    "foster_care": "Your agency is responsible for a foster child, without consent",
    "judicial_order": "A court's order",
    "emergency": "A health or safety emergency",
    "program_administration": "Running a program of social services, without consent",
    "benefits_notice": "Notice of other benefits, without consent",
    "official_duties": "A public official's duties, without consent",
}


@dataclass(frozen=True)
class Why:
    """By what right a row is shown."""

    agreement: Agreement
    basis: str
    consent_event_ids: tuple[str, ...]
    purpose: str
    expires_on: date | None
    notice: str
    rules: tuple[Spoke, ...]
    """Of law, that permit it."""


@dataclass(frozen=True)
class Earlier:
    """A version that no longer holds."""

    headline: str
    """Empty where it is that of the version that holds."""
    published_at: datetime
    changed: tuple[words.Line, ...]
    """What it said otherwise than the version that holds."""


@dataclass(frozen=True)
class FactView:
    """A fact in words."""

    key: str
    order: str
    """By valid time, then by time of publishing; the highest is the newest."""
    row: StoredRow
    body: Mapping[str, Any]
    family: str
    source: str
    headline: str
    lines: tuple[words.Line, ...]
    valid: str
    late: str
    """How long after it happened, or was over, the source told of it; empty where that says nothing about the source:
    of what goes on, and of corrections."""
    taken_back: bool
    """The source says that it never was so."""
    is_new: bool
    """It came after the reader's last visit."""
    earlier: tuple[Earlier, ...]
    why: Why


@dataclass(frozen=True)
class Names:
    """What people call partners and recipients, and schools and colleges, by id."""

    partners: Mapping[str, str]
    organizations: Mapping[str, str]


def fact_view(fact: Fact, now: Known, names: Names, since: int) -> FactView | None:
    """The fact as it may be shown now; None where the version that holds may not."""
    row = fact.current
    shown = now.shown(row)
    if shown is None:
        return None
    first = row.occurred_on or row.effective_from
    is_period = bool(row.effective_from or row.effective_to)
    return FactView(
        key=row.fact_id,
        order=f"{first or row.published_at.date()} {row.published_at.isoformat()} {row.event_id}",
        row=row,
        body=shown.body,
        family=words.family_word(row.family),
        source=words.named(names.partners, row.partner_id),
        headline=headline(row.family, shown.body, names.organizations),
        lines=_lines(row, shown, names),
        valid=words.span(row.effective_from, row.effective_to)
        if is_period
        else words.span(row.occurred_on, row.occurred_on),
        late=_late(row),
        taken_back=row.operation == "retract",
        is_new=row.seq > since,
        earlier=tuple(_earlier(fact, shown, now, names)),
        why=_why(row, shown, now),
    )


def _late(row: StoredRow) -> str:
    """A period has happened when it is over: that its first day lies long back is no delay."""
    is_period = bool(row.effective_from or row.effective_to)
    last = row.effective_to if is_period else row.occurred_on
    days = (row.published_at.date() - last).days if last and row.operation == "assert" else 0
    return f"{words.count(days, 'day')} after it {'ended' if is_period else 'happened'}" if days > 1 else ""


def _lines(row: StoredRow, shown: Shown, names: Names) -> tuple[words.Line, ...]:
    already = said(row.family, shown.body)
    return tuple(line for line in words.lines(row.family, shown.body, names.partners) if line.name not in already)


def _earlier(fact: Fact, current: Shown, now: Known, names: Names) -> list[Earlier]:
    holds = headline(fact.current.family, current.body, names.organizations)
    told = []
    for row in fact.earlier:
        if shown := now.shown(row):
            changed = tuple(line for line in _lines(row, shown, names) if _differs(line, shown, current))
            sentence = headline(row.family, shown.body, names.organizations)
            told.append(Earlier("" if sentence == holds else sentence, row.published_at, changed))
    return told


def _differs(line: words.Line, shown: Shown, current: Shown) -> bool:
    return bool(shown.body.get(line.name) != current.body.get(line.name))


def _why(row: StoredRow, shown: Shown, now: Known) -> Why:
    rules = told_rules(now.rules, row.rules)
    basis = BASES.get(row.basis, row.basis)
    purpose = words.plain(row.purpose)
    return Why(shown.agreement, basis, row.consent_event_ids, purpose, row.expires_on, row.notice, rules)
