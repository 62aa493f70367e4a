"""The calendar of the rules: deadlines of aid years, days of college terms, and how long before or after they speak."""

import functools
import hashlib
from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Days = Annotated[int, Field(ge=0, le=3_660)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AidYear(_Part):
    """One year of aid, and whose last year of school comes before it."""

    aid_year: str = Field(pattern=r"^\d{4}-\d{4}$")
    deadline: date
    """Last day to apply."""
    seniors_of: int = Field(ge=1900, le=2200)
    """Year in which those seniors' school year began."""

    @property
    def ends_on(self) -> date:
        """30 June after the deadline: from then on the rule is silent."""
        june = date(self.deadline.year, 6, 30)
        return june if self.deadline <= june else date(self.deadline.year + 1, 6, 30)


class Term(_Part):
    """One primary term of the colleges."""

    term_id: str = Field(pattern=r"^\d{3}$")
    first_day: date
    last_day: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_day < self.first_day:
            raise ValueError(f"term {self.term_id} ends before it begins")
        return self


class Calendar(_Part):
    """Everything about time that the rules know."""

    fafsa_days_before: Days
    """So many days before its deadline an application is asked for."""
    stopped_out_days: Days
    """So many days into a term it is asked who has not come back."""
    aid_years: tuple[AidYear, ...]
    terms: tuple[Term, ...]

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        names = [year.aid_year for year in self.aid_years] + [term.term_id for term in self.terms]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{twice[0]} stands twice")
        return self

    @functools.cached_property
    def in_order(self) -> tuple[Term, ...]:
        """Terms by their first day."""
        return tuple(sorted(self.terms, key=lambda term: (term.first_day, term.term_id)))

    @functools.cached_property
    def fingerprint(self) -> str:
        """Another one, and everybody is to be asked about again."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]
