"""Signals that a run must have raised: by the pure decision over all that was released, taken at once."""

from collections.abc import Iterable, Sequence
from datetime import date

from deploy.topic_reader import decoded
from partners.population.deadlines import Deadlines, Term, deadlines
from partners.rows import days
from processors.records import Arrival, Out
from processors.signals import decide as signals
from processors.signals.calendar import Calendar
from processors.state import Memory, Working

Told = tuple[str, ...]
"""Signal, urgency, deadline (days) and evidence."""


def busy() -> Deadlines:
    """A calendar by which many have signals: its last term has a name that no college says, so all have stopped out."""
    usual = deadlines(date(2026, 9, 1))
    strange = Term("268", days(date(2026, 8, 24)), days(date(2026, 12, 15)))
    return Deadlines(usual.fafsa_days, 1, usual.aid_years, (*(t for t in usual.terms if t.name < "267"), strange))


def decided(released: Sequence[Arrival], calendar: Calendar) -> set[Told]:
    """Signals that the decision raises over the whole of ``released.*``."""
    state, context = Memory(), signals.Context(calendar, asked_at_once=1_000_000)
    working = Working(state)
    outs: list[Out] = signals.decide(released, working, context)
    sent = [Arrival(out.topic, 0, n, 0, None, out.value) for n, out in enumerate(outs)]
    rows = [read.row for read in decoded(sent)]
    return {
        told(r["signal_id"], r["urgency"], r["due_on"], r["evidence_event_ids"]) for r in rows if r["state"] == "raised"
    }


def told(signal_id: str, urgency: str, due_on: int | None, evidence: Iterable[str]) -> Told:
    """A signal as it is compared."""
    return signal_id, urgency, str(None if due_on is None else int(due_on)), *sorted(evidence)
