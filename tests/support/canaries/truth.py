"""Who may see what of the made-up people, by the independent oracle, which is told what partners said."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from processors.consent.agreements import Agreement
from processors.resolve.rights import age_on
from support.canaries.kinds import RECIPIENTS, kind_of
from support.canaries.people import MANAGERS, PHASES, Book, Fact, Origin, Person, manager_of
from support.history_oracle import NONE, Oracle, Seen

Row = dict[str, Any]


@dataclass(frozen=True)
class Truth:
    """What may be seen when all is told, and what could be at any time; by recipient."""

    now: dict[str, dict[str, frozenset[str]]] = field(repr=False)
    """Groups by event."""
    ever: dict[str, dict[str, frozenset[str]]] = field(repr=False)
    persons: dict[str, frozenset[str]] = field(repr=False)
    """By case manager, who is on the caseload when all is told."""

    def may_see(self, origin: Origin, recipient: str, *, ever: bool = False) -> bool:
        """Whether a recipient may be shown the field that a canary stands in."""
        seen = (self.ever if ever else self.now)[recipient]
        return origin.group is not None and origin.group in seen.get(origin.event_id, NONE)


def truth_of(book: Book, people: Sequence[Person], agreements: Sequence[Agreement], day: int) -> Truth:
    """By everything that is told, phase by phase.

    Args:
        book: of what is told.
        people: of whom.
        agreements: in force.
        day: today, since 1970-01-01.
    """
    oracle = Oracle()
    oracle.hear("rules_activated", {"laws": "all"})
    for one in agreements:
        oracle.hear("agreement_activated", one.to_row())
    oracle.hear("clock_ticked", {"day": day})
    ever: dict[str, dict[str, frozenset[str]]] = {one: defaultdict(frozenset) for one in RECIPIENTS}
    for phase in PHASES:
        told = [fact for fact in book.facts if fact.phase == phase]
        for fact in told:
            oracle.hear("resolved_event", fact.row)
        oracle.hear("rights_transferred", {"transfers": [_aged(fact, day) for fact in told if _is_born(fact)]})
        now = _by_recipient(oracle.permitted())
        for recipient, seen in now.items():
            for event_id, groups in seen.items():
                ever[recipient][event_id] |= groups
    return Truth(now, {one: dict(seen) for one, seen in ever.items()}, _caseloads(people))


def _is_born(fact: Fact) -> bool:
    return bool(fact.row["body"].get("birth_date"))


def _aged(fact: Fact, day: int) -> Row:
    age = age_on(fact.row["body"]["birth_date"], day).value
    return {"record_key": fact.row["record_key"], "person_id": fact.row["person_id"], "age": age, "attends": "nothing"}


def _by_recipient(seen: Seen) -> dict[str, dict[str, frozenset[str]]]:
    found: dict[str, dict[str, frozenset[str]]] = {one: {} for one in RECIPIENTS}
    for (recipient, _, event_id), groups in seen.items():
        found[recipient][event_id] = groups
    return found


def _caseloads(people: Iterable[Person]) -> dict[str, frozenset[str]]:
    """By the last word of each recipient about each person."""
    found: dict[str, set[str]] = {manager_of(one, number): set() for one in RECIPIENTS for number in range(MANAGERS)}
    for person in people:
        for fact in sorted(person.of("caseload"), key=lambda one: int(one.row["published_at"])):
            served, body = found[fact.row["body"]["case_manager_id"]], fact.row["body"]
            (served.add if body["assignment_state"] == "assigned" else served.discard)(person.name)
    return {manager: frozenset(names) for manager, names in found.items()}


def unlike(book: Book, truth: Truth, people: Collection[Person]) -> list[str]:
    """Where the oracle and what was written of the kinds by hand do not agree: person and recipient."""
    source = {fact.row["event_id"]: f"{fact.row['partner_id']}.{fact.row['family']}" for fact in book.facts}
    whose = {fact.row["event_id"]: fact.row["person_id"] for fact in book.facts}
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for recipient in RECIPIENTS:
        for event_id in truth.now[recipient]:
            if source[event_id] != f"{recipient}.caseload":
                found[whose[event_id], recipient].add(source[event_id])
    wanted = {
        (person.name, recipient): {*kind_of(person.name).sees.get(recipient, "").split()}
        for person in people
        for recipient in RECIPIENTS
    }
    return sorted(f"{name}, {who}" for (name, who), sources in wanted.items() if found[name, who] != sources)
