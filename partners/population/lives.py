"""One person's records and events, put together."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from partners.population import permission, records, schooling, social, support
from partners.population.calendars import CHANGES_DAYS, moment, told
from partners.population.dice import Dice
from partners.population.people import Person, Registry
from partners.population.planned import Planned, Record, planned

LATE_PERCENT = 6
BRIDGE_PERCENT = 5
NAMELESS_PERCENT = 4
"""Records at the aid commission whose traits never come."""


@dataclass(eq=False)
class Life:
    """What partners will publish about one person."""

    person: Person
    plan: str
    """plain; late: consents only with the changes; bridge: records that a third joins with the changes."""
    records: dict[str, Record] = field(default_factory=dict)
    history: list[Planned] = field(default_factory=list)
    changes: list[Planned] = field(default_factory=list)


def life(person: Person, seed: int, today: int, registry: Registry) -> Life:
    """All that partners will publish about a person in the history, and the changes that were bound to come."""
    dice = Dice(seed, "life", person.number)
    held = records.holders(person, dice, today)
    is_known = bool(person.ssn) and not person.twin and person.age_on(today) >= records.ADULT
    if is_known and set(records.BRIDGED) <= set(held) and dice.chance(BRIDGE_PERCENT):
        return _bridged(person, seed, dice, today)
    late = bool(set(held) & set(permission.RELATIONS)) and dice.chance(LATE_PERCENT)
    lived = Life(person, "late" if late else "plain")
    for partner in held:
        if partner != "edd":
            lived.records[partner] = records.record(person, partner, seed, dice, registry)
    lived.history += _facts(lived, seed, dice, today, works="edd" in held)
    lived.history += permission.consents(lived.records, person, dice, today, late=late)
    lived.history += _caseloads(lived, dice, today)
    lived.history += _welfare(lived, held, seed, today, registry)
    if late:
        lived.changes += permission.late_consents(lived.records, person, dice, today - CHANGES_DAYS)
    return lived


def _bridged(person: Person, seed: int, dice: Dice, today: int) -> Life:
    """A client whom nothing joins to the college's record, until the aid commission's record comes."""
    lived = Life(person, "bridge")
    for partner in records.BRIDGED:
        lived.records[partner] = records.bridged(person, partner, seed)
    lived.history += _facts(lived, seed, dice, today, works=False)
    asked = permission.TRANSFER
    day = today - dice.between(20, 90)
    lived.history.append(permission.full_consent(lived.records["ccc"], person, asked, dice, day))
    lived.history.append(permission.caseload(lived.records["ccc_transfer_center"], person, dice, today))
    bridge = records.bridged(person, "csac", seed)
    lived.changes.append(identity(bridge, moment(dice, today - CHANGES_DAYS)))
    return lived


def _facts(lived: Life, seed: int, dice: Dice, today: int, *, works: bool) -> Iterator[Planned]:
    for record in lived.records.values():
        if record.partner != "csac" or not dice.chance(NAMELESS_PERCENT):
            yield identity(record, told(dice, today - dice.between(30, 900), today))
        yield from schooling.enrollments(record, lived.person, dice, today)
        yield from support.contact(record, lived.person, dice, today)
        if record.partner == "csac":
            yield from support.aid(record, lived.person, dice, today)
    if works:
        yield from support.wages(support.wage_records(lived.person, dice), seed, dice, today)


def _caseloads(lived: Life, dice: Dice, today: int) -> Iterator[Planned]:
    for partner in permission.RELATIONS:
        if partner in lived.records and dice.chance(93):
            yield permission.caseload(lived.records[partner], lived.person, dice, today)


def _welfare(lived: Life, held: list[str], seed: int, today: int, registry: Registry) -> Iterator[Planned]:
    """What the department of social services tells of those who take part in something."""
    person, dice = lived.person, Dice(seed, "social", lived.person.number)
    found = social.participation(person, held, dice, today)
    if found is None:
        return
    record = records.record(person, social.PARTNER, seed, dice, registry)
    lived.records[social.PARTNER] = record
    yield identity(record, told(dice, today - dice.between(30, 700), today))
    yield from social.services(record, person, found, dice, today)
    if found.in_foster_care and lived.plan == "plain":
        yield from permission.care_consent(record, person, dice, today)
    if found.emancipated:
        yield from permission.own_words([e for e in lived.history if e.family == "consent"], dice, today)


def identity(record: Record, at: int) -> Planned:
    """The traits of a record, as an event; ``at`` in microseconds since 1970-01-01 UTC."""
    envelope = {"identifiers": support.identifiers(record)}
    return planned(record, "identity", f"{record.token}-traits", at, record.traits, **envelope)
