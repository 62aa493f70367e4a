"""Agreements as data: what a partner may publish (mou) and what a recipient may see (dsa)."""

import functools
import hashlib
import json
from datetime import date
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas_avro import catalog

EPOCH = date(1970, 1, 1)


class Grant(BaseModel):
    """One family of one partner, and the field groups of it that may be seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    partner_id: str
    family: str
    groups: tuple[str, ...]

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.family not in catalog.PROJECTED:
            raise ValueError(f"family {self.family} is never released")
        unknown = set(self.groups) - set(catalog.groups_of(self.family))
        if unknown or catalog.CORE not in self.groups:
            raise ValueError(
                f"groups of {self.family} are {', '.join(catalog.groups_of(self.family))}; core is always among them"
            )
        return self


class Agreement(BaseModel):
    """One version of one agreement; the fields are those of ``agreement_activated.avsc``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agreement_id: str
    version: int = Field(ge=1)
    tier: Literal["mou", "dsa"]
    title: str
    party: str
    families: tuple[str, ...] = ()
    consent_for: tuple[str, ...] = ()
    purpose: str = ""
    basis: Literal["consent", "statute", "own_record"] = "consent"
    relation: Literal["caseload", "organization"] = "caseload"
    citation: str
    grants: tuple[Grant, ...] = ()
    effective_from: date
    effective_to: date | None = None

    @model_validator(mode="after")
    def _of_its_tier(self) -> Self:
        if self.tier == "mou" and (not self.families or self.grants or self.purpose):
            raise ValueError("an mou names families, and neither grants nor a purpose")
        if self.tier == "dsa" and (not self.grants or not self.purpose or self.families or self.consent_for):
            raise ValueError("a dsa names grants and a purpose, and neither families nor consent_for")
        if unknown := set(self.families) - set(catalog.FAMILIES):
            raise ValueError(f"unknown families: {', '.join(sorted(unknown))}")
        if self.effective_to and self.effective_to < self.effective_from:
            raise ValueError("effective_to lies before effective_from")
        return self

    def in_force(self, day: int) -> bool:
        """Whether the agreement holds on a day, counted from 1970-01-01."""
        return _number(self.effective_from) <= day and (self.effective_to is None or day <= _number(self.effective_to))

    def grant_for(self, partner_id: str, family: str) -> Grant | None:
        """The grant that covers a partner's family, if any."""
        for grant in self.grants:
            if grant.family == family and grant.partner_id == partner_id:
                return grant
        return None

    @property
    def content_hash(self) -> str:
        """SHA-256 of the canonical content, hexadecimal."""
        return hashlib.sha256(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()

    def to_row(self) -> dict[str, Any]:
        """The physical row of ``agreement_activated.avsc``."""
        end = None if self.effective_to is None else (self.effective_to - EPOCH).days
        days = {"effective_from": (self.effective_from - EPOCH).days, "effective_to": end}
        return {
            **self.model_dump(),
            "grants": [g.model_dump() for g in self.grants],
            **days,
            "content_hash": self.content_hash,
        }

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Self:
        """The agreement of a physical row.

        Raises:
            pydantic.ValidationError: the row is no agreement.
        """
        end = row["effective_to"]
        days = {
            "effective_from": date.fromordinal(EPOCH.toordinal() + row["effective_from"]),
            "effective_to": None if end is None else date.fromordinal(EPOCH.toordinal() + end),
        }
        return cls.model_validate({**{k: v for k, v in row.items() if k != "content_hash"}, **days})


@functools.cache
def _number(day: date) -> int:
    """A day, counted from 1970-01-01."""
    return (day - EPOCH).days


def overlaps(agreements: list[Agreement]) -> list[str]:
    """Pairs of data-sharing agreements that cover one recipient, partner and family twice; empty when all is well."""
    seen: dict[tuple[str, str, str], str] = {}
    found = []
    for agreement in sorted(agreements, key=lambda a: a.agreement_id):
        for grant in agreement.grants:
            key = (agreement.party, grant.partner_id, grant.family)
            if key in seen:
                found.append(f"{seen[key]} and {agreement.agreement_id} both cover {grant.partner_id} {grant.family}")
            seen.setdefault(key, agreement.agreement_id)
    return found
