"""What a reader knows at this moment: agreements, rules and the day, and with them what of a row may be shown."""

import functools
import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime

import orjson

from processors.consent.agreements import Agreement
from processors.consent.heard import Heard, InForce
from processors.consent.law.documents import rules_of
from processors.consent.law.rules import NO_RULES, RuleSet
from processors.consent.reading import Hidden, ReleasedBody, Shown, decide_again, permit
from processors.consent.register import Register
from sinks.questions import Questions
from sinks.stored import Assignment, InForceRows, Outline, Terms


@dataclass(frozen=True)
class Known:
    """Agreements and rules as now known to a recipient, and the latest tick."""

    recipient: str
    heard: Heard
    tick: datetime | None
    """UTC"""
    _of_terms: dict[tuple[Terms, InForce], bool] = field(default_factory=dict, repr=False, compare=False)

    @property
    def agreements(self) -> Register:
        """Agreements in their newest versions."""
        return self.heard.newest.register

    @property
    def rules(self) -> RuleSet:
        """Rules of law in their newest version; none were heard of: none, by which nothing is shown."""
        return self.heard.newest.rules or NO_RULES

    @property
    def today(self) -> date | None:
        """The date of the latest tick; without it nothing is shown."""
        return self.tick.date() if self.tick else None

    @property
    def standing(self) -> str:
        """Stands for everything here that decides about showing."""
        versions = sorted((a.agreement_id, a.version) for a in self.agreements.by_id.values())
        told = (self.today, versions, self.heard.rules_version, self.heard.under_way)
        return hashlib.sha256(repr(told).encode()).hexdigest()[:16]

    def shown(self, row: ReleasedBody) -> Shown | None:
        """The row as far as it may be shown."""
        decision = decide_again(row, self.heard, self.today)
        return None if isinstance(decision, Hidden) else decision

    def permits(self, row: Outline) -> bool:
        """Whether a row may be shown; terms are decided once, since many rows share theirs."""
        key = row.terms, self.heard.when(row.position)
        if key not in self._of_terms:
            decision = permit(row.terms, row.position, self.heard, self.today)
            self._of_terms[key] = not isinstance(decision, Hidden)
        return self._of_terms[key]


def known(questions: Questions, recipient: str) -> Known:
    """What is known now. Ask after the rows that it decides about, so that the newest knowledge decides."""
    return Known(recipient, _heard(questions.in_force(recipient)), questions.tick(recipient))


@functools.lru_cache(maxsize=64)
def _heard(rows: InForceRows) -> Heard:
    """Agreements and rules of these texts; which texts there are is asked anew each time."""
    agreements = [(place, Agreement.from_row(orjson.loads(text))) for place, text in rows.agreements]
    rules = [(place, version, rules_of(document.encode())) for place, version, document in rows.rules]
    return Heard(agreements, rules, rows.swept)


def caseload(
    questions: Questions, recipient: str, user_id: str, person_ids: list[str] | None = None
) -> list[Assignment]:
    """Whom a user serves, as far as the recipient's own agreement shows it today; of these persons, where named."""
    assignments = questions.caseload(recipient, user_id, person_ids)
    now = known(questions, recipient)
    return [assignment for assignment in assignments if now.permits(assignment.outline)]
