"""Consents that people give, refuse, renew or withdraw, and the caseloads of those who serve them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from partners.population import places
from partners.population.calendars import moment
from partners.population.dice import Dice, named_id
from partners.population.majority import day_of_majority
from partners.population.people import Person
from partners.population.planned import Planned, Record, planned
from partners.rows import Row, days

LONG_AGO = (days(date(2021, 9, 1)), days(date(2023, 6, 30)))
FAR_AHEAD = days(date(2098, 1, 1))
STATES = {"given": 70, "lapsing": 8, "coming": 4, "none": 7, "refused": 6, "expired": 3, "not_yet": 2}
"""Of a hundred people who were asked."""
NEXT_DAYS = 400
"""Within so many days a lapsing consent ends, and a coming one begins."""
FOR_CHILDREN = {
    ("parent", "parent"): 83,
    ("guardian", "legal_guardian"): 8,
    ("education_rights_holder", "education_rights_holder"): 5,
    ("court", "court"): 4,
}
"""Who speaks for a child, role and basis, of a hundred."""
FOR_FOSTER_CHILDREN = {
    ("education_rights_holder", "education_rights_holder"): 45,
    ("court", "court"): 35,
    ("guardian", "legal_guardian"): 20,
}
RENEWED_PERCENT = 55
"""Of those who were asked as children and have grown up since, how many have said it again themselves."""
COLLEGES = {"ccc", "csu"}
OWN_PERCENT = 60
"""Of pupils who are asked at a college, how many speak for themselves."""
LATE_STATES = {"none": 70, "expired": 30}
"""Before the consent that comes late."""


@dataclass(frozen=True)
class Cell:
    """One question to a person: whether a recipient may have some records for a purpose."""

    publisher: str
    recipients: tuple[str, ...]
    purposes: tuple[str, ...]
    controllers: tuple[str, ...]
    categories: tuple[str, ...]


COUNSELING = Cell(
    "cde_k12", ("lausd_counseling",), ("college_counseling",), ("cde_k12", "csac"), ("education", "contact", "aid")
)
SCHOOL_TRANSFER = Cell("cde_k12", ("ccc_transfer_center",), ("transfer_advising",), ("cde_k12",), ("education",))
SCHOOL_BOTH = Cell(
    "cde_k12",
    ("lausd_counseling", "ccc_transfer_center"),
    ("college_counseling", "transfer_advising"),
    ("cde_k12",),
    ("education", "contact"),
)
TRANSFER = Cell(
    "ccc",
    ("ccc_transfer_center",),
    ("transfer_advising",),
    ("ccc", "csac", "edd"),
    ("education", "contact", "aid", "wage"),
)
COLLEGE_HISTORY = Cell("ccc", ("csu_advising",), ("academic_advising",), ("ccc",), ("education",))
ADVISING = Cell("csu", ("csu_advising",), ("academic_advising",), ("csu", "csac", "edd"), ("education", "aid", "wage"))
EARLY = Cell("cde_elc", ("la_county_foster",), ("foster_education",), ("cde_elc",), ("education",))
"""Given though nobody needs it: that recipient is served by statute."""
OWN_AID = Cell("ccc", ("lausd_counseling",), ("college_counseling",), ("csac",), ("aid",))
"""What a young student says at the college about aid, for the counselor at the old school."""
OWN_RECORDS = Cell("ccc", ("ccc_transfer_center",), ("transfer_advising",), ("ccc", "edd"), ("education", "wage"))
"""What a pupil who takes courses at a college may say there."""
OWN = (OWN_AID, OWN_RECORDS)
CARE = Cell("cdss", ("la_county_foster",), ("foster_education",), ("cdss",), ("welfare", "child_welfare"))
"""What those in foster care are asked besides, though the law lets no consent open records of welfare."""
CELLS = (COUNSELING, SCHOOL_TRANSFER, TRANSFER, COLLEGE_HISTORY, ADVISING, EARLY)
SENSITIVE = (("immigration_proxy", 40), ("employer", 35))
LAST_RENEWED_DAYS = 8
"""Nobody says anything again so few days before the population's day."""
RELATIONS = {
    "lausd_counseling": "counselor",
    "la_county_foster": "liaison",
    "ccc_transfer_center": "advisor",
    "csu_advising": "advisor",
}
"""Recipients with clients of their own, and what their managers are to them."""


def cells(records: Mapping[str, Record], person: Person, dice: Dice) -> list[Cell]:
    """What a person is asked: where the publisher has a record, and the recipient one too or, rarely, none yet."""
    asked = [c for c in CELLS if c.publisher in records and (c.recipients[0] in records or dice.chance(8))]
    if TRANSFER in asked and person.stage == "school" and dice.chance(OWN_PERCENT):
        asked[asked.index(TRANSFER)] = OWN_RECORDS
    if COUNSELING in asked and SCHOOL_TRANSFER in asked and dice.chance(25):
        asked = [SCHOOL_BOTH, *(c for c in asked if c not in {COUNSELING, SCHOOL_TRANSFER})]
    return asked


def consents(records: Mapping[str, Record], person: Person, dice: Dice, today: int, *, late: bool) -> Iterator[Planned]:
    """Statements of the history: at most one question each, so that their order never matters.

    So of minors at a college too, whatever is told first of enrollments and consents: what the parents of one who left
    school had said is over, and of one who goes to school as well nobody but the parents speaks of more than the
    college's own records.

    Args:
        records: the person's records by partner.
        person: who is asked.
        dice: chance.
        today: the population's day.
        late: the person consents only with the changes.
    """
    is_minor = today < day_of_majority(person.born)
    is_freshman = is_minor and person.stage == "college"
    for cell in cells(records, person, dice):
        is_over = is_freshman and cell.publisher not in COLLEGES
        state = dice.weighted(LATE_STATES if late or is_over else STATES)
        if state == "none":
            continue
        given = LONG_AGO[0] + dice.below(300) if state == "expired" else today - dice.between(30, 300)
        statement = _statement(records[cell.publisher], person, cell, dice, given)
        if is_freshman and cell.publisher in COLLEGES:
            statement = _said(statement, granted_by_role="student", guardian_basis="eligible_student")
        yield _in_state(statement, state, today, dice)
        if state == "given" and dice.chance(6):
            yield restated(statement, moment(dice, today - dice.between(8, 25)), "renewed")
        if not late and given < day_of_majority(person.born) <= today - LAST_RENEWED_DAYS:
            yield from _as_student(records, person, cell, dice, today)
        elif is_freshman and cell is COUNSELING and "ccc" in records and dice.chance(RENEWED_PERCENT):
            yield _statement(records["ccc"], person, OWN_AID, dice, today - dice.between(LAST_RENEWED_DAYS, 25))


def care_consent(record: Record, person: Person, dice: Dice, today: int) -> Iterator[Planned]:
    """What is said for somebody in foster care of the department's records; by the grown ones themselves."""
    state = dice.weighted(STATES)
    if state != "none":
        given = today - dice.between(30, 300)
        yield _in_state(_statement(record, person, CARE, dice, given), state, today, dice)


def own_words(said: Iterable[Planned], dice: Dice, today: int) -> Iterator[Planned]:
    """What an emancipated minor says again of all that was permitted in their name."""
    for statement in said:
        if statement.body["event_state"] == "given" and dice.chance(RENEWED_PERCENT):
            again = restated(statement, moment(dice, today - dice.between(LAST_RENEWED_DAYS, 25)), "given")
            yield _said(again, granted_by_role="student", guardian_basis="emancipated_minor")


def _as_student(records: Mapping[str, Record], person: Person, cell: Cell, dice: Dice, today: int) -> Iterator[Planned]:
    """What somebody newly grown says, to those who asked the parents, or at the college."""
    if not dice.chance(RENEWED_PERCENT):
        return
    day = dice.between(day_of_majority(person.born), today - LAST_RENEWED_DAYS)
    at_college = cell.recipients[0] == "lausd_counseling" and "ccc" in records and dice.chance(40)
    asked = OWN_AID if at_college else cell
    yield _statement(records[asked.publisher], person, asked, dice, day)


def late_consents(records: Mapping[str, Record], person: Person, dice: Dice, day: int) -> Iterator[Planned]:
    """The consents that come late: full ones, whatever was said before."""
    for cell in (COUNSELING, SCHOOL_TRANSFER, TRANSFER, COLLEGE_HISTORY, ADVISING):
        if cell.publisher in records and cell.recipients[0] in records:
            yield _statement(records[cell.publisher], person, cell, dice, day, full=True)


def full_consent(record: Record, person: Person, cell: Cell, dice: Dice, day: int) -> Planned:
    """A consent to all that a cell asks."""
    return _statement(record, person, cell, dice, day, full=True)


def restated(statement: Planned, at: int, state: str) -> Planned:
    """A later statement about the same consent, in the same words; ``at`` in microseconds since 1970-01-01 UTC."""
    event_id = named_id(statement.event_id, at, state)
    envelope = {**statement.envelope, "event_id": event_id, "published_at": at, "observed_at": at - 1}
    source_id = f"{statement.envelope['source_record_id']}-{state}"
    row = {
        "envelope": {**envelope, "source_record_id": source_id},
        "body": {**statement.body, "event_state": state, "given_at": at - 1},
    }
    return replace(statement, event_id=event_id, row=row)


def _in_state(statement: Planned, state: str, today: int, dice: Dice) -> Planned:
    """A fresh consent as it stands: as given, refused, long or soon over, not yet or only in years in force."""
    changes: dict[str, Row] = {
        "refused": {"event_state": "refused"},
        "expired": {"valid_until": LONG_AGO[1]},
        "not_yet": {"valid_from": FAR_AHEAD},
        "given": {},
        "lapsing": {"valid_until": today + dice.between(0, NEXT_DAYS)},
        "coming": {"valid_from": today + dice.between(1, NEXT_DAYS)},
    }
    return _said(statement, **changes[state])


def _said(statement: Planned, **changes: object) -> Planned:
    """The same in other words."""
    return replace(statement, row={"envelope": statement.envelope, "body": {**statement.body, **changes}})


def _statement(record: Record, person: Person, cell: Cell, dice: Dice, day: int, *, full: bool = False) -> Planned:
    at = moment(dice, day)
    source_id = f"C-{named_id(record.token, *cell.recipients, *cell.controllers, day)[:18]}"
    is_grown = day_of_majority(person.born) <= day
    for_them = FOR_FOSTER_CHILDREN if cell == CARE else FOR_CHILDREN
    role, basis = ("student", "eligible_student") if is_grown or cell in OWN else dice.weighted(for_them)
    body = {
        "consent_id": source_id,
        "event_state": "given",
        "granted_by_role": role,
        "guardian_basis": basis,
        "authentication_level": dice.pick(("electronic_authenticated", "electronic_identified", "signed_paper")),
        "controllers": list(cell.controllers),
        "records_covered": _categories(cell, dice, full=full),
        "purposes": list(cell.purposes),
        "recipients": list(cell.recipients),
        "given_at": at - 1,
        "valid_from": day,
        "jurisdiction": "US-CA",
        "language": person.language,
    }
    return planned(record, "consent", source_id, at, body, occurred_on=day)


def _categories(cell: Cell, dice: Dice, *, full: bool) -> list[str]:
    """What is covered: all that is asked, or all but one thing; sometimes what is sensitive too."""
    first, *others = cell.categories
    if others and not full and dice.chance(12):
        others.remove(dice.pick(others))
    fits = {"immigration_proxy": "aid", "employer": "wage"}
    if "contact" in others:
        others.append("address")
    return [first, *others, *(extra for extra, percent in SENSITIVE if fits[extra] in others and dice.chance(percent))]


def caseload(record: Record, person: Person, dice: Dice, today: int) -> Planned:
    """The recipient's word that it serves the person; which case manager does so is decided later."""
    day = today - dice.between(10, 250)
    body = {
        "case_manager_id": "",
        "assignment_state": "assigned",
        "relation": RELATIONS[record.partner],
        "display_label": f"{person.nickname or person.given} {person.surname[0]}.",
        "site": dice.pick(places.SITES),
        "assigned_on": day,
    }
    return planned(record, "caseload", f"{record.token}-case", moment(dice, day), body, effective_from=day)
