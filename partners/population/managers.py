"""Who serves whom: case managers of each recipient, two of whom are there to be shown."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from partners.population import recoveries
from partners.population.changes import Plan
from partners.population.dice import Dice
from partners.population.lives import Life
from partners.population.oracle import Sight
from partners.population.planned import Planned

DEMO = {"cm-alvarez": "lausd_counseling", "cm-nguyen": "ccc_transfer_center"}
"""Case managers of the demonstration."""
OTHERS = {
    "lausd_counseling": (
        "cm-adeyemi",
        "cm-barrera",
        "cm-chu",
        "cm-dominguez",
        "cm-ellison",
        "cm-farsi",
        "cm-gill",
        "cm-hovsepian",
    ),
    "la_county_foster": ("cm-ibarra", "cm-jennings", "cm-kwon", "cm-lindqvist", "cm-mora"),
    "ccc_transfer_center": ("cm-navarro", "cm-osei", "cm-pham", "cm-quintero", "cm-rivas", "cm-stein", "cm-takahashi"),
    "csu_advising": ("cm-uribe", "cm-valencia", "cm-whitfield", "cm-xiong", "cm-yamada", "cm-zepeda"),
}
CASELOAD_SIZE = 22
STORY = {
    "restored": 1,
    "applied": 1,
    "enrolled late": 1,
    "troubled withdrawn": 1,
    "late": 2,
    "bridge": 2,
    "withdrawn": 2,
    "ended": 1,
    "corrected": 2,
    "retracted": 1,
    "retracted unseen": 1,
}
"""How many of each change a caseload of the demonstration shows, where there are."""
FEWEST_SEEN = 4
TROUBLED = 5
"""How many people with something to raise a signal a caseload of the demonstration has besides, where there are."""

Managers = dict[str, str]
"""Case manager by the source_record_id of the caseload fact."""


def assign(lives: Sequence[Life], plan: Plan, visible: set[Sight], seed: int, at: int) -> Managers:
    """Give every caseload fact a case manager; the two of the demonstration get people worth showing.

    Args:
        lives: everybody.
        plan: whom changes befall.
        visible: what is seen when history ends.
        seed: of chance.
        at: when the changes come, in microseconds since 1970-01-01 UTC.
    """
    dice = Dice(seed, "managers")
    managers: Managers = {}
    taken: set[int] = set()
    for manager, recipient in DEMO.items():
        seen = {event_id for who, _, event_id in visible if who == recipient}
        for life in _shown(lives, plan, seen, recipient, taken, at):
            managers[source_id(case_of(life, recipient))] = manager
            taken.add(life.person.number)
    for life in lives:
        for event in life.history:
            if event.family == "caseload":
                managers.setdefault(source_id(event), dice.pick(OTHERS[event.partner]))
    return managers


def _shown(lives: Sequence[Life], plan: Plan, seen: set[str], recipient: str, taken: set[int], at: int) -> list[Life]:
    """People of a recipient for a demonstration: some of each change, some with signals, those with most to see."""
    served = [life for life in lives if case_of(life, recipient) and life.person.number not in taken]
    story = [
        life
        for kind, count in STORY.items()
        for life in [life for life in plan.lives[kind] if case_of(life, recipient) and life.person.number not in taken][
            :count
        ]
    ]
    plain = [life for life in served if life.person.number not in plan.touched and _sights(life, seen) >= FEWEST_SEEN]
    troubled = _troubled(plain, seen, at)
    return [*troubled, *story, *(life for life in plain if life not in troubled)][:CASELOAD_SIZE]


def _troubled(plain: Sequence[Life], seen: set[str], at: int) -> list[Life]:
    """Some with a signal: of each kind one before any second one."""
    kinds = [[life for life in plain if kind(life, seen, at)] for kind in recoveries.KINDS]
    turns = [life for some in zip_longest(*kinds) for life in some if life]
    return list(dict.fromkeys(turns))[:TROUBLED]


def _sights(life: Life, seen: set[str]) -> int:
    """How many of a person's events a recipient sees."""
    return sum(event.event_id in seen for event in life.history)


def case_of(life: Life, recipient: str) -> Planned | None:
    """A recipient's caseload fact about a person, if there is one."""
    return next((e for e in life.history if e.family == "caseload" and e.partner == recipient), None)


def source_id(event: Planned | None) -> str:
    """The partner's id of a fact; empty where there is none."""
    return str(event.envelope["source_record_id"]) if event else ""


def managed(event: Planned, managers: Managers) -> Planned:
    """The event; where it is a caseload fact, with its case manager."""
    if event.family != "caseload" or event.row is None:
        return event
    return replace(
        event, row={"envelope": event.envelope, "body": {**event.body, "case_manager_id": managers[source_id(event)]}}
    )
