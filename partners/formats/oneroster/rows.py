"""From OneRoster's rows about students to rows of identity and enrollment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from partners.formats.csv_columns import SPREADSHEET_DATE
from partners.formats.faults import Bad, Code, Fault, bad_of
from partners.formats.lost_zeros import has_lost_zeros
from partners.formats.oneroster.known import Known, day_in
from partners.formats.oneroster.table import Cells
from partners.formats.reading import Document, Found
from partners.rows import Row
from schemas_avro.codes import crosswalks

SYSTEM = "OneRoster"
DELETED, STATES = "tobedeleted", {"", "active", "tobedeleted"}
IDS = {
    "ssid": "SSID", "stateid": "SSID", "statestudentid": "SSID", "statewidestudentid": "SSID", "calpads": "SSID",
    "cccid": "CCCID", "ssn": "SSN",
}  # fmt: skip
"""Identifier systems by a type in userIds, without case and punctuation. A number that only a school or a district
counts with means nothing without its name, and is not carried."""
USER_ID = re.compile(r"\{([^{}:]*):([^{}]*)\}")
SYSTEMS = {"school": "SCHOOL", "district": "LEA"}
"""Which list an organization's sourcedId is from, by its type."""
Faults = list[Fault]


@dataclass(frozen=True)
class Context:
    """What a row is read with."""

    known: Known
    is_delta: bool
    """Whether its file has changes only."""
    has_orgs: bool
    """Whether all organizations are in the set."""
    has_users: bool
    """Whether all people are."""
    day: date | None
    """On which the set was made; None: not known yet."""


def identity(place: int, cells: Cells, context: Context) -> Found:
    """A student of users.csv, with what demographics.csv has."""
    faults: Faults = []
    user = _needed(cells, "sourcedid", "envelope.subject_token", faults)
    about = context.known.demographics_of(user)
    identifiers, unsaid = _identifiers(cells.get("userids", ""), faults)
    body = {
        "first_name": cells.get("givenname"),
        "middle_name": cells.get("middlename"),
        "last_name": cells.get("familyname"),
        "other_first_name": cells.get("preferredgivenname"),
        "other_middle_name": cells.get("preferredmiddlename"),
        "other_last_name": cells.get("preferredfamilyname"),
        "birth_date": _day(about, "birthdate", "body.birth_date", faults),
        "sex": _code(about.get("sex"), "oneroster_sex", "body.sex", faults),
        "birth_city": about.get("cityofbirth"),
        "birth_state": about.get("stateofbirthabbreviation"),
        "birth_country": about.get("countryofbirthcode"),
        "email": cells.get("email"),
        "phone": cells.get("phone") or cells.get("sms"),
    }
    envelope = {"identifiers": identifiers} if identifiers else {}
    return _found(place, cells, context, (user, user), body, faults, envelope, unsaid)


def role(place: int, cells: Cells, context: Context) -> Found:
    """A role of a student at an organization, of roles.csv."""
    faults: Faults = []
    source = _needed(cells, "sourcedid", "envelope.source_record_id", faults)
    user = _user(cells, context, faults)
    begins = _day(cells, "begindate", "body.entry_date", faults)
    ends = _day(cells, "enddate", "body.exit_date", faults)
    grade, unsaid = _grade(user, begins, context, faults)
    body = {
        **_organization(cells, "orgsourcedid", context, faults),
        "entry_date": begins,
        "exit_date": ends if _is_over(ends, cells, context) else None,
        "entry_grade_level": grade,
    }
    envelope = {"occurred_on": begins, "effective_from": begins, "effective_to": ends}
    return _found(place, cells, context, (source, user), body, faults, envelope, unsaid)


def stay(place: int, cells: Cells, context: Context) -> Found:
    """The classes of a student at a school, of enrollments.csv where there is no roles.csv; at the first of their rows.

    That a class ends is not that the person leaves the school, so the last day of all is no exit.
    """
    faults: Faults = []
    user, school = _user(cells, context, faults), cells.get("schoolsourcedid", "")
    classes = context.known.stay_of(user, school)
    begins, ends = (classes.first, classes.last) if classes else (None, None)
    grade, unsaid = _grade(user, begins, context, faults)
    body = {
        **_organization(cells, "schoolsourcedid", context, faults),
        "entry_date": begins,
        "entry_grade_level": grade,
    }
    envelope = {"occurred_on": begins, "effective_from": begins, "effective_to": ends}
    return _found(place, cells, context, (f"{user}|{school}", user), body, faults, envelope, unsaid)


def faults_of_class(place: int, cells: Cells) -> Bad | None:
    """Why a student's row of enrollments.csv cannot be taken together with others; None: it can."""
    faults: Faults = []
    _needed(cells, "usersourcedid", "envelope.subject_token", faults)
    _needed(cells, "schoolsourcedid", "body.organization_id", faults)
    begins = _day(cells, "begindate", "body.entry_date", faults)
    ends = _day(cells, "enddate", "envelope.effective_to", faults)
    if begins and ends and ends < begins:
        faults.append(Fault(Code.DATES_OUT_OF_ORDER, "envelope.effective_to", "endDate is before beginDate"))
    _state(cells, faults)
    return bad_of(place, faults) if faults else None


def _found(
    place: int,
    cells: Cells,
    context: Context,
    whose: tuple[str, str],
    body: Row,
    faults: Faults,
    envelope: Row,
    unsaid: tuple[str, ...],
) -> Found:
    """A row with its envelope; its source id and its person's token are told as a pair."""
    source, token = whose
    is_deleted = _state(cells, faults)
    head: dict[str, Any] = {"source_system_name": SYSTEM, "source_record_id": source, "subject_token": token}
    if context.is_delta or is_deleted:
        head["published_at"] = _needed(cells, "datelastmodified", "envelope.published_at", faults)
    if is_deleted:
        head["operation"] = "retract"
    if faults:
        return bad_of(place, faults, source or None)
    said = {name: value for name, value in (head | envelope).items() if value is not None}
    return Document(place, {"envelope": said, "body": {k: v for k, v in body.items() if v is not None}}, unsaid=unsaid)


def _state(cells: Cells, faults: Faults) -> bool:
    """Whether a row is to be deleted."""
    state = cells.get("status", "").lower()
    if state not in STATES:
        faults.append(Fault(Code.NOT_IN_CODE_SET, "envelope.operation", "status is active, tobedeleted, or empty"))
    return state == DELETED


def _needed(cells: Mapping[str, str], name: str, field: str, faults: Faults) -> str:
    found = cells.get(name, "")
    if not found:
        faults.append(Fault(Code.MISSING_FIELD, field))
    return found


def _user(cells: Cells, context: Context, faults: Faults) -> str:
    user = _needed(cells, "usersourcedid", "envelope.subject_token", faults)
    if user and context.has_users and not context.known.is_user(user):
        faults.append(Fault(Code.NOT_IN_SET, "envelope.subject_token", "users.csv does not have this person"))
    return user


def _organization(cells: Cells, name: str, context: Context, faults: Faults) -> Row:
    org = _needed(cells, name, "body.organization_id", faults)
    kind = context.known.type_of(org)
    if org and kind is None and context.has_orgs:
        faults.append(Fault(Code.NOT_IN_SET, "body.organization_id", "orgs.csv does not have this organization"))
    system = "SCHOOL" if kind is None else SYSTEMS.get(kind, "OTHER")
    return {"organization_id": org, "organization_id_system": system}


def _day(cells: Mapping[str, str], name: str, field: str, faults: Faults) -> str | None:
    text = cells.get(name)
    if text is None or day_in(text):
        return text
    faults.append(Fault(Code.SPREADSHEET_DATE if SPREADSHEET_DATE.fullmatch(text) else Code.BAD_DATE, field))
    return None


def _code(text: str | None, crosswalk: str, field: str, faults: Faults) -> str | None:
    if text is None:
        return None
    found = crosswalks()[crosswalk].codes.get(text) or crosswalks()[crosswalk].codes.get(text.lower())
    if found is None:
        faults.append(Fault(Code.NOT_IN_CODE_SET, field))
    return found


def _grade(user: str, begins: str | None, context: Context, faults: Faults) -> tuple[str | None, tuple[str, ...]]:
    """The grade at entry: that of now, where it is one and the person came this school year; else it is left unsaid."""
    grades = [one.strip() for one in context.known.grades_of(user).split(",") if one.strip()]
    if not grades:
        return None, ()
    is_now = begins is not None and date.min < context.known.year_begins <= (day_in(begins) or date.min)
    if len(grades) > 1 or not is_now:
        return None, ("grades",)
    grade = grades[0].zfill(2) if grades[0].isdigit() else grades[0]  # 9 can be no other grade than 09
    return _code(grade, "ceds_grade_level", "body.entry_grade_level", faults), ()


def _is_over(ends: str | None, cells: Cells, context: Context) -> bool:
    """Whether a role had ended when this was told."""
    told = day_in(cells.get("datelastmodified", "")[:10]) if context.is_delta else context.day
    last = day_in(ends) if ends else None
    return last is not None and told is not None and last < told


def _identifiers(text: str, faults: Faults) -> tuple[list[Row], tuple[str, ...]]:
    """Those of a person that are counted with everywhere, each as {type:id}; and what of userIds is not carried."""
    found, unsaid = [], []
    for kind, value in USER_ID.findall(text):
        system = IDS.get(re.sub(r"[\W_]+", "", kind).lower())
        if system is None or not value.strip():
            unsaid.append("userIds")
        elif has_lost_zeros(system, value):
            faults.append(Fault(Code.LOST_LEADING_ZEROS, f"identifier.{system}"))
        else:
            found.append({"system": system, "value": value.strip(), "assigner": None})
    return found, tuple(unsaid)
