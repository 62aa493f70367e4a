"""Social services: who takes part in what, which youth are in foster care, without a home or on their own.

All of it hangs on chance of its own: what other partners tell of people asks none of it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from partners.population import calendars
from partners.population.calendars import told
from partners.population.dice import Dice
from partners.population.people import DAYS_PER_YEAR, Person
from partners.population.planned import Planned, Record, planned
from partners.rows import Row

PARTNER = "cdss"
AGENCY = "la_county_foster"
"""Legally responsible for the care and protection of everybody in foster care here."""
COUNTY = "19"
"""Los Angeles, as CDS codes have it."""
FOSTER_PERCENT, EXTENDED_PERCENT = 60, 8
"""Of those on the agency's caseload, and of grown people young enough, how many are in foster care by these books."""
BENEFIT_PERCENT = {"early": 12, "school": 8, "college": 5, "work": 4}
"""Of all others, by where they are in life."""
FOSTER = {"FOSTER_CARE", "EXTENDED_FOSTER_CARE"}
ADULT, END_OF_EXTENDED_CARE = 18, 21
"""Foster care goes on to twenty-one for those who stay in it (AB 12)."""
ON_THEIR_OWN, TOO_OLD = 14, 25
NEARLY_GROWN = 16
NIGHTS = {"doubled_up": 50, "shelter": 20, "hotel_motel": 12, "unsheltered": 12, "transitional_housing": 6}
ENDS = {"02214": 40, "02217": 15, "02231": 20, "02233": 25}
"""CEDS exit reasons: completed, refused, moved out of state, not known."""

Fact = tuple[str, Row, dict[str, int]]
"""The end of its id, its body, and when it was true."""


@dataclass(frozen=True)
class Participation:
    """What somebody takes part in, and what else the agency knows of them."""

    program: str
    known: Row
    """Further fields of the family, the same in all that is told."""
    is_served: bool = False
    """Whether the responsible agency serves the person: then care goes on, so that no order of what is told matters."""

    @property
    def in_foster_care(self) -> bool:
        """Whether a foster agency is responsible for the person."""
        return self.program in FOSTER

    @property
    def emancipated(self) -> bool:
        """Whether a minor speaks for themselves."""
        return bool(self.known.get("emancipated_minor"))


def participation(person: Person, held: Collection[str], dice: Dice, today: int) -> Participation | None:
    """What a person takes part in; None: in nothing.

    Args:
        person: who.
        held: partners that hold a record of the person.
        dice: chance, of this module's own stream.
        today: the population's day.
    """
    age = person.age_on(today)
    care = {"responsible_agency": AGENCY, "responsible_county": COUNTY}
    if AGENCY in held and dice.chance(FOSTER_PERCENT):
        return Participation("FOSTER_CARE" if age < ADULT else "EXTENDED_FOSTER_CARE", care, is_served=True)
    if ADULT <= age < END_OF_EXTENDED_CARE and dice.chance(EXTENDED_PERCENT):
        return Participation("EXTENDED_FOSTER_CARE", care)
    if AGENCY in held or not dice.chance(BENEFIT_PERCENT[person.stage]):
        return None
    programs = {"CALFRESH": 60, "CALWORKS": 30, "CHILD_CARE": 30 if person.stage == "early" else 0}
    return Participation(dice.weighted(programs), {**_nights(age, dice), **_protection(age, dice)})


def _nights(age: int, dice: Dice) -> Row:
    """Of a few that they have no home, and of the young among them whether they are in nobody's care."""
    is_youth = ON_THEIR_OWN <= age < TOO_OLD
    if not dice.chance(25 if is_youth else 5):
        return {}
    return {"homeless_nighttime_residence": dice.weighted(NIGHTS), "unaccompanied_youth": is_youth and dice.chance(75)}


def _protection(age: int, dice: Dice) -> Row:
    """Of a few minors that they were emancipated, and of a few people that their address is kept secret."""
    found: Row = {}
    if NEARLY_GROWN <= age < ADULT and dice.chance(25):
        found["emancipated_minor"] = True
    if dice.chance(5):
        found["address_confidential"] = True
    return found


def services(record: Record, person: Person, found: Participation, dice: Dice, today: int) -> Iterator[Planned]:
    """What the department tells of a participation: of foster care each placement, else the benefit."""
    longest = min(700, today - person.born - int(DAYS_PER_YEAR))
    start = today - dice.between(60, longest)
    body: Row = {"program": found.program, **found.known, "participation_status": "active", "start_date": start}
    told_of = _placements if found.in_foster_care else _benefits
    for name, said, valid in told_of(body, start, dice, today):
        at = told(dice, max(day for day in valid.values()), today)
        categories = ["child_welfare"] if found.in_foster_care else []
        fact = f"{record.token}-{name}"
        if said.get("placement_event") != "exited" or not found.is_served:
            yield planned(record, "social_service", fact, at, said, data_categories=categories, **valid)


def _benefits(body: Row, start: int, dice: Dice, today: int) -> Iterator[Fact]:
    """The time of participation, and of a part of those who still take part what they had in a month."""
    if dice.chance(25):
        end = dice.between(start + 20, today - calendars.LAST_TOLD_DAYS)
        left = body | {"participation_status": "exited", "exit_date": end, "exit_reason": dice.weighted(ENDS)}
        yield "participation", left, {"effective_from": start, "effective_to": end}
        return
    yield "participation", body, {"effective_from": start}
    if dice.chance(50):
        first, last = calendars.month_before(today)
        issued = body | {"start_date": None, "benefit_month": first}
        yield f"month-{first}", issued, {"effective_from": first, "effective_to": last}


def _placements(body: Row, start: int, dice: Dice, today: int) -> Iterator[Fact]:
    """Into a placement, for some into another, and for a few out of care."""
    yield "entered", body | {"placement_event": "entered"}, {"occurred_on": start}
    later = dice.between(start + 20, today - calendars.LAST_TOLD_DAYS)
    if dice.chance(35):
        yield "moved", body | {"placement_event": "moved"}, {"occurred_on": later}
    elif dice.chance(10):
        left = {"participation_status": "exited", "exit_date": later, "exit_reason": dice.weighted(ENDS)}
        yield "exited", body | left | {"placement_event": "exited"}, {"occurred_on": later}
