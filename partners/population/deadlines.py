"""The days that signals are about: deadlines of aid years, college terms. The truth's own calendar, and its file."""

from dataclasses import dataclass, field
from datetime import date

from partners.population import calendars
from partners.rows import day_of, days

YEARS = range(2024, 2033)
FAFSA_DAYS = 30
MARGIN_DAYS = 14


@dataclass(frozen=True)
class AidYear:
    """One year of aid; ``deadline`` in days since 1970-01-01."""

    name: str
    deadline: int
    seniors_of: int
    """Year in which the last school year of those who apply began."""


@dataclass(frozen=True)
class Term:
    """One primary term; days since 1970-01-01."""

    name: str
    first_day: int
    last_day: int


def _aid_years() -> tuple[AidYear, ...]:
    return tuple(AidYear(f"{year + 1}-{year + 2}", days(date(year + 1, 3, 2)), year) for year in YEARS)


def _terms() -> tuple[Term, ...]:
    return tuple(Term(*term) for year in YEARS for term in calendars.terms_of(year))


@dataclass(frozen=True)
class Deadlines:
    """What signals go by."""

    fafsa_days: int = FAFSA_DAYS
    """So many days before its deadline an application is asked for."""
    stopped_out_days: int = 30
    """So many days after its first day a term is asked who is missing."""
    aid_years: tuple[AidYear, ...] = field(default_factory=_aid_years)
    terms: tuple[Term, ...] = field(default_factory=_terms)
    """Oldest first."""

    def to_toml(self) -> str:
        """As the file that THROUGHLINE_SIGNALS_FILE names."""
        years = [
            f'[[aid_years]]\naid_year = "{y.name}"\ndeadline = {day_of(y.deadline)}\nseniors_of = {y.seniors_of}\n'
            for y in self.aid_years
        ]
        terms = [
            f'[[terms]]\nterm_id = "{t.name}"\nfirst_day = {day_of(t.first_day)}\nlast_day = {day_of(t.last_day)}\n'
            for t in self.terms
        ]
        head = f"fafsa_days_before = {self.fafsa_days}\nstopped_out_days = {self.stopped_out_days}\n"
        return "\n".join([head, *years, *terms])


def deadlines(as_of: date) -> Deadlines:
    """Deadlines by which this school year's seniors are already asked for their applications on a day."""
    ahead = days(date(calendars.school_year(days(as_of)) + 1, 3, 2)) - days(as_of)
    return Deadlines(fafsa_days=max(FAFSA_DAYS, ahead + MARGIN_DAYS))
