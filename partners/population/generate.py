"""The population: from a number of people and a seed to every message and every answer."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from partners.population import changes, malformed, managers, recoveries, trickle
from partners.population.calendars import CHANGES_DAYS, TRICKLE_DAYS, moment
from partners.population.changes import Plan
from partners.population.deadlines import Deadlines, deadlines
from partners.population.dice import Dice
from partners.population.linkage import Linked
from partners.population.lives import Life, life
from partners.population.managers import DEMO, Managers
from partners.population.oracle import Books, Sight, label_of
from partners.population.people import Registry, people
from partners.population.planned import MICROS_PER_DAY, Planned
from partners.population.truth import Judge, Truth
from partners.rows import days

DEFAULT_AS_OF = date(2026, 9, 1)
TRICKLED = 60
REPEATS_PER_MILLE = 1
SPOILED_SHARE = 500
"""One of each kind of rejected event for so many people, and never fewer than two."""


@dataclass(frozen=True)
class Population:
    """Every message of every phase, in order, and the truth."""

    seed: int
    as_of: date
    phases: dict[str, list[Planned]] = field(repr=False)
    truth: Truth = field(repr=False)
    targets: list[Planned] = field(repr=False)
    """What the trickle tells of."""
    deadlines: Deadlines = field(repr=False)
    """What its signals go by."""

    def trickle(self, n_start: int, now: Callable[[], datetime]) -> Iterator[Planned]:
        """Further facts about the caseloads of the demonstration, all permitted, without end.

        Args:
            n_start: number of the first; 60 and on are not in the phase ``trickle``.
            now: the caller's clock, asked once per event; it must know its zone.
        """
        return trickle.endless(self.targets, self.seed, n_start, now)


def generate(
    people_count: int,
    seed: int,
    as_of: date = DEFAULT_AS_OF,
    decided_on: date | None = None,
    due: Deadlines | None = None,
    *,
    linked: Linked,
) -> Population:
    """Make a population; the same arguments, the same bytes, on any machine.

    Args:
        people_count: how many humans, at least 40.
        seed: of all chance.
        as_of: the day on which they stand; everything told lies before it.
        decided_on: the day for which the truth is judged, that of the stages' ticks; None: ``as_of``. It chooses no
            message of ``history`` and ``changes``; the trickle tells of what is seen on that day.
        linked: which records the truth takes for one person.
        due: what its signals go by; None: deadlines by which seniors are asked for their applications on ``as_of``.
    """
    today = days(as_of)
    registry = Registry()
    lives = [life(person, seed, today, registry) for person in people(people_count, seed, as_of, registry)]
    told = _ordered([event for lived in lives for event in lived.history])
    spoiled = list(malformed.rejected(told, seed, max(2, people_count // SPOILED_SHARE)))
    books = Books(today, _humans(lives), linked)
    plan, served = _planned(lives, told, seed, books)
    changed = _ordered([event for events in plan.events.values() for event in events])
    judge = Judge(Books(days(decided_on or as_of), _humans(lives), linked), due or deadlines(as_of))
    judge.judge("history", [*told, *spoiled])
    visible = judge.judge("changes", changed)
    targets = _targets(lives, served, visible, today)
    news = _news(targets, seed, today - TRICKLE_DAYS)
    judge.judge("trickle", news)
    judge.truth.changes = {kind: sorted(e.event_id for e in events) for kind, events in plan.events.items()}
    judge.truth.demo = _demo(lives, served, judge.truth)
    history = [managers.managed(event, served) for event in [*told, *_repeats(told, seed), *spoiled]]
    phases = {"history": history, "changes": [managers.managed(e, served) for e in changed], "trickle": news}
    return Population(seed, as_of, phases, judge.truth, targets, judge.deadlines)


def _planned(lives: Sequence[Life], told: Sequence[Planned], seed: int, books: Books) -> tuple[Plan, Managers]:
    """Whom changes befall and who serves whom, by what is seen on the population's own day, that of the empty books."""
    books.tell(told)
    today = books.today
    visible = books.visible()
    plan = changes.plan(lives, visible, seed, today - CHANGES_DAYS)
    return plan, managers.assign(lives, plan, visible, seed, (today - CHANGES_DAYS) * MICROS_PER_DAY)


def _ordered(events: list[Planned]) -> list[Planned]:
    """By when they are published."""
    return sorted(events, key=lambda event: (event.envelope["published_at"], event.event_id))


def _repeats(told: Sequence[Planned], seed: int) -> list[Planned]:
    """Events that are sent twice, byte for byte: they count once."""
    return Dice(seed, "repeats").shuffled(told)[: max(1, len(told) * REPEATS_PER_MILLE // 1000)]


def _humans(lives: Sequence[Life]) -> dict[str, int]:
    return {label_of(event): lived.person.number for lived in lives for event in [*lived.history, *lived.changes]}


def _targets(lives: Sequence[Life], served: Managers, visible: set[Sight], today: int) -> list[Planned]:
    """Of each record and family the last fact that a case manager of the demonstration sees, of people still served.

    Who has left college is told of no new term, and who has lost aid of nothing new about aid, so that a caseload goes
    on showing somebody who has.
    """
    found: dict[tuple[str, bytes, str], Planned] = {}
    for manager, recipient in DEMO.items():
        seen = {event_id for who, _, event_id in visible if who == recipient}
        for lived in lives:
            if served.get(managers.source_id(managers.case_of(lived, recipient))) != manager:
                continue
            at = today * MICROS_PER_DAY
            told_of = trickle.FAMILIES - ({"enrollment"} if recoveries.away(lived, seen, at) else set())
            told_of -= {"aid"} if recoveries.lost(lived, seen, at) else set()
            for event in lived.history:
                if event.family in told_of and event.event_id in seen:
                    place = (event.partner, event.key, event.family)
                    found[place] = event
    return list(found.values())


def _news(targets: Sequence[Planned], seed: int, day: int) -> list[Planned]:
    """The phase ``trickle``."""
    dice = Dice(seed, "news")
    moments = sorted(moment(dice, day) + number for number in range(TRICKLED if targets else 0))
    return [trickle.version(targets, seed, number, at) for number, at in enumerate(moments)]


def _demo(lives: Sequence[Life], served: Managers, truth: Truth) -> dict[str, list[str]]:
    """Labels of the people on each caseload of the demonstration, at the end of history."""
    persons = truth.records["history"]
    caseloads: dict[str, list[str]] = {manager: [] for manager in DEMO}
    for lived in lives:
        for event in lived.history:
            if event.family == "caseload" and (manager := served[managers.source_id(event)]) in caseloads:
                caseloads[manager].append(persons[label_of(event)])
    return caseloads


__all__ = ["DEFAULT_AS_OF", "Population", "generate"]
