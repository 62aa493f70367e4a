"""What a reader knows at this moment: agreements and the day, and with them what of a row may be shown."""

import functools
import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime

import orjson

from processors.consent.agreements import Agreement
from processors.consent.reading import Hidden, Release, ReleasedBody, Shown, decide_again, permit
from sinks.questions import Questions
from sinks.stored import Assignment, Terms


@dataclass(frozen=True)
class Known:
    """Agreements as now known to a recipient, and the latest tick."""

    recipient: str
    agreements: dict[str, Agreement]
    tick: datetime | None
    """UTC"""
    _of_terms: dict[Terms, bool] = field(default_factory=dict, repr=False, compare=False)

    @property
    def today(self) -> date | None:
        """The date of the latest tick; without it nothing is shown."""
        return self.tick.date() if self.tick else None

    @property
    def standing(self) -> str:
        """Stands for everything here that decides about showing."""
        versions = sorted((a.agreement_id, a.version) for a in self.agreements.values())
        return hashlib.sha256(repr((self.today, versions)).encode()).hexdigest()[:16]

    def shown(self, row: ReleasedBody) -> Shown | None:
        """The row as far as it may be shown."""
        decision = decide_again(row, self.agreements, self.today)
        return None if isinstance(decision, Hidden) else decision

    def permits(self, row: Release) -> bool:
        """Whether the row may be shown."""
        return not isinstance(permit(row, self.agreements, self.today), Hidden)

    def permits_terms(self, terms: Terms) -> bool:
        """Whether rows released on these terms may be shown; each is decided once, since many rows share theirs."""
        if terms not in self._of_terms:
            self._of_terms[terms] = self.permits(terms)
        return self._of_terms[terms]


def known(questions: Questions, recipient: str) -> Known:
    """What is known now. Ask after the rows that it decides about, so that the newest knowledge decides."""
    agreements = [_agreement(text) for text in questions.agreement_texts(recipient)]
    return Known(recipient, {a.agreement_id: a for a in agreements}, questions.tick(recipient))


@functools.lru_cache(maxsize=1024)
def _agreement(text: str) -> Agreement:
    """The agreement of a text; which texts are in force is asked anew each time."""
    return Agreement.from_row(orjson.loads(text))


def caseload(
    questions: Questions, recipient: str, user_id: str, person_ids: list[str] | None = None
) -> list[Assignment]:
    """Whom a user serves, as far as the recipient's own agreement shows it today; of these persons, where named."""
    assignments = questions.caseload(recipient, user_id, person_ids)
    now = known(questions, recipient)
    return [assignment for assignment in assignments if now.permits_terms(assignment.outline.terms)]
