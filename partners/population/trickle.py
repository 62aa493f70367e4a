"""New facts about people on the demonstration's caseloads, without end: fact n is the same whenever it is made."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from partners.population import calendars, places, support
from partners.population.dice import Dice
from partners.population.planned import MICROS_PER_DAY, Planned, Record, planned
from partners.rows import Row, micros

FAMILIES = {"enrollment", "aid"}


@dataclass(frozen=True)
class Target:
    """A record of which some recipient of the demonstration sees a family."""

    partner: str
    token: str = field(repr=False)
    family: str
    example: Planned = field(repr=False)
    """A fact of that record and family which it saw."""


def fact(targets: Sequence[Target], seed: int, number: int, at: int) -> Planned:
    """The fact with a number.

    Args:
        targets: what may be told; not empty.
        seed: the population's.
        number: of the fact, from 0 on.
        at: when it is published, in microseconds since 1970-01-01 UTC.
    """
    dice = Dice(seed, "trickle", number)
    target = targets[number % len(targets)]
    day = at // MICROS_PER_DAY
    record = Record(target.partner, target.token, -1)
    source_id = f"{target.token}-t{number:07d}"
    if target.family == "aid":
        return planned(record, "aid", source_id, at, _aid(dice, day), occurred_on=day)
    body = _enrollment(target.example, dice, day)
    return planned(record, target.family, source_id, at, body, occurred_on=day, effective_from=day)


def endless(targets: Sequence[Target], seed: int, start: int, now: Callable[[], datetime]) -> Iterator[Planned]:
    """Facts from a number on, each published when it is asked for.

    Args:
        targets: what may be told; not empty.
        seed: the population's.
        start: number of the first.
        now: the caller's clock; must know its zone.
    """
    number = start
    while True:
        yield fact(targets, seed, number, micros(now()))
        number += 1


def _aid(dice: Dice, day: int) -> Row:
    """News of an application, of an award, or of academic progress."""
    year = calendars.aid_years(day, 1)[0]
    kind = dice.below(3)
    if kind == 0:
        return {"aid_year": year, "application_status": dice.pick(("submitted", "incomplete", "processed"))}
    if kind == 1:
        amount = dice.between(5, 125) * 10_000
        return {"aid_year": year, "award_type": "pell_grants", "award_status": "awarded", "award_amount_cents": amount}
    return {"aid_year": year, "sap_status": dice.weighted(support.SAP)}


def _enrollment(example: Planned, dice: Dice, day: int) -> Row:
    """News of a term or of grades, at the school or college of an earlier fact."""
    kept = ("organization_id", "organization_id_system", "entry_grade_level", "unit_type", "cip_code", "cip_version")
    body = {name: example.body[name] for name in kept}
    body |= {"enrollment_status": "currently_enrolled", "entry_date": day}
    gpa = dice.between(12, 40) * 1000
    if example.partner == "cde_k12":
        return {**body, "calpads_enrollment_status": "10", "gpa_cumulative_ten_thousandths": gpa}
    units = dice.pick((600, 900, 1200, 1500))
    term = calendars.terms(day + 30, 1)[0][0]
    cip = dice.pick(places.CIP) if dice.chance(10) else body["cip_code"]
    return {
        **body,
        "term_id": term,
        "units_attempted_hundredths": units,
        "gpa_term_ten_thousandths": gpa,
        "cip_code": cip,
    }
