"""The truth's own signals: what a recipient should act on, by what stands in its view. Asks no rule of ours."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from partners.population.deadlines import AidYear, Deadlines
from partners.population.oracle import Sight, label_of, version
from partners.population.planned import Planned
from partners.rows import days

Signal = tuple[str, str, str, str]
"""Recipient, person's label, rule, and the aid year or term that it is about."""
DONE = {"processed", "opted_out"}


def raised(visible: Iterable[Sight], events: Mapping[str, Planned], today: int, deadlines: Deadlines) -> list[Signal]:
    """Signals that hold, sorted.

    Args:
        visible: what stands in the views.
        events: by their ids.
        today: the day on which they are asked for, since 1970-01-01.
        deadlines: the calendar.
    """
    found = []
    for (recipient, person), facts in _newest(visible, events).items():
        aid = [fact for fact in facts if fact.family == "aid"]
        enrolled = [fact for fact in facts if fact.family == "enrollment"]
        found += [(recipient, person, "sap_lost", about) for about in _sap_lost(aid)]
        found += [(recipient, person, "stopped_out", about) for about in _stopped_out(enrolled, today, deadlines)]
        for year in deadlines.aid_years:
            if _fafsa_incomplete(enrolled, aid, year, today, deadlines.fafsa_days):
                found.append((recipient, person, "fafsa_incomplete", year.name))
    return sorted(found)


def _newest(visible: Iterable[Sight], events: Mapping[str, Planned]) -> dict[tuple[str, str], list[Planned]]:
    """By recipient and person, oldest first: of each fact the newest version that it sees."""
    seen: dict[tuple[str, str], dict[tuple[str, ...], Planned]] = defaultdict(dict)
    for event, recipient, person in sorted(
        ((events[event_id], recipient, person) for recipient, person, event_id in visible), key=lambda s: version(s[0])
    ):
        fact = (label_of(event), event.family, event.envelope["source_record_id"])
        seen[recipient, person][fact] = event
    return {whose: sorted(facts.values(), key=version) for whose, facts in seen.items()}


def _sap_lost(aid: Sequence[Planned]) -> Iterator[str]:
    """The latest year of which progress is known, where it is lost."""
    progress = {fact.body["aid_year"]: fact.body["sap_status"] for fact in aid if fact.body["sap_status"]}
    if progress and progress[max(progress)] == "not_eligible":
        yield max(progress)


def _stopped_out(enrolled: Sequence[Planned], today: int, deadlines: Deadlines) -> Iterator[str]:
    """The term before the running one, where it is the last that the person was in."""
    names = [term.name for term in deadlines.terms]
    college = [fact.body for fact in enrolled if fact.body["term_id"] in names]
    begun = [term.name for term in deadlines.terms if term.first_day + deadlines.stopped_out_days <= today]
    if any(b["postsecondary_exit_type"] == "graduated" or b["enrollment_status"] == "transferring" for b in college):
        return
    attended = {body["term_id"] for body in college}
    if len(begun) > 1 and begun[-2] in attended and not attended & set(names[len(begun) - 1 :]):
        yield begun[-2]


def _fafsa_incomplete(
    enrolled: Sequence[Planned], aid: Sequence[Planned], year: AidYear, today: int, ahead: int
) -> bool:
    """Whether a senior's application for a year is due and not done, as far as it is told at all."""
    statuses = {fact.body["application_status"] for fact in aid if fact.body["aid_year"] == year.name} - {None}
    is_asked = year.deadline - ahead <= today <= days(date(year.seniors_of + 1, 6, 30))
    is_senior = any(_in_last_year(fact, year.seniors_of, today) for fact in enrolled)
    return is_asked and is_senior and bool(statuses) and not statuses & DONE


def _in_last_year(fact: Planned, began: int, today: int) -> bool:
    entry, left = fact.body["entry_date"], fact.body["exit_date"]
    if fact.body["entry_grade_level"] != "G12" or entry is None or (left is not None and left <= today):
        return False
    return days(date(began, 7, 1)) <= int(entry) <= days(date(began + 1, 6, 30))
