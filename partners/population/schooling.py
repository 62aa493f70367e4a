"""Enrollments: early care, school and college."""

from collections.abc import Iterator

from partners.population import calendars, places
from partners.population.calendars import told
from partners.population.dice import Dice
from partners.population.people import DAYS_PER_YEAR, Person
from partners.population.planned import Planned, Record, planned
from partners.rows import Row

GRADES = ("KG", *(f"G{grade:02d}" for grade in range(1, 13)))
NINTH, TWELFTH = 9, 12
ADULT = 18
KINDERGARTEN_AGE = 5
Term = tuple[str, int, int]
LEFT_PERCENT = 16
ENDS: dict[str, Row] = {
    "away": {},
    "withdrawn": {"postsecondary_exit_type": "withdrawn"},
    "graduated": {"postsecondary_exit_type": "graduated"},
    "transferring": {"enrollment_status": "transferring"},
}
"""What the last term of somebody who has left says of it."""
SCHOOL_YEARS = 3
"""A school's records go back so many years."""


def enrollments(record: Record, person: Person, dice: Dice, today: int) -> Iterator[Planned]:
    """What a partner knows of a person's enrollments; none from partners that have no family enrollment."""
    if record.partner == "cde_elc":
        yield from _early(record, person, dice, today)
    elif record.partner == "cde_k12":
        yield from _school(record, person, dice, today)
    elif record.partner in {"ccc", "csu"}:
        yield from _college(record, person, dice, today)


def _early(record: Record, person: Person, dice: Dice, today: int) -> Iterator[Planned]:
    """Preschool, and transitional kindergarten at four."""
    center = dice.pick(places.CENTERS)
    for year in range(calendars.school_year(person.born) + 2, calendars.school_year(today) + 1):
        age = int((calendars.first_day(year) - person.born) / DAYS_PER_YEAR)
        entry = calendars.first_day(year)
        if age not in {3, 4} or entry > today - calendars.LAST_TOLD_DAYS:
            continue
        body = {
            "organization_id": center,
            "organization_id_system": "OTHER",
            "entry_grade_level": "PR" if age == 3 else "TK",  # noqa: PLR2004  # years of age
            **_span(entry, calendars.last_day(year), today),
        }
        yield _enrollment(record, str(year), body, dice, today)


def _school(record: Record, person: Person, dice: Dice, today: int) -> Iterator[Planned]:
    """One enrollment a school year, up to the twelfth grade; who is in college before eighteen was a year ahead."""
    school = dice.pick(places.SCHOOLS)
    now = calendars.school_year(today)
    ahead = int(person.stage == "college" and person.age_on(today) < ADULT)
    for year in range(now - 12, now + 1):
        grade = int((calendars.first_day(year) + 20 - person.born) / DAYS_PER_YEAR) - KINDERGARTEN_AGE + ahead
        last = grade == TWELFTH or year == now
        recent = year > now - SCHOOL_YEARS if grade < TWELFTH else True
        if not 0 <= grade <= TWELFTH or not (recent or last):
            continue
        school = dice.pick(places.SCHOOLS) if dice.chance(8) else school
        yield _enrollment(record, str(year), _school_year(school, year, grade, dice, today), dice, today)


def _school_year(school: str, year: int, grade: int, dice: Dice, today: int) -> Row:
    span = _span(calendars.first_day(year), calendars.last_day(year), today)
    body = {
        "organization_id": school,
        "organization_id_system": "CDS",
        "calpads_enrollment_status": "10",
        "entry_grade_level": GRADES[grade],
        "full_time_equivalency_hundredths": 100,
        **span,
    }
    if grade >= NINTH:
        body["gpa_cumulative_ten_thousandths"] = dice.between(16, 40) * 1000
    if "exit_date" in span:
        body |= _exit(grade, dice)
    return body


def _exit(grade: int, dice: Dice) -> Row:
    """How a school year ended."""
    if grade < TWELFTH:
        return {"calpads_exit_reason": "E155"}
    if dice.chance(91):
        return {"exit_type": "01921", "calpads_exit_reason": "E230", "calpads_completion_status": "100"}
    return {"exit_type": "01927", "calpads_exit_reason": "E140"}


def _college(record: Record, person: Person, dice: Dice, today: int) -> Iterator[Planned]:
    """One enrollment a term, the first one at eighteen or before."""
    college = dice.pick(places.COLLEGES if record.partner == "ccc" else places.UNIVERSITIES)
    since_adult = int((today - person.born) / DAYS_PER_YEAR * 2) - 35
    count = min(max(1, since_adult), dice.between(2, 6))
    cip, level = dice.pick(places.CIP), dice.between(18, 36)
    terms = calendars.terms(today, count)
    terms, how = _attended(terms, dice)
    for order, (term, entry, end) in enumerate(terms):
        body = {
            "organization_id": college,
            "organization_id_system": "UNITID",
            "term_id": term,
            "postsecondary_enrollment_type": "first_time" if order == 0 else "continuing",
            "cip_code": cip,
            "cip_version": "2020",
            **_span(entry, end, today),
            **_units(record.partner, level, dice, done=end < today),
            **(how if order == len(terms) - 1 else {}),
        }
        yield _enrollment(record, term, body, dice, today)


def _attended(terms: list[Term], dice: Dice) -> tuple[list[Term], Row]:
    """The terms that somebody was in, and how the last of them ended: a few leave before the last or the last two."""
    missed = dice.pick((1, 1, 2))
    if len(terms) <= missed or not dice.chance(LEFT_PERCENT):
        return terms, {}
    return terms[:-missed], ENDS[dice.weighted({"away": 60, "withdrawn": 10, "graduated": 18, "transferring": 12})]


def _units(partner: str, level: int, dice: Dice, *, done: bool) -> Row:
    """Units and grade points of a term, in hundredths and ten-thousandths; grades only when it is done."""
    units = dice.pick((300, 600, 900, 1200, 1200, 1500))
    intensity = "full_time" if units >= 1200 else "at_least_half_time" if units >= 600 else "less_than_half_time"  # noqa: PLR2004
    found: Row = {"units_attempted_hundredths": units, "unit_type": "semester", "enrollment_intensity": intensity}
    if done:
        term_gpa = min(40, max(0, level + dice.between(-8, 6))) * 1000
        earned = units if dice.chance(80) else max(0, units - 300)
        found |= {"units_earned_hundredths": earned, "gpa_term_ten_thousandths": term_gpa}
        found["gpa_cumulative_ten_thousandths"] = level * 1000 + (0 if partner == "ccc" else 500)
    return found


def _span(entry: int, end: int, today: int) -> Row:
    """First day, and last day and status by whether it lies behind."""
    if end < today:
        return {"entry_date": entry, "exit_date": end, "enrollment_status": "previously_enrolled"}
    return {"entry_date": entry, "enrollment_status": "currently_enrolled"}


def _enrollment(record: Record, period: str, body: Row, dice: Dice, today: int) -> Planned:
    until = body.get("exit_date")
    at = told(dice, until or body["entry_date"], today)
    envelope = {"occurred_on": body["entry_date"], "effective_from": body["entry_date"], "effective_to": until}
    return planned(record, "enrollment", f"{record.token}-{period}", at, body, **envelope)
