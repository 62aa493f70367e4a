"""What people said of consent, and what stands of it for one disclosure. States after ISO/IEC TS 27560."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from processors.consent import rights
from processors.consent.law.facts import Agency, ConsentState
from processors.consent.rights import Standing

GRANTS = frozenset({"given", "renewed"})
DENIALS = frozenset({"refused", "withdrawn", "expired", "invalidated"})


class Cell(NamedTuple):
    """One thing that a consent can speak of; in the order of a statement's lists."""

    controller: str
    category: str
    purpose: str
    recipient: str
    is_distinct: bool = False
    """Only a grant for this purpose and no other counts."""


@dataclass(frozen=True)
class Statement:
    """One statement about consent, as a record of the person holds it."""

    event_id: str
    published_at: int
    state: str
    role: str
    controllers: frozenset[str]
    categories: frozenset[str]
    purposes: frozenset[str]
    recipients: frozenset[str]
    valid_from: int | None
    valid_until: int | None

    def covers(self, cell: Cell) -> bool:
        """Whether it speaks of this disclosure; a denial with an empty list or a wildcard speaks of all."""
        if self.state in GRANTS:
            return (
                cell.controller in self.controllers and cell.category in self.categories
                and cell.purpose in self.purposes and cell.recipient in self.recipients
                and not (cell.is_distinct and len(self.purposes) > 1)
            )  # fmt: skip
        return (
            self.state in DENIALS and _speaks_of(self.controllers, cell.controller)
            and _speaks_of(self.categories, cell.category) and _speaks_of(self.purposes, cell.purpose)
            and _speaks_of(self.recipients, cell.recipient)
        )  # fmt: skip

    def in_time(self, day: int) -> bool:
        """Whether the day lies in its period."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


def _speaks_of(named: frozenset[str], value: str) -> bool:
    return not named or "*" in named or value in named


class Consent(NamedTuple):
    """What stands of consent for one disclosure."""

    state: ConsentState
    rests_on: tuple[Statement, ...] = ()
    """Grants in force, by record."""


IN_FORCE = ConsentState.IN_FORCE
NONE = Consent(ConsentState.NONE)
REFUSED = Consent(ConsentState.REFUSED)
OUT_OF_TIME = Consent(ConsentState.OUT_OF_TIME)
NOT_HOLDERS = Consent(ConsentState.NOT_HOLDERS)


def consent_for(
    cell: Cell, records: Sequence[Sequence[Statement]], holder: Agency, standing: Standing, today: int
) -> Consent:
    """What stands: of each record its newest statement that counts; one denial denies, one grant in time permits.

    Args:
        cell: the disclosure.
        records: statements by record, oldest first; they are ordered only within one record.
        holder: kind of agency that holds the record to be disclosed.
        standing: who may speak for the person.
        today: from 1970-01-01.
    """
    newest = [newest_that_counts(cell, statements, holder, standing) for statements in records]
    counting = [said for said in newest if said is not None]
    if any(said.state in DENIALS for said in counting):
        return REFUSED
    in_force = tuple([said for said in counting if said.in_time(today)])
    if in_force:
        return Consent(IN_FORCE, in_force)
    if counting:
        return OUT_OF_TIME
    # None counts, so whoever granted what covers it and is in time does not hold the rights.
    grants = (said for statements in records for said in statements if said.state in GRANTS)
    return NOT_HOLDERS if any(said.covers(cell) and said.in_time(today) for said in grants) else NONE


def newest_that_counts(
    cell: Cell, statements: Sequence[Statement], holder: Agency, standing: Standing
) -> Statement | None:
    """Of one record's statements, oldest first, the newest about a disclosure by somebody whose word counts."""
    for said in reversed(statements):
        if said.covers(cell) and rights.counts(
            said.role, grants=said.state in GRANTS, holder=holder, standing=standing
        ):
            return said
    return None
