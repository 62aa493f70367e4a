"""What the questions answer with: releases as the case views keep them, and what they say together."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson


@dataclass(frozen=True)
class StoredRow:
    """One release as the view keeps it."""

    recipient: str
    person_id: str
    event_id: str
    position: int
    state: str
    """released or retracted"""
    family: str
    partner_id: str
    operation: str
    """assert, correct or retract"""
    fact_id: str
    occurred_on: dt.date | None
    effective_from: dt.date | None
    effective_to: dt.date | None
    observed_at: dt.datetime
    """UTC"""
    published_at: dt.datetime
    """UTC"""
    purpose: str
    agreement_id: str
    agreement_version: int
    basis: str
    consent_event_ids: tuple[str, ...]
    expires_on: dt.date | None
    groups: tuple[str, ...]
    rules: tuple[str, ...]
    """Rules of law that permitted it, by id and version."""
    obligations: tuple[str, ...]
    """What whoever makes use of it must do."""
    notice: str
    body: dict[str, Any] | None
    """Physical values; None where taken back."""
    reason: str | None
    seq: int

    @classmethod
    def from_values(cls, values: Iterable[Any]) -> "StoredRow":
        """Of the values of ``ROW``, in their order."""
        row = dict(zip(cls.__dataclass_fields__, values, strict=True))
        for name in ("observed_at", "published_at"):
            row[name] = row[name].replace(tzinfo=dt.UTC)
        for name in ("consent_event_ids", "groups", "rules", "obligations"):
            row[name] = tuple(row[name])
        row["body"] = None if row["body"] is None else orjson.loads(row["body"])
        return cls(**row)


ROW = ", ".join(StoredRow.__dataclass_fields__)
"""The columns of a row, in order."""


@dataclass(frozen=True)
class Assignment:
    """A person on a case manager's caseload."""

    person_id: str
    display_label: str | None
    """The recipient's own words."""
    relation: str
    site: str | None
    since: dt.date | None
    """First day, as the recipient says."""
    outline: "Outline"
    """The caseload event that says so."""


@dataclass(frozen=True)
class Fact:
    """What one partner said of one thing: the version that holds, and those before it, newest first."""

    current: StoredRow
    earlier: tuple[StoredRow, ...]


class InForceRows(NamedTuple):
    """Agreements and rules as they reached a recipient, every version of each."""

    agreements: tuple[tuple[int, str], ...]
    """Place in the log, and the fields of ``agreement_activated.avsc`` as JSON text."""
    rules: tuple[tuple[int, int, str], ...]
    """Place in the log, version, and the document."""
    swept: int
    """Everyone is decided by what stands in the log up to here; -1: nobody yet."""


class Terms(NamedTuple):
    """Everything of a release that a reader's decision rests on, but for its place in the log; many share theirs."""

    recipient: str
    partner_id: str
    family: str
    purpose: str
    agreement_id: str
    basis: str
    consent_event_ids: tuple[str, ...]
    expires_on: dt.date | None
    groups: tuple[str, ...]
    rules: tuple[str, ...]


class Outline(NamedTuple):
    """One version of a fact without what it says: who said it when, and on which terms it was released."""

    person_id: str
    event_id: str
    fact_id: str
    published_at: dt.datetime
    """UTC"""
    operation: str
    state: str
    """released or retracted"""
    seq: int
    position: int
    terms: Terms

    @classmethod
    def from_values(cls, values: Sequence[Any]) -> "Outline":
        """Of the values of ``OUTLINE``, in their order."""
        person_id, event_id, fact_id, at, operation, state, seq, position, *terms = values
        *who, consents, expires_on, groups, rules = terms
        its = Terms._make([*who, tuple(consents), expires_on, tuple(groups), tuple(rules)])
        return cls(person_id, event_id, fact_id, at.replace(tzinfo=dt.UTC), operation, state, seq, position, its)

    @property
    def age(self) -> tuple[dt.datetime, str]:
        """Of the versions of a fact the one counts for which this is highest."""
        return self.published_at, self.event_id


OUTLINE = ", ".join([*Outline._fields[:-1], *Terms._fields])
"""The columns of an outline, in order."""
