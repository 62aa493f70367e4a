"""News of people on the demonstration's caseloads, without end: the facts seen there go on changing, as sources do it.

New facts without end would contradict one another, and nobody could tell which of them holds; so each is a later
version of one that is seen already. Version n is the same whenever it is made.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from partners.population import support
from partners.population.dice import Dice
from partners.population.planned import Planned, again
from partners.rows import Row, micros

FAMILIES = {"enrollment", "aid"}


def version(targets: Sequence[Planned], seed: int, number: int, at: int) -> Planned:
    """The version with a number, of the fact whose turn it is.

    Args:
        targets: facts that some recipient of the demonstration sees, of the families of FAMILIES; not empty.
        seed: the population's.
        number: of the version, from 0 on.
        at: when it is published, in microseconds since 1970-01-01 UTC; later than all versions before.
    """
    fact = targets[number % len(targets)]
    dice = Dice(seed, "trickle", number)
    return again(fact, at, "correct", **(_aid(fact.body, dice) if fact.family == "aid" else _grades(fact.body, dice)))


def endless(targets: Sequence[Planned], seed: int, start: int, now: Callable[[], datetime]) -> Iterator[Planned]:
    """Versions from a number on, each published when it is asked for.

    Args:
        targets: as of ``version``.
        seed: the population's.
        start: number of the first.
        now: the caller's clock; must know its zone.
    """
    number = start
    while True:
        yield version(targets, seed, number, micros(now()))
        number += 1


def _aid(body: Row, dice: Dice) -> Row:
    """How an application, an award, a verification or academic progress goes on."""
    if body["application_status"] is not None:
        return {"application_status": dice.pick(("submitted", "incomplete", "processed")), "reject_codes": []}
    if body["award_amount_cents"] is not None:
        return {"award_amount_cents": dice.between(5, 125) * 10_000}
    if body["gpa_verification_status"] is not None:
        return {"gpa_verification_status": dice.pick(("received", "missing"))}
    return {"sap_reason": None, **support.progress(dice)}


def _grades(body: Row, dice: Dice) -> Row:
    """Grades of a term, and at a college its units."""
    gpa = dice.between(12, 40) * 1000
    if body["term_id"] is None:
        return {"gpa_cumulative_ten_thousandths": gpa}
    return {"gpa_term_ten_thousandths": gpa, "units_attempted_hundredths": dice.pick((600, 900, 1200, 1500))}
