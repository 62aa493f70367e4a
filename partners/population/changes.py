"""What happens after the history: withdrawals, endings, corrections, retractions; each to people of its own."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from partners.population import permission, recoveries
from partners.population.calendars import moment
from partners.population.dice import Dice
from partners.population.lives import Life
from partners.population.oracle import Sight
from partners.population.planned import MICROS_PER_DAY, Planned, again
from partners.rows import Row

FACTS = {"enrollment", "aid", "employment"}
PER_MILLE = {
    "restored": 4,
    "applied": 4,
    "enrolled late": 6,
    "troubled withdrawn": 4,
    "withdrawn": 16,
    "ended": 14,
    "corrected": 20,
    "retracted": 12,
    "corrected unseen": 14,
    "retracted unseen": 8,
}
"""Of a thousand people, how many meet each kind of change; the unseen had nothing in anybody's view, the
troubled something to raise a signal."""
FITTING: dict[str, Callable[[Life, set[str], int], Planned | None]] = {
    "restored": recoveries.lost,
    "applied": recoveries.unfinished,
    "enrolled late": recoveries.away,
    "troubled withdrawn": recoveries.troubled,
}
"""Kinds of change that befall only those who have what it is about."""
FEWEST_SEEN = 3


@dataclass(frozen=True)
class Plan:
    """The changes, and whom each kind befalls."""

    events: dict[str, list[Planned]]
    lives: dict[str, list[Life]]

    @property
    def touched(self) -> set[int]:
        """Numbers of the people whom a change befalls."""
        return {life.person.number for found in self.lives.values() for life in found}


def plan(lives: Sequence[Life], visible: set[Sight], seed: int, day: int) -> Plan:
    """Choose people for each kind of change, nobody twice, and say what happens to them on a day."""
    dice = Dice(seed, "changes")
    seen = {event_id for _, _, event_id in visible}
    pools = _pools(lives, seen, dice)
    chosen: dict[str, list[Life]] = {}
    events: dict[str, list[Planned]] = defaultdict(list)
    for kind, share in PER_MILLE.items():
        count = max(1, len(lives) * share // 1000)
        pool = pools["unseen" if kind.endswith("unseen") else "seen"]
        fits = FITTING.get(kind, lambda *_: True)
        chosen[kind] = [life for life in pool if fits(life, seen, day * MICROS_PER_DAY)][:count]
        pool[:] = [life for life in pool if life not in chosen[kind]]
        for life in chosen[kind]:
            events[kind] += CHANGES[kind](life, seen, dice, moment(dice, day))
    for bound in ("late", "bridge"):
        chosen[bound] = [life for life in lives if life.plan == bound]
        events[bound] = [event for life in chosen[bound] for event in life.changes]
    return Plan(dict(events), chosen)


def _pools(lives: Sequence[Life], seen: set[str], dice: Dice) -> dict[str, list[Life]]:
    """People whom a change can befall, those with facts in a view by consent apart from those with none at all."""
    pools: dict[str, list[Life]] = {"seen": [], "unseen": []}
    for life in dice.shuffled(lives):
        shown = [event for event in life.history if event.family in FACTS and event.event_id in seen]
        facts = [event for event in life.history if event.family in FACTS]
        if life.plan == "plain" and len(shown) >= FEWEST_SEEN and _granted(life):
            pools["seen"].append(life)
        elif life.plan == "plain" and facts and not shown:
            pools["unseen"].append(life)
    return pools


def _granted(life: Life) -> list[Planned]:
    """Consents that the person gave, one event each."""
    return [e for e in life.history if e.family == "consent" and e.body["event_state"] == "given"]


def _withdrawn(life: Life, seen: set[str], dice: Dice, at: int) -> Iterator[Planned]:
    """Every consent of the person is taken back."""
    del seen, dice
    for statement in _granted(life):
        yield permission.restated(statement, at, "withdrawn")


def _ended(life: Life, seen: set[str], dice: Dice, at: int) -> Iterator[Planned]:
    """The first of those who serve the person no longer does."""
    del seen, dice
    assigned = next((e for e in life.history if e.family == "caseload"), None)
    if assigned:
        yield again(assigned, at, "correct", assignment_state="ended", ended_on=at // 86_400_000_000)


def _corrected(life: Life, seen: set[str], dice: Dice, at: int) -> Iterator[Planned]:
    """One fact, which some recipient sees, is put right."""
    fact = dice.pick([e for e in life.history if e.family in FACTS and e.event_id in seen])
    yield again(fact, at, "correct", **_put_right(fact, dice))


def _corrected_unseen(life: Life, seen: set[str], dice: Dice, at: int) -> Iterator[Planned]:
    del seen
    fact = dice.pick([e for e in life.history if e.family in FACTS])
    yield again(fact, at, "correct", **_put_right(fact, dice))


def _retracted(life: Life, seen: set[str], dice: Dice, at: int) -> Iterator[Planned]:
    """One fact, which some recipient sees, never was so."""
    fact = dice.pick([e for e in life.history if e.family in FACTS and e.event_id in seen])
    yield again(fact, at, "retract")


def _retracted_unseen(life: Life, seen: set[str], dice: Dice, at: int) -> Iterator[Planned]:
    del seen
    yield again(dice.pick([e for e in life.history if e.family in FACTS]), at, "retract")


def _put_right(fact: Planned, dice: Dice) -> Row:
    """Another value for what a correction of this family is most often about."""
    if fact.family == "employment":
        return {"quarterly_earnings_cents": fact.body["quarterly_earnings_cents"] + dice.between(1, 90) * 1_000}
    if fact.family == "enrollment":
        gpa = dice.between(18, 40) * 1000
        return {"gpa_cumulative_ten_thousandths": gpa}
    if fact.body["application_status"]:
        return {"application_status": "processed"}
    return {"reject_codes": []} if fact.body["award_type"] is None else {"award_status": "accepted"}


CHANGES: dict[str, Callable[[Life, set[str], Dice, int], Iterator[Planned]]] = {
    "restored": recoveries.restored,
    "applied": recoveries.applied,
    "enrolled late": recoveries.enrolled_late,
    "troubled withdrawn": _withdrawn,
    "withdrawn": _withdrawn,
    "ended": _ended,
    "corrected": _corrected,
    "retracted": _retracted,
    "corrected unseen": _corrected_unseen,
    "retracted unseen": _retracted_unseen,
}
