"""A calendar around a day: an aid year's deadline ahead of it, a term begun long enough before it."""

from datetime import date, timedelta

from processors.signals.calendar import AidYear, Calendar, Term


def around(day: date) -> Calendar:
    """The deadline of 2027-2028 is in twenty days, for seniors of 2026; term 267 began forty days ago, after 263."""

    def ago(days: int) -> date:
        return day - timedelta(days=days)

    terms = (
        Term(term_id="257", first_day=ago(400), last_day=ago(280)),
        Term(term_id="263", first_day=ago(200), last_day=ago(80)),
        Term(term_id="267", first_day=ago(40), last_day=day + timedelta(days=60)),
    )
    aid_year = AidYear(aid_year="2027-2028", deadline=day + timedelta(days=20), seniors_of=2026)
    return Calendar(fafsa_days_before=30, stopped_out_days=30, aid_years=(aid_year,), terms=terms)


def to_toml(calendar: Calendar) -> str:
    """As the file that THROUGHLINE_SIGNALS_FILE names."""
    years = [
        f'[[aid_years]]\naid_year = "{y.aid_year}"\ndeadline = {y.deadline}\nseniors_of = {y.seniors_of}\n'
        for y in calendar.aid_years
    ]
    terms = [
        f'[[terms]]\nterm_id = "{t.term_id}"\nfirst_day = {t.first_day}\nlast_day = {t.last_day}\n'
        for t in calendar.terms
    ]
    head = f"fafsa_days_before = {calendar.fafsa_days_before}\nstopped_out_days = {calendar.stopped_out_days}\n"
    return "\n".join([head, *years, *terms])
