"""Agreements as data, in three tiers: who takes part (mou), who shares what with whom (dsa), and what for (dul).

The tiers are those of AISP's legal framework for integrated data: memorandum of understanding, data-sharing agreement,
data-use licence. A disclosure needs all three in force.
"""

import functools
import hashlib
import json
from datetime import date
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from processors.consent.law.facts import Agency, Basis, Purpose
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
    tier: Literal["mou", "dsa", "dul"]
    title: str
    party: str
    families: tuple[str, ...] = ()
    consent_for: tuple[str, ...] = ()
    kind: Agency = Agency.OTHER
    institution: str = ""
    purpose: str = ""
    basis: Basis = Basis.CONSENT
    relation: Literal["caseload", "organization"] = "caseload"
    distinct_consent: bool = False
    """Only a consent that names its purpose and no other counts."""
    citation: str
    grants: tuple[Grant, ...] = ()
    licenses: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    destroy_by: date | None = None
    minimum_cell_size: int | None = Field(default=None, ge=2)
    effective_from: date
    effective_to: date | None = None

    @field_validator("purpose", "purposes")
    @classmethod
    def _known(cls, found: str | tuple[str, ...]) -> str | tuple[str, ...]:
        named = {found} - {""} if isinstance(found, str) else set(found)
        if unknown := named - (set(Purpose) - {Purpose.OTHER}):
            raise ValueError(f"unknown purposes: {', '.join(sorted(unknown))}; a rule of law asks for the purpose")
        return found

    @model_validator(mode="after")
    def _of_its_tier(self) -> Self:
        strange = [
            name for tier, names in OF_TIER.items() for name in names if tier != self.tier and getattr(self, name)
        ]
        missing = [name for name in NEEDED[self.tier] if not getattr(self, name)]
        if strange or missing:
            wrong = [*(f"it needs {name}" for name in missing), *(f"{name} is none of its words" for name in strange)]
            raise ValueError(f"no {self.tier}: {'; '.join(wrong)}")
        if self.distinct_consent and self.basis is not Basis.CONSENT:
            raise ValueError("distinct_consent asks for a consent: its basis is another")
        if self.basis is Basis.OTHER:
            raise ValueError("basis names consent or an exception of law")
        if unknown := set(self.families) - set(catalog.FAMILIES):
            raise ValueError(f"unknown families: {', '.join(sorted(unknown))}")
        if self.effective_to and self.effective_to < self.effective_from:
            raise ValueError("effective_to lies before effective_from")
        return self

    def in_force(self, day: int) -> bool:
        """Whether the agreement holds on a day, counted from 1970-01-01; a licence only before its day to destroy."""
        last, destroyed = self.effective_to, self.destroy_by
        is_over = (last is not None and number_of(last) < day) or (
            destroyed is not None and number_of(destroyed) <= day
        )
        return number_of(self.effective_from) <= day and not is_over

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

    def to_row(self, activated_by: str = "") -> dict[str, Any]:
        """The physical row of ``agreement_activated.avsc``."""
        days = {name: None if (day := getattr(self, name)) is None else number_of(day) for name in DAYS}
        return {
            **self.model_dump(),
            "grants": [g.model_dump() for g in self.grants],
            **days,
            "content_hash": self.content_hash,
            "activated_by": activated_by,
        }

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Self:
        """The agreement of a physical row.

        Raises:
            pydantic.ValidationError: the row is no agreement.
        """
        days = {name: None if row[name] is None else date.fromordinal(EPOCH.toordinal() + row[name]) for name in DAYS}
        content = {name: value for name, value in row.items() if name in cls.model_fields}
        return cls.model_validate({**content, **days})


OF_TIER = {
    "mou": ("families", "consent_for", "institution"),
    "dsa": ("grants", "purpose", "distinct_consent"),
    "dul": ("licenses", "purposes", "destroy_by", "minimum_cell_size"),
}
"""Fields that only one tier has."""
NEEDED = {"mou": ("families",), "dsa": ("grants", "purpose"), "dul": ("licenses", "purposes")}
DAYS = ("effective_from", "effective_to", "destroy_by")


@functools.cache
def number_of(day: date) -> int:
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
