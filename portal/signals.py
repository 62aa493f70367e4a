"""Signals as pages tell them: only where everything that they rest on may be shown now. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal import words
from portal.facts import Names
from portal.known import Known
from portal.signal_words import URGENCIES, meaning, rule_name, rule_text
from processors.consent.agreements import Agreement
from sinks.signal_rows import StoredSignal
from sinks.stored import Outline


@dataclass(frozen=True)
class Evidence:
    """A released row that a signal rests on."""

    event_id: str
    fact_id: str
    family: str
    source: str
    published_at: datetime
    agreement: Agreement


@dataclass(frozen=True)
class SignalView:
    """An open signal in words."""

    signal: StoredSignal
    name: str
    means: str
    rule_text: str
    is_new: bool
    """It was raised, or changed, after the reader's last visit."""
    evidence: tuple[Evidence, ...]

    @property
    def rank(self) -> int:
        """0 for the most urgent."""
        return list(URGENCIES).index(self.signal.urgency) if self.signal.urgency in URGENCIES else len(URGENCIES)

    @property
    def order(self) -> str:
        """The most urgent first, then by deadline, then the oldest first."""
        due = self.signal.due_on.isoformat() if self.signal.due_on else "9999"
        return f"{self.rank} {due} {self.signal.raised_at.isoformat()} {self.signal.signal_id}"


def open_signals(
    signals: Iterable[StoredSignal], facts: Iterable[Sequence[Outline]], now: Known, names: Names, since: int
) -> dict[str, list[SignalView]]:
    """Persons to what may be told of their signals, the most urgent first.

    ``facts`` holds every fact of these persons with all its versions, the newest first. A signal that rests on nothing,
    or on one row that is not there, was taken back or may not be shown today, is not told at all.
    """
    standing = {(row.person_id, row.event_id): row for fact in facts for row in _standing(fact, now)}
    told: dict[str, list[SignalView]] = {}
    for signal in signals:
        rows = [standing.get((signal.person_id, event_id)) for event_id in signal.evidence_event_ids]
        found = [row for row in rows if row is not None]
        if signal.state == "raised" and found and len(found) == len(rows) and now.today is not None:
            told.setdefault(signal.person_id, []).append(_view(signal, found, now, names, since))
    return {person: sorted(views, key=lambda view: view.order) for person, views in told.items()}


def _standing(fact: Sequence[Outline], now: Known) -> list[Outline]:
    """Versions that may be shown now; none where the version that counts was taken back or may not be."""
    newest = fact[0]
    if newest.operation == "retract" or not _is_shown(newest, now):
        return []
    return [row for row in fact if _is_shown(row, now)]


def _is_shown(row: Outline, now: Known) -> bool:
    return row.state == "released" and now.permits(row)


def _view(signal: StoredSignal, rows: list[Outline], now: Known, names: Names, since: int) -> SignalView:
    today = now.today or signal.raised_at.date()
    means = meaning(signal.rule, signal.about, signal.due_on, today)
    evidence = tuple(_evidence(row, now, names) for row in rows)
    return SignalView(signal, rule_name(signal.rule), means, rule_text(signal.rule), signal.seq > since, evidence)


def _evidence(row: Outline, now: Known, names: Names) -> Evidence:
    family, source = words.family_word(row.terms.family), words.named(names.partners, row.terms.partner_id)
    agreement = now.agreements.by_id[row.terms.agreement_id]
    return Evidence(row.event_id, row.fact_id, family, source, row.published_at, agreement)


def signal_as_json(view: SignalView) -> dict[str, Any]:
    """A signal for programs."""
    names = ("signal_id", "person_id", "rule", "about", "urgency", "raised_at", "due_on", "evidence_event_ids")
    return {name: getattr(view.signal, name) for name in names}
