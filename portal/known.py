"""What a reader knows at this moment: agreements and the day, and with them what of a row may be shown."""

import functools
import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime

import orjson

from processors.consent.agreements import Agreement
from processors.consent.reading import Hidden, Release, ReleasedBody, Shown, decide_again, permit
from processors.consent.register import Register
from sinks.questions import Questions
from sinks.stored import Assignment, Terms


@dataclass(frozen=True)
class Known:
    """Agreements as now known to a recipient, and the latest tick."""

    recipient: str
    agreements: Register
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
        versions = sorted((a.agreement_id, a.version) for a in self.agreements.by_id.values())
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
    return Known(recipient, _register(tuple(questions.agreement_texts(recipient))), questions.tick(recipient))


@functools.lru_cache(maxsize=64)
def _register(texts: tuple[str, ...]) -> Register:
    """The agreements of these texts; which texts are in force is asked anew each time."""
    return Register(Agreement.from_row(orjson.loads(text)) for text in texts)


def caseload(
    questions: Questions, recipient: str, user_id: str, person_ids: list[str] | None = None
) -> list[Assignment]:
    """Whom a user serves, as far as the recipient's own agreement shows it today; of these persons, where named."""
    assignments = questions.caseload(recipient, user_id, person_ids)
    now = known(questions, recipient)
    return [assignment for assignment in assignments if now.permits_terms(assignment.outline.terms)]
