"""Who attends a school or a college on a day, by the enrollments told: the truth's own reading of their dates."""

from collections.abc import Iterable
from dataclasses import dataclass

from partners.population.planned import Planned
from partners.rows import Row

KINDS = {"cde_k12": "school", "ccc": "college", "csu": "college"}
"""Partners whose enrollments make somebody a student."""
BREAK_DAYS = 120
"""So long after a term or year nobody knows whether somebody comes back who did not say that they do not."""


@dataclass(frozen=True)
class Attending:
    """Of one person: kinds of institution that are attended for certain, and those that may be."""

    surely: frozenset[str]
    perhaps: frozenset[str]

    @property
    def is_student_alone(self) -> bool:
        """Attends a college, and certainly no school."""
        return "college" in self.surely and "school" not in self.perhaps

    @property
    def is_open(self) -> bool:
        """Whether that is so cannot be told."""
        return "college" in self.perhaps and "school" not in self.surely and not self.is_student_alone


def attending(facts: Iterable[Planned], today: int) -> Attending:
    """What is attended, by facts that stand; in days since 1970-01-01."""
    surely, perhaps = set[str](), set[str]()
    for fact in facts:
        if fact.family == "enrollment" and fact.partner in KINDS:
            surely |= {KINDS[fact.partner]} if _surely(fact, today) else set()
            perhaps |= {KINDS[fact.partner]} if _perhaps(fact, today) else set()
    return Attending(frozenset(surely), frozenset(perhaps | surely))


def _surely(fact: Planned, today: int) -> bool:
    entry, left, body = fact.body["entry_date"], fact.body["exit_date"], fact.body
    after = BREAK_DAYS if body["calpads_exit_reason"] == "E155" else 0
    return entry is not None and entry <= today and (left is None or today <= left + after)


def _perhaps(fact: Planned, today: int) -> bool:
    entry, left = fact.body["entry_date"], fact.body["exit_date"]
    after = 0 if _has_left(fact.body) else BREAK_DAYS
    return (entry is None or entry <= today) and (left is None or today <= left + after)


def _has_left(body: Row) -> bool:
    return (
        body["postsecondary_exit_type"] in {"withdrawn", "graduated"}
        or body["calpads_exit_reason"] in {"E140", "E230"}
        or body["exit_type"] in {"01921", "01927"}
    )
