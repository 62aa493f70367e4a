"""What people said of consent for one person, and what counts of it now, by the book that the log makes."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import product
from typing import Any

from partners.rows import day_of
from processors import sealing
from processors.consent import release, rights
from processors.consent.book import MICROS_PER_DAY, Book
from processors.consent.law.facts import Agency, Category, ConsentState, Purpose
from processors.consent.policy import Person
from processors.consent.register import Register
from processors.consent.statements import DENIALS, GRANTS, Cell, Statement, consent_for, newest_that_counts
from schemas_avro import codec
from streams.errors import ThroughlineError

Row = dict[str, Any]
IN_FORCE, IN_PART, DENIES, DENIES_IN_PART = "in_force", "in_force_in_part", "denies", "denies_in_part"
NOT_HOLDERS, NOT_YET, OVER, REFUSED, REPLACED, SAYS_NOTHING = (
    "not_holders", "not_yet", "over", "refused", "replaced", "says_nothing",
)  # fmt: skip
TOLD = {
    IN_FORCE: "in force",
    IN_PART: "in force in part: of the rest a later statement or a refusal speaks",
    DENIES: "denies",
    DENIES_IN_PART: "denies in part: of the rest a later statement speaks",
    NOT_HOLDERS: "counts for nothing: whoever said it does not hold the rights in these records (34 CFR 99.5)",
    NOT_YET: "begins later",
    OVER: "is over",
    REFUSED: "counts for nothing: a refusal or withdrawal stands against it",
    REPLACED: "counts for nothing: a later statement took its place",
    SAYS_NOTHING: "permits and denies nothing",
}
"""Codes of what a statement is worth, in words."""


def shown(book: Book, keys: sealing.Keys, person_id: str) -> Row:
    """What is said and what counts, record by record; nothing of anybody else.

    Args:
        book: at the end of the log.
        keys: by which consents are read.
        person_id: whose.

    Raises:
        ThroughlineError: nobody is called so.
    """
    record_keys = book.records_of(person_id)
    if not record_keys:
        raise ThroughlineError("no person is called so: `throughline explain EVENT_ID` names the person of an event")
    person, register, today = book.person(person_id), book.register(), book.today()
    worth = _Worth(person, register, today or 0)
    records = [
        {"record_key": key, "statements": [_told(one, said, worth, ids) for one in reversed(said)]}
        for key, said in zip(record_keys, person.statements, strict=True)
        if said and (ids := _consent_ids(book, keys, key)) is not None
    ]
    return {"person_id": person_id, "on": None if today is None else day_of(today).isoformat(), "records": records}


def _consent_ids(book: Book, keys: sealing.Keys, record_key: str) -> dict[str, str]:
    """Ids of consents by their events."""
    found: dict[str, str] = {}
    for _, fact in book.facts(record_key):
        for version in fact["versions"]:
            if version["family"] == "consent" and (body := release.body_of(version, keys)) is not None:
                [said] = codec.decode(version["body_schema_id"], [body]).rows.to_pylist()
                found[version["event_id"]] = said["consent_id"]
    return found


class _Worth:
    """What statements of one person are worth on a day."""

    def __init__(self, person: Person, register: Register, today: int) -> None:
        self._person, self._register, self._today = person, register, today
        self._controllers = sorted({partner for partner, _ in register.by_source})
        self._everything = ([one.value for one in Category], [one.value for one in Purpose], register.recipients())

    def controllers(self, said: Statement) -> list[str]:
        """Partners of whose records it speaks; of all of them, where it names none."""
        return self._controllers if "*" in said.controllers or not said.controllers else sorted(said.controllers)

    def of(self, said: Statement, record: Sequence[Statement], controller: str) -> str:
        """Its worth for a partner's records."""
        if said.state not in GRANTS | DENIALS:
            return SAYS_NOTHING
        holder, standing = self._register.kind_of(controller), self._person.standing
        if not rights.counts(said.role, grants=said.state in GRANTS, holder=holder, standing=standing):
            return NOT_HOLDERS
        cells = self._cells(said, controller)
        own = [cell for cell in cells if newest_that_counts(cell, record, holder, standing) is said]
        if not own:
            return REPLACED
        if said.state in DENIALS:
            return DENIES if len(own) == len(cells) else DENIES_IN_PART
        if not said.in_time(self._today):
            return NOT_YET if said.valid_from is not None and self._today < said.valid_from else OVER
        stands = [cell for cell in own if self._state(cell, holder) is ConsentState.IN_FORCE]
        return (IN_FORCE if len(stands) == len(cells) else IN_PART) if stands else REFUSED

    def _cells(self, said: Statement, controller: str) -> list[Cell]:
        named = (said.categories, said.purposes, said.recipients)
        lists = [
            every if "*" in one or not one else sorted(one) for one, every in zip(named, self._everything, strict=True)
        ]
        return [Cell(controller, category, purpose, to) for category, purpose, to in product(*lists)]

    def _state(self, cell: Cell, holder: Agency) -> ConsentState:
        return consent_for(cell, self._person.statements, holder, self._person.standing, self._today).state


def _told(said: Statement, record: Sequence[Statement], worth: _Worth, consent_ids: dict[str, str]) -> Row:
    return {
        "event_id": said.event_id, "consent_id": consent_ids.get(said.event_id), "state": said.state,
        "role": said.role, "published_on": day_of(said.published_at // MICROS_PER_DAY).isoformat(),
        "controllers": sorted(said.controllers), "records_covered": sorted(said.categories),
        "purposes": sorted(said.purposes), "recipients": sorted(said.recipients),
        "valid_from": _day(said.valid_from), "valid_until": _day(said.valid_until),
        "counts": {one: worth.of(said, record, one) for one in worth.controllers(said)},
    }  # fmt: skip


def _day(day: int | None) -> str | None:
    return None if day is None else date.isoformat(day_of(day))


def lines(found: Row) -> Iterator[str]:
    """For a person to read; of a record the newest statement first."""
    yield f"person {found['person_id']}, {found['on'] or 'before any day'}"
    for record in found["records"]:
        yield f"record {record['record_key']}"
        for said in record["statements"]:
            yield f"  {said['state']} by {said['role']} {said['published_on']}, consent {said['consent_id']}"
            yield f"    {_scope(said)}"
            for controller, code in said["counts"].items():
                yield f"    of {controller}: {TOLD[code]}"
    if not found["records"]:
        yield "nobody has said anything of consent"


def _scope(said: Row) -> str:
    kinds, whose, purposes, recipients = (
        ", ".join(said[name]) for name in ("records_covered", "controllers", "purposes", "recipients")
    )
    what = f"{kinds or 'all records'} of {whose or 'everybody'}, for {purposes or 'any purpose'}"
    days = [f"{word} {said[name]}" for word, name in (("from", "valid_from"), ("until", "valid_until")) if said[name]]
    return ", ".join([f"{what}, to {recipients or 'anybody'}", *days])
