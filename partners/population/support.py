"""Student aid, wages and contact."""

from collections.abc import Iterator
from datetime import date

from partners.population import calendars, places
from partners.population.calendars import told
from partners.population.dice import Dice, named_id
from partners.population.people import Person, folded, swaps
from partners.population.planned import Planned, Record, planned
from partners.rows import Row, days

STATUSES = {"processed": 62, "submitted": 16, "incomplete": 12, "rejected": 6, "opted_out": 4}
SENIORS = {"not_started": 30, "incomplete": 18, "submitted": 14, "processed": 30, "opted_out": 8}
"""Of a hundred who are in their last year of school, how far the application for the year after is."""
AWARDS = {"pell_grants": 40, "state_and_local_grants": 40, "federal_subsidized_loans": 12, "federal_work_study": 8}
STATE_PROGRAMMES = {"CAL_GRANT_A": 30, "CAL_GRANT_B": 40, "CAL_GRANT_C": 5, "MCS": 15, "CCPG": 10}
SAP = {"meeting": 70, "warning": 13, "probation": 7, "not_eligible": 10}
CONTACT_PARTNERS = {"cde_elc", "cde_k12", "ccc", "csu"}


def aid(record: Record, person: Person, dice: Dice, today: int) -> Iterator[Planned]:
    """Applications, awards, grade-point verification and progress, by award year."""
    is_senior = person.stage == "school"
    years = [calendars.coming_aid_year(today)] if is_senior else calendars.aid_years(today, dice.between(1, 3))
    for order, year in enumerate(years):
        opened = min(days(date(int(year[:4]) - 1, 12, 1)) + dice.below(120), today - dice.between(20, 60))
        application = _application(person, year, dice.weighted(SENIORS if is_senior else STATUSES), dice)
        hidden = ["immigration_proxy"] if application["application_type"] == "CADAA" else []
        yield _aid(record, f"{year}-application", application, opened, dice, today, data_categories=hidden)
        if application["application_status"] == "processed" and dice.chance(70):
            yield _aid(record, f"{year}-award", _award(year, dice), opened + 40, dice, today)
        if order == 0:
            checked = dice.weighted({"received": 80, "missing": 15, "non_ssn_match": 5})
            body: Row = {"aid_year": year, "gpa_verification_status": checked}
            yield _aid(record, f"{year}-gpa", body, opened + 10, dice, today)
        if not is_senior and (year == years[-1] or dice.chance(30)):
            yield _aid(record, f"{year}-progress", {"aid_year": year, **progress(dice)}, opened + 60, dice, today)


def _application(person: Person, year: str, status: str, dice: Dice) -> Row:
    body: Row = {"aid_year": year, "application_status": status}
    if dice.chance(2 if person.ssn else 75):
        return {**body, "application_type": "CADAA"}
    body["application_type"] = "FAFSA"
    if status == "not_started":
        return body
    body["isir_transaction_number"] = dice.between(1, 3)
    if status == "processed":
        body["student_aid_index_usd"] = dice.between(-15, 240) * 100
    if status == "rejected":
        body["reject_codes"] = [dice.pick(("14", "15", "16"))]
    if dice.chance(12):
        body["verification_group"] = dice.pick(("V1", "V4", "V5"))
    return body


def _award(year: str, dice: Dice) -> Row:
    kind = dice.weighted(AWARDS)
    state = {"state_programme": dice.weighted(STATE_PROGRAMMES)} if kind == "state_and_local_grants" else {}
    status = dice.weighted({"awarded": 40, "accepted": 25, "disbursed": 30, "declined": 5})
    amount = dice.between(5, 125) * 10_000
    return {"aid_year": year, "award_type": kind, "award_status": status, "award_amount_cents": amount, **state}


def progress(dice: Dice) -> Row:
    """How satisfactory somebody's academic progress is; why not, where it is not."""
    status = dice.weighted(SAP)
    reason = {} if status == "meeting" else {"sap_reason": dice.pick(("gpa", "pace", "max_timeframe"))}
    return {"sap_status": status, **reason}


def _aid(record: Record, name: str, body: Row, day: int, dice: Dice, today: int, **envelope: object) -> Planned:
    at = told(dice, day, today)
    return planned(record, "aid", f"{record.token}-{name}", at, body, occurred_on=day, **envelope)


def wage_records(person: Person, dice: Dice) -> list[Record]:
    """Records of wage rows: mostly one; two where the name changed; now and then with two digits swapped."""
    names = [f"{person.surname} {person.given}"]
    if person.former_surname and dice.chance(40):
        names.append(f"{person.former_surname} {person.given}")
    ssn = person.ssn
    if dice.chance(1.5):
        ssn = dice.pick([number for number in swaps(ssn) if is_valid(number)])
    return [Record("edd", "", person.number, {"ssn": ssn}, (("SSN", ssn),), _written(name, dice)) for name in names]


def _written(name: str, dice: Dice) -> str:
    """Upper case, surname first; in some rows cut off inside the given name."""
    plain = folded(name).replace("-", " ")
    surname, given = plain.rsplit(" ", 1)
    return plain[: len(surname) + 1 + len(given) // 2] if dice.chance(8) else plain


def is_valid(ssn: str) -> bool:
    """Whether a number of nine digits can have been issued."""
    return ssn[0] != "9" and ssn[:3] not in {"000", "666"} and ssn[3:5] != "00" and ssn[5:] != "0000"


def wages(records: list[Record], seed: int, dice: Dice, today: int) -> Iterator[Planned]:
    """A row a quarter, of the first record and then of the last."""
    quarters = calendars.quarters(today, dice.between(2, 6))
    level = dice.between(18, 190) * 10_000
    employer = dice.below(400)
    for order, (first, last) in enumerate(quarters):
        record = records[0] if order < len(quarters) // 2 else records[-1]
        employer = dice.below(400) if dice.chance(15) else employer
        body = {
            "reference_period_start": first,
            "reference_period_end": last,
            "quarterly_earnings_cents": level + dice.between(-9, 12) * 11_300,
            "employer_token": named_id(seed, "employer", employer)[:13],
            "naics_code": places.NAICS[employer % len(places.NAICS)],
            "jobs_count": 1,
            "administrative_source": "state_ui",
            "employment_location": "CA",
        }
        source_id = f"UI-{named_id(seed, record.person, first)[:18]}"
        envelope = {
            "subject_name": record.name,
            "identifiers": identifiers(record),
            "effective_from": first,
            "effective_to": last,
        }
        yield planned(record, "employment", source_id, told(dice, last + 45, today), body, **envelope)


def identifiers(record: Record) -> list[Row]:
    """A record's identifiers as an envelope has them."""
    return [{"system": system, "value": value, "assigner": None} for system, value in record.identifiers]


def contact(record: Record, person: Person, dice: Dice, today: int) -> Iterator[Planned]:
    """How to reach the person, from some of the partners that know it."""
    if record.partner not in CONTACT_PARTNERS or not dice.chance(48):
        return
    email = record.traits.get("email") or (person.email if dice.chance(50) else None)
    body: Row = {
        "preferred_name": person.nickname or person.given,
        "language": person.language,
        "email": email,
        "phone": record.traits.get("phone") or person.phone,
        "address_line": person.home.line,
        "city": person.home.city,
        "postal_code": person.home.postal_code,
    }
    day = today - dice.between(20, 400)
    yield planned(record, "contact", f"{record.token}-contact", told(dice, day, today), body, occurred_on=day)
