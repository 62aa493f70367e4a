"""What can bring a signal about, and what closes it: progress met again, an application done, a term enrolled late."""

from collections.abc import Iterator

from partners.population import calendars
from partners.population.dice import Dice
from partners.population.lives import Life
from partners.population.planned import MICROS_PER_DAY, Planned, Record, again, planned

OPEN = {"not_started", "incomplete", "submitted"}
KEPT = ("organization_id", "organization_id_system", "cip_code", "cip_version", "unit_type")


def lost(life: Life, seen: set[str], at: int) -> Planned | None:
    """The fact that aid is lost for want of progress."""
    del at
    known = [e for e in life.history if e.family == "aid" and e.body["sap_status"] and e.event_id in seen]
    last = max(known, key=lambda e: str(e.body["aid_year"]), default=None)
    return last if last and last.body["sap_status"] == "not_eligible" else None


def unfinished(life: Life, seen: set[str], at: int) -> Planned | None:
    """The application of a senior that is not done."""
    year = calendars.coming_aid_year(at // MICROS_PER_DAY)
    facts = [e for e in life.history if e.family == "aid" and e.event_id in seen and e.body["aid_year"] == year]
    return next((e for e in facts if e.body["application_status"] in OPEN), None)


def away(life: Life, seen: set[str], at: int) -> Planned | None:
    """The last term of somebody who has not come back."""
    terms = [e for e in life.history if e.family == "enrollment" and e.body["term_id"]]
    last = max(terms, key=lambda e: str(e.body["term_id"]), default=None)
    now = calendars.terms(at // MICROS_PER_DAY, 1)[0][0]
    if last is None or last.event_id not in seen or last.body["term_id"] >= now:
        return None
    gone = last.body["postsecondary_exit_type"] == "graduated" or last.body["enrollment_status"] == "transferring"
    return None if gone else last


def stopped_out(life: Life, seen: set[str], at: int) -> Planned | None:
    """The last term of somebody who was in the one before this."""
    last = away(life, seen, at)
    before = calendars.terms(at // MICROS_PER_DAY, 2)[0][0]
    return last if last and last.body["term_id"] == before else None


KINDS = (lost, unfinished, stopped_out)
"""What there is for a signal of each kind."""


def troubled(life: Life, seen: set[str], at: int) -> Planned | None:
    """Any of these."""
    return next((fact for kind in KINDS if (fact := kind(life, seen, at))), None)


def restored(life: Life, seen: set[str], dice: Dice, at: int) -> Iterator[Planned]:
    """Progress is met again."""
    del dice
    if fact := lost(life, seen, at):
        yield again(fact, at, "correct", sap_status="meeting", sap_reason=None)


def applied(life: Life, seen: set[str], dice: Dice, at: int) -> Iterator[Planned]:
    """The application is done."""
    index = dice.between(-15, 240) * 100
    if fact := unfinished(life, seen, at):
        yield again(fact, at, "correct", application_status="processed", student_aid_index_usd=index)


def enrolled_late(life: Life, seen: set[str], dice: Dice, at: int) -> Iterator[Planned]:
    """The person is in this term after all."""
    if fact := away(life, seen, at):
        [(term, entry, _)] = calendars.terms(at // MICROS_PER_DAY, 1)
        record = Record(fact.partner, fact.envelope["subject_token"], -1)
        units = {"units_attempted_hundredths": dice.pick((300, 600)), "enrollment_intensity": "less_than_half_time"}
        body = {name: fact.body[name] for name in KEPT} | units
        body |= {"term_id": term, "postsecondary_enrollment_type": "continuing", "entry_date": entry}
        body["enrollment_status"] = "currently_enrolled"
        name = f"{record.token}-{term}"
        yield planned(record, "enrollment", name, at, body, occurred_on=entry, effective_from=entry)
